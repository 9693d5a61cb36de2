"""An account that comes into other hands: its customer is to meet the new CSM within the days of the rule."""

from typing import Any

import pytest

from tests.mapping.world import World, ago

KIND = "handover or introduction overdue"


def told(world: World) -> list[str]:
    """Give the detail of the gap, where there is one."""
    return [detail for kind, detail in world.table("gap", "kind", "detail") if kind == KIND]


@pytest.fixture
def handed(world: World) -> World:
    """Tell of an old low-touch customer of Bea's, and that it was Odo's."""
    world.sees()
    world.user("U1", name="Odo")
    world.user("U2", name="Bea")
    world.account(owner_id="U2", segment="Mid-Market", since_at=ago(800))
    world.contact("C1")
    return world


def remember(world: World, colleague: str = "salesforce:U2", days: float | None = None, **values: object) -> World:
    """Remember who looked after the account, and since how many days."""
    since = None if days is None else ago(days)
    world.add("remembered_csm", **{"id": "A1", "colleague": colleague, "since_at": since, **values})
    return world


def test_a_new_csm_who_spoke_with_nobody_for_too_long_is_a_gap(handed: World) -> None:
    assert told(remember(handed, days=10).compute()) == [
        "In other hands since 2026-09-11: the new CSM has not been introduced."
    ]


@pytest.mark.parametrize(("days", "overdue"), [(0, False), (5, False), (6, True), (89, True), (91, False)], ids=str)
def test_the_days_are_those_of_the_cadence_in_handover(days: float, overdue: bool, handed: World) -> None:
    assert bool(told(remember(handed, days=days).compute())) == overdue


@pytest.mark.parametrize(
    ("act", "overdue"),
    [
        ({"owner_id": "U2", "days": 4}, False),
        ({"owner_id": "U2", "days": 30}, False),
        ({"owner_id": "U2", "days": 100}, True),
        ({"owner_id": "U1", "days": 4}, True),
        ({"owner_id": None, "days": 4}, False),
    ],
    ids=["met after it", "met shortly before it", "met long before it", "met the old one", "met one of us"],
)
def test_a_meeting_with_the_new_csm_is_the_introduction(act: dict[str, Any], overdue: bool, handed: World) -> None:
    handed.meeting("C1", **act)
    assert bool(told(remember(handed, days=10).compute())) == overdue


def test_a_letter_of_the_new_csm_is_no_introduction(handed: World) -> None:
    handed.email("out", owner_id="U2", days=3)
    assert told(remember(handed, days=10).compute())


def test_a_change_that_is_seen_now_begins_now(handed: World) -> None:
    remember(handed, "salesforce:U1").compute()
    assert handed.one("csm", "colleague", "since_at", "news") == ("salesforce:U2", ago(0), True)
    assert told(handed) == []


def test_an_account_that_stays_where_it_was_is_not_handed_over(handed: World) -> None:
    remember(handed).compute()
    assert handed.one("csm", "since_at", "news") == (None, False)
    assert told(handed) == []


def test_whom_we_see_for_the_first_time_took_over_nothing(handed: World) -> None:
    handed.compute()
    assert handed.one("csm", "colleague", "since_at", "news") == ("salesforce:U2", None, True)
    assert told(handed) == []


def test_the_same_colleague_under_another_record_is_no_change(handed: World) -> None:
    handed.user("U3", name="Bea of old", email="u2@ours.example", active=False)
    remember(handed, "salesforce:U3").compute()
    assert handed.one("csm", "colleague", "since_at") == ("salesforce:U2", None)


def test_an_account_that_nobody_owns_for_a_while_remembers_its_last_csm(handed: World) -> None:
    handed.rows["account"].clear()
    handed.account(segment="Mid-Market", since_at=ago(800))
    assert remember(handed, "salesforce:U1").compute().table("csm") == []


def test_tech_touch_accounts_are_handed_over_without_a_call(handed: World) -> None:
    handed.rows["account"].clear()
    handed.account(owner_id="U2", segment="SMB", since_at=ago(800))
    remember(handed, days=10).compute()
    assert (handed.one("customer", "tier"), told(handed)) == ("tech", [])


def test_where_acts_are_not_seen_no_introduction_is_missed(handed: World) -> None:
    handed.rows["coverage_of_source"].clear()
    assert told(remember(handed, days=10).compute()) == []


def test_a_new_customer_that_changes_hands_is_counted_from_the_change(handed: World) -> None:
    handed.rows["account"].clear()
    handed.account(owner_id="U2", segment="Mid-Market", since_at=ago(20))
    assert told(remember(handed, days=3).compute()) == []


def test_a_change_before_the_sale_is_none_of_the_customers(handed: World) -> None:
    handed.rows["account"].clear()
    handed.account(owner_id="U2", segment="Mid-Market", since_at=ago(20))
    assert told(remember(handed, days=30).compute()) == ["Customer since 2026-09-01: the CSM has not been introduced."]
