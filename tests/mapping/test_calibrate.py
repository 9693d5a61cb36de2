"""Calibration on stories whose figures are worked out by hand."""

from collections.abc import Collection

import pytest

from mapping.calibrate import HORIZON, Agreement, Calibration, Cut, Fired, _group_roles, _suggestions, measure
from tests.mapping.past import staged
from tests.mapping.world import AS_OF, PROFILE, RULES, TABLES, World


def measured(world: World, cuts: int = 1) -> Calibration:
    with staged(world) as connection:
        return measure(connection, RULES, PROFILE, AS_OF, cuts)


def agreement(found: Calibration, judge: str, role: str) -> tuple[int, int, int, int]:
    """Give both say, only predicted, only said, candidates of one role."""
    (one,) = [each for each in found.agreements if (each.judge, each.role) == (judge, role)]
    return one.both_say, one.only_predicted, one.only_said, one.candidates


# --- tie strength -----------------------------------------------------------------------------------------------------


def ties(world: World, strong: Collection[str], later: Collection[str]) -> World:
    """Tell of four people before the cut of 90 days ago: C1 the strongest tie, then C2, C3, C4; some are met later.

    Strength at the cut: C1 three meetings, C2 two, C3 one, C4 one mail of theirs that we answered.
    """
    world.account()
    world.sees()
    for name in ("C1", "C2", "C3", "C4"):
        world.contact(name)
    for name, meetings in (("C1", 3), ("C2", 2), ("C3", 1)):
        for number in range(meetings if name in strong else 0):
            world.meeting(name, days=95 + number)
    if "C4" in strong:
        world.email("in", "C4", days=97)
        world.email("out", "C4", days=96)
    for name in later:
        world.meeting(name, days=30)
    return world


ALL = ("C1", "C2", "C3", "C4")


@pytest.mark.parametrize(
    ("later", "came", "auc"),
    [
        (("C1", "C2"), 2, 1.0),  # both above both: 4 of 4 pairs in order
        (("C3", "C4"), 2, 0.0),  # none in order
        (("C1", "C3"), 2, 0.75),  # C1>C2, C1>C4, C3>C4 in order, C3>C2 not: 3 of 4
        (("C4",), 1, 0.0),
        (("C2",), 1, 2 / 3),  # above C3 and C4, below C1
        ((), 0, None),
        (ALL, 4, None),
    ],
)
def test_the_auc_is_the_share_of_pairs_in_order(
    later: tuple[str, ...], came: int, auc: float | None, world: World
) -> None:
    (cut,) = measured(ties(world, ALL, later)).cuts
    assert (cut.as_of, cut.people, cut.came) == (AS_OF - HORIZON, 4, came)
    assert cut.auc == (None if auc is None else pytest.approx(auc))


def test_ties_of_equal_strength_count_half(world: World) -> None:
    world.account()
    world.sees()
    for name in ("C1", "C2", "C3"):
        world.contact(name)
        world.meeting(name, days=100)
    world.meeting("C1", days=30)
    (cut,) = measured(world).cuts
    assert cut.auc == pytest.approx(0.5)


def test_people_without_an_act_before_the_cut_are_not_ranked(world: World) -> None:
    (cut,) = measured(ties(world, ("C1", "C3"), ("C1", "C2"))).cuts
    assert (cut.people, cut.came, cut.auc) == (2, 1, 1.0)


def test_a_meeting_after_the_horizon_of_an_earlier_cut_does_not_count_for_it(world: World) -> None:
    """The meeting of 30 days ago lies within 90 days of the cut 90 days ago, not of that 180 days ago."""
    world.account()
    world.sees()
    for name in ("C1", "C2"):
        world.contact(name)
        world.meeting(name, days=200)
    world.meeting("C1", days=30)
    found = {round((AS_OF - cut.as_of) / 86_400): (cut.people, cut.came) for cut in measured(world, 2).cuts}
    assert found == {90: (2, 1), 180: (2, 0)}


def test_where_activity_was_not_captured_yet_nobody_is_ranked(world: World) -> None:
    world.account()
    world.sees(days=120)
    world.contact()
    world.meeting("C1", days=100)
    assert measured(world).cuts == ()


# --- roles ------------------------------------------------------------------------------------------------------------


def people(world: World) -> World:
    """Tell of five people: two CFOs and a COO are predicted buyers by their titles, an analyst and a clerk are not."""
    world.account()
    world.sees()
    for name, title in (("C1", "CFO"), ("C2", "CFO"), ("C3", "COO"), ("C4", "Analyst"), ("C5", "Clerk")):
        world.contact(name, title=title)
    return world


def test_precision_and_recall_against_humans_by_hand(world: World) -> None:
    """Humans say: C1 buyer (predicted), C2 none (predicted), C4 buyer (not predicted). Nobody judged C3 and C5."""
    people(world)
    confirmed = {"C1": "buyer", "C2": "none", "C4": "buyer"}
    _confirm(world, confirmed)
    found = measured(world)
    assert agreement(found, "human", "buyer") == (1, 1, 1, 0)
    (buyer,) = [one for one in found.agreements if (one.judge, one.role) == ("human", "buyer")]
    assert (buyer.people, buyer.precision, buyer.recall) == (3, 0.5, 0.5)
    assert {one.role for one in found.agreements if one.judge == "human"} == {
        "buyer",
        "champion",
        "power user",
        "user",
        "guardian",
    }


