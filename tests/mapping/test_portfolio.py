"""Accounts rolled up for a leader, the load of colleagues, and what is remembered of earlier runs."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.mapping.world import World, ago, connect


def slices(world: World, dimension: str, *columns: str) -> dict[str, Any]:
    """Map the slices of a dimension to their figures."""
    rows = world.connection.execute(
        f"SELECT name, {', '.join(columns)} FROM slice WHERE dimension = ? ORDER BY name", [dimension]
    ).fetchall()
    return {name: figures[0] if len(columns) == 1 else tuple(figures) for name, *figures in rows}


@pytest.fixture
def book(world: World) -> World:
    """Tell of three customers of two colleagues."""
    world.user("U1", manager_id="U9", name="Odo")
    world.user("U2", name="Bea")
    world.user("U9")
    world.sees()
    world.account("A1", owner_id="U1", arr=600_000.0, breadth="department", partner="Marketplace")
    world.account("A2", owner_id="U1", arr=4_000.0, breadth="workgroup", partner=" Marketplace ")
    world.account("A3", owner_id="U2", breadth="workgroup", segment="SMB")
    return world


def test_the_whole_portfolio_is_one_slice(book: World) -> None:
    assert slices(book.compute(), "portfolio", "accounts", "arr") == {"all": (3, 604_000.0)}


@pytest.mark.parametrize(
    ("dimension", "expected"),
    [
        ("segment", {"Enterprise": 1, "SMB": 2}),
        ("tier", {"high": 1, "tech": 2}),
        ("breadth", {"department": 1, "workgroup": 2}),
        ("csm", {"Bea": 1, "Odo": 2}),
        ("partner", {"Marketplace": 2, "direct": 1}),
        ("orientation", {"Concierge Guide": 1, "Service Coordinator": 1, "unknown": 1}),
    ],
)
def test_accounts_are_counted_by_each_dimension(dimension: str, expected: dict[str, int], book: World) -> None:
    assert slices(book.compute(), dimension, "accounts") == expected


def test_renewals_won_and_lost_stand_beside_coverage(book: World) -> None:
    book.opportunity("A1", close_at=ago(800))
    book.opportunity("A1", close_at=ago(30))
    book.opportunity("A1", close_at=ago(20), won=False)
    book.opportunity("A1", close_at=ago(500), won=False)
    book.opportunity("A1", close_at=None, won=False, closed=False)
    book.opportunity("A1", close_at=ago(70), won=None)
    assert slices(book.compute(), "segment", "renewed", "lost")["Enterprise"] == (1, 1)


def test_the_first_deal_is_no_renewal(book: World) -> None:
    book.opportunity("A1", close_at=ago(30))
    assert slices(book.compute(), "segment", "renewed", "lost")["Enterprise"] == (0, 0)


def test_an_equity_that_nobody_knows_is_not_zero(book: World) -> None:
    assert slices(book.compute(), "portfolio", "equity", "score") == {"all": (None, 0.0)}


# --- the load of a colleague ------------------------------------------------------------------------------------------


def loaded(world: World, high: int, low: int = 0) -> World:
    """Give one colleague so many accounts."""
    world.user("U1", manager_id="U9", name="Odo")
    world.user("U9")
    for number in range(high):
        world.account(f"H{number}", owner_id="U1", segment="Enterprise")
    for number in range(low):
        world.account(f"L{number}", owner_id="U1", segment="Mid-Market")
    return world.compute()


@pytest.mark.parametrize(("high", "low", "over"), [(15, 0, False), (16, 0, True), (15, 50, False), (0, 51, True)])
def test_more_accounts_of_a_tier_than_the_guideline_are_too_many(high: int, low: int, over: bool, world: World) -> None:
    assert loaded(world, high, low).one("workload", "high", "low", "over") == (high, low, over)


def test_the_manager_gets_the_task_about_the_load_and_no_account_is_named(world: World) -> None:
    row = "owner_id, account_id, contact_id, subject, body"
    found = (
        loaded(world, 16)
        .connection.execute(f"SELECT {row} FROM desired_task WHERE key LIKE '%over-capacity%'")
        .fetchall()
    )
    assert found == [
        (
            "U9",
            None,
            None,
            "Over-capacity CSM: Odo",
            "What is missing: Odo looks after 16 high-touch and 0 low-touch accounts; the guideline is at most 15 and"
            " 50.\n"
            "Why it matters: Nobody can keep up the contacts of more accounts than this.",
        )
    ]


def test_a_colleague_whom_both_crms_know_is_one(world: World) -> None:
    world.user("U1", email="odo@ours.example", name="Odo")
    world.user("4101", source="hubspot", email="odo@ours.example", name="Odo K")
    for number in range(8):
        world.account(f"H{number}", owner_id="U1", segment="Enterprise")
        world.account(f"9{number}", source="hubspot", owner_id="4101", segment="Enterprise")
    assert world.compute().one("workload", "name", "high", "over") == ("Odo", 16, True)


def test_a_colleague_who_has_left_carries_nothing(world: World) -> None:
    world.user("U1", active=False)
    world.account(owner_id="U1")
    assert world.compute().table("workload") == []


# --- what is remembered ----------------------------------------------------------------------------------------------

ARRS = {"a": 30_000, "b": 23_000, "c": 20_000, "d": 15_000, "e": 12_000}
"""Larger customers hold 0, 30, 53, 73 and 88 % of the revenue."""


def tiers(world: World, **before: str) -> dict[str, str]:
    """Give the tiers of such customers where some had one before."""
    for name, arr in ARRS.items():
        world.account(name, name=name, arr=float(arr))
    for name, tier in before.items():
        world.add("remembered_tier", id=name, tier=tier)
    return dict(world.resolve().table("customer", "name", "tier"))


@pytest.mark.parametrize(
    ("name", "before", "now"),
    [
        ("c", "high", "high"),
        ("c", "low", "low"),
        ("b", "low", "high"),
        ("d", "tech", "low"),
        ("e", "low", "tech"),
        ("d", "high", "low"),
        ("a", "tech", "high"),
    ],
)
def test_an_account_leaves_its_tier_only_well_past_the_line(name: str, before: str, now: str, world: World) -> None:
    assert tiers(world, **{name: before})[name] == now


@settings(max_examples=5, deadline=None)
@given(st.lists(st.integers(1_000, 400_000), min_size=2, max_size=12))
def test_a_tier_that_was_given_is_given_again(arrs: list[int]) -> None:
    found: list[list[tuple[Any, ...]]] = []
    with connect() as connection:
        for _ in range(2):
            world = World(connection)
            for number, arr in enumerate(arrs):
                world.account(f"A{number}", arr=float(arr))
            for row in found[-1] if found else ():
                world.add("remembered_tier", id=row[0].removeprefix("salesforce:"), tier=row[1])
            found.append(world.resolve().table("customer", "account_key", "tier"))
    assert found[0] == found[1]


@pytest.mark.parametrize(("days", "chronic"), [(None, False), (90, False), (91, True)])
def test_a_gap_whose_task_has_been_open_for_long_is_chronic(days: int | None, chronic: bool, world: World) -> None:
    world.account(segment="SMB", breadth="workgroup")
    world.sees()
    world.contact("C1", title="CFO")
    if days is not None:
        world.add("remembered_gap", key="acme|salesforce:A1|default|missing buyer|buyer|", opened_at=ago(days))
    world.compute()
    found = world.connection.execute("SELECT chronic FROM gap WHERE kind = 'missing buyer'").fetchall()
    assert found == [(chronic,)]


# --- nothing is claimed from what is unknown -------------------------------------------------------------------------

PEOPLE = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "title": st.sampled_from(["COO", "Director of Finance", "Operations Analyst", "", "Former CFO"]),
            "department": st.sampled_from(["Operations", "Finance", "Nowhere"]),
        },
    ),
    max_size=6,
)
RESTING_ON_ACTS = (
    "cadence overdue",
    "champion lapsed",
    "handover or introduction overdue",
    "missing buyer",
    "missing champion",
    "missing power users",
    "relationship fading/ghosting",
    "single-threaded",
    "under-invested account",
)


@settings(max_examples=8, deadline=None)
@given(PEOPLE, st.sampled_from(["SMB", "Mid-Market", "Enterprise"]))
def test_law_unknown_evidence_never_creates_a_gap(people: list[dict[str, Any]], segment: str) -> None:
    with connect() as connection:
        world = World(connection)
        world.user()
        world.account(owner_id="U1", segment=segment, breadth="department", since_at=ago(30), arr=900_000.0)
        for number, person in enumerate(people):
            world.contact(f"C{number}", **person)
            world.email("out", f"C{number}", 40)
        found = {kind for (kind,) in world.compute().table("gap", "kind")}
    assert not found & set(RESTING_ON_ACTS)
