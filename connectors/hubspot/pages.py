"""From what a stream's records hold to the pages of `connectors.base`: every table of the stream, as Arrow.

Profiles of a whole pull say what matters for ten thousand contacts, a quarter of a million values. A row as a dict,
then as a tuple, then transposed, was four fifths of all our CPU; columns read in one go, each distinct text once, were
a third; the SQL of `connectors.hubspot.workbench`, in which no record becomes an object of Python, is a quarter, and
parses as well. A stage that is filled by ten thousand rows at a time spends half of what one spends that is filled by
thousands. To read lists ahead in a thread was tried: a tenth less time against the emulator, for an eighth more CPU.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import arro3.core as arrow

from connectors.base import Ids, Page
from connectors.hubspot.engagements import ENGAGEMENTS
from connectors.hubspot.values import COLUMNS, TABLES, Columns
from mapping.records import MERGED
from mapping.statements import ARROW_TYPES

STREAMS: Mapping[str, tuple[str, ...]] = {
    "owners": ("user_account",),
    "companies": ("account", "observed_account", "merged_account"),
    "contacts": ("contact", "observed_contact", "merged_contact", "affiliation", "contact_role", "usage", "signal"),
    "deals": ("opportunity", "contact_role"),
    **{one.object_type: ("activity", "participant") for one in ENGAGEMENTS},
    "tasks": ("activity", "participant", "own_task"),
    "coverage": ("coverage_of_source",),
}
"""The streams in the order of a pull, with the tables each one fills."""
LISTED: Mapping[str, frozenset[str]] = {
    stream: frozenset(names) - {table.name for table in MERGED.values()} for stream, names in STREAMS.items()
}
"""Those of them whose rows belong to the records of their page, and not to records that were taken up."""
OF_THEIR_OWN = ("affiliation", "contact_role")
"""Tables whose rows have other ids than the record they were read from."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What some records of a stream became.

    `ids` are the records', `created` counts those that had been created when the pull began, `merged` pairs records
    that were taken up with the ones that live on.
    """

    ids: Sequence[str]
    tables: Mapping[str, arrow.Table]
    created: int
    merged: Sequence[tuple[str, str]] = ()


def page(stream: str, tables: Mapping[str, arrow.Table], ids: Sequence[str] = (), deleted: Sequence[str] = ()) -> Page:
    """Build a page with every table of a stream; `ids` and those of all rows are known to the stream from then on."""
    own = [chunk for name in OF_THEIR_OWN if name in tables for chunk in tables[name].column("id").chunks]
    known = Ids(arrow.ChunkedArray([*Ids.of(ids).column.chunks, *own])) if own else ids
    rows = {name: tables.get(name) or table(name, {}) for name in STREAMS[stream]}
    return Page(stream, known, rows, deleted, LISTED[stream])


def tables_of(found: Mapping[str, Columns]) -> dict[str, arrow.Table]:
    """Hand columns to Arrow as they are."""
    return {name: table(name, columns) for name, columns in found.items()}


def table(name: str, columns: Columns) -> arrow.Table:
    """Build rows of a table; a column that is not given is NULL."""
    size = len(columns[TABLES[name].parent]) if columns else 0
    unknown = [None] * size
    arrays = [
        arrow.Array(list(columns.get(one.name, unknown)), type=ARROW_TYPES[one.type]) for one in TABLES[name].columns
    ]
    return arrow.Table.from_arrays(arrays, names=list(COLUMNS[name]))
