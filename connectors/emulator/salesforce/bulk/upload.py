"""Uploaded CSV, taken apart as strictly as Bulk API 2.0 does: no trimming, and quotes only where they belong."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from connectors.emulator.salesforce.bulk.dialect import Dialect

MOST_BYTES = 100 * 1024 * 1024
_MOST_HEADER, _MOST_FIELD, _MOST_RECORD, _MOST_FIELDS = 32_000, 131_072, 400_000, 5_000
_QUOTED = r'"(?P<quoted>[^"]*(?:""[^"]*)*)"'
_BOM = "\ufeff"


@dataclass(slots=True)
class UnreadableError(Exception):
    """Data that spoils its job; `message` is what the job's errorMessage will say."""

    message: str


@dataclass(frozen=True, slots=True)
class Upload:
    """The first line as it came, the names in it, and the rows below, read as they are asked for."""

    header: str
    names: list[str]
    rows: Iterator[list[str]]


def read(content: bytes, dialect: Dialect) -> Upload:
    """The upload of a job.

    Raises:
        UnreadableError: the data breaks the rules, here or while the rows are read.
    """
    try:
        text = content.decode("utf-8").removeprefix(_BOM)
    except UnicodeDecodeError:
        raise UnreadableError("ClientInputError : The uploaded data is not UTF-8") from None
    _check_endings(text, dialect)
    header = text.partition(dialect.ending)[0]
    if not header.strip():
        raise UnreadableError("InvalidBatch : The uploaded data has no header row")
    if len(header) > _MOST_HEADER:
        raise UnreadableError(f"InvalidBatch : The header row is longer than {_MOST_HEADER} characters")
    rows = _rows(text, dialect)
    return Upload(header, next(rows), rows)


def _check_endings(text: str, dialect: Dialect) -> None:
    """Refuse data whose first line ends otherwise than the job says."""
    end = text.find("\n")
    given = "CRLF" if end > 0 and text[end - 1] == "\r" else "LF"
    if end >= 0 and given != dialect.ending_name:
        raise _wrong_ending(dialect)


def _wrong_ending(dialect: Dialect) -> UnreadableError:
    message = f"LineEnding is invalid on user data. Current LineEnding setting is {dialect.ending_name}"
    return UnreadableError(f"ClientInputError : {message}")


def _unreadable(text: str, place: int, dialect: Dialect) -> UnreadableError:
    """What is wrong at a place where no field can be read."""
    line = re.compile(r'[^"\r\n]*[\r\n]')
    if line.match(text, place):
        return _wrong_ending(dialect)
    message = "Failed to parse CSV. Found unescaped quote. A value with quote should be within a quote"
    return UnreadableError(f"InvalidBatch : {message}")


def _pattern(dialect: Dialect) -> re.Pattern[str]:
    """One field and what ends it: the delimiter, the end of the row or of the data."""
    between, end = re.escape(dialect.delimiter), re.escape(dialect.ending)
    return re.compile(rf'(?:{_QUOTED}|(?P<plain>[^"{between}\r\n]*))(?P<end>{between}|{end}|\Z)')


def _rows(text: str, dialect: Dialect) -> Iterator[list[str]]:
    match, delimiter = _pattern(dialect).match, dialect.delimiter
    row: list[str] = []
    place = start = 0
    while place < len(text) or row:
        found = match(text, place)
        if found is None:
            raise _unreadable(text, place, dialect)
        quoted = found["quoted"]
        row.append(found["plain"] if quoted is None else quoted.replace('""', '"'))
        place = found.end()
        if found["end"] == delimiter:
            continue
        _check_size(row, place - start)
        if row != [""]:
            yield row
        row, start = [], place


def _check_size(row: list[str], length: int) -> None:
    if length > _MOST_RECORD or len(row) > _MOST_FIELDS or any(len(each) > _MOST_FIELD for each in row):
        limits = f"{_MOST_FIELD} characters in a field, {_MOST_RECORD} in a record, {_MOST_FIELDS} fields"
        raise UnreadableError(f"InvalidBatch : A record is larger than allowed: {limits}")
