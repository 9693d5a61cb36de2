"""What a canonical table is made of, and its short notation; `mapping.records` and `mapping.assessed` declare them."""

from collections.abc import Sequence
from dataclasses import dataclass

Rows = Sequence[tuple[object, ...]]
"""Rows of one table, each in its declared column order."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its SQL type (TEXT, BIGINT, DOUBLE or BOOLEAN) and what it means."""

    name: str
    type: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Table:
    """One canonical table.

    `key` names the columns that identify a row. `parent` is the column that holds the id of the CRM record
    a row was read from: when that record is read again, all rows with the same (`source`, `parent`) are replaced.
    """

    name: str
    meaning: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    parent: str = "id"

    def column_names(self) -> tuple[str, ...]:
        """Name the columns in their declared order."""
        return tuple(column.name for column in self.columns)


def table(name: str, meaning: str, key: str, columns: str, parent: str = "id") -> Table:
    """Read a table from its compact notation: one ``name TYPE meaning`` a line."""
    parsed = tuple(Column(*line.split(maxsplit=2)) for line in columns.strip().splitlines())
    return Table(name, meaning, tuple(key.split()), parsed, parent)
