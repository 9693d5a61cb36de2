"""Reads one CSV file into a table: strictly, every value as text, only an empty one as NULL.

DuckDB reads. What it refuses is looked at again by a second, slower reader, so that the message names the line and the
cause; a file that is well-formed after all (rows that end now this way, now that) is written anew and read again.
"""

import codecs
import csv
import io
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Protocol

import duckdb

from connectors.errors import Unusable
from connectors.files.folder import Sheet

UTF8 = "utf-8"
CHUNK = 1 << 20
LONGEST_LINE = 1 << 24
"""Bytes of one record; the body of an e-mail may be long."""
AGAIN = "Export it again."
ENCODING = "If it was exported in another encoding, name that in `encoding`; else export it again."


@dataclass(frozen=True, slots=True)
class Column:
    """How a column is made: from the places of the header it is read from, joined by a space where there are several.

    An `identifier` of Salesforce is completed to 18 characters. With `only_with` it is read only where that place holds
    a value.
    """

    places: tuple[int, ...]
    identifier: bool = False
    only_with: int | None = None

    def sql(self) -> str:
        """Write the expression over the columns ``c0``, ``c1`` … of the file."""
        read = f"c{self.places[0]}"
        if len(self.places) > 1:
            read = f"nullif(concat_ws(' ', {', '.join(f'c{place}' for place in self.places)}), '')"
        if self.identifier:
            read = f"id18({read})"
        return read if self.only_with is None else f"CASE WHEN c{self.only_with} IS NOT NULL THEN {read} END"


@dataclass(frozen=True, slots=True)
class Text:
    """A file in UTF-8: where it lies, how a message names it, and how many columns it has."""

    path: Path
    name: str
    width: int


@contextmanager
def readable(sheet: Sheet, encoding: str, folder: Path) -> Iterator[Path]:
    """Lend the sheet as a file in UTF-8: itself, or a copy in `folder` that is gone afterwards.

    Raises Unusable when the zip around it is spoilt, or the text is not of that encoding.
    """
    if sheet.member is None and encoding == UTF8:
        yield sheet.path
        return
    copy = folder / "sheet.csv"
    try:
        with sheet.open() as source, copy.open("wb") as target:
            if encoding == UTF8:
                shutil.copyfileobj(source, target, CHUNK)
            else:
                for text in _decoded(source, encoding, sheet.name):
                    target.write(text.encode(UTF8, "surrogatepass"))
        yield copy
    finally:
        copy.unlink(missing_ok=True)


def _decoded(source: IO[bytes], encoding: str, name: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)()
    line = 1
    while True:
        chunk = source.read(CHUNK)
        try:
            text = decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            line += error.object[: error.start].count(b"\n")
            raise _not_text(name, line, encoding) from error
        line += text.count("\n")
        yield text
        if not chunk:
            return


def _not_text(name: str, line: int, encoding: str) -> Unusable:
    return Unusable(f"{name}, line {line}: the text is not {encoding}. {ENCODING}")


def header(sheet: Sheet, encoding: str) -> list[str]:
    """Read the names of the columns; raises Unusable when there are none."""
    form = "utf-8-sig" if encoding == UTF8 else encoding
    try:
        with sheet.open() as source, io.TextIOWrapper(source, form, errors="replace", newline="") as lines:
            names = next(csv.reader(lines), [])  # what is no text further down is found, with its line, by `load`
    except (UnicodeError, csv.Error) as error:
        raise _not_text(sheet.name, 1, encoding) from error
    if not any(name.strip() for name in names):
        raise Unusable(f"{sheet.name}: the file is empty; not even the names of its columns are there. {AGAIN}")
    return [name.strip() for name in names]


