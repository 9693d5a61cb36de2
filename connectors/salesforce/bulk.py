"""Bulk API 2.0 query jobs: started, found again by their id, waited for, and read page by page.

A job costs a handful of calls however large its result, which Salesforce keeps for seven days. So a job that takes
longer than anybody waits is no failure: its id is in the cursor of the stream and the next pull goes on with it.
"""

from collections.abc import Generator, Iterator
from typing import Final, Literal

from connectors.errors import Rejected, RetryLater
from connectors.salesforce.client import Client, Record, Result
from connectors.salesforce.fetch import STANDS_STILL, Key
from connectors.salesforce.soql import Query
from connectors.salesforce.workbench import Heap

PAGE_ROWS = 100_000
"""Records asked for at once: a page is held in memory."""
LOOKS = 60
"""How often a pull looks at a job before it leaves it for the next one; with the pauses between about a quarter of an
hour."""
TRIES = 3
"""How often a page that arrives garbled is asked for."""
Waiting = Literal["waiting"]
WAITING: Final[Waiting] = "waiting"
"""What a job says instead of a batch while Salesforce works on it: whoever reads it must show that he is alive."""
_ENDED = frozenset({"Failed", "Aborted"})


class LostJobError(Exception):
    """The job is gone, failed or was aborted: only a new one helps. Never leaves this package."""


class QueryJob:
    """One query job, by its `id`; `announced` is what it found, known when it is done."""

    def __init__(self, client: Client, job: str, name: str) -> None:
        self.id = job
        self.announced = 0
        self._client = client
        self._name = name

    @classmethod
    def start(cls, client: Client, query: Query) -> "QueryJob":
        """Hand a query over. Raises Rejected where the object, the organisation or the day's allowance has no job."""
        body = {"operation": "queryAll", "query": query.text(), "columnDelimiter": "COMMA", "lineEnding": "LF"}
        return cls(client, str(client.job("POST", "query", json=body)["id"]), query.object)

    def batches(self, heap: Heap) -> Iterator[Key | Waiting | None]:
        """Wait for the job, and say so, then fill the heap with each page of its result.

        Raises LostJobError, and RetryLater when the job takes too long or its result is not complete.
        """
        self.announced = int((yield from self._complete())["numberRecordsProcessed"])
        arrived = 0
        locator: str | None = None
        seen: set[str] = set()
        while True:
            page = self._page(heap, locator)
            arrived += page.rows
            if page.rows:
                yield None
            locator = page.locator
            if locator is None:
                break
            if locator in seen or not page.rows:
                raise RetryLater(STANDS_STILL.format(self._name))
            seen.add(locator)
        if arrived != self.announced:
            raise RetryLater(f"A job of Salesforce found {self.announced} records of {self._name} and sent {arrived}.")

    def _complete(self) -> Generator[Waiting, None, Record]:
        """Look at the job until it is done."""
        for attempt in range(LOOKS):
            try:
                told = self._client.job("GET", f"query/{self.id}")
            except Rejected as error:
                raise LostJobError(str(error)) from error
            if told["state"] == "JobComplete":
                return told
            if told["state"] in _ENDED:
                raise LostJobError(f"{told['state']}: {told.get('errorMessage') or 'no reason given'}")
            yield WAITING
            self._client.transport.pause(attempt)
        raise RetryLater(f"Salesforce is still reading {self._name} (job {self.id}); the next run goes on with it.")

    def _page(self, heap: Heap, locator: str | None) -> Result:
        """Lay one page on the heap, as complete as it says it is."""
        for attempt in range(TRIES):
            heap.clear()
            try:
                page = self._client.result(self.id, locator, PAGE_ROWS)
            except Rejected as error:
                raise LostJobError(str(error)) from error
            try:
                added = heap.add_csv(page.content) if page.rows else 0  # what an empty page says differs
            except RetryLater as error:
                if attempt + 1 == TRIES:
                    raise RetryLater(f"{self._name}: {error}") from error
                continue
            if added == page.rows:
                return page
        raise RetryLater(f"A page of {self._name} should hold {page.rows} records and holds {added}. Run again later.")
