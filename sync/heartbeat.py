"""The heartbeat of a run: a thread that gives signs of life while the run itself waits or computes.

The composition root hands `beating` to a run (`sync.pipeline.Desk.meanwhile`). A run waits in many places, for a vendor
that asks for patience, for a job of the Bulk API, for one long statement, and none of them need know about leases.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def beating(seconds: float, beat: Callable[[], None]) -> Iterator[None]:
    """Call `beat`, which must not raise, every so many seconds for the length of the block, and never after it."""
    over = threading.Event()

    def live() -> None:
        while not over.wait(seconds):
            beat()

    thread = threading.Thread(target=live, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
