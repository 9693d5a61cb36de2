"""Writes to Salesforce: our fields in batches of 200 or by a job, our tasks by their key. One result for every write.

Results of a batch are matched by position, those of a job by id. A row another process holds is tried again a few
times, alone with its kind; a batch that is refused as a whole is cut until the rows that spoil it are found. Tasks are
never made by a job: one whose answer is lost could make them twice.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import assert_never

from connectors.base import AssignTask, CreateTask, DeleteTask, Outcome, SetTaskState, UpdateRecord, Write, WriteResult
from connectors.dialect import Meaning, redact
from connectors.errors import Conflict, Rejected, RetryLater
from connectors.salesforce.activities import task_key_field
from connectors.salesforce.client import Client, Record
from connectors.salesforce.failures import row_meaning
from connectors.salesforce.ingest import CLEARED, Fate, IngestJob, pieces
from connectors.salesforce.soql import Query, among, id18
from connectors.transport import Unanswered
from mapping.metadata import Field, Kind, results

BATCH = 200
JOB_ROWS = 50_000
"""Updates that are gathered before they are written, if there are so many."""
PARENTS = {"Contact": "AccountId"}
"""What a record's neighbours in a job have in common with it: Salesforce locks it while it writes."""
PARENTS_AT_ONCE = 2_000
KEYS = 50
"""Task keys in one query; a key may have 255 characters and an address 16,384."""
PATIENCE = 2
"""Batches in a row without an answer after which nothing more is sent."""
TRIES = 4
"""How often a locked row is sent."""
OBJECTS = {"contact": "Contact", "account": "Account", "task": "Task"}
LONGEST_BODY = 32_000
"""Characters of a task's description; a note that finds no room in it is left out."""
OPEN, CLOSED = "Not Started", "Completed"


