"""What a plain statement found: how many records, and any stretch of them, rendered by DuckDB when it is asked for.

Where the time goes: DuckDB renders a million records of twenty fields a second on one core, in one call of concat() a
record and one string_agg() a page, so that Python handles whole pages as bytes and never sees a record. Reading rows
into Python costs ten times as much, and building dictionaries of them forty times. A statement costs three milliseconds
before its first record, so pages are rendered some at a time, and in two halves, because one scan keeps to one core.
"""

import weakref
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import count
from typing import TYPE_CHECKING, overload

import orjson

from connectors.emulator.salesforce.columnar.shape import Shape
from connectors.emulator.salesforce.columnar.sources import ROOT
from connectors.emulator.wire import JsonObject

if TYPE_CHECKING:
    import duckdb

_STEP = 2_000
"""So many records apart are the places of which the serial is remembered."""
_AHEAD = 16_000
"""Records rendered at once, in the pages of the reader's size."""
_SINGLY = 200
_SEPARATORS = {",": "','", "\n": "chr(10)", "\r\n": "chr(13) || chr(10)"}
_names = count(1)


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement in SQL. `tables` and `condition` decide which records there are, `order` how they are sorted.

    Without `order` they are in the order of their serials. `read` and `parents`, which are joined to it, are the tables
    that records are rendered from. `scanned` says that all of it is one scan of the file, which gives them in order.
    """

    tables: str
    condition: str
    order: str
    limit: int | None
    offset: int
    scanned: bool
    read: str
    parents: str

    def cut(self) -> str:
        """LIMIT and OFFSET, as far as there are any."""
        limit = f" LIMIT {self.limit}" if self.limit is not None else ""
        return f"{limit} OFFSET {self.offset}" if self.offset else limit

    def serials(self) -> str:
        """The serials of all records, cut, in order."""
        order = ", ".join([*([self.order] if self.order else []), f"{ROOT}.seq"])
        sorting = "" if self.scanned and not self.order else f" ORDER BY {order}"
        return f"SELECT {ROOT}.seq FROM {self.tables} WHERE {self.condition}{sorting}{self.cut()}"


class _BySerial:
    """Places of records in the order of their serials: every so many a serial is remembered."""

    def __init__(self, connection: "duckdb.DuckDBPyConnection", statement: Statement) -> None:
        self._statement = statement
        numbered = f"SELECT seq, row_number() OVER () - 1 AS pos FROM ({statement.serials()})"
        sql = f"SELECT count(*), list(seq ORDER BY seq) FILTER (pos % {_STEP} = 0) FROM ({numbered})"
        total, serials = connection.execute(sql).fetchone() or (0, None)
        self.total: int = total
        self._serials: list[int] = serials or []

    def lines(self, text: str, start: int, stop: int) -> str:
        """The records from `start` to before `stop` as lines of a text in SQL, with their places."""
        one, first = self._statement, start // _STEP
        last = -(-stop // _STEP)
        within = f"{ROOT}.seq >= {self._serials[first]}"
        if last < len(self._serials):
            within += f" AND {ROOT}.seq < {self._serials[last]}"
        if one.scanned:
            # A window without an order numbers rows as they come, and keeps DuckDB from changing that on the way.
            numbered = f"SELECT row_number() OVER () - 1 + {first * _STEP} AS pos, {text} AS line FROM {one.read}"
            return f"SELECT * FROM ({numbered} WHERE {one.condition} AND {within}) WHERE {_among(start, stop)}"
        place = f"row_number() OVER (ORDER BY {ROOT}.seq) - 1 + {first * _STEP} AS pos"
        chosen = f"SELECT {ROOT}.seq, {place} FROM {one.tables} WHERE {one.condition} AND {within}"
        return _joined(one, text, f"{chosen} QUALIFY {_among(start, stop)}", within)


class _Sorted:
    """Places of records in any other order: all are kept in a table, which goes when nobody holds the result."""

    def __init__(self, connection: "duckdb.DuckDBPyConnection", statement: Statement) -> None:
        self._statement = statement
        self._name = f"memory.main.sorted_{next(_names)}"
        numbered = f"SELECT seq, row_number() OVER () - 1 AS pos FROM ({statement.serials()})"
        connection.execute(f"CREATE TABLE {self._name} AS {numbered}")
        (self.total,) = connection.execute(f"SELECT count(*) FROM {self._name}").fetchone() or (0,)
        weakref.finalize(self, connection.execute, f"DROP TABLE {self._name}").atexit = False

    def lines(self, text: str, start: int, stop: int) -> str:
        """As `_BySerial.lines`."""
        return _joined(self._statement, text, f"SELECT * FROM {self._name} WHERE {_among(start, stop)}", "TRUE")


def _among(start: int, stop: int) -> str:
    return f"pos >= {start} AND pos < {stop}"


def _joined(one: Statement, text: str, places: str, within: str) -> str:
    """Lines of the records at some places; `within` is met by all of them and spares reading others."""
    records = f"{one.read} ON {ROOT}.seq = place.seq AND {within}{one.parents}"
    return f"SELECT pos, {text} AS line FROM ({places}) AS place JOIN {records}"


class Records(Sequence[JsonObject]):
    """The records of a statement in order. As a sequence it gives parsed JSON, which is slow; `page` is not."""

    def __init__(self, connection: "duckdb.DuckDBPyConnection", statement: Statement, shape: Shape) -> None:
        self._connection = connection
        self._statement = statement
        self._shape = shape
        self._places = (_Sorted if statement.order else _BySerial)(connection, statement)
        self._ready: dict[tuple[int, int], bytes] = {}
        self._parsed: tuple[int, list[JsonObject]] = (-1, [])

    def __len__(self) -> int:
        return self._places.total

    @overload
    def __getitem__(self, place: int) -> JsonObject: ...

    @overload
    def __getitem__(self, place: slice) -> list[JsonObject]: ...

    def __getitem__(self, place: int | slice) -> JsonObject | list[JsonObject]:
        if isinstance(place, slice):
            start, stop, step = place.indices(len(self))
            return [self[each] for each in range(start, stop, step)]
        if not 0 <= place < len(self):
            raise IndexError(place)
        first = place // _SINGLY * _SINGLY
        if self._parsed[0] != first:
            self._parsed = first, orjson.loads(self.page(first, _SINGLY))
        return self._parsed[1][place - first]

    def page(self, start: int, size: int) -> bytes:
        """The JSON array of the records from `start` on, at most `size`."""
        if start >= len(self):
            return b"[]"
        if (start, size) not in self._ready:
            stop = min(start + max(1, _AHEAD // size) * size, len(self))
            pages = self._rendered(self._shape.json, ",", start, stop, size)
            self._ready = {(start + number * size, size): page for number, page in enumerate(pages)}
        return b"[%b]" % self._ready.pop((start, size))

    def csv_pages(self, start: int, stop: int, delimiter: str = ",", ending: str = "\n") -> Iterator[bytes]:
        """The CSV of the records from `start` to before `stop` as Bulk API 2.0 writes it, without the header."""
        columns = self._shape.csv(delimiter)
        for first in range(start, min(stop, len(self)), _AHEAD):
            last = min(first + _AHEAD, stop, len(self))
            for piece in self._rendered(columns, ending, first, last, _STEP):
                yield piece + ending.encode()

    def _rendered(self, text: str, between: str, start: int, stop: int, size: int) -> list[bytes]:
        """Pages of some size of the records from `start` to before `stop`, both halves at the same time."""
        middle = start + (stop - start) // 2 // size * size
        halves = [(first, last) for first, last in ((start, middle), (middle, stop)) if first < last]
        statements = [self._pages(text, between, first, last, size) for first, last in halves]
        return [page for pages in _workers().map(self._fetch, statements) for page in pages]

    def _pages(self, text: str, between: str, start: int, stop: int, size: int) -> str:
        page = f"(pos - {start}) // {size}"
        joined = f"string_agg(line, {_SEPARATORS[between]} ORDER BY pos)"
        lines = self._places.lines(text, start, stop)
        return f"SELECT encode({joined}) FROM ({lines}) GROUP BY {page} ORDER BY {page}"

    def _fetch(self, statement: str) -> list[bytes]:
        with self._connection.cursor() as cursor:
            return [row[0] for row in cursor.execute(statement).fetchall()]


@cache
def _workers() -> ThreadPoolExecutor:
    """Two threads: a stretch of records is so short that DuckDB itself would use one core for it."""
    return ThreadPoolExecutor(2, thread_name_prefix="rendering")