def load(connection: duckdb.DuckDBPyConnection, table: str, columns: Mapping[str, Column], text: Text) -> str:
    """Add a file to a table; `columns` says how the table's are made.

    Returns a warning about the file's end, or nothing. Raises Unusable, with the line, when the file is cut off or
    garbled; then the table is of no use.
    """
    try:
        _insert(connection, table, columns, text)
    except duckdb.Error as error:
        if trouble := _trouble(text):
            raise Unusable(f"{text.name}, {trouble}") from error
        _insert_rewritten(connection, table, columns, text)
    return _ending(text)


def _insert(connection: duckdb.DuckDBPyConnection, table: str, columns: Mapping[str, Column], text: Text) -> None:
    names = ", ".join(f'"{name}"' for name in columns)
    chosen = ", ".join(column.sql() for column in columns.values())
    places = ", ".join(f"'c{place}': 'VARCHAR'" for place in range(text.width))
    connection.execute(
        f'INSERT INTO "{table}" ({names}) SELECT {chosen} FROM read_csv(?, auto_detect = false, header = true,'
        f" delim = ',', quote = '\"', escape = '\"', strict_mode = true, null_padding = false,"
        f" max_line_size = {LONGEST_LINE}, columns = {{{places}}})",
        [str(text.path)],
    )


def _insert_rewritten(
    connection: duckdb.DuckDBPyConnection, table: str, columns: Mapping[str, Column], text: Text
) -> None:
    """Read a file that is well-formed but not to DuckDB's liking."""
    with tempfile.TemporaryDirectory(prefix="rapport-") as folder:
        copy = Path(folder) / "uniform.csv"
        with _rows_of(text) as rows, copy.open("w", encoding=UTF8, newline="") as target:
            csv.writer(target).writerows(row for row in rows if row)
        try:
            _insert(connection, table, columns, replace(text, path=copy))
        except duckdb.Error as error:
            raise Unusable(f"{text.name}: {_reason(error)}. {AGAIN}") from error


class _Reader(Protocol):
    """What csv.reader gives."""

    line_num: int

    def __iter__(self) -> Iterator[list[str]]: ...


@contextmanager
def _rows_of(text: Text) -> "Iterator[_Reader]":
    """Open the second reader."""
    csv.field_size_limit(LONGEST_LINE)
    with text.path.open(encoding="utf-8-sig", newline="") as lines:
        yield csv.reader(lines, strict=True)


def _ending(text: Text) -> str:
    """Look at the end: a file that quotes its values and ends outside of quotes in the middle of a row was cut off."""
    with text.path.open("rb") as file:
        first = file.read(4).removeprefix(codecs.BOM_UTF8)[:1]
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 1))
        last = file.read(1)
    if last in {b"\n", b"\r"}:
        return ""
    if first == b'"' and last != b'"':
        raise Unusable(f"{text.name}, line {_lines(text.path)}: the file ends in the middle of a row. {AGAIN}")
    return f"{text.name} does not end with the end of a line; it may be cut off."


def _trouble(text: Text) -> str:
    """Find the record that is not well-formed, with the second reader; empty where all are."""
    begins = 1
    with _rows_of(text) as rows:
        try:
            for row in rows:
                if row and len(row) != text.width:
                    return f"line {begins}: {len(row)} values instead of {text.width}. {AGAIN}"
                begins = rows.line_num + 1
        except UnicodeDecodeError:
            return (
                f"{_unreadable(text.path)}: the text is not {UTF8}; if it is of another encoding, name it in `encoding`"
            )
        except csv.Error as error:
            return f"line {begins}: {error}. {AGAIN}"
    return ""


def _lines(path: Path) -> int:
    with path.open("rb") as file:
        return sum(1 for _ in file)


def _unreadable(path: Path) -> str:
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                line.decode()
            except UnicodeDecodeError:
                return f"line {number}"
    return "at its end"


def _reason(error: duckdb.Error) -> str:
    """Say the cause in a line, without the values of the customer that DuckDB quotes."""
    lines = [line for line in str(error).splitlines() if line.strip() and not line.startswith("Original Line")]
    return re.sub(r"^.*?Error: ", "", lines[0]).rstrip(". ") if lines else "it cannot be read"
