"""The three-way diff, row by row of the architecture's table, and the fields that only go in company."""

import pytest

from sync.changes import Ref, SetField, Skip, Why
from tests.sync.world import World

ANN = ("contact", "c1")
REF = Ref("crm", "contact", "c1")


def fields(world: World) -> dict[str, tuple[str | None, str | None]]:
    return {change.field: (change.before, change.after) for change in world.changes() if isinstance(change, SetField)}


def applied(world: World, name: str, value: str) -> None:
    """Let a run write a value, so that it is ours."""
    world.want(ANN, **{name: value})
    world.run()


def test_a_value_that_is_already_there_needs_nothing(world: World) -> None:
    world.crm.edit(*ANN, "roles", "buyer")
    world.want(ANN, roles="buyer")
    assert world.plan().status == "nothing"
    assert not world.skips()


def test_an_empty_field_that_we_never_wrote_is_set(world: World) -> None:
    world.want(ANN, roles="buyer")
    world.plan()
    assert fields(world)["roles"] == (None, "buyer")


def test_a_value_that_we_did_not_write_is_occupied(world: World) -> None:
    world.crm.edit(*ANN, "roles", "user")
    world.want(ANN, roles="buyer")
    assert world.plan().status == "nothing"
    assert world.skips() == [Skip(REF, "roles", Why.OCCUPIED, "user")]


def test_takeover_replaces_an_occupying_value_and_says_so(world: World) -> None:
    world.takeover = True
    world.crm.edit(*ANN, "roles", "user")
    world.want(ANN, roles="buyer")
    world.plan()
    change = next(change for change in world.changes() if isinstance(change, SetField) and change.field == "roles")
    assert (change.before, change.after, change.takes_over) == ("user", "buyer", True)


def test_our_own_value_is_updated(world: World) -> None:
    applied(world, "roles", "buyer")
    world.want(ANN, roles="champion")
    world.plan()
    assert fields(world)["roles"] == ("buyer", "champion")


@pytest.mark.parametrize("drifted", ["66", "80", "94"])
def test_a_tie_strength_that_drifts_with_time_alone_is_left(world: World, drifted: str) -> None:
    applied(world, "tie_strength", "80")
    world.want(ANN, tie_strength=drifted)
    assert world.plan().status == "nothing"
    assert not world.skips()


@pytest.mark.parametrize("moved", ["65", "95", "12"])
def test_a_tie_strength_that_moved_by_its_band_is_written(world: World, moved: str) -> None:
    applied(world, "tie_strength", "80")
    world.want(ANN, tie_strength=moved)
    world.plan()
    assert fields(world)["tie_strength"] == ("80", moved)


def test_a_depth_has_no_band(world: World) -> None:
    applied(world, "depth", "3")
    world.want(ANN, depth="4")
    world.plan()
    assert fields(world)["depth"] == ("3", "4")


def test_a_humans_tie_strength_is_an_edit_however_near_it_is(world: World) -> None:
    applied(world, "tie_strength", "80")
    world.crm.edit(*ANN, "tie_strength", "81")
    world.want(ANN, tie_strength="80")
    assert world.plan().status == "nothing"
    assert world.skips() == [Skip(REF, "tie_strength", Why.HUMAN_EDIT, "81")]


def test_our_own_value_is_emptied_when_the_rules_want_nothing(world: World) -> None:
    applied(world, "roles", "buyer")
    world.want(ANN, roles=None)
    world.plan()
    assert fields(world)["roles"] == ("buyer", None)


def test_our_own_value_is_emptied_when_the_record_is_no_longer_judged(world: World) -> None:
    applied(world, "roles", "buyer")
    world.wanted.clear()
    world.run()
    assert world.held(ANN, "roles") is None


@pytest.mark.parametrize("edited", ["user", None])
def test_a_value_that_a_human_changed_or_cleared_is_kept(world: World, edited: str | None) -> None:
    applied(world, "roles", "buyer")
    world.crm.edit(*ANN, "roles", edited)
    world.want(ANN, roles="champion")
    world.run()
    assert world.held(ANN, "roles") == edited
    assert world.skips() == [Skip(REF, "roles", Why.HUMAN_EDIT, edited)]


def test_a_human_edit_is_not_emptied_either(world: World) -> None:
    applied(world, "roles", "buyer")
    world.crm.edit(*ANN, "roles", "user")
    world.want(ANN, roles=None)
    world.run()
    assert world.held(ANN, "roles") == "user"


