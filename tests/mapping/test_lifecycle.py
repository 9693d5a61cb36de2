"""Segment, breadth, revenue, tier of a customer, and what can be known about it."""

from typing import Any

import pytest

from tests.mapping.world import World, ago


def customer(world: World, *columns: str) -> Any:
    """Compute and read columns of the only customer."""
    return world.resolve().one("customer", *columns)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"segment": "Enterprise"}, "Enterprise"),
        ({"segment": " mid market "}, "Mid-Market"),
        ({"segment": "Small Business", "arr": 900_000.0}, "SMB"),
        ({"segment": "Galactic", "arr": 900_000.0}, "Enterprise"),
        ({"arr": 0.0}, "SMB"),
        ({"arr": 4_999.99}, "SMB"),
        ({"arr": 5_000.0}, "Mid-Market"),
        ({"arr": 100_000.0}, "Mid-Market"),
        ({"arr": 100_000.01}, "Enterprise"),
        ({"arr": 10.0, "employees": 50_000}, "SMB"),
        ({"employees": 99}, "SMB"),
        ({"employees": 100}, "Mid-Market"),
        ({"employees": 999}, "Mid-Market"),
        ({"employees": 1_000}, "Enterprise"),
        ({}, None),
    ],
)
def test_the_segment_is_the_crms_word_else_by_revenue_else_by_employees(
    world: World, values: dict[str, Any], expected: str | None
) -> None:
    world.account(**values)
    assert customer(world, "segment") == expected


@pytest.mark.parametrize(
    ("spelling", "expected"),
    [
        ("workgroup", "workgroup"),
        ("Departmental", "department"),
        ("Company Wide", "company-wide"),
        ("sideways", None),
        (None, None),
    ],
)
def test_breadth_is_read_in_the_crms_own_words(world: World, spelling: str | None, expected: str | None) -> None:
    world.account(breadth=spelling)
    assert customer(world, "breadth") == expected


@pytest.mark.parametrize(
    ("column", "spelling", "expected"),
    [
        ("value_received", "Full", "full"),
        ("value_received", " partially ", "partial"),
        ("value_received", "Not yet", "none"),
        ("value_received", "some day", None),
        ("value_received", None, None),
        ("complexity", "HIGH", "high"),
        ("complexity", "simple", "low"),
        ("complexity", "medium", None),
    ],
)
def test_value_received_and_complexity_are_read_in_the_crms_own_words(
    world: World, column: str, spelling: Any, expected: str | None
) -> None:
    world.account(**{column: spelling})
    assert customer(world, column) == expected


def test_the_first_record_in_home_order_that_knows_gives_value_received_and_lifetime_value(world: World) -> None:
    world.account(domain="globex.example", value_received="none of your business", lifetime_value=400_000.0)
    world.account("9001", source="hubspot", domain="globex.example", value_received="partial", lifetime_value=9.0)
    assert customer(world, "value_received", "lifetime_value") == ("partial", 400_000.0)


def test_won_amounts_of_the_last_year_stand_in_for_an_unknown_arr(world: World) -> None:
    world.account()
    world.opportunity(amount=10_000.10, close_at=ago(10))
    world.opportunity(amount=20_000.20, close_at=ago(364))
    world.opportunity(amount=99_999.0, close_at=ago(366))
    world.opportunity(amount=99_999.0, close_at=ago(-5))
    world.opportunity(amount=99_999.0, close_at=ago(10), won=False)
    assert customer(world, "arr") == 30_000.30


def test_a_mapped_arr_wins_over_won_amounts(world: World) -> None:
    world.account(arr=7_000.0)
    world.opportunity(amount=10_000.0)
    assert customer(world, "arr") == 7_000.0


def test_revenue_that_nobody_knows_is_unknown_and_not_zero(world: World) -> None:
    world.account()
    world.opportunity(amount=None)
    assert customer(world, "arr") is None


