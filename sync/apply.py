"""Carries a plan out: writes per connection, the intent noted before and the outcome after each.

`sync.pipeline` calls `apply` for ordinary plans and for those of `sync.undo`. Killed at any point, the next run finds
in the journal what was under way and looks before it writes again.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from typing import Any, assert_never

import duckdb

from connectors.base import (
    AssignTask,
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
from sync import plan_tables
from sync.changes import (
    CloseTask,
    EscalateTask,
    OpenTask,
    RemoveTask,
    ReopenTask,
    ReturnTask,
    SetField,
    TaskChange,
)
from sync.echo import Echo
from sync.journal import Intent, Journal, target
from sync.ledger import chunks

BATCH = 200
"""Writes whose intents are noted in one transaction, and outcomes likewise (our default)."""


SHOWN_REFUSALS = 20
"""Rejected writes that a report quotes; the journal has all of them."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A write the CRM rejected: ``source/object/id`` (a new task: its key) and the vendor's message."""

    record: str
    message: str


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of a plan: writes by outcome (done, rejected, unknown), and who asked for patience.

    `refused` quotes the first rejected writes; `postponed` maps a connection to the vendor's message; `retry_at` is
    the latest epoch second it named, `reason` why the first of them did (see `connectors.errors`).
    """

    outcomes: Mapping[str, int]
    refused: tuple[Refusal, ...] = ()
    postponed: Mapping[str, str] = field(default_factory=dict)
    retry_at: int | None = None
    reason: str = ""


def apply(
    connection: duckdb.DuckDBPyConnection,
    connectors: Mapping[str, Connector],
    journal: Journal,
    heartbeat: Callable[[str, int], None],
) -> Applied:
    """Write what the plan tables hold, connection after connection.

    `heartbeat` is called with a connection and its writes answered so far, also before each batch is sent; when it
    raises, nothing more is. A connection that asks for patience is left for the next run and the others go on; every
    other `ConnectorError` ends the run after what is known was noted.
    """
    count = _Count(heartbeat)
    postponed: dict[str, RetryLater] = {}
    echo = Echo(connection)
    try:
        for source in plan_tables.sources(connection):
            try:
                noted = _noted_before(intents(connection, source), journal, partial(count.beat, source))
                _write(connectors[source], noted, journal, (count, echo.note))
            except RetryLater as patience:
                postponed[source] = patience
    finally:
        echo.settle()
    moments = [patience.at for patience in postponed.values() if patience.at is not None]
    texts = {source: str(patience) for source, patience in postponed.items()}
    reason = next((patience.reason for patience in postponed.values()), "")
    told = (tuple(count.refused), texts, max(moments, default=None), reason)
    return Applied(dict(sorted(count.outcomes.items())), *told)


def intents(connection: duckdb.DuckDBPyConnection, source: str) -> Iterator[Intent]:
    """Turn a connection's part of the plan into writes: one update a record, then the tasks."""
    for _, group in groupby(plan_tables.field_changes(connection, source), key=lambda change: change.ref):
        yield _update(list(group))
    for change in plan_tables.task_changes(connection, source):
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
        case CloseTask() | ReopenTask():
            return _state_intent(change)
        case EscalateTask(ref, key, reason, owner, before) | ReturnTask(ref, key, reason, owner, before):
            detail = {"owner_id": owner, "owner_before": before, "escalates": isinstance(change, EscalateTask)}
            return Intent(ref.source, AssignTask(ref.id, key, owner, reason), detail)
        case RemoveTask(ref, key, _):
            return Intent(ref.source, DeleteTask(ref.id, key), {})
        case _:
            assert_never(change)


def _state_intent(change: CloseTask | ReopenTask) -> Intent:
    """Complete or reopen; only what changes stands in the detail."""
    opens, before, after = isinstance(change, ReopenTask), change.before, change.after
    write = SetTaskState(change.ref.id, change.key, opens, change.reason, after.due_at, after.owner_id)
    detail: dict[str, Any] = {"open": opens}
    if after.due_at is not None:
        detail |= {"due_at": after.due_at, "due_before": before.due_at}
    if after.owner_id is not None:
        detail |= {"owner_id": after.owner_id, "owner_before": before.owner_id}
    if isinstance(change, ReopenTask) and change.snooze_until is not None:
        detail["snooze_until"] = change.snooze_until
    return Intent(change.ref.source, write, detail)


class _Count:
    """Counts results over all connections, keeps the first refusals and tells the heartbeat how far a connection is."""

    def __init__(self, heartbeat: Callable[[str, int], None]) -> None:
        self.outcomes: Counter[str] = Counter()
        self.refused: list[Refusal] = []
        self._heartbeat = heartbeat
        self._answered: Counter[str] = Counter()

    def __call__(self, source: str, results: Iterable[WriteResult]) -> None:
        for result in results:
            self._answered[source] += 1
            self.outcomes[result.outcome.value] += 1
            if result.outcome is Outcome.REJECTED and len(self.refused) < SHOWN_REFUSALS:
                _, object_name, record_id = target(result.write)
                self.refused.append(Refusal(f"{source}/{object_name}/{record_id}", result.message))
        self.beat(source)

    def beat(self, source: str) -> None:
        """Say that the connection is still at work, and how far."""
        self._heartbeat(source, self._answered[source])


Listener = Callable[[str, Sequence[WriteResult]], None]


def _write(connector: Connector, writes: Iterator[Write], journal: Journal, listeners: Sequence[Listener]) -> None:
    """Send one connection's writes; what was answered before an error is noted before the error goes on."""
    answered: list[WriteResult] = []

    def note() -> None:
        journal.note(connector.source, answered)
        for tell in listeners:
            tell(connector.source, answered)
        answered.clear()

    try:
        for result in connector.write(writes):
            answered.append(result)
            if len(answered) >= BATCH:
                note()
    except (Exception, KeyboardInterrupt):
        note()
        raise
    note()
    answered += [
        WriteResult(lost, Outcome.UNKNOWN, message="no answer") for lost in journal.unanswered(connector.source)
    ]
    note()


def _noted_before(wanted: Iterator[Intent], journal: Journal, beat: Callable[[], None]) -> Iterator[Write]:
    """Note intents before their writes go out, and before that make sure that the organisation is still ours."""
    for chunk in chunks(wanted, BATCH):
        beat()
        journal.intend(chunk)
        yield from (intent.write for intent in chunk)
