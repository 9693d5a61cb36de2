"""Finds the CSV files of an export: in a folder and below it, in zips, split over several files or zips."""

import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from connectors.errors import Unusable

OUT = "rapport-out"
"""The folder results are written into; nothing in it is part of an export."""
SPOILT = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError)
"""What reading a zip raises when it is cut off, garbled, locked by a password or packed in a way we do not know."""

Recognise = Callable[[str], str | None]
"""Tells which object of the CRM a file holds, by the file's name; None when it is none we read."""
Print = tuple[tuple[str, int, int], ...]
"""What tells one state of a folder from another: path, size and moment of change of every file."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One CSV file: the object it holds, the file or zip it lies in, and its date in epoch seconds."""

    object: str
    path: Path
    member: str | None
    at: int

    @property
    def name(self) -> str:
        """Name the file for a message, a packed one with its zip."""
        return f"{self.path.name}, {self.member}" if self.member else self.path.name

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """Lend the bytes of the file; reading a packed one to its end proves its checksum. Raises Unusable."""
        try:
            if self.member is None:
                with self.path.open("rb") as file:
                    yield file
            else:
                with zipfile.ZipFile(self.path) as packed, packed.open(self.member) as file:
                    yield file
        except SPOILT as error:
            raise spoilt(self.name, error) from error
        except OSError as error:
            raise Unusable(f"{self.name} cannot be read: {error.strerror or error}.") from error


def spoilt(name: str, error: Exception) -> Unusable:
    """Say that a zip cannot be read."""
    return Unusable(f"{name}: the zip is cut off, garbled or locked ({error}). Download it again.")


def fingerprint(place: Path) -> Print:
    """Tell the state of an export; raises Unusable when there is none at `place`."""
    try:
        states = [(path, path.stat()) for path in _files(place)]
    except OSError as error:
        raise Unusable(f"{place} cannot be read: {error.strerror}.") from error
    return tuple((str(path), state.st_size, state.st_mtime_ns) for path, state in states)


def sheets(place: Path, recognise: Recognise) -> list[Sheet]:
    """List the files of an export that hold an object we read, the oldest first.

    Raises Unusable when there is no such place or a zip cannot be opened.
    """
    found = [sheet for path in _files(place) for sheet in _in_file(path, recognise)]
    return sorted(found, key=lambda sheet: (sheet.at, sheet.name))


def _files(place: Path) -> list[Path]:
    if place.is_file():
        return [place]
    if not place.is_dir():
        raise Unusable(f"{place} is neither a folder nor a file. Name in `folder` where the export lies.")
    below = (path for path in place.rglob("*") if OUT not in path.relative_to(place).parts)
    return sorted(path for path in below if path.suffix.lower() in {".csv", ".zip"} and path.is_file())


def _in_file(path: Path, recognise: Recognise) -> Iterator[Sheet]:
    if path.suffix.lower() == ".zip":
        yield from _in_zip(path, recognise)
    elif object_name := recognise(path.name):
        yield Sheet(object_name, path, None, int(path.stat().st_mtime))


def _in_zip(path: Path, recognise: Recognise) -> Iterator[Sheet]:
    try:
        with zipfile.ZipFile(path) as packed:
            members = packed.infolist()
    except (*SPOILT, OSError) as error:
        raise spoilt(path.name, error) from error
    for member in members:
        plain = member.filename.rpartition("/")[2]
        object_name = recognise(plain) if plain.lower().endswith(".csv") else None
        if object_name or (plain.lower().endswith(".csv") and (object_name := recognise(path.name))):
            at = datetime(*member.date_time, tzinfo=UTC)
            yield Sheet(object_name, path, member.filename, int(at.timestamp()))
