"""Turns records as JSON gives them into Arrow tables, column by column; used by the streams of this package.

A `Reader` takes the records of a page and gives one column of canonical values. A field that was not selected reads
as unknown.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlsplit

import arro3.core as arrow

from connectors.salesforce.client import Record
from connectors.salesforce.soql import epoch
from mapping.fields import FLAGS, LARGEST, Attribute, Type
from mapping.metadata import observed_tables
from mapping.records import STAGED
from mapping.statements import ARROW_TYPES

Column = Sequence[object]
Reader = Callable[[Sequence[Record]], Column]

_TABLES = {table.name: table for table in (*STAGED, *observed_tables())}


def table(name: str, source: str, rows: int, columns: Mapping[str, Column]) -> arrow.Table:
    """Build the canonical table `name`; columns that are not given are unknown throughout."""
    given = {"source": [source] * rows, **columns}
    unknown = [None] * rows
    return arrow.Table(
        {
            column.name: arrow.Array(list(given.get(column.name, unknown)), type=ARROW_TYPES[column.type])
            for column in _TABLES[name].columns
        }
    )


def read(name: str, source: str, records: Sequence[Record], readers: Mapping[str, Reader]) -> arrow.Table:
    """Build the canonical table `name` with one row a record."""
    return table(name, source, len(records), {column: reader(records) for column, reader in readers.items()})


def text(field: str) -> Reader:
    """Read text as it is, and a number or checkbox in words; an empty one is unknown."""
    return lambda records: [_worded(record.get(field)) for record in records]


def lowered(field: str) -> Reader:
    """Read an address in lower case."""
    return lambda records: [(record.get(field) or "").strip().lower() or None for record in records]


def domain(field: str) -> Reader:
    """Read a web address as its domain, without scheme, www and path."""
    return lambda records: [web_domain(record.get(field)) for record in records]


def web_domain(address: str | None) -> str | None:
    """Cut a web address down to its domain.

    >>> web_domain("https://www.Acme.example/en"), web_domain("acme.example"), web_domain(None)
    ('acme.example', 'acme.example', None)
    """
    written = (address or "").strip().lower()
    try:
        host = urlsplit(written if "//" in written else f"//{written}").hostname or ""
    except ValueError:
        return None
    return host.removeprefix("www.") or None


def instant(field: str) -> Reader:
    """Read a date or moment as epoch seconds."""
    return lambda records: [epoch(_worded(record.get(field))) for record in records]


def number(field: str) -> Reader:
    """Read a number; text that is none reads as unknown."""
    return lambda records: [_number(record.get(field)) for record in records]


def whole(field: str) -> Reader:
    """Read a whole number; fractions are cut off."""
    return lambda records: [_whole(_number(record.get(field))) for record in records]


def _whole(value: float | None) -> int | None:
    """Cut the fraction off; what no column can hold is unknown."""
    return None if value is None or abs(value) >= LARGEST else int(value)


def flag(field: str) -> Reader:
    """Read a checkbox, or a text that says yes or no; anything else is unknown."""
    return lambda records: [_flag(record.get(field)) for record in records]


def begins(field: str, beginnings: Sequence[str]) -> Reader:
    """Tell whether a picklist value begins with one of `beginnings`, whatever the case; no value is unknown.

    A checkbox needs no beginnings: it says itself whether the record is meant.
    """
    wanted = tuple(beginning.lower() for beginning in beginnings)

    def meant(value: object) -> bool | None:
        said = _worded(value)
        return value if isinstance(value, bool) else said.lower().startswith(wanted) if said else None

    return lambda records: [meant(record.get(field)) for record in records]


def _worded(value: object) -> str | None:
    """Write a value of JSON as text: a checkbox ``true`` or ``false``, a whole number without its fraction."""
    match value:
        case None | "":
            return None
        case bool():
            return str(value).lower()
        case float() if value.is_integer():
            return str(int(value))
        case _:
            return str(value)


def _number(value: object) -> float | None:
    try:
        read = float(str(value))
    except ValueError:
        return None
    return read if math.isfinite(read) else None


def _flag(value: object) -> bool | None:
    return FLAGS.get(str(value).strip().lower())


_BY_TYPE: Mapping[Type, Callable[[str], Reader]] = {
    Type.TEXT: text,
    Type.NUMBER: number,
    Type.WHOLE: whole,
    Type.INSTANT: instant,
    Type.FLAG: flag,
}


def mapped(attributes: Sequence[Attribute], fields: Mapping[str, str]) -> dict[str, Reader]:
    """Make the readers of the mapped attributes of a table: column -> reader."""
    return {
        attribute.name: _BY_TYPE[attribute.type](fields[attribute.name])
        for attribute in attributes
        if attribute.name in fields
    }