def _confirm(world: World, said: dict[str, str]) -> None:
    """Let humans confirm roles."""
    names = TABLES["contact"].column_names()
    place, id_ = names.index("confirmed_role"), names.index("id")
    world.rows["contact"] = [
        (*row[:place], said.get(str(row[id_])), *row[place + 1 :]) for row in world.rows["contact"]
    ]


def test_a_humans_word_does_not_predict_itself(world: World) -> None:
    """An analyst whom a human calls buyer is one in the answer, and still not predicted to be one."""
    people(world)
    _confirm(world, {"C4": "buyer"})
    assert agreement(measured(world), "human", "buyer") == (0, 0, 1, 0)


def test_not_a_champion_is_a_no_to_that_role_only(world: World) -> None:
    world.account()
    world.sees()
    world.contact("C1", title="VP Operations", not_a_champion=True)
    world.nps("C1", 9, days=5)
    found = measured(world)
    assert agreement(found, "human", "champion") == (0, 1, 0, 0)
    assert [one.role for one in found.agreements if one.judge == "human"] == ["champion"]


def test_roles_of_the_crm_do_not_predict_themselves(world: World) -> None:
    """The CRM calls the CFO and the clerk Economic Buyer; only the CFO would be predicted without its word."""
    people(world)
    world.crm_role("C1", "Economic Buyer")
    world.crm_role("C5", "Economic Buyer")
    assert agreement(measured(world), "crm", "buyer") == (1, 0, 1, 0)


def test_a_word_of_a_human_does_not_predict_what_the_crm_says_either(world: World) -> None:
    people(world)
    _confirm(world, {"C5": "buyer"})
    world.crm_role("C5", "Economic Buyer")
    assert agreement(measured(world), "crm", "buyer") == (0, 0, 1, 0)


def test_a_champion_of_the_crm_who_lacks_only_the_attitude_is_counted_as_candidate(world: World) -> None:
    world.account()
    world.sees()
    world.contact("C1", title="VP Operations")
    world.crm_role("C1", "Champion")
    assert agreement(measured(world), "crm", "champion") == (0, 0, 1, 1)


def test_a_power_user_counts_as_the_user_whom_the_crm_names(world: World) -> None:
    world.account()
    world.sees()
    world.contact("C1", title="Clerk", core_job=True)
    world.usage("C1", 12)
    world.crm_role("C1", "End User")
    assert agreement(measured(world), "crm", "user") == (1, 0, 0, 0)


def test_people_who_have_left_are_not_judged(world: World) -> None:
    world.account()
    world.contact("C1", title="CFO", left_at=AS_OF - 9)
    world.crm_role("C1", "Economic Buyer")
    assert [one for one in measured(world).agreements if one.judge == "crm"] == []


def test_groups_of_crm_roles_mean_the_roles_their_points_reach() -> None:
    assert set(_group_roles(RULES)) == {
        ("buyer", "buyer"),
        ("signer", "buyer"),
        ("champion", "champion"),
        ("user", "user"),
        ("guardian", "guardian"),
    }


# --- what fires, what is suggested ------------------------------------------------------------------------------------


def test_rules_are_counted_and_those_that_never_fire_are_named(world: World) -> None:
    world.crm_role("C1", "Economic Buyer")
    found = measured(people(world))
    times = {(one.family, one.rule): one.times for one in found.fired}
    assert times["evidence", "buying_authority: title"] == 5
    assert times["evidence", "buying_authority: crm role"] == 1
    assert times["role", "buyer, likely"] == 3
    assert times["title level", "c-level"] == 3
    assert times["title level", "vp"] == 0
    assert times["CRM role", "champion"] == 0
    assert times["depth", "no activity"] == 5
    assert any('The title level "vp" never fired' in text for text in found.suggestions)


def suggestions(*cuts: Cut, agreements: tuple[Agreement, ...] = (), fired: tuple[Fired, ...] = ()) -> list[str]:
    return list(_suggestions(cuts, agreements, fired))


@pytest.mark.parametrize(
    ("cut", "words"),
    [
        (Cut(0, 100, 40, 0.83), "Tie strength tells who will be in touch (AUC 0.83"),
        (Cut(0, 100, 40, 0.55), "Tie strength hardly tells who will be in touch (AUC 0.55"),
        (Cut(0, 100, 9, 0.2), "Too little history"),
        (Cut(0, 100, 91, 0.2), "Too little history"),
        (Cut(0, 100, 0, None), "Too little history"),
    ],
)
def test_a_suggestion_about_ties_needs_enough_people_on_both_sides(cut: Cut, words: str) -> None:
    assert suggestions(cut)[0].startswith(words)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (
            Agreement("human", "buyer", 30, 5, 15, 0, 0),
            "15 of 20 people predicted to be a buyer are not what humans say",
        ),
        (
            Agreement("crm", "champion", 30, 2, 0, 18, 7),
            "18 of 20 people of whom the CRM says champion are not predicted",
        ),
    ],
)
def test_a_role_that_disagrees_often_enough_is_worth_a_suggestion(found: Agreement, words: str) -> None:
    (_, told) = suggestions(agreements=(found,))
    assert told.startswith(words)


@pytest.mark.parametrize(
    "found", [Agreement("human", "buyer", 9, 1, 8, 0, 0), Agreement("human", "buyer", 30, 20, 5, 5, 0)]
)
def test_few_cases_and_good_agreement_are_worth_none(found: Agreement) -> None:
    assert len(suggestions(agreements=(found,))) == 1


def test_shares_without_cases_are_unknown() -> None:
    empty = Agreement("human", "buyer", 3, 0, 0, 0, 0)
    assert (empty.precision, empty.recall) == (None, None)
