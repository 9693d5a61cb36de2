"""What a query job found: columns over the records as they were when it ran.

The job keeps it until it is deleted, so that a page read twice is the same page. A record never changes in place but is
replaced (see `store`), which makes keeping it cheap.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter

from connectors.emulator.salesforce.schema import Field
from connectors.emulator.salesforce.soql.bind import Getter, Row
from connectors.emulator.wire import Json

Hops = tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its header, its field's type, and how to read it from a record, or the parent at the end of `hops`."""

    header: str
    type: str
    hops: Hops
    get: Getter


@dataclass(frozen=True, slots=True)
class Extract:
    """Columns in SELECT order over records. `parents` are those of each record, by `paths`, if a column needs any."""

    entity: str
    columns: tuple[Column, ...]
    rows: Sequence[Row]
    paths: tuple[Hops, ...]
    parents: Sequence[tuple[Row | None, ...]]
    chunkable: bool

    def __reduce__(self) -> tuple[Callable[..., "Extract"], tuple[Json, ...]]:
        """A copy holds the values themselves: the getters that fetch them cannot be written down."""
        heads = [(each.header, each.type) for each in self.columns]
        return of_values, (self.entity, heads, list(self.values(0, len(self.rows))), self.chunkable)

    def values(self, start: int, stop: int) -> Iterator[list[Json]]:
        """The values of the records from `start` to before `stop`, in the order of the columns."""
        places = [self.paths.index(each.hops) + 1 if each.hops else 0 for each in self.columns]
        getters = list(zip(places, (each.get for each in self.columns), strict=True))
        for place in range(start, min(stop, len(self.rows))):
            chain = (self.rows[place], *self.parents[place]) if self.paths else (self.rows[place],)
            yield [None if (record := chain[at]) is None else get(record) for at, get in getters]


def of_values(entity: str, heads: Sequence[tuple[str, str]], values: Sequence[list[Json]], chunkable: bool) -> Extract:
    """An extract of which only the values are left; `heads` are header and type of each column."""
    columns = (Column(header, kind, (), itemgetter(str(place))) for place, (header, kind) in enumerate(heads))
    rows = [{str(place): value for place, value in enumerate(each)} for each in values]
    return Extract(entity, tuple(columns), rows, (), (), chunkable)
