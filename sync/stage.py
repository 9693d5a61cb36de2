"""The stage: a cache of the CRMs in one DuckDB file, owned by one process, rebuildable by pulling again.

`sync.pipeline` opens it for the length of a run, lets connectors fill it stream by stream and hands its connection to
the computation. A stream becomes visible together with its cursor, or not at all; lost, the next pull is full.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import arro3.core as arrow
import duckdb

from connectors.base import Page, StreamEnd
from mapping.metadata import observed_tables
from mapping.records import MERGED, STAGED, Column, Table
from mapping.statements import ARROW_TYPES, create, execute

TABLES: Mapping[str, Table] = {table.name: table for table in (*STAGED, MERGED, *observed_tables())}
"""Everything a connector may deliver, by name."""

REFERENCES = tuple(
    (table.name, column.name)
    for table in STAGED
    for column in table.columns
    if column.name in {"account_id", "contact_id", "parent_id", "reports_to_id"} and column.name != table.parent
)
"""Where a staged row names an account or a contact that may be merged into another one: table and column."""

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


MEMORY_MOST = 4 * 2**30
"""Bytes DuckDB may use before it goes on in files beside the stage (our default); less where the machine has less. Its
own default, four fifths of the machine, would leave nothing to the run of a second organisation."""


class StageInUseError(Exception):
    """Another process has the stage open; nothing was read or written."""

    def __init__(self, path: Path | str) -> None:
        """Name the file and what to do; who has it is known to the ledger, once it holds the lease."""
        super().__init__(f"another process has {path} open. Wait until it has finished and try again")


class BrokenStreamError(Exception):
    """A connector broke the contract of `Connector.pull`: streams interleaved, or one without its end."""


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

    `connection` is open inside the block. `rebuilt` says that the file was new, unreadable or of another layout.
    Raises StageInUseError when another process holds the file.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = path
        self.connection: duckdb.DuckDBPyConnection
        self.rebuilt = False

    def __enter__(self) -> Self:
        self.connection = self._open()
        set_up(self.connection)
        self.rebuilt = self._fingerprint() != layout()
        if self.rebuilt:
            self._rebuild()
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
        arrival = _Arrival(self.connection, source)
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
            arrival.abandon()

    def _open(self) -> duckdb.DuckDBPyConnection:
        try:
            return duckdb.connect(str(self.path))
        except duckdb.IOException as error:
            if "Could not set lock" in str(error):  # the path in the text may hold the word too
                raise StageInUseError(self.path) from error
            return self._start_over()
        except duckdb.Error:
            return self._start_over()

    def _start_over(self) -> duckdb.DuckDBPyConnection:
        for name in (str(self.path), f"{self.path}.wal"):
            Path(name).unlink(missing_ok=True)
        return duckdb.connect(str(self.path))

    def _fingerprint(self) -> str | None:
        try:
            row = self.connection.execute("SELECT fingerprint FROM stage_layout").fetchone()
        except duckdb.CatalogException:
            return None
        return row[0] if row else None

    def _rebuild(self) -> None:
        self.connection.begin()
        for table in (*TABLES.values(), *BOOKS):
            create(self.connection, table)
        self.connection.execute("INSERT INTO stage_layout VALUES (?)", [layout()])
        self.connection.commit()


def set_up(connection: duckdb.DuckDBPyConnection) -> None:
    """Tell DuckDB how we work; the memory limit is only ever lowered.

    No statement of ours relies on the order of rows. Told so, DuckDB fills a table with every thread and holds no
    finished part back for the sake of an earlier one: half the time of the widest tables, and less memory. Its progress
    bar would run into what we print.
    """
    connection.execute("SET preserve_insertion_order = FALSE")
    connection.execute("SET enable_progress_bar = FALSE")
    allowed = connection.execute(
        "SELECT CAST(SPLIT_PART(value, ' ', 1) AS DOUBLE) * CASE SPLIT_PART(value, ' ', 2)"
        " WHEN 'TiB' THEN 1099511627776 WHEN 'GiB' THEN 1073741824 ELSE 0 END"
        " FROM duckdb_settings() WHERE name = 'memory_limit'"
    ).fetchone()
    if allowed and allowed[0] > MEMORY_MOST:
        connection.execute(f"SET memory_limit = '{MEMORY_MOST} B'")


class _Arrival:
    """One connection's pull: pages of the stream under way wait in temporary tables until their end arrives.

    One statement a table at the end, and not one a page, keeps a first load of millions of rows linear.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, source: str) -> None:
        self._connection = connection
        self._source = source
        self._stream: str | None = None
        self._brought: dict[str, list[int]] = {}
        self._filled: set[str] = set()
        self._page = 0

    def add(self, page: Page) -> None:
        """Keep a page aside."""
        self._begin(page.stream)
        self._page += 1
        self._list("removed", page.deleted)
        self._list("mention", page.ids)
        for name, rows in page.tables.items():
            if len(rows.column_names) < len(TABLES[name].columns):
                self._patch(TABLES[name], rows)
                continue
            self._brought.setdefault(name, []).append(self._page)
            if rows.num_rows:
                self._keep(TABLES[name], rows)

    def settle(self, end: StreamEnd) -> None:
        """Make the stream visible, with its cursor."""
        self._begin(end.stream)
        tables = self._remember_tables(end.stream)
        if self._page or end.whole:
            self._exchange(end, tables)
        self._save_cursor(end)
        self._connection.commit()
        self._stream = None

    def finish(self) -> None:
        """Insist that the last stream was ended."""
        if self._stream is not None:
            raise BrokenStreamError(f"{self._source}: the stream {self._stream} has no end")

    def abandon(self) -> None:
        """Leave no trace of a stream that has not ended."""
        if self._stream is not None:
            self._connection.rollback()
            self._stream = None

    def _begin(self, stream: str) -> None:
        if self._stream == stream:
            return
        if self._stream is not None:
            raise BrokenStreamError(f"{self._source}: {stream} begins before {self._stream} has ended")
        self._connection.begin()
        self._run("CREATE OR REPLACE TEMP TABLE mention (id TEXT, page BIGINT)")
        self._run("CREATE OR REPLACE TEMP TABLE extra (name TEXT, id TEXT, page BIGINT)")
        self._run("CREATE OR REPLACE TEMP TABLE removed (id TEXT, page BIGINT)")
        self._run("CREATE OR REPLACE TEMP TABLE ending (source TEXT, stream TEXT, whole BOOLEAN)")
        self._stream, self._brought, self._filled, self._page = stream, {}, set(), 0

    def _list(self, table: str, ids: Sequence[str]) -> None:
        """Note ids of the page at hand."""
        if ids:
            self._take(arrow.Table({"id": arrow.Array(list(ids), type=ARROW_TYPES["TEXT"])}), table, "id")

    def _keep(self, table: Table, rows: arrow.Table) -> None:
        if table.name not in self._filled:
            self._run(
                f"CREATE OR REPLACE TEMP TABLE arriving_{table.name} AS SELECT *, 0 AS page FROM {table.name} LIMIT 0"
            )
            self._filled.add(table.name)
        self._take(rows, f"arriving_{table.name}", ", ".join(table.column_names()))

    def _take(self, rows: arrow.Table, table: str, columns: str) -> None:
        self._connection.register("arrived", rows)
        self._run(f"INSERT INTO {table} SELECT {columns}, ? FROM arrived", self._page)
        self._connection.unregister("arrived")

    def _patch(self, table: Table, rows: arrow.Table) -> None:
        """Set the columns that arrived, of the rows that are there; rows that arrive whole afterwards replace them."""
        names = rows.column_names
        changed = [name for name in names if name not in table.key]
        setting = ", ".join(f"{name} = a.{name}" for name in changed)
        alike = " AND ".join(f"t.{name} = a.{name}" for name in table.key)
        differ = " OR ".join(f"t.{name} IS DISTINCT FROM a.{name}" for name in changed)
        self._connection.register("arrived", rows)
        self._run(f"UPDATE {table.name} AS t SET {setting} FROM arrived AS a WHERE {alike} AND ({differ})")
        self._connection.unregister("arrived")

    def _exchange(self, end: StreamEnd, tables: Iterable[str]) -> None:
        self._run("INSERT INTO ending VALUES (?, ?, ?)", self._source, end.stream, end.whole)
        for name in self._filled:
            self._note_extras(name, TABLES[name].parent)
        execute(self._connection, "sql/stage_settle", "sync")
        known = self._all(
            "SELECT 1 FROM stage_member WHERE source = ? AND stream = ? LIMIT 1", self._source, end.stream
        )
        execute(self._connection, "sql/stage_sweep" if known else "sql/stage_enrol", "sync")
        self._replace()
        self._delete(tables)
        if MERGED.name in self._brought:
            self._repoint()

    def _note_extras(self, name: str, parent: str) -> None:
        """Note parents of rows that their page does not list itself."""
        self._run(
            f"INSERT INTO extra SELECT DISTINCT ?, a.{parent}, a.page FROM arriving_{name} AS a"
            f" WHERE a.{parent} IS NOT NULL AND (a.{parent}, a.page) NOT IN (SELECT id, page FROM mention)",
            name,
        )

    def _repoint(self) -> None:
        """Let everything that named a merged record name the one that lives on."""
        execute(self._connection, "sql/stage_merge", "sync")
        for table, column in REFERENCES:
            self._run(
                f"UPDATE {table} AS t SET {column} = l.winner_id FROM lives_on AS l"
                f" WHERE t.source = l.source AND t.{column} = l.id"
            )

    def _remember_tables(self, stream: str) -> tuple[str, ...]:
        """Note the tables of the stream and name all it ever filled."""
        key = (self._source, stream)
        known = {name for (name,) in self._all("SELECT name FROM stage_table WHERE source = ? AND stream = ?", *key)}
        for name in sorted(self._brought.keys() - known):
            self._run("INSERT INTO stage_table VALUES (?, ?, ?)", *key, name)
        return tuple(sorted(known | self._brought.keys()))

    def _replace(self) -> None:
        """Exchange the rows of every parent that was mentioned with a table; of two mentions the later counts."""
        once = not self._all("SELECT 1 FROM extra UNION ALL SELECT 1 FROM seen WHERE mentions > 1 LIMIT 1")
        for name in sorted(self._brought):
            parent = TABLES[name].parent
            columns = ", ".join(f"a.{column}" for column in TABLES[name].column_names())
            arriving = f"INSERT INTO {name} SELECT {columns} FROM arriving_{name} AS a"
            fresh = not self._all(f"SELECT 1 FROM {name} WHERE source = ? LIMIT 1", self._source)
            if not (once and fresh):
                self._find_latest(name)
            if not once:
                arriving += f" JOIN latest AS l ON a.{parent} = l.id AND a.page = l.page"
            if not fresh:
                self._run(
                    f"DELETE FROM {name} WHERE source = ? AND {_named(parent, '(SELECT id FROM latest)')}", self._source
                )
            if name in self._filled:
                self._run(arriving)
                self._run(f"DROP TABLE arriving_{name}")

    def _find_latest(self, name: str) -> None:
        """Find the last page that mentions a parent together with a table."""
        self._run(
            "CREATE OR REPLACE TEMP TABLE latest AS SELECT id, MAX(page) AS page FROM"
            " (SELECT id, page FROM mention WHERE LIST_CONTAINS(?::BIGINT[], page)"
            " UNION ALL SELECT id, page FROM extra WHERE name = ?) AS named GROUP BY id",
            self._brought[name],
            name,
        )

    def _delete(self, tables: Iterable[str]) -> None:
        gone = "(SELECT id FROM gone)"
        if not self._all("SELECT 1 FROM gone LIMIT 1"):
            return
        for name in set(tables) - {MERGED.name}:  # a loser is gone, and has to be known as one
            self._run(f"DELETE FROM {name} WHERE source = ? AND {_named(TABLES[name].parent, gone)}", self._source)

    def _save_cursor(self, end: StreamEnd) -> None:
        self._run("DELETE FROM stage_cursor WHERE source = ? AND stream = ?", self._source, end.stream)
        self._run("INSERT INTO stage_cursor VALUES (?, ?, ?)", self._source, end.stream, end.cursor)

    def _run(self, statement: str, *values: object) -> None:
        self._connection.execute(statement, list(values))

    def _all(self, statement: str, *values: object) -> list[tuple[str, ...]]:
        return self._connection.execute(statement, list(values)).fetchall()


def _named(parent: str, ids: str) -> str:
    """Say that an id is among others, or begins with one that ends in a colon; see `connectors.base.Page`."""
    first = f"SPLIT_PART({parent}, ':', 1) || ':'"
    second = f"{first} || SPLIT_PART({parent}, ':', 2) || ':'"
    return f"({parent} IN {ids} OR {first} IN {ids} OR {second} IN {ids})"
