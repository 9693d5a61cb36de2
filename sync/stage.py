"""The stage: a cache of the CRMs in one DuckDB file, owned by one process, rebuildable by pulling again.

`sync.pipeline` opens it for the length of a run, lets connectors fill it stream by stream and hands its connection to
the computation. A stream becomes visible together with its cursor, or not at all; lost, the next pull is full.
"""

import errno
import gc
import hashlib
import logging
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb

from connectors.base import Page, StreamEnd
from mapping.records import Column, Table
from mapping.statements import create
from sync.arrival import TABLES, Arrival
from sync.engine import set_up

log = logging.getLogger(__name__)

BOOKS = (
    Table("stage_layout", "Which layout this file has.", (), (Column("fingerprint", "TEXT", "digest of the layout"),)),
    Table(
        "stage_cursor",
        "Where the next pull of a stream begins.",
        ("source", "stream"),
        (
            Column("source", "TEXT", "connection"),
            Column("stream", "TEXT", "stream"),
            Column("cursor", "TEXT", "what the last StreamEnd left"),
        ),
    ),
    Table(
        "stage_member",
        "Which parents a stream delivered, so that a whole listing can tell who is gone.",
        ("source", "stream", "id"),
        (
            Column("source", "TEXT", "connection"),
            Column("stream", "TEXT", "stream"),
            Column("id", "TEXT", "parent id of rows"),
        ),
    ),
    Table(
        "stage_table",
        "Which tables a stream fills, so that a deletion reaches all of them.",
        ("source", "stream", "name"),
        (
            Column("source", "TEXT", "connection"),
            Column("stream", "TEXT", "stream"),
            Column("name", "TEXT", "canonical table"),
        ),
    ),
)
"""What the stage keeps about itself."""

LAYOUT_VERSION = 1
"""Raised when `BOOKS` or the meaning of staged rows changes without a change of the declarations."""

COLLECT = (50_000, 20, 100)
"""Thresholds of Python's garbage collector during a pull: a page is hundreds of thousands of objects without a cycle;
looking for one every 700 objects took an eighth of a pull's CPU."""

DAMAGE = (
    "not a valid DuckDB database file",
    "database file with version number",
    "newer version of DuckDB",
    "Corrupt",
    "Could not read enough bytes",
    "Failure while replaying WAL",
)
"""Words by which DuckDB says that a file is none of its own, of a format it cannot read, cut off or damaged."""

SYSTEM = (errno.EACCES, errno.EDQUOT, errno.EIO, errno.EMFILE, errno.ENOMEM, errno.ENOSPC, errno.EPERM, errno.EROFS)
"""Errors of the system that stand in DuckDB's text; whatever else it says, the file is not to blame."""


class StageInUseError(Exception):
    """Another process has the stage open; nothing was read or written."""

    def __init__(self, path: Path | str) -> None:
        """Name the file and what to do; who has it is known to the ledger, once it holds the lease."""
        super().__init__(f"another process has {path} open. Wait until it has finished and try again")


class StageClosedError(Exception):
    """The stage cannot be used, for a reason outside of it: permission, a full disk, a broken one. It is kept."""

    def __init__(self, path: Path | str, error: Exception | str) -> None:
        """Say what DuckDB said, and what to do."""
        said = str(error).partition("\n")[0].rstrip(".")
        super().__init__(f"the stage {path} cannot be used: {said}. Mend that, or name another folder: store.stage")


def layout() -> str:
    """Digest of every declared column: a file with another digest is thrown away and pulled again."""
    columns = [
        f"{table.name}.{column.name} {column.type} {table.parent}"
        for table in (*BOOKS, *TABLES.values())
        for column in table.columns
    ]
    return hashlib.sha256("\n".join((str(LAYOUT_VERSION), *columns)).encode()).hexdigest()


