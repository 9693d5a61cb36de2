"""Pulls Salesforce: stream after stream, whole the first time, afterwards what changed.

What a reading covers is a fixed stretch of the organisation's clock: from ten minutes before the last one began to the
moment this one began. A row that became visible late, or shares its second with the last one seen, lies in both and is
staged twice, not lost. Few records come by REST, many by a Bulk 2.0 job. The cursor moves only together with the rows
it stands for, and an interrupted reading goes on from there: behind its last committed record, or with its job.
"""

from collections.abc import Iterator, Mapping
from itertools import chain

from connectors.base import Page, StreamEnd
from connectors.errors import Rejected
from connectors.salesforce import columns
from connectors.salesforce.activities import activity_streams, task_key_field
from connectors.salesforce.beside import Besides
from connectors.salesforce.columns import Column
from connectors.salesforce.cursor import Cursor
from connectors.salesforce.reading import LostReadingError, Reading
from connectors.salesforce.soql import Query, epoch
from connectors.salesforce.streams import World, record_streams
from connectors.salesforce.workbench import Workbench

COVERAGE = "coverage_of_source"


def pull(world: World, cursors: Mapping[str, str]) -> Iterator[Page | StreamEnd]:
    """Read everything mapped; raises a ConnectorError when a stream cannot be read to its end."""
    began = world.client.server_time()
    with Workbench(world.source, world.customer_types) as bench:
        known: set[str] = set()
        for stream in chain(record_streams(world), activity_streams(world)):
            if world.schema.exists(stream.object):
                besides = Besides(world, bench, stream, began, known)
                yield from _stream(besides, Cursor.parse(cursors.get(stream.object)))
            else:
                yield StreamEnd(stream.object, None, whole=False, read=0, dropped={"object not visible": 1})
    yield from _coverage(world)


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


def _coverage(world: World) -> Iterator[Page | StreamEnd]:
    """Say since when activity is captured and whether usage is mapped and visible."""
    since = min((at for at in _earliest(world) if at is not None), default=None)
    usage = bool(world.schema.visible("Contact", world.mapped("usage")))
    values: dict[str, Column] = {
        "fact": ["activity", "usage"],
        "available": [since is not None, usage],
        "since_at": [since, None],
    }
    rows = columns.table(COVERAGE, world.source, 2, values)
    yield Page(COVERAGE, ["activity", "usage"], {COVERAGE: rows})
    yield StreamEnd(COVERAGE, None, whole=True, read=2)


def _earliest(world: World) -> Iterator[int | None]:
    """Find the first e-mail, meeting and task that is not ours, archived ones included."""
    key = task_key_field(world.prefix)
    done = ["IsClosed = true", *([f"{key} = null"] if world.schema.visible("Task", [key]) else [])]
    for name, at, where in (
        ("EmailMessage", "MessageDate", []),
        ("Event", "StartDateTime", []),
        ("Task", "ActivityDate", done),
    ):
        if world.schema.visible(name, [at]):
            query = Query(name, [at], [f"{at} != null", "IsDeleted = false", *where], at, 1)
            yield from (epoch(record[at]) for record in world.client.records(query, everything=True))
