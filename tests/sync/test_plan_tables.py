"""The plan as tables: values go in and come out unchanged, in the plan's order, with counts and a digest of content."""

from collections.abc import Iterator
from dataclasses import replace

import duckdb
import pytest

from sync.changes import (
    Change,
    CloseTask,
    EscalateTask,
    Limits,
    OpenTask,
    Plan,
    Ref,
    RemoveTask,
    ReopenTask,
    ReturnTask,
    SetField,
    Skip,
    Terms,
    UnsafePlanError,
    Why,
    change_json,
)
from sync.plan_tables import changes, field_changes, seal, skips, sources, store, task_changes
from tests.sync.world import NOON

ANN, TASK = Ref("crm", "contact", "c1"), Ref("crm", "task", "t1")
FIELD = SetField(ANN, "roles", "user", "buyer", "Her title says so.", takes_over=True)
CALL = OpenTask("crm", "k1", "Find a champion", "Why", NOON, "u1", "a1", "c1", 50.0, "No champion.")
PASSED, RETURNED = EscalateTask(TASK, "k5", "late", "u9", "u1"), ReturnTask(TASK, "k6", "undo", "u1", "u9")
ANEW = ReopenTask(TASK, "k7", "back", Terms(NOON, "u9"), Terms(NOON + 5, "u1"), snooze_until=NOON + 1)
UNDONE = CloseTask(TASK, "k8", "undo", Terms(NOON, None), Terms(NOON - 5, None))
CLOSED, BACK, GONE = CloseTask(TASK, "k2", "closed"), ReopenTask(TASK, "k3", "back"), RemoveTask(TASK, "k4", "undo")


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(":memory:") as opened:
        yield opened


def sealed(connection: duckdb.DuckDBPyConnection, *given: Change, omitted: tuple[Skip, ...] = ()) -> Plan:
    store(connection, given, omitted)
    return seal(connection, "acme", NOON, "rules-1")


@pytest.mark.parametrize(
    "change",
    [FIELD, replace(FIELD, before=None, after=None), CALL, CLOSED, BACK, PASSED, RETURNED, ANEW, UNDONE, GONE],
)
def test_a_change_is_read_back_as_it_was_stored(connection: duckdb.DuckDBPyConnection, change: Change) -> None:
    store(connection, [change], [])
    assert list(changes(connection)) == [change]


@pytest.mark.parametrize("why", list(Why))
def test_an_omission_is_read_back_with_its_reason(connection: duckdb.DuckDBPyConnection, why: Why) -> None:
    store(connection, [], [Skip(ANN, "roles", why, "user")])
    assert list(skips(connection)) == [Skip(ANN, "roles", why, "user")]


