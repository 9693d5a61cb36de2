"""Roles, sub-types, status, stance and quartet; and the laws that hold for every mixture of evidence."""

from collections.abc import Sequence
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.mapping.world import World, ago, connect

Row = tuple[Any, ...]


def roles(world: World) -> list[Row]:
    """Compute and list role, sub-type and status of everybody."""
    return world.classify().table("role", "role", "subtype", "status")


@pytest.fixture
def account(world: World) -> World:
    """Give a world with one customer."""
    world.account()
    return world


# --- buyers ---------------------------------------------------------------------------------------------------------


def test_a_vice_president_of_the_department_we_sell_to_is_a_buyer_and_department_leader(account: World) -> None:
    account.contact(title="VP Operations")
    assert ("buyer", "department leader", "likely") in roles(account)


@pytest.mark.parametrize("title", ["CFO", "CEO", "VP", "COO & CFO (Finance)"])
def test_a_buyer_of_another_or_an_unknown_department_is_a_check_signer(account: World, title: str) -> None:
    account.contact(title=title, department=None if title == "VP" else "Finance")
    assert ("buyer", "check-signer", "likely") in roles(account)


def test_a_buyer_who_endorses_us_is_an_advocate(account: World) -> None:
    account.contact(title="CFO", department="Finance")
    account.nps(score=10)
    assert ("buyer", "advocate", "likely") in roles(account)


@pytest.mark.parametrize(("days", "subtype"), [(74, "advocate"), (75, "check-signer")])
def test_an_endorsement_ends_when_it_has_faded_below_sixty(account: World, days: int, subtype: str) -> None:
    account.contact(title="CFO", department="Finance")
    account.nps(score=10, days=days)
    assert ("buyer", subtype, "likely") in roles(account)


def test_a_director_alone_is_no_buyer(account: World) -> None:
    account.contact(title="Director of Operations")
    assert "buyer" not in {role for role, _, _ in roles(account)}


def test_a_director_whom_the_crm_calls_economic_buyer_is_one(account: World) -> None:
    account.contact(title="Director of Operations")
    account.crm_role(role="Economic Buyer")
    assert ("buyer", "department leader", "likely") in roles(account)
    assert account.table("role", "role", "confidence")[0] == ("buyer", 0.96)


# --- champions ------------------------------------------------------------------------------------------------------


def test_structure_and_a_positive_attitude_make_a_champion(account: World) -> None:
    account.contact(title="Director of Operations")
    account.nps(score=9)
    assert roles(account) == [("champion", None, "likely")]
    assert account.one("role", "confidence", "missing") == (0.5, None)


def test_structure_alone_makes_a_candidate_who_lacks_attitude(account: World) -> None:
    account.contact(title="Director of Operations")
    assert roles(account) == [("champion", None, "candidate")]
    assert account.one("role", "confidence", "missing") == (0.6, "attitude")


def test_attitude_alone_makes_no_champion(account: World) -> None:
    account.contact(title="Operations Analyst")
    account.nps(score=10)
    account.advocacy()
    assert roles(account) == []


@pytest.mark.parametrize("title", ["VP Marketing", "Director"])
def test_influence_without_authority_over_the_process_makes_no_champion(account: World, title: str) -> None:
    account.contact(title=title)
    account.nps(score=10)
    assert "champion" not in {role for role, _, _ in roles(account)}


def test_the_crms_word_alone_makes_a_champion(account: World) -> None:
    account.contact()
    account.crm_role(role="Champion")
    assert roles(account) == [("champion", None, "likely")]


# --- power users, users, guardians ----------------------------------------------------------------------------------


def test_need_and_frequent_use_with_little_influence_make_a_power_user(account: World) -> None:
    account.contact(title="Operations Analyst", core_job=True)
    account.usage(days=8)
    assert roles(account) == [("power user", None, "likely")]
    assert account.one("role", "confidence") == 0.5


