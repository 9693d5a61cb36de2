"""The budget governor: how many calls of an organisation's allowance we let out, and how many at a time.

A vendor counts calls per day for everybody in the organisation. `connectors.transport` asks here before each request
and hands back what the answer says of the allowance. We use at most a share of a day's calls and leave a reserve to the
people; a call that would break either is not sent.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from connectors.errors import QuotaSpent


@dataclass(frozen=True, slots=True)
class Terms:
    """What the settings allow: a share of a day's calls, calls that stay with the people, calls at a time."""

    share: float = 1.0
    reserve: int = 0
    concurrent: int = 32


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a vendor says of a day's calls: how many there are, how many are left for everybody, when it begins anew."""

    day: int
    left: int
    renewed_at: int | None = None


@dataclass(slots=True)
class Call:
    """One call under way; the transport notes in it that an answer came and what that said of the allowance.

    `number` counts calls from 1; `behind` of them had been answered when this one began: the vendor has counted these.
    """

    number: int
    behind: int
    answered: bool = False
    told: Allowance | None = None


class Budget:
    """The calls of one connection; safe to use from several threads."""

    def __init__(self, vendor: str, terms: Terms | None = None) -> None:
        self._vendor = vendor
        self._terms = terms or Terms()
        self._slots = threading.BoundedSemaphore(self._terms.concurrent)
        self._lock = threading.Lock()
        self._spent = self._taken = self._answered = self._newest = 0
        self._day: int | None = None
        self._left = 0
        self._renewed_at: int | None = None

    @property
    def renewed_at(self) -> int | None:
        """Tell the epoch second at which the allowance is renewed, where the vendor says so."""
        return self._renewed_at

    def spent_before(self, calls: int) -> None:
        """Note how many calls of the present day earlier runs of ours have sent."""
        with self._lock:
            self._spent = calls

    def learn(self, told: Allowance) -> None:
        """Note what the vendor says when it is asked; an answer's own header, which is fresher, is not overruled."""
        with self._lock:
            under_way = self._taken - self._answered
            self._left = told.left - under_way if self._day is None else min(self._left, told.left)
            self._day = told.day
            self._renewed_at = told.renewed_at or self._renewed_at

    def ask_again(self) -> None:
        """Forget that nothing was left: whoever begins anew learns from the first answer whether that still holds."""
        with self._lock:
            if self._day is not None and self._above_reserve() <= 0:
                self._day = None

    @contextmanager
    def call(self) -> Iterator[Call]:
        """Let one call out as soon as a slot is free; raises QuotaSpent when there is none left for us."""
        with self._slots:
            call = self._begin()
            try:
                yield call
            finally:
                self._end(call)

    def left(self) -> int | None:
        """Tell how many calls we may still send today; None as long as the vendor names no allowance."""
        with self._lock:
            return None if self._day is None else max(0, min(self._of_our_share(self._day), self._above_reserve()))

    def day(self) -> int | None:
        """Tell how many calls we may send in a whole day; None as long as the vendor names no allowance."""
        with self._lock:
            return None if self._day is None else max(0, min(self._share(self._day), self._day - self._terms.reserve))

    def _begin(self) -> Call:
        with self._lock:
            if self._day is not None:
                self._insist(self._day)
            self._taken += 1
            self._left -= 1
            return Call(self._taken, self._answered)

    def _end(self, call: Call) -> None:
        """Learn from an answer. What the vendor may not have counted when it gave it is taken off: calls that were
        under way beside this one or began after it. Of answers that overtake each other the latest call's counts.
        """
        with self._lock:
            self._answered += call.answered
            if call.told is None or call.number < self._newest:
                return
            self._newest = call.number
            self._day = call.told.day
            self._left = call.told.left - (self._taken - call.behind - 1)

    def _insist(self, day: int) -> None:
        again = "Run again later; what was read is kept."
        if self._above_reserve() <= 0:
            raise QuotaSpent(
                f"{self._vendor} has {max(0, self._left):,} of {day:,} calls left today, and {self._terms.reserve:,} "
                f"are kept for people and other apps (budget.reserve). {again}",
                self._renewed_at,
            )
        if self._of_our_share(day) <= 0:
            raise QuotaSpent(
                f"Our share of today's {self._vendor} calls is used up: {self._share(day):,} of {day:,} "
                f"(budget.share). {again}",
                self._renewed_at,
            )

    def _share(self, day: int) -> int:
        return int(day * self._terms.share)

    def _of_our_share(self, day: int) -> int:
        return self._share(day) - self._spent - self._taken

    def _above_reserve(self) -> int:
        return self._left - self._terms.reserve


def parts(count: int, size: int) -> int:
    """Tell how many pages or batches of `size` hold `count` records: a forecast is made of these."""
    return -(-count // size)
