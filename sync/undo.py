"""Undo: a plan built from the journal of a run, applied like any other.

A value goes back to what it was where the CRM still holds what the run wrote; a task the run opened is deleted, one it
completed or reopened returns to its state with the due date and owner it had, and one it passed on to a manager goes
back. What cannot be undone is listed as skipped. The notes left in a task's text stay. The next ordinary run wants the
same things again unless rules or data have changed: undo a run, then change its cause.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import duckdb

from connectors.base import Outcome
from sync.changes import (
    Change,
    CloseTask,
    EscalateTask,
    Plan,
    Ref,
    RemoveTask,
    ReopenTask,
    ReturnTask,
    SetField,
    Skip,
    TaskChange,
    Terms,
    Why,
)
from sync.journal import GONE, Entry, entries
from sync.ledger import Ledger
from sync.memory import HeldTask, held_tasks, observed, same, todays_ids
from sync.plan_tables import seal, store

UNDO = "undo "
"""Beginning of the `rules` of a plan that takes a run back; the run's number follows."""


def undo_plan(connection: duckdb.DuckDBPyConnection, ledger: Ledger, org: str, run: int, as_of: int) -> Plan:
    """Fill the plan tables with what takes run `run` back. The stage must have been pulled just now."""
    journalled = entries(ledger, org, run)
    done = [entry for entry in journalled if entry.outcome == Outcome.DONE]
    lost = [entry for entry in journalled if entry.outcome in (None, Outcome.UNKNOWN, GONE)]
    reason = f"Undo of run {run}."
    steps = [*_values(connection, done, reason), *_tasks(connection, done, reason), *_unknown(lost)]
    store(
        connection,
        (step for step in steps if not isinstance(step, Skip)),
        (step for step in steps if isinstance(step, Skip)),
    )
    return seal(connection, org, as_of, f"{UNDO}{run}")


def _unknown(lost: Iterable[Entry]) -> Iterator[Skip]:
    for entry in lost:
        ref = Ref(entry.source, entry.object, entry.record_id)
        for name in sorted(entry.detail.get("fields", {entry.key: None})):
            yield Skip(ref, name, Why.GONE if entry.outcome == GONE else Why.UNKNOWN, entry.message)


def _values(connection: duckdb.DuckDBPyConnection, done: Iterable[Entry], reason: str) -> Iterator[Change | Skip]:
    updates = [entry for entry in done if entry.kind == "update"]
    for source, object_name in sorted({(entry.source, entry.object) for entry in updates}):
        here = [entry for entry in updates if (entry.source, entry.object) == (source, object_name)]
        held = observed(connection, source, object_name, {entry.record_id for entry in here})
        for entry in here:
            yield from _record(entry, held.get(entry.record_id), reason)


def _record(entry: Entry, held: Mapping[str, str | None] | None, reason: str) -> Iterator[Change | Skip]:
    ref = Ref(entry.source, entry.object, entry.record_id)
    for name, value in sorted(entry.detail["fields"].items()):
        if held is None:
            yield Skip(ref, name, Why.GONE)
        elif same(ref.object, name, held.get(name), value["after"]):
            yield _restored(ref, name, value, reason)
        elif not same(ref.object, name, held.get(name), value["before"]):
            yield Skip(ref, name, Why.CHANGED_SINCE, held.get(name))


def _restored(ref: Ref, name: str, value: Mapping[str, Any], reason: str) -> SetField:
    flags = {"takes_over": value["gives_back"], "gives_back": value["takes_over"]}
    return SetField(ref, name, value["after"], value["before"], reason, **flags)


def _tasks(connection: duckdb.DuckDBPyConnection, done: Iterable[Entry], reason: str) -> Iterator[Change | Skip]:
    held = held_tasks(connection)
    for entry, task_id in todays_ids(held, (entry for entry in done if entry.object == "task")):
        yield from _task(entry, task_id, held, reason)


def _task(entry: Entry, task_id: str, held: Mapping[tuple[str, str], HeldTask], reason: str) -> Iterator[Change | Skip]:
    ref, key = Ref(entry.source, "task", task_id), entry.key or ""
    found = held.get((entry.source, task_id))
    if entry.kind == "delete" or found is None:
        yield Skip(ref, key, Why.GONE)
    elif changed := _changed(entry, found):
        yield Skip(ref, key, Why.CHANGED_SINCE, changed)
    else:
        yield _taken_back(entry, ref, found, reason)


def _changed(entry: Entry, held: HeldTask) -> str | None:
    """Say what stands in a task instead of what the run wrote; None when it is still that."""
    if entry.kind == "assign":
        return None if held.owner_id == entry.detail["owner_id"] else f"assigned to {held.owner_id}"
    if held.open == entry.detail["open"]:
        return None
    return "completed" if entry.detail["open"] else "open"


def _taken_back(entry: Entry, ref: Ref, held: HeldTask, reason: str) -> TaskChange:
    detail, key = entry.detail, entry.key or held.key
    if entry.kind == "create":
        return RemoveTask(ref, key, reason)
    if entry.kind == "assign":
        opposite = ReturnTask if detail["escalates"] else EscalateTask
        return opposite(ref, key, reason, detail["owner_before"], detail["owner_id"])
    before, after = _terms_taken_back(detail, held)
    if detail["open"]:
        return CloseTask(ref, key, reason, before, after)
    return ReopenTask(ref, key, reason, before, after)


def _terms_taken_back(detail: Mapping[str, Any], held: HeldTask) -> tuple[Terms, Terms]:
    """Give due date and owner as they are and as they were, where the CRM still holds what the run wrote."""
    due = "due_at" in detail and held.due_at == detail["due_at"]
    owner = "owner_id" in detail and held.owner_id == detail["owner_id"]
    before = Terms(held.due_at if due else None, held.owner_id if owner else None)
    return before, Terms(detail["due_before"] if due else None, detail["owner_before"] if owner else None)
