"""Our follow-up tasks that wait to be imported: new ones, changed ones, and those to be deleted.

Used by `connectors.files.results`, which writes the files. A task that is not in the CRM yet has an id made of its key;
once the export shows a task with that key, that one counts. State, due date and owner of a task wait each for itself,
like the values of a field: until the export shows it, or somebody else has written another.
"""

import csv
import hashlib
import io
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar, assert_never

from connectors.base import (
    AssignTask,
    CreateTask,
    DeleteTask,
    Outcome,
    Page,
    SetTaskState,
    StreamEnd,
    UpdateRecord,
    Write,
    WriteResult,
)
from connectors.errors import Unusable
from connectors.files.dialect import CLEAR, Names, Terms
from connectors.files.export import Export, Record
from mapping.records import STAGED
from mapping.statements import arrow_table

STREAM = "waiting tasks"
NEW = "new-"
"""Begins the id of a task that the CRM does not have yet."""
GONE = "The export no longer holds the task."
NOBODY = "The export holds no colleague"
T = TypeVar("T")
OWN_TASK = next(table for table in STAGED if table.name == "own_task")


@dataclass(frozen=True, slots=True)
class WaitingTask:
    """A task as it shall be.

    `terms` are all of a new task, and what changes of one that the CRM has. `before` is what the export holds in their
    place; of a new task what they were when it was made.
    """

    id: str
    key: str
    subject: str = ""
    body: str = ""
    account_id: str | None = None
    contact_id: str | None = None
    terms: Terms = field(default_factory=dict)
    before: Terms = field(default_factory=dict)
    deleted: bool = False

    @property
    def new(self) -> bool:
        """Tell whether the CRM does not have it yet."""
        return self.id.startswith(NEW)

    @property
    def changed(self) -> Terms:
        """Tell which terms are not what they were."""
        return {column: value for column, value in self.terms.items() if value != self.before.get(column)}


def new_id(key: str) -> str:
    """Make the id of a task that waits to be created."""
    return NEW + hashlib.sha256(key.encode()).hexdigest()[:16]


