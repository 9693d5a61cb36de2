"""What a pull and a plan will cost in calls: from what HubSpot's search counts of each object.

The connector asks before a run begins. A count lags moments behind, as the search itself does; it is an estimate and
never decides what is read.
"""

from collections.abc import Mapping

from connectors.budget import parts
from connectors.errors import Rejected
from connectors.hubspot.client import ASSOCIATION_INPUTS, PAGE, SEARCH_PAGE, Client
from connectors.hubspot.delta import Cursor, changes
from connectors.hubspot.engagements import ENGAGEMENTS

TIES: Mapping[str, int] = {"contacts": 1, "deals": 2}
"""Associations read for so many records as one request may ask about."""
OVERHEAD = 4
"""Calls of a pull that belong to no counted object: the clock and the owners."""


def expected(client: Client, cursors: Mapping[str, Cursor], now: int) -> tuple[int, Mapping[str, int]]:
    """Give about how many calls a pull until `now` takes, and how many records of each object there are.

    Streams in `cursors` are asked what changed since, the others are listed; one search for each, two for the former.
    """
    exists: dict[str, int] = {}
    calls = OVERHEAD
    for object_type in ("companies", "contacts", "deals", *(one.object_type for one in ENGAGEMENTS)):
        try:
            exists[object_type] = client.count(object_type)
            cursor = cursors.get(object_type)
            changed = changes(client, object_type, cursor, now) if cursor else 0
        except Rejected:  # not granted, or not searchable: the pull itself says which
            continue
        searched = cursor is not None and not cursor.outgrown(changed)
        calls += _changed(object_type, changed) if searched else _listed(object_type, exists[object_type])
    return calls, exists


def _listed(object_type: str, records: int) -> int:
    """Count list pages and association requests; for e-mails the addresses of their contacts are read as well."""
    addresses = parts(records, PAGE) if object_type == "emails" else 0
    return max(1, parts(records, PAGE)) + TIES.get(object_type, 0) * parts(records, ASSOCIATION_INPUTS) + addresses


def _changed(object_type: str, records: int) -> int:
    """Count the fixed calls (a search, a count, a page of the recycle bin), then what the changed records cost.

    A list brings along what an engagement is tied to; read by id it takes two requests more.
    """
    ties = {"companies": 0, **TIES}.get(object_type, 2) * parts(records, ASSOCIATION_INPUTS)
    addresses = parts(records, PAGE) if object_type == "emails" else 0
    return max(1, parts(records, SEARCH_PAGE)) + 2 + parts(records, PAGE) + ties + addresses


def cost(writes: Mapping[str, int]) -> int:
    """Tell about how many calls so many writes take, by kind (see `connectors.base.Metered`)."""
    per_batch = {"update": 1, "create": 4, "change": 2, "delete": 1}
    return sum(times * parts(writes.get(kind, 0), PAGE) for kind, times in per_batch.items())
