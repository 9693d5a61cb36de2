"""What is missing and deserves a task, how severe it is, and whom to develop."""

from collections.abc import Callable
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapping.spec import Profile
from tests.mapping.holders import ACCOUNT, Holders
from tests.mapping.world import World, ago, connect

Story = Callable[[Holders], object]
TITLES = ("COO", "VP Operations", "Director of Operations", "Operations Analyst")


@pytest.fixture
def holders(connection: duckdb.DuckDBPyConnection) -> Holders:
    """Give an empty set of role-holders."""
    return Holders(connection)


def found(holders: Holders, *columns: str) -> list[tuple[object, ...]]:
    """Judge coverage and gaps; read columns of the gaps, sorted."""
    holders.judge("coverage", "gaps")
    return holders.connection.execute(f"SELECT {', '.join(columns)} FROM gap ORDER BY key").fetchall()


def kinds(holders: Holders) -> set[object]:
    """Name the kinds of gaps that are open."""
    return {row[0] for row in found(holders, "kind")}


def healthy(holders: Holders, **customer: object) -> Holders:
    """Tell of a customer that misses nothing."""
    holders.customer(**customer).buyer("Ana", 3).champion("Cy", 4, department="Operations")
    return holders.champion("Di", 4, department="Finance").power_users(2, 4)


KINDS: dict[str, tuple[Story, set[str]]] = {
    "nothing is missing": (healthy, set()),
    "no buyer": (
        lambda h: h.customer().champion("Cy", 4).champion("Di", 4).power_users(2, 4),
        {"missing buyer"},
    ),
    "one champion of two": (
        lambda h: h.customer().buyer("Ana", 3).champion("Cy", 4).power_users(2, 4),
        {"missing champion"},
    ),
    "one power user of two": (
        lambda h: h.customer().buyer("Ana", 3).champion("Cy", 4).champion("Di", 4).power_users(1, 4),
        {"missing power users"},
    ),
    "the only buyer signs checks": (
        lambda h: (
            h.customer()
            .buyer("Ana", 3, "check-signer", department="Finance")
            .champion("Cy", 4)
            .champion("Di", 4)
            .power_users(2, 4)
        ),
        {"only a check-signer"},
    ),
    "both champions sit in one department": (
        lambda h: (
            h.customer(breadth="workgroup")
            .buyer("Ana", 3)
            .champion("Cy", 4, department="Operations")
            .champion("Di", 4, department="Operations")
            .power_users(2, 4)
        ),
        {"champion not in another department"},
    ),
    "the department of a champion is unknown": (
        lambda h: (
            h.customer(breadth="workgroup")
            .buyer("Ana", 3)
            .champion("Cy", 4, department="Operations")
            .champion("Di", 4)
            .power_users(2, 4)
        ),
        set(),
    ),
    "only one person answers": (
        lambda h: h.customer(segment="SMB").buyer("Ana", 4).role("Ana", "champion"),
        {"single-threaded"},
    ),
    "a champion left long ago and is replaced": (
        lambda h: healthy(h).person("Ed", 0, departed=True, left_at=ago(91)).role("Ed", "champion", status="departed"),
        set(),
    ),
    "a champion left last month": (
        lambda h: healthy(h).person("Ed", 0, departed=True, left_at=ago(90)).role("Ed", "champion", status="departed"),
        {"champion or buyer departed"},
    ),
    "a buyer left long ago and nobody followed": (
        lambda h: (
            h.customer()
            .champion("Cy", 4)
            .champion("Di", 4)
            .power_users(2, 4)
            .person("Ed", 0, departed=True)
            .role("Ed", "buyer", "department leader", status="departed")
        ),
        {"missing buyer", "champion or buyer departed"},
    ),
    "a power user left": (
        lambda h: healthy(h).person("Ed", 0, departed=True, left_at=ago(9)).role("Ed", "power user", status="departed"),
        set(),
    ),
    "a buyer is ghosting": (lambda h: healthy(h).buyer("Ed", 1, trend="ghosting"), {"relationship fading/ghosting"}),
    "a champion fades": (
        lambda h: healthy(h).champion("Ed", 4, trend="fading", two_way_at=ago(50)),
        {"relationship fading/ghosting"},
    ),
    "a champion of whom nothing was ever heard fades": (lambda h: healthy(h).champion("Ed", 1, trend="fading"), set()),
    "a user fades": (
        lambda h: healthy(h).person("Ed", 1, trend="fading", two_way_at=ago(50)).role("Ed", "user"),
        set(),
    ),
}


@pytest.mark.parametrize("case", KINDS)
def test_each_kind_of_gap_is_claimed_when_its_story_is_told(case: str, holders: Holders) -> None:
    story, expected = KINDS[case]
    story(holders)
    assert kinds(holders) == expected


@pytest.mark.parametrize(("days", "expected"), [(None, 1), (31, 1), (30, 0)])
def test_a_blocker_without_an_exchange_for_30_days_is_unaddressed(
    days: int | None, expected: int, holders: Holders
) -> None:
    healthy(holders).person("Eve", 1, two_way_at=None if days is None else ago(days))
    holders.add("stance", account_key=ACCOUNT, person_id="salesforce:Eve", stance="blocker")
    assert len(found(holders, "kind")) == expected


UNKNOWN: dict[str, Story] = {
    "activity": lambda h: (
        h.customer(activity_known=False)
        .buyer("Ana", None, trend=None)
        .add("stance", account_key=ACCOUNT, person_id="salesforce:Ana", stance="blocker")
    ),
    "activity and usage": lambda h: h.customer(activity_known=False, usage_known=False).champion(
        "Cy", None, trend=None
    ),
    "segment": lambda h: h.customer(segment=None).person("Ana", 2).person("Bo", 2),
    "breadth": lambda h: h.customer(breadth=None).person("Ana", 2).person("Bo", 2),
    "the department of the buyer": lambda h: (
        h.customer().buyer("Ana", 3, "check-signer").champion("Cy", 4).champion("Di", 4).power_users(2, 4)
    ),
    "usage": lambda h: h.customer(usage_known=False).buyer("Ana", 3).champion("Cy", 4).champion("Di", 4),
}


