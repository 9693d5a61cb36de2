"""Where records of a CRM become canonical rows: a DuckDB in memory, fed with raw pages, read as Arrow.

Each pull has one; all pulls of a vendor in a process lie in one database, which is opened once. A batch of records lies
in the temporary table or view `raw` as text, one column a field; what it means is said by the macros and views of
``sql/*.sql``, ours and the vendor's, so none of these records becomes an object of Python. Text is never guessed at:
"NA" and "null" are words, and only nothing is unknown.
"""

import atexit
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from tempfile import gettempdir
from threading import Lock
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import arro3.core as arrow
import duckdb

from connectors.base import Ids
from mapping.metadata import observed_tables
from mapping.records import MERGED, STAGED, Column
from mapping.statements import arrow_table, blocks, execute

TABLES = {table.name: table for table in (*STAGED, *MERGED.values(), *observed_tables())}
"""Every canonical table by name."""
TEXT = arrow.DataType.string()

NOBODY = "FALSE"
"""The condition that no row meets."""
Expression = str
"""How one column is read from a row: a macro of ``sql/macros.sql`` over a field."""


_opening = Lock()
"""Runs of several organisations may begin at once."""


@cache
def _database(vendor: str) -> duckdb.DuckDBPyConnection:
    """Open a vendor's database of this process, with the macros; what a workbench makes in it is temporary, and its
    own.

    DuckDB makes the folder where it spills to when memory ends, and removes it.
    """
    spill = Path(gettempdir()) / f"rapport-{uuid4().hex}"
    duck = duckdb.connect(":memory:", config={"temp_directory": str(spill), "threads": 1})
    duck.execute("SET GLOBAL TimeZone = 'UTC'")
    execute(duck, "sql/macros", "connectors")
    execute(duck, "sql/macros", vendor)
    atexit.register(duck.close)
    return duck


class Workbench:
    """One pull's workbench: `source` is the connection's name, `vendor` the package whose ``sql`` it runs."""

    def __init__(self, vendor: str, source: str) -> None:
        self._vendor = vendor
        self._source = source
        self._duck: duckdb.DuckDBPyConnection

    def __enter__(self) -> Self:
        with _opening:
            self._duck = _database(self._vendor).cursor()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._duck.close()

    def prepare(self, name: str) -> None:
        """Run the vendor's ``sql/<name>.sql``, which lays tables and views over `raw`."""
        execute(self._duck, f"sql/{name}", self._vendor)

    def read(self, name: str, columns: Mapping[str, Expression], where: str = "TRUE", of: str = "raw") -> arrow.Table:
        """Build the canonical table `name` with one row a record; columns that are not given are unknown."""
        if where == NOBODY:
            return arrow_table(TABLES[name], ())
        given = {"source": quoted(self._source), **columns}
        wanted = [(column, given.get(column.name, "NULL")) for column in TABLES[name].columns]
        return self._arrow(f"SELECT {_cast(wanted)} FROM {of} WHERE {where}")

    def patch(self, name: str, columns: Mapping[str, Expression]) -> arrow.Table:
        """Build only these columns of the canonical table `name`, and the source."""
        given = {"source": quoted(self._source), **columns}
        wanted = [(column, given[column.name]) for column in TABLES[name].columns if column.name in given]
        return self._arrow(f"SELECT {_cast(wanted)} FROM raw")

    def read_view(self, name: str, view: str) -> arrow.Table:
        """Build the canonical table `name` from a view that names its columns alike."""
        there = self._duck.table(view).columns
        return self.read(name, {column: named(column) for column in there}, of=view)

    def ids(self, name: str) -> Ids:
        """List what the one statement of the vendor's ``sql/<name>.sql`` finds."""
        (query,) = blocks(f"sql/{name}", self._vendor)
        return Ids(self._arrow(query).column(0))

    def count(self, where: str, of: str = "raw") -> int:
        """Count rows."""
        (found,) = one(self._duck, f"SELECT COUNT(*) FROM {of} WHERE {where}")
        return int(found)

    def _arrow(self, query: str) -> arrow.Table:
        return arrow.Table.from_arrow(self._duck.sql(query))


def one(duck: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    """Give the first row of an answer, or nothing."""
    rows = duck.execute(query).fetchall()  # to the end: DuckDB does nothing else before
    return rows[0] if rows else ()


def named(name: str) -> str:
    """Write a name; it holds no quote (see `connectors.options.CrmField`)."""
    return f'"{name}"'


def quoted(text: str) -> str:
    """Write a text."""
    return "'" + text.replace("'", "''") + "'"


def texts(bodies: Sequence[bytes]) -> arrow.Table:
    """Lay answers into a column `body`; raises UnicodeError where one is no text.

    To make texts of Python of them on the way cost twenty times as much.
    """
    body = arrow.Array(bodies, type=arrow.DataType.binary()).cast(TEXT)
    if body.null_count:
        raise UnicodeError("an answer is not UTF-8")
    return arrow.Table({"body": body})


def _cast(columns: Sequence[tuple[Column, Expression]]) -> str:
    return ", ".join(f"CAST({value} AS {column.type}) AS {named(column.name)}" for column, value in columns)
