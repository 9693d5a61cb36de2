"""Where records of Salesforce become canonical rows (see `connectors.workbench`), from JSON pages or CSV alike.

A batch of records lies in the temporary view `raw` as text, one column a field, however it came.
"""

import codecs
import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from tempfile import NamedTemporaryFile
from typing import Self

import arro3.core as arrow
import duckdb
import orjson

from connectors import workbench
from connectors.base import Ids
from connectors.errors import RetryLater, Unusable
from connectors.workbench import TEXT, named, one, quoted, texts

LONGEST_RECORD = 4_000_000
"""Bytes; Bulk API 2.0 gives at most 400,000 characters a record."""

NO_JSON = "The answer of Salesforce to a query is not JSON; check `url`, the network and the proxy."
_RECORDS = re.compile(rb',\s*"records"\s*:\s*\[')


@dataclass(frozen=True, slots=True)
class Head:
    """What an answer to a query says besides its records: how many there are in all, how many it holds, what is next.

    `rows` is counted without reading the records, and near enough to know when to read them.
    """

    total: int
    rows: int
    next: str | None

    @classmethod
    def of(cls, body: bytes) -> "Head":
        """Read it; the records are left alone where they stand last, as they do. Raises Unusable for no JSON."""
        found = _RECORDS.search(body, 0, 4_000)
        try:
            told = orjson.loads(body[: found.start()] + b"}" if found else body)
        except orjson.JSONDecodeError:
            told = _read(body)
        if isinstance(told, dict) and not {"done", "totalSize"} <= told.keys():  # they stand behind the records
            told = _read(body)
        rows = body.count(b'"attributes"')
        if not isinstance(told, dict):
            return cls(0, rows, None)
        return cls(int(told.get("totalSize") or 0), rows, told.get("nextRecordsUrl"))


def _read(body: bytes) -> object:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Unusable(NO_JSON) from error


@dataclass(frozen=True, slots=True)
class Sifted:
    """What a batch holds: ids that exist (their records stay in `raw`), ids that are deleted, and who was merged."""

    ids: Ids
    gone: Sequence[str]
    merged: Sequence[tuple[str, str]]


