"""The journal: intent before each write, outcome after it; the memory that makes a run crash-safe and reversible.

`sync.apply` opens one per run, `sync.plan` reads what is still open, `sync.undo` reads what a run did. An outcome, the
last-applied values and the task ledger change in one transaction, so they never contradict each other.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, assert_never

import sqlalchemy as sa

from connectors.base import CreateTask, DeleteTask, Outcome, SetTaskState, UpdateRecord, Write, WriteResult
from sync.ledger import APPLIED, JOURNAL, TASKS, Ledger

OPEN = sa.or_(JOURNAL.c.outcome.is_(None), JOURNAL.c.outcome == Outcome.UNKNOWN)
"""Writes nobody knows the outcome of: the process died, or no answer came."""

SUPERSEDED = "superseded"
"""Outcome of an open intent after a later write of the same record was done: it no longer matters."""


@dataclass(frozen=True, slots=True)
class Intent:
    """One write about to be sent, with what undo needs to know.

    `detail` of an update is ``{"fields": {name: {"before", "after", "takes_over", "gives_back"}}}``; of a task
    ``{"open": flag, "owner_id": ...}``.
    """

    source: str
    write: Write
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Entry:
    """One journalled write. `record_id` is the record's id, for a new task its key until the CRM names an id."""

    run: int
    seq: int
    source: str
    object: str
    record_id: str
    kind: str
    key: str | None
    detail: Mapping[str, Any]
    outcome: str | None
    result_id: str | None
    message: str | None


Target = tuple[str, str, str]


def target(write: Write) -> Target:
    """Name what a write is about: kind, object, id (a new task: its key). Unique within a run and connection."""
    match write:
        case UpdateRecord():
            return ("update", write.object, write.id)
        case CreateTask():
            return ("create", "task", write.key)
        case SetTaskState():
            return ("state", "task", write.id)
        case DeleteTask():
            return ("delete", "task", write.id)
        case _:
            assert_never(write)


