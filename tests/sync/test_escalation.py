"""Overdue tasks go to the manager, snoozed ones wait: each case a sentence, the wishes of humans before everything."""

from contextlib import suppress
from dataclasses import replace

import pytest

from connectors.base import AssignTask, SetTaskState
from connectors.memory import Fault, ProcessKilledError, Task
from sync import pipeline, results
from sync.changes import CloseTask, EscalateTask, Limits, Ref, ReopenTask, ReturnTask, Skip, Terms, UnsafePlanError, Why
from tests.sync.world import DAY, DUE, GRACE, NOON, Gap, World

TODAY = NOON - NOON % DAY
FIRST_DUE = TODAY + DUE
NOTE = "Overdue since 2023-11-20 and past its grace; passed on to the manager by Rapport."


def opened(world: World, gap: Gap | None = None) -> str:
    """Let a gap get its task; give the task's id."""
    world.gaps = [gap or Gap("k1")]
    world.run()
    return world.task_id("k1")


def wait(world: World, seconds: int) -> None:
    """Let time pass in the CRM."""
    world.crm.now += seconds


def put_off(world: World) -> str:
    """Let a human complete the task of a gap with a snooze date in ten days; give the task's id."""
    task_id = opened(world)
    world.crm.snooze_task(task_id, midnight(world, 10))
    world.crm.finish_task(task_id)
    return task_id


def past_grace(world: World) -> str:
    """Let a task be overdue past its grace; give its id."""
    task_id = opened(world)
    wait(world, DUE + GRACE + DAY)
    return task_id


def midnight(world: World, days: int) -> int:
    """Give the midnight that is so many days ahead."""
    return world.crm.now - world.crm.now % DAY + days * DAY


def task(world: World) -> Task:
    return world.crm.tasks[world.task_id("k1")]


def whys(world: World) -> list[Why]:
    return [skip.why for skip in world.skips()]


def ledger_row(world: World) -> dict[str, object]:
    (row,) = world.ledger.tasks("acme")
    return row


# --- escalation ------------------------------------------------------------------------------------------------------


def test_an_overdue_task_stays_with_the_csm_until_its_grace_is_over(world: World) -> None:
    opened(world)
    wait(world, DUE + GRACE)
    assert world.run().status == "nothing"
    assert (task(world).owner_id, world.skips()) == ("u1", [])


def test_a_task_past_its_grace_goes_to_the_manager_with_a_note(world: World) -> None:
    past_grace(world)
    assert world.run().planned["escalate"] == 1
    assert (task(world).owner_id, task(world).open, task(world).due_at) == ("boss", True, FIRST_DUE)
    assert task(world).body == f"Why: k1\n{NOTE}"


def test_the_plan_shows_who_gets_the_task_and_why(world: World) -> None:
    task_id = past_grace(world)
    world.crm.put("user_account", {"id": "boss", "name": "Dana Roe"})
    world.plan()
    assert world.changes() == [EscalateTask(Ref("crm", "task", task_id), "k1", NOTE, "boss", "u1")]
    assert results.names(world.stage.connection)["crm/user/boss"] == "Dana Roe"
    assert task(world).owner_id == "u1"


def test_an_escalation_happens_once_and_the_next_plan_is_empty(world: World) -> None:
    past_grace(world)
    world.run()
    assert world.run().status == "nothing"
    wait(world, 30 * DAY)
    assert world.run().status == "nothing"


def test_a_task_that_somebody_gave_to_a_colleague_is_not_taken_from_that_colleague(world: World) -> None:
    world.crm.assign_task(past_grace(world), "u7")
    assert world.run().status == "nothing"
    assert (task(world).owner_id, whys(world)) == ("u7", [Why.HUMAN_ASSIGNED])


def test_a_task_that_the_manager_gave_back_is_not_passed_on_again(world: World) -> None:
    task_id = past_grace(world)
    world.run()
    world.crm.assign_task(task_id, "u1")
    wait(world, 30 * DAY)
    assert world.run().status == "nothing"
    assert (task(world).owner_id, whys(world)) == ("u1", [Why.HUMAN_ASSIGNED])


def test_a_later_due_date_set_by_a_human_postpones_the_escalation(world: World) -> None:
    world.crm.postpone_task(past_grace(world), midnight(world, 0))
    assert world.run().status == "nothing"
    wait(world, GRACE + DAY)
    world.run()
    assert task(world).owner_id == "boss"


def test_a_task_without_a_due_date_is_never_overdue(world: World) -> None:
    world.crm.postpone_task(past_grace(world), None)
    assert world.run().status == "nothing"


