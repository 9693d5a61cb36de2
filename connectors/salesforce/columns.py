"""How canonical columns are read from the fields of a record: SQL expressions for `connectors.salesforce.workbench`.

Each function takes the name of a field and gives the expression of a column, a macro of ``sql/macros.sql``.
"""

from collections.abc import Callable, Mapping, Sequence

import arro3.core as arrow

from connectors.salesforce.workbench import NOBODY, TABLES, Expression
from mapping.fields import Attribute, Type
from mapping.metadata import Field, Kind
from mapping.statements import ARROW_TYPES

Column = Sequence[object]
Table = arrow.Table
_NUMBERS = frozenset({"double", "currency", "percent", "int", "long"})
"""Types of describe whose values are numbers."""


def table(name: str, source: str, rows: int, columns: Mapping[str, Column]) -> arrow.Table:
    """Build the canonical table `name` from values; columns that are not given are unknown throughout."""
    given = {"source": [source] * rows, **columns}
    unknown = [None] * rows
    return arrow.Table(
        {
            column.name: arrow.Array(list(given.get(column.name, unknown)), type=ARROW_TYPES[column.type])
            for column in TABLES[name].columns
        }
    )


def plain(field: str) -> Expression:
    """Read an identifier or a text of Salesforce's own as it is."""
    return f'worded("{field}")'


def reference(field: str) -> Expression:
    """Read an identifier that a field of the customer's may hold in its short form."""
    return f'id18("{field}")'


def text(field: str, kind: str | None = None) -> Expression:
    """Read text as it is, and a number (by the `kind` that describe tells) or a checkbox in words."""
    return f'worded_number("{field}")' if kind in _NUMBERS else plain(field)


def lowered(field: str) -> Expression:
    """Read an address in lower case."""
    return f'lowered("{field}")'


def domain(field: str) -> Expression:
    """Read a web address as its domain, without scheme, www and path."""
    return f'web_domain("{field}")'


def instant(field: str) -> Expression:
    """Read a date or moment as epoch seconds."""
    return f'instant("{field}")'


def number(field: str) -> Expression:
    """Read a number; text that is none reads as unknown."""
    return f'number("{field}")'


def whole(field: str) -> Expression:
    """Read a whole number; fractions are cut off."""
    return f'whole("{field}")'


def flag(field: str) -> Expression:
    """Read a checkbox, or a text that says yes or no; anything else is unknown."""
    return f'flag("{field}")'


def customer(field: str) -> Expression:
    """Tell whether a picklist value begins with a word for a customer; a checkbox says so itself."""
    return f'customer("{field}")'


def known(fields: Sequence[str]) -> Expression:
    """Tell whether any of the fields holds something."""
    return " OR ".join(f"{plain(field)} IS NOT NULL" for field in fields) or NOBODY


def observed(entry: Field, field: str) -> Expression:
    """Read what the CRM holds in a field of ours as canonical text (see `mapping.metadata.Field.canonical`)."""
    match entry.kind:
        case Kind.NUMBER:
            return f'COALESCE(CAST(TRY_CAST("{field}" AS DECIMAL(38, {entry.scale})) AS TEXT), {plain(field)})'
        case Kind.FLAG:
            return f"CASE WHEN {plain(field)} IS NOT NULL THEN CAST(LOWER(\"{field}\") = 'true' AS TEXT) END"
        case Kind.CHOICES:
            return f'choices("{field}")'
        case Kind.DATE:
            return f"LEFT({plain(field)}, 10)"
        case _:
            return plain(field)


_BY_TYPE: Mapping[Type, Callable[[str], Expression]] = {
    Type.NUMBER: number,
    Type.WHOLE: whole,
    Type.INSTANT: instant,
    Type.FLAG: flag,
}


def mapped(
    attributes: Sequence[Attribute], fields: Mapping[str, str], kind: Callable[[str], str | None]
) -> dict[str, Expression]:
    """Give the expressions of the mapped attributes of a table; `kind` tells the type of a field by describe."""
    return {
        attribute.name: text(name, kind(name)) if attribute.type is Type.TEXT else _BY_TYPE[attribute.type](name)
        for attribute in attributes
        if (name := fields.get(attribute.name))
    }
