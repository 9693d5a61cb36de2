"""What was written since the file was made, as tables that DuckDB can join with those of the file.

Every version of a row stays, with the span of generations in which it was the present one, so that an open query goes
on seeing the rows as they were. A generation ends when a query looks and finds that something was written.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from connectors.emulator.salesforce.columnar.base import Base
from connectors.emulator.salesforce.columnar.layered import Layered
from connectors.emulator.salesforce.schema import Field, SObject
from connectors.emulator.salesforce.store import Store
from connectors.emulator.wire import JsonObject

if TYPE_CHECKING:
    import duckdb

TYPES: Mapping[str, str] = {
    **dict.fromkeys(("boolean",), "BOOLEAN"),
    **dict.fromkeys(("double", "currency", "percent"), "DOUBLE"),
    **dict.fromkeys(("int",), "BIGINT"),
    **dict.fromkeys(("id", "reference", "string", "textarea", "picklist", "multipicklist", "email", "url", "phone",
                     "date", "datetime"), "VARCHAR"),
}  # fmt: skip
"""The SQL type that holds a field's stored value, by the field's type; fields of other types are left to Python."""

_FOREVER = 2**62
_OWN = {"seq": "BIGINT", "since": "BIGINT", "gone": "BOOLEAN"}


@dataclass(frozen=True, slots=True)
class Moment:
    """A state of all tables: the generation, and by object the day up to which activities are archived."""

    generation: int
    archived_until: Mapping[str, str]


class Mirror:
    """Follows the writes of a store."""

    def __init__(self, connection: "duckdb.DuckDBPyConnection", store: Store) -> None:
        self._connection = connection
        self._store = store
        self._columns: dict[str, dict[str, str]] = {}
        self._places: dict[str, dict[str, int]] = {}
        self._generation = 0
        store.fresh = {name: dict.fromkeys(table) for name, table in store.tables() if not isinstance(table, Layered)}
        connection.execute("DROP SCHEMA IF EXISTS memory.written CASCADE")
        connection.execute("CREATE SCHEMA memory.written")

    def base(self, entity: SObject) -> Base | None:
        """The rows of an object that lie in the file."""
        table = self._store.table(entity.name)
        return table.base if isinstance(table, Layered) else None

    def moment(self, entities: Iterable[SObject]) -> Moment:
        """The present state, in which all that was written to these objects can be read."""
        objects = list(entities)
        for entity in objects:
            self._catch_up(entity)
        days = {entity.name: base.archived_until for entity in objects if (base := self.base(entity))}
        return Moment(self._generation, days)

    def source(self, entity: SObject, fields: Iterable[Field], moment: Moment) -> str:
        """A subquery over the rows of an object at a moment: `seq`, by which they are in order, and fields by name."""
        base, columns = self.base(entity), self._columns.get(entity.name)
        wanted = {field.name: field for field in fields}.values()
        parts = [] if base is None else [_of_file(base, wanted, moment, masked=columns is not None)]
        if columns is not None:
            parts.append(_of_memory(entity.name, columns, wanted, moment))
        return f"({' UNION ALL '.join(parts)})" if parts else _nothing(wanted)

    def changed(self, entity: SObject) -> bool:
        """Whether anything of an object was ever written."""
        return entity.name in self._columns

    def _catch_up(self, entity: SObject) -> None:
        fresh = (self._store.fresh or {}).pop(entity.name, None)
        if not fresh:
            return
        self._generation += 1
        self._widen(entity)
        rows = [self._told(entity, record_id) for record_id in fresh]
        serials = ", ".join(str(row["seq"]) for row in rows)
        table, columns = _table(entity.name), _OWN | self._columns[entity.name]
        since = f"UPDATE {table} SET until = {self._generation} WHERE until = {_FOREVER} AND seq IN ({serials})"
        self._connection.execute(since)
        shape = orjson.dumps([columns]).decode()
        names = ", ".join(f'"{name}"' for name in columns)
        sql = f"INSERT INTO {table} ({names}) SELECT {names} FROM (SELECT unnest(from_json($1, $2), recursive := true))"
        self._connection.execute(sql, [orjson.dumps(rows).decode(), shape])

    def _told(self, entity: SObject, record_id: str) -> JsonObject:
        row = self._store.table(entity.name).get(record_id)
        values = {_column(each.name, TYPES[each.type]): row.get(each.name) for each in _kept(entity)} if row else {}
        return {**values, "seq": self._place(entity, record_id), "since": self._generation, "gone": row is None}

    def _place(self, entity: SObject, record_id: str) -> int:
        """What puts a row in order: the serial of its id, or the order of writing where no file gives the ids."""
        base = self.base(entity)
        if base is not None:
            return base.place(record_id) or 0
        places = self._places.setdefault(entity.name, {})
        return places.setdefault(record_id, len(places))

    def _widen(self, entity: SObject) -> None:
        """Add columns for the fields an object has got; one that comes again with another type is another column."""
        if entity.name not in self._columns:
            self._columns[entity.name] = {}
            own = f"seq BIGINT, since BIGINT, until BIGINT DEFAULT {_FOREVER}, gone BOOLEAN"
            self._connection.execute(f"CREATE TABLE {_table(entity.name)} ({own})")
        columns = self._columns[entity.name]
        for each in _kept(entity):
            name, kind = _column(each.name, TYPES[each.type]), TYPES[each.type]
            if name not in columns:
                self._connection.execute(f'ALTER TABLE {_table(entity.name)} ADD COLUMN "{name}" {kind}')
                columns[name] = kind


def _kept(entity: SObject) -> list[Field]:
    return [each for each in entity.fields.values() if each.type in TYPES]


def _of_file(base: Base, fields: Iterable[Field], moment: Moment, *, masked: bool) -> str:
    values = [_value(base.expression(each.name, TYPES[each.type]), each) for each in fields]
    mask = f"SELECT seq FROM {_table(base.name)} WHERE since <= {moment.generation}"
    return f"SELECT {', '.join(['seq', *values])} FROM {base.source}{f' WHERE seq NOT IN ({mask})' if masked else ''}"


def _of_memory(name: str, columns: Mapping[str, str], fields: Iterable[Field], moment: Moment) -> str:
    found = {each.name: _column(each.name, TYPES[each.type]) for each in fields}
    values = [
        _value(f'"{found[each.name]}"' if found[each.name] in columns else f"CAST(NULL AS {TYPES[each.type]})", each)
        for each in fields
    ]
    present = f"since <= {moment.generation} AND until > {moment.generation} AND NOT gone"
    return f"SELECT {', '.join(['seq', *values])} FROM {_table(name)} WHERE {present}"


def _nothing(fields: Iterable[Field]) -> str:
    values = [f'CAST(NULL AS {TYPES[each.type]}) AS "{each.name}"' for each in fields]
    return f"(SELECT {', '.join(['0 AS seq', *values])} WHERE FALSE)"


def _value(sql: str, field: Field) -> str:
    """A column of a source; a checkbox is never null."""
    return f'{f"coalesce({sql}, FALSE)" if field.type == "boolean" else sql} AS "{field.name}"'


def _column(name: str, kind: str) -> str:
    return f"{name} {kind}"


def _table(name: str) -> str:
    return f'memory.written."{name}"'
