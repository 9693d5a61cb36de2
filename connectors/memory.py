"""A CRM held in memory behind the port of `connectors.base`, for rehearsals and for the property tests of `sync`.

It keeps canonical rows, the values of our fields and our tasks; it can be told to fail at a given write, and a test can
act as a person in front of the CRM: edit a value, complete or delete a task. It passes the same contract suite as the
connectors that speak to a vendor.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from itertools import islice
from typing import assert_never

from connectors.base import (
    AssignTask,
    CreateTask,
    DeleteTask,
    Finding,
    Outcome,
    Page,
    ProvisionStep,
    SetTaskState,
    StreamEnd,
    UpdateRecord,
    Write,
    WriteResult,
)
from connectors.errors import Rejected, RetryLater
from mapping.metadata import FIELDS, Field, Kind, observed_tables, results
from mapping.records import STAGED, Table
from mapping.statements import arrow_table

STREAMS: Mapping[str, tuple[str, ...]] = {
    "user": ("user_account",),
    "account": ("account", "observed_account"),
    "contact": ("contact", "usage", "signal", "observed_contact"),
    "affiliation": ("affiliation",),
    "contact_role": ("contact_role",),
    "opportunity": ("opportunity",),
    "activity": ("activity", "participant"),
    "task": ("own_task",),
    "coverage": ("coverage_of_source",),
}
"""The streams in the order of a pull, with the tables each one fills; all tables of a stream share their parent id."""

Row = tuple[object, ...]

_TABLES: Mapping[str, Table] = {table.name: table for table in (*STAGED, *observed_tables())}
_STREAM_OF: Mapping[str, str] = {table: stream for stream, tables in STREAMS.items() for table in tables}
_OVERRIDE_COLUMN: Mapping[str, str] = {"confirmed_on": "confirmed_at"}


class ProcessKilledError(BaseException):
    """Stands for the end of our process: nobody may catch it, nothing after it runs."""


class Fault(StrEnum):
    """What goes wrong at one write."""

    KILLED_BEFORE = "the process ends before the CRM has the write"
    KILLED_AFTER = "the process ends after the CRM has the write and before anybody notes it"
    ANSWER_LOST = "the CRM has the write, the answer is lost"
    NEVER_ARRIVED = "the CRM does not have the write, and nobody can tell"
    REJECTED = "the CRM refuses this one write"
    QUOTA = "the CRM asks for patience from this write on"


@dataclass(frozen=True, slots=True)
class Task:
    """A task of ours as the CRM holds it."""

    id: str
    key: str
    subject: str
    body: str
    due_at: int | None
    owner_id: str | None
    account_id: str | None
    contact_id: str | None
    open: bool = True
    completed_at: int | None = None
    snooze_until: int | None = None


class MemoryConnector:
    """One CRM in memory. Give it rows with `put`, fields with `provision`, and use it like any connector.

    `now` is the CRM's clock in epoch seconds and may be moved. `faults` maps the number of a write, counted from 0 over
    the life of the object, to what goes wrong there. `batch` writes are carried out before the first of them is
    reported, as vendors do. A pull is incremental when it is given the cursors of the one before.
    """

    def __init__(self, source: str, now: int = 0, batch: int = 1, page_size: int = 500) -> None:
        self.source = source
        self.now = now
        self.faults: dict[int, Fault] = {}
        self.tasks: dict[str, Task] = {}
        self.values: dict[tuple[str, str], dict[str, str]] = {}
        self.carried_out: list[Write] = []
        self._batch = batch
        self._page_size = page_size
        self._rows: dict[str, dict[str, list[Row]]] = {name: {} for name in _TABLES}
        self._fields: dict[tuple[str, str], Field] = {}
        self._changes: dict[tuple[str, str], int] = {}
        self._gone: dict[tuple[str, str], int] = {}
        self._calls: Counter[str] = Counter()
        self._clock = self._writes = self._next_id = 0

    # --- what a test or a rehearsal does to the CRM ----------------------------------------------------------------

    def put(self, table: str, *rows: Mapping[str, object]) -> None:
        """Add rows given by column name; `source` is filled in, what is not named is NULL, an equal key is replaced."""
        for given in rows:
            row = self._row(_TABLES[table], given)
            parent = str(row[_index(table, _TABLES[table].parent)])
            kept = [old for old in self._rows[table].get(parent, []) if _key(table, old) != _key(table, row)]
            self._rows[table][parent] = [*kept, row]
            self._touch(_STREAM_OF[table], parent)

    def remove(self, stream: str, record_id: str) -> None:
        """Delete a record with everything that was read from it; the next pull reports it as deleted."""
        for table in STREAMS[stream]:
            self._rows[table].pop(record_id, None)
        self.values.pop((stream, record_id), None)
        self._changes.pop((stream, record_id), None)
        self._gone[stream, record_id] = self._tick()

    def edit(self, object_name: str, record_id: str, field: str, value: str | None) -> None:
        """Set a field of ours by hand: a result, or an override, which shows in the contact's own row."""
        declared = self._fields[object_name, field]
        if declared.override:
            self._override(record_id, declared, value)
        else:
            self._set(object_name, record_id, {field: value})

    def finish_task(self, task_id: str) -> None:
        """Complete a task by hand."""
        self._keep(replace(self.tasks[task_id], open=False, completed_at=self.now))

    def reopen_task(self, task_id: str) -> None:
        """Reopen a task by hand."""
        self._keep(replace(self.tasks[task_id], open=True, completed_at=None))

    def snooze_task(self, task_id: str, until: int | None) -> None:
        """Set or clear the snooze date of a task by hand; `until` is the midnight of a day."""
        self._keep(replace(self.tasks[task_id], snooze_until=until))

    def postpone_task(self, task_id: str, due_at: int | None) -> None:
        """Move the due date of a task by hand."""
        self._keep(replace(self.tasks[task_id], due_at=due_at))

    def assign_task(self, task_id: str, owner_id: str | None) -> None:
        """Give a task to somebody by hand."""
        self._keep(replace(self.tasks[task_id], owner_id=owner_id))

    def remove_task(self, task_id: str) -> None:
        """Delete a task by hand."""
        del self.tasks[task_id]
        self.remove("task", task_id)

    # --- the port --------------------------------------------------------------------------------------------------

    def server_time(self) -> int:
        """Tell the clock a test set."""
        return self.now

    def check(self) -> Sequence[Finding]:
        """Report result fields that were not provisioned."""
        missing = [field for field in FIELDS if (field.object, field.name) not in self._fields]
        return [
            Finding(f"{field.object}.{field.name}", "The field does not exist.", "Run: rapport provision", fatal=False)
            for field in missing
        ]

    def pull(self, cursors: Mapping[str, str]) -> Iterator[Page | StreamEnd]:
        """Yield what changed since `cursors`, stream after stream."""
        for stream in STREAMS:
            yield from self._pull_stream(stream, int(cursors.get(stream, "0")), whole=stream not in cursors)

    def writable(self, object_name: str) -> frozenset[str]:
        """Name the provisioned result fields."""
        return frozenset(field.name for field in results(object_name) if (object_name, field.name) in self._fields)

    def write(self, writes: Iterable[Write]) -> Iterator[WriteResult]:
        """Carry out batch after batch, with the faults that were asked for."""
        pending = iter(writes)
        while batch := list(islice(pending, self._batch)):
            self._calls["WRITE batch"] += 1
            yield from [self._write_one(write) for write in batch]

    def provision(self, fields: Sequence[Field], dry_run: bool) -> Iterator[ProvisionStep]:
        """Note each field as existing."""
        for field in fields:
            missing = (field.object, field.name) not in self._fields
            if missing and not dry_run:
                self._fields[field.object, field.name] = field
            yield ProvisionStep(f"field {field.object}.{field.name}", done=missing)

    def calls(self) -> Mapping[str, int]:
        """Count streams pulled and batches written."""
        return dict(self._calls)

    def close(self) -> None:
        """Nothing to give back."""

    # --- reading ---------------------------------------------------------------------------------------------------

    def _pull_stream(self, stream: str, since: int, whole: bool) -> Iterator[Page | StreamEnd]:
        self._calls[f"PULL {stream}"] += 1
        end = self._clock
        changed = [record for (name, record), at in self._changes.items() if name == stream and at > since]
        gone = [record for (name, record), at in self._gone.items() if name == stream and at > since]
        for start in range(0, len(changed) or 1, self._page_size):
            ids = changed[start : start + self._page_size]
            tables = {name: arrow_table(_TABLES[name], self._read(name, ids)) for name in STREAMS[stream]}
            yield Page(stream, ids, tables, () if start else gone)
        yield StreamEnd(stream, str(end), whole, len(changed), expected=len(changed))

    def _read(self, table: str, ids: Sequence[str]) -> Iterator[Row]:
        match table:
            case "observed_account" | "observed_contact":
                yield from (self._observed(table.removeprefix("observed_"), record_id) for record_id in ids)
            case "own_task":
                yield from (self._own_task(self.tasks[task_id]) for task_id in ids)
            case _:
                yield from (row for record_id in ids for row in self._rows[table].get(record_id, []))

    def _observed(self, object_name: str, record_id: str) -> Row:
        held = self.values.get((object_name, record_id), {})
        return (self.source, record_id, *(held.get(field.name) for field in results(object_name)))

    def _own_task(self, task: Task) -> Row:
        dates = (task.due_at, task.completed_at, task.snooze_until)
        return (self.source, task.id, task.key, task.open, task.subject, task.owner_id, *dates)

    # --- writing ---------------------------------------------------------------------------------------------------

    def _write_one(self, write: Write) -> WriteResult:
        fault = self.faults.get(self._writes)
        self._writes += 1
        match fault:
            case Fault.KILLED_BEFORE:
                raise ProcessKilledError(fault.value)
            case Fault.QUOTA:
                raise RetryLater(fault.value, at=self.now + 3600)
            case Fault.NEVER_ARRIVED:
                return WriteResult(write, Outcome.UNKNOWN, message=fault.value)
            case Fault.REJECTED:
                return WriteResult(write, Outcome.REJECTED, message=fault.value)
            case Fault.ANSWER_LOST:
                self._carry_out(write)
                return WriteResult(write, Outcome.UNKNOWN, message=fault.value)
            case Fault.KILLED_AFTER:
                self._carry_out(write)
                raise ProcessKilledError(fault.value)
            case None:
                return self._carry_out(write)
            case _:
                assert_never(fault)

    def _carry_out(self, write: Write) -> WriteResult:
        try:
            record_id = self._apply(write)
        except Rejected as refusal:
            return WriteResult(write, Outcome.REJECTED, message=str(refusal))
        self.carried_out.append(write)
        return WriteResult(write, Outcome.DONE, record_id)

    def _apply(self, write: Write) -> str:
        match write:
            case UpdateRecord():
                return self._update(write)
            case CreateTask():
                return self._create(write)
            case SetTaskState():
                task = self._noted(write)
                completed = None if write.open else self.now
                due, owner = write.due_at or task.due_at, write.owner_id or task.owner_id
                self._keep(replace(task, open=write.open, completed_at=completed, due_at=due, owner_id=owner))
                return write.id
            case AssignTask():
                self._keep(replace(self._noted(write), owner_id=write.owner_id))
                return write.id
            case DeleteTask():
                if write.id in self.tasks:
                    self.remove_task(write.id)
                return write.id
            case _:
                assert_never(write)

    def _update(self, write: UpdateRecord) -> str:
        if (write.object, write.id) not in self._changes:
            raise Rejected(f"there is no {write.object} {write.id}")
        self._set(
            write.object,
            write.id,
            {name: self._accepted(write.object, name, value) for name, value in write.values.items()},
        )
        return write.id

    def _accepted(self, object_name: str, name: str, value: str | None) -> str | None:
        field = self._fields.get((object_name, name))
        if field is None:
            raise Rejected(f"{object_name} has no field {name}")
        canonical = field.canonical(value)
        parts = canonical.split(";") if canonical and field.kind is Kind.CHOICES else [canonical]
        wrong = [part for part in parts if part and field.choices and part not in field.choices]
        if wrong:
            raise Rejected(f"{wrong[0]!r} is not an option of {field.label}: {', '.join(field.choices)}")
        return canonical

    def _create(self, write: CreateTask) -> str:
        existing = next((task.id for task in self.tasks.values() if task.key == write.key), None)
        if existing:
            return existing
        self._next_id += 1
        task_id = f"task-{self._next_id}"
        self._keep(
            Task(
                task_id,
                write.key,
                write.subject,
                write.body,
                write.due_at,
                write.owner_id,
                write.account_id,
                write.contact_id,
            )
        )
        return task_id

    # --- keeping ---------------------------------------------------------------------------------------------------

    def _task(self, task_id: str) -> Task:
        if task_id not in self.tasks:
            raise Rejected(f"there is no task {task_id}")
        return self.tasks[task_id]

    def _noted(self, write: SetTaskState | AssignTask) -> Task:
        """Give a task with the write's note below its text, as it will be kept."""
        task = self._task(write.id)
        return replace(task, body=f"{task.body}\n{write.note}") if write.note else task

    def _keep(self, task: Task) -> None:
        self.tasks[task.id] = task
        self._touch("task", task.id)

    def _set(self, object_name: str, record_id: str, values: Mapping[str, str | None]) -> None:
        held = {**self.values.get((object_name, record_id), {}), **values}
        self.values[object_name, record_id] = {name: value for name, value in held.items() if value is not None}
        self._touch(object_name, record_id)

    def _override(self, record_id: str, field: Field, value: str | None) -> None:
        names = _TABLES["contact"].column_names()
        row = dict(zip(names, self._rows["contact"][record_id][0], strict=True))
        self.put("contact", {**row, _OVERRIDE_COLUMN.get(field.name, field.name): _typed(field.kind, value)})

    def _row(self, table: Table, given: Mapping[str, object]) -> Row:
        unknown = set(given) - set(table.column_names())
        if unknown:
            raise ValueError(f"{table.name} has no column {', '.join(sorted(unknown))}")
        return tuple({"source": self.source, **given}.get(name) for name in table.column_names())

    def _touch(self, stream: str, record_id: str) -> None:
        self._gone.pop((stream, record_id), None)
        self._changes[stream, record_id] = self._tick()

    def _tick(self) -> int:
        self._clock += 1
        return self._clock


def _index(table: str, column: str) -> int:
    return _TABLES[table].column_names().index(column)


def _key(table: str, row: Row) -> Row:
    return tuple(row[_index(table, column)] for column in _TABLES[table].key)


def _typed(kind: Kind, value: str | None) -> object:
    """Turn canonical text into the type of the contact's column."""
    if value is None:
        return None
    match kind:
        case Kind.NUMBER:
            return int(value)
        case Kind.FLAG:
            return value == "true"
        case Kind.DATE:
            return int(datetime.fromisoformat(value).replace(tzinfo=UTC).timestamp())
        case _:
            return value
