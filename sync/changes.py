"""What a plan consists of: changes to make, omissions with their reason, the limits it must keep, its digest.

A plan of millions of changes is three tables in the stage (`PLAN_TABLES`); the dataclasses here are their row types at
the border. `sync.plan` and `sync.undo` fill the tables, `sync.apply` reads them, the console and the command line show
`Plan.to_json` and the rows.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, assert_never

import duckdb
import orjson

from mapping.records import Column, Table
from mapping.statements import create


class Why(StrEnum):
    """Reasons for something deliberately not done."""

    OCCUPIED = "occupied"
    """A value stands there that we did not write."""
    HUMAN_EDIT = "human edit"
    """Somebody changed or cleared what we wrote."""
    NOT_WRITABLE = "not writable"
    """The connection has no such field, or may not write it."""
    QUEUED = "queued"
    """The owner has got enough new tasks for today or this week."""
    HUMAN_CLOSED = "closed by a human"
    """Somebody completed or deleted the task; it stays so until the gap has closed and returned."""
    HUMAN_REOPENED = "reopened by a human"
    """We completed the task, somebody opened it again; the gap is closed all the same."""
    CHANGED_SINCE = "changed since"
    """Undo: the CRM no longer holds what the run wrote."""
    GONE = "gone"
    """Undo: the record or task is no longer there."""
    UNKNOWN = "unknown"
    """Undo: nobody knows whether the run wrote this; the CRM does not show it."""


@dataclass(frozen=True, slots=True)
class Ref:
    """A record of a CRM: connection, object (contact, account or task) and id."""

    source: str
    object: str
    id: str

    def __str__(self) -> str:
        """Spell it as evidence does: ``source/object/id``."""
        return f"{self.source}/{self.object}/{self.id}"


@dataclass(frozen=True, slots=True)
class SetField:
    """Write one output field; values are canonical text, None is empty."""

    ref: Ref
    field: str
    before: str | None
    after: str | None
    reason: str
    takes_over: bool = False
    """`before` is a human's value, replaced because the settings say `takeover`."""
    gives_back: bool = False
    """`after` is a human's value: undo of a takeover; we forget that we ever wrote here."""


@dataclass(frozen=True, slots=True)
class OpenTask:
    """Create the follow-up task of a gap. `due_at` is an epoch second."""

    source: str
    key: str
    subject: str
    body: str
    due_at: int
    owner_id: str | None
    account_id: str
    contact_id: str | None
    severity: float | None
    reason: str


@dataclass(frozen=True, slots=True)
class CloseTask:
    """Complete our task; the reason is its note."""

    ref: Ref
    key: str
    reason: str


@dataclass(frozen=True, slots=True)
class ReopenTask:
    """Open our task again; the reason is its note."""

    ref: Ref
    key: str
    reason: str


@dataclass(frozen=True, slots=True)
class RemoveTask:
    """Delete a task we created; only undo plans it."""

    ref: Ref
    key: str
    reason: str


TaskChange = OpenTask | CloseTask | ReopenTask | RemoveTask
Change = SetField | TaskChange


@dataclass(frozen=True, slots=True)
class Skip:
    """Something deliberately not done. `field` is the output field, a task's key; `detail` says what stands there."""

    ref: Ref
    field: str
    why: Why
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a plan may do. None is no limit.

    `max_cleared` guards against a broken mapping or a lost permission, after which every value would be emptied
    (our default). The two task figures are the domain's: new tasks per owner and calendar day (UTC) and per seven days.
    """

    max_changes: int | None = None
    max_cleared: int | None = 1000
    max_new_tasks: int | None = None
    tasks_per_day: int = 2
    tasks_per_week: int = 5


class UnsafePlanError(Exception):
    """A plan goes beyond a limit; nothing was written. `limit` is its name, `count` what was planned."""

    def __init__(self, limit: str, allowed: int, count: int) -> None:
        super().__init__(
            f"the plan asks for {count}, more than limits.{limit}: {allowed}; raise the limit or the cause"
        )
        self.limit = limit
        self.count = count


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan as a value: whose, at which instant, by which rules, and what it comes to.

    `counts` has set, cleared, records, open, close, reopen and remove; `skipped` counts omissions by reason. Equal rows
    have an equal `digest`, whatever the instant: an approval binds to content.
    """

    org: str
    as_of: int
    rules: str
    digest: str
    counts: Mapping[str, int]
    skipped: Mapping[str, int] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        """Nothing is to be written."""
        return not any(self.counts.values())

    def raise_if_unsafe(self, limits: Limits) -> None:
        """Refuse a plan beyond a limit. Every way to apply passes here. Raises UnsafePlanError."""
        tasks = sum(self.counts.get(action, 0) for action in ("open", "close", "reopen", "remove"))
        planned = {
            "max_changes": (limits.max_changes, self.counts.get("set", 0) + tasks),
            "max_cleared": (limits.max_cleared, self.counts.get("cleared", 0)),
            "max_new_tasks": (limits.max_new_tasks, self.counts.get("open", 0)),
        }
        for name, (allowed, count) in planned.items():
            if allowed is not None and count > allowed:
                raise UnsafePlanError(name, allowed, count)

    def to_json(self, changes: Iterable[Change] = (), skips: Iterable[Skip] = ()) -> dict[str, Any]:
        """Give the plan as JSON values, with as many rows as the caller hands in."""
        return {
            **asdict(self),
            "changes": [change_json(change) for change in changes],
            "skips": [asdict(skip) for skip in skips],
        }


