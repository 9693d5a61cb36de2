"""How canonical columns are read from the fields of a record: SQL expressions for `connectors.workbench`.

Each function takes the name of a field and gives the expression of a column, a macro of ``sql/macros.sql``, ours or the
vendor's; the tables that both vendors fill from fields of a contact are read here for both.
"""

from collections.abc import Callable, Mapping, Sequence

import arro3.core as arrow

from connectors.workbench import NOBODY, TABLES, Expression, Workbench
from mapping.fields import Attribute, Type, attributes
from mapping.metadata import Field, Kind
from mapping.statements import arrow_table

DEFAULT_PRODUCT = "default"
"""The product of usage that a field of the contact tells."""


def plain(field: str) -> Expression:
    """Read an identifier or a text as it is."""
    return f'worded("{field}")'


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
    """Tell whether a value names a customer, as the vendor's macro understands it."""
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
            return f'day("{field}")'
        case _:
            return plain(field)


_BY_TYPE: Mapping[Type, Callable[[str], Expression]] = {
    Type.TEXT: plain,
    Type.NUMBER: number,
    Type.WHOLE: whole,
    Type.INSTANT: instant,
    Type.FLAG: flag,
}


def mapped(
    declared: Sequence[Attribute], fields: Mapping[str, str], text: Callable[[str], Expression] = plain
) -> dict[str, Expression]:
    """Give the expressions of the mapped attributes of a table; `text` reads a field as text."""
    readers = {**_BY_TYPE, Type.TEXT: text}
    return {
        attribute.name: readers[attribute.type](name) for attribute in declared if (name := fields.get(attribute.name))
    }


def usage(bench: Workbench, key: Expression, read: Mapping[str, Expression]) -> arrow.Table:
    """Make a row for each contact of whom a usage figure is told, 0 days included; `key` reads the contact's id.

    A text that is no figure tells none: a row without one would say that usage is known.
    """
    told = " OR ".join(f"{figure} IS NOT NULL" for figure in read.values()) or NOBODY
    return bench.read("usage", {"contact_id": key, "product": f"'{DEFAULT_PRODUCT}'", **read}, told)


_ACTS = ("nps", "csat", "advocacy")


def signals(bench: Workbench, key: Expression, read: Mapping[str, Expression]) -> arrow.Table:
    """Make a row for each survey answer and advocacy act a contact's fields hold; `key` reads the contact's id."""
    found = [_signal(bench, kind, key, read) for kind in _ACTS if kind in read]
    if not found:
        return arrow_table(TABLES["signal"], ())
    return arrow.Table.from_batches([one for rows in found for one in rows.to_batches()], schema=found[0].schema)


def _signal(bench: Workbench, kind: str, key: Expression, read: Mapping[str, Expression]) -> arrow.Table:
    scored = next(entry for entry in attributes("signal") if entry.name == kind).type is Type.NUMBER
    wanted = {
        "contact_id": key,
        "kind": f"'{kind}'",
        "score" if scored else "what": read[kind],
        "happened_at": read.get(f"{kind}_at", "NULL"),
    }
    return bench.read("signal", wanted, f"{read[kind]} IS NOT NULL")
