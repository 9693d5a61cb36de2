"""One reading of one stream of Salesforce: whole, or what changed since a cursor; fresh, or taken up again.

`connectors.salesforce.read` makes one for each stream of a pull, and another when an interrupted one was finished
first.
"""

import hashlib
from collections import Counter
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import replace

import arro3.core as arrow

from connectors.base import Page, StreamEnd
from connectors.errors import Rejected, RetryLater
from connectors.salesforce import columns
from connectors.salesforce.beside import Besides
from connectors.salesforce.bulk import WAITING, LostJobError, QueryJob, Waiting
from connectors.salesforce.cursor import Cursor, Unfinished
from connectors.salesforce.fetch import Key, Rest, TooManyError
from connectors.salesforce.soql import Query, moment
from connectors.salesforce.streams import World
from connectors.salesforce.workbench import Heap, Sifted
from mapping.records import MERGED

SYSTEM = ("Id", "SystemModstamp", "IsDeleted")
OVERLAP = 600
"""Seconds that the next reading reads again."""
OLDEST_CURSOR = 14 * 86_400
"""Seconds; the recycle bin keeps deleted records for 15 days, an older cursor could miss a deletion."""
REREAD = 20 * 3_600
"""Seconds after which formulas and roll-ups are read again for all records: they change without a trace on them."""
COMMIT_ROWS = 20_000
"""Changed records after which a reading commits what it has."""
CALCULATED = "calculated"
"""What the job that reads formulas and roll-ups is called in a cursor."""
OF_ITS_RECORDS = ("activity", "participant")
"""Tables whose rows belong to the records of their page and to nobody else."""

_NOT_BY_REST_EITHER = frozenset({"INVALID_FIELD", "INVALID_TYPE", "MALFORMED_QUERY"})


class LostReadingError(Exception):
    """What an earlier pull began cannot be finished, its job is gone: read anew. Never leaves this package."""