def test_unknown_influence_does_not_stand_in_the_way_of_a_power_user(account: World) -> None:
    account.contact(core_job=True)
    account.usage(days=20)
    assert roles(account) == [("power user", None, "likely")]


def test_high_influence_makes_a_frequent_user_a_candidate_instead(account: World) -> None:
    account.contact(title="Director of Operations", core_job=True)
    account.usage(days=20)
    assert roles(account) == [("champion", None, "candidate")]


def test_seldom_use_makes_a_user(account: World) -> None:
    account.contact(core_job=True)
    account.usage(days=7)
    assert roles(account) == [("user", None, "likely")]


def test_no_day_of_use_makes_no_user(account: World) -> None:
    account.contact(core_job=True)
    account.usage(days=0)
    assert roles(account) == []


@pytest.mark.parametrize("title", ["Head of Legal", "Compliance Officer", "CISO", "Purchasing Manager"])
def test_the_title_of_a_gate_keeper_makes_a_guardian(account: World, title: str) -> None:
    account.contact(title=title)
    assert ("guardian", None, "likely") in roles(account)


def test_the_crms_word_makes_a_guardian(account: World) -> None:
    account.contact()
    account.crm_role(role="Legal & Compliance")
    assert roles(account) == [("guardian", None, "likely")]
    assert account.one("evidence", "topic", "detail") == ("guardian", "Legal & Compliance (OpportunityContactRole)")


# --- a human's word -------------------------------------------------------------------------------------------------


def test_a_confirmed_role_replaces_everything_predicted(account: World) -> None:
    account.contact(title="VP Operations", confirmed_role="Power User")
    account.nps()
    assert roles(account) == [("power user", None, "confirmed")]
    assert account.one("role", "confidence") == 1.0


def test_several_roles_may_be_confirmed_at_once(account: World) -> None:
    account.contact(department="Operations", confirmed_role="buyer;guardian")
    assert roles(account) == [("buyer", "department leader", "confirmed"), ("guardian", None, "confirmed")]


def test_a_buyer_whom_a_human_calls_a_champion_too_endorses_us(account: World) -> None:
    account.contact(department="Finance", confirmed_role="buyer;champion")
    assert roles(account) == [("buyer", "advocate", "confirmed"), ("champion", None, "confirmed")]


def test_none_removes_every_role(account: World) -> None:
    account.contact(title="VP Operations", confirmed_role="none")
    assert roles(account) == []


def test_a_word_that_is_no_role_is_not_a_humans_decision(account: World) -> None:
    account.contact(title="Director of Operations", confirmed_role="emperor")
    assert roles(account) == [("champion", None, "candidate")]


def test_not_a_champion_removes_the_champion_and_nothing_else(account: World) -> None:
    account.contact(title="VP Operations", not_a_champion=True)
    account.nps()
    assert roles(account) == [("buyer", "advocate", "likely")]


def test_not_a_champion_holds_against_a_confirmed_champion_too(account: World) -> None:
    account.contact(confirmed_role="buyer;champion", not_a_champion=True)
    assert roles(account) == [("buyer", "check-signer", "confirmed")]


def test_a_humans_word_in_either_record_speaks_for_the_person(account: World) -> None:
    account.contact("C1", other_id="201", title="VP Operations")
    account.contact("201", source="hubspot", account_id=None, confirmed_role="guardian")
    assert roles(account) == [("guardian", None, "confirmed")]


