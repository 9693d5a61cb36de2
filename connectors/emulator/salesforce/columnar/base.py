"""The rows of one object as they lie in the file, in the order of their ids, which count from 1."""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from connectors.emulator.salesforce import ids
from connectors.emulator.wire import Json, JsonObject

if TYPE_CHECKING:
    import duckdb

SCHEMA = "made.salesforce"
_KEPT = 20_000
_BATCH = 5_000
# When an activity happened, for those that the archive takes once that is a year ago; see `Org.archive`.
_AGES = {
    "Task": """CASE WHEN "IsClosed" THEN coalesce("ActivityDate", substr("CreatedDate", 1, 10)) END""",
    "Event": '"ActivityDate"',
}


class Base:
    """Reads one table of the file. `prefix` is the key prefix of its object.

    A record's serial is spelled by its id, and rows lie in the order of their serials: finding one needs no index.
    """

    def __init__(self, connection: "duckdb.DuckDBPyConnection", name: str, prefix: str) -> None:
        self.name = name
        self.source = f'{SCHEMA}."{name}"'
        self._connection = connection
        self._prefix = prefix
        described = connection.execute(f"DESCRIBE {self.source}").fetchall()
        self.columns: dict[str, str] = {row[0]: row[1] for row in described if row[0] != "seq"}
        counted = connection.execute(f"SELECT count(*), coalesce(max(seq), 0) FROM {self.source}").fetchone()
        self.count: int = counted[0] if counted else 0
        self.last: int = counted[1] if counted else 0
        self.archived_until = ""
        self._kept: OrderedDict[str, JsonObject] = OrderedDict()

    def age(self, day: str) -> None:
        """Archive what happened up to a day, ISO; what is archived stays so."""
        if self.name in _AGES and day > self.archived_until:
            self.archived_until = day
            self._kept.clear()

    def place(self, record_id: str) -> int | None:
        """The serial of an id of this object, in the file or newer."""
        return ids.serial(record_id) if record_id.startswith(self._prefix) else None

    def serial(self, record_id: str) -> int | None:
        """The serial of an id that the file may hold, None for any other."""
        found = self.place(record_id)
        return found if found is not None and found <= self.last else None

    def expression(self, name: str, kind: str) -> str:
        """The SQL of a field's value; `kind` is the SQL type of one that the file does not have."""
        if name == "IsArchived" and name in self.columns:
            return f"coalesce({_AGES[self.name]} <= '{self.archived_until}', FALSE)"
        return f'"{name}"' if name in self.columns else f"CAST(NULL AS {kind})"

    def find(self, record_id: str) -> JsonObject | None:
        """The row of an id."""
        if record_id not in self._kept:
            self.warm([record_id])
        return self._kept.get(record_id)

    def warm(self, record_ids: Iterable[str]) -> None:
        """Read rows together that are about to be asked for one by one."""
        missing = {serial for each in record_ids if each not in self._kept and (serial := self.serial(each))}
        if missing:
            found = self._connection.execute(f"{self._select()} WHERE seq IN ({_listed(missing)})").fetchall()
            self._kept.update({row["Id"]: row for row in self._rows(found)})
        while len(self._kept) > max(_KEPT, len(missing)):
            self._kept.popitem(last=False)

    def scan(self) -> Iterator[JsonObject]:
        """All rows in order; each costs some microseconds, so this is for what no query can do."""
        with self._connection.cursor() as cursor:
            cursor.execute(f"{self._select()} ORDER BY seq")
            while found := cursor.fetchmany(_BATCH):
                yield from self._rows(found)

    def ids(self) -> Iterator[str]:
        """All ids in order."""
        with self._connection.cursor() as cursor:
            cursor.execute(f'SELECT "Id" FROM {self.source} ORDER BY seq')
            while found := cursor.fetchmany(_BATCH):
                yield from (row[0] for row in found)

    def matching(self, field: str, value: str) -> list[str]:
        """The ids of rows whose field holds the text, without regard to case."""
        if field not in self.columns:
            return []
        sql = f'SELECT "Id" FROM {self.source} WHERE lower(CAST("{field}" AS VARCHAR)) = lower($1)'
        return [row[0] for row in self._connection.execute(sql, [value]).fetchall()]

    def _select(self) -> str:
        return (
            f"SELECT {', '.join(self.expression(name, kind) for name, kind in self.columns.items())} FROM {self.source}"
        )

    def _rows(self, found: Sequence[tuple[Json, ...]]) -> Iterator[JsonObject]:
        return (dict(zip(self.columns, row, strict=True)) for row in found)


def _listed(serials: Iterable[int]) -> str:
    return ", ".join(map(str, serials))