def change_json(change: Change) -> dict[str, Any]:
    """Give a change as JSON values with its kind."""
    return {"kind": kind(change), **asdict(change)}


def kind(change: Change) -> str:
    """Name a change: set, open, close, reopen or remove."""
    match change:
        case SetField():
            return "set"
        case OpenTask():
            return "open"
        case CloseTask():
            return "close"
        case ReopenTask():
            return "reopen"
        case RemoveTask():
            return "remove"
        case _:
            assert_never(change)


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
    "Tasks to open, complete, reopen or remove.",
    "source key id",
    """
    action TEXT open, close, reopen or remove
    source TEXT connection
    id TEXT task id; NULL for a new one
    key TEXT the gap's key
    subject TEXT new task: one line
    body TEXT new task: text
    due_at BIGINT new task: due date
    owner_id TEXT new task: assignee
    account_id TEXT new task: account
    contact_id TEXT new task: contact
    severity DOUBLE 0-100
    reason TEXT one sentence; the note of the task
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
    match change:
        case OpenTask():
            row = asdict(change)
            return ("open", change.source, None, *(row[name] for name in PLAN_TASK.column_names()[3:]))
        case CloseTask() | ReopenTask() | RemoveTask():
            blank = (None,) * 7
            return (kind(change), change.ref.source, change.ref.id, change.key, *blank, change.reason)
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
    for action, home, task_id, *row in _rows(connection, PLAN_TASK, source):
        yield _task(action, home, task_id, row)


def changes(connection: duckdb.DuckDBPyConnection) -> Iterator[Change]:
    """Read every change of the plan."""
    yield from field_changes(connection)
    yield from task_changes(connection)


def skips(connection: duckdb.DuckDBPyConnection) -> Iterator[Skip]:
    """Read every omission of the plan."""
    for source, object_name, record_id, name, why, detail in _rows(connection, PLAN_SKIP):
        yield Skip(Ref(source, object_name, record_id), name, Why(why), detail)


def sources(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Name the connections the plan writes to, in the plan's order."""
    found = connection.execute(
        "SELECT source FROM plan_change UNION SELECT source FROM plan_task ORDER BY 1"
    ).fetchall()
    return [source for (source,) in found]


def _task(action: str, source: str, task_id: str, row: Sequence[Any]) -> TaskChange:
    ref, key, reason = Ref(source, "task", task_id), row[0], row[-1]
    match action:
        case "open":
            return OpenTask(source, *row)
        case "close":
            return CloseTask(ref, key, reason)
        case "reopen":
            return ReopenTask(ref, key, reason)
        case "remove":
            return RemoveTask(ref, key, reason)
        case _:
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

    The engine folds the rows of a record into one text: a plan of millions of rows need not pass through Python.
    """
    digest = hashlib.sha256(orjson.dumps([org, rules]))
    for table, record in ((PLAN_CHANGE, "source, object, id"), (PLAN_TASK, "source, key")):
        text = " || ".join(_unambiguous(column) for column in table.columns)
        query = (
            f"SELECT MD5(STRING_AGG(row_digest, '' ORDER BY row_digest)) FROM"
            f" (SELECT {record}, MD5({text}) AS row_digest FROM {table.name}) AS folded"
            f" GROUP BY {record} ORDER BY {record}"
        )
        found = connection.execute(query)
        while rows := found.fetchmany(50_000):
            digest.update("".join(row[0] for row in rows).encode())
    return digest.hexdigest()[:16]


def _unambiguous(column: Column) -> str:
    """Write a value as text that cannot run into its neighbour; figures are rounded, their last digits may vary."""
    value = f"ROUND({column.name}, 6)" if column.type == "DOUBLE" else column.name
    return f"COALESCE(LENGTH(CAST({value} AS TEXT)) || ':' || CAST({value} AS TEXT), '-')"


def _counts(connection: duckdb.DuckDBPyConnection) -> Mapping[str, int]:
    row = connection.execute(
        "SELECT COUNT(*), COALESCE(SUM(CASE WHEN before IS NOT NULL AND after IS NULL THEN 1 ELSE 0 END), 0)::BIGINT,"
        " COUNT(DISTINCT source || '/' || object || '/' || id) FROM plan_change"
    ).fetchone()
    counts = dict(zip(("set", "cleared", "records"), row or (), strict=True))
    counts.update(
        connection.execute("SELECT action, COUNT(*) FROM plan_task GROUP BY action ORDER BY action").fetchall()
    )
    return counts


def _skipped(connection: duckdb.DuckDBPyConnection) -> Mapping[str, int]:
    return dict(connection.execute("SELECT why, COUNT(*) FROM plan_skip GROUP BY why ORDER BY why").fetchall())