class Writer:
    """Carries writes out for one organisation.

    `prefix` begins the names of our fields. More than `bulk_above` updates of an object are handed to a job; those that
    the user `user_id` left at work are waited for first. With `override` rows are saved in spite of duplicate rules
    that only alert: those that a job may not save go in batches.
    """

    def __init__(
        self,
        client: Client,
        prefix: str,
        bulk_above: int = 2_000,
        user_id: str | None = None,
        *,
        override: bool = False,
    ) -> None:
        self._client = client
        self._override = override
        self._bulk_above = bulk_above
        self._user_id = user_id
        self._key = task_key_field(prefix)
        self._unanswered = 0
        self._fields = {
            (name, entry.name): (entry, entry.salesforce_name(prefix)) for name in OBJECTS for entry in results(name)
        }

    def run(self, writes: Iterable[Write]) -> Iterator[WriteResult]:
        """Yield the result of every write as soon as its batch is answered."""
        for group in groups(writes):
            for batch in [group] if isinstance(group[0], UpdateRecord) else batches(group):
                yield from self._batch(batch)

    def _batch(self, batch: Sequence[Write]) -> Iterator[WriteResult]:
        match batch[0]:
            case CreateTask():
                yield from self._creations([write for write in batch if isinstance(write, CreateTask)])
            case SetTaskState() | AssignTask():
                yield from self._changes([write for write in batch if isinstance(write, SetTaskState | AssignTask)])
            case DeleteTask():
                yield from (self._deletion(write) for write in batch if isinstance(write, DeleteTask))
            case UpdateRecord():
                yield from self._updates([write for write in batch if isinstance(write, UpdateRecord)])
            case _ as other:
                assert_never(other)

    # --- our fields ---------------------------------------------------------------------------------------------------

    def _updates(self, writes: Sequence[UpdateRecord]) -> Iterator[WriteResult]:
        """Write fields of records, none of which is named twice: many of an object by a job, a few in batches."""
        self._wait_for_jobs()
        rows: defaultdict[str, list[Row]] = defaultdict(list)
        for write in writes:
            try:
                rows[OBJECTS[write.object]].append(Row(write, id18(write.id), self._update(write)))
            except ValueError as error:  # no value of its field: it would spoil the batch
                yield WriteResult(write, Outcome.REJECTED, id18(write.id), str(error))
        few: list[Row] = []
        for name in sorted(rows):
            if len(rows[name]) > self._bulk_above:
                few += yield from self._by_job(name, rows[name])
            else:
                few += rows[name]
        few.sort(key=lambda row: (row.record["attributes"]["type"], row.id or ""))
        for start in range(0, len(few), BATCH):
            yield from self._sent("PATCH", few[start : start + BATCH])

    def _update(self, write: UpdateRecord) -> Record:
        values = (self._wire(write.object, name, value) for name, value in write.values.items())
        return {"attributes": {"type": OBJECTS[write.object]}, "id": id18(write.id), **dict(values)}

    def _wire(self, object_name: str, name: str, value: str | None) -> tuple[str, object]:
        entry, salesforce = self._fields[object_name, name]
        return salesforce, wire(entry, value)

    # --- jobs ---------------------------------------------------------------------------------------------------------

    def _wait_for_jobs(self) -> None:
        """Wait, once, for what an interrupted run left at work: it could still overwrite what is written now."""
        if self._user_id is None:
            return
        user, self._user_id = self._user_id, None
        for job in IngestJob.at_work(self._client, user, list(OBJECTS.values())):
            if not job.wait():
                raise RetryLater(f"Salesforce is still writing what an earlier run handed over (job {job.id}).")

    def _by_job(self, name: str, rows: Sequence["Row"]) -> Generator[WriteResult, None, list["Row"]]:
        """Hand rows to jobs and yield what became of them; returns those that have to go in batches."""
        left = [row for row in rows if CLEARED in row.record.values()]  # the text would clear the field
        rest = [row for row in rows if CLEARED not in row.record.values()]
        rest = self._neighbours(name, rest)
        start = 0
        for count, content in pieces([row.record for row in rest]):
            part = rest[start : start + count]
            start += count
            try:
                job = IngestJob.start(self._client, name)
                job.hand_over(content)
            except Rejected:  # an edition without jobs, or the day's are used up: nothing was written
                left += part
            else:
                left += yield from self._settled(job, part)
        return left

    def _settled(self, job: IngestJob, rows: Sequence["Row"]) -> Generator[WriteResult, None, list["Row"]]:
        """Wait for a job and tell what became of its rows; returns those that another attempt may help."""
        try:
            fate = job.fate() if job.wait() else None
        except (Rejected, Unanswered):
            fate = None
        if fate is None:
            said = f"Nobody knows yet what became of it (job {job.id}); the next run looks before it writes again."
            yield from (WriteResult(row.write, Outcome.UNKNOWN, row.id, said) for row in rows)
            return []
        again: list[Row] = []
        for row in rows:
            result = _fate(row, fate, job.id)
            saved_by_rest = self._override and fate.refused.get(str(row.id), "").startswith("DUPLICATES_DETECTED")
            if result is None or saved_by_rest:
                again.append(row)
            else:
                yield result
        return again

    def _neighbours(self, name: str, rows: Sequence["Row"]) -> list["Row"]:
        """Put records of one parent side by side: Salesforce works on a job in several places at once."""
        parents: dict[str, str] = {}
        for start in range(0, len(rows), PARENTS_AT_ONCE) if name in PARENTS else ():
            ids = [str(row.id) for row in rows[start : start + PARENTS_AT_ONCE]]
            parents.update(self._client.parents(name, PARENTS[name], ids))
        return sorted(rows, key=lambda row: (parents.get(str(row.id), ""), str(row.id)))

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
            "Description": write.body[:LONGEST_BODY],
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
            answers = self._client.collection(method, [row.record for row in rows], override=self._override)
        except Unanswered as error:
            yield from ((row, WriteResult(row.write, Outcome.UNKNOWN, row.id, str(error))) for row in rows)
            self._unanswered += 1
            if self._unanswered == PATIENCE:
                raise RetryLater(f"{PATIENCE} batches in a row got no answer. {error}") from error
        except (Rejected, Conflict) as error:
            parts = _alike(rows) if getattr(error, "code", "") == "INVALID_FIELD" else _halves(rows)
            if len(parts) == 1:
                yield from ((row, WriteResult(row.write, Outcome.REJECTED, row.id, str(error))) for row in rows)
            else:
                for part in parts:
                    yield from self._once(method, part)
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
    """Read the answer about one row of a batch; None stands for a locked row."""
    if answer.get("success"):
        return WriteResult(row.write, Outcome.DONE, answer.get("id") or row.id)
    error = (answer.get("errors") or [{}])[0]
    return _refused(row, str(error.get("statusCode") or ""), str(error.get("message") or "refused without a reason"))


