"""What a plan comes to where there is no CRM to write to: CSV files to import, in ``rapport-out`` beside the export.

One file an object holds the values that wait to be imported, ``before`` beside it what the export held there. They are
read again with the next export: a value that waits counts as held by the CRM, one that the export shows has arrived
and is taken out, and one that somebody else wrote since is left to them. Deleting the folder forgets what waits.
"""

import csv
import io
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

import duckdb

from connectors.base import Outcome, Page, ProvisionStep, StreamEnd, UpdateRecord, Write, WriteResult
from connectors.errors import Unusable
from connectors.files import csvfile
from connectors.files.csvfile import Column, Text
from connectors.files.dialect import CLEAR, Names, held
from connectors.files.export import Export, Record
from connectors.files.folder import OUT, Sheet
from connectors.files.tasks import WaitingTasks
from mapping import records
from mapping.metadata import Field, Kind, results
from mapping.statements import create

KINDS = ("contact", "account")
CHUNK = 50_000
"""Writes after which the files are written anew; a result is told when its value is in them."""
UNPROVISIONED = f"There is no folder {OUT} to write into. Run: rapport provision"

_CHANGED = records.Table(
    "changed",
    "Values that are written, and values that no longer wait.",
    (),
    (
        *(records.Column(name, "TEXT", name) for name in ("object", "id", "field", "after", "before")),
        records.Column("waits", "BOOLEAN", "is to be imported"),
    ),
)
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
Cell = tuple[str | None, str | None]
"""The value that waits, and the one the export holds."""


