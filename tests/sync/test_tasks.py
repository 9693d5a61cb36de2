"""One gap, one task for life: what is opened, completed, reopened, left alone or put in the queue."""

import pytest

from sync.changes import Limits, OpenTask, Skip, Why
from tests.sync.world import DAY, Gap, World


def whys(world: World) -> dict[str, Why]:
    return {skip.field: skip.why for skip in world.skips() if skip.ref.object == "task"}


def test_a_gap_opens_a_task_with_its_key_and_text(world: World) -> None:
    world.gaps = [Gap("k1")]
    world.run()
    task = world.crm.tasks[world.task_id("k1")]
    assert (task.subject, task.body, task.owner_id, task.contact_id, task.open) == (
        "Find a champion",
        "Why: k1",
        "u1",
        "c1",
        True,
    )


def test_a_gap_that_stays_opens_no_second_task(world: World) -> None:
    world.gaps = [Gap("k1")]
    world.run()
    assert world.run().status == "nothing"
    assert world.open_keys() == ["k1"]


def test_due_date_and_wording_are_set_once(world: World) -> None:
    world.gaps = [Gap("k1")]
    world.run()
    world.gaps = [Gap("k1", subject="Find a champion, really")]
    world.next_day()
    assert world.run().status == "nothing"


def test_a_gap_that_closes_completes_its_task_with_a_note(world: World) -> None:
    world.gaps = [Gap("k1")]
    world.run()
    world.close_gap("k1")
    world.run()
    task = world.crm.tasks[world.task_id("k1")]
    assert (task.open, task.body) == (False, "Why: k1\nThe gap has closed; completed by Rapport.")


def test_a_gap_that_comes_back_reopens_the_same_task(world: World) -> None:
    world.gaps = [Gap("k1")]
    world.run()
    first = world.task_id("k1")
    world.gaps = []
    world.run()
    world.gaps = [Gap("k1")]
    world.run()
    assert world.open_keys() == ["k1"]
    assert world.task_id("k1") == first


def test_a_task_completed_by_a_human_stays_closed_while_the_gap_is_there(world: World) -> None:
    world.gaps = [Gap("k1")]
    world.run()
    world.crm.finish_task(world.task_id("k1"))
    world.run()
    assert (world.open_keys(), whys(world)) == ([], {"k1": Why.HUMAN_CLOSED})


def test_a_task_completed_by_a_human_is_reopened_once_the_gap_has_closed_and_returned(world: World) -> None:
    world.gaps = [Gap("k1")]
    world.run()
    world.crm.finish_task(world.task_id("k1"))
    world.gaps = []
    world.run()
    world.gaps = [Gap("k1")]
    world.run()
    assert world.open_keys() == ["k1"]


def test_a_task_deleted_by_a_human_is_not_created_again_while_the_gap_is_there(world: World) -> None:
    world.gaps = [Gap("k1")]
    world.run()
    world.crm.remove_task(world.task_id("k1"))
    world.run()
    assert (world.open_keys(), whys(world)) == ([], {"k1": Why.HUMAN_CLOSED})


def test_a_task_deleted_by_a_human_is_created_anew_once_the_gap_has_closed_and_returned(world: World) -> None:
    world.gaps = [Gap("k1")]
    world.run()
    world.crm.remove_task(world.task_id("k1"))
    world.gaps = []
    world.run()
    world.gaps = [Gap("k1")]
    world.run()
    assert world.open_keys() == ["k1"]


def test_a_task_that_a_human_reopened_is_left_open(world: World) -> None:
    world.gaps = [Gap("k1")]
    world.run()
    world.gaps = []
    world.run()
    world.crm.reopen_task(world.task_id("k1"))
    world.run()
    assert (world.open_keys(), whys(world)) == (["k1"], {"k1": Why.HUMAN_REOPENED})


def test_a_task_that_carries_our_key_is_known_even_when_the_ledger_was_lost(world: World) -> None:
    world.gaps = [Gap("k1")]
    world.run()
    task_id = world.task_id("k1")
    with World(gaps=[Gap("k1")]) as fresh:
        fresh.crm.tasks[task_id] = world.crm.tasks[task_id]
        fresh.crm._touch("task", task_id)
        assert fresh.run().status == "nothing"
        assert fresh.ledger.tasks("acme")[0]["id"] == task_id


def test_a_key_that_exists_elsewhere_is_not_created_again(world: World) -> None:
    world.gaps = [Gap("k1")]
    world.run()
    world.gaps = [Gap("k1", source="other")]
    assert world.run().status == "nothing"


def test_an_owner_gets_two_new_tasks_a_day_the_most_severe_first(world: World) -> None:
    world.gaps = [Gap("k1", 10), Gap("k2", 90), Gap("k3", 50)]
    world.run()
    assert (world.open_keys(), whys(world)) == (["k2", "k3"], {"k1": Why.QUEUED})


