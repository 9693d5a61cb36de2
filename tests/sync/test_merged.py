"""What becomes of tasks and values when records are merged, or become one with a record of the other CRM."""

import pytest

from tests.sync.world import Gap, World

OLD = "acme|crm:a2|default|missing champion|champion|"
NEW = "acme|crm:a1|default|missing champion|champion|"


@pytest.fixture
def two(world: World) -> World:
    """Tell of two accounts, the second of which has a gap with its task."""
    world.companies = {"a1": "crm:a1", "a2": "crm:a2"}
    world.people = {"c1": "crm:c1", "c2": "crm:c2"}
    world.gaps = [Gap(OLD)]
    world.run()
    return world


def merged(world: World, *gaps: Gap) -> None:
    """Merge the second account into the first, which has these gaps now, and run."""
    world.merge("account", "a2", "a1")
    del world.companies["a2"]
    world.gaps = list(gaps)
    world.run()


def test_the_task_of_a_merged_account_is_that_of_the_account_that_lives_on(two: World) -> None:
    task = two.task_id(OLD)
    merged(two, Gap(NEW))
    assert two.open_keys() == [OLD]
    assert [(row["key"], row["id"], row["state"]) for row in two.ledger.tasks("acme")] == [(NEW, task, "open")]
    assert two.run().status == "nothing"


def test_the_gap_closes_that_very_task(two: World) -> None:
    merged(two, Gap(NEW))
    two.gaps = []
    two.run()
    assert two.open_keys() == []


def test_a_gap_that_both_had_keeps_one_task(two: World) -> None:
    two.gaps = [Gap(OLD), Gap(NEW)]
    two.run()
    assert sorted(two.open_keys()) == [NEW, OLD]
    merged(two, Gap(NEW))
    assert two.open_keys() == [NEW]
    assert two.run().status == "nothing"


def test_what_a_human_closed_stays_closed_after_the_merge(two: World) -> None:
    two.crm.finish_task(two.task_id(OLD))
    two.run()
    merged(two, Gap(NEW))
    assert two.open_keys() == []


def test_a_record_merged_twice_is_followed_to_its_end(two: World) -> None:
    two.merge("account", "a2", "a9")
    two.merge("account", "a9", "a1")
    del two.companies["a2"]
    two.gaps = [Gap(NEW)]
    two.run()
    assert two.open_keys() == [OLD]


def test_a_task_about_a_merged_person_follows(two: World) -> None:
    about = "acme|crm:a1|default|blocker unaddressed||crm:{}"
    two.gaps = [Gap(about.format("c2"))]
    two.run()
    two.merge("contact", "c2", "c1")
    two.gaps = [Gap(about.format("c1"))]
    two.run()
    assert two.open_keys() == [about.format("c2")]
    assert two.run().status == "nothing"


def test_a_task_follows_when_its_account_becomes_one_with_a_record_of_the_other_crm(two: World) -> None:
    two.companies["a2"] = "hubspot:7"
    two.gaps = [Gap("acme|hubspot:7|default|missing champion|champion|")]
    two.run()
    assert two.open_keys() == [OLD]


def test_the_ledger_remembers_the_gap_when_the_stage_has_forgotten_the_merge(two: World) -> None:
    merged(two, Gap(NEW))
    two.stage.connection.execute("DELETE FROM merged_account")
    two.next_day()
    assert two.run().status == "nothing"
    assert two.open_keys() == [OLD]


def test_a_plan_that_is_not_applied_renames_nothing(two: World) -> None:
    two.merge("account", "a2", "a1")
    del two.companies["a2"]
    two.gaps = [Gap(NEW)]
    assert two.plan().status == "nothing"
    assert [row["key"] for row in two.ledger.tasks("acme")] == [OLD]


def test_a_value_of_ours_that_the_merge_carried_over_is_still_ours(world: World) -> None:
    world.want(("contact", "c2"), depth="3")
    world.run()
    world.merge("contact", "c2", "c1")
    world.crm.edit("contact", "c1", "depth", "3")
    world.wanted = {}
    world.want(("contact", "c1"), depth="4")
    world.run()
    assert world.holds(("contact", "c1"), "depth", "4")


def test_a_value_that_neither_record_got_from_us_stays(world: World) -> None:
    world.want(("contact", "c2"), depth="3")
    world.run()
    world.merge("contact", "c2", "c1")
    world.crm.edit("contact", "c1", "depth", "2")
    world.wanted = {}
    world.want(("contact", "c1"), depth="4")
    world.run()
    assert world.holds(("contact", "c1"), "depth", "2")


def test_a_contact_with_the_number_of_a_merged_account_is_nobodys_loser(two: World) -> None:
    about = "acme|crm:a1|default|blocker unaddressed||crm:a2"
    two.people["a2"] = "crm:a2"
    two.gaps = [Gap(about)]
    two.want(("contact", "a2"), depth="3")
    two.run()
    two.merge("account", "a2", "a1")
    two.people["a1"] = "crm:a1"
    two.run()
    assert two.open_keys() == [about]


def test_what_we_wrote_to_a_contact_is_not_taken_for_ours_on_another_because_accounts_were_merged(world: World) -> None:
    world.want(("contact", "c2"), depth="3")
    world.run()
    world.merge("account", "c2", "c1")
    world.crm.edit("contact", "c1", "depth", "3")
    world.wanted = {}
    world.want(("contact", "c1"), depth="4")
    world.run()
    assert world.holds(("contact", "c1"), "depth", "3")
