"""Facts and the axes they add up to. Points and weights are those of the domain's tables."""

from collections.abc import Iterable
from typing import Any

import pytest

from mapping.spec import Product, Profile
from tests.mapping.world import RULES, World, ago, connect, gather

Axis = tuple[float, float] | None


def axes(world: World, person: str = "salesforce:C1") -> dict[str, tuple[float, float]]:
    """Map the axes of a person to value and confidence."""
    rows = world.weigh().table("axis", "person_id", "axis", "value", "confidence")
    return {axis: (value, confidence) for owner, axis, value, confidence in rows if owner == person}


def of_each(facts: Iterable[tuple[str, dict[str, object]]]) -> list[dict[str, tuple[float, float]]]:
    """Weigh facts (table, values) of contact C1, each in a world of its own and all at once; give the axes of each."""
    with connect() as connection:
        worlds = []
        for table, values in facts:
            worlds.append(world := World(connection))
            world.account()
            world.contact()
            world.add(table, contact_id="C1", **values)
        found: list[dict[str, tuple[float, float]]] = [{} for _ in worlds]
        rows = gather(worlds).weigh().table("axis", "person_id", "axis", "value", "confidence")
        for person, axis, value, confidence in rows:
            found[int(person.removeprefix("salesforce:").removesuffix("/C1"))][axis] = (value, confidence)
    return found


def told(world: World, **contact: Any) -> dict[str, tuple[float, float]]:
    """Tell of one customer with one contact, and give the contact's axes."""
    world.account()
    world.contact(**contact)
    return axes(world)


# --- titles ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "buying", "process", "influence"),
    [
        ("COO", 90, 70, 85),
        ("VP Operations", 75, 75, 75),
        ("Director of Operations", 45, 70, 60),
        ("Operations Manager", 20, 50, 40),
        ("Operations Analyst", 5, 10, 15),
    ],
)
def test_a_title_level_speaks_for_the_three_structural_axes(
    world: World, title: str, buying: float, process: float, influence: float
) -> None:
    found = told(world, title=title)
    assert found["buying_authority"] == (buying, 0.6)
    assert found["process_authority"] == (process, 0.6)
    assert found["influence"] == (influence, 0.6)


@pytest.mark.parametrize("title", [None, "", "Rockstar", "Former CFO", "Board Member"])
def test_a_title_without_a_level_leaves_every_axis_unknown(world: World, title: str | None) -> None:
    assert told(world, title=title) == {}


def test_outside_the_consuming_departments_a_title_says_nothing_about_the_process(world: World) -> None:
    found = told(world, title="VP Marketing")
    assert "process_authority" not in found
    assert found["influence"] == (75, 0.6)


def test_an_unknown_department_is_not_inside_a_consuming_one(world: World) -> None:
    assert "process_authority" not in told(world, title="Director")


def test_every_title_speaks_for_the_process_where_no_consuming_department_is_configured() -> None:
    with connect() as connection:
        world = World(connection, profile=Profile(organisation="acme"))
        assert told(world, title="VP Marketing")["process_authority"] == (75, 0.6)


def test_the_restriction_to_consuming_departments_is_a_rule_that_can_be_lifted() -> None:
    open_rules = RULES.model_copy(
        update={"evidence": RULES.evidence.model_copy(update={"process_authority_inside_only": False})}
    )
    with connect() as connection:
        assert told(World(connection, rules=open_rules), title="VP Marketing")["process_authority"] == (75, 0.6)


# --- roles that somebody named in the CRM ---------------------------------------------------------------------------


