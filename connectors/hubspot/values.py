"""From HubSpot's property texts to typed values.

HubSpot delivers every property as text or null: numbers, flags (``true``/``false``), dates (``YYYY-MM-DD``, midnight
UTC) and moments (ISO-8601, in older records epoch milliseconds).
"""

import math
import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from mapping.fields import FLAGS, LARGEST, Type
from mapping.metadata import Field, Kind, observed_tables
from mapping.records import MERGED, STAGED, Table

Properties = Mapping[str, str | None]
Row = tuple[object, ...]
Columns = Mapping[str, Sequence[object]]
"""The columns of a table by name, a value for each record; a column that is not named is NULL."""

_MILLISECONDS = re.compile(r"-?[0-9]{1,14}")
"""Epoch milliseconds as text; longer numbers are no moment of this era."""

TABLES: Mapping[str, Table] = {table.name: table for table in (*STAGED, *MERGED.values(), *observed_tables())}
COLUMNS = {name: table.column_names() for name, table in TABLES.items()}
Told = TypeVar("Told", bound=Hashable)
Value = TypeVar("Value")


def row(table: str, values: Mapping[str, object]) -> Row:
    """Put values by column name into the declared order; a column that is not named is NULL."""
    return tuple(map(values.get, COLUMNS[table]))


def told(held: Sequence[Properties], name: str) -> list[str | None]:
    """List what many records hold in a property; HubSpot names nearly always all it was asked for."""
    try:
        return [one[name] for one in held]
    except KeyError:
        return [one.get(name) for one in held]


def each(read: Callable[[Told], Value], texts: Sequence[Told]) -> list[Value]:
    """Read a whole column: what is told more than once is read once."""
    meant = {text: read(text) for text in set(texts)}
    if len(meant) == 1:
        return [*meant.values()] * len(texts)
    return [meant[text] for text in texts]


def columns_of(rows: Iterable[tuple[str, Row]]) -> dict[str, Columns]:
    """Sort rows into the columns of their tables."""
    found: dict[str, list[Row]] = {}
    for table, values in rows:
        found.setdefault(table, []).append(values)
    return {table: dict(zip(COLUMNS[table], zip(*values, strict=True), strict=True)) for table, values in found.items()}


def instant(text: str | None) -> int | None:
    """Read a date or a moment as epoch seconds; what is neither is unknown.

    >>> instant("2024-01-17T19:55:04.281Z"), instant("2024-01-17"), instant("1705521304281")
    (1705521304, 1705449600, 1705521304)
    """
    if not text:
        return None
    if _MILLISECONDS.fullmatch(text):
        return int(text) // 1000
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return math.floor((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def number(text: str | None) -> float | None:
    """Read a number; what is none is unknown."""
    try:
        value = float(text or "nan")
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def whole(text: str | None) -> int | None:
    """Read a number without its fraction; what no column can hold is unknown."""
    value = number(text)
    return None if value is None or abs(value) >= LARGEST else int(value)


def flag(text: str | None) -> bool | None:
    """Read a flag, or an option that says yes or no; anything else is unknown."""
    return FLAGS.get((text or "").strip().lower())


def typed(kind: Type, text: str | None) -> object:
    """Read a mapped property by the type of its attribute."""
    match kind:
        case Type.NUMBER:
            return number(text)
        case Type.WHOLE:
            return whole(text)
        case Type.INSTANT:
            return instant(text)
        case Type.FLAG:
            return flag(text)
        case Type.TEXT:
            return text or None


def lower(text: str | None) -> str | None:
    """Normalise an address."""
    return text.strip().lower() or None if text else None


def domain(text: str | None) -> str | None:
    """Reduce a web address to its domain.

    >>> domain("https://www.Acme.example/about")
    'acme.example'
    """
    host = (lower(text) or "").rpartition("//")[2].partition("/")[0].partition(":")[0]
    return host.removeprefix("www.") or None


def parts(text: str | None) -> Iterator[str]:
    """Split a multiple choice into its values."""
    yield from (part.strip() for part in (text or "").split(";") if part.strip())


def canonical(field: Field, text: str | None) -> str | None:
    """Bring an observed value into canonical text; a value that is none of its kind stays as the CRM holds it."""
    if field.kind is Kind.DATE and text and _MILLISECONDS.fullmatch(text):
        return datetime.fromtimestamp(int(text) // 1000, UTC).strftime("%Y-%m-%d")
    try:
        return field.canonical(text)
    except ValueError:
        return text
