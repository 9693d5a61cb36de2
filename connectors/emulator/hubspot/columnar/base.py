"""The records of one object type as they lie in the file, in the order of their ids."""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from connectors.emulator.hubspot.object_types import ObjectType
from connectors.emulator.hubspot.records import Record
from connectors.emulator.hubspot.wire import moment

if TYPE_CHECKING:
    import duckdb

SCHEMA = "made.hubspot"
_KEPT = 20_000
_BATCH = 5_000
Row = tuple[int, *tuple[str | None, ...]]


class Base:
    """Reads one table of the file; all its records are live and were there before anybody called."""

    def __init__(self, connection: "duckdb.DuckDBPyConnection", kind: ObjectType) -> None:
        self.kind = kind
        self.connection = connection
        self.source = f'{SCHEMA}."{kind.name}"'
        described = connection.execute(f"DESCRIBE {self.source}").fetchall()
        self.columns = [str(row[0]) for row in described if row[0] != "id"]
        counted = connection.execute(f"SELECT count(*), min(id), max(id) FROM {self.source}").fetchone()
        self.count: int = counted[0] if counted else 0
        first, last = counted[1:] if counted else (None, None)
        self.lowest, self.highest = first or 0, last or -1
        self._dense = self.count == self.highest - self.lowest + 1
        self._kept: OrderedDict[int, Record] = OrderedDict()

    def column(self, name: str) -> str:
        """The SQL of a property; null for one that the file does not have."""
        return f'"{name}"' if name in self.columns else "CAST(NULL AS VARCHAR)"

    def find(self, record_id: int) -> Record | None:
        """The record of an id."""
        if record_id not in self._kept:
            self.warm([record_id])
        return self._kept.get(record_id)

    def holds(self, record_id: int) -> bool:
        """Whether there is a record of an id; ids without a hole between them tell without looking."""
        return self.lowest <= record_id <= self.highest and (self._dense or self.find(record_id) is not None)

    def warm(self, ids: Iterable[int]) -> None:
        """Read records together that are about to be asked for one by one."""
        missing = [each for each in ids if self.lowest <= each <= self.highest and each not in self._kept]
        if missing:
            found = self._records(f"WHERE id IN ({', '.join(map(str, missing))})")
            self._kept.update({record.id: record for record in found})
        while len(self._kept) > max(_KEPT, len(missing)):
            self._kept.popitem(last=False)

    def page(self, after: int, limit: int) -> list[Record]:
        """Up to `limit` records with ids from `after` on."""
        return self._records(f"WHERE id >= {after} ORDER BY id LIMIT {limit}")

    def scan(self, condition: str) -> Iterator[Record]:
        """The records that meet a condition in SQL, in order."""
        with self.connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {self.source} WHERE {condition} ORDER BY id")
            while found := cursor.fetchmany(_BATCH):
                yield from map(self._record, found)

    def first(self, condition: str, order: str, most: int) -> tuple[int, list[int]]:
        """How many records meet a condition, and the ids of the first of them in an order."""
        found = f"FROM {self.source} WHERE {condition}"
        (count,) = self.connection.execute(f"SELECT count(*) {found}").fetchone() or (0,)
        rows = self.connection.execute(f"SELECT id {found} ORDER BY {order} LIMIT {most}").fetchall()
        return count, [row[0] for row in rows]

    def holding(self, name: str, value: str) -> list[int]:
        """The ids of records whose property holds the text, in any case."""
        if name not in self.columns:
            return []
        sql = f'SELECT id FROM {self.source} WHERE lower(trim("{name}")) = lower($1) ORDER BY id'
        return [row[0] for row in self.connection.execute(sql, [value.strip()]).fetchall()]

    def _records(self, rest: str) -> list[Record]:
        return list(map(self._record, self.connection.execute(f"SELECT * FROM {self.source} {rest}").fetchall()))

    def _record(self, row: Row) -> Record:
        record_id, *values = row
        properties: Mapping[str, str | None] = dict(zip(self.columns, values, strict=True))
        created, updated = (moment(properties.get(name) or "") for name in (self.kind.created, self.kind.modified))
        return Record(record_id, properties, created, updated)