def test_a_queued_task_is_opened_on_the_next_day_but_not_later_the_same_day(world: World) -> None:
    world.gaps = [Gap("k1", 10), Gap("k2", 90), Gap("k3", 50)]
    world.run()
    world.crm.now += 3600
    assert world.run().status == "nothing"
    world.next_day()
    world.run()
    assert world.open_keys() == ["k1", "k2", "k3"]


def test_an_owner_gets_five_new_tasks_in_seven_days(world: World) -> None:
    world.gaps = [Gap(f"k{number}") for number in range(9)]
    for _ in range(4):
        world.run()
        world.next_day()
    assert len(world.open_keys()) == 5
    world.crm.now += 3 * DAY
    world.run()
    assert len(world.open_keys()) == 7


def test_each_owner_has_a_day_of_their_own(world: World) -> None:
    world.gaps = [Gap(f"{owner}-{number}", owner_id=owner) for owner in ("u1", "u2") for number in range(3)]
    world.run()
    assert world.open_keys() == ["u1-0", "u1-1", "u2-0", "u2-1"]


def test_tasks_nobody_owns_share_one_day(world: World) -> None:
    world.gaps = [Gap(f"k{number}", owner_id=None) for number in range(3)]
    world.run()
    assert len(world.open_keys()) == 2


def test_reopening_does_not_count_as_new(world: World) -> None:
    world.gaps = [Gap("k1"), Gap("k2")]
    world.run()
    kept, world.gaps = world.gaps, []
    world.run()
    world.gaps = kept
    world.run()
    assert world.open_keys() == ["k1", "k2"]


def test_the_limits_are_those_of_the_organisation(world: World) -> None:
    world.limits = Limits(tasks_per_day=1, tasks_per_week=1)
    world.gaps = [Gap("k1"), Gap("k2")]
    world.run()
    assert world.open_keys() == ["k1"]


def test_without_a_key_field_no_task_is_opened_and_that_is_said(world: World) -> None:
    world.crm._fields.pop(("task", "key"))
    world.gaps = [Gap("k1")]
    assert world.run().status == "nothing"
    assert world.skips() == [Skip(world.skips()[0].ref, "k1", Why.NOT_WRITABLE, None)]


@pytest.mark.parametrize("severity", [80.0, 10.0])
def test_the_plan_of_a_task_tells_its_severity_and_why(world: World, severity: float) -> None:
    world.gaps = [Gap("k1", severity)]
    world.plan()
    (change,) = world.changes()
    assert isinstance(change, OpenTask)
    assert (change.severity, change.reason) == (severity, "Why: k1")


# --- gaps that nobody can tell ---------------------------------------------------------------------------------------

KEY = "acme|crm:a1|default|missing champion|champion|"
UNTOLD = [("crm:a1", "missing champion")]


def test_a_task_stays_open_while_nobody_can_tell_whether_its_gap_is_there_and_the_plan_says_so(world: World) -> None:
    world.gaps = [Gap(KEY)]
    world.run()
    world.gaps, world.undecided = [], UNTOLD
    assert world.run().status == "nothing"
    assert (world.open_keys(), whys(world)) == ([KEY], {KEY: Why.CANNOT_TELL})


def test_it_is_completed_as_soon_as_it_can_be_told_that_the_gap_has_closed(world: World) -> None:
    world.gaps = [Gap(KEY)]
    world.run()
    world.gaps, world.undecided = [], UNTOLD
    world.run()
    world.undecided = []
    world.run()
    assert world.open_keys() == []


def test_what_cannot_be_told_of_another_account_or_kind_holds_no_task(world: World) -> None:
    world.gaps = [Gap(KEY)]
    world.run()
    world.gaps, world.undecided = [], [("crm:a2", "missing champion"), ("crm:a1", "missing buyer")]
    world.run()
    assert world.open_keys() == []


def test_a_task_a_human_completed_is_not_opened_again_because_the_evidence_was_missing_for_a_day(world: World) -> None:
    """The gap did not close and come back: it only could not be told."""
    world.gaps = [Gap(KEY)]
    world.run()
    world.crm.finish_task(world.task_id(KEY))
    for gaps, undecided in (([Gap(KEY)], []), ([], UNTOLD), ([Gap(KEY)], [])):
        world.gaps, world.undecided = gaps, undecided
        world.run()
        assert world.open_keys() == []


def test_a_task_that_was_closed_with_its_gap_is_not_opened_while_nobody_can_tell(world: World) -> None:
    for gaps, undecided in (([Gap(KEY)], []), ([], []), ([], UNTOLD)):
        world.gaps, world.undecided = gaps, undecided
        world.run()
    assert world.open_keys() == []
