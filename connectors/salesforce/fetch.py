"""Fetches the records of one query on to the workbench by REST, batch by batch, in the order of (SystemModstamp, Id).

Used by `connectors.salesforce.read` for its streams and by `beside` for what belongs to them. Whatever interrupts a
query, it goes on behind the last record that arrived, never by a locator that may be gone. `bulk` does the same by a job.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from connectors.errors import Rejected, RetryLater, Unusable
from connectors.salesforce.client import Client
from connectors.salesforce.soql import Query, moment
from connectors.salesforce.workbench import Head, Heap

BATCH_ROWS = 10_000
"""Records worth an Arrow table."""
FIRST = 915_148_800
"""1999-01-01: no organisation holds anything older."""
STANDS_STILL = "Salesforce sends the same records of {} again and again; the pull stops before it runs in a circle."

Key = tuple[str, str]
"""(SystemModstamp, Id) of a record."""


class TooManyError(Exception):
    """More records than are read by REST; `count` is what Salesforce announced. Never leaves this package."""

    def __init__(self, count: int) -> None:
        super().__init__(str(count))
        self.count = count


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time in epoch seconds, `start` included, `end` not; None is open."""

    start: int | None = None
    end: int | None = None

    def conditions(self) -> list[str]:
        """Write it for a query."""
        bounds = ((">=", self.start), ("<", self.end))
        return [f"SystemModstamp {sign} {moment(at)}" for sign, at in bounds if at is not None]

    def halves(self, now: int) -> "list[Span]":
        """Cut it in two, the later one first; empty when it is a single second."""
        start, end = self.start or FIRST, self.end or now
        middle = (start + end) // 2
        return [replace(self, start=middle), replace(self, end=middle)] if end - start > 1 else []


class Rest:
    """One query read by REST.

    `now` is the organisation's clock; `last` the record to begin behind; `most` the number of records above which it is
    given up before anything is read. `announced` is what Salesforce says there is.
    """

    def __init__(
        self, client: Client, query: Query, now: int, last: Key | None = None, most: int | None = None
    ) -> None:
        self.announced = 0
        self._client = client
        self._query = query
        self._now = now
        self._last = last
        self._most = most

    def batches(self, heap: Heap) -> Iterator[Key | None]:
        """Fill the heap again and again; yields the last record of each batch.

        Raises TooManyError, and RetryLater when fewer records arrive than were announced.
        """
        heap.clear()
        rows, last = 0, None
        for head in self._heads(heap):
            rows, last = rows + head.rows, head.last or last
            if rows >= BATCH_ROWS:
                yield last
                heap.clear()
                rows = 0
        if rows:
            yield last

    def _heads(self, heap: Heap) -> Iterator[Head]:
        """Add page after page; a lost locator is replaced by a new query, a query that is too large by two."""
        spans, resumed, last = [Span()], False, self._last
        while spans:
            behind = last
            try:
                for head in self._pages(heap, spans[-1], last, counted=not resumed):
                    last = head.last or last
                    yield head
            except Rejected as error:
                resumed = self._recover(error, spans, moved=last != behind)
            else:
                spans.pop()
                resumed = False

    def _recover(self, error: Rejected, spans: list[Span], *, moved: bool) -> bool:
        """Tell whether the same span is taken up again; raises what cannot be helped."""
        if error.code == "INVALID_QUERY_LOCATOR" and moved:
            return True
        halves = spans[-1].halves(self._now + 1) if error.code == "OPERATION_TOO_LARGE" and not moved else []
        if not halves:
            raise error
        spans[-1:] = halves
        return False

    def _pages(self, heap: Heap, span: Span, last: Key | None, *, counted: bool) -> Iterator[Head]:
        """Query once and follow the answer to its end."""
        where = [*self._query.where, *span.conditions(), *_behind(last)]
        query = replace(self._query, where=where, order="SystemModstamp, Id")
        head = heap.add_page(self._client.page(query))
        announced, arrived = head.total, head.rows
        if counted:
            self.announced += announced
        if self._most is not None and self.announced > self._most:
            raise TooManyError(self.announced)
        yield head
        while head.next:
            if not head.rows or (last and head.last and head.last[0] < last[0]):
                raise Unusable(STANDS_STILL.format(self._query.object))
            last = head.last
            head = heap.add_page(self._client.more(head.next))
            if head.rows and head.last == last:
                raise Unusable(STANDS_STILL.format(self._query.object))
            arrived += head.rows
            yield head
        if arrived < announced:
            raise RetryLater(f"Salesforce announced {announced} records of {self._query.object} and sent {arrived}.")


def _behind(last: Key | None) -> list[str]:
    """Write what comes behind a record in the order of a query."""
    if last is None:
        return []
    stamp = last[0].replace("+0000", "Z")
    return [f"(SystemModstamp > {stamp} OR (SystemModstamp = {stamp} AND Id > '{last[1]}'))"]
