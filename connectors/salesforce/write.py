"""Writes to Salesforce: our fields in batches of 200, our tasks by their key. One result for every write.

Results are matched by position. A row another process holds is tried again a few times, alone with its kind; a batch
that is refused as a whole is halved until the row that spoils it is found.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import assert_never

from connectors.base import AssignTask, CreateTask, DeleteTask, Outcome, SetTaskState, UpdateRecord, Write, WriteResult
from connectors.dialect import Meaning, redact
from connectors.errors import Conflict, Rejected, RetryLater
from connectors.salesforce.activities import task_key_field
from connectors.salesforce.client import Client, Record
from connectors.salesforce.failures import row_meaning
from connectors.salesforce.soql import Query, among, id18
from connectors.transport import Unanswered
from mapping.metadata import Field, Kind, results

BATCH = 200
KEYS = 50
"""Task keys in one query; a key may have 255 characters and an address 16,384."""
PATIENCE = 2
"""Batches in a row without an answer after which nothing more is sent."""
TRIES = 4
"""How often a locked row is sent."""
OBJECTS = {"contact": "Contact", "account": "Account", "task": "Task"}
OPEN, CLOSED = "Not Started", "Completed"


class Writer:
    """Carries writes out for one organisation; `prefix` begins the names of our fields."""

    def __init__(self, client: Client, prefix: str) -> None:
        self._client = client
        self._key = task_key_field(prefix)
        self._unanswered = 0
        self._fields = {
            (name, entry.name): (entry, entry.salesforce_name(prefix)) for name in OBJECTS for entry in results(name)
        }

    def run(self, writes: Iterable[Write]) -> Iterator[WriteResult]:
        """Yield the result of every write as soon as its batch is answered."""
        for batch in batches(writes):
            match batch[0]:
                case UpdateRecord():
                    yield from self._updates([write for write in batch if isinstance(write, UpdateRecord)])
                case CreateTask():
                    yield from self._creations([write for write in batch if isinstance(write, CreateTask)])
                case SetTaskState() | AssignTask():
                    yield from self._changes([write for write in batch if isinstance(write, SetTaskState | AssignTask)])
                case DeleteTask():
                    yield from (self._deletion(write) for write in batch if isinstance(write, DeleteTask))
                case _ as other:
                    assert_never(other)

    # --- our fields ---------------------------------------------------------------------------------------------------

    def _updates(self, writes: Sequence[UpdateRecord]) -> Iterator[WriteResult]:
        rows = [Row(write, id18(write.id), self._update(write)) for write in writes]
        yield from self._sent("PATCH", sorted(rows, key=lambda row: (row.record["attributes"]["type"], row.id or "")))

    def _update(self, write: UpdateRecord) -> Record:
        values = (self._wire(write.object, name, value) for name, value in write.values.items())
        return {"attributes": {"type": OBJECTS[write.object]}, "id": id18(write.id), **dict(values)}

    def _wire(self, object_name: str, name: str, value: str | None) -> tuple[str, object]:
        entry, salesforce = self._fields[object_name, name]
        return salesforce, wire(entry, value)

    # --- our tasks ----------------------------------------------------------------------------------------------------

    def _creations(self, writes: Sequence[CreateTask]) -> Iterator[WriteResult]:
        """Look every key up before creating: the answer of an earlier attempt may have been lost."""
        known = self._ids_by_key([write.key for write in writes])
        alike: dict[str, list[CreateTask]] = {}
        for write in writes:
            alike.setdefault(write.key, []).append(write)
        yield from (WriteResult(write, Outcome.DONE, known[write.key]) for write in writes if write.key in known)
        rows = [Row(first, None, self._task(first)) for key, (first, *_) in alike.items() if key not in known]
        for result in self._sent("POST", sorted(rows, key=lambda row: str(row.record.get("WhatId")))):
            if isinstance(result.write, CreateTask):
                yield from (replace(result, write=write) for write in alike[result.write.key])

    def _ids_by_key(self, keys: Sequence[str]) -> dict[str, str]:
        found: dict[str, str] = {}
        for start in range(0, len(keys), KEYS):
            where = [among(self._key, keys[start : start + KEYS]), "IsDeleted = false"]
            for record in self._client.records(
                Query("Task", ["Id", self._key], where, "CreatedDate, Id"), everything=True
            ):
                found.setdefault(record[self._key], record["Id"])
        return found

    def _task(self, write: CreateTask) -> Record:
        record = {
            "attributes": {"type": "Task"},
            "Subject": write.subject[:255],
            "Description": write.body[:32_000],
            "ActivityDate": _day(write.due_at),
            "Status": OPEN,
            self._key: write.key,
        }
        if write.account_id:
            record["WhatId"] = id18(write.account_id)
        if write.owner_id:
            record["OwnerId"] = id18(write.owner_id)
        if write.contact_id:
            record["WhoId"] = id18(write.contact_id)
        return record

    def _changes(self, writes: Sequence[SetTaskState | AssignTask]) -> Iterator[WriteResult]:
        """Set status, due date or owner and append the note, once: one that stands at the end is not added again."""
        ids = [id18(write.id) for write in writes]
        where = [among("Id", ids), "IsDeleted = false"]
        query = Query("Task", ["Id", "Description"], where)
        bodies = {
            record["Id"]: record.get("Description") or "" for record in self._client.records(query, everything=True)
        }
        for write in writes:
            if id18(write.id) not in bodies:
                yield WriteResult(write, Outcome.REJECTED, write.id, "The task is no longer in Salesforce.")
        rows = [
            Row(write, id18(write.id), _changed(write, bodies[id18(write.id)]))
            for write in writes
            if id18(write.id) in bodies
        ]
        yield from self._sent("PATCH", rows)

    def _deletion(self, write: DeleteTask) -> WriteResult:
        try:
            self._client.remove("Task", id18(write.id))
        except Conflict:
            return WriteResult(write, Outcome.DONE, write.id)
        except Rejected as error:
            gone = error.code in {"NOT_FOUND", "ENTITY_IS_DELETED", "INVALID_CROSS_REFERENCE_KEY"}
            return WriteResult(write, Outcome.DONE if gone else Outcome.REJECTED, write.id, "" if gone else str(error))
        except Unanswered as error:
            return WriteResult(write, Outcome.UNKNOWN, write.id, str(error))
        return WriteResult(write, Outcome.DONE, write.id)

    # --- batches ------------------------------------------------------------------------------------------------------

    def _sent(self, method: str, rows: Sequence["Row"]) -> Iterator[WriteResult]:
        """Send rows until each has its result; locked ones a few times, the vendor's patience between."""
        for attempt in range(TRIES):
            locked: list[Row] = []
            for row, outcome in self._once(method, rows):
                if outcome is None:
                    locked.append(row)
                else:
                    yield outcome
            if not locked:
                return
            rows = locked
            self._client.transport.pause(attempt)
        message = "Another process holds the record; the next run tries again."
        yield from (WriteResult(row.write, Outcome.REJECTED, row.id, message) for row in rows)

    def _once(self, method: str, rows: Sequence["Row"]) -> Iterator[tuple["Row", WriteResult | None]]:
        """Send rows once; None stands for a locked row."""
        if not rows:
            return
        try:
            answers = self._client.collection(method, [row.record for row in rows])
        except Unanswered as error:
            yield from ((row, WriteResult(row.write, Outcome.UNKNOWN, row.id, str(error))) for row in rows)
            self._unanswered += 1
            if self._unanswered == PATIENCE:
                raise RetryLater(f"{PATIENCE} batches in a row got no answer. {error}") from error
        except (Rejected, Conflict) as error:
            if len(rows) == 1:
                yield rows[0], WriteResult(rows[0].write, Outcome.REJECTED, rows[0].id, str(error))
                return
            middle = len(rows) // 2
            yield from self._once(method, rows[:middle])
            yield from self._once(method, rows[middle:])
        else:
            self._unanswered = 0
            yield from ((row, _outcome(row, answer)) for row, answer in zip(rows, answers, strict=True))