class Results:
    """The files of one export; `names` says how they call things. Call `open` before anything is laid over records."""

    def __init__(self, export: Export, names: Names) -> None:
        self.writes: Counter[str] = Counter()
        self._export = export
        self._names = names
        self._fields = {(kind, entry.name): entry for kind in KINDS for entry in results(kind)}
        self._tasks = WaitingTasks(export, names)
        self._obsolete: list[tuple[str, str, str]] = []

    @property
    def folder(self) -> Path:
        """Name the folder the files are in: that of the export, or the one its zip is in."""
        place = self._export.place
        return (place.parent if place.is_file() else place) / OUT

    # --- provisioning -----------------------------------------------------------------------------------------------

    def writable(self, object_name: str) -> frozenset[str]:
        """Name the fields of ours that may be written: all, once the folder is there."""
        return frozenset(entry.name for entry in results(object_name)) if self.folder.is_dir() else frozenset()

    def provision(self, fields: Sequence[Field], dry_run: bool) -> Iterator[ProvisionStep]:
        """Make the folder, and in it the list of the fields to create in the CRM before anything is imported."""
        missing = not self.folder.is_dir()
        if missing and not dry_run:
            self._made(self.folder)
        yield ProvisionStep(f"folder {self.folder.name}", missing)
        wanted = self._field_list(fields)
        path = self.folder / "fields.csv"
        differs = missing or not path.is_file() or path.read_text(encoding="utf-8") != wanted
        if differs and not dry_run:
            self._replace(path, wanted)
        yield ProvisionStep(f"list of fields {self.folder.name}/{path.name}", differs)

    def _field_list(self, fields: Sequence[Field]) -> str:
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(("object", "label", "name", "kind", "choices", "written by", "meaning"))
        for entry in fields:
            whose = "you" if entry.override else "Rapport"
            name, choices = self._names.column(entry), ";".join(entry.choices)
            on = self._names.objects[entry.object]
            writer.writerow((on, entry.label, name, entry.kind.value, choices, whose, entry.help))
        return text.getvalue()

    # --- what waits, laid over the export ---------------------------------------------------------------------------

    def open(self) -> None:
        """Read what waits from the files; raises Unusable when one of them is garbled."""
        self._obsolete.clear()
        self._run("DELETE FROM waiting")
        for kind in KINDS:
            self._read(kind)
        self._tasks.open(self.folder)

    def patch(self, object_name: str, records: Sequence[Record]) -> None:
        """Let values that wait count as held; note those that have arrived, and those somebody changed since.

        An export without the column of a field tells of neither: its values go on waiting.
        """
        told = set(self._export.of(self._names.objects[object_name]).columns)
        by_id = {str(record[self._names.id_column]): record for record in records}
        self._switch_off(object_name, records)
        query = "SELECT id, field, after, before FROM waiting WHERE object = ? AND id IN (SELECT UNNEST(?::TEXT[]))"
        for record_id, name, after, before in self._run(query, object_name, list(by_id)).fetchall():
            entry = self._fields[object_name, name]
            column = self._names.column(entry)
            if column not in told or held(entry, by_id[record_id].get(column)) == before:
                by_id[record_id][column] = after
            else:
                self._obsolete.append((object_name, record_id, name))

    def _switch_off(self, object_name: str, records: Sequence[Record]) -> None:
        """Read checkboxes of ours that the export does not have as Salesforce creates them."""
        for column in [self._names.column(e) for e in results(object_name) if e.kind is Kind.FLAG]:
            for record in records:
                if record.get(column) is None:
                    record[column] = "false"

    def patch_tasks(self, records: Iterable[Record]) -> list[Record]:
        """Let state, due date and owner that wait count as the task's; leave out what waits to be deleted."""
        return self._tasks.patch(records)

    def pull(self, source: str) -> Iterator[Page | StreamEnd]:
        """Deliver the tasks that wait to be created, and take out of the files what no longer waits."""
        yield from self._tasks.pull(source)
        rows = [(*place, None, None, False) for place in self._obsolete]
        for kind in KINDS:
            rows += [(kind, gone, name, None, None, False) for gone, name in self._orphans(kind)]
        self._keep(rows)
        self._publish({str(row[0]) for row in rows}, tasks=self._tasks.settle())
        self._obsolete.clear()

    def _orphans(self, kind: str) -> list[tuple[str, str]]:
        """List what waits for records that the export no longer holds."""
        name = self._names.objects[kind]
        if not self._export.exists(name):
            return []
        known = f'SELECT "{self._names.id_column}" FROM "{name}"'
        query = f"SELECT id, field FROM waiting WHERE object = ? AND id NOT IN ({known})"
        return self._run(query, kind).fetchall()

    # --- writing ----------------------------------------------------------------------------------------------------

    def write(self, writes: Iterable[Write]) -> Iterator[WriteResult]:
        """Put the writes into the files, many at a time; a result is told when the files hold it."""
        pending = iter(writes)
        while chunk := list(islice(pending, CHUNK)):
            if not self.folder.is_dir():
                yield from (WriteResult(write, Outcome.REJECTED, message=UNPROVISIONED) for write in chunk)
                continue
            updates = [write for write in chunk if isinstance(write, UpdateRecord)]
            outcomes = [
                *self._updates(updates),
                *self._tasks.write(w for w in chunk if not isinstance(w, UpdateRecord)),
            ]
            self._publish({write.object for write in updates}, tasks=len(updates) < len(chunk))
            yield from outcomes

    def _updates(self, writes: Sequence[UpdateRecord]) -> Iterator[WriteResult]:
        held_now = {kind: self._held(kind, writes) for kind in KINDS}
        cells: dict[tuple[str, str, str], Cell] = {}
        for write in writes:
            record = held_now[write.object].get(write.id)
            if record is None:
                cause = f"The export holds no {self._names.objects[write.object]} {write.id}."
                yield WriteResult(write, Outcome.REJECTED, write.id, cause)
            elif reasons := list(self._refusals(write)):
                yield WriteResult(write, Outcome.REJECTED, write.id, " ".join(reasons))
            else:
                for name, value in write.values.items():
                    entry = self._fields[write.object, name]
                    before = held(entry, record.get(self._names.column(entry)))
                    cells[write.object, write.id, name] = (held(entry, value), before)
                yield WriteResult(write, Outcome.DONE, write.id)
        self._keep([(*place, *cell, cell[0] != cell[1]) for place, cell in cells.items()])

    def _held(self, kind: str, writes: Iterable[UpdateRecord]) -> Mapping[str, Record]:
        """Read what the export holds in our fields of the records to be written."""
        id_column = self._names.id_column
        columns = [id_column, *(self._names.column(entry) for entry in results(kind))]
        ids = {write.id for write in writes if write.object == kind}
        found = self._export.related(self._names.objects[kind], columns, id_column, ids) if ids else ()
        return {str(record[id_column]): record for record in found}

    def _refusals(self, write: UpdateRecord) -> Iterator[str]:
        """Say why an import would fail: a field that is not ours, an option that does not exist."""
        for name, value in write.values.items():
            entry = self._fields.get((write.object, name))
            if entry is None:
                yield f"{write.object} has no field of ours named {name}."
                continue
            parts = (value or "").split(";") if entry.kind is Kind.CHOICES else [value or ""]
            wrong = [part for part in parts if part and entry.choices and part not in entry.choices]
            if wrong:
                yield f"{wrong[0]!r} is not an option of {entry.label} ({self._names.column(entry)})."
            elif entry.kind is Kind.NUMBER and value and not _NUMBER.fullmatch(value):
                yield f"{value!r} is not a number ({self._names.column(entry)})."

    def _keep(self, rows: Sequence[Sequence[object]]) -> None:
        """Replace what waits at some places."""
        if not rows:
            return
        create(self._export.connection, _CHANGED, rows)
        same = "w.object = c.object AND w.id = c.id AND w.field = c.field"
        self._run(f"DELETE FROM waiting AS w USING changed AS c WHERE {same}")
        self._run("INSERT INTO waiting SELECT object, id, field, after, before FROM changed WHERE waits")

    # --- the files --------------------------------------------------------------------------------------------------

    def _file(self, kind: str, part: str = "") -> Path:
        return self.folder / f"{self._names.objects[kind]}{part}.csv"

    def _before(self, kind: str) -> Path:
        return self.folder / "before" / f"{self._names.objects[kind]}.csv"

    def _read(self, kind: str) -> None:
        """Put the files of an object into `waiting`, all fields in one statement: planning many costs more."""
        tables = [self._table(kind, path) for path in (self._file(kind), self._file(kind, "-clear")) if path.is_file()]
        if not tables:
            return
        before = self._table(kind, self._before(kind))
        columns = [(entry.name, f'"{self._names.column(entry)}"') for entry in results(kind)]
        selects = (
            f"SELECT '{kind}', v.id, '{name}', nullif(v.{column}, '{CLEAR}'), nullif(b.{column}, '{CLEAR}')"
            f' FROM "{table}" AS v LEFT JOIN "{before}" AS b ON b.id = v.id WHERE v.{column} IS NOT NULL'
            for table in tables
            for name, column in columns
        )
        self._run(f"INSERT INTO waiting {' UNION ALL '.join(selects)}")

    def _table(self, kind: str, path: Path) -> str:
        """Read a file of ours into a table of its own; one that is not there makes an empty table."""
        table = f"out {path.relative_to(self.folder)}"
        columns = {"id": self._names.id_header, **{c: c for c in (self._names.column(e) for e in results(kind))}}
        declared = ", ".join(f'"{name}" TEXT' for name in columns)
        self._run(f'CREATE OR REPLACE TABLE "{table}" ({declared})')
        if path.is_file():
            header = csvfile.header(Sheet(kind, path, None, 0), csvfile.UTF8)
            plan = {name: Column((header.index(told),)) for name, told in columns.items() if told in header}
            if "id" not in plan:
                raise Unusable(f"{path}: the column {self._names.id_header} is missing. Remove the file, or mend it.")
            csvfile.load(self._export.connection, table, plan, Text(path, f"{OUT}/{path.name}", len(header)))
        return table

    def _publish(self, kinds: Iterable[str], *, tasks: bool) -> None:
        """Write the files of some objects anew; each is exchanged whole."""
        for kind in sorted(kinds):
            clears = "after" if self._names.clears_apart else f"COALESCE(after, '{CLEAR}')"
            self._copy(kind, self._before(kind), f"COALESCE(before, '{CLEAR}')")
            self._copy(kind, self._file(kind), clears)
            if self._names.clears_apart:
                self._copy(kind, self._file(kind, "-clear"), f"CASE WHEN after IS NULL THEN '{CLEAR}' END")
        if tasks:
            for path, text in self._tasks.files(self.folder):
                self._replace(path, text)

    def _copy(self, kind: str, path: Path, cell: str) -> None:
        columns = ", ".join(
            f"MAX(CASE WHEN field = '{entry.name}' THEN {cell} END) AS \"{self._names.column(entry)}\""
            for entry in results(kind)
        )
        rows = f"SELECT object, id, field, after, before FROM waiting WHERE object = '{kind}' AND {cell} IS NOT NULL"
        query = f'SELECT id AS "{self._names.id_header}", {columns} FROM ({rows}) AS w GROUP BY id ORDER BY id'
        part = _part(path)
        self._made(path.parent)
        quoted = str(part).replace("'", "''")
        try:
            self._run(f"COPY ({query}) TO '{quoted}' (FORMAT csv, HEADER true)")
        except duckdb.IOException as error:
            raise Unusable(f"{part} cannot be written: {error}.") from error
        self._exchange(part, path)

    def _replace(self, path: Path, text: str) -> None:
        self._made(path.parent)
        part = _part(path)
        try:
            part.write_text(text, encoding="utf-8", newline="")
        except OSError as error:
            raise Unusable(f"{part} cannot be written: {error.strerror}.") from error
        self._exchange(part, path)

    def _exchange(self, part: Path, path: Path) -> None:
        """Put a finished file in the place of the old one, so that a crash leaves one of the two."""
        try:
            with part.open("rb") as file:
                os.fsync(file.fileno())
            part.replace(path)
        except OSError as error:
            raise Unusable(f"{path} cannot be written: {error.strerror}.") from error
        self.writes[f"WRITE {path.name}"] += 1

    def _made(self, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Unusable(f"The folder {folder} cannot be made: {error.strerror}.") from error

    def _run(self, statement: str, *values: object) -> duckdb.DuckDBPyConnection:
        return self._export.connection.execute(statement, list(values))


def _part(path: Path) -> Path:
    """Name the file that is written before it takes the place of `path`."""
    return path.with_name(f"{path.name}.part")
