"""Runs the ``.sql`` files that stand beside the modules of this package.

A file is a row of blocks. Each block is one statement with a comment of one or more sentences above it that says what
the block is for; blocks are separated by an empty line. The same text must stay within what DuckDB and Spark share
(see docs/architecture.md), so no parameter and no generated SQL: what varies comes in as a table.
"""

import hashlib
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files

import arro3.core as arrow
import duckdb
import orjson

from mapping.records import Rows, Table

ARROW_TYPES = {
    "TEXT": arrow.DataType.string(),
    "BIGINT": arrow.DataType.int64(),
    "DOUBLE": arrow.DataType.float64(),
    "BOOLEAN": arrow.DataType.bool(),
}


@cache
def blocks(name: str, package: str = "mapping") -> tuple[str, ...]:
    """Read the statements of ``<package>/<name>.sql`` in their order, each with its comment."""
    text = files(package).joinpath(f"{name}.sql").read_text(encoding="utf-8")
    return tuple(block for part in text.split(";\n") if (block := part.strip()) and not _only_comment(block))


def _only_comment(block: str) -> bool:
    return all(line.startswith("--") or not line.strip() for line in block.splitlines())


def execute(connection: duckdb.DuckDBPyConnection, name: str, package: str = "mapping") -> None:
    """Run every statement of ``<package>/<name>.sql`` on the connection that is handed in."""
    for statement in blocks(name, package):
        connection.execute(statement)


def arrow_table(table: Table, rows: Iterable[Sequence[object]]) -> arrow.Table:
    """Turn rows (in the declared column order of `table`) into the Arrow table that DuckDB reads without copying."""
    columns = list(zip(*rows, strict=True)) or [()] * len(table.columns)
    arrays = [
        arrow.Array(list(values), type=ARROW_TYPES[column.type])
        for column, values in zip(table.columns, columns, strict=True)
    ]
    return arrow.Table.from_arrays(arrays, names=list(table.column_names()))


def create(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    rows: Iterable[Sequence[object]] = (),
    *,
    temporary: bool = False,
) -> None:
    """Create or replace `table` on the connection and fill it with `rows` in the declared column order.

    A temporary table is seen by this connection alone and never written into the file.
    """
    made = f"CREATE OR REPLACE {'TEMP ' if temporary else ''}TABLE {table.name}"
    arrived = arrow_table(table, rows)
    if arrived.num_rows:
        connection.register("arrived", arrived)
        connection.execute(f"{made} AS SELECT * FROM arrived")
        connection.unregister("arrived")
    else:
        columns = ", ".join(f"{column.name} {column.type}" for column in table.columns)
        connection.execute(f"{made} ({columns})")


def load(connection: duckdb.DuckDBPyConnection, tables: Iterable[tuple[Table, Rows]]) -> None:
    """Create each rule table with its rows; one that holds them since an earlier run is left alone.

    Rules change once in a while and runs are many: of a small organisation's computation the rule tables were a fifth.
    """
    connection.execute("CREATE TABLE IF NOT EXISTS rule_loaded (name TEXT, digest TEXT)")
    loaded = set(connection.execute("SELECT name, digest FROM rule_loaded").fetchall())
    for table, rows in tables:
        digest = hashlib.sha256(orjson.dumps((table.columns, rows))).hexdigest()
        if (table.name, digest) not in loaded:
            create(connection, table, rows)
            connection.execute("DELETE FROM rule_loaded WHERE name = ?", [table.name])
            connection.execute("INSERT INTO rule_loaded VALUES (?, ?)", [table.name, digest])
