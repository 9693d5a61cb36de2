"""What a pull and a plan will cost in calls: from counts that Salesforce makes of all objects in one call.

The connector asks before a run begins. The figures are estimates: a page may hold fewer records than asked for, and how
often a job is looked at depends on how busy Salesforce is.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from connectors.budget import parts
from connectors.salesforce import beside, bulk
from connectors.salesforce.activities import activity_streams
from connectors.salesforce.client import Client
from connectors.salesforce.cursor import Cursor
from connectors.salesforce.reading import SYSTEM, selection, shape, since
from connectors.salesforce.soql import LONGEST_LIST, Query
from connectors.salesforce.streams import Stream, World, record_streams
from connectors.salesforce.write import BATCH, JOB_ROWS, KEYS, PARENTS_AT_ONCE

PAGE = 2000
"""Records a page of a query holds."""
LOOKS = 4
"""Looks at a job until it is done; the pauses between them grow, ten of them last two minutes (our guess)."""
OVERHEAD = 9
"""Calls of a run that belong to no object: versions, sign-in, the clock twice, limits, counts, and since when each of
three kinds of activity is captured."""


@dataclass(slots=True)
class Expected:
    """About how many calls a pull takes, how many records each visible object has, and which are read by a job."""

    calls: int
    exists: dict[str, int] = field(default_factory=dict)
    jobs: list[str] = field(default_factory=list)

    def add(self, name: str, total: int | None, records: Sequence[int], bulk_above: int, *, whole: bool) -> None:
        """Add one stream: it finds the first of `records`, and so many that belong to them in other objects."""
        if total is not None:
            self.exists[name] = total
        first, *others = records
        self.calls += not whole  # the log of deletions
        if first > bulk_above:
            self.jobs.append(name)
            self.calls += len(others)  # how many there are of these is counted again
            self.calls += sum(_by_job(found) if found > bulk_above else _by_rest(found) for found in records)
        elif whole or first > LONGEST_LIST:
            self.calls += sum(map(_by_rest, records))
        else:
            self.calls += 1 + len(others) * bool(first)


def expected(world: World, client: Client, cursors: Mapping[str, str], bulk_above: int) -> Expected:
    """Foresee a pull with these cursors."""
    streams = [one for one in chain(record_streams(world), activity_streams(world)) if world.schema.exists(one.object)]
    starts = [_start(world, one, cursors) for one in streams]
    queries = [list(_queries(world, one, start)) for one, start in zip(streams, starts, strict=True)]
    counts = iter(client.counts(list(chain.from_iterable(queries))))
    found = Expected(OVERHEAD + world.schema.described)
    for stream, start, asked in zip(streams, starts, queries, strict=True):
        total, *records = [next(counts, None) for _ in asked]
        found.add(stream.object, total, [count or 0 for count in records], bulk_above, whole=start is None)
    return found


def _start(world: World, stream: Stream, cursors: Mapping[str, str]) -> str | None:
    """Tell from when on changes are read; None when the stream is read whole."""
    cursor = Cursor.parse(cursors.get(stream.object))
    return since(cursor) if cursor and cursor.at and cursor.shape == shape(world, _fields(world, stream)) else None


def _queries(world: World, stream: Stream, start: str | None) -> Iterator[Query]:
    """Count what exists, what is read of it, and what is read with it from other objects."""
    visible = _fields(world, stream)
    yield Query(stream.object, ["COUNT()"], ["IsDeleted = false"] if "IsDeleted" in visible else [])
    for query in (selection(stream.object, visible, start), *dict(beside.queries(world, stream, start)).values()):
        yield Query(query.object, ["COUNT()"], query.where)


def _fields(world: World, stream: Stream) -> list[str]:
    return world.schema.visible(stream.object, (*SYSTEM, *stream.fields))


def _by_rest(records: int) -> int:
    return max(1, parts(records, PAGE))


def _by_job(records: int) -> int:
    return 1 + LOOKS + max(1, parts(records, bulk.PAGE_ROWS))


def cost(writes: Mapping[str, int], bulk_above: int) -> int:
    """Tell about how many calls so many writes take, by kind (see `connectors.base.Metered`)."""
    updated, created, changed = (writes.get(kind, 0) for kind in ("update", "create", "change"))
    return (
        (_by_ingest(updated) if updated > bulk_above else parts(updated, BATCH))
        + parts(created, KEYS)
        + parts(created, BATCH)
        + 2 * parts(changed, BATCH)
        + writes.get("delete", 0)
    )


def _by_ingest(records: int) -> int:
    """Count looking for parents and jobs, opening, handing over, starting, looking, and three lists of results."""
    return parts(records, PARENTS_AT_ONCE) + 1 + 3 * parts(records, JOB_ROWS) + LOOKS + 4