def test_fields_come_record_by_record_and_tasks_with_the_most_severe_first(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    other = Ref("crm", "contact", "c0")
    store(
        connection,
        [
            CALL,
            replace(CALL, key="k9", severity=None),
            replace(CALL, key="k5", severity=90.0),
            FIELD,
            replace(FIELD, ref=other, field="depth"),
            replace(FIELD, field="depth"),
        ],
        [],
    )
    assert [(change.ref.id, change.field) for change in field_changes(connection)] == [
        ("c0", "depth"),
        ("c1", "depth"),
        ("c1", "roles"),
    ]
    assert [change.key for change in task_changes(connection)] == ["k5", "k1", "k9"]


def test_rows_of_one_connection_can_be_read_alone(connection: duckdb.DuckDBPyConnection) -> None:
    elsewhere = replace(FIELD, ref=Ref("hub", "contact", "c1"))
    store(connection, [FIELD, elsewhere, CALL], [])
    assert list(field_changes(connection, "hub")) == [elsewhere]
    assert list(task_changes(connection, "hub")) == []
    assert sources(connection) == ["crm", "hub"]


def test_a_row_nobody_can_have_written_is_refused(connection: duckdb.DuckDBPyConnection) -> None:
    store(connection, [CLOSED], [])
    connection.execute("UPDATE plan_task SET action = 'explode'")
    with pytest.raises(ValueError, match="unknown action 'explode'"):
        list(task_changes(connection))


def test_a_plan_counts_fields_records_tasks_and_omissions(connection: duckdb.DuckDBPyConnection) -> None:
    cleared = replace(FIELD, field="depth", after=None)
    omitted = (Skip(ANN, "a", Why.OCCUPIED), Skip(ANN, "b", Why.OCCUPIED), Skip(ANN, "c", Why.QUEUED))
    made = sealed(connection, FIELD, cleared, CALL, CLOSED, BACK, PASSED, omitted=omitted)
    fields = {"set": 2, "cleared": 1, "records": 1}
    assert made.counts == {**fields, "close": 1, "escalate": 1, "open": 1, "reopen": 1}
    assert made.skipped == {"occupied": 2, "queued": 1}
    assert not made.empty


def test_a_plan_of_nothing_but_omissions_is_empty(connection: duckdb.DuckDBPyConnection) -> None:
    made = sealed(connection, omitted=(Skip(ANN, "a", Why.OCCUPIED),))
    assert (made.empty, made.counts) == (True, {"set": 0, "cleared": 0, "records": 0})


def test_the_digest_does_not_depend_on_the_order_of_rows_or_on_omissions(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    given: list[Change] = [FIELD, replace(FIELD, field="depth"), CALL, CLOSED]
    digest = sealed(connection, *given).digest
    assert sealed(connection, *given[::-1]).digest == digest
    assert sealed(connection, *given, omitted=(Skip(ANN, "x", Why.QUEUED),)).digest == digest
    assert len(digest) == 16


@pytest.mark.parametrize(
    "other",
    [
        replace(FIELD, ref=Ref("hub", "contact", "c1")),
        replace(FIELD, ref=Ref("crm", "account", "c1")),
        replace(FIELD, ref=Ref("crm", "contact", "c2")),
        replace(FIELD, field="depth"),
        replace(FIELD, before=None),
        replace(FIELD, before=""),
        replace(FIELD, after="user"),
        replace(FIELD, reason="Another."),
        replace(FIELD, takes_over=False),
        replace(FIELD, gives_back=True),
    ],
)
def test_the_digest_changes_with_every_part_of_a_field(connection: duckdb.DuckDBPyConnection, other: SetField) -> None:
    assert sealed(connection, FIELD).digest != sealed(connection, other).digest


@pytest.mark.parametrize(
    "other",
    [
        replace(CALL, source="hub"),
        replace(CALL, key="k9"),
        replace(CALL, subject="?"),
        replace(CALL, body="?"),
        replace(CALL, due_at=NOON + 1),
        replace(CALL, owner_id=None),
        replace(CALL, account_id="a2"),
        replace(CALL, contact_id=None),
        replace(CALL, severity=51.0),
        replace(CALL, reason="?"),
    ],
)
def test_the_digest_changes_with_every_part_of_a_task(connection: duckdb.DuckDBPyConnection, other: OpenTask) -> None:
    assert sealed(connection, CALL).digest != sealed(connection, other).digest


@pytest.mark.parametrize(
    "other",
    [
        replace(ANEW, before=Terms(NOON, "u8")),
        replace(ANEW, before=Terms(NOON + 1, "u9")),
        replace(ANEW, after=Terms(NOON + 6, "u1")),
        replace(ANEW, after=Terms(NOON + 5, "u2")),
        replace(ANEW, snooze_until=None),
        EscalateTask(TASK, "k7", "back", "u1", "u9"),
    ],
)
def test_the_digest_changes_with_the_terms_of_a_task(connection: duckdb.DuckDBPyConnection, other: Change) -> None:
    assert sealed(connection, ANEW).digest != sealed(connection, other).digest


def test_neighbouring_values_cannot_run_into_each_other(connection: duckdb.DuckDBPyConnection) -> None:
    left = sealed(connection, replace(FIELD, before="ab", after="c"))
    right = sealed(connection, replace(FIELD, before="a", after="bc"))
    assert left.digest != right.digest


def test_the_last_digits_of_a_severity_do_not_change_the_digest(connection: duckdb.DuckDBPyConnection) -> None:
    digest = sealed(connection, replace(CALL, severity=0.1 + 0.2)).digest
    assert sealed(connection, replace(CALL, severity=0.3)).digest == digest


def test_the_digest_depends_on_organisation_and_rules_and_not_on_the_moment(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    digest = sealed(connection, FIELD).digest
    assert seal(connection, "globex", NOON, "rules-1").digest != digest
    assert seal(connection, "acme", NOON, "rules-2").digest != digest
    assert seal(connection, "acme", NOON + 60, "rules-1").digest == digest


def test_a_plan_as_json_names_the_kind_of_every_change(connection: duckdb.DuckDBPyConnection) -> None:
    every: list[Change] = [FIELD, CALL, CLOSED, BACK, PASSED, RETURNED, GONE]
    made = sealed(connection, *every)
    told = made.to_json(every, [Skip(ANN, "a", Why.QUEUED)])
    kinds = ["set", "open", "close", "reopen", "escalate", "return", "remove"]
    assert [change["kind"] for change in told["changes"]] == kinds
    assert told["skips"] == [
        {"ref": {"source": "crm", "object": "contact", "id": "c1"}, "field": "a", "why": "queued", "detail": None}
    ]
    assert (told["digest"], told["org"]) == (made.digest, "acme")


def test_a_change_as_json_carries_before_after_and_reason() -> None:
    assert change_json(FIELD) == {
        "kind": "set",
        "ref": {"source": "crm", "object": "contact", "id": "c1"},
        "field": "roles",
        "before": "user",
        "after": "buyer",
        "reason": "Her title says so.",
        "takes_over": True,
        "gives_back": False,
    }


@pytest.mark.parametrize(
    ("limits", "counts", "name"),
    [
        (Limits(max_changes=4), {"set": 3, "open": 1, "close": 1}, "max_changes"),
        (Limits(max_changes=1), {"set": 0, "escalate": 1, "return": 1}, "max_changes"),
        (Limits(max_cleared=0), {"set": 1, "cleared": 1}, "max_cleared"),
        (Limits(max_new_tasks=1), {"set": 0, "open": 2}, "max_new_tasks"),
        (Limits(), {"set": 2000, "cleared": 1001}, "max_cleared"),
    ],
)
def test_a_plan_beyond_a_limit_names_the_limit_and_both_figures(
    limits: Limits, counts: dict[str, int], name: str
) -> None:
    with pytest.raises(UnsafePlanError, match=f"limits.{name}") as caught:
        Plan("acme", NOON, "r", "d", counts).raise_if_unsafe(limits)
    assert caught.value.limit == name


@pytest.mark.parametrize(
    ("limits", "counts"),
    [
        (Limits(max_changes=5), {"set": 3, "open": 1, "close": 1}),
        (Limits(max_cleared=None), {"set": 9, "cleared": 9_999}),
        (Limits(max_new_tasks=0), {"set": 0, "reopen": 5}),
        (Limits(), {"set": 5_000_000}),
    ],
)
def test_a_plan_at_its_limit_is_safe(limits: Limits, counts: dict[str, int]) -> None:
    Plan("acme", NOON, "r", "d", counts).raise_if_unsafe(limits)
