"""The plan as tables in the stage: fields to set, tasks to change, omissions; their order, their counts, their digest.

`sync.plan` fills the tables with SQL and `sync.undo` with values (`store`); `seal` makes a `Plan` of them; `sync.apply`
and the command line read the rows back as the values of `sync.changes`.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any, assert_never

import duckdb
import orjson

from mapping.records import Column, Table
from mapping.statements import create, execute
from sync.changes import (
    Change,
    CloseTask,
    EscalateTask,
    OpenTask,
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
    kind,
)


def _plan_table(name: str, meaning: str, key: str, columns: str) -> Table:
    parsed = tuple(Column(*line.split(maxsplit=2)) for line in columns.strip().splitlines())
    return Table(name, meaning, tuple(key.split()), parsed)


PLAN_CHANGE = _plan_table(
    "plan_change",
    "Fields to set.",
    "source object id field",
    """
    source TEXT connection
    object TEXT contact or account
    id TEXT record id
    field TEXT output field
    before TEXT what the CRM holds
    after TEXT what it shall hold
    reason TEXT one sentence with the records it rests on
    takes_over BOOLEAN before is a human's value
    gives_back BOOLEAN after is a human's value
    """,
)
PLAN_TASK = _plan_table(
    "plan_task",
    "Tasks to open, complete, reopen, pass on, give back or remove.",
    "source key id",
    """
    action TEXT one of sync.changes.ACTIONS
    source TEXT connection
    id TEXT task id; NULL for a new one
    key TEXT the gap's key
    subject TEXT new task: one line
    body TEXT new task: text
    due_at BIGINT due date it gets; NULL is not touched
    owner_id TEXT assignee it gets; NULL is not touched
    account_id TEXT new task: account
    contact_id TEXT new task: contact
    severity DOUBLE 0-100
    reason TEXT one sentence; the note of the task
    due_before BIGINT due date that is replaced
    owner_before TEXT assignee who is replaced
    snooze_until BIGINT reopened task: the snooze date it carries
    """,
)
PLAN_SKIP = _plan_table(
    "plan_skip",
    "What is deliberately not done.",
    "source object id field",
    """
    source TEXT connection
    object TEXT contact, account or task
    id TEXT record id; a new task has its key
    field TEXT output field or key
    why TEXT value of Why
    detail TEXT what stands there
    """,
)
PLAN_TABLES = (PLAN_CHANGE, PLAN_TASK, PLAN_SKIP)

_ORDER: Mapping[str, str] = {
    "plan_change": "source, object, id, field",
    "plan_task": "source, action, severity DESC NULLS LAST, key, id",
    "plan_skip": "source, object, id, field, why",
}

_SOURCES = "SELECT source FROM plan_change UNION SELECT source FROM plan_task ORDER BY 1"


def store(connection: duckdb.DuckDBPyConnection, changes: Iterable[Change], skips: Iterable[Skip]) -> None:
    """Fill the plan tables with values; `sync.undo` and tests come this way, large plans are written by SQL."""
    fields: list[Sequence[object]] = []
    tasks: list[Sequence[object]] = []
    for change in changes:
        if isinstance(change, SetField):
            fields.append(_field_row(change))
        else:
            tasks.append(_task_row(change))
    create(connection, PLAN_CHANGE, fields)
    create(connection, PLAN_TASK, tasks)
    create(connection, PLAN_SKIP, (_skip_row(skip) for skip in skips))


def _field_row(change: SetField) -> Sequence[object]:
    ref = change.ref
    values = (change.field, change.before, change.after, change.reason, change.takes_over, change.gives_back)
    return (ref.source, ref.object, ref.id, *values)


def _task_row(change: TaskChange) -> Sequence[object]:
    values = {"action": kind(change), **_task_values(change)}
    return tuple(values.get(name) for name in PLAN_TASK.column_names())


def _task_values(change: TaskChange) -> Mapping[str, object]:
    """Give the columns of a change that are not NULL."""
    if isinstance(change, OpenTask):
        return asdict(change)
    common = {"source": change.ref.source, "id": change.ref.id, "key": change.key, "reason": change.reason}
    match change:
        case CloseTask(before=before, after=after) | ReopenTask(before=before, after=after):
            snooze = change.snooze_until if isinstance(change, ReopenTask) else None
            old = {"due_before": before.due_at, "owner_before": before.owner_id, "snooze_until": snooze}
            return {**common, **old, "due_at": after.due_at, "owner_id": after.owner_id}
        case EscalateTask() | ReturnTask():
            return {**common, "owner_id": change.owner_id, "owner_before": change.owner_before}
        case RemoveTask():
            return common
        case _:
            assert_never(change)


def _skip_row(skip: Skip) -> Sequence[object]:
    return (skip.ref.source, skip.ref.object, skip.ref.id, skip.field, skip.why.value, skip.detail)


def seal(connection: duckdb.DuckDBPyConnection, org: str, as_of: int, rules: str) -> Plan:
    """Count the plan tables and take their digest."""
    return Plan(org, as_of, rules, _digest(connection, org, rules), _counts(connection), _skipped(connection))


def field_changes(connection: duckdb.DuckDBPyConnection, source: str | None = None) -> Iterator[SetField]:
    """Read the fields to set in the plan's order, all of a record together."""
    for row in _rows(connection, PLAN_CHANGE, source):
        yield SetField(Ref(row[0], row[1], row[2]), *row[3:])