def test_without_a_known_manager_the_task_stays_and_that_is_said(world: World) -> None:
    past_grace(world)
    world.gaps = [Gap("k1", manager_id=None)]
    assert world.run().status == "nothing"
    (skip,) = world.skips()
    assert (skip.why, skip.field, skip.detail) == (Why.NO_MANAGER, "k1", "Find a champion")


def test_a_task_that_is_the_managers_already_stays_and_nothing_needs_to_be_said(world: World) -> None:
    opened(world, Gap("k1", owner_id="boss"))
    wait(world, DUE + GRACE + DAY)
    assert world.run().status == "nothing"
    assert world.skips() == []


def test_a_completed_task_is_not_passed_on(world: World) -> None:
    world.crm.finish_task(past_grace(world))
    world.run()
    assert (task(world).owner_id, whys(world)) == ("u1", [Why.HUMAN_CLOSED])


def test_a_task_whose_gap_has_closed_is_completed_and_not_passed_on(world: World) -> None:
    past_grace(world)
    world.gaps = []
    world.run()
    assert (task(world).owner_id, task(world).open) == ("u1", False)


def test_the_manager_of_another_crm_gets_no_task_of_this_one(world: World) -> None:
    past_grace(world)
    world.gaps = [Gap("k1", source="other")]
    assert world.run().status == "nothing"


def test_a_task_found_again_after_the_ledger_was_lost_goes_from_the_csm_of_today(world: World) -> None:
    task_id = past_grace(world)
    with World(gaps=[Gap("k1")]) as fresh:
        fresh.crm.now = world.crm.now
        fresh.crm._keep(world.crm.tasks[task_id])
        fresh.run()
        assert task(fresh).owner_id == "boss"
        assert fresh.run().status == "nothing"


def test_without_a_key_field_nothing_is_passed_on_and_that_is_said(world: World) -> None:
    past_grace(world)
    world.crm._fields.pop(("task", "key"))
    assert world.run().status == "nothing"
    assert whys(world) == [Why.NOT_WRITABLE]


def test_escalations_count_as_changes_and_not_as_new_tasks(world: World) -> None:
    past_grace(world)
    world.limits = Limits(max_changes=0)
    with pytest.raises(UnsafePlanError, match="max_changes"):
        world.run()
    world.limits = Limits(max_changes=1, max_new_tasks=0, tasks_per_day=0, tasks_per_week=0)
    world.run()
    assert task(world).owner_id == "boss"


def test_a_task_passed_on_leaves_the_managers_own_day_alone(world: World) -> None:
    past_grace(world)
    world.gaps = [Gap("k1"), *(Gap(f"b{number}", owner_id="boss") for number in range(2))]
    world.run()
    assert world.open_keys() == ["b0", "b1", "k1"]


# --- undo and crashes ------------------------------------------------------------------------------------------------


def test_undo_gives_the_task_back_to_the_csm(world: World) -> None:
    task_id = past_grace(world)
    number = world.run().number
    world.undo(number)
    back = f"Undo of run {number}."
    assert world.changes() == [ReturnTask(Ref("crm", "task", task_id), "k1", back, "u1", "boss")]
    assert (task(world).owner_id, ledger_row(world)["escalated_to"]) == ("u1", None)


def test_undo_leaves_a_task_that_the_manager_has_given_to_somebody(world: World) -> None:
    task_id = past_grace(world)
    number = world.run().number
    world.crm.assign_task(task_id, "u7")
    assert world.undo(number).status == "nothing"
    assert world.skips() == [Skip(Ref("crm", "task", task_id), "k1", Why.CHANGED_SINCE, "assigned to u7")]


def test_an_undone_escalation_can_be_done_again_by_undoing_the_undo_or_by_the_next_run(world: World) -> None:
    past_grace(world)
    first = world.undo(world.run().number).number
    world.undo(first)
    assert (task(world).owner_id, world.run().status) == ("boss", "nothing")
    world.undo(first + 1)
    world.run()
    assert task(world).owner_id == "boss"


@pytest.mark.parametrize("fault", [Fault.KILLED_AFTER, Fault.ANSWER_LOST])
def test_an_escalation_whose_answer_was_lost_is_found_by_looking_and_not_repeated(world: World, fault: Fault) -> None:
    task_id = past_grace(world)
    world.crm.faults = {1: fault}
    with suppress(ProcessKilledError):
        world.run()
    report = world.run()
    assert (report.settled, report.status) == (1, "nothing")
    assert task(world).body.count("passed on") == 1
    world.crm.assign_task(task_id, "u1")
    assert world.run().status == "nothing"


