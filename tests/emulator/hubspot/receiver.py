"""Somebody who receives webhooks: a server on loopback that keeps what it is sent and answers as told."""

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson


@dataclass(slots=True)
class Got:
    """One delivery: its headers with lower-case names, its raw body and the address it came to."""

    headers: dict[str, str]
    body: bytes
    path: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The events of the delivery."""
        rows: list[dict[str, Any]] = orjson.loads(self.body)
        return rows


@dataclass(slots=True)
class Receiver:
    """`statuses` are the answers to come, 200 when there are no more; a held receiver answers when let go."""

    url: str = ""
    got: "queue.Queue[Got]" = field(default_factory=queue.Queue)
    statuses: list[int] = field(default_factory=list)
    free: threading.Event = field(default_factory=threading.Event)

    def next(self) -> Got:
        """Wait for a delivery."""
        return self.got.get(timeout=10)

    def rows(self, count: int) -> list[dict[str, Any]]:
        """Wait until so many events have come."""
        found: list[dict[str, Any]] = []
        while len(found) < count:
            found += self.next().rows
        return found


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Receive on a free port until the block ends."""
    receiver = Receiver()
    receiver.free.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.got.put(Got({k.lower(): v for k, v in self.headers.items()}, body, self.path))
            receiver.free.wait(10)
            self.send_response(receiver.statuses.pop(0) if receiver.statuses else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}/hook?a=b%20c%2Fd"
    yield receiver
    receiver.free.set()
    server.shutdown()
    server.server_close()
    thread.join(5)
