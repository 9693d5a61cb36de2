"""The in-memory CRM does what a test tells it: it fails where asked, and people work in it."""

from collections.abc import Callable

import pytest

from connectors.base import (
    AssignTask,
    CreateTask,
    DeleteTask,
    Outcome,
    Page,
    SetTaskState,
    StreamEnd,
    UpdateRecord,
    Write,
)
from connectors.errors import RetryLater
from connectors.memory import STREAMS, Fault, MemoryConnector, ProcessKilledError
from mapping.metadata import FIELDS, observed_tables
from mapping.records import STAGED


def crm(batch: int = 1) -> MemoryConnector:
    """Hold one account with two contacts."""
    held = MemoryConnector("sf", now=1_000, batch=batch)
    list(held.provision(FIELDS, dry_run=False))
    held.put("account", {"id": "a1", "name": "Acme"})
    held.put("contact", {"id": "c1", "account_id": "a1"}, {"id": "c2", "account_id": "a1"})
    return held


def depth(contact: str, value: str) -> UpdateRecord:
    return UpdateRecord("contact", contact, {"depth": value})


def task(key: str) -> CreateTask:
    return CreateTask(key, "Subject", "Body", 2_000, "u1", "a1", None)


def pulled(held: MemoryConnector, table: str) -> list[dict[str, object]]:
    """Pull everything and give the rows of one table."""
    found: list[dict[str, object]] = []
    for part in held.pull({}):
        if isinstance(part, Page) and table in part.tables:
            arrived = part.tables[table]
            columns = [arrived.column(name).to_pylist() for name in arrived.column_names]
            found += [dict(zip(arrived.column_names, row, strict=True)) for row in zip(*columns, strict=True)]
    return found


def test_the_streams_fill_every_canonical_table_once() -> None:
    filled = [table for tables in STREAMS.values() for table in tables]
    assert sorted(filled) == sorted(table.name for table in (*STAGED, *observed_tables()))


def test_a_process_killed_before_a_write_leaves_no_trace_of_it() -> None:
    held = crm()
    held.faults[1] = Fault.KILLED_BEFORE
    with pytest.raises(ProcessKilledError):
        list(held.write([depth("c1", "1"), depth("c2", "2")]))
    assert held.values == {("contact", "c1"): {"depth": "1"}}


def test_a_process_killed_after_a_write_leaves_it_in_the_crm_unreported() -> None:
    held = crm()
    held.faults[0] = Fault.KILLED_AFTER
    with pytest.raises(ProcessKilledError):
        list(held.write([task("k1")]))
    assert [one.key for one in held.tasks.values()] == ["k1"]


def test_in_a_batch_earlier_writes_stay_unreported_too() -> None:
    held = crm(batch=3)
    held.faults[2] = Fault.KILLED_BEFORE
    reported: list[object] = []
    with pytest.raises(ProcessKilledError):
        reported.extend(held.write([task("k1"), task("k2"), task("k3")]))
    assert reported == []
    assert [one.key for one in held.tasks.values()] == ["k1", "k2"]


@pytest.mark.parametrize(
    ("fault", "outcome", "carried_out"),
    [
        (Fault.ANSWER_LOST, Outcome.UNKNOWN, 1),
        (Fault.NEVER_ARRIVED, Outcome.UNKNOWN, 0),
        (Fault.REJECTED, Outcome.REJECTED, 0),
    ],
)
def test_a_fault_decides_what_is_reported_and_what_is_there(fault: Fault, outcome: Outcome, carried_out: int) -> None:
    held = crm()
    held.faults[0] = fault
    (result,) = held.write([task("k1")])
    assert (result.outcome, len(held.tasks), len(held.carried_out)) == (outcome, carried_out, carried_out)
    assert result.message


def test_a_spent_quota_names_the_moment_to_come_back() -> None:
    held = crm()
    held.faults[0] = Fault.QUOTA
    with pytest.raises(RetryLater) as refused:
        list(held.write([task("k1")]))
    assert refused.value.at == 4_600


def test_repeating_a_task_whose_answer_was_lost_makes_no_second_one() -> None:
    held = crm()
    held.faults[0] = Fault.ANSWER_LOST
    list(held.write([task("k1")]))
    (second,) = held.write([task("k1")])
    assert second.id == next(iter(held.tasks))
    assert len(held.tasks) == 1


def test_a_value_set_by_hand_is_observed() -> None:
    held = crm()
    held.edit("contact", "c1", "depth_name", "Trusted")
    observed = {row["id"]: row["depth_name"] for row in pulled(held, "observed_contact")}
    assert observed == {"c1": "Trusted", "c2": None}


