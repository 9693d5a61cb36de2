"""Reads ahead: asks a vendor for what comes next while what has come is worked on."""

from collections import deque
from collections.abc import Iterable, Iterator
from contextvars import copy_context
from itertools import islice
from multiprocessing.pool import ThreadPool
from threading import Event
from typing import TypeVar

Item = TypeVar("Item")
GRACE = 2.0
"""Seconds that whoever stops early waits for the request under way."""


def ahead(items: Iterable[Item], most: int) -> Iterator[Item]:
    """Yield `items`, which a thread of their own brings, at most `most` before they are asked for.

    What bringing one raises is raised in its place. Whoever stops asking stops the bringing; the thread never holds up
    the end of the process, so that a person who interrupts does not wait for a vendor that is not answering.
    """
    source, context, stopped = iter(items), copy_context(), Event()

    def bring() -> list[Item]:
        return [] if stopped.is_set() else context.run(list, islice(source, 1))

    with ThreadPool(1) as pool:
        waiting = deque(pool.apply_async(bring) for _ in range(most))
        try:
            while found := waiting.popleft().get():
                waiting.append(pool.apply_async(bring))
                yield from found
        finally:
            stopped.set()
            if waiting:
                waiting[-1].wait(GRACE)
