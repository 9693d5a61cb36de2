"""The journal: intent before each write, outcome after it; the memory that makes a run crash-safe and reversible.

`sync.apply` opens one per run, `sync.plan` reads what is still open, `sync.undo` reads what a run did. An outcome, the
last-applied values and the task ledger change in one transaction, so they never contradict each other.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, assert_never

import sqlalchemy as sa

from connectors.base import AssignTask, CreateTask, DeleteTask, Outcome, SetTaskState, UpdateRecord, Write, WriteResult
from sync.ledger import APPLIED, JOURNAL, TASKS, Ledger

OPEN = sa.or_(JOURNAL.c.outcome.is_(None), JOURNAL.c.outcome == Outcome.UNKNOWN)
"""Writes nobody knows the outcome of: the process died, or no answer came."""

SUPERSEDED = "superseded"
"""Outcome of an intent, open or given up, after a later write of the same record was done: it no longer matters."""

GONE = "gone"
"""Outcome of an open intent that was given up: its record is not there any more. That may come back out of a recycle
bin, or live on in the one it was merged into: what it meant to write still counts as ours, see `given_up`."""

_UNSEEN = sa.or_(OPEN, JOURNAL.c.outcome == GONE)


@dataclass(frozen=True, slots=True)
class Intent:
    """One write about to be sent, with what undo needs to know.

    `detail` of an update is ``{"fields": {name: {"before", "after", "takes_over", "gives_back"}}}``; of a new task
    ``{"open": True, "owner_id", "subject", "due_at"}``; of one completed or reopened ``{"open": flag}``, with due_at,
    due_before, owner_id, owner_before and snooze_until where they matter; of one passed on or given back
    ``{"owner_id", "owner_before", "escalates"}``.
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
    outcome: str | None = None
    result_id: str | None = None
    message: str | None = None


in_order = attrgetter("run", "seq")
"""Sorts entries as they were written."""

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
        case AssignTask():
            return ("assign", "task", write.id)
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
        self._sent: dict[tuple[str, Target], tuple[Entry, Write]] = {}
        dangling = (*open_entries(ledger, org), *given_up(ledger, org))
        self._dangling = {(entry.source, entry.object, entry.record_id) for entry in dangling}

    def intend(self, intents: Sequence[Intent]) -> None:
        """Note writes durably; only afterwards may they be sent."""
        with self._ledger.engine.begin() as database:
            database.execute(sa.insert(JOURNAL), [self._intent_row(intent) for intent in intents])

    def note(self, source: str, results: Sequence[WriteResult]) -> None:
        """Note outcomes of a connection together with what they make true: last-applied values and task states."""
        known = [(self._sent.pop((source, target(result.write)))[0], result) for result in results]
        if not known:
            return
        done = [(entry, result.id) for entry, result in known if result.outcome is Outcome.DONE]
        with self._ledger.engine.begin() as database:
            for entry, result in known:
                _note_outcome(database, self._org, entry, result)
            _remember(database, self._org, (_effect(entry, record_id, self._as_of) for entry, record_id in done))
            for entry, _ in done:
                self._supersede(database, entry)

    def unanswered(self, source: str) -> list[Write]:
        """List writes of a connection that were sent and never answered."""
        return [write for (home, _), (_, write) in self._sent.items() if home == source]

    def _intent_row(self, intent: Intent) -> dict[str, Any]:
        self._seq += 1
        write = intent.write
        kind, object_name, record_id = named = target(write)
        key = None if isinstance(write, UpdateRecord) else write.key
        entry = Entry(self._run, self._seq, intent.source, object_name, record_id, kind, key, intent.detail)
        self._sent[intent.source, named] = (entry, write)
        return {
            "org": self._org,
            "run": self._run,
            "seq": self._seq,
            "source": intent.source,
            "object": object_name,
            "record_id": record_id,
            "kind": kind,
            "detail": {**intent.detail, "key": key},
        }

    def _supersede(self, database: sa.Connection, entry: Entry) -> None:
        """Close older intents about the same record, open or given up: this write is the newer truth."""
        if (entry.source, entry.object, entry.record_id) not in self._dangling:
            return
        same = sa.and_(
            JOURNAL.c.org == self._org,
            JOURNAL.c.source == entry.source,
            JOURNAL.c.object == entry.object,
            JOURNAL.c.record_id == entry.record_id,
        )
        older = sa.or_(JOURNAL.c.run < self._run, JOURNAL.c.seq < entry.seq)
        database.execute(sa.update(JOURNAL).where(same, older, _UNSEEN).values(outcome=SUPERSEDED))


def open_entries(ledger: Ledger, org: str) -> list[Entry]:
    """List the writes of earlier runs whose outcome is not known, oldest first."""
    return _entries(ledger, JOURNAL.c.org == org, OPEN)


def given_up(ledger: Ledger, org: str) -> list[Entry]:
    """List the updates that were given up and that no later write made pointless, oldest first.

    However old: a bin is emptied after 15 days (Salesforce) or 90 (HubSpot), but a merge is for good, and so are the
    values it carried over. They are few, for the answer was lost and the record went before the next run, and an index
    finds them among any number of others.
    """
    return _entries(ledger, JOURNAL.c.org == org, JOURNAL.c.outcome == GONE, JOURNAL.c.kind == "update")


def entries(ledger: Ledger, org: str, run: int) -> list[Entry]:
    """List everything a run wrote or tried to, in its order."""
    return _entries(ledger, JOURNAL.c.org == org, JOURNAL.c.run == run)