@pytest.mark.parametrize("fault", [Fault.KILLED_BEFORE, Fault.NEVER_ARRIVED])
def test_an_escalation_that_never_arrived_is_sent_again(world: World, fault: Fault) -> None:
    past_grace(world)
    world.crm.faults = {1: fault}
    with suppress(ProcessKilledError):
        world.run()
    assert task(world).owner_id == "u1"
    world.run()
    assert (task(world).owner_id, world.run().status) == ("boss", "nothing")


def test_an_approved_plan_with_an_escalation_is_applied_by_its_digest(world: World) -> None:
    past_grace(world)
    digest = world.plan().digest
    assert digest is not None
    pipeline.apply(world.desk(), digest)
    assert task(world).owner_id == "boss"


# --- snooze ----------------------------------------------------------------------------------------------------------


def test_an_open_snoozed_task_is_not_passed_on_and_that_is_said_with_its_date(world: World) -> None:
    world.crm.snooze_task(past_grace(world), midnight(world, 2))
    assert world.run().status == "nothing"
    (skip,) = world.skips()
    assert (task(world).owner_id, skip.why, skip.detail) == ("u1", Why.SNOOZED, "Find a champion, until 2023-11-28")


def test_on_the_day_of_the_snooze_its_grace_begins(world: World) -> None:
    world.crm.snooze_task(past_grace(world), midnight(world, 2))
    wait(world, 2 * DAY + GRACE)
    assert world.run().status == "nothing"
    assert world.skips() == []
    wait(world, DAY)
    world.run()
    assert task(world).body.endswith(
        "Overdue since 2023-11-28 and past its grace; passed on to the manager by Rapport."
    )


def test_a_snooze_before_the_due_date_changes_nothing(world: World) -> None:
    world.crm.snooze_task(opened(world), midnight(world, 1))
    wait(world, DUE + GRACE + DAY)
    world.run()
    assert (task(world).owner_id, task(world).body) == ("boss", f"Why: k1\n{NOTE}")


def test_a_task_completed_while_it_is_snoozed_stays_closed_until_that_day(world: World) -> None:
    put_off(world)
    wait(world, 9 * DAY)
    assert world.run().status == "nothing"
    assert (world.open_keys(), whys(world)) == ([], [Why.SNOOZED])


def test_on_its_day_a_snoozed_task_is_opened_again_with_a_new_due_date(world: World) -> None:
    task_id = put_off(world)
    wait(world, 10 * DAY)
    world.plan()
    note = "Snoozed until 2023-11-25, and the gap is still there; reopened by Rapport."
    before, after = Terms(FIRST_DUE), Terms(midnight(world, 0) + DUE)
    assert world.changes() == [
        ReopenTask(Ref("crm", "task", task_id), "k1", note, before, after, snooze_until=TODAY + 10 * DAY)
    ]
    world.run()
    assert (task(world).open, task(world).due_at) == (True, midnight(world, 0) + DUE)
    assert world.run().status == "nothing"


def test_a_snooze_is_honoured_once_however_often_the_task_is_completed(world: World) -> None:
    task_id = put_off(world)
    wait(world, 10 * DAY)
    world.run()
    world.crm.finish_task(task_id)
    wait(world, 10 * DAY)
    assert world.run().status == "nothing"
    assert (world.open_keys(), whys(world)) == ([], [Why.HUMAN_CLOSED])


def test_a_crm_that_keeps_the_first_date_of_completion_gets_no_second_reopening(world: World) -> None:
    task_id = put_off(world)
    first = task(world).completed_at
    wait(world, 10 * DAY)
    world.run()
    world.crm.finish_task(task_id)
    world.crm._keep(replace(task(world), completed_at=first))
    assert world.run().status == "nothing"
    assert ledger_row(world)["snooze_honoured"] == TODAY + 10 * DAY


def test_a_later_snooze_date_opens_the_task_once_more(world: World) -> None:
    task_id = put_off(world)
    wait(world, 10 * DAY)
    world.run()
    world.crm.finish_task(task_id)
    world.crm.snooze_task(task_id, midnight(world, 3))
    wait(world, 3 * DAY)
    world.run()
    assert world.open_keys() == ["k1"]


def test_a_snooze_date_that_had_passed_when_the_task_was_completed_does_not_count(world: World) -> None:
    task_id = opened(world)
    world.crm.snooze_task(task_id, midnight(world, 1))
    wait(world, 2 * DAY)
    world.crm.finish_task(task_id)
    world.run()
    assert (world.open_keys(), whys(world)) == ([], [Why.HUMAN_CLOSED])


