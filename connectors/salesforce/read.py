"""Pulls Salesforce: stream after stream, whole the first time, afterwards what changed, resumable within a query.

The cursor of a stream is the organisation's clock when the pull began, so a row that became visible late, or shares its
second with the last one seen, is read again next time and not lost.
"""

import hashlib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from connectors.base import Page, StreamEnd
from connectors.errors import Forbidden, Rejected, RetryLater, Unusable
from connectors.salesforce import columns
from connectors.salesforce.activities import activity_streams, task_key_field
from connectors.salesforce.client import Client, Record
from connectors.salesforce.columns import Column
from connectors.salesforce.soql import Query, epoch, moment
from connectors.salesforce.streams import Stream, World, record_streams

SYSTEM = ("Id", "SystemModstamp", "IsDeleted")
OVERLAP = 600
"""Seconds read again by the next pull."""
OLDEST_CURSOR = 14 * 86_400
"""Seconds; the recycle bin keeps deleted records for 15 days, an older cursor could miss a deletion."""
REREAD = 20 * 3_600
"""Seconds after which an object with mapped formulas is read whole: they change without a trace on the record."""
PAGE_ROWS = 10_000
COVERAGE = "coverage_of_source"
CORE = frozenset({"User", "Account", "Contact"})
"""Without these nothing can be said of anybody: the pull stops where one of them is forbidden."""
ACTS = frozenset({"EmailMessage", "Task", "Event"})
"""Without one of these silence is no evidence."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a stream stopped: the clock of its last pull and of its last whole one, in epoch seconds.

    `shape` digests what was selected and how it is read: records that did not change hold nothing of a field that was
    mapped or granted since, so another shape makes the pull whole.
    """

    at: int
    whole_at: int
    shape: str

    @classmethod
    def parse(cls, text: str | None) -> "Cursor | None":
        """Read what `text` wrote; anything else counts as no cursor, and the pull is whole."""
        parts = (text or "").split()
        if len(parts) != 3 or not all(part.isdecimal() for part in parts[:2]):
            return None
        return cls(int(parts[0]), int(parts[1]), parts[2])

    def text(self) -> str:
        """Write the cursor for the stage."""
        return f"{self.at} {self.whole_at} {self.shape}"


def pull(world: World, client: Client, cursors: Mapping[str, str]) -> Iterator[Page | StreamEnd]:
    """Read everything mapped; raises a ConnectorError when a stream cannot be read to its end.

    An object that is forbidden, or was there and is no longer visible, is skipped and keeps its cursor.
    """
    began = client.server_time()
    missing: dict[str, str] = {}
    for stream in chain(record_streams(world), activity_streams(world)):
        name, cursor = stream.object, cursors.get(stream.object)
        if world.schema.exists(name):
            try:
                yield from _Pull(world, client, stream, began, Cursor.parse(cursor)).run()
                continue
            except Rejected as error:
                missing[name] = _forbidden(name, error)
        elif name in world.schema.forbidden or cursor is not None:
            missing[name] = world.schema.forbidden.get(name, "the object is no longer visible")
        said = missing.get(name, "")
        yield StreamEnd(name, cursor, whole=False, read=0, dropped={"object not visible": 1}, missing=said)
    yield from _coverage(world, client, missing.keys())


def _forbidden(name: str, error: Rejected) -> str:
    """Say why an object is skipped; raises what is no prohibition, and Unusable for an object of the core."""
    if not (isinstance(error, Forbidden) or error.code == "INVALID_TYPE"):
        raise error
    if name in CORE:
        raise Unusable(str(error)) from error
    return str(error)


