"""Carries a plan out: writes per connection, the intent noted before and the outcome after each.

`sync.pipeline` calls `apply` for ordinary plans and for those of `sync.undo`. Killed at any point, the next run finds
in the journal what was under way and looks before it writes again.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, assert_never

import duckdb

from connectors.base import (
    Connector,
    CreateTask,
    DeleteTask,
    Outcome,
    SetTaskState,
    UpdateRecord,
    Write,
    WriteResult,
)
from connectors.errors import RetryLater
from sync import changes
from sync.changes import CloseTask, OpenTask, RemoveTask, ReopenTask, SetField, TaskChange
from sync.journal import Intent, Journal
from sync.ledger import chunks

BATCH = 200
"""Writes whose intents are noted in one transaction, and outcomes likewise (our default)."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of a plan: writes by outcome (done, rejected, unknown), and who asked for patience.

    `postponed` maps a connection to the vendor's message; `retry_at` is the latest epoch second it named.
    """

    outcomes: Mapping[str, int]
    postponed: Mapping[str, str] = field(default_factory=dict)
    retry_at: int | None = None


def apply(
    connection: duckdb.DuckDBPyConnection,
    connectors: Mapping[str, Connector],
    journal: Journal,
    heartbeat: Callable[[str, int], None],
) -> Applied:
    """Write what the plan tables hold, connection after connection.

    `heartbeat` is called with a connection and its writes answered so far. A connection that asks for patience is left
    for the next run and the others go on; every other `ConnectorError` ends the run after what is known was noted.
    """
    outcomes: Counter[str] = Counter()
    postponed: dict[str, RetryLater] = {}
    for source in changes.sources(connection):
        try:
            _write(connectors[source], intents(connection, source), journal, _counting(outcomes, source, heartbeat))
        except RetryLater as patience:
            postponed[source] = patience
    moments = [patience.at for patience in postponed.values() if patience.at is not None]
    texts = {source: str(patience) for source, patience in postponed.items()}
    return Applied(dict(sorted(outcomes.items())), texts, max(moments, default=None))


def intents(connection: duckdb.DuckDBPyConnection, source: str) -> Iterator[Intent]:
    """Turn a connection's part of the plan into writes: one update a record, then the tasks."""
    for _, group in groupby(changes.field_changes(connection, source), key=lambda change: change.ref):
        yield _update(list(group))
    for change in changes.task_changes(connection, source):
        yield _task_intent(change)


def _update(fields: list[SetField]) -> Intent:
    ref = fields[0].ref
    write = UpdateRecord(ref.object, ref.id, {change.field: change.after for change in fields})
    return Intent(ref.source, write, {"fields": {change.field: _field_detail(change) for change in fields}})


def _field_detail(change: SetField) -> Mapping[str, Any]:
    return {
        "before": change.before,
        "after": change.after,
        "takes_over": change.takes_over,
        "gives_back": change.gives_back,
    }


def _task_intent(change: TaskChange) -> Intent:
    match change:
        case OpenTask():
            people = (change.owner_id, change.account_id, change.contact_id)
            create = CreateTask(change.key, change.subject, change.body, change.due_at, *people)
            shown = {"subject": change.subject, "due_at": change.due_at}
            return Intent(change.source, create, {"owner_id": change.owner_id, "open": True, **shown})
        case CloseTask(ref, key, reason):
            return Intent(ref.source, SetTaskState(ref.id, key, open=False, note=reason), {"open": False})
        case ReopenTask(ref, key, reason):
            return Intent(ref.source, SetTaskState(ref.id, key, open=True, note=reason), {"open": True})
        case RemoveTask(ref, key, _):
            return Intent(ref.source, DeleteTask(ref.id, key), {})
        case _:
            assert_never(change)


def _counting(
    outcomes: Counter[str], source: str, heartbeat: Callable[[str, int], None]
) -> Callable[[Iterable[WriteResult]], None]:
    """Count results of a connection and tell how far it is."""
    answered = 0

    def count(results: Iterable[WriteResult]) -> None:
        nonlocal answered
        for result in results:
            answered += 1
            outcomes[result.outcome.value] += 1
        heartbeat(source, answered)

    return count


def _write(
    connector: Connector, wanted: Iterator[Intent], journal: Journal, count: Callable[[Iterable[WriteResult]], None]
) -> None:
    """Send one connection's writes; what was answered before an error is noted before the error goes on."""
    answered: list[WriteResult] = []

    def note() -> None:
        journal.note(connector.source, answered)
        count(answered)
        answered.clear()

    try:
        for result in connector.write(_noted_before(wanted, journal)):
            answered.append(result)
            if len(answered) >= BATCH:
                note()
    except Exception:
        note()
        raise
    note()
    answered += [
        WriteResult(lost, Outcome.UNKNOWN, message="no answer") for lost in journal.unanswered(connector.source)
    ]
    note()


def _noted_before(wanted: Iterator[Intent], journal: Journal) -> Iterator[Write]:
    for chunk in chunks(wanted, BATCH):
        journal.intend(chunk)
        yield from (intent.write for intent in chunk)
