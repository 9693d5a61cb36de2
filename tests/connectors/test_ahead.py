"""Reading ahead brings the same things in the same order, and stops when nobody asks any more."""

from collections.abc import Iterator
from contextvars import ContextVar
from itertools import count
from threading import Event, current_thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.ahead import ahead


@given(st.lists(st.integers(), max_size=30), st.integers(1, 8))
def test_everything_comes_in_its_order(items: list[int], most: int) -> None:
    assert list(ahead(items, most)) == items


def test_what_is_to_come_is_brought_while_nobody_asks() -> None:
    brought = Event()

    def items() -> Iterator[int]:
        yield 1
        brought.set()
        yield 2

    found = ahead(items(), 2)
    assert next(found) == 1
    assert brought.wait(10)
    assert list(found) == [2]


def test_no_more_is_brought_than_was_allowed() -> None:
    asked: list[int] = []

    def items() -> Iterator[int]:
        for one in count():
            asked.append(one)
            yield one

    found = ahead(items(), 3)
    assert [next(found) for _ in range(2)] == [0, 1]
    del found
    assert len(asked) <= 5


def test_a_failure_comes_where_it_happened_and_not_before() -> None:
    def items() -> Iterator[int]:
        yield 1
        yield 2
        raise OSError("the vendor hung up")

    found = ahead(items(), 5)
    assert [next(found), next(found)] == [1, 2]
    with pytest.raises(OSError, match="hung up"):
        next(found)


def test_the_thread_knows_the_run_it_works_for() -> None:
    run: ContextVar[str] = ContextVar("run")
    run.set("r-1")
    names = set()

    def items() -> Iterator[str]:
        names.add(current_thread().name)
        yield run.get()

    assert list(ahead(items(), 1)) == ["r-1"]
    assert current_thread().name not in names
