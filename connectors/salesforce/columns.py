"""What Salesforce needs beside `connectors.columns`: identifiers of 15 characters, numbers in words, plain values."""

from collections.abc import Callable, Mapping, Sequence

import arro3.core as arrow

from connectors import columns
from connectors.workbench import TABLES, Expression
from mapping.fields import Attribute
from mapping.statements import ARROW_TYPES

Column = Sequence[object]
_NUMBERS = frozenset({"double", "currency", "percent", "int", "long"})
"""Types of describe whose values are numbers."""


def table(name: str, source: str, rows: int, values: Mapping[str, Column]) -> arrow.Table:
    """Build the canonical table `name` from values; columns that are not given are unknown throughout."""
    given = {"source": [source] * rows, **values}
    unknown = [None] * rows
    return arrow.Table(
        {
            column.name: arrow.Array(list(given.get(column.name, unknown)), type=ARROW_TYPES[column.type])
            for column in TABLES[name].columns
        }
    )


def reference(field: str) -> Expression:
    """Read an identifier that a field of the customer's may hold in its short form."""
    return f'id18("{field}")'


def text(field: str, kind: str | None = None) -> Expression:
    """Read text as it is, and a number (by the `kind` that describe tells) or a checkbox in words."""
    return f'worded_number("{field}")' if kind in _NUMBERS else columns.plain(field)


def mapped(
    declared: Sequence[Attribute], fields: Mapping[str, str], kind: Callable[[str], str | None]
) -> dict[str, Expression]:
    """Give the expressions of the mapped attributes of a table; `kind` tells the type of a field by describe."""
    return columns.mapped(declared, fields, lambda name: text(name, kind(name)))
