"""What a pull and a plan will cost in calls: from counts that Salesforce makes of all objects in one call.

The connector asks before a run begins. The figures are estimates: a page may hold fewer records than asked for.
"""

from collections.abc import Iterator, Mapping
from itertools import chain

from connectors.budget import parts
from connectors.salesforce.activities import activity_streams
from connectors.salesforce.client import Client
from connectors.salesforce.read import OVERLAP, Cursor
from connectors.salesforce.soql import LONGEST_LIST, Query, moment
from connectors.salesforce.streams import Stream, World, record_streams
from connectors.salesforce.write import BATCH, KEYS

PAGE = 2000
"""Records a page of a query holds."""
LOOKUPS: Mapping[str, int] = {"EmailMessage": 2, "Task": 2, "Event": 1}
"""Queries about the relations of so many activities as one list of ids holds."""
OVERHEAD = 6
"""Calls of a pull that belong to no object: the clock, and since when activity is captured."""


def expected(world: World, client: Client, cursors: Mapping[str, str]) -> tuple[int, Mapping[str, int]]:
    """Give about how many calls a pull takes, and how many records of each visible object there are."""
    streams = [one for one in chain(record_streams(world), activity_streams(world)) if world.schema.exists(one.object)]
    found = client.counts([query for one in streams for query in _queries(world, one, cursors)])
    exists = {one.object: total for one, total in zip(streams, found[::2], strict=True) if total is not None}
    pairs = zip(streams, found[1::2], strict=True)
    return OVERHEAD + sum(_calls(one, changed or 0, one.object in cursors) for one, changed in pairs), exists


def _queries(world: World, stream: Stream, cursors: Mapping[str, str]) -> Iterator[Query]:
    """Count what exists, and what changed since the cursor."""
    alive = ["IsDeleted = false"] if world.schema.visible(stream.object, ["IsDeleted"]) else []
    cursor = Cursor.parse(cursors.get(stream.object))
    since = [f"SystemModstamp >= {moment(cursor.at - OVERLAP)}"] if cursor else alive
    yield Query(stream.object, ["COUNT()"], alive)
    yield Query(stream.object, ["COUNT()"], since)


def _calls(stream: Stream, records: int, incremental: bool) -> int:
    lookups = LOOKUPS.get(stream.object, 0) * parts(records, LONGEST_LIST)
    return max(1, parts(records, PAGE)) + lookups + incremental


def cost(writes: Mapping[str, int]) -> int:
    """Tell about how many calls so many writes take, by kind (see `connectors.base.Metered`)."""
    created, changed = writes.get("create", 0), writes.get("change", 0)
    return (
        parts(writes.get("update", 0), BATCH)
        + parts(created, KEYS)
        + parts(created, BATCH)
        + 2 * parts(changed, BATCH)
        + writes.get("delete", 0)
    )
