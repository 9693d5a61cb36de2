"""From HubSpot's property texts to typed values, for engagements; all else is read by SQL (see ``sql/macros.sql``).

HubSpot delivers every property as text or null: numbers, flags (``true``/``false``), dates (``YYYY-MM-DD``, midnight
UTC) and moments (ISO-8601, in older records epoch milliseconds).
"""

import math
import re
import string
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from mapping.fields import LARGEST
from mapping.metadata import observed_tables
from mapping.records import MERGED, STAGED, Table

Properties = Mapping[str, str | None]
Row = tuple[object, ...]
Columns = Mapping[str, Sequence[object]]
"""The columns of a table by name, a value for each record; a column that is not named is NULL."""

BLANKS = (
    string.whitespace
    + "".join(map(chr, (*range(0x1C, 0x20), 0x85, 0xA0, 0x1680, *range(0x2000, 0x200C))))
    + "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
"""What stands around a text and is not seen, as the macro `trimmed` of ``connectors/sql/macros.sql`` has it."""
_MILLISECONDS = re.compile(r"-?[0-9]{1,14}")
"""Epoch milliseconds as text; longer numbers are no moment of this era."""

TABLES: Mapping[str, Table] = {table.name: table for table in (*STAGED, *MERGED.values(), *observed_tables())}
COLUMNS = {name: table.column_names() for name, table in TABLES.items()}


def row(table: str, values: Mapping[str, object]) -> Row:
    """Put values by column name into the declared order; a column that is not named is NULL."""
    return tuple(map(values.get, COLUMNS[table]))


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


def lower(text: str | None) -> str | None:
    """Normalise an address."""
    return text.strip(BLANKS).lower() or None if text else None


def parts(text: str | None) -> Iterator[str]:
    """Split a multiple choice into its values."""
    yield from (part.strip() for part in (text or "").split(";") if part.strip())
