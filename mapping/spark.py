"""The same SQL on Spark, for those who outgrow one machine: transpiled by sqlglot, with a small mapping of our own.

A cluster's job loads the staged, remembered and rule tables as views, and `title_reading`, which is read in Python; it
calls `run` for the steps of `mapping.compute` in their order, and reads the derived tables. Needs the extra ``spark``
(PySpark 4.1 or newer, sqlglot), so nothing else imports it.

What sqlglot does not do by itself, and is done here:

- a table is a temporary view over files: Spark computes a view anew each time it is read, and its plan would grow with
  every step; INSERT writes the old rows and the new ones, DROP forgets the view;
- ``ROW_NUMBER() OVER ()`` (any number, each once) needs an order on Spark: by nothing;
- the number of a row in its table (``rowid``) is one of those there, and what holds it is no view but kept;
- Spark knows no UNION without ALL in a recursive query: the recursion is run until it finds nothing new.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import sqlglot
from sqlglot import exp

from mapping.records import Table
from mapping.statements import blocks

TYPES = {"TEXT": "STRING", "BIGINT": "BIGINT", "DOUBLE": "DOUBLE", "BOOLEAN": "BOOLEAN"}


@dataclass(slots=True)
class Chain:
    """Runs our statements on a Spark `session`; what they make is kept as files below `folder`."""

    session: Any
    folder: Path
    _numbers: Iterator[int] = field(default_factory=count)

    def empty(self, table: Table) -> None:
        """Make a declared table without rows, for statements that insert into it."""
        columns = ", ".join(f"{column.name} {TYPES[column.type]}" for column in table.columns)
        self.session.createDataFrame([], columns).createOrReplaceTempView(table.name)

    def run(self, name: str) -> int:
        """Run every statement of ``mapping/<name>.sql`` and count them."""
        statements = blocks(name)
        for statement in statements:
            self._one(sqlglot.parse_one(statement, read="duckdb"))
        return len(statements)

    def _one(self, statement: exp.Expression) -> None:
        table = statement.find(exp.Table).name
        match statement:
            case exp.Drop():
                self.session.catalog.dropTempView(table)
            case exp.Insert():
                old = self.session.table(table)
                new = self._answer(statement.expression).toDF(*old.columns)
                self._kept(old.union(new)).createOrReplaceTempView(table)
            case exp.Create(kind="VIEW") if not _numbers_rows(statement.expression):
                self._answer(statement.expression).createOrReplaceTempView(table)
            case exp.Create():
                self._kept(self._answer(statement.expression)).createOrReplaceTempView(table)
            case _:
                raise NotImplementedError(f"a statement of a kind we do not use: {statement.key}")

    def _answer(self, query: exp.Expression) -> Any:
        """Give the frame of a query."""
        named = query.args.get("with_")
        if named is not None and named.recursive:
            self._recurse(named.expressions[0])
            query = query.copy()
            query.set("with_", None)
        return self.session.sql(spark_sql(query))

    def _recurse(self, named: exp.CTE) -> None:
        """Leave all that a recursive query reaches under its name: what is new is followed until nothing is."""
        begin, step = named.this.left, named.this.right
        reached = fresh = self._kept(self.session.sql(spark_sql(begin)).distinct())
        while fresh.take(1):
            fresh.createOrReplaceTempView(named.alias)
            further = self.session.sql(spark_sql(step)).toDF(*reached.columns).distinct()
            fresh = self._kept(further.subtract(reached))
            reached = self._kept(reached.union(fresh))
        reached.createOrReplaceTempView(named.alias)

    def _kept(self, frame: Any) -> Any:
        """Write a frame and read it back: computed once, whoever reads it, and its plan forgotten."""
        path = str(self.folder / str(next(self._numbers)))
        frame.write.parquet(path)
        return self.session.read.schema(frame.schema).parquet(path)


def _numbers_rows(query: exp.Expression) -> bool:
    """Tell whether a query asks for the numbers of rows in their table."""
    return any(column.name == "rowid" for column in query.find_all(exp.Column))


def spark_sql(query: exp.Expression) -> str:
    """Write a query of ours in Spark's dialect."""
    query = query.copy()
    for column in query.find_all(exp.Column):
        if column.name == "rowid":
            column.replace(exp.Window(this=exp.RowNumber()))
    for window in query.find_all(exp.Window):
        unordered = not window.args.get("order") and not window.args.get(
            "alias"
        )  # OVER name: ordered where it is named
        if isinstance(window.this, exp.RowNumber) and unordered:
            window.set("order", exp.Order(expressions=[exp.Ordered(this=exp.Null())]))
    return str(query.sql(dialect="spark"))
