"""One suite for every connector: what `connectors.base` promises, whichever CRM stands behind it."""

from dataclasses import replace

import pytest

from connectors.base import (
    AssignTask,
    CreateTask,
    DeleteTask,
    Outcome,
    SetTaskState,
    UpdateRecord,
    Write,
    WriteResult,
)
from connectors.memory import Fault, MemoryConnector
from mapping.metadata import FIELDS, SNOOZE, Field, results
from tests.contract.harness import Harness, Mirror

DUE = 1_767_225_600
"""2026-01-01, midnight UTC: a due date every vendor can hold."""

VALUES = [
    ("contact", "depth_name", "Engaged", "choice"),
    ("contact", "depth", "3", "number"),
    ("contact", "roles", "buyer;champion", "choices"),
    ("contact", "roles", "user", "one of the choices"),
    ("contact", "last_two_way", "2026-10-31", "date"),
    ("contact", "last_two_way", "2026-01-01", "date in winter"),
    ("contact", "counted", "true", "flag"),
    ("contact", "counted", "false", "flag that is off"),
    ("contact", "evidence", "Größe: 3 Treffen\nmit der CFO, „seit März“\n\n• Ende", "long text"),
    ("contact", "evidence", "comma, \"quote\" and 'apostrophe'", "long text with quotes"),
    ("account", "missing_text", "Zwei Champions fehlen & <noch> mehr", "text"),
    ("account", "missing_roles", "buyer;champion;power user", "choices of an account"),
    ("account", "coverage_score", "0", "number zero"),
    ("account", "breadth", "company-wide", "choice of an account"),
    ("account", "computed_on", "2026-11-21", "date of an account"),
    ("account", "single_threaded", "true", "flag of an account"),
]


def provisioned(harness: Harness) -> Harness:
    """Bring our fields into the CRM."""
    list(harness.connector.provision(FIELDS, dry_run=False))
    return harness


def written(harness: Harness, write: Write) -> list[WriteResult]:
    """Carry one write out."""
    return list(harness.connector.write([write]))


def test_a_task_about_no_account_is_created_once(harness: Harness) -> None:
    provisioned(harness)
    task = replace(a_task(harness, "acme|crm:u1|default|over-capacity CSM||", contact=False), account_id=None)
    first, second = (written(harness, task)[0] for _ in range(2))
    assert (first.outcome, second.outcome) == (Outcome.DONE, Outcome.DONE)
    assert first.id == second.id


def a_task(harness: Harness, key: str, contact: bool = True) -> CreateTask:
    """Plan a follow-up task about the contact of the harness."""
    return CreateTask(
        key=key,
        subject="Find a second champion at Müller & Söhne",
        body="What is missing: one champion.\nWhy: renewal in 60 days.",
        due_at=DUE,
        owner_id=harness.owner_id,
        account_id=harness.account_id,
        contact_id=harness.contact_id if contact else None,
    )


def test_provisioning_twice_changes_nothing_the_second_time(harness: Harness) -> None:
    first = list(harness.connector.provision(FIELDS, dry_run=False))
    second = list(harness.connector.provision(FIELDS, dry_run=False))
    assert any(step.done for step in first)
    assert [step for step in second if step.done] == []


def test_a_dry_run_of_provisioning_announces_the_same_steps_and_does_none(harness: Harness) -> None:
    announced = [step.what for step in harness.connector.provision(FIELDS, dry_run=True) if step.done]
    assert harness.connector.writable("contact") == frozenset()
    done = [step.what for step in harness.connector.provision(FIELDS, dry_run=False) if step.done]
    assert announced == done


@pytest.mark.parametrize("object_name", ["contact", "account", "task"])
def test_every_result_field_is_writable_after_provisioning_and_no_override(harness: Harness, object_name: str) -> None:
    provisioned(harness)
    assert harness.connector.writable(object_name) == {field.name for field in results(object_name)}


def test_a_provisioned_connection_has_no_fatal_finding(harness: Harness) -> None:
    assert [finding for finding in provisioned(harness).connector.check() if finding.fatal] == []


def test_a_pull_ends_every_stream_once_and_counts_what_it_read(harness: Harness) -> None:
    mirror = Mirror().pull(provisioned(harness).connector)
    names = [end.stream for end in mirror.ends]
    assert len(names) == len(set(names))
    assert {"account", "contact", "user_account"} <= {table for table, rows in mirror.rows.items() if rows}
    assert all(end.expected is None or end.read + sum(end.dropped.values()) >= end.expected for end in mirror.ends)
    assert sum(end.read for end in mirror.ends) > 0