def confirm(ledger: Ledger, org: str, seen: Iterable[tuple[Entry, str | None]], as_of: int) -> int:
    """Note writes as done, open or given up, because the CRM was seen to hold what they meant to write; counts them.

    With each entry comes the id that was found; a task may have another one than it was written with.
    """
    found = list(seen)
    if not found:
        return 0
    with ledger.engine.begin() as database:
        for entry, record_id in found:
            _set_outcome(database, org, entry, (Outcome.DONE.value, record_id, "found by looking"))
        _remember(database, org, (_effect(entry, record_id, as_of) for entry, record_id in found))
    return len(found)


def give_up(ledger: Ledger, org: str, lost: Iterable[tuple[Entry, str]]) -> int:
    """Note open writes as gone, each with the reason why there is nothing left to look at; counts them."""
    given_up = list(lost)
    with ledger.engine.begin() as database:
        for entry, why in given_up:
            _set_outcome(database, org, entry, (GONE, None, why))
    return len(given_up)


def note_task_states(ledger: Ledger, org: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Bring the task ledger in line with what was observed (rows of `TASKS` without org)."""
    with ledger.engine.begin() as database:
        for row in rows:
            _upsert_task(database, org, row)


@dataclass(frozen=True, slots=True)
class _Effect:
    """What a done write makes true: values we now stand for, values we forget, a task row to keep or to drop."""

    applied: Sequence[dict[str, Any]] = ()
    forgotten: Sequence[dict[str, Any]] = ()
    task: dict[str, Any] | None = None
    dropped: str | None = None


def _effect(entry: Entry, record_id: str | None, as_of: int) -> _Effect:
    detail = entry.detail
    match entry.kind:
        case "update":
            return _update_effect(entry)
        case "create":
            opened = {"owner_id": detail["owner_id"], "opened_at": as_of, "closed_by_us": False}
            return _Effect(task=_task_row(entry, record_id, "open") | opened | _ANEW)
        case "state":
            state = "open" if detail["open"] else "closed"
            row = _task_row(entry, record_id or entry.record_id, state) | {"closed_by_us": not detail["open"]}
            return _Effect(task=row | _terms(detail))
        case "assign":
            manager = detail["owner_id"] if detail["escalates"] else None
            here = {"key": entry.key, "source": entry.source, "id": record_id or entry.record_id}
            return _Effect(task=here | {"escalated_to": manager})
        case "delete":
            return _Effect(dropped=entry.key)
        case _:
            raise ValueError(f"the journal holds an unknown kind of write: {entry.kind!r}")


def _update_effect(entry: Entry) -> _Effect:
    here = {"source": entry.source, "object": entry.object, "id": entry.record_id}
    fields = entry.detail["fields"].items()
    applied = [{**here, "field": name, "value": value["after"]} for name, value in fields if not value["gives_back"]]
    return _Effect(applied, [{**here, "field": name} for name, _ in fields])


_ANEW: dict[str, Any] = {"escalated_to": None, "snooze_honoured": None}
"""What the task ledger remembers of a task that nobody passed on or snoozed yet."""


def _terms(detail: Mapping[str, Any]) -> dict[str, Any]:
    """Say what a change of state makes true besides: a task reopened with a new due date may be passed on again.

    Undo that completes such a task gives it back to the manager it was taken from.
    """
    row: dict[str, Any] = {}
    if detail["open"] and "due_at" in detail:
        row["escalated_to"] = None
    if "owner_id" in detail:
        row["owner_id" if detail["open"] else "escalated_to"] = detail["owner_id"]
    if "snooze_until" in detail:
        row["snooze_honoured"] = detail["snooze_until"]
    return row


def _task_row(entry: Entry, record_id: str | None, state: str) -> dict[str, Any]:
    return {"key": entry.key, "source": entry.source, "id": record_id, "state": state}


def _note_outcome(database: sa.Connection, org: str, entry: Entry, result: WriteResult) -> None:
    _set_outcome(database, org, entry, (result.outcome.value, result.id, result.message or None))


def _set_outcome(database: sa.Connection, org: str, entry: Entry, outcome: tuple[str, str | None, str | None]) -> None:
    here = sa.and_(JOURNAL.c.org == org, JOURNAL.c.run == entry.run, JOURNAL.c.seq == entry.seq)
    values = dict(zip(("outcome", "result_id", "message"), outcome, strict=True))
    database.execute(sa.update(JOURNAL).where(here).values(values))


def _remember(database: sa.Connection, org: str, effects: Iterable[_Effect]) -> None:
    """Write effects; values are replaced, so that last-applied is always one row a field, of two effects the later."""
    made = list(effects)
    _forget(database, org, [row for effect in made for row in effect.forgotten])
    latest: dict[tuple[str, ...], Mapping[str, Any] | None] = {}
    for effect in made:
        latest |= {_place(row): None for row in effect.forgotten} | {_place(row): row for row in effect.applied}
    if applied := [{"org": org, **row} for row in latest.values() if row is not None]:
        database.execute(sa.insert(APPLIED), applied)
    for effect in made:
        if effect.task:
            _upsert_task(database, org, effect.task)
        if effect.dropped:
            database.execute(sa.delete(TASKS).where(TASKS.c.org == org, TASKS.c.key == effect.dropped))


def _place(row: Mapping[str, Any]) -> tuple[str, ...]:
    return (row["source"], row["object"], row["id"], row["field"])


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


def _entries(ledger: Ledger, *conditions: sa.ColumnElement[bool]) -> list[Entry]:
    """Read entries in the order of the journal. Sorted here: asked for an order, SQLite reads all there is by that."""
    with ledger.engine.connect() as database:
        rows = database.execute(sa.select(JOURNAL).where(*conditions)).mappings()
        return sorted(map(_entry, rows), key=in_order)


def _entry(row: Mapping[Any, Any]) -> Entry:
    values = {name: row[name] for name in row if name != "org"}
    return Entry(**values, key=row["detail"].get("key"))
