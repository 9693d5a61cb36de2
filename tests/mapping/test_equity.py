"""Relationship equity, stage and orientation of an account (domain section 8)."""

from collections.abc import Callable
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.mapping.holders import ACCOUNT, Holders
from tests.mapping.world import ago, connect

Story = Callable[[Holders], object]


@pytest.fixture
def holders(connection: duckdb.DuckDBPyConnection) -> Holders:
    """Give an empty set of role-holders."""
    return Holders(connection)


def standing(holders: Holders, *columns: str, score: int | None = None) -> Any:
    """Judge the account at a coverage score set by hand; one column comes bare."""
    holders.add("coverage", account_key=ACCOUNT, status="partial", score=score).judge("equity")
    found = holders.connection.execute(f"SELECT {', '.join(columns)} FROM standing").fetchall()
    assert len(found) == 1
    return found[0] if len(columns) > 1 else found[0][0]


def feels(holders: Holders, name: str, attitude: float | None, process: float | None, **values: Any) -> Holders:
    """Add a person with an attitude and a capacity: process authority, or `influence` where that is the larger."""
    influence = values.pop("influence", None)
    holders.person(name, **values)
    for axis, value in (("attitude", attitude), ("process_authority", process), ("influence", influence)):
        if value is not None:
            holders.add("axis", account_key=ACCOUNT, person_id=f"salesforce:{name}", axis=axis, value=value)
    return holders


def deal(holders: Holders, **values: object) -> Holders:
    """Add an opportunity of the account, open unless said."""
    known = {"id": "O1", "name": "Renewal", "closed": False, "won": False, "close_at": ago(-60)}
    return holders.add("opportunity", source="salesforce", account_id="A1", **{**known, **values})


def idle(holders: Holders) -> Holders:
    """Add somebody of whom a usage of no day is known."""
    holders.person("idle")
    return holders.add("usage", source="salesforce", contact_id="idle", product="default", active_days=0)


def act(holders: Holders, days: float | None = 30, **values: Any) -> Holders:
    """Add an advocacy act of so many days ago; None is an act without a date."""
    at = None if days is None else ago(days)
    holders.person("fan", **values)
    return holders.add(
        "signal", source="salesforce", contact_id="fan", kind="advocacy", what="referral", happened_at=at
    )


# --- stage ----------------------------------------------------------------------------------------------------------

STAGES: dict[str, tuple[Story, str | None]] = {
    "nothing is known": (lambda h: h.customer(usage_known=False), None),
    "usage is unknown, though a deal is open": (lambda h: deal(h.customer(usage_known=False)), None),
    "usage is known without a figure": (
        lambda h: h.customer().person("Ana").add("usage", source="salesforce", contact_id="Ana", last_active_at=ago(3)),
        None,
    ),
    "only somebody who left is active": (lambda h: h.customer().person("Ana", used=9, departed=True), None),
    "nobody is active": (lambda h: idle(h.customer()), "aware"),
    "nobody is active and the deal was lost": (
        lambda h: deal(idle(h.customer()), closed=True, close_at=ago(30)),
        "aware",
    ),
    "nobody is active and the deal was won long ago": (
        lambda h: deal(idle(h.customer()), closed=True, won=True, close_at=ago(365)),
        "aware",
    ),
    "nobody is active and nobody says whether the deal is open": (
        lambda h: deal(idle(h.customer()), closed=None, won=None),
        "aware",
    ),
    "nobody is active and a deal is open": (lambda h: deal(idle(h.customer())), "purchasing"),
    "nobody is active and a deal was won this year": (
        lambda h: deal(idle(h.customer()), closed=True, won=True, close_at=ago(364)),
        "purchasing",
    ),
    "one person is active": (lambda h: deal(idle(h.customer())).person("Ana", used=1), "using"),
    "value received is none and somebody is active": (
        lambda h: h.customer(value_received="none").person("Ana", used=9),
        "using",
    ),
    "value received is none and nothing else is known": (lambda h: h.customer(value_received="none"), None),
    "value received is partial": (lambda h: h.customer(value_received="partial"), "realising value"),
    "value received is full and nobody is active": (
        lambda h: idle(h.customer(value_received="full")),
        "realising value",
    ),
    "an advocacy act alone": (lambda h: act(h.customer(usage_known=False)), "advocating"),
    "an advocacy act with value received": (lambda h: act(h.customer(value_received="full")), "advocating"),
    "an advocacy act just within its time": (lambda h: act(h.customer(), 365), "advocating"),
    "an advocacy act past its time": (lambda h: act(h.customer(), 366), None),
    "an advocacy act to come": (lambda h: act(h.customer(), -1), None),
    "an advocacy act without a date": (lambda h: act(h.customer(), None), None),
    "an advocacy act of somebody who left": (lambda h: act(h.customer(), departed=True), None),
    "an advocacy act, but no value is received": (lambda h: act(h.customer(value_received="none"), used=9), "using"),
}


