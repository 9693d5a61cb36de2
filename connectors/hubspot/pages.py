"""From what a stream's records hold to the pages of `connectors.base`: the tables of each stream, column by column.

A quarter of a million values pass through here for every ten thousand contacts. Profiles of a whole pull say what that
costs: a row as a dict, then as a tuple, then transposed, was four fifths of all our CPU; a column that is read in one
go, each distinct text once, and handed to Arrow as it is, is less than parsing the JSON it came from. A stage filled by
ten thousand rows at a time spends half of what one spends that is filled by thousands; but records are made columns a
thousand at a time, for every object that lives longer is looked at by Python's garbage collector again and again, which
took a fifth of a pull. Therefore the columns of a thousand go to Arrow at once, out of the collector's sight, and
`sync.stage` lets it look less often. What is left beyond parsing is spread thin: a tenth of the CPU of 50,000 contacts
goes into what any portal costs, however small: its schema and the statements that settle a dozen streams.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

import arro3.core as arrow

from connectors.base import Page
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
_MERGES = {table.name for table in MERGED.values()}


def page(stream: str, tables: Mapping[str, Columns], ids: Sequence[str] = (), deleted: Sequence[str] = ()) -> Page:
    """Build a page with every table of a stream; `ids` and those of all rows are known to the stream from then on.

    Who was merged is deleted, as well as those in `deleted`.
    """
    named: dict[str, None] = dict.fromkeys(ids)
    for name, columns in tables.items():
        named.update(_parents(name, columns))
    filled = {name: arrow.Table.from_batches([_batch(name, tables.get(name, {}))]) for name in STREAMS[stream]}
    return Page(stream, list(named), filled, [*deleted, *_losers(tables)])


class Held:
    """What was read of a stream and waits, as Arrow columns, until there is enough of it for a page."""

    def __init__(self, stream: str, most: int) -> None:
        self._stream = stream
        self._most = most
        self._records = 0
        self._ids: dict[str, None] = {}
        self._gone: list[str] = []
        self._tables: dict[str, list[arrow.RecordBatch]] = {}

    def add(self, records: int, tables: Mapping[str, Columns]) -> Iterator[Page]:
        """Keep what so many records hold; gives a page once they are enough."""
        self._records += records
        for name, columns in tables.items():
            self._ids.update(_parents(name, columns))
            self._tables.setdefault(name, []).append(_batch(name, columns))
        self._gone += _losers(tables)
        if self._records >= self._most:
            yield from self.rest()

    def rest(self) -> Iterator[Page]:
        """Give what waits, if anything does."""
        if self._records:
            held = {
                name: arrow.Table.from_batches(self._tables.get(name) or [_batch(name, {})])
                for name in STREAMS[self._stream]
            }
            yield Page(self._stream, list(self._ids), held, self._gone)
        self._records, self._ids, self._gone, self._tables = 0, {}, [], {}


def _losers(tables: Mapping[str, Columns]) -> list[str]:
    return [str(one) for name in _MERGES & tables.keys() for one in tables[name]["id"]]


def _parents(name: str, columns: Columns) -> dict[str, None]:
    """Name the parents of rows; a merged record is none, nobody shall take it for one that is there."""
    if name in _MERGES:
        return {}
    return dict.fromkeys(map(str, columns[TABLES[name].parent]))


def _batch(name: str, columns: Columns) -> arrow.RecordBatch:
    """Build rows of a table; a column that is not given is NULL."""
    size = len(columns[TABLES[name].parent]) if columns else 0
    arrays = [
        arrow.Array(columns[one.name], type=ARROW_TYPES[one.type]) if one.name in columns else _unknown(one.type, size)
        for one in TABLES[name].columns
    ]
    return arrow.RecordBatch.from_arrays(arrays, names=list(COLUMNS[name]))


@lru_cache(maxsize=16)
def _unknown(kind: str, size: int) -> arrow.Array:
    return arrow.Array([None] * size, type=ARROW_TYPES[kind])