def test_where_the_crm_does_not_tell_when_it_was_completed_a_human_closed_it(world: World) -> None:
    task_id = opened(world)
    world.crm.snooze_task(task_id, midnight(world, 1))
    world.crm.finish_task(task_id)
    world.crm._keep(replace(task(world), completed_at=None))
    wait(world, 2 * DAY)
    world.run()
    assert whys(world) == [Why.HUMAN_CLOSED]


def test_a_gap_that_comes_back_waits_for_the_snooze_date_too(world: World) -> None:
    task_id = opened(world)
    world.crm.snooze_task(task_id, midnight(world, 10))
    world.gaps = []
    world.run()
    world.gaps = [Gap("k1")]
    wait(world, DAY)
    assert world.run().status == "nothing"
    assert whys(world) == [Why.SNOOZED]
    wait(world, 9 * DAY)
    world.run()
    assert world.open_keys() == ["k1"]


def test_a_snoozed_task_whose_gap_has_closed_stays_closed(world: World) -> None:
    task_id = opened(world)
    world.crm.snooze_task(task_id, midnight(world, 1))
    world.crm.finish_task(task_id)
    world.gaps = []
    wait(world, 2 * DAY)
    assert world.run().status == "nothing"
    assert world.open_keys() == []


def test_a_reopening_whose_answer_was_lost_still_honours_the_snooze_once(world: World) -> None:
    put_off(world)
    wait(world, 10 * DAY)
    world.crm.faults = {1: Fault.ANSWER_LOST}
    world.run()
    assert (world.run().settled, ledger_row(world)["snooze_honoured"]) == (1, TODAY + 10 * DAY)


# --- a reopened task starts anew -------------------------------------------------------------------------------------


def come_back(world: World) -> int:
    """Let the gap go and return; give the number of the run that reopened its task."""
    world.gaps = []
    world.run()
    world.gaps = [Gap("k1")]
    return world.run().number


def test_a_reopened_task_has_a_new_due_date_and_is_not_passed_on_at_once(world: World) -> None:
    past_grace(world)
    come_back(world)
    assert (task(world).open, task(world).due_at) == (True, midnight(world, 0) + DUE)
    assert world.run().status == "nothing"
    assert task(world).owner_id == "u1"


def test_a_reopened_task_returns_from_the_manager_to_the_csm_and_may_be_passed_on_again(world: World) -> None:
    past_grace(world)
    world.run()
    come_back(world)
    assert task(world).owner_id == "u1"
    wait(world, DUE + GRACE + DAY)
    world.run()
    assert task(world).owner_id == "boss"


def test_a_reopened_task_stays_with_the_colleague_a_human_chose(world: World) -> None:
    world.crm.assign_task(past_grace(world), "u7")
    come_back(world)
    assert task(world).owner_id == "u7"


def test_a_later_due_date_of_a_human_survives_the_reopening(world: World) -> None:
    task_id = opened(world)
    world.crm.postpone_task(task_id, midnight(world, 40))
    come_back(world)
    assert task(world).due_at == TODAY + 40 * DAY


def test_undo_of_a_reopening_restores_due_date_and_owner(world: World) -> None:
    task_id = past_grace(world)
    world.run()
    number = come_back(world)
    world.undo(number)
    (change,) = world.changes()
    assert isinstance(change, CloseTask)
    assert (task(world).open, task(world).owner_id, task(world).due_at) == (False, "boss", FIRST_DUE)
    assert ledger_row(world)["escalated_to"] == "boss"
    world.run()
    assert (world.crm.tasks[task_id].open, task(world).owner_id) == (True, "u1")


def test_undo_of_a_reopening_leaves_a_due_date_that_was_moved_since(world: World) -> None:
    past_grace(world)
    number = come_back(world)
    world.crm.postpone_task(world.task_id("k1"), midnight(world, 20))
    world.undo(number)
    assert (task(world).open, task(world).due_at) == (False, midnight(world, 20))


def test_what_is_sent_says_only_what_changes(world: World) -> None:
    task_id = past_grace(world)
    world.run()
    come_back(world)
    assert world.crm.carried_out[1:] == [
        AssignTask(task_id, "k1", "boss", NOTE),
        SetTaskState(task_id, "k1", open=False, note="The gap has closed; completed by Rapport."),
        SetTaskState(
            task_id,
            "k1",
            open=True,
            note="The gap has come back; reopened by Rapport.",
            due_at=midnight(world, 0) + DUE,
            owner_id="u1",
        ),
    ]
