"""Undo, act by act: what goes back, what is left and said, and an undo that is itself undone."""

from dataclasses import replace

import pytest

from connectors.memory import Fault
from sync import pipeline
from sync.changes import Limits, Ref, RemoveTask, ReopenTask, SetField, Skip, UnsafePlanError, Why
from sync.pipeline import PlanRefusedError
from tests.sync.world import Gap, World

ANN = ("contact", "c1")
REF = Ref("crm", "contact", "c1")


def test_the_plan_of_an_undo_says_which_run_it_takes_back(world: World) -> None:
    world.want(ANN, roles="buyer")
    world.run()
    pipeline.undo(world.desk(), 1, dry_run=True)
    (roles,) = [change for change in world.changes() if isinstance(change, SetField) and change.field == "roles"]
    assert (roles.before, roles.after, roles.reason) == ("buyer", None, "Undo of run 1.")


def test_a_value_goes_back_to_what_it_was_before_that_run(world: World) -> None:
    for value in ("user", "buyer", "champion"):
        world.want(ANN, roles=value)
        world.run()
    world.undo(3)
    assert world.held(ANN, "roles") == "buyer"


def test_a_run_that_a_later_one_overwrote_leaves_the_later_value(world: World) -> None:
    for value in ("user", "buyer"):
        world.want(ANN, roles=value)
        world.run()
    world.undo(1)
    assert world.held(ANN, "roles") == "buyer"
    assert Skip(REF, "roles", Why.CHANGED_SINCE, "buyer") in world.skips()


def test_a_value_a_human_has_put_back_already_needs_nothing_and_is_no_omission(world: World) -> None:
    world.want(ANN, roles="user")
    world.run()
    world.want(ANN, roles="buyer")
    world.run()
    world.crm.edit(*ANN, "roles", "user")
    world.undo(2)
    assert world.held(ANN, "roles") == "user"
    assert "roles" not in {skip.field for skip in world.skips()}


def test_an_undo_of_an_undo_writes_the_values_again(world: World) -> None:
    world.want(ANN, roles="buyer")
    world.run()
    back = world.undo(1)
    again = world.undo(back.number)
    assert (again.kind, world.held(ANN, "roles")) == ("undo", "buyer")
    assert world.run().status == "nothing"


def test_an_undo_of_an_undo_cannot_bring_a_deleted_task_back_and_says_so(world: World) -> None:
    world.gaps = [Gap("k1")]
    world.run()
    task_id = world.task_id("k1")
    back = world.undo(1)
    world.undo(back.number)
    assert world.open_keys() == []
    assert world.skips() == [Skip(Ref("crm", "task", task_id), "k1", Why.GONE)]
    world.run()
    assert world.open_keys() == ["k1"]


def test_an_undo_of_an_undone_completion_completes_the_task_again(world: World) -> None:
    world.gaps = [Gap("k1")]
    world.run()
    world.gaps = []
    world.run()
    opened_again = world.undo(2)
    assert [type(change) for change in world.changes()] == [ReopenTask]
    assert world.open_keys() == ["k1"]
    world.undo(opened_again.number)
    assert world.open_keys() == []


def test_a_task_a_human_has_completed_since_is_not_deleted(world: World) -> None:
    world.gaps = [Gap("k1")]
    world.run()
    task_id = world.task_id("k1")
    world.crm.finish_task(task_id)
    world.undo(1)
    assert task_id in world.crm.tasks
    assert world.skips() == [Skip(Ref("crm", "task", task_id), "k1", Why.CHANGED_SINCE, "completed")]


def test_a_task_that_is_open_as_the_run_left_it_is_deleted(world: World) -> None:
    world.gaps = [Gap("k1")]
    world.run()
    task_id = world.task_id("k1")
    world.undo(1)
    assert world.changes() == [RemoveTask(Ref("crm", "task", task_id), "k1", "Undo of run 1.")]
    assert world.crm.tasks == {}


def test_a_task_that_was_given_another_id_since_is_known_by_its_key(world: World) -> None:
    world.gaps = [Gap("k1")]
    world.run()
    task = world.crm.tasks[world.task_id("k1")]
    world.crm.remove_task(task.id)
    world.crm.tasks["imported"] = replace(task, id="imported")
    world.crm.reopen_task("imported")
    world.undo(1)
    assert world.changes() == [RemoveTask(Ref("crm", "task", "imported"), "k1", "Undo of run 1.")]
    assert world.crm.tasks == {}


def test_a_rejected_row_was_never_written_and_is_not_taken_back(world: World) -> None:
    world.want(ANN, roles="buyer")
    world.crm.faults = {0: Fault.REJECTED}
    world.run()
    assert world.undo(1).status == "nothing"
    assert world.skips() == []


def test_a_write_nobody_knows_the_outcome_of_is_listed(world: World) -> None:
    world.want(ANN, roles="buyer")
    world.crm.faults = {0: Fault.NEVER_ARRIVED}
    world.run()
    world.undo(1)
    assert {(skip.field, skip.why) for skip in world.skips()} == {
        ("computed_on", Why.UNKNOWN),
        ("evidence", Why.UNKNOWN),
        ("roles", Why.UNKNOWN),
    }


def test_a_run_that_wrote_nothing_has_nothing_to_take_back(world: World) -> None:
    world.run()
    assert world.undo(1).status == "nothing"


def test_undo_is_held_against_the_limits_except_for_emptied_values(world: World) -> None:
    world.want(ANN, roles="buyer", depth="3")
    world.run()
    world.limits = Limits(max_cleared=0, max_changes=3)
    with pytest.raises(UnsafePlanError, match="max_changes"):
        world.undo(1)
    world.limits = Limits(max_cleared=0)
    assert world.undo(1).written == {"done": 1}


def test_the_next_run_wants_the_same_again(world: World) -> None:
    world.want(ANN, roles="buyer")
    world.run()
    world.undo(1)
    world.run()
    assert world.held(ANN, "roles") == "buyer"


def test_with_its_cause_changed_the_next_run_leaves_what_was_undone(world: World) -> None:
    world.want(ANN, roles="buyer")
    world.run()
    world.undo(1)
    world.wanted.clear()
    assert world.run().status == "nothing"
    assert world.held(ANN, "roles") is None


def test_the_plan_of_an_undo_is_not_approved_by_its_digest(world: World) -> None:
    world.want(ANN, roles="buyer")
    world.run()
    digest = pipeline.undo(world.desk(), 1, dry_run=True).digest or ""
    with pytest.raises(PlanRefusedError, match="rapport undo 1"):
        pipeline.apply(world.desk(), digest)
    assert world.held(ANN, "roles") == "buyer"