class Heap:
    """Records as they came, in the temporary view `name`: one column of text for each of `fields`.

    Only those that are `there` are ever filled, and lie in a table; of the others DuckDB knows beforehand that they
    are unknown. A field with an alias becomes a column of that name.
    """

    def __init__(
        self,
        duck: duckdb.DuckDBPyConnection,
        name: str,
        fields: Sequence[str],
        there: Sequence[str],
        aliases: Mapping[str, str],
    ) -> None:
        self._duck = duck
        self.name = name
        self.there = there
        self._table = f"{name}_there"
        self._column = {field: named(aliases.get(field, field)) for field in fields}
        shape = orjson.dumps({"records": [dict.fromkeys(there, "VARCHAR")]}).decode()
        filled = ", ".join(self._column[field] for field in there)
        self._take = (
            f"INSERT INTO {self._table} ({filled})"
            f" SELECT UNNEST(FROM_JSON(body, {quoted(shape)}).records, recursive := TRUE) FROM arrived"
        )
        self.clear()
        columns = [
            column if field in there else f"CAST(NULL AS TEXT) AS {column}" for field, column in self._column.items()
        ]
        duck.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS SELECT {', '.join(columns)} FROM {self._table}")

    def clear(self) -> None:
        """Begin a batch."""
        columns = ", ".join(f"{self._column[field]} TEXT" for field in self.there)
        self._duck.execute(f"CREATE OR REPLACE TEMP TABLE {self._table} ({columns})")

    def add_pages(self, bodies: Sequence[bytes]) -> int:
        """Add the records of answers to a REST query and count them; a field they do not hold is unknown.

        Raises Unusable when one is no such answer.
        """
        try:
            self._duck.register("arrived", texts(bodies))
            (rows,) = one(self._duck, self._take)
        except (duckdb.Error, UnicodeError) as error:
            raise Unusable(NO_JSON) from error
        self._duck.unregister("arrived")
        return int(rows)

    def add_records(self, records: Sequence[Mapping[str, object]]) -> None:
        """Add records by field, as an export gives them; a field they do not hold is unknown."""
        filled = [field for field in self._column if field in self.there]
        held = [arrow.Array([_text(record.get(field)) for record in records], type=TEXT) for field in filled]
        self._duck.register("arrived", arrow.Table.from_arrays(held, names=filled))
        columns = ", ".join(self._column[field] for field in filled)
        self._duck.execute(f"INSERT INTO {self._table} ({columns}) SELECT * FROM arrived")
        self._duck.unregister("arrived")

    def last(self) -> tuple[str, str] | None:
        """Give (SystemModstamp, Id) of the record that came last, if there is one."""
        latest = f"WHERE rowid = (SELECT MAX(rowid) FROM {self._table})"
        key = one(self._duck, f'SELECT "SystemModstamp", "Id" FROM {self._table} {latest}')
        return (str(key[0]), str(key[1])) if key else None

    def add_csv(self, content: bytes) -> int:
        """Add a page of a bulk query's result and count its records; a field it does not hold is unknown.

        Raises RetryLater when it is not well-formed CSV: it was garbled on its way, and may be asked for again.
        """
        content = content.removeprefix(codecs.BOM_UTF8)
        header = next(csv.reader([content.partition(b"\n")[0].decode("utf-8", "replace")]), [])
        filled = ", ".join(self._column[field] for field in header if field in self.there)
        wanted = ", ".join(named(field) for field in header if field in self.there)
        if not filled:
            raise RetryLater("A bulk result of Salesforce does not begin with the names of fields. Run again later.")
        with NamedTemporaryFile(prefix="rapport-", suffix=".csv") as file:
            file.write(content)
            file.flush()
            take = f"INSERT INTO {self._table} ({filled}) SELECT {wanted} FROM {_csv(file.name, header)}"
            try:
                (added,) = one(self._duck, take)
            except duckdb.Error as error:
                said = str(error).partition("\n")[0]
                raise RetryLater(f"A bulk result of Salesforce is not well-formed: {said}. Run again later.") from error
        return int(added)

    def sift(self) -> Sifted:
        """Part what exists from what is deleted; of a record that came twice the later state counts."""
        gone = "\"IsDeleted\" = 'true'" if "IsDeleted" in self.there else "FALSE"
        rows, distinct, deleted = one(
            self._duck, f'SELECT COUNT(*), COUNT(DISTINCT "Id"), COUNT(*) FILTER ({gone}) FROM {self._table}'
        )
        if distinct < rows:
            later = f'SELECT MAX(rowid) FROM {self._table} GROUP BY "Id"'
            self._duck.execute(f"DELETE FROM {self._table} WHERE rowid NOT IN ({later})")
        lost: list[tuple[str, str | None]] = []
        if deleted:
            master = "NULLIF(\"MasterRecordId\", '')" if "MasterRecordId" in self.there else "NULL"
            lost = self._duck.execute(f'DELETE FROM {self._table} WHERE {gone} RETURNING "Id", {master}').fetchall()
        merged = [(loser, winner) for loser, winner in lost if winner]
        alive = arrow.Table.from_arrow(self._duck.sql(f'SELECT "Id" AS id FROM {self._table}')).column(0)
        return Sifted(Ids(alive), [record for record, _ in lost], merged)


class Workbench(workbench.Workbench):
    """One pull's workbench; `source` is the connection's name, `customer_types` the beginnings of Account.Type."""

    def __init__(self, source: str, customer_types: Sequence[str]) -> None:
        super().__init__("connectors.salesforce", source)
        self._types = [word.lower() for word in customer_types]

    def __enter__(self) -> Self:
        super().__enter__()
        self._duck.execute("SET VARIABLE customer_types = ?::TEXT[]", [self._types])
        self.prepare("beside")
        return self

    def heap(
        self, name: str, fields: Sequence[str], there: Sequence[str], aliases: Mapping[str, str] | None = None
    ) -> Heap:
        """Make room for records with these fields, of which some are there."""
        return Heap(self._duck, name, list(dict.fromkeys(fields)), there, aliases or {})

    def note(self, table: str, columns: Mapping[str, str], of: Heap) -> None:
        """Keep records for the batches that follow, in a table of ``sql/beside.sql``; `columns` maps it to fields."""
        values = ", ".join(f"NULLIF({named(field)}, '')" for field in columns.values())
        self._duck.execute(f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM {of.name}")

    def forget(self, table: str) -> None:
        """Empty a table of ``sql/beside.sql``."""
        self._duck.execute(f"DELETE FROM {table}")


def _text(value: object) -> str | None:
    """Write a value as JSON and CSV do."""
    return None if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _csv(path: str, columns: Sequence[str]) -> str:
    """Write how a result is read: nothing is guessed, nothing repaired, nothing skipped."""
    types = ", ".join(f"{quoted(name)}: 'VARCHAR'" for name in columns)
    return (
        f"READ_CSV({quoted(path)}, columns = {{{types}}}, auto_detect = FALSE, header = TRUE, delim = ',',"
        " quote = '\"', escape = '\"', nullstr = '', new_line = '\\n', strict_mode = TRUE, null_padding = FALSE,"
        f" max_line_size = {LONGEST_RECORD}, buffer_size = {4 * LONGEST_RECORD})"
    )
