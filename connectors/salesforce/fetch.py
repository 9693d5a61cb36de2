"""Fetches the records of one query on to the workbench by REST, batch by batch, in the order of (SystemModstamp, Id).

Used by `connectors.salesforce.reading` for its streams and by `beside` for what belongs to them. Whatever interrupts a
query, it goes on behind the last record that arrived, never by a locator that may be gone. `bulk` does the same by a
job.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from connectors.errors import Rejected, RetryLater, Unusable
from connectors.salesforce.client import Client
from connectors.salesforce.soql import Query, moment
from connectors.salesforce.workbench import Head, Heap

BATCH_ROWS = 20_000
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

    `now` is the organisation's clock; `last` the record to begin behind. `announced` is what Salesforce says there is.
    """

    def __init__(self, client: Client, query: Query, now: int, last: Key | None = None) -> None:
        self.announced = 0
        self._client = client
        self._query = query
        self._now = now
        self._last = last
        self._first: bytes | None = None
        self._spans = [Span()]

    def ask(self, most: int, *, known_many: bool = False) -> None:
        """Ask for the first page, which tells how many records there are; raises TooManyError above `most`.

        A page of 2,000 records is not asked for where there are `known_many`. A query that is too large for an answer
        tells nothing; it is cut.
        """
        if known_many:
            raise TooManyError(most + 1)
        try:
            self._first = self._page(Span())
        except Rejected as error:
            self._recover(error, moved=False)
            return
        announced = Head.of(self._first).total
        if announced > most:
            raise TooManyError(announced)

    def batches(self, heap: Heap) -> Iterator[Key | None]:
        """Fill the heap again and again; yields the last record of each batch.

        A lost locator is replaced by a new query, a query that is too large by two. Raises RetryLater when fewer
        records arrive than were announced.
        """
        resumed = False
        while self._spans:
            behind = self._last
            try:
                yield from self._filled(heap, self._spans[-1], counted=not resumed)
                self._spans.pop()
                resumed = False
            except Rejected as error:
                resumed = self._recover(error, moved=self._last != behind)

    def _recover(self, error: Rejected, *, moved: bool) -> bool:
        """Tell whether the same span is taken up again; raises what cannot be helped."""
        if error.code == "INVALID_QUERY_LOCATOR" and moved:
            return True
        halves = self._spans[-1].halves(self._now + 1) if error.code == "OPERATION_TOO_LARGE" and not moved else []
        if not halves:
            raise error
        self._spans[-1:] = halves
        return False

    def _filled(self, heap: Heap, span: Span, *, counted: bool) -> Iterator[Key | None]:
        """Query once; what has arrived is a batch, also when the query breaks off."""
        announced = arrived = rows = 0
        pages: list[bytes] = []
        try:
            for head, body in self._answers(span, counted=counted):
                announced, rows = announced or head.total, rows + head.rows
                pages.append(body)
                if rows >= BATCH_ROWS:
                    arrived += self._fill(heap, pages)
                    yield self._last
                    pages, rows = [], 0
        except Rejected:
            if self._fill(heap, pages):
                yield self._last
            raise
        if last := self._fill(heap, pages):
            yield self._last
        if arrived + last < announced:
            sent = f"{announced} records of {self._query.object} and sent {arrived + last}"
            raise RetryLater(f"Salesforce announced {sent}.")

    def _fill(self, heap: Heap, pages: list[bytes]) -> int:
        heap.clear()
        rows = heap.add_pages(pages) if pages else 0
        self._last = (heap.last() if rows else None) or self._last
        return rows

    def _answers(self, span: Span, *, counted: bool) -> Iterator[tuple[Head, bytes]]:
        """Ask, and follow the answer to its end."""
        body = self._first or self._page(span)
        self._first = None
        head = Head.of(body)
        self.announced += head.total if counted else 0
        yield head, body
        followed: set[str] = set()
        while head.next:
            if head.next in followed:
                raise Unusable(STANDS_STILL.format(self._query.object))
            followed.add(head.next)
            body = self._client.more(head.next)
            head = Head.of(body)
            yield head, body

    def _page(self, span: Span) -> bytes:
        where = [*self._query.where, *span.conditions(), *_behind(self._last)]
        return self._client.page(replace(self._query, where=where, order="SystemModstamp, Id"))


def _behind(last: Key | None) -> list[str]:
    """Write what comes behind a record in the order of a query."""
    if last is None:
        return []
    stamp = last[0].replace("+0000", "Z")
    return [f"(SystemModstamp > {stamp} OR (SystemModstamp = {stamp} AND Id > '{last[1]}'))"]