class Stage:
    """A context manager around the DuckDB file at `path` (":memory:" for none).

    `connection` is open inside the block. `rebuilt` says that the file was new, of another layout, or no stage: one
    that DuckDB calls damaged, or wrote in a format it cannot read today, is deleted, with a warning, for the next pull
    brings everything back. Raises StageInUseError when another process holds the file, StageClosedError when the system
    lets nobody use it; then nothing is deleted.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = path
        self.connection: duckdb.DuckDBPyConnection
        self.rebuilt = False

    def __enter__(self) -> Self:
        self.connection = self._open()
        try:
            set_up(self.connection)
            self.rebuilt = self._fingerprint() != layout()
            if self.rebuilt:
                self._rebuild()
        except duckdb.Error as error:
            self.connection.close()
            raise StageClosedError(self.path, error) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.connection.close()

    def cursors(self, source: str) -> Mapping[str, str]:
        """Tell where each stream of a connection stopped; empty before the first pull."""
        rows = self.connection.execute("SELECT stream, cursor FROM stage_cursor WHERE source = ?", [source]).fetchall()
        return {stream: cursor for stream, cursor in rows if cursor is not None}

    def forget(self, source: str) -> None:
        """Drop the cursors of a connection: its next pull reads everything again."""
        self.connection.execute("DELETE FROM stage_cursor WHERE source = ?", [source])

    def keep_only(self, sources: Iterable[str]) -> None:
        """Drop what connections left behind that the settings no longer name: nobody would ever update it."""
        kept = list(sources)
        for table in (*TABLES.values(), *BOOKS):
            if "source" in table.column_names():
                self.connection.execute(f"DELETE FROM {table.name} WHERE NOT list_contains(?::TEXT[], source)", [kept])

    def take(self, source: str, items: Iterable[Page | StreamEnd]) -> Iterator[StreamEnd]:
        """Store what a connector pulls and yield the end of each stream once it is committed.

        A stream is one transaction: rows of a parent that was read again are replaced, deleted ids leave every table
        of the stream, a whole listing removes who was not in it, and the cursor is saved. When `items` raises, the
        stream under way leaves no trace. Raises BrokenStreamError when the items break the port's contract.
        """
        arrival = Arrival(self.connection, source)
        collected = gc.get_threshold()
        gc.set_threshold(*COLLECT)
        try:
            for item in items:
                match item:
                    case Page():
                        arrival.add(item)
                    case StreamEnd():
                        arrival.settle(item)
                        yield item
            arrival.finish()
        finally:
            gc.set_threshold(*collected)
            arrival.abandon()

    def _open(self) -> duckdb.DuckDBPyConnection:
        if _is_sqlite(Path(self.path)):
            raise StageClosedError(self.path, "it is a database of SQLite")
        try:
            return duckdb.connect(str(self.path))
        except duckdb.Error as error:
            if not damaged(self.path, error):
                raise refusal(self.path, error) from error
            log.warning("the stage %s is deleted, the next pull is full: %s", self.path, error)
        return self._start_over()

    def _start_over(self) -> duckdb.DuckDBPyConnection:
        try:
            for name in (str(self.path), f"{self.path}.wal"):
                Path(name).unlink(missing_ok=True)
            return duckdb.connect(str(self.path))
        except (OSError, duckdb.Error) as error:
            raise StageClosedError(self.path, error) from error

    def _fingerprint(self) -> str | None:
        if not self.connection.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'stage_layout'").fetchall():
            return None
        row = self.connection.execute("SELECT fingerprint FROM stage_layout").fetchone()
        return row[0] if row else None

    def _rebuild(self) -> None:
        self.connection.begin()
        for table in (*TABLES.values(), *BOOKS):
            create(self.connection, table)
        self.connection.execute("INSERT INTO stage_layout VALUES (?)", [layout()])
        self.connection.commit()


def _is_sqlite(path: Path) -> bool:
    """Tell whether somebody named a database of SQLite, the ledger perhaps: DuckDB would fetch what opens it."""
    try:
        with path.open("rb") as file:
            return file.read(15) == b"SQLite format 3"
    except OSError:
        return False


def refusal(path: Path | str, error: duckdb.Error) -> StageInUseError | StageClosedError:
    """Say why DuckDB does not open a stage: somebody else has it, or the system lets nobody."""
    if "Could not set lock" in _without_path(path, error):
        return StageInUseError(path)
    return StageClosedError(path, error)


def damaged(path: Path | str, error: duckdb.Error) -> bool:
    """Tell whether DuckDB finds fault with what is in the file, rather than with the system around it."""
    said = _without_path(path, error)
    return any(words in said for words in DAMAGE) and not any(os.strerror(code) in said for code in SYSTEM)


def _without_path(path: Path | str, error: duckdb.Error) -> str:
    """Give the text of an error; the path in it may hold any word."""
    return str(error).replace(str(path), "").replace(str(Path(path).absolute()), "")
