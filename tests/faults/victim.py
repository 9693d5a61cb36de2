"""A run in a process of its own that can be killed at a chosen moment, with the signal that nobody can catch.

A moment is the n-th of the run's events: a request about to leave, an answer just arrived, a commit of the ledger about
to happen, a stream about to become visible and just visible. From there a fuse of some thousandths of a second burns,
so that death also comes in the middle of a statement.
"""

import json
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from typing import Any
from unittest import mock

import requests
import sqlalchemy as sa

from sync.arrival import Arrival
from tests.faults.story import Stand

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(
    ["pytest", "sync.app", "sync.pipeline", "connectors.salesforce.connector", "connectors.hubspot.connector"]
)


@dataclass(frozen=True, slots=True)
class Moment:
    """When to die: at the event of this number, or as many seconds after it as the fuse burns."""

    event: int
    fuse: float = 0.0


def die() -> None:
    """End this process as `kill -9` does."""
    os.kill(os.getpid(), signal.SIGKILL)


class _Events:
    """Counts what happens in this process, and ends it at its moment."""

    def __init__(self, moment: Moment | None) -> None:
        self.names: list[str] = []
        self._moment = moment

    def __call__(self, name: str) -> None:
        self.names.append(name)
        if self._moment is None or len(self.names) - 1 != self._moment.event:
            return
        if not self._moment.fuse:
            die()
        threading.Timer(self._moment.fuse, die).start()

    def around(self, function: Callable[..., Any], name: str) -> Callable[..., Any]:
        def noted(*given: Any, **named: Any) -> Any:
            self(f"before {name}")
            result = function(*given, **named)
            self(f"after {name}")
            return result

        return noted


def _live(stand: Stand, moment: Moment | None, told: Path, sent: "Synchronized[int]") -> None:
    events = _Events(moment)
    send = requests.adapters.HTTPAdapter.send

    def counted(*given: Any, **named: Any) -> Any:
        sent.value += 1
        return send(*given, **named)

    def by_name(adapter: Any, request: requests.PreparedRequest, **named: Any) -> Any:
        return events.around(counted, f"{request.method} {request.path_url}")(adapter, request, **named)

    settle = events.around(Arrival.settle, "stage")
    sa.event.listen(sa.Engine, "commit", lambda _: events("before commit of the ledger"))
    with (
        mock.patch.object(requests.adapters.HTTPAdapter, "send", by_name),
        mock.patch.object(Arrival, "settle", settle),
    ):
        ended = stand.run()
    told.write_text(json.dumps({"status": ended.status, "said": ended.said, "events": events.names}), encoding="utf-8")


@dataclass(slots=True)
class Victim:
    """A run under way in another process."""

    process: Any
    told: Path
    sent: "Synchronized[int]"

    def end(self) -> dict[str, Any] | None:
        """Wait for its end and tell what it came to; None when it was killed."""
        self.process.join(120)
        assert self.process.exitcode in {0, -signal.SIGKILL}, self.process.exitcode
        return json.loads(self.told.read_text(encoding="utf-8")) if self.process.exitcode == 0 else None


def start(stand: Stand, name: str, moment: Moment | None = None) -> Victim:
    """Begin a run of the stand in another process."""
    told = stand.place / f"{name}.json"
    told.unlink(missing_ok=True)
    sent = _CONTEXT.Value("i", 0, lock=False)
    process = _CONTEXT.Process(target=_live, args=(stand, moment, told, sent))
    process.start()
    return Victim(process, told, sent)