def test_a_confirmed_role_is_shown_with_the_record_it_stands_in(account: World) -> None:
    account.contact(confirmed_role="guardian")
    account.classify()
    assert account.one("evidence", "topic", "rule", "weight", "record") == (
        "role",
        "human: guardian",
        1.0,
        "salesforce/contact/C1",
    )


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("buyer", {"buying_authority": 95.0, "influence": 85.0}),
        ("champion", {"process_authority": 75.0, "influence": 75.0, "attitude": 60.0}),
        ("power user", {"product_importance": 60.0}),
        ("user", {"product_importance": 60.0}),
        ("guardian", {}),
        ("none", {}),
    ],
)
def test_on_the_axes_of_a_confirmed_role_nothing_else_is_heard(
    account: World, word: str, expected: dict[str, float]
) -> None:
    account.contact(title="Operations Analyst", confirmed_role=word, core_job=True)
    account.nps(score=0)
    title = {"buying_authority": 5.0, "process_authority": 10.0, "influence": 15.0}
    unheard = {**title, "product_importance": pytest.approx(78.0), "attitude": -60.0, **expected}
    assert dict(account.classify().table("axis", "axis", "value")) == unheard
    sure = account.table("axis WHERE confidence = 1", "axis")
    assert {axis for (axis,) in sure} == set(expected)


def test_whoever_reports_to_a_confirmed_buyer_stands_near_the_buyer(account: World) -> None:
    account.contact("C1", title="Rockstar", confirmed_role="buyer")
    account.contact("C2", reports_to_id="C1")
    account.classify()
    assert ("reports to the buyer",) in account.table("evidence", "rule")


# --- departed -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "values", [{"title": "VP Operations"}, {"confirmed_role": "buyer", "department": "Operations"}]
)
def test_whoever_has_gone_keeps_the_role_as_departed(account: World, values: dict[str, Any]) -> None:
    account.contact(bounced_at=ago(2), **values)
    assert ("buyer", "department leader", "departed") in roles(account)
    assert {status for _, _, status in roles(account)} == {"departed"}


def test_a_role_is_departed_only_where_the_person_has_gone(account: World) -> None:
    account.account("A2")
    account.contact(title="Director of Operations")
    account.add("affiliation", id="R1", contact_id="C1", account_id="A2", active=False)
    assert account.classify().table("role", "account_key", "status") == [
        ("salesforce:A1", "candidate"),
        ("salesforce:A2", "departed"),
    ]


# --- stance and quartet ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "score", "expected"),
    [
        ("Director of Operations", 9, "champion-stance"),
        ("Director of Operations", 2, "blocker"),
        ("Operations Analyst", 9, "influencer"),
        ("Operations Analyst", 2, "detractor"),
        ("Director of Operations", 7, "unaligned"),
        ("Director of Operations", None, "unaligned"),
        (None, None, "unaligned"),
        (None, 9, None),
        (None, 2, None),
    ],
)
def test_stance_is_capacity_and_attitude_together(
    account: World, title: str | None, score: float | None, expected: str | None
) -> None:
    account.contact(title=title)
    if score is not None:
        account.nps(score=score)
    assert account.classify().one("stance", "stance") == expected


@pytest.mark.parametrize(
    ("title", "role", "expected"),
    [
        ("Director of Operations", "Blocker", "blocker"),
        ("Operations Analyst", "Blocker", "detractor"),
        (None, "Blocker", None),
        (None, "Champion", "champion-stance"),
        (None, "Economic Buyer", "unaligned"),
    ],
)
def test_a_role_named_in_the_crm_speaks_for_stance_too(
    account: World, title: str | None, role: str, expected: str | None
) -> None:
    account.contact(title=title)
    account.crm_role(role=role)
    assert account.classify().one("stance", "stance") == expected


@pytest.mark.parametrize(
    ("title", "days", "expected"),
    [
        ("COO", 0, "business buyer"),
        ("CTO", 5, "technical buyer"),
        ("Operations Analyst", 5, "business user"),
        ("Data Analyst", 5, "technical user"),
        ("Operations Analyst", 0, None),
        (None, 5, None),
    ],
)
def test_the_quartet_is_business_or_technical_and_user_or_buyer(
    account: World, title: str | None, days: int, expected: str | None
) -> None:
    account.contact(title=title)
    account.usage(days=days)
    assert account.classify().one("stance", "quartet") == expected


# --- laws -----------------------------------------------------------------------------------------------------------

