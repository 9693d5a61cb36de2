"""Pulls Salesforce: stream after stream, whole the first time, afterwards what changed.

What a reading covers is a fixed stretch of the organisation's clock: from ten minutes before the last one began to the
moment this one began. A row that became visible late, or shares its second with the last one seen, lies in both and is
staged twice, not lost. Few records come by REST, many by a Bulk 2.0 job. The cursor moves only together with the rows
it stands for, and an interrupted reading goes on from there: behind its last committed record, or with its job.
"""

from collections.abc import Collection, Iterator, Mapping
from itertools import chain

from connectors.base import Page, StreamEnd
from connectors.errors import Forbidden, Rejected, Unusable
from connectors.salesforce import columns
from connectors.salesforce.activities import activity_streams, task_key_field
from connectors.salesforce.beside import Besides
from connectors.salesforce.client import Client
from connectors.salesforce.columns import Column
from connectors.salesforce.cursor import Cursor
from connectors.salesforce.reading import LostReadingError, Reading
from connectors.salesforce.soql import Query, epoch
from connectors.salesforce.streams import World, record_streams
from connectors.salesforce.workbench import Workbench

COVERAGE = "coverage_of_source"
CORE = frozenset({"User", "Account", "Contact"})
"""Without these nothing can be said of anybody: the pull stops where one of them is forbidden."""
ACTS = frozenset({"EmailMessage", "Task", "Event"})
"""Without one of these silence is no evidence."""


def pull(
    world: World, client: Client, cursors: Mapping[str, str], bulk_above: int, many: Collection[str] = ()
) -> Iterator[Page | StreamEnd]:
    """Read everything mapped; of more records than `bulk_above` a job is made, and of objects known to have `many`.

    An object that is forbidden, or was there and is no longer visible, is skipped and keeps its cursor. Raises a
    ConnectorError when a stream cannot be read to its end.
    """
    began = client.server_time()
    missing: dict[str, str] = {}
    known: set[str] = set()
    with Workbench(world.source, world.customer_types) as bench:
        for stream in chain(record_streams(world), activity_streams(world)):
            name, cursor = stream.object, cursors.get(stream.object)
            if world.schema.exists(name):
                try:
                    besides = Besides(world, client, bulk_above, bench, stream, began, known, name in many)
                    yield from _stream(besides, Cursor.parse(cursor))
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


def _stream(besides: Besides, cursor: Cursor | None) -> Iterator[Page | StreamEnd]:
    """Finish what an earlier pull left, then read what changed since; a field that disappears meanwhile is left out."""
    hidden: list[str] = []
    done = False
    while not done:
        reading = Reading(besides, cursor, hidden)
        try:
            cursor = yield from reading.run()
            done = cursor.at >= besides.now
        except LostReadingError:
            cursor = reading.anew()
            yield StreamEnd(besides.stream.object, cursor.text() if cursor else None, whole=False, read=0)
        except Rejected as error:
            lost = _vanished(besides, reading) if error.code == "INVALID_FIELD" else []
            if not lost:
                raise
            hidden += lost


def _vanished(besides: Besides, reading: Reading) -> list[str]:
    """Describe an object anew and name the fields that are gone since."""
    schema, name = besides.world.schema, besides.stream.object
    schema.forget(name)
    return schema.hidden(name, reading.fields)


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
