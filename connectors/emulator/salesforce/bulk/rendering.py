"""CSV as Bulk API 2.0 writes it: every value quoted, null and empty alike, given out piece by piece.

How a value looks in a file is known here, and once more as SQL, for rows that lie in a file of columns.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import islice

from connectors.emulator.salesforce.bulk.dialect import Dialect
from connectors.emulator.salesforce.bulk.extract import Extract
from connectors.emulator.salesforce.columnar.found import Records
from connectors.emulator.wire import Json

# How many rows go into one piece.
_PIECE = 1000
# From and up to where Java, in which Salesforce is written, spells a double without an exponent.
_PLAIN_FROM, _PLAIN_UP_TO = 1e-3, 1e7


def table(extract: Extract, start: int, stop: int, dialect: Dialect) -> Iterator[bytes]:
    """A page of a query's result: the header and the records from `start` to before `stop`."""
    yield lines([[each.header for each in extract.columns]], dialect)
    if isinstance(extract.rows, Records):
        yield from extract.rows.csv_pages(start, stop, dialect.delimiter, dialect.ending)
        return
    texts = [_TEXTS.get(each.type, _string) for each in extract.columns]
    rows = (
        [text(value) if value is not None else "" for text, value in zip(texts, row, strict=True)]
        for row in extract.values(start, stop)
    )
    yield from pieces(rows, dialect)


def pieces(rows: Iterable[Sequence[str]], dialect: Dialect) -> Iterator[bytes]:
    """Rows of texts as CSV, some at a time."""
    remaining = iter(rows)
    while piece := list(islice(remaining, _PIECE)):
        yield lines(piece, dialect)


def lines(rows: Iterable[Sequence[str]], dialect: Dialect) -> bytes:
    """Rows of texts as CSV."""
    between, end = f'"{dialect.delimiter}"', f'"{dialect.ending}'
    return "".join(f'"{between.join(map(_doubled, row))}{end}' for row in rows).encode()


def _doubled(text: str) -> str:
    return text.replace('"', '""')


def _string(value: Json) -> str:
    return str(value)


def _boolean(value: Json) -> str:
    return "true" if value else "false"


def _double(value: Json) -> str:
    number = float(value)
    if number == 0 or _PLAIN_FROM <= abs(number) < _PLAIN_UP_TO:
        return repr(number)
    sign, digits, exponent = Decimal(repr(number)).normalize().as_tuple()
    rest = "".join(map(str, digits[1:])) or "0"
    return f"{'-' * sign}{digits[0]}.{rest}E{len(digits) - 1 + int(exponent)}"


def _datetime(value: Json) -> str:
    return str(value).replace("+0000", "Z")


_TEXTS: dict[str, Callable[[Json], str]] = {
    "boolean": _boolean,
    "double": _double,
    "currency": _double,
    "percent": _double,
    "datetime": _datetime,
}