@dataclass(frozen=True, slots=True)
class Row:
    """One record of a batch and the write it carries out; `id` is None while it does not exist."""

    write: Write
    id: str | None
    record: Record


def _outcome(row: Row, answer: Record) -> WriteResult | None:
    if answer.get("success"):
        return WriteResult(row.write, Outcome.DONE, answer.get("id") or row.id)
    error = (answer.get("errors") or [{}])[0]
    code = str(error.get("statusCode") or "")
    if row_meaning(code) is Meaning.BUSY:
        return None
    message = f"{error.get('message') or 'refused without a reason'} ({code})"
    return WriteResult(row.write, Outcome.REJECTED, row.id, redact(message))


def _day(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")


def _changed(write: SetTaskState | AssignTask, body: str) -> Record:
    """Describe a task with what the write sets; `body` is what stands in it now."""
    record: dict[str, object] = {"attributes": {"type": "Task"}, "id": id18(write.id)}
    if isinstance(write, SetTaskState):
        record["Status"] = OPEN if write.open else CLOSED
        if write.due_at is not None:
            record["ActivityDate"] = _day(write.due_at)
    if write.owner_id:
        record["OwnerId"] = id18(write.owner_id)
    if write.note and not body.endswith(write.note):
        record["Description"] = f"{body}\n\n{write.note}".strip()[-32_000:]
    return record


_WIRE: Mapping[Kind, Callable[[str], object]] = {
    Kind.NUMBER: lambda text: float(text) if "." in text else int(text),
    Kind.FLAG: lambda text: text == "true",
}


def wire(entry: Field, value: str | None) -> object:
    """Turn canonical text into what JSON wants: null clears, except a checkbox, which is never empty."""
    if value is None:
        return False if entry.kind is Kind.FLAG else None
    return _WIRE.get(entry.kind, str)(value)


def batches(writes: Iterable[Write]) -> Iterator[list[Write]]:
    """Cut writes into runs of one kind, at most 200, with no record twice; their order stays."""
    batch: list[Write] = []
    seen: set[str] = set()
    for write in writes:
        record = write.key if isinstance(write, CreateTask) else id18(write.id)
        repeated = record in seen and not isinstance(write, CreateTask)
        if batch and (len(batch) == BATCH or type(write) is not type(batch[0]) or repeated):
            yield batch
            batch, seen = [], set()
        batch.append(write)
        seen.add(record)
    if batch:
        yield batch