@pytest.mark.parametrize(
    ("name", "text", "column", "value"),
    [
        ("confirmed_role", "buyer;champion", "confirmed_role", "buyer;champion"),
        ("confirmed_depth", "4", "confirmed_depth", 4),
        ("confirmed_on", "2026-01-01", "confirmed_at", 1_767_225_600),
        ("not_a_champion", "true", "not_a_champion", True),
        ("do_not_task", "false", "do_not_task", False),
        ("confirmed_depth", None, "confirmed_depth", None),
    ],
)
def test_an_override_set_by_hand_shows_in_the_contacts_row(
    name: str, text: str | None, column: str, value: object
) -> None:
    held = crm()
    held.edit("contact", "c1", name, text)
    (row,) = [row for row in pulled(held, "contact") if row["id"] == "c1"]
    assert row[column] == value
    assert row["account_id"] == "a1"


@pytest.mark.parametrize(
    ("act", "still_open"), [(MemoryConnector.finish_task, [False]), (MemoryConnector.remove_task, [])]
)
def test_people_complete_and_delete_tasks(act: Callable[[MemoryConnector, str], None], still_open: list[bool]) -> None:
    held = crm()
    list(held.write([task("k1")]))
    act(held, next(iter(held.tasks)))
    assert [row["open"] for row in pulled(held, "own_task")] == still_open


def test_people_reopen_tasks() -> None:
    held = crm()
    (created,) = held.write([task("k1")])
    assert created.id is not None
    held.finish_task(created.id)
    held.reopen_task(created.id)
    assert held.tasks[created.id].open


def test_a_note_is_appended_to_the_body_of_a_completed_task() -> None:
    held = crm()
    (created,) = held.write([task("k1")])
    assert created.id is not None
    list(held.write([SetTaskState(created.id, "k1", open=False, note="Closed.")]))
    assert held.tasks[created.id].body == "Body\nClosed."


def test_people_snooze_move_and_give_away_tasks() -> None:
    held = crm()
    (created,) = held.write([task("k1")])
    assert created.id is not None
    held.snooze_task(created.id, 86_400)
    held.postpone_task(created.id, 172_800)
    held.assign_task(created.id, "u7")
    (row,) = pulled(held, "own_task")
    assert (row["snooze_until"], row["due_at"], row["owner_id"]) == (86_400, 172_800, "u7")


@pytest.mark.parametrize(
    ("write", "words"),
    [
        (depth("c9", "1"), "no contact c9"),
        (AssignTask("t9", "k9", "u1"), "no task t9"),
        (UpdateRecord("contact", "c1", {"depth_name": "Bosom friend"}), "Bosom friend"),
        (UpdateRecord("contact", "c1", {"roles": "buyer;king"}), "king"),
        (UpdateRecord("contact", "c1", {"shoe_size": "44"}), "shoe_size"),
        (SetTaskState("t9", "k9", open=False), "no task t9"),
    ],
)
def test_a_wrong_write_is_refused_with_a_reason(write: Write, words: str) -> None:
    (result,) = crm().write([write])
    assert result.outcome is Outcome.REJECTED
    assert words in result.message


def test_deleting_a_task_that_is_gone_is_as_wanted() -> None:
    (result,) = crm().write([DeleteTask("t9", "k9")])
    assert result.outcome is Outcome.DONE


def test_a_pull_with_cursors_brings_only_what_changed_since() -> None:
    held = crm()
    cursors = {part.stream: str(part.cursor) for part in held.pull({}) if isinstance(part, StreamEnd)}
    list(held.write([depth("c2", "3")]))
    held.remove("contact", "c1")
    pages = [part for part in held.pull(cursors) if isinstance(part, Page) and (part.ids or part.deleted)]
    assert [(page.stream, list(page.ids), list(page.deleted)) for page in pages] == [("contact", ["c2"], ["c1"])]
    assert all(not end.whole for end in held.pull(cursors) if isinstance(end, StreamEnd))


def test_a_misspelt_column_is_an_error_of_the_test() -> None:
    with pytest.raises(ValueError, match="acount_id"):
        crm().put("contact", {"id": "c3", "acount_id": "a1"})


def test_putting_a_row_again_replaces_it() -> None:
    held = crm()
    held.put("account", {"id": "a1", "name": "Acme Holding"})
    assert [row["name"] for row in pulled(held, "account")] == ["Acme Holding"]


def test_the_clock_is_set_by_the_test() -> None:
    held = crm()
    held.now = 5_000
    assert held.server_time() == 5_000


def test_missing_fields_are_found_before_a_run() -> None:
    bare = MemoryConnector("sf")
    assert {finding.fatal for finding in bare.check()} == {False}
    assert len(bare.check()) == len(FIELDS)
    assert crm().check() == []