def test_every_row_carries_the_source_and_the_contact_its_account(harness: Harness) -> None:
    mirror = Mirror().pull(provisioned(harness).connector)
    source = harness.connector.source
    assert {row["source"] for rows in mirror.rows.values() for row in rows} == {source}
    assert mirror.one("contact", id=harness.contact_id)["account_id"] == harness.account_id
    assert mirror.all("affiliation", contact_id=harness.contact_id, account_id=harness.account_id)
    assert mirror.one("user_account", id=harness.owner_id)["active"] is True


def test_a_second_pull_after_a_quiet_period_loses_no_row(harness: Harness) -> None:
    mirror = Mirror().pull(provisioned(harness).connector)
    before = {name: sorted(map(repr, rows)) for name, rows in mirror.rows.items()}
    harness.settle()
    mirror.pull(harness.connector)
    assert {name: sorted(map(repr, rows)) for name, rows in mirror.rows.items()} == before


@pytest.mark.parametrize(("object_name", "name", "value", "kind"), VALUES, ids=[row[3] for row in VALUES])
def test_a_written_value_is_observed_in_canonical_form_and_none_clears_it(
    harness: Harness, object_name: str, name: str, value: str, kind: str
) -> None:
    record_id = harness.contact_id if object_name == "contact" else harness.account_id
    mirror = Mirror().pull(provisioned(harness).connector)
    (result,) = harness.connector.write([UpdateRecord(object_name, record_id, {name: value})])
    assert (result.outcome, result.id, result.message) == (Outcome.DONE, record_id, "")
    harness.settle()
    assert mirror.pull(harness.connector).one(f"observed_{object_name}", id=record_id)[name] == value
    list(harness.connector.write([UpdateRecord(object_name, record_id, {name: None})]))
    harness.settle()
    cleared = mirror.pull(harness.connector).one(f"observed_{object_name}", id=record_id)[name]
    assert cleared is None or (value in {"true", "false"} and cleared == "false")


def test_all_result_fields_of_a_contact_are_written_in_one_update(harness: Harness) -> None:
    provisioned(harness)
    values = {field.name: _sample(field) for field in results("contact")}
    (result,) = harness.connector.write([UpdateRecord("contact", harness.contact_id, values)])
    assert result.outcome is Outcome.DONE
    harness.settle()
    observed = Mirror().pull(harness.connector).one("observed_contact", id=harness.contact_id)
    assert {name: observed[name] for name in values} == values


def _sample(field: Field) -> str:
    samples = {"number": "42", "date": "2026-03-29", "flag": "true", "long text": "because\nof it", "text": "because"}
    return field.choices[0] if field.choices else samples[field.kind.value]


def test_a_rejected_row_reports_the_vendors_message_and_leaves_the_others_written(harness: Harness) -> None:
    provisioned(harness)
    good = UpdateRecord("contact", harness.spare_contact_id, {"tie_strength": "61"})
    also_good = UpdateRecord("account", harness.account_id, {"coverage_score": "40"})
    outcomes = {
        (result.write.object, result.write.id): result
        for result in harness.connector.write([good, harness.rejected, also_good])
        if isinstance(result.write, UpdateRecord)
    }
    refused = outcomes["contact", harness.rejected.id]
    assert refused.outcome is Outcome.REJECTED
    assert harness.rejected_words in refused.message
    assert outcomes["contact", harness.spare_contact_id].outcome is Outcome.DONE
    assert outcomes["account", harness.account_id].outcome is Outcome.DONE
    harness.settle()
    mirror = Mirror().pull(harness.connector)
    assert mirror.one("observed_contact", id=harness.spare_contact_id)["tie_strength"] == "61"
    assert mirror.one("observed_account", id=harness.account_id)["coverage_score"] == "40"


def test_creating_a_task_twice_with_one_key_makes_one_task(harness: Harness) -> None:
    provisioned(harness)
    task = a_task(harness, "acme|a1|default|missing-champion|champion|")
    (first,) = written(harness, task)
    harness.settle()
    (second,) = written(harness, task)
    assert (first.outcome, second.outcome) == (Outcome.DONE, Outcome.DONE)
    assert first.id == second.id is not None
    harness.settle()
    row = Mirror().pull(harness.connector).one("own_task", key=task.key)
    assert row == {
        "source": harness.connector.source,
        "id": first.id,
        "key": task.key,
        "open": True,
        "subject": task.subject,
        "owner_id": harness.owner_id,
        "due_at": DUE,
        "completed_at": None,
        "snooze_until": None,
    }


