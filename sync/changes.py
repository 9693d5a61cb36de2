"""What a plan consists of, as values: changes to make, omissions with their reason, and the limits it must keep.

A plan of millions of changes is three tables in the stage (see `sync.plan_tables`); the dataclasses here are their row
types at the border. `sync.undo` makes them, `sync.apply` turns them into writes, the command line shows them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


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
    CANNOT_TELL = "cannot tell"
    """The evidence that the gap rests on is missing today: the task is neither completed nor passed on."""
    SNOOZED = "snoozed"
    """The task carries a snooze date that lies ahead: until then it is neither opened again nor passed on."""
    HUMAN_ASSIGNED = "reassigned by a human"
    """The task is overdue past its grace, but it is no longer with the colleague we gave it to."""
    NO_MANAGER = "no manager"
    """The task is overdue past its grace, and nobody is known whom its owner reports to."""
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
    account_id: str | None
    contact_id: str | None
    severity: float | None
    reason: str


@dataclass(frozen=True, slots=True)
class Terms:
    """When a task is due (epoch second) and who has it; None is not touched."""

    due_at: int | None = None
    owner_id: str | None = None


AS_THEY_ARE = Terms()
"""The terms of a task that are left alone."""


@dataclass(frozen=True, slots=True)
class CloseTask:
    """Complete our task; the reason is its note. Only undo changes its terms with it."""

    ref: Ref
    key: str
    reason: str
    before: Terms = AS_THEY_ARE
    after: Terms = AS_THEY_ARE


@dataclass(frozen=True, slots=True)
class ReopenTask:
    """Open our task again; the reason is its note. `snooze_until` is the snooze date it carries, honoured with this."""

    ref: Ref
    key: str
    reason: str
    before: Terms = AS_THEY_ARE
    after: Terms = AS_THEY_ARE
    snooze_until: int | None = None


@dataclass(frozen=True, slots=True)
class EscalateTask:
    """Pass our overdue task on from the CSM (`owner_before`) to the manager; the reason is its note."""

    ref: Ref
    key: str
    reason: str
    owner_id: str
    owner_before: str


@dataclass(frozen=True, slots=True)
class ReturnTask:
    """Give an escalated task back from the manager (`owner_before`) to the CSM; only undo plans it."""

    ref: Ref
    key: str
    reason: str
    owner_id: str
    owner_before: str


@dataclass(frozen=True, slots=True)
class RemoveTask:
    """Delete a task we created; only undo plans it."""

    ref: Ref
    key: str
    reason: str


TaskChange = OpenTask | CloseTask | ReopenTask | EscalateTask | ReturnTask | RemoveTask
Change = SetField | TaskChange

_ACTION: Mapping[type[TaskChange], str] = {
    OpenTask: "open",
    CloseTask: "close",
    ReopenTask: "reopen",
    EscalateTask: "escalate",
    ReturnTask: "return",
    RemoveTask: "remove",
}
ACTIONS = tuple(_ACTION.values())
"""What a plan may do to tasks, in the order people are told."""


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

    `counts` has set, cleared, records and the tasks by action (`ACTIONS`); `skipped` counts omissions by reason. Equal
    rows have an equal `digest`, whatever the instant: an approval binds to content.
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
        tasks = sum(self.counts.get(action, 0) for action in ACTIONS)
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
    """Name a change: set, or one of `ACTIONS`."""
    return "set" if isinstance(change, SetField) else _ACTION[type(change)]
