"""Our follow-up tasks that wait to be imported: new ones, changed states, and those to be deleted.

Used by `connectors.files.results`, which writes the files. A task that is not in the CRM yet has an id made of its key;
once the export shows a task with that key, that one counts.
"""

import csv
import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import assert_never

from connectors.base import (
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
from connectors.files.dialect import Names
from connectors.files.export import Export, Record
from mapping.records import STAGED
from mapping.statements import arrow_table

STREAM = "waiting tasks"
NEW = "new-"
"""Begins the id of a task that the CRM does not have yet."""
GONE = "The export no longer holds the task."
OWN_TASK = next(table for table in STAGED if table.name == "own_task")


@dataclass(frozen=True, slots=True)
class WaitingTask:
    """A task as it shall be. Of one that the CRM has already only its state, body and end are told."""

    id: str
    key: str
    subject: str = ""
    body: str = ""
    due_at: int | None = None
    owner_id: str | None = None
    account_id: str | None = None
    contact_id: str | None = None
    open: bool = True
    deleted: bool = False

    @property
    def new(self) -> bool:
        """Tell whether the CRM does not have it yet."""
        return self.id.startswith(NEW)


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
        self._shown: set[str] = set()
        self._changed = False

    # --- laid over the export ---------------------------------------------------------------------------------------

    def patch(self, records: Iterable[Record]) -> list[Record]:
        """Let the states that wait count; leave out what waits to be deleted; note what has arrived."""
        return [record for record in records if not record.get(self._names.key) or self._patched(record)]

    def _patched(self, record: Record) -> bool:
        """Tell whether the task counts as being there, in the state that waits."""
        task_id, is_open = str(record[self._names.id]), self._names.is_open(record)
        self._shown.add(task_id)
        self._arrived(str(record[self._names.key]), task_id)
        task = self._tasks.get(task_id)
        if task is None:
            return True
        if task.open == is_open and not task.deleted:
            self._forget(task_id)
        else:
            self._names.set_open(record, task.open)
        return not task.deleted

    def _arrived(self, key: str, task_id: str) -> None:
        """Take out a new task that the CRM has by now; one that was completed meanwhile is still to be completed."""
        waited = self._forget(new_id(key))
        if waited is not None and not waited.open:
            self._tasks[task_id] = replace(waited, id=task_id)

    def _forget(self, task_id: str) -> WaitingTask | None:
        found = self._tasks.pop(task_id, None)
        self._changed = self._changed or found is not None
        return found

    def pull(self, source: str) -> Iterator[Page | StreamEnd]:
        """Deliver the new tasks as a stream of their own."""
        new = [task for task in self._tasks.values() if task.new]
        rows = [(source, one.id, one.key, one.open, one.subject, one.owner_id, one.due_at) for one in new]
        yield Page(STREAM, [task.id for task in new], {OWN_TASK.name: arrow_table(OWN_TASK, rows)})
        yield StreamEnd(STREAM, None, whole=True, read=len(new))

    def settle(self) -> bool:
        """Forget what waits for tasks that are gone; tells whether the files are to be written anew."""
        if self._export.exists(self._object):
            for task in [task for task in self._tasks.values() if not task.new and task.id not in self._shown]:
                self._forget(task.id)
        changed, self._changed = self._changed, False
        return changed

    # --- writing ----------------------------------------------------------------------------------------------------

    def write(self, writes: Iterable[Write]) -> Iterator[WriteResult]:
        """Note what shall become of tasks, one result a write."""
        wanted = list(writes)
        held = self._held({write.key for write in wanted if not isinstance(write, UpdateRecord)})
        for write in wanted:
            match write:
                case CreateTask():
                    yield WriteResult(write, Outcome.DONE, self._create(write, held.get(write.key, {})))
                case SetTaskState():
                    yield self._set_state(write, held.get(write.key, {}))
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
        columns = (names.id, names.key, names.subject, names.body, names.state)
        for record in self._export.related(self._object, columns, names.key, keys):
            found.setdefault(str(record[names.key]), {})[str(record[names.id])] = record
        return found

    def _create(self, write: CreateTask, held: Mapping[str, Record]) -> str:
        for task_id in held:
            if task_id in self._tasks and self._tasks[task_id].deleted:
                self._forget(task_id)
            return task_id
        task_id = new_id(write.key)
        people = (write.owner_id, write.account_id, write.contact_id)
        new = WaitingTask(task_id, write.key, write.subject, write.body, write.due_at, *people)
        return self._tasks.setdefault(task_id, new).id

    def _set_state(self, write: SetTaskState, held: Mapping[str, Record]) -> WriteResult:
        waiting = self._tasks.get(write.id)
        record = held.get(write.id)
        if (waiting and waiting.deleted) or (waiting is None and record is None):
            return WriteResult(write, Outcome.REJECTED, write.id, GONE)
        if record is not None and self._names.is_open(record) == write.open:
            self._forget(write.id)
        else:
            known = waiting or self._known(write.key, write.id, record or {})
            body = known.body if known.body.endswith(write.note) else f"{known.body}\n\n{write.note}".strip()
            self._tasks[write.id] = replace(known, open=write.open, body=body)
        return WriteResult(write, Outcome.DONE, write.id)

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
        """Write the three files of a folder: path and text."""
        for part, chosen in self._parts().items():
            text = io.StringIO()
            writer = csv.DictWriter(text, self._header(part), extrasaction="ignore", lineterminator="\n")
            writer.writeheader()
            writer.writerows(self._row(task) for task in chosen)
            yield self._file(folder, part), text.getvalue()

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
            "update": (names.id_header, names.key, names.subject, names.status, names.body),
            "delete": (names.id_header, names.key, names.subject),
        }[part]

    def _file(self, folder: Path, part: str) -> Path:
        return folder / f"{self._object}-{part}.csv"

    def _row(self, task: WaitingTask) -> Mapping[str, str | None]:
        names = self._names
        due = None if task.due_at is None else datetime.fromtimestamp(task.due_at, UTC).strftime(names.day)
        return {
            names.id_header: task.id,
            names.key: task.key,
            names.subject: task.subject,
            names.body: task.body,
            names.due: due,
            names.status: names.words[0 if task.open else 1],
            names.owner: task.owner_id,
            names.account: task.account_id,
            names.contact: task.contact_id,
        }

    def open(self, folder: Path) -> None:
        """Read the files of a folder; raises Unusable when one of them is garbled."""
        self._shown.clear()
        self._tasks = {
            task.id: task for part in ("new", "update", "delete") for task in self._read(self._file(folder, part), part)
        }
        self._changed = False

    def _read(self, path: Path, part: str) -> Iterator[WaitingTask]:
        if not path.is_file():
            return
        try:
            with path.open(encoding="utf-8-sig", newline="") as lines:
                for row in csv.DictReader(lines, strict=True):
                    yield self._task(row, deleted=part == "delete")
        except (csv.Error, UnicodeDecodeError, KeyError, ValueError) as error:
            raise Unusable(f"{path} cannot be read: {error}. Remove the file, or mend it.") from error

    def _task(self, row: Mapping[str, str], *, deleted: bool) -> WaitingTask:
        names, key = self._names, row[self._names.key]
        due = row.get(names.due)
        return WaitingTask(
            id=row.get(names.id_header) or new_id(key),
            key=key,
            subject=row.get(names.subject) or "",
            body=row.get(names.body) or "",
            due_at=int(datetime.strptime(due, names.day).replace(tzinfo=UTC).timestamp()) if due else None,
            owner_id=row.get(names.owner) or None,
            account_id=row.get(names.account) or None,
            contact_id=row.get(names.contact) or None,
            open=row.get(names.status) != names.words[1],
            deleted=deleted,
        )