def task_changes(connection: duckdb.DuckDBPyConnection, source: str | None = None) -> Iterator[TaskChange]:
    """Read the tasks to change, most severe first within an action."""
    for row in _rows(connection, PLAN_TASK, source):
        yield _task(dict(zip(PLAN_TASK.column_names(), row, strict=True)))


def changes(connection: duckdb.DuckDBPyConnection) -> Iterator[Change]:
    """Read every change of the plan."""
    yield from field_changes(connection)
    yield from task_changes(connection)


def skips(connection: duckdb.DuckDBPyConnection) -> Iterator[Skip]:
    """Read every omission of the plan."""
    for source, object_name, record_id, name, why, detail in _rows(connection, PLAN_SKIP):
        yield Skip(Ref(source, object_name, record_id), name, Why(why), detail)


def writes(connection: duckdb.DuckDBPyConnection) -> Mapping[str, Mapping[str, int]]:
    """Count the writes of the plan by connection and kind (update, create, change, delete)."""
    execute(connection, "sql/plan_writes", "sync")
    counted: dict[str, dict[str, int]] = {}
    for source, kind_of_write, count in connection.execute("SELECT source, kind, writes FROM plan_writes").fetchall():
        counted.setdefault(source, {})[kind_of_write] = count
    return counted


def sources(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Name the connections the plan writes to, in the plan's order."""
    return [source for (source,) in connection.execute(_SOURCES).fetchall()]


_OPEN = ("source", "key", "subject", "body", "due_at", "owner_id", "account_id", "contact_id", "severity", "reason")


def _task(row: Mapping[str, Any]) -> TaskChange:
    common = (Ref(row["source"], "task", row["id"]), row["key"], row["reason"])
    before, after = Terms(row["due_before"], row["owner_before"]), Terms(row["due_at"], row["owner_id"])
    match row["action"]:
        case "open":
            return OpenTask(*(row[name] for name in _OPEN))
        case "close":
            return CloseTask(*common, before, after)
        case "reopen":
            return ReopenTask(*common, before, after, row["snooze_until"])
        case "escalate":
            return EscalateTask(*common, row["owner_id"], row["owner_before"])
        case "return":
            return ReturnTask(*common, row["owner_id"], row["owner_before"])
        case "remove":
            return RemoveTask(*common)
        case action:
            raise ValueError(f"plan_task holds an unknown action {action!r}")


def _rows(connection: duckdb.DuckDBPyConnection, table: Table, source: str | None = None) -> Iterator[tuple[Any, ...]]:
    """Stream a plan table in its order on a cursor of its own, so that the connection stays free."""
    names = ", ".join(table.column_names())
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {names} FROM {table.name} WHERE source = COALESCE(?, source) ORDER BY {_ORDER[table.name]}",
            [source],
        )
        while rows := cursor.fetchmany(5000):
            yield from rows


def _digest(connection: duckdb.DuckDBPyConnection, org: str, rules: str) -> str:
    """Take the digest over what would be written; an omission writes nothing and stays out.

    The engine folds the MD5 of the rows, whatever their order, for no two rows are alike: a plan of millions of rows
    need neither pass through Python nor be sorted. MD5 and not the engine's own hash, which is faster but another one
    with each of its versions: the same plan has the same digest everywhere. It is taken once a row: two halves of it,
    folded apart, were two MD5s and twice the time.
    """
    digest = hashlib.sha256(orjson.dumps([org, rules]))
    for table in (PLAN_CHANGE, PLAN_TASK):
        digest.update(repr(connection.execute(_folded(table)).fetchall()).encode())
    return digest.hexdigest()[:16]


def _folded(table: Table) -> str:
    row = ", ".join(map(_unambiguous, table.columns))
    return f"SELECT COUNT(*), BIT_XOR(MD5_NUMBER(CONCAT({row}))) FROM {table.name}"


def _unambiguous(column: Column) -> str:
    """Write a value so that it cannot run into its neighbour, NULL as nothing; the last digits of figures may vary.

    One CONCAT takes all parts of a row: joining them two by two took an eighth longer at least.
    """
    match column.type:
        case "TEXT":
            return f"STRLEN({column.name}), ':', {column.name}"
        case "DOUBLE":
            return f"ROUND({column.name}, 6), ';'"
        case _:
            return f"CAST({column.name} AS BIGINT), ';'"


def _counts(connection: duckdb.DuckDBPyConnection) -> Mapping[str, int]:
    execute(connection, "sql/plan_counts", "sync")
    rows = connection.execute("SELECT what, count FROM plan_count ORDER BY place, what").fetchall()
    return dict(rows)


def _skipped(connection: duckdb.DuckDBPyConnection) -> Mapping[str, int]:
    return dict(connection.execute("SELECT why, COUNT(*) FROM plan_skip GROUP BY why ORDER BY why").fetchall())