CRM_ROLES: list[tuple[str, dict[str, float]]] = [
    ("Economic Buyer", {"buying_authority": 95, "influence": 85}),
    ("Economic Decision Maker", {"buying_authority": 95, "influence": 85}),
    ("Decision Maker", {"buying_authority": 95, "influence": 85}),
    ("BUDGET_HOLDER", {"buying_authority": 95, "influence": 85}),
    ("executive  sponsor", {"buying_authority": 95, "influence": 85}),
    ("Champion", {"process_authority": 75, "influence": 75, "attitude": 60}),
    ("Influencer", {"influence": 70}),
    ("Evaluator", {"influence": 70}),
    ("Technical Buyer", {"influence": 70}),
    ("Business User", {"product_importance": 60}),
    ("END_USER", {"product_importance": 60}),
    ("Blocker", {"attitude": -80}),
    ("Legal & Compliance", {}),
    ("Other", {}),
    ("Somebody's cousin", {}),
]


def test_a_crm_role_speaks_for_its_axes_with_the_weight_of_a_crm_role() -> None:
    found = of_each(("contact_role", {"id": "R1", "account_id": "A1", "role": role}) for role, _ in CRM_ROLES)
    expected = [{axis: (points, 0.9) for axis, points in axes.items()} for _, axes in CRM_ROLES]
    assert dict(zip(dict(CRM_ROLES), found, strict=True)) == dict(zip(dict(CRM_ROLES), expected, strict=True))


def test_a_role_in_a_deal_is_about_the_deals_account(world: World) -> None:
    world.account()
    world.contact()
    deal = world.opportunity()
    world.crm_role(account_id=None, opportunity_id=deal)
    assert axes(world)["influence"] == (75, 0.9)


def test_a_role_that_names_no_account_is_about_all_of_the_persons_accounts(world: World) -> None:
    world.account("A1")
    world.account("A2")
    world.contact()
    world.add("affiliation", id="R1", contact_id="C1", account_id="A2", active=True)
    world.crm_role(account_id=None, role="Influencer")
    assert world.weigh().table("axis", "account_key", "axis") == [
        ("salesforce:A1", "influence"),
        ("salesforce:A2", "influence"),
    ]


def test_a_role_in_one_account_says_nothing_about_another(world: World) -> None:
    world.account("A1")
    world.account("A2")
    world.contact()
    world.add("affiliation", id="R1", contact_id="C1", account_id="A2", active=True)
    world.crm_role(account_id="A2", role="Influencer")
    assert world.weigh().table("axis", "account_key") == [("salesforce:A2",)]


def test_the_same_role_named_twice_is_one_fact(world: World) -> None:
    world.account()
    world.contact()
    world.crm_role(role="Decision Maker")
    world.crm_role(role="Economic Buyer")
    assert axes(world)["buying_authority"] == (95, 0.9)
    first = ("salesforce/contact_role/R1", "Decision Maker (OpportunityContactRole)")
    assert world.table("evidence", "record", "detail") == [first, first]


# --- need and use ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("core", "points"), [(True, 90), (False, 20)])
def test_the_core_job_flag_says_how_much_the_product_is_needed(world: World, core: bool, points: float) -> None:
    assert told(world, core_job=core) == {"product_importance": (points, 0.9)}


def test_a_consuming_department_needs_the_product(world: World) -> None:
    assert told(world, department="Ops") == {"product_importance": (60, 0.6)}
    assert world.one("evidence", "rule", "record", "detail") == ("department", "salesforce/contact/C1", "Operations")


USAGE: list[tuple[int, float, float | None]] = [
    (0, 0.0, None),
    (1, 7.5, 40.0),
    (7, 52.5, 40.0),
    (8, 60.0, 70.0),
    (9, 67.5, 70.0),
    (14, 100.0, 70.0),
    (30, 100.0, 70.0),
]


def test_eight_active_days_of_the_last_thirty_are_frequent_use() -> None:
    found = of_each(("usage", {"product": "default", "active_days": days}) for days, _, _ in USAGE)
    told = [
        (days, axes["usage_frequency"], axes.get("product_importance"))
        for (days, _, _), axes in zip(USAGE, found, strict=True)
    ]
    assert told == [
        (days, (frequency, 0.5), None if importance is None else (importance, 0.5))
        for days, frequency, importance in USAGE
    ]