class _Pull:
    """One stream of one pull."""

    def __init__(self, world: World, client: Client, stream: Stream, began: int, cursor: Cursor | None) -> None:
        self._world = world
        self._client = client
        self._stream = stream
        self._began = began
        self._fields = world.schema.visible(stream.object, (*SYSTEM, *stream.fields))
        self._shape = _shape(world, self._fields)
        self._log = self._deleted_since(cursor) if cursor and not self._must_be_whole(cursor) else None
        self._since = cursor if self._log is not None else None
        self._expected: int | None = None
        self._read = 0
        self._alive: set[str] = set()
        hidden = world.schema.hidden(stream.object, world.chosen(stream.object))
        self._dropped = Counter({f"hidden field {name}": 1 for name in hidden})

    def run(self) -> Iterator[Page | StreamEnd]:
        """Yield the pages and the end."""
        for records in _merged(self._pages()):
            yield self._page(records)
        if lost := sorted(set(self._log or ()) - self._alive):
            empty = self._stream.convert([])
            yield Page(self._stream.object, [], empty.tables, self._with_parts(lost))
        whole_at = self._since.whole_at if self._since else self._began
        yield StreamEnd(
            self._stream.object,
            Cursor(self._began, whole_at, self._shape).text(),
            whole=self._since is None,
            read=self._read,
            expected=self._expected,
            dropped=dict(self._dropped),
            since=self._since.at - OVERLAP if self._since else None,
            until=self._began,
        )

    def _must_be_whole(self, cursor: Cursor) -> bool:
        if self._began - cursor.at > OLDEST_CURSOR or cursor.shape != self._shape:
            return True
        formulas = self._world.schema.calculated(self._stream.object, self._stream.fields)
        return formulas and self._began - cursor.whole_at > REREAD

    def _deleted_since(self, cursor: Cursor) -> Sequence[str] | None:
        """Ask the replication log who was deleted; None when it does not reach back, and the pull must be whole."""
        if "IsDeleted" not in self._fields:
            return ()
        start, end = moment(cursor.at - OVERLAP), moment(self._began + 60)
        try:
            return self._client.deleted(self._stream.object, start, end)
        except Rejected:
            return None

    def _pages(self) -> Iterator[Sequence[Record]]:
        """Follow the query; when its locator is lost, go on behind the last record that arrived."""
        last: Record | None = None
        while True:
            start = last
            try:
                for page in self._from(last):
                    if page:
                        last = page[-1]
                        yield page
            except Rejected as error:
                if error.code != "INVALID_QUERY_LOCATOR" or last is start:
                    raise
            else:
                return

    def _from(self, last: Record | None) -> Iterator[Sequence[Record]]:
        """Query once, behind the record `last`, and insist on as many records as Salesforce announces."""
        query = Query(self._stream.object, self._fields, self._conditions(last), "SystemModstamp, Id")
        arrived = announced = 0
        for page in self._client.pages(query, everything=True):
            announced = page["totalSize"]
            if self._expected is None:
                self._expected = announced
            arrived += len(page["records"])
            yield page["records"]
        if arrived < announced:
            raise RetryLater(f"Salesforce announced {announced} records of {self._stream.object} and sent {arrived}.")

    def _conditions(self, last: Record | None) -> list[str]:
        conditions = []
        if self._since:
            conditions.append(f"SystemModstamp >= {moment(self._since.at - OVERLAP)}")
        elif "IsDeleted" in self._fields:
            conditions.append("IsDeleted = false")
        if last is not None:
            stamp = str(last["SystemModstamp"]).replace("+0000", "Z")
            behind = f"(SystemModstamp = {stamp} AND Id > '{last['Id']}')"
            conditions.append(f"(SystemModstamp > {stamp} OR {behind})")
        return conditions

    def _page(self, records: Sequence[Record]) -> Page:
        """Convert what exists and report what is deleted; of a record that came twice the later state counts."""
        latest = {record["Id"]: record for record in records}
        alive = [record for record in latest.values() if not record.get("IsDeleted")]
        batch = self._stream.convert(alive)
        self._read += len(latest)
        self._dropped.update(batch.dropped)
        ids = [record["Id"] for record in alive]
        gone = [key for key, record in latest.items() if record.get("IsDeleted")]
        if self._since is None:
            return Page(self._stream.object, [*ids, *batch.parts], batch.tables, gone)
        self._alive.update(ids)
        read = dict.fromkeys((*self._with_parts(ids), *batch.parts))
        return Page(self._stream.object, list(read), batch.tables, self._with_parts(gone))

    def _with_parts(self, ids: Sequence[str]) -> list[str]:
        return [*ids, *(part for key in ids for part in self._stream.parts(key))]


def _shape(world: World, fields: Sequence[str]) -> str:
    """Digest the selected fields and everything of the settings that decides how they are read."""
    told = (
        fields,
        {table: dict(names) for table, names in world.fields.items()},
        tuple(world.customer_types),
        [world.schema.exists(name) for name in ("AccountContactRelation", "EmailMessage")],
    )
    return hashlib.sha256(repr(told).encode()).hexdigest()[:16]


def _merged(pages: Iterator[Sequence[Record]]) -> Iterator[list[Record]]:
    """Put pages together until they are worth an Arrow table."""
    waiting: list[Record] = []
    for page in pages:
        waiting.extend(page)
        if len(waiting) >= PAGE_ROWS:
            yield waiting
            waiting = []
    if waiting:
        yield waiting


def _coverage(world: World, client: Client, missing: Collection[str]) -> Iterator[Page | StreamEnd]:
    """Say since when activity is captured, whether all of it was read, and whether usage is mapped and visible."""
    since = min((at for at in _earliest(world, client, missing) if at is not None), default=None)
    usage = bool(world.schema.visible("Contact", world.mapped("usage")))
    unread = not ACTS.isdisjoint(missing)
    values: dict[str, Column] = {
        "fact": ["activity", "usage"],
        "available": [since is not None and not unread, usage],
        "since_at": [since, None],
        "unread": [unread, False],
    }
    rows = columns.table(COVERAGE, world.source, 2, values)
    yield Page(COVERAGE, ["activity", "usage"], {COVERAGE: rows})
    yield StreamEnd(COVERAGE, None, whole=True, read=2)


def _earliest(world: World, client: Client, missing: Collection[str]) -> Iterator[int | None]:
    """Find the first e-mail, meeting and task that is not ours, archived ones included."""
    key = task_key_field(world.prefix)
    done = ["IsClosed = true", *([f"{key} = null"] if world.schema.visible("Task", [key]) else [])]
    for name, at, where in (
        ("EmailMessage", "MessageDate", []),
        ("Event", "StartDateTime", []),
        ("Task", "ActivityDate", done),
    ):
        if name not in missing and world.schema.visible(name, [at]):
            query = Query(name, [at], [f"{at} != null", "IsDeleted = false", *where], at, 1)
            yield from (epoch(record[at]) for record in client.records(query, everything=True))