@pytest.mark.parametrize("what", UNKNOWN)
def test_what_is_unknown_never_creates_a_gap(what: str, holders: Holders) -> None:
    UNKNOWN[what](holders)
    assert kinds(holders) == set()


def test_where_nobody_said_whom_the_product_is_sold_to_no_buyer_is_only_a_check_signer(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    world = World(connection, profile=Profile(organisation="acme"))
    world.sees()
    world.account(segment="SMB", breadth="workgroup")
    world.contact("C1", title="CFO")
    world.meeting("C1", days=10)
    kinds = {kind for (kind,) in world.compute().table("gap", "kind")}
    assert "only a check-signer" not in kinds
    assert "missing champion" in kinds


@settings(max_examples=5, deadline=None)
@given(
    accounts=st.lists(
        st.fixed_dictionaries(
            {
                "segment": st.sampled_from(["SMB", "Enterprise", None]),
                "breadth": st.sampled_from(["workgroup", "company-wide", None]),
                "arr": st.sampled_from([1_000.0, 900_000.0, None]),
                "people": st.lists(st.sampled_from([*TITLES, None]), max_size=3),
                "days": st.lists(st.integers(0, 300), max_size=4),
            }
        ),
        min_size=1,
        max_size=8,
    )
)
def test_law_where_activity_is_not_captured_no_gap_is_ever_claimed(accounts: list[dict[str, Any]]) -> None:
    with connect() as connection:
        world = World(connection)
        for number, told in enumerate(accounts):
            account = world.account(f"A{number}", **{name: told[name] for name in ("segment", "breadth", "arr")})
            for place, title in enumerate(told["people"]):
                contact = world.contact(f"C{number}-{place}", account_id=account, title=title)
                world.usage(contact, 3 * place)
                for days in told["days"]:
                    world.email("out", contact, days)
        assert world.compute().table("gap") == []
        assert {row[0] for row in world.table("coverage", "status")} == {"cannot tell"}


def test_somebody_who_leaves_as_buyer_and_as_champion_is_one_gap(holders: Holders) -> None:
    story = healthy(holders).person("Ed", 0, departed=True, left_at=ago(9))
    story.role("Ed", "buyer", "department leader", status="departed").role("Ed", "champion", status="departed")
    ((key, detail),) = found(holders, "key", "detail")
    assert key == "acme|salesforce:A1|default|champion or buyer departed||salesforce:Ed"
    assert str(detail).startswith("Ed (buyer and champion) has left")


def test_a_gap_has_one_readable_key_for_life(holders: Holders) -> None:
    healthy(holders).buyer("Ed", 1, trend="ghosting")
    assert found(holders, "key") == [
        ("acme|salesforce:A1|default|relationship fading/ghosting||salesforce:Ed",),
    ]


def test_a_gap_of_the_account_leaves_the_person_empty(holders: Holders) -> None:
    holders.customer().champion("Cy", 4).champion("Di", 4)
    assert found(holders, "key", "person_id") == [("acme|salesforce:A1|default|missing buyer|buyer|", None)]


@pytest.mark.parametrize(
    ("renewal", "severity"),
    [(30, 98.0), (0, 98.0), (-20, 98.0), (365, 48.0), (500, 48.0), (197.5, 73.0), (None, 63.0)],
)
def test_severity_mixes_renewal_revenue_and_kind(renewal: float | None, severity: float, holders: Holders) -> None:
    renewal_at = None if renewal is None else ago(-renewal)
    holders.customer(renewal_at=renewal_at, arr=1000.0).champion("Cy", 4).champion("Di", 4)
    assert found(holders, "kind", "severity") == [("missing buyer", severity)]


def test_candidates_and_shallow_champions_are_suggested_with_what_they_miss(holders: Holders) -> None:
    holders.customer().buyer("Ana", 3).champion("Cy", 3).power_users(2, 4)
    holders.person("Di", 4).role("Di", "champion", status="candidate", missing="attitude")
    assert found(holders, "kind", "detail", "people") == [
        (
            "missing champion",
            "Missing 2 champions: 0 of 2 required with a live relationship.",
            "Cy (depth 3, needs 4), Di (attitude missing)",
        )
    ]


@pytest.mark.parametrize("flag", ["do_not_task", "not_a_champion"])
def test_people_a_human_told_us_to_leave_alone_are_not_suggested(flag: str, holders: Holders) -> None:
    holders.customer().buyer("Ana", 3).champion("Cy", 4).power_users(2, 4)
    holders.person("Di", 4, **{flag: True}).role("Di", "champion", status="candidate", missing="attitude")
    assert found(holders, "kind", "people") == [("missing champion", None)]


@pytest.mark.parametrize("flag", ["do_not_task", "not_a_champion"])
def test_no_gap_is_claimed_about_a_champion_to_be_left_alone(flag: str, holders: Holders) -> None:
    healthy(holders).champion("Ed", 1, trend="ghosting", **{flag: True})
    assert kinds(holders) == set()


def test_at_most_three_people_are_suggested(holders: Holders) -> None:
    holders.customer().buyer("Ana", 3).power_users(2, 4)
    for name in ("Cy", "Di", "Ed", "Flo"):
        holders.champion(name, 3)
    ((people,),) = found(holders, "people")
    assert people == "Cy (depth 3, needs 4), Di (depth 3, needs 4), Ed (depth 3, needs 4)"