def test_feeds_of_two_crms_report_the_same_days_and_are_not_added(world: World) -> None:
    world.account()
    world.contact("C1", other_id="201")
    world.contact("201", source="hubspot", account_id=None)
    world.usage("C1", 6)
    world.usage("201", 5, source="hubspot")
    assert axes(world, "hubspot:201")["usage_frequency"] == (45, 0.5)


# --- attitude -------------------------------------------------------------------------------------------------------


ANSWERS: list[tuple[str, float | None, float | None]] = [
    ("nps", 10, 80),
    ("nps", 9, 80),
    ("nps", 8, 20),
    ("nps", 7, 20),
    ("nps", 6, -60),
    ("nps", 0, -60),
    ("csat", 5, 50),
    ("csat", 4, 20),
    ("csat", 3, None),
    ("csat", 2, -50),
    ("csat", 1, -50),
    ("nps", None, None),
    ("mood", 5, None),
    ("advocacy", None, 90),
]


def test_answers_and_acts_of_today_speak_for_attitude() -> None:
    today = {"happened_at": ago(0)}
    found = of_each(("signal", {"kind": kind, "score": score, **today}) for kind, score, _ in ANSWERS)
    told = [(kind, score, axes.get("attitude")) for (kind, score, _), axes in zip(ANSWERS, found, strict=True)]
    assert told == [(kind, score, None if points is None else (points, 0.5)) for kind, score, points in ANSWERS]


@pytest.mark.parametrize(("days", "value"), [(0, 80), (180, 40), (360, 20), (90, 56.568542)])
def test_an_answer_fades_by_half_in_180_days(world: World, days: int, value: float) -> None:
    world.account()
    world.contact()
    world.nps(score=10, days=days)
    assert axes(world)["attitude"] == (value, 0.5)


def test_a_crm_role_does_not_fade_and_weighs_more_than_an_answer(world: World) -> None:
    world.account()
    world.contact()
    world.crm_role(role="Champion")
    world.nps(score=3)
    assert axes(world)["attitude"] == (17.142857, 0.95)


def test_what_lies_ahead_of_the_run_is_not_known_yet(world: World) -> None:
    world.account()
    world.contact()
    world.nps(days=-1)
    assert axes(world) == {}


# --- adding up ------------------------------------------------------------------------------------------------------


def test_an_axis_is_the_weighted_mean_and_agreement_adds_confidence(world: World) -> None:
    world.account()
    world.contact(title="VP Operations")
    world.crm_role(role="Economic Buyer")
    found = axes(world)
    assert found["buying_authority"] == (87, 0.96)
    assert found["influence"] == (81, 0.96)


def test_every_fact_names_its_record_and_its_words(world: World) -> None:
    world.account()
    world.contact(title="COO")
    world.nps(score=9, days=30)
    rows = world.weigh().table("evidence", "topic", "rule", "record", "happened_at", "detail")
    assert ("attitude", "nps", f"salesforce/signal/C1:{ago(30)}", ago(30), "NPS 9") in rows
    assert ("buying_authority", "title", "salesforce/contact/C1", None, "COO") in rows


def test_that_a_person_has_gone_is_a_fact_too(world: World) -> None:
    world.account()
    world.contact(bounced_at=ago(1))
    world.weigh()
    assert world.one("evidence", "subject", "topic", "detail", "record", "happened_at") == (
        "salesforce:C1",
        "departed",
        "mail bounced hard",
        "salesforce/contact/C1",
        ago(1),
    )


def test_sources_weigh_what_the_domain_says() -> None:
    weights = RULES.evidence.weights
    assert (weights.human, weights.crm_role, weights.title, weights.usage) == (1.0, 0.9, 0.6, 0.5)
    assert (weights.third_party, weights.network) == (0.5, 0.3)


def test_a_consuming_department_may_be_one_that_only_the_organisation_knows() -> None:
    products = (Product(consumed_in=("Clinical Trials",)),)
    with connect() as connection:
        world = World(connection, profile=Profile(organisation="acme", products=products))
        assert told(world, department="clinical trials") == {"product_importance": (60, 0.6)}