def test_one_key_twice_in_one_batch_makes_one_task(harness: Harness) -> None:
    provisioned(harness)
    task = a_task(harness, "acme|a1|default|single-threaded||", contact=False)
    outcomes = list(harness.connector.write([task, task]))
    assert {result.outcome for result in outcomes} == {Outcome.DONE}
    assert len({result.id for result in outcomes}) == 1
    harness.settle()
    assert len(Mirror().pull(harness.connector).all("own_task", key=task.key)) == 1


def test_completing_and_reopening_a_task_is_observed(harness: Harness) -> None:
    provisioned(harness)
    task = a_task(harness, "acme|a1|default|cadence-overdue||")
    (created,) = written(harness, task)
    assert created.id is not None
    mirror = Mirror()
    for open_now in (False, True):
        change = SetTaskState(created.id, task.key, open=open_now, note="The gap has closed.")
        (result,) = written(harness, change)
        assert (result.outcome, result.id) == (Outcome.DONE, created.id)
        harness.settle()
        assert mirror.pull(harness.connector).one("own_task", key=task.key)["open"] is open_now


def test_reopening_sets_the_due_date_and_the_owner_that_are_given_and_no_others(harness: Harness) -> None:
    provisioned(harness)
    task = a_task(harness, "acme|a1|default|missing-champion|champion|")
    (created,) = written(harness, task)
    assert created.id is not None
    mirror = Mirror()
    later = DUE + 7 * 86_400
    for terms, expected in (
        ({}, (harness.owner_id, DUE)),
        ({"due_at": later}, (harness.owner_id, later)),
        ({"owner_id": harness.manager_id}, (harness.manager_id, later)),
    ):
        written(harness, SetTaskState(created.id, task.key, open=False))
        written(harness, SetTaskState(created.id, task.key, open=True, note="It is back.", **terms))
        harness.settle()
        row = mirror.pull(harness.connector).one("own_task", key=task.key)
        assert (row["open"], row["owner_id"], row["due_at"]) == (True, *expected)


def test_a_task_is_given_to_another_colleague_and_nothing_else_of_it_changes(harness: Harness) -> None:
    provisioned(harness)
    task = a_task(harness, "acme|a1|default|single-threaded||")
    (created,) = written(harness, task)
    assert created.id is not None
    mirror = Mirror()
    harness.settle()
    before = mirror.pull(harness.connector).one("own_task", key=task.key)
    for _ in range(2):
        (result,) = written(harness, AssignTask(created.id, task.key, harness.manager_id, "Overdue."))
        assert (result.outcome, result.id) == (Outcome.DONE, created.id)
    harness.settle()
    after = mirror.pull(harness.connector).one("own_task", key=task.key)
    assert after == {**before, "owner_id": harness.manager_id}


def test_an_assignment_to_nobody_we_know_is_refused_and_leaves_the_others_done(harness: Harness) -> None:
    if isinstance(harness.connector, MemoryConnector):
        harness.connector.faults = {2: Fault.REJECTED}  # memory keeps no list of colleagues
    provisioned(harness)
    plan = [a_task(harness, f"acme|a1|default|gap|{number}|") for number in range(2)]
    made = {result.write: result.id or "" for result in harness.connector.write(plan)}
    wrong = AssignTask(made[plan[0]], plan[0].key, "005000000000099" if len(harness.owner_id) == 18 else "999999")
    right = AssignTask(made[plan[1]], plan[1].key, harness.manager_id)
    results = {result.write: result for result in harness.connector.write([wrong, right])}
    assert (results[wrong].outcome, results[right].outcome) == (Outcome.REJECTED, Outcome.DONE)
    assert results[wrong].message


def test_assigning_a_task_that_is_gone_is_refused_with_a_message(harness: Harness) -> None:
    provisioned(harness)
    task = a_task(harness, "acme|a1|default|departed||")
    (created,) = written(harness, task)
    assert created.id is not None
    written(harness, DeleteTask(created.id, task.key))
    (result,) = written(harness, AssignTask(created.id, task.key, harness.manager_id, "Overdue."))
    assert result.outcome is Outcome.REJECTED
    assert result.message