TITLES = ["COO", "VP Operations", "Director of Operations", "Operations Analyst", "CISO", "Rockstar", None]
CRM_ROLES = ["Economic Buyer", "Decision Maker", "Champion", "Blocker", "End User", "Legal & Compliance", "Other"]

people = st.fixed_dictionaries(
    {
        "title": st.sampled_from(TITLES),
        "core_job": st.sampled_from([True, False, None]),
        "days": st.sampled_from([None, 0, 3, 8, 20]),
        "scores": st.lists(st.integers(0, 10), max_size=2, unique=True),
        "roles": st.lists(st.sampled_from(CRM_ROLES), max_size=4, unique=True),
        "confirmed_role": st.sampled_from([None, None, None, "buyer", "none"]),
        "not_a_champion": st.sampled_from([None, True]),
    }
)

LAW = settings(max_examples=5, deadline=None, derandomize=True)


def tell(world: World, number: int, person: dict[str, Any], source: str = "salesforce", **values: object) -> None:
    """Add a person with everything that is said about him or her."""
    contact = f"C{number}" if source == "salesforce" else f"20{number}"
    told = {name: person[name] for name in ("title", "core_job", "confirmed_role", "not_a_champion")}
    world.contact(contact, source=source, email=f"p{number}@globex.example", **told, **values)
    if person["days"] is not None:
        world.usage(contact, person["days"], source=source)
    for score in person["scores"]:
        world.nps(contact, score, days=score * 10, source=source)
    for role in person["roles"]:
        world.crm_role(contact, role, id=f"{contact}/{role}", source=source, account_id=values.get("account_id", "A1"))


def answer(world: World) -> list[list[Row]]:
    """Give all that classification says about people."""
    world.classify()
    columns = ("account_key", "role", "subtype", "status", "confidence", "missing")
    return [
        world.table("axis", "account_key", "axis", "value", "confidence"),
        world.table("role", *columns),
        world.table("stance", "account_key", "stance", "quartet"),
    ]


def alone(told: Sequence[dict[str, Any]]) -> World:
    """Tell of people who have one record each."""
    world = World(connect())
    world.account("A1", domain="globex.example")
    for number, person in enumerate(told):
        tell(world, number, person)
    return world


@LAW
@given(told=st.lists(people, min_size=8, max_size=20), turn=st.randoms(use_true_random=False))
def test_law_roles_do_not_depend_on_the_order_of_rows(told: list[dict[str, Any]], turn: Any) -> None:
    first, second = alone(told), alone(told)
    for rows in second.rows.values():
        turn.shuffle(rows)
    with first.connection, second.connection:
        assert [*answer(first), first.table("evidence")] == [*answer(second), second.table("evidence")]


@LAW
@given(told=st.lists(people, min_size=1, max_size=9))
def test_law_two_records_of_one_person_say_what_one_record_says(told: list[dict[str, Any]]) -> None:
    one, two = alone(told), alone(told)
    two.account("9001", source="hubspot", domain="globex.example")
    for number, person in enumerate(told):
        tell(two, number, person, source="hubspot", account_id="9001")
    with one.connection, two.connection:
        assert answer(one) == answer(two)
        assert two.one("person_fact", "COUNT(*)") == len(told)


UNKNOWN = product(
    [None, "", "Rockstar", "Former CFO", "Board Member"], ["Other", "", "friend"], [None, 0], [None, 7, 8]
)


def test_law_unknown_evidence_never_creates_a_role(account: World) -> None:
    for number, (title, role, days, score) in enumerate(UNKNOWN):
        contact = account.contact(f"C{number}", title=title)
        account.crm_role(contact, role)
        account.add("usage", contact_id=contact, product="default", active_days=days)
        account.add("signal", contact_id=contact, kind="nps", score=score, happened_at=ago(1))
    assert roles(account) == []
    assert account.table("stance", "stance", "quartet") == [("unaligned", None)] * 90