class Reading:
    """One reading; `hidden` names fields that disappeared while an earlier one was under way."""

    def __init__(self, besides: Besides, cursor: Cursor | None, hidden: Sequence[str]) -> None:
        self._besides = besides
        self._world, self._client, self._bench, self._stream = (
            besides.world,
            besides.client,
            besides.bench,
            besides.stream,
        )
        self._name = besides.stream.object
        self.fields = self._world.schema.visible(self._name, (*SYSTEM, *self._stream.fields))
        self._shape = shape(self._world, self.fields)
        kept = cursor if cursor and cursor.shape == self._shape else None
        self._logged_until: int | None = None
        self._log = self._deletions(kept)
        self._since = kept if self._log is not None else None
        left = kept.unfinished if kept else None
        self._left = left if left and left.whole is (self._since is None) else None
        self._began = self._left.began if self._left else besides.now
        self._jobs = dict(self._left.jobs) if self._left else {}
        self._calculated_at = self._since.calculated_at if self._since else self._began
        self._read = 0
        self._expected: int | None = None
        self._alive: set[str] = set()
        missing = self._world.schema.hidden(self._name, self._world.chosen(self._name))
        self._dropped = Counter({f"hidden field {name}": 1 for name in (*missing, *hidden)})

    def run(self) -> Generator[Page | StreamEnd, None, Cursor]:
        """Yield the pages and the end, and return the cursor.

        Raises LostReadingError when the job of an earlier pull is gone, and RetryLater when one of this pull fails.
        """
        try:
            yield from self._calculated()
            yield from self._pages()
        except LostJobError as error:
            if self._left:
                raise LostReadingError from error
            raise RetryLater(f"A job of Salesforce on {self._name} ended: {error}. Run again later.") from error
        yield from self._lost()
        if self._since is None and self._stream.tells:
            self._besides.known.add(self._stream.tells)
        whole_at = self._since.whole_at if self._since else self._began
        done = Cursor(self._began, whole_at, self._shape, self._calculated_at, logged_until=self._logged_until)
        yield replace(self._end(done, whole=self._since is None), expected=self._expected)
        return done

    def anew(self) -> Cursor | None:
        """Give the cursor without what was left unfinished."""
        return replace(self._since, unfinished=None) if self._since else None

    # --- what changed ------------------------------------------------------------------------------------------------

    def _deletions(self, kept: Cursor | None) -> Sequence[str] | None:
        """Ask the replication log who was deleted since; None when the reading must be whole."""
        now = self._besides.now
        if kept is None or kept.at > now + OVERLAP or kept.open_since < now - OLDEST_CURSOR:
            return None
        if "IsDeleted" not in self.fields:
            return ()
        start = kept.open_since - OVERLAP
        try:
            log = self._client.deleted(self._name, moment(start), moment(now + 60))
        except Rejected:
            return None
        if log.since is not None and log.since > start:
            return None  # purged: some of what we ask for is no longer known
        self._logged_until = log.until if log.until is not None and log.until < now else None
        return log.ids

    def _from(self) -> str | None:
        return since(self._since)

    # --- pages -------------------------------------------------------------------------------------------------------

    def _pages(self) -> Iterator[Page | StreamEnd]:
        self._besides.begin()
        heap = self._heap()
        committed = 0
        for step in self._steps(heap):
            if isinstance(step, StreamEnd):
                yield step
                continue
            if step == WAITING:
                yield self._alive_page()
                continue
            yield self._page(heap)
            if self._since and step and self._read - committed >= COMMIT_ROWS:
                committed = self._read
                yield self._checkpoint(step)

    def _heap(self) -> Heap:
        return self._bench.heap("raw", [*SYSTEM, *self._stream.fields], self.fields, self._stream.aliases)

    def _steps(self, heap: Heap) -> Iterator[StreamEnd | Key | Waiting | None]:
        """Fill the heap batch by batch; an end among them commits the ids of jobs that were started."""
        start = self._from()
        queries = {self._name: selection(self._name, self.fields, start), **dict(self._besides.queries(start))}
        source = yield from self._opened(self._name, queries)
        if self._since is None or self._jobs:
            for name, query in queries.items():
                if name != self._name:
                    yield from self._besides.take(name, self._source(name, query))
        yield from source.batches(heap)
        self._expected = source.announced

    def _opened(self, name: str, queries: Mapping[str, Query]) -> Generator[StreamEnd, None, Rest | QueryJob]:
        """Open one of the queries: by REST when it finds few records, else by a job, and the others with it."""
        source = self._source(name, queries[name])
        if isinstance(source, Rest):
            try:
                source.ask(self._besides.bulk_above, known_many=self._besides.many and name == self._name)
            except TooManyError:
                self._start(name, queries)
                if self._jobs:
                    yield self._checkpoint(None)
                source = self._source(name, queries[name])
        return source

    def _start(self, sure: str, queries: Mapping[str, Query]) -> None:
        """Start a job for each query that finds many records; where Salesforce has none for it, REST must do."""
        for name, query in queries.items():
            if name != sure and self._client.count(query) <= self._besides.bulk_above:
                continue
            try:
                self._jobs[name] = QueryJob.start(self._client, query).id
            except Rejected as error:
                if error.code in _NOT_BY_REST_EITHER:
                    raise

    def _source(self, name: str, query: Query) -> Rest | QueryJob:
        if name in self._jobs:
            return QueryJob(self._client, self._jobs[name], query.object)
        last = self._left.last if self._left and name == self._name else None
        return Rest(self._client, query, self._besides.now, last)

    def _checkpoint(self, last: Key | None) -> StreamEnd:
        """Commit how far the reading is."""
        left = Unfinished(self._began, self._since is None, dict(self._jobs), last)
        since = self._since or Cursor(0, 0, self._shape)
        cursor = replace(since, calculated_at=self._calculated_at, unfinished=left)
        return self._end(cursor, whole=False)

    def _end(self, cursor: Cursor, *, whole: bool) -> StreamEnd:
        since = self._since.open_since - OVERLAP if self._since else None
        told = (self._name, cursor.text(), whole, self._read, None, dict(self._dropped))
        return StreamEnd(*told, since=since, until=self._began)

    def _page(self, heap: Heap) -> Page:
        """Convert what exists and report what is deleted or merged."""
        found = heap.sift()
        self._besides.bring(self._from())
        batch = self._stream.convert(self._bench)
        self._read += len(found.ids) + len(found.gone)
        self._dropped.update(batch.dropped)
        tables = {**batch.tables, **self._merged(found)}
        if self._since is None:
            return Page(self._name, found.ids.and_then(batch.parts), tables, found.gone, OF_ITS_RECORDS)
        self._alive.update(found.ids)
        read = dict.fromkeys((*self._with_parts(found.ids), *batch.parts))
        return Page(self._name, list(read), tables, self._with_parts(found.gone), OF_ITS_RECORDS)

    def _alive_page(self) -> Page:
        """Say that the pull goes on while it waits: whoever takes its pages keeps the organisation for it."""
        return Page(self._name, [], {})

    def _merged(self, found: Sifted) -> Mapping[str, arrow.Table]:
        if not found.merged:
            return {}
        losers, winners = zip(*found.merged, strict=True)
        values = {"id": losers, "winner_id": winners}
        name = MERGED[self._name.lower()].name
        return {name: columns.table(name, self._world.source, len(losers), values)}

    def _lost(self) -> Iterator[Page]:
        """Report who is in the log of deletions and was not seen alive since."""
        if lost := sorted(set(self._log or ()) - self._alive):
            self._heap()
            yield Page(self._name, [], self._stream.convert(self._bench).tables, self._with_parts(lost))

    def _with_parts(self, ids: Sequence[str]) -> list[str]:
        return [*ids, *(part for key in ids for part in self._stream.parts(key))]

    # --- formulas and roll-ups ---------------------------------------------------------------------------------------

    def _calculated(self) -> Iterator[Page | StreamEnd]:
        """Read formulas and roll-ups of all records, and nothing else of them, once in a while."""
        fields = self._world.schema.calculated(self._name, self._stream.fields)
        due = self._since and self._besides.now - self._since.calculated_at > REREAD
        if not (due and fields and self._stream.narrow):
            return
        narrow = self._stream.narrow(fields)
        wanted = self._world.schema.visible(self._name, (*SYSTEM, *narrow.fields))
        query = Query(self._name, wanted, ["IsDeleted = false"] if "IsDeleted" in wanted else [])
        source = yield from self._opened(CALCULATED, {CALCULATED: query})
        heap = self._bench.heap("raw", [*SYSTEM, *narrow.fields], wanted)
        for step in source.batches(heap):
            yield (
                self._alive_page() if step == WAITING else Page(self._name, heap.sift().ids, narrow.tables(self._bench))
            )
        self._jobs.pop(CALCULATED, None)
        self._calculated_at = self._began


def since(cursor: Cursor | None) -> str | None:
    """Write from when on changes are read, as SOQL does; None when everything is."""
    return moment(cursor.open_since - OVERLAP) if cursor else None


def selection(name: str, fields: Sequence[str], since: str | None) -> Query:
    """Select what a reading reads: what changed, or all that exists and who was merged."""
    if since:
        where = [f"SystemModstamp >= {since}"]
    elif "MasterRecordId" in fields:
        where = ["(IsDeleted = false OR MasterRecordId != null)"]
    else:
        where = ["IsDeleted = false"] if "IsDeleted" in fields else []
    return Query(name, fields, where)


def shape(world: World, fields: Sequence[str]) -> str:
    """Digest the selected fields and everything of the settings that decides how they are read."""
    told = (
        fields,
        {table: dict(names) for table, names in world.fields.items()},
        tuple(world.customer_types),
        [world.schema.exists(name) for name in ("AccountContactRelation", "EmailMessage")],
    )
    return hashlib.sha256(repr(told).encode()).hexdigest()[:16]