def test_a_persons_snooze_date_and_the_moment_of_completion_are_read(harness: Harness) -> None:
    provisioned(harness)
    task = a_task(harness, "acme|a1|default|lapsed||")
    (created,) = written(harness, task)
    assert created.id is not None
    harness.snooze(created.id, "2026-12-24")
    harness.finish(created.id)
    harness.settle()
    mirror = Mirror()
    row = mirror.pull(harness.connector).one("own_task", key=task.key)
    assert row["snooze_until"] == 1_798_070_400
    assert isinstance(row["completed_at"], int)
    assert abs(row["completed_at"] - harness.clock()) < 60
    harness.snooze(created.id, None)
    written(harness, SetTaskState(created.id, task.key, open=True))
    harness.settle()
    row = mirror.pull(harness.connector).one("own_task", key=task.key)
    assert (row["snooze_until"], row["completed_at"]) == (None, None)


def test_without_the_snooze_field_tasks_are_read_as_if_nobody_snoozed_them(harness: Harness) -> None:
    list(harness.connector.provision([field for field in FIELDS if field.name != SNOOZE], dry_run=False))
    task = a_task(harness, "acme|a1|default|ghosting||")
    written(harness, task)
    harness.settle()
    assert Mirror().pull(harness.connector).one("own_task", key=task.key)["snooze_until"] is None
    assert [finding for finding in harness.connector.check() if finding.fatal] == []


def test_a_deleted_task_is_gone_and_deleting_it_again_is_no_error(harness: Harness) -> None:
    provisioned(harness)
    task = a_task(harness, "acme|a1|default|blocker||")
    (created,) = written(harness, task)
    assert created.id is not None
    harness.settle()
    mirror = Mirror().pull(harness.connector)
    for _ in range(2):
        (result,) = written(harness, DeleteTask(created.id, task.key))
        assert result.outcome is Outcome.DONE
    harness.settle()
    assert mirror.pull(harness.connector).all("own_task", key=task.key) == []


def test_completing_a_task_that_is_gone_is_refused_with_a_message(harness: Harness) -> None:
    provisioned(harness)
    task = a_task(harness, "acme|a1|default|fading||")
    (created,) = written(harness, task)
    assert created.id is not None
    written(harness, DeleteTask(created.id, task.key))
    (result,) = written(harness, SetTaskState(created.id, task.key, open=False))
    assert result.outcome is Outcome.REJECTED
    assert result.message


def test_our_own_tasks_are_never_activity(harness: Harness) -> None:
    provisioned(harness)
    before = len(Mirror().pull(harness.connector).all("activity"))
    (created,) = written(harness, a_task(harness, "acme|a1|default|missing-buyer|buyer|"))
    harness.settle()
    mirror = Mirror().pull(harness.connector)
    assert mirror.all("activity", id=created.id) == []
    assert mirror.all("participant", activity_id=created.id) == []
    assert len(mirror.all("activity")) == before


def test_a_deleted_contact_disappears(harness: Harness) -> None:
    mirror = Mirror().pull(provisioned(harness).connector)
    assert mirror.all("contact", id=harness.spare_contact_id)
    harness.delete_contact()
    harness.settle()
    mirror.pull(harness.connector)
    assert mirror.all("contact", id=harness.spare_contact_id) == []
    assert mirror.all("observed_contact", id=harness.spare_contact_id) == []
    assert mirror.all("contact", id=harness.contact_id)


def test_every_write_gets_exactly_one_result(harness: Harness) -> None:
    provisioned(harness)
    writes: list[Write] = [
        *(UpdateRecord("contact", harness.contact_id, {"tie_strength": str(number)}) for number in range(3)),
        *(a_task(harness, f"acme|a1|default|gap-{number}||") for number in range(3)),
        UpdateRecord("account", harness.account_id, {"coverage_score": "7"}),
    ]
    outcomes = list(harness.connector.write(iter(writes)))
    assert sorted(repr(result.write) for result in outcomes) == sorted(map(repr, writes))
    assert {result.outcome for result in outcomes} == {Outcome.DONE}
    harness.settle()
    observed = Mirror().pull(harness.connector).one("observed_contact", id=harness.contact_id)
    assert observed["tie_strength"] == "2"


def test_the_servers_clock_is_told_in_epoch_seconds(harness: Harness) -> None:
    assert abs(harness.connector.server_time() - harness.clock()) <= 5


def test_calls_are_counted_by_endpoint_without_ids(harness: Harness) -> None:
    provisioned(harness)
    list(harness.connector.write([UpdateRecord("contact", harness.contact_id, {"depth": "1"})]))
    before = sum(harness.connector.calls().values())
    list(harness.connector.write([UpdateRecord("contact", harness.contact_id, {"depth": "2"})]))
    after = harness.connector.calls()
    assert sum(after.values()) > before > 0
    assert not any(harness.contact_id in endpoint for endpoint in after)