def test_takeover_replaces_a_human_edit_but_never_clears_one(world: World) -> None:
    world.want(ANN, roles="buyer", depth="3")
    world.run()
    world.takeover = True
    world.crm.edit(*ANN, "roles", "user")
    world.crm.edit(*ANN, "depth", "5")
    world.want(ANN, roles="champion", depth=None)
    world.run()
    assert (world.held(ANN, "roles"), world.held(ANN, "depth")) == ("champion", "5")


def test_a_human_who_restores_our_value_hands_the_field_back(world: World) -> None:
    applied(world, "roles", "buyer")
    world.crm.edit(*ANN, "roles", "user")
    world.run()
    world.crm.edit(*ANN, "roles", "buyer")
    world.want(ANN, roles="champion")
    world.run()
    assert world.held(ANN, "roles") == "champion"


def test_a_field_that_does_not_exist_is_not_writable(world: World) -> None:
    world.crm._fields.pop(("contact", "roles"))
    world.want(ANN, roles="buyer", depth="3")
    world.plan()
    assert set(fields(world)) == {"depth", "evidence", "computed_on"}
    assert world.skips() == [Skip(REF, "roles", Why.NOT_WRITABLE, None)]


def test_a_connection_without_our_fields_gets_a_plan_of_omissions_only(world: World) -> None:
    world.crm._fields.clear()
    world.want(ANN, roles="buyer")
    assert world.plan().status == "nothing"
    assert [skip.why for skip in world.skips()] == [Why.NOT_WRITABLE]


def test_a_checkbox_nobody_touched_is_not_occupied_by_false(world: World) -> None:
    world.crm.edit(*ANN, "counted", "false")
    world.want(ANN, counted="true")
    world.run()
    assert world.held(ANN, "counted") == "true"


def test_false_and_empty_are_the_same_checkbox(world: World) -> None:
    world.want(ANN, counted="false")
    assert world.plan().status == "nothing"


def test_a_multi_select_is_compared_as_a_set(world: World) -> None:
    world.crm.edit(*ANN, "roles", "user;buyer")
    world.crm.values[ANN]["roles"] = "buyer;user"
    world.want(ANN, roles="buyer;user")
    assert world.plan().status == "nothing"


def test_companions_go_along_with_another_change(world: World) -> None:
    world.want(ANN, roles="buyer")
    world.run()
    assert (world.held(ANN, "evidence"), world.held(ANN, "computed_on")) == ("Because.", "2023-11-15")


def test_companions_never_cause_a_write_by_themselves(world: World) -> None:
    applied(world, "roles", "buyer")
    world.crm.values[ANN]["evidence"] = "Because. It has drifted."
    assert world.run().status == "nothing"


def test_a_plan_made_in_parts_is_the_same_plan(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(1, 6):
        world.crm.put("contact", {"id": f"c{number}", "name": "Ann", "account_id": "a1"})
        world.want(("contact", f"c{number}"), roles="buyer", depth=str(number % 6))
    world.crm.edit("contact", "c2", "roles", "user")
    whole, skipped = world.plan().digest, world.skips()
    monkeypatch.setattr("sync.plan.PART", {"contact": 2, "account": 1})
    assert world.plan().digest == whole
    assert sorted(world.skips(), key=repr) == sorted(skipped, key=repr)


def test_a_human_note_in_the_evidence_field_is_kept(world: World) -> None:
    world.crm.edit(*ANN, "evidence", "Ann is my sister")
    world.want(ANN, roles="buyer")
    world.run()
    assert (world.held(ANN, "roles"), world.held(ANN, "evidence")) == ("buyer", "Ann is my sister")
    assert Skip(REF, "evidence", Why.OCCUPIED, "Ann is my sister") in world.skips()


def test_a_rejected_row_is_kept_with_its_message_and_tried_again(world: World) -> None:
    world.want(ANN, roles="no such role")
    report = world.run()
    assert report.written == {"rejected": 1}
    assert world.run().planned["set"] == report.planned["set"]


def test_a_change_without_a_sentence_still_says_something(world: World) -> None:
    world.sentences = False
    world.want(ANN, roles="buyer")
    world.plan()
    assert fields(world)
    assert all(change.reason for change in world.changes())
