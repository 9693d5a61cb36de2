"""An export as tables of a scratch database: read whole before the first row is handed on, gone when it is closed.

The scratch database lies in a folder for temporary files. A file that is cut off or garbled is found before anything
reaches the stage, and what belongs to a record (who took part in a task) is found by its key.
"""

import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import duckdb

from connectors.files import csvfile
from connectors.files.csvfile import Column, Text
from connectors.files.folder import Print, Recognise, Sheet, fingerprint, sheets
from mapping.statements import execute

Record = dict[str, object]
Plan = Callable[[str, Sequence[str]], Mapping[str, Column]]
"""Tells for an object and the header of one of its files how our columns are made of it."""
MEMORY = "1GB"
"""What the scratch database holds in memory; the rest is on disk (our default)."""


@dataclass(slots=True)
class Held:
    """What is known of one object: its files with their headers, the columns read, and what was left out, by reason."""

    sheets: list[tuple[Sheet, list[str]]] = field(default_factory=list)
    columns: tuple[str, ...] = ()
    rows: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    warnings: list[str] = field(default_factory=list)


class Export:
    """The files at `place`; `id_column` and `deleted`, which marks rows the CRM has deleted, are the dialect's.

    Call `look` first; it reads headers. `load` reads everything, once for each `generation`, a state of the folder.
    """

    def __init__(self, place: Path, encoding: str, recognise: Recognise, id_column: str, deleted: str = "") -> None:
        self.place = place
        self.reads: Counter[str] = Counter()
        self._encoding = encoding
        self._recognise = recognise
        self._id = id_column
        self._deleted = deleted
        self._print: Print | None = None
        self._loaded = False
        self._held: dict[str, Held] = {}
        self._keyed: set[str] = set()
        self._links: dict[str, tuple[str, ...]] = {}
        self.generation = 0

    # --- what there is ----------------------------------------------------------------------------------------------

    def look(self) -> None:
        """Look at the folder again; what changed since the last time is to be read again. Raises Unusable."""
        found = fingerprint(self.place)
        if found == self._print:
            return
        held: dict[str, Held] = {}
        for sheet in sheets(self.place, self._recognise):
            names = csvfile.header(sheet, self._encoding)
            held.setdefault(sheet.object, Held()).sheets.append((sheet, names))
        self._held, self._print, self._loaded = held, found, False
        self.generation += 1

    def objects(self) -> list[str]:
        """Name the objects the export has files of."""
        return list(self._held)

    def exists(self, name: str) -> bool:
        """Tell whether there is a file of the object."""
        return name in self._held

    def of(self, name: str) -> Held:
        """Tell what is known of an object; nothing of one without a file."""
        return self._held.get(name, Held())

    def date(self) -> int:
        """Tell the date of the newest file in epoch seconds; 0 without any."""
        return max((sheet.at for held in self._held.values() for sheet, _ in held.sheets), default=0)

    # --- reading ----------------------------------------------------------------------------------------------------

    def load(self, plan: Plan) -> bool:
        """Read every file into its table, and tell whether that was necessary.

        Raises Unusable when one of them cannot be read to its end.
        """
        if self._loaded:
            return False
        for name, held in self._held.items():
            self._load(name, held, plan)
        self._keyed.clear()
        self._links.clear()
        self._loaded = True
        return True

    def link(self, table: str, name: str, id_column: str, columns: Mapping[str, str]) -> None:
        """Turn columns of joined ids around: a table of (id, other, label) with `other` the record that names the id.

        `columns` maps the columns of the object `name` to their label; the table is found by `related`.
        """
        if not columns:
            return
        parts = " UNION ALL ".join(
            f'SELECT unnest(string_split("{column}", \';\')) AS id, "{id_column}" AS other, ? AS label FROM "{name}"'
            for column in columns
        )
        self._run(
            f'CREATE OR REPLACE TABLE "{table}" AS SELECT trim(id) AS id, other, label FROM ({parts}) AS t',
            *columns.values(),
        )
        self._links[table] = ("id", "other", "label")

    def _load(self, name: str, held: Held, plan: Plan) -> None:
        plans = [plan(name, names) for _, names in held.sheets]
        held.columns = tuple(dict.fromkeys(column for made in plans for column in made))
        held.warnings = []
        columns = ", ".join(f'"{column}" TEXT' for column in held.columns)
        self._run(f'CREATE OR REPLACE TABLE "{name}" ({columns})')
        for (sheet, names), made in zip(held.sheets, plans, strict=True):
            with csvfile.readable(sheet, self._encoding, self._folder) as path:
                warning = csvfile.load(self.connection, name, made, Text(path, sheet.name, len(names)))
            held.warnings += [warning] if warning else []
            self.reads[f"READ {name}"] += 1
        held.dropped = Counter(dict(self._left_out(name, held)))
        held.rows = self._count(name)

    def _left_out(self, name: str, held: Held) -> Iterator[tuple[str, int]]:
        """Take out what is deleted in the CRM, and what cannot be told from others."""
        if self._deleted in held.columns:
            condition = f"lower(\"{self._deleted}\") IN ('true', '1', 'yes')"
            yield from self._remove(name, condition, "deleted in the CRM")
        if self._id in held.columns:
            yield from self._remove(name, f'"{self._id}" IS NULL', "a row without an id")

    def _remove(self, name: str, condition: str, reason: str) -> Iterator[tuple[str, int]]:
        row = self._run(f'DELETE FROM "{name}" WHERE {condition}').fetchone()
        if row and row[0]:
            yield reason, int(row[0])

    def _count(self, name: str) -> int:
        row = self._run(f'SELECT COUNT(*) FROM "{name}"').fetchone()
        return int(row[0]) if row else 0

    # --- records ----------------------------------------------------------------------------------------------------

    def pages(self, name: str, size: int) -> Iterator[list[Record]]:
        """Yield the records of an object, `size` at a time, in the order of the files; of twins the later counts."""
        cursor = self.connection.cursor()
        columns = self.of(name).columns
        result = cursor.execute(f'SELECT * FROM "{name}"')
        while rows := result.fetchmany(size):
            yield [dict(zip(columns, row, strict=True)) for row in rows]

    def related(self, name: str, fields: Sequence[str], key: str, ids: Iterable[str]) -> Iterator[Record]:
        """Yield the records of an object whose `key` is among `ids`, with the `fields` the export has."""
        known = self._links.get(name) or self.of(name).columns
        names = [column for column in dict.fromkeys((key, *fields)) if column in known]
        if key not in known:
            return
        cursor = self.connection.cursor()
        wanted = list(set(ids))
        if not wanted:
            return
        between = f'"{key}" BETWEEN ? AND ?'  # lets DuckDB pass over everything outside the page
        query = (
            f'SELECT * FROM "{self._by(name, key, names)}" WHERE {between} AND "{key}" IN (SELECT UNNEST(?::TEXT[]))'
        )
        for row in cursor.execute(query, [min(wanted), max(wanted), wanted]).fetchall():
            yield dict(zip(names, row, strict=True))

    def _by(self, name: str, key: str, columns: Sequence[str]) -> str:
        """Make a copy of some columns in the order of a key, so that a search for neighbours reads a part of it."""
        copy = f"{name} by {' '.join(columns)}"
        if copy not in self._keyed:
            chosen = ", ".join(f'"{column}"' for column in columns)
            query = f'SELECT {chosen} FROM "{name}" WHERE "{key}" IS NOT NULL ORDER BY "{key}"'
            self._run(f'CREATE OR REPLACE TABLE "{copy}" AS {query}')
            self._keyed.add(copy)
        return copy

    def newest(self, name: str, column: str, before: str = "9999") -> str | None:
        """Tell the greatest text of a column before another: of dates as ISO-8601 writes them, the latest."""
        if column not in self.of(name).columns:
            return None
        row = self._run(f'SELECT MAX("{column}") FROM "{name}" WHERE "{column}" < ?', before).fetchone()
        return row[0] if row else None

    def distinct(self, name: str, column: str) -> list[str]:
        """List the different values of a column."""
        if column not in self.of(name).columns:
            return []
        query = f'SELECT DISTINCT "{column}" FROM "{name}" WHERE "{column}" IS NOT NULL ORDER BY 1'
        return [value for (value,) in self._run(query).fetchall()]

    # --- the scratch database ---------------------------------------------------------------------------------------

    @cached_property
    def _scratch(self) -> "tempfile.TemporaryDirectory[str]":
        return tempfile.TemporaryDirectory(prefix="rapport-")

    @property
    def _folder(self) -> Path:
        return Path(self._scratch.name)

    @cached_property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """Open the scratch database, where `connectors.files.results` keeps its tables too."""
        opened = duckdb.connect(str(self._folder / "scratch.duckdb"), config={"memory_limit": MEMORY})
        execute(opened, "scratch", "connectors.files")
        return opened

    def _run(self, statement: str, *values: object) -> duckdb.DuckDBPyConnection:
        return self.connection.execute(statement, list(values))

    def close(self) -> None:
        """Throw the scratch database away."""
        if "connection" in self.__dict__:
            self.connection.close()
        if "_scratch" in self.__dict__:
            self._scratch.cleanup()