@pytest.mark.parametrize("case", STAGES)
def test_the_stage_is_the_highest_one_with_evidence(case: str, holders: Holders) -> None:
    story, stage = STAGES[case]
    story(holders)
    assert standing(holders, "stage") == stage


# --- the factors of equity ------------------------------------------------------------------------------------------

QUALITIES: dict[str, tuple[Story, float | None]] = {
    "a buyer at 3 and a champion at 4": (lambda h: h.buyer("Ana", 3).champion("Cy", 4), 0.7),
    "a person of two roles counts once": (lambda h: h.buyer("Ana", 4).role("Ana", "champion").champion("Cy", 1), 0.5),
    "a user holds a role too": (lambda h: h.champion("Cy", 4).person("Di", 0).role("Di", "user"), 0.4),
    "a role by a human's word": (lambda h: h.person("Ana", 5).role("Ana", "buyer", status="confirmed"), 1.0),
    "a candidate holds no role": (
        lambda h: h.champion("Cy", 4).person("Di", 1).role("Di", "champion", status="candidate"),
        0.8,
    ),
    "a buyer who is a candidate champion holds one": (
        lambda h: h.buyer("Ana", 2).role("Ana", "champion", status="candidate"),
        0.4,
    ),
    "who has left counts no more": (lambda h: h.champion("Cy", 4).champion("Di", 0, departed=True), 0.8),
    "an unknown depth stays out": (lambda h: h.champion("Cy", 4).champion("Di", None), 0.8),
    "strangers in every role": (lambda h: h.buyer("Ana", 0).champion("Cy", 0), 0.0),
    "no depth is known": (lambda h: h.buyer("Ana", None), None),
    "nobody holds a role": (lambda h: h.person("Ana", 5), None),
}


@pytest.mark.parametrize("case", QUALITIES)
def test_quality_is_the_mean_depth_of_those_who_hold_a_role(case: str, holders: Holders) -> None:
    story, quality = QUALITIES[case]
    story(holders.customer())
    assert standing(holders, "quality") == quality


POWERS: dict[str, tuple[Story, float | None]] = {
    "everybody is for us": (lambda h: feels(feels(h, "Ana", 80, 70), "Bo", 46, 15), 1.0),
    "seventy points for us and ten against": (lambda h: feels(feels(h, "Ana", 80, 70), "Bo", -60, 10), 0.875),
    "nobody is for us": (lambda h: feels(h, "Ana", -60, 70), 0.0),
    "who is neither for nor against counts below the line": (
        lambda h: feels(feels(h, "Ana", 80, 60), "Bo", 0, 20),
        0.75,
    ),
    "attitude is positive from thirty": (lambda h: feels(feels(h, "Ana", 30, 30), "Bo", 29.9, 10), 0.75),
    "the larger of authority and influence is the capacity": (
        lambda h: feels(feels(h, "Ana", 80, 10, influence=90), "Bo", -60, 30, influence=20),
        0.75,
    ),
    "influence alone is a capacity": (lambda h: feels(feels(h, "Ana", 80, 50), "Bo", -60, None, influence=50), 0.5),
    "an unknown attitude stays out": (lambda h: feels(feels(h, "Ana", 80, 70), "Bo", None, 90), 1.0),
    "an unknown capacity stays out": (lambda h: feels(feels(h, "Ana", 80, 70), "Bo", -60, None), 1.0),
    "who has left counts no more": (lambda h: feels(feels(h, "Ana", 80, 70), "Bo", -60, 70, departed=True), 1.0),
    "nobody's attitude is known": (lambda h: feels(h, "Ana", None, 70), None),
    "nobody with an attitude has a capacity": (lambda h: feels(h, "Ana", 80, 0), None),
    "the only one with an attitude has left": (lambda h: feels(h, "Ana", 80, 70, departed=True), None),
}


@pytest.mark.parametrize("case", POWERS)
def test_power_is_the_share_in_capacity_of_those_who_are_for_us(case: str, holders: Holders) -> None:
    story, power = POWERS[case]
    story(holders.customer())
    assert standing(holders, "power") == power


@pytest.mark.parametrize(("score", "reach"), [(92, 0.92), (0, 0.0), (None, None)])
def test_reach_is_the_coverage_score(score: int | None, reach: float | None, holders: Holders) -> None:
    assert standing(holders.customer(), "reach", score=score) == reach


def known(holders: Holders) -> Holders:
    """Tell of a quality of .8 and a power of .5."""
    return feels(feels(holders.customer().champion("Cy", 4), "Ana", 80, 50), "Bo", -60, 50)


