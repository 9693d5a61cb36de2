"""How the pages of a connector enter the stage: the stream under way becomes visible when its end arrives.

Used by `sync.stage` alone. What a page replaces is found by its parents, and by set-based statements at the stream's
end, not page by page.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import arro3.core as arrow
import duckdb

from connectors.base import Ids, Page, StreamEnd
from mapping.metadata import observed_tables
from mapping.records import MERGED, STAGED, Table
from mapping.statements import blocks, execute
from sync.engine import MEMORY_OF_PAGES, allow, allowed

TABLES: Mapping[str, Table] = {table.name: table for table in (*STAGED, *MERGED.values(), *observed_tables())}
"""Everything a connector may deliver, by name."""

NAMES = {"account_id": "account", "parent_id": "account", "contact_id": "contact", "reports_to_id": "contact"}
"""Columns that name a record, and its object."""

REFERENCES = tuple(
    (table.name, column.name, NAMES[column.name])
    for table in STAGED
    for column in table.columns
    if column.name in NAMES and column.name != table.parent
)
"""Where a staged row names an account or a contact that may be merged into another one: table, column and object."""

MERGES = frozenset(table.name for table in MERGED.values())


class BrokenStreamError(Exception):
    """A connector broke the contract of `Connector.pull`: streams interleaved, or one without its end."""


@dataclass(slots=True)
class _Placed:
    """Rows that went straight into a table: how many were there `before`, and how many each page added."""

    before: int
    rows: list[int]


class Arrival:
    """One connection's pull: what the stream under way brings becomes visible when its end arrives.

    Rows of a stream that is new go where they belong at once, there is hardly anything that they could replace. All
    others wait in temporary tables: one statement a table at the end, and not one a page, keeps a reading of millions
    of rows linear. Meanwhile DuckDB has one thread: pages are small, and dividing them costs more than it saves.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, source: str) -> None:
        self._connection = connection
        self._source = source
        self._cursors = self._streams("SELECT stream FROM stage_cursor WHERE source = ?")
        self._members = self._streams("SELECT DISTINCT stream FROM stage_member WHERE source = ?")
        self._tables = set(self._all("SELECT stream, name FROM stage_table WHERE source = ?", source))
        self._stream: str | None = None
        self._brought: dict[str, list[int]] = {}
        self._straight: dict[str, _Placed] = {}
        self._filled: set[str] = set()
        self._page = self._named = self._odd = 0
        self._merges = False
        self._memory = allowed(connection)
        ((self._threads, kept),) = self._all(
            "SELECT CURRENT_SETTING('threads'), path FROM duckdb_databases() WHERE database_name = CURRENT_DATABASE()"
        )
        self._modest = min(self._memory, MEMORY_OF_PAGES) if kept else self._memory
        self._run("SET threads = 1")

    def _streams(self, query: str) -> set[str]:
        return {stream for (stream,) in self._all(query, self._source)}

    def add(self, page: Page) -> None:
        """Keep a page aside, or where it belongs."""
        self._begin(page.stream)
        self._lay()
        self._page += 1
        self._odd += self._list("removed", page.deleted)
        self._named += self._list("mention", page.ids)
        for name, rows in page.tables.items():
            if len(rows.column_names) < len(TABLES[name].columns):
                self._patch(TABLES[name], rows)
                continue
            if name not in self._brought and page.stream not in self._members:
                self._straight[name] = _Placed(self._count(name), [])
            self._brought.setdefault(name, []).append(self._page)
            self._keep(TABLES[name], rows)
            if not (name in page.listed or _same(rows, TABLES[name].parent, page.ids)):
                self._note_extras(TABLES[name], rows)

    def settle(self, end: StreamEnd) -> None:
        """Make the stream visible, with its cursor."""
        self._begin(end.stream)
        if self._page or end.whole:
            self._lay()
            self._remember_tables(end.stream)
            self._exchange(end)
            self._members.add(end.stream)
        self._hold(self._memory)
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
        with suppress(duckdb.ConnectionException):  # closed already: whoever pulled has failed
            self._run(f"SET threads = {self._threads}")
            self._hold(self._memory)

    def _begin(self, stream: str) -> None:
        if self._stream == stream:
            return
        if self._stream is not None:
            raise BrokenStreamError(f"{self._source}: {stream} begins before {self._stream} has ended")
        self._hold(self._modest)
        self._connection.begin()
        self._stream, self._brought, self._straight, self._filled = stream, {}, {}, set()
        self._page = self._named = self._odd = 0
        self._merges = False

    def _lay(self) -> None:
        """Make room for what the first page of a stream tells; many a stream has none."""
        if self._page == 0:
            execute(self._connection, "sql/stage_lay", "sync")

    def _list(self, table: str, ids: Sequence[str]) -> int:
        """Note ids of the page at hand and count them."""
        if not ids:
            return 0
        return self._take(arrow.Table({"id": Ids.of(ids).column}), table, "id, ?", self._page)

    def _keep(self, table: Table, rows: arrow.Table) -> None:
        straight = self._straight.get(table.name)
        if straight is not None:
            straight.rows.append(rows.num_rows)
        if not rows.num_rows:
            return
        self._merges = self._merges or table.name in MERGES
        columns = ", ".join(table.column_names())
        if straight is not None:
            self._take(rows, table.name, columns)
        else:
            shape = f"SELECT *, 0 AS page FROM {table.name} LIMIT 0"
            self._run(f"CREATE TEMP TABLE IF NOT EXISTS arriving_{table.name} AS {shape}")
            self._filled.add(table.name)
            self._take(rows, f"arriving_{table.name}", f"{columns}, ?", self._page)

    def _note_extras(self, table: Table, rows: arrow.Table) -> None:
        """Note parents of rows that their page does not list itself."""
        found = self._over(
            rows,
            f"INSERT INTO extra SELECT DISTINCT ?, {table.parent}, ? FROM arrived WHERE {table.parent} IS NOT NULL"
            f" AND {table.parent} NOT IN (SELECT id FROM mention WHERE page = ?)",
            table.name,
            self._page,
            self._page,
        )
        self._odd += sum(count for (count,) in found)

    def _take(self, rows: arrow.Table, table: str, chosen: str, *values: object) -> int:
        """Insert what is `chosen` of rows into a table and count it."""
        ((taken,),) = self._over(rows, f"INSERT INTO {table} SELECT {chosen} FROM arrived", *values)
        return int(taken)

    def _hold(self, most: int) -> None:
        """Change how much DuckDB may hold, where that is to change; not yet where it cannot let go of as much."""
        with suppress(duckdb.OutOfMemoryException):
            if self._modest < self._memory:
                allow(self._connection, most)

    def _over(self, arrived: arrow.Table, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Run a statement over the rows that `arrived`, which DuckDB finds by the name they have here.

        Registered on the connection, a page would stay in memory until its stream ends, for a transaction keeps what it
        replaces in the catalog: that were 500 bytes a contact.
        """
        return self._connection.execute(query, values).fetchall() if arrived.num_rows else []

    def _count(self, name: str, among: str = "TRUE") -> int:
        ((found,),) = self._all(f"SELECT COUNT(*) FROM {name} WHERE source = ? AND {among}", self._source)
        return int(found)

    def _patch(self, table: Table, rows: arrow.Table) -> None:
        """Set the columns that arrived, of the rows that are there; rows that arrive whole afterwards replace them."""
        names = rows.column_names
        changed = [name for name in names if name not in table.key]
        setting = ", ".join(f"{name} = a.{name}" for name in changed)
        alike = " AND ".join(f"t.{name} = a.{name}" for name in table.key)
        differ = " OR ".join(f"t.{name} IS DISTINCT FROM a.{name}" for name in changed)
        self._over(rows, f"UPDATE {table.name} AS t SET {setting} FROM arrived AS a WHERE {alike} AND ({differ})")

    def _exchange(self, end: StreamEnd) -> None:
        """Let what waits take the place of what is there; who is new replaces nothing, and needs no more memory."""
        self._run("INSERT INTO ending VALUES (?, ?, ?)", self._source, end.stream, end.whole)
        if end.stream in self._members or self._odd:
            self._hold(self._memory)
            self._find_gone(end.stream)
            self._replace(once=self._each_once())
            self._delete(name for stream, name in self._tables if stream == end.stream)
        else:
            once = self._enrol() == self._named
            self._hold(self._modest if once else self._memory)
            self._replace(once=once)
        if self._merges:
            self._repoint()

    def _each_once(self) -> bool:
        """Tell whether every parent was mentioned once; a merged record, which no page lists, is no second mention."""
        twice = "SELECT 1 FROM extra WHERE NOT LIST_CONTAINS(?::TEXT[], name)"
        return not self._all(f"{twice} UNION ALL SELECT 1 FROM seen WHERE mentions > 1 LIMIT 1", sorted(MERGES))

    def _enrol(self) -> int:
        """Make members of a stream that has none; counts each id once, and the beginnings of ids, which are nobody."""
        (statement,) = blocks("sql/stage_first", "sync")
        ((enrolled,),) = self._all(statement)
        if enrolled == self._named:
            return int(enrolled)
        ((beginnings,),) = self._all("SELECT COUNT(*) FROM mention WHERE ENDS_WITH(id, ':')")
        return int(enrolled) + int(beginnings)

    def _find_gone(self, stream: str) -> None:
        """Find who was seen and who is gone, and keep the members of the stream."""
        execute(self._connection, "sql/stage_settle", "sync")
        execute(self._connection, "sql/stage_sweep" if stream in self._members else "sql/stage_enrol", "sync")

    def _repoint(self) -> None:
        """Let everything that named a merged record name the one that lives on."""
        execute(self._connection, "sql/stage_merge", "sync")
        for table, column, object_name in REFERENCES:
            self._run(
                f"UPDATE {table} AS t SET {column} = l.winner_id FROM lives_on AS l"
                f" WHERE l.object = ? AND t.source = l.source AND t.{column} = l.id",
                object_name,
            )

    def _remember_tables(self, stream: str) -> None:
        """Note the tables of the stream, for ever."""
        if new := sorted(name for name in self._brought if (stream, name) not in self._tables):
            self._run("INSERT INTO stage_table SELECT ?, ?, UNNEST(?::TEXT[])", self._source, stream, new)
            self._tables.update((stream, name) for name in new)

    def _replace(self, *, once: bool) -> None:
        """Exchange the rows of every parent that was mentioned with a table; of two mentions the later counts."""
        for name in sorted(self._brought):
            if name not in self._straight:
                self._replace_arrived(name, once=once)
            elif not once or self._meets_others(name):
                self._find_latest(name)
                self._drop_earlier(name)

    def _replace_arrived(self, name: str, *, once: bool) -> None:
        parent = TABLES[name].parent
        columns = ", ".join(f"a.{column}" for column in TABLES[name].column_names())
        arriving = f"INSERT INTO {name} SELECT {columns} FROM arriving_{name} AS a"
        fresh = not self._all(f"SELECT 1 FROM {name} WHERE source = ? LIMIT 1", self._source)
        if not (once and fresh):
            self._find_latest(name)
        if not once:
            arriving += f" JOIN latest AS l ON a.{parent} = l.id AND a.page = l.page"
        if not fresh:
            self._remove(name, "latest")
        if name in self._filled:
            self._run(arriving)
            self._run(f"DROP TABLE arriving_{name}")

    def _meets_others(self, name: str) -> bool:
        """Tell whether a table that rows went straight into may hold older ones of the same parents."""
        placed = self._straight[name]
        if not placed.before:
            return False
        mine = self._count(name, f"{TABLES[name].parent} IN (SELECT id FROM mention)")
        return mine > sum(placed.rows) or self._beginnings("mention")

    def _drop_earlier(self, name: str) -> None:
        """Drop rows of a table that rows which went straight into it replace.

        Nothing tells the page of a row there but its place: one statement after the other added them.
        """
        placed, parent = self._straight[name], TABLES[name].parent
        ranked = f"SELECT rowid AS spot, {parent} AS id, ROW_NUMBER() OVER (ORDER BY rowid) AS nth FROM {name}"
        self._run(f"CREATE OR REPLACE TEMP TABLE place AS {ranked} WHERE source = ?", self._source)
        self._run(
            f"DELETE FROM {name} WHERE rowid IN (SELECT r.spot FROM place AS r JOIN latest AS l ON l.id = r.id JOIN"
            " (SELECT UNNEST(?::BIGINT[]) AS page, UNNEST(?::BIGINT[]) AS earlier) AS p ON p.page = l.page"
            " WHERE r.nth <= p.earlier)",
            self._brought[name],
            list(accumulate(placed.rows, initial=placed.before))[:-1],
        )
        if self._beginnings("latest"):
            listed = _listed("id", "latest", beginnings=True)
            self._run(
                f"DELETE FROM {name} WHERE rowid IN (SELECT spot FROM place WHERE nth <= ? AND ({listed}))",
                placed.before,
            )

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
        if not self._all("SELECT 1 FROM gone LIMIT 1"):
            return
        for name in set(tables) - MERGES:  # a loser is gone, and has to be known as one
            self._remove(name, "gone")

    def _remove(self, name: str, ids: str) -> None:
        """Remove the rows of a table whose parent is in a list of ids, or begins with one of them."""
        listed = _listed(TABLES[name].parent, ids, beginnings=self._beginnings(ids))
        self._run(f"DELETE FROM {name} WHERE source = ? AND ({listed})", self._source)

    def _beginnings(self, ids: str) -> bool:
        """Tell whether there are beginnings of ids in a list."""
        return bool(self._all(f"SELECT 1 FROM {ids} WHERE ENDS_WITH(id, ':') LIMIT 1"))

    def _save_cursor(self, end: StreamEnd) -> None:
        if end.stream in self._cursors:
            self._run("DELETE FROM stage_cursor WHERE source = ? AND stream = ?", self._source, end.stream)
        self._run("INSERT INTO stage_cursor VALUES (?, ?, ?)", self._source, end.stream, end.cursor)
        self._cursors.add(end.stream)

    def _run(self, statement: str, *values: object) -> None:
        self._connection.execute(statement, list(values))

    def _all(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        return self._connection.execute(statement, list(values)).fetchall()


def _same(rows: arrow.Table, parent: str, ids: Sequence[str]) -> bool:
    """Tell whether the parents of rows are a page's ids, in the same order."""
    return isinstance(ids, Ids) and rows.column(parent) == ids.column


def _listed(parent: str, ids: str, *, beginnings: bool) -> str:
    """Say that an id is in a list, or begins with one that ends in a colon; see `connectors.base.Page`."""
    first = f"SPLIT_PART({parent}, ':', 1) || ':'"
    second = f"{first} || SPLIT_PART({parent}, ':', 2) || ':'"
    told = (parent, first, second) if beginnings else (parent,)
    return " OR ".join(f"{one} IN (SELECT id FROM {ids})" for one in told)
