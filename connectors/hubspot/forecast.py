"""What a pull and a plan will cost in calls: from the totals HubSpot's search tells of each object.

The connector asks before a run begins. A total lags moments behind, as the search itself does; it is an estimate and
never decides what is read.
"""

from collections.abc import Mapping

from connectors.budget import parts
from connectors.errors import Rejected
from connectors.hubspot.client import ASSOCIATION_INPUTS, PAGE, Client
from connectors.hubspot.engagements import ENGAGEMENTS

TIES: Mapping[str, int] = {"contacts": 1, "deals": 2}
"""Associations read for so many records as one request may ask about."""
OVERHEAD = 4
"""Calls of a pull that belong to no counted object: the clock and the owners."""


def expected(client: Client) -> tuple[int, Mapping[str, int]]:
    """Give about how many calls a pull takes, and how many records of each object there are."""
    exists: dict[str, int] = {}
    for object_type in ("companies", "contacts", "deals", *(one.object_type for one in ENGAGEMENTS)):
        try:
            exists[object_type] = client.total(object_type)
        except Rejected:  # not granted, or not searchable: the pull itself says which
            continue
    return OVERHEAD + sum(_calls(name, total) for name, total in exists.items()), exists


def _calls(object_type: str, records: int) -> int:
    """Count list pages and association requests; for e-mails the addresses of their contacts are read as well."""
    addresses = parts(records, PAGE) if object_type == "emails" else 0
    return max(1, parts(records, PAGE)) + TIES.get(object_type, 0) * parts(records, ASSOCIATION_INPUTS) + addresses


def cost(writes: Mapping[str, int]) -> int:
    """Tell about how many calls so many writes take, by kind (see `connectors.base.Metered`)."""
    per_batch = {"update": 1, "create": 4, "change": 2, "delete": 1}
    return sum(times * parts(writes.get(kind, 0), PAGE) for kind, times in per_batch.items())