def test_equity_is_the_geometric_mean_of_its_factors(holders: Holders) -> None:
    assert standing(known(holders), "equity", score=16) == 40  # .8 x .5 x .16 = .064, the cube of .4


def test_equity_is_whole_when_every_factor_is(holders: Holders) -> None:
    feels(holders.customer(), "Ana", 90, 70, level=5).role("Ana", "buyer", "advocate")
    assert standing(holders, "equity", score=100) == 100


@pytest.mark.parametrize(
    ("story", "score"),
    [
        (lambda h: feels(h.customer(), "Ana", 80, 50), 80),
        (lambda h: h.customer().champion("Cy", 4), 80),
        (known, None),
    ],
    ids=["quality", "power", "reach"],
)
def test_an_unknown_factor_leaves_equity_empty(story: Story, score: int | None, holders: Holders) -> None:
    story(holders)
    factors = standing(holders, "equity", "quality", "power", "reach", score=score)
    assert factors[0] is None
    assert factors[1:].count(None) == 1


@pytest.mark.parametrize(
    ("story", "score"),
    [
        (lambda h: feels(h.customer().champion("Cy", 0), "Ana", 80, 50), 80),
        (lambda h: feels(h.customer().champion("Cy", 4), "Ana", -60, 50), 80),
        (known, 0),
    ],
    ids=["quality", "power", "reach"],
)
def test_a_factor_of_nothing_makes_equity_nothing(story: Story, score: int, holders: Holders) -> None:
    story(holders)
    assert standing(holders, "equity", score=score) == 0


LEVELS = st.lists(st.integers(0, 5), min_size=1, max_size=6)


def equity_of(levels: list[int], against: float, score: int) -> tuple[float, ...]:
    """Compute equity and factors of champions at these depths, one of whom is for us and one against."""
    with connect() as connection:
        holders = Holders(connection).customer()
        for number, level in enumerate(levels):
            holders.champion(f"P{number}", level)
        feels(feels(holders, "Ana", 80, 50), "Bo", -60, against)
        return tuple(standing(holders, "equity", "quality", "power", "reach", score=score))


@settings(max_examples=30, deadline=None)
@given(LEVELS, st.integers(0, 5), st.integers(1, 100))
def test_a_deeper_role_holder_never_lowers_equity(levels: list[int], which: int, score: int) -> None:
    deeper = list(levels)
    deeper[which % len(levels)] = min(5, deeper[which % len(levels)] + 1)
    assert equity_of(deeper, 50, score)[0] >= equity_of(levels, 50, score)[0]


@settings(max_examples=30, deadline=None)
@given(LEVELS, st.floats(0, 100), st.integers(0, 100))
def test_equity_lies_between_its_smallest_and_its_largest_factor(levels: list[int], against: float, score: int) -> None:
    equity, *factors = equity_of(levels, against, score)
    assert 100 * min(factors) - 1e-3 <= equity <= 100 * max(factors) + 1e-3


# --- orientation ----------------------------------------------------------------------------------------------------

ORIENTATIONS = [
    ({"arr": 50_000.0, "breadth": "company-wide"}, "Expert Consultant"),
    ({"arr": 50_000.0, "breadth": "department"}, "Concierge Guide"),
    ({"arr": 50_000.0, "breadth": "workgroup"}, "Concierge Guide"),
    ({"arr": 49_999.0, "breadth": "company-wide"}, "Specialist Fixer"),
    ({"arr": 49_999.0, "breadth": "department"}, "Service Coordinator"),
    ({"arr": 0.0, "breadth": "workgroup"}, "Service Coordinator"),
    ({"arr": 10.0, "lifetime_value": 250_000.0, "complexity": "low"}, "Concierge Guide"),
    ({"arr": 900_000.0, "lifetime_value": 249_999.0, "complexity": "low"}, "Service Coordinator"),
    ({"arr": 900_000.0, "breadth": "workgroup", "complexity": "high"}, "Expert Consultant"),
    ({"arr": 900_000.0, "breadth": "company-wide", "complexity": "low"}, "Concierge Guide"),
    ({"lifetime_value": 900_000.0, "breadth": None, "complexity": "high"}, "Expert Consultant"),
    ({"breadth": "workgroup"}, None),
    ({"arr": 900_000.0, "breadth": None}, None),
    ({"breadth": None}, None),
]


@pytest.mark.parametrize(("values", "orientation"), ORIENTATIONS)
def test_the_orientation_follows_from_lifetime_value_and_complexity(
    values: dict[str, Any], orientation: str | None, holders: Holders
) -> None:
    assert standing(holders.customer(**values), "orientation") == orientation