class WaitingTasks:
    """The tasks that wait beside one export, by id."""

    def __init__(self, export: Export, names: Names) -> None:
        self._export = export
        self._object = names.objects["task"]
        self._names = names.task
        self._tasks: dict[str, WaitingTask] = {}
        self._changed = False

    # --- laid over the export ---------------------------------------------------------------------------------------

    def patch(self, records: Iterable[Record]) -> list[Record]:
        """Let the terms that wait count; leave out what waits to be deleted; note what has arrived."""
        return [record for record in records if not record.get(self._names.key) or self._patched(record)]

    def _patched(self, record: Record) -> bool:
        """Tell whether the task counts as being there, under the terms that wait."""
        task_id = str(record[self._names.id])
        self._arrived(str(record[self._names.key]), task_id)
        task = self._tasks.get(task_id)
        if task is None or task.deleted:
            return task is None
        shown = self._names.shown(record)
        terms = {column: value for column, value in task.terms.items() if shown[column] == task.before.get(column)}
        self._names.lay(record, terms)
        self._wait(replace(task, terms=terms))
        return True

    def _arrived(self, key: str, task_id: str) -> None:
        """Take out a new task that the CRM has by now; what was changed of it meanwhile is still to be changed."""
        waited = self._forget(new_id(key))
        if waited is not None:
            self._wait(replace(waited, id=task_id, terms=waited.changed))

    def _wait(self, task: WaitingTask) -> None:
        """Keep a change for as long as anything of it waits."""
        if not task.terms:
            self._forget(task.id)
        elif task != self._tasks.get(task.id):
            self._tasks[task.id] = task
            self._changed = True

    def _forget(self, task_id: str) -> WaitingTask | None:
        found = self._tasks.pop(task_id, None)
        self._changed = self._changed or found is not None
        return found

    def pull(self, source: str) -> Iterator[Page | StreamEnd]:
        """Deliver the new tasks as a stream of their own."""
        new = [task for task in self._tasks.values() if task.new]
        rows = [self._canonical(source, task) for task in new]
        yield Page(STREAM, [task.id for task in new], {OWN_TASK.name: arrow_table(OWN_TASK, rows)})
        yield StreamEnd(STREAM, None, whole=True, read=len(new))

    def _canonical(self, source: str, task: WaitingTask) -> tuple[object, ...]:
        """Make the row of a new task; nobody can have completed or snoozed it."""
        state, due, owner = (task.terms.get(column) for column in self._names.terms)
        is_open = state == self._names.words[0]
        return source, task.id, task.key, is_open, task.subject, owner, self._names.moment(due), None, None

    def settle(self) -> bool:
        """Forget what waits for tasks that are gone, or ours no more; tells whether to write the files anew."""
        if self._export.exists(self._object):
            known = [task.id for task in self._tasks.values() if not task.new]
            for task_id in set(known) - self._shown(known):
                self._forget(task_id)
        changed, self._changed = self._changed, False
        return changed

    def _shown(self, ids: Iterable[str]) -> set[str]:
        """Tell which tasks the export holds; one whose key is empty is ours no more, without that column all are."""
        names = self._names
        found = self._export.related(self._object, (names.key,), names.id, ids)
        return {str(record[names.id]) for record in found if record.get(names.key, "unknown")}

    # --- writing ----------------------------------------------------------------------------------------------------

    def write(self, writes: Iterable[Write]) -> Iterator[WriteResult]:
        """Note what shall become of tasks, one result a write."""
        wanted = list(writes)
        held = self._held({write.key for write in wanted if not isinstance(write, UpdateRecord)})
        owners = {one.owner_id for one in wanted if isinstance(one, SetTaskState | AssignTask) and one.owner_id}
        colleagues = self._names.colleagues(owners) if owners else ()
        for write in wanted:
            match write:
                case CreateTask():
                    yield WriteResult(write, Outcome.DONE, self._create(write, held.get(write.key, {})))
                case SetTaskState() | AssignTask():
                    yield self._change(write, held.get(write.key, {}), colleagues)
                case DeleteTask():
                    self._delete(write, held.get(write.key, {}))
                    yield WriteResult(write, Outcome.DONE, write.id)
                case UpdateRecord():
                    raise TypeError(f"{write.object} is no task")
                case _:
                    assert_never(write)

    def _held(self, keys: Iterable[str]) -> Mapping[str, Mapping[str, Record]]:
        """Read our tasks of the export: key -> id -> record."""
        found: dict[str, dict[str, Record]] = {}
        names = self._names
        columns = (names.id, names.key, names.subject, names.body, names.state, names.due, names.owner)
        for record in self._export.related(self._object, columns, names.key, keys):
            found.setdefault(str(record[names.key]), {})[str(record[names.id])] = record
        return found

    def _create(self, write: CreateTask, held: Mapping[str, Record]) -> str:
        for task_id in held:
            if task_id in self._tasks and self._tasks[task_id].deleted:
                self._forget(task_id)
            return task_id
        task_id = new_id(write.key)
        values = (self._names.words[0], self._names.date(write.due_at), write.owner_id)
        terms: Terms = dict(zip(self._names.terms, values, strict=True))
        about = (write.account_id, write.contact_id)
        new = WaitingTask(task_id, write.key, write.subject, write.body, *about, terms, before=terms)
        return self._tasks.setdefault(task_id, new).id

    def _change(
        self, write: SetTaskState | AssignTask, held: Mapping[str, Record], colleagues: Collection[str]
    ) -> WriteResult:
        task_id = self._arrived_as(write.id, held)
        waiting, record = self._tasks.get(task_id), held.get(task_id)
        if (waiting and waiting.deleted) or (waiting is None and record is None):
            return WriteResult(write, Outcome.REJECTED, write.id, GONE)
        if write.owner_id and write.owner_id not in colleagues:
            return WriteResult(write, Outcome.REJECTED, write.id, f"{NOBODY} {write.owner_id}.")
        task = waiting or self._known(write.key, task_id, record or {})
        body = task.body if task.body.endswith(write.note) else f"{task.body}\n\n{write.note}".strip()
        before = task.before if record is None else self._names.shown(record)
        task = replace(task, body=body, terms={**task.terms, **self._terms(write)}, before=before)
        self._wait(task if task.new else replace(task, terms=task.changed))
        return WriteResult(write, Outcome.DONE, task_id)

    def _arrived_as(self, task_id: str, held: Mapping[str, Record]) -> str:
        """Tell the id a task has by now; one that was new when it was planned may have arrived since."""
        if task_id in self._tasks or not task_id.startswith(NEW):
            return task_id
        return next(iter(held), task_id)

    def _terms(self, write: SetTaskState | AssignTask) -> Terms:
        """Say what a write sets."""
        state = self._names.word(is_open=write.open) if isinstance(write, SetTaskState) else None
        due_at = write.due_at if isinstance(write, SetTaskState) else None
        values = (state, None if due_at is None else self._names.date(due_at), write.owner_id)
        return {column: value for column, value in zip(self._names.terms, values, strict=True) if value is not None}

    def _known(self, key: str, task_id: str, record: Record) -> WaitingTask:
        subject, body = (str(record.get(name) or "") for name in (self._names.subject, self._names.body))
        return WaitingTask(task_id, key, subject, body)

    def _delete(self, write: DeleteTask, held: Mapping[str, Record]) -> None:
        """Forget a new task; one that the CRM has is to be deleted there, also when it was new when it was written."""
        self._forget(write.id)
        wanted = [write.id] if write.id in held else list(held) if write.id.startswith(NEW) else []
        for task_id in wanted:
            self._tasks[task_id] = replace(self._known(write.key, task_id, held[task_id]), deleted=True)

    # --- the files --------------------------------------------------------------------------------------------------

    def files(self, folder: Path) -> Iterator[tuple[Path, str]]:
        """Write the files of a folder, path and text; what was there before comes first, a change without is lost."""
        for part, chosen in self._parts().items():
            if part != "delete":
                rows = [self._row_before(task) for task in chosen if task.changed]
                yield self._before(folder, part), _csv(self._header_before(part), rows)
            yield self._file(folder, part), _csv(self._header(part), map(self._row, chosen))

    def _parts(self) -> Mapping[str, Sequence[WaitingTask]]:
        tasks = [self._tasks[task_id] for task_id in sorted(self._tasks)]
        return {
            "new": [task for task in tasks if task.new],
            "update": [task for task in tasks if not task.new and not task.deleted],
            "delete": [task for task in tasks if task.deleted],
        }

    def _header(self, part: str) -> Sequence[str]:
        names = self._names
        people = (names.owner, names.account, names.contact)
        return {
            "new": (names.key, names.subject, names.body, names.due, names.status, *people),
            "update": (names.id_header, names.key, names.subject, names.status, names.due, names.owner, names.body),
            "delete": (names.id_header, names.key, names.subject),
        }[part]

    def _header_before(self, part: str) -> Sequence[str]:
        return (*(() if part == "new" else (self._names.id_header,)), self._names.key, *self._names.terms)

    def _file(self, folder: Path, part: str) -> Path:
        return folder / f"{self._object}-{part}.csv"

    def _before(self, folder: Path, part: str) -> Path:
        return self._file(folder / "before", part)

    def _row(self, task: WaitingTask) -> Mapping[str, str | None]:
        names = self._names
        return {
            names.id_header: task.id,
            names.key: task.key,
            names.subject: task.subject,
            names.body: task.body,
            names.account: task.account_id,
            names.contact: task.contact_id,
            **task.terms,
        }

    def _row_before(self, task: WaitingTask) -> Mapping[str, str | None]:
        before = {column: task.before.get(column) or CLEAR for column in task.changed}
        return {self._names.id_header: task.id, self._names.key: task.key, **before}

    def open(self, folder: Path) -> None:
        """Read the files of a folder; raises Unusable when one of them is garbled."""
        found = [task for part in ("new", "update", "delete") for task in self._tasks_of(folder, part)]
        self._tasks = {task.id: task for task in found}
        self._changed = False

    def _tasks_of(self, folder: Path, part: str) -> Iterator[WaitingTask]:
        before = dict(self._read(self._before(folder, part), self._earlier)) if part != "delete" else {}
        for task in self._read(self._file(folder, part), self._task):
            known = before.get(task.id, {})
            yield replace(task, before={**task.terms, **known} if task.new else known, deleted=part == "delete")

    def _read(self, path: Path, made: Callable[[Mapping[str, str]], T]) -> Iterator[T]:
        if not path.is_file():
            return
        try:
            with path.open(encoding="utf-8-sig", newline="") as lines:
                for row in csv.DictReader(lines, strict=True):
                    yield made(row)
        except (csv.Error, UnicodeDecodeError, KeyError, ValueError) as error:
            raise Unusable(f"{path} cannot be read: {error}. Remove the file, or mend it.") from error

    def _task(self, row: Mapping[str, str]) -> WaitingTask:
        names = self._names
        self._names.moment(row.get(names.due))
        return WaitingTask(
            id=self._id(row),
            key=row[names.key],
            subject=row.get(names.subject) or "",
            body=row.get(names.body) or "",
            account_id=row.get(names.account) or None,
            contact_id=row.get(names.contact) or None,
            terms={column: row[column] for column in names.terms if row.get(column)},
        )

    def _earlier(self, row: Mapping[str, str]) -> tuple[str, Terms]:
        """Read what stood in the place of terms that wait: the task's id and them."""
        told = {column: row[column] for column in self._names.terms if row.get(column)}
        return self._id(row), {column: None if value == CLEAR else value for column, value in told.items()}

    def _id(self, row: Mapping[str, str]) -> str:
        return row.get(self._names.id_header) or new_id(row[self._names.key])


def _csv(header: Sequence[str], rows: Iterable[Mapping[str, str | None]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, header, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