def test_a_deal_copied_into_both_crms_counts_once(world: World) -> None:
    world.account("A1", domain="globex.example")
    world.account("9001", source="hubspot", domain="globex.example")
    world.opportunity("A1", amount=10_000.0)
    world.opportunity("9001", source="hubspot", amount=10_000.0)
    assert customer(world, "arr") == 10_000.0


def test_home_gives_each_value_it_knows_and_the_other_crm_the_rest(world: World) -> None:
    world.account("A1", domain="globex.example", name="Globex", seats=None, renewal_at=ago(-30), owner_id="U1")
    world.account(
        "9001",
        source="hubspot",
        domain="globex.example",
        name="Globex Inc",
        seats=25,
        renewal_at=ago(-60),
        owner_id="4101",
        arr=80_000.0,
    )
    assert customer(world, "name", "seats", "renewal_at", "arr", "owner_source", "owner_id") == (
        "Globex",
        25,
        ago(-30),
        80_000.0,
        "salesforce",
        "U1",
    )


# --- tier -----------------------------------------------------------------------------------------------------------


def tiers(world: World) -> dict[str, str]:
    """Map account names to their tiers."""
    return dict(world.resolve().table("customer", "name", "tier"))


def test_tiers_follow_revenue_from_the_largest_account_down(world: World) -> None:
    for name, arr in {"a": 30_000, "b": 25_000, "c": 20_000, "d": 15_000, "e": 10_000}.items():
        world.account(name, name=name, arr=float(arr))
    assert tiers(world) == {"a": "high", "b": "high", "c": "low", "d": "low", "e": "tech"}


def test_equal_revenue_is_treated_equally(world: World) -> None:
    for name in "abcd":
        world.account(name, name=name, arr=10_000.0)
    assert set(tiers(world).values()) == {"high"}


def test_half_a_million_is_high_wherever_it_stands(world: World) -> None:
    world.account("a", name="a", arr=90_000_000.0)
    world.account("b", name="b", arr=500_000.0)
    world.account("c", name="c", arr=499_999.0)
    assert tiers(world) == {"a": "high", "b": "high", "c": "tech"}


def test_an_account_without_revenue_gets_tech_touch(world: World) -> None:
    world.account(arr=0.0)
    assert customer(world, "tier") == "tech"


@pytest.mark.parametrize(
    ("segment", "tier"), [("Enterprise", "high"), ("Mid-Market", "low"), ("SMB", "tech"), (None, "tech")]
)
def test_unknown_revenue_leaves_the_tier_to_the_segment(world: World, segment: str | None, tier: str) -> None:
    world.account(segment=segment)
    assert customer(world, "tier") == tier


# --- what can be known ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("available", "source_days", "account_days", "known"),
    [
        (True, 90, None, True),
        (True, 89, None, False),
        (True, None, None, False),
        (True, 400, 30, False),
        (True, 10, 120, True),
        (False, 400, None, False),
        (None, None, None, False),
    ],
)
def test_activity_is_known_once_its_capture_is_old_enough(
    world: World, available: bool | None, source_days: int | None, account_days: int | None, known: bool
) -> None:
    world.account(captured_since_at=None if account_days is None else ago(account_days))
    if available is not None:
        since = None if source_days is None else ago(source_days)
        world.sees("activity", available=available, since_at=since)
    assert customer(world, "activity_known") is known


def test_one_connection_that_captures_activity_is_enough(world: World) -> None:
    world.account("A1", domain="globex.example")
    world.account("9001", source="hubspot", domain="globex.example")
    world.sees("activity", available=False)
    world.sees("activity", source="hubspot")
    assert customer(world, "activity_known") is True


@pytest.mark.parametrize(("days", "known"), [(None, False), (0, True), (12, True)])
def test_usage_is_known_when_one_person_is_reported_be_it_with_no_day(
    world: World, days: int | None, known: bool
) -> None:
    world.account()
    world.contact()
    if days is not None:
        world.usage(days=days)
    assert customer(world, "usage_known") is known
