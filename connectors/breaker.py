"""The circuit breaker of a connection: after too many failures in a row nothing is sent for a while.

`connectors.transport` asks it before each request and tells it how the request went. Only the vendor's health counts:
no answer, a 5xx, a web page instead of data. A refusal in good order shows that somebody is there. When the pause is
over, one request is let through as a trial; its outcome closes the circuit or opens it for longer.
"""

import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from connectors.errors import CircuitOpen

FAILURES = 10
"""Requests in a row that have to fail before the circuit opens (our default); retries count one by one."""
PAUSE = 30.0
"""Seconds the circuit stays open the first time (our default); each failed trial doubles it."""
LONGEST_PAUSE = 900.0
"""Seconds; the longest pause between two trials (our default)."""


@dataclass(slots=True)
class Attempt:
    """One request under way; `alive` stays None when nothing was learnt about the vendor's health."""

    alive: bool | None = None
    why: str = ""


class Breaker:
    """The circuit to one vendor; safe to use from several threads. `now` tells epoch seconds."""

    def __init__(self, vendor: str, now: Callable[[], float], failures: int = FAILURES, pause: float = PAUSE) -> None:
        self._vendor = vendor
        self._now = now
        self._most = failures
        self._first_pause = pause
        self._lock = threading.Lock()
        self._failures = 0
        self._pause = pause
        self._until: float | None = None
        self._said = ""
        self._trial = False
        self._era = 0

    @contextmanager
    def attempt(self) -> Iterator[Attempt]:
        """Let one request through, or raise CircuitOpen; the caller notes in the attempt how it went."""
        era = self._admitted()
        attempt = Attempt()
        try:
            yield attempt
        finally:
            self._settle(era, attempt)

    def rest(self, until: float, why: str) -> None:
        """Send nothing before `until`, because the vendor asked for it."""
        with self._lock:
            self._open(max(until, self._until or 0.0), f"{self._vendor} is not asked before {_clock(until)}: {why}")

    def _admitted(self) -> int:
        """Give the number of the present era, which ends whenever the circuit opens; late outcomes count no more."""
        with self._lock:
            if self._until is None:
                return self._era
            if self._trial or self._now() < self._until:
                raise CircuitOpen(self._said, math.ceil(self._until))
            self._trial = True
            return self._era

    def _settle(self, era: int, attempt: Attempt) -> None:
        with self._lock:
            if era != self._era:
                return
            trial, self._trial = self._trial, False
            if attempt.alive:
                self._failures, self._until, self._pause = 0, None, self._first_pause
            elif attempt.alive is False:
                self._failures += 1
                if trial or self._failures >= self._most:
                    self._fail(attempt.why, trial)

    def _fail(self, why: str, trial: bool) -> None:
        self._pause = min(self._pause * 2, LONGEST_PAUSE) if trial else self._first_pause
        until = self._now() + self._pause
        self._open(
            until,
            f"{self._vendor} is not asked before {_clock(until)}: {self._failures} requests in a row failed, "
            f"the last one because {why}. Run again later.",
        )

    def _open(self, until: float, said: str) -> None:
        self._until, self._said, self._trial = until, said, False
        self._era += 1


def _clock(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