def _refused(row: Row, code: str, said: str) -> WriteResult | None:
    """Say why a row was refused for good; None where another attempt may help."""
    if row_meaning(code) is Meaning.BUSY:
        return None
    rule = "Blocked by a duplicate rule: " if code == "DUPLICATES_DETECTED" else ""
    return WriteResult(row.write, Outcome.REJECTED, row.id, redact(f"{rule}{said} ({code})"))


def _fate(row: Row, fate: Fate, job: str) -> WriteResult | None:
    """Tell what became of a row of a job; None where another attempt may help."""
    record = str(row.id)
    if record in fate.written:
        return WriteResult(row.write, Outcome.DONE, record)
    if record in fate.refused:
        code, _, said = fate.refused[record].partition(":")
        return _refused(row, code, said.rpartition(":")[0] or said)
    if record not in fate.untouched:
        return WriteResult(row.write, Outcome.UNKNOWN, record, f"Salesforce says nothing of it (job {job}).")
    if fate.message.startswith(_WRONG):
        return WriteResult(row.write, Outcome.REJECTED, record, redact(fate.message))
    return None


_WRONG = ("InvalidBatch", "ClientInputError")
"""Beginnings of what a job fails with when its rows are at fault."""


def _halves(rows: Sequence[Row]) -> list[Sequence[Row]]:
    middle = len(rows) // 2
    return [rows[:middle], rows[middle:]] if middle else [rows]


def _alike(rows: Sequence[Row]) -> list[Sequence[Row]]:
    """Put rows together that name the same fields of the same object: what is wrong with one is wrong with all."""
    found: defaultdict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in rows:
        found[row.record["attributes"]["type"], *sorted(row.record)].append(row)
    return list(found.values())


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
    noted = f"{body}\n\n{write.note}".strip()
    if write.note and not body.endswith(write.note) and len(noted) <= LONGEST_BODY:  # what people wrote is never cut
        record["Description"] = noted
    return record


_WIRE: Mapping[Kind, Callable[[str], object]] = {
    Kind.NUMBER: lambda text: float(text) if "." in text else int(text),
    Kind.FLAG: lambda text: text == "true",
}


def wire(entry: Field, value: str | None) -> object:
    """Turn canonical text into what JSON wants: null clears, except a checkbox, which is never empty.

    Raises ValueError when it is no value of the field; what is not finite would be written as null and clear it.
    """
    if value is None:
        return False if entry.kind is Kind.FLAG else None
    found = _WIRE.get(entry.kind, str)(value)
    if isinstance(found, float) and not math.isfinite(found):
        raise ValueError(f"{value!r} is no number that can be written")
    return found


def groups(writes: Iterable[Write]) -> Iterator[list[Write]]:
    """Gather updates that follow each other, no record twice, so that many can go by a job; others pass in batches."""
    group: list[Write] = []
    seen: set[str] = set()
    for write in writes:
        update = isinstance(write, UpdateRecord)
        record = id18(write.id) if isinstance(write, UpdateRecord) else ""
        full = len(group) == (JOB_ROWS if update else BATCH)
        if group and (full or update is not isinstance(group[0], UpdateRecord) or record in seen):
            yield group
            group, seen = [], set()
        group.append(write)
        if update:
            seen.add(record)
    if group:
        yield group


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