class Journal:
    """The journal of one run. `as_of` dates new tasks in the task ledger."""

    def __init__(self, ledger: Ledger, org: str, run: int, as_of: int) -> None:
        self._ledger = ledger
        self._org = org
        self._run = run
        self._as_of = as_of
        self._seq = 0
        self._sent: dict[tuple[str, Target], tuple[int, Intent]] = {}
        self._dangling = {(entry.source, entry.object, entry.record_id) for entry in open_entries(ledger, org)}

    def intend(self, intents: Sequence[Intent]) -> None:
        """Note writes durably; only afterwards may they be sent."""
        with self._ledger.engine.begin() as database:
            database.execute(sa.insert(JOURNAL), [self._intent_row(intent) for intent in intents])

    def note(self, source: str, results: Sequence[WriteResult]) -> None:
        """Note outcomes of a connection together with what they make true: last-applied values and task states."""
        known = [(*self._sent.pop((source, target(result.write))), result) for result in results]
        if not known:
            return
        with self._ledger.engine.begin() as database:
            for seq, _, result in known:
                self._note_outcome(database, seq, result)
            done = [(seq, intent, result) for seq, intent, result in known if result.outcome is Outcome.DONE]
            _remember(database, self._org, (_effect(intent, result.id, self._as_of) for _, intent, result in done))
            for seq, intent, _ in done:
                self._supersede(database, seq, intent)

    def unanswered(self, source: str) -> list[Write]:
        """List writes of a connection that were sent and never answered."""
        return [intent.write for (home, _), (_, intent) in self._sent.items() if home == source]

    def note_task_states(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Bring the task ledger in line with what was observed (rows of `TASKS` without org)."""
        with self._ledger.engine.begin() as database:
            for row in rows:
                _upsert_task(database, self._org, row)

    def _intent_row(self, intent: Intent) -> dict[str, Any]:
        self._seq += 1
        kind, object_name, record_id = named = target(intent.write)
        self._sent[intent.source, named] = (self._seq, intent)
        return {
            "org": self._org,
            "run": self._run,
            "seq": self._seq,
            "source": intent.source,
            "object": object_name,
            "record_id": record_id,
            "kind": kind,
            "detail": {"key": None if isinstance(intent.write, UpdateRecord) else intent.write.key, **intent.detail},
        }

    def _note_outcome(self, database: sa.Connection, seq: int, result: WriteResult) -> None:
        here = sa.and_(JOURNAL.c.org == self._org, JOURNAL.c.run == self._run, JOURNAL.c.seq == seq)
        values = {"outcome": result.outcome.value, "result_id": result.id, "message": result.message or None}
        database.execute(sa.update(JOURNAL).where(here).values(values))

    def _supersede(self, database: sa.Connection, seq: int, intent: Intent) -> None:
        """Close older open intents about the same record: this write is the newer truth."""
        _, object_name, record_id = target(intent.write)
        if (intent.source, object_name, record_id) not in self._dangling:
            return
        same = sa.and_(
            JOURNAL.c.org == self._org,
            JOURNAL.c.source == intent.source,
            JOURNAL.c.object == object_name,
            JOURNAL.c.record_id == record_id,
        )
        older = sa.or_(JOURNAL.c.run < self._run, JOURNAL.c.seq < seq)
        database.execute(sa.update(JOURNAL).where(same, older, OPEN).values(outcome=SUPERSEDED))


def open_entries(ledger: Ledger, org: str) -> list[Entry]:
    """List the writes of earlier runs whose outcome is not known, oldest first."""
    return list(_entries(ledger, JOURNAL.c.org == org, OPEN))


def entries(ledger: Ledger, org: str, run: int) -> list[Entry]:
    """List everything a run wrote or tried to, in its order."""
    return list(_entries(ledger, JOURNAL.c.org == org, JOURNAL.c.run == run))


def confirm(ledger: Ledger, org: str, seen: Iterable[tuple[Entry, str | None]], as_of: int) -> int:
    """Note open writes as done, because the CRM was seen to hold what they meant to write; counts them.

    With each entry comes the id that was found for a new task.
    """
    found = list(seen)
    if not found:
        return 0
    with ledger.engine.begin() as database:
        for entry, record_id in found:
            here = sa.and_(JOURNAL.c.org == org, JOURNAL.c.run == entry.run, JOURNAL.c.seq == entry.seq)
            values = {"outcome": Outcome.DONE.value, "result_id": record_id, "message": "found by looking"}
            database.execute(sa.update(JOURNAL).where(here).values(values))
        _remember(database, org, (_entry_effect(entry, record_id, as_of) for entry, record_id in found))
    return len(found)


@dataclass(frozen=True, slots=True)
class _Effect:
    """What a done write makes true: values we now stand for, values we forget, a task row to keep or to drop."""

    applied: Sequence[dict[str, Any]] = ()
    forgotten: Sequence[dict[str, Any]] = ()
    task: dict[str, Any] | None = None
    dropped: str | None = None


def _effect(intent: Intent, record_id: str | None, as_of: int) -> _Effect:
    kind, object_name, target_id = target(intent.write)
    key = None if isinstance(intent.write, UpdateRecord) else intent.write.key
    return _make_effect(kind, (intent.source, object_name, target_id), key, intent.detail, record_id, as_of)


def _entry_effect(entry: Entry, record_id: str | None, as_of: int) -> _Effect:
    where = (entry.source, entry.object, entry.record_id)
    return _make_effect(entry.kind, where, entry.key, entry.detail, record_id, as_of)


def _make_effect(
    kind: str, where: Target, key: str | None, detail: Mapping[str, Any], record_id: str | None, as_of: int
) -> _Effect:
    source, object_name, target_id = where
    match kind:
        case "update":
            rows = [
                ({"source": source, "object": object_name, "id": target_id, "field": name}, value)
                for name, value in detail["fields"].items()
            ]
            applied = [{**row, "value": value["after"]} for row, value in rows if not value["gives_back"]]
            return _Effect(applied, [row for row, _ in rows])
        case "create":
            opened = {"owner_id": detail["owner_id"], "opened_at": as_of, "closed_by_us": False}
            return _Effect(task={"key": key, "source": source, "id": record_id, "state": "open", **opened})
        case "state":
            state = (
                {"state": "open", "closed_by_us": False}
                if detail["open"]
                else {"state": "closed", "closed_by_us": True}
            )
            return _Effect(task={"key": key, "source": source, "id": target_id, **state})
        case "delete":
            return _Effect(dropped=key)
        case _:
            raise ValueError(f"the journal holds an unknown kind of write: {kind!r}")


def _remember(database: sa.Connection, org: str, effects: Iterable[_Effect]) -> None:
    """Write effects; values are replaced, so that last-applied is always one row a field."""
    made = list(effects)
    _forget(database, org, [row for effect in made for row in effect.forgotten])
    if applied := [{"org": org, **row} for effect in made for row in effect.applied]:
        database.execute(sa.insert(APPLIED), applied)
    for effect in made:
        if effect.task:
            _upsert_task(database, org, effect.task)
        if effect.dropped:
            database.execute(sa.delete(TASKS).where(TASKS.c.org == org, TASKS.c.key == effect.dropped))


def _forget(database: sa.Connection, org: str, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        columns = ("source", "object", "id", "field")
        same = [APPLIED.c[name] == sa.bindparam(f"the_{name}") for name in columns]
        values = [{f"the_{name}": row[name] for name in columns} for row in rows]
        database.execute(sa.delete(APPLIED).where(APPLIED.c.org == org, *same), values)


def _upsert_task(database: sa.Connection, org: str, row: Mapping[str, Any]) -> None:
    here = sa.and_(TASKS.c.org == org, TASKS.c.key == row["key"])
    if not database.execute(sa.update(TASKS).where(here).values(dict(row))).rowcount:
        database.execute(sa.insert(TASKS).values(org=org, **row))


def _entries(ledger: Ledger, *conditions: sa.ColumnElement[bool]) -> Iterator[Entry]:
    query = sa.select(JOURNAL).where(*conditions).order_by(JOURNAL.c.run, JOURNAL.c.seq)
    with ledger.engine.connect() as database:
        for row in database.execute(query).mappings():
            values = {name: row[name] for name in row if name != "org"}
            yield Entry(**values, key=row["detail"].get("key"))
