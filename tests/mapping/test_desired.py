"""The values every CRM record should hold and the task each gap deserves."""

from datetime import UTC, datetime
from typing import Any

import pytest

from mapping.metadata import COMPANIONS, results
from tests.mapping.test_depth import trust
from tests.mapping.world import PROFILE, RULES, World, ago, connect


def story(world: World) -> World:
    """Tell of a Mid-Market customer with a trusted director who champions us and a CFO we met once."""
    world.user("U1", manager_id="U2")
    world.user("U2")
    world.account(
        name="Acme", segment="Mid-Market", breadth="department", arr=50_000.0, owner_id="U1", renewal_at=ago(-40)
    )
    world.sees("activity")
    world.contact("C1", name="Ana Silva", title="Director of Operations", email="ana@acme.example")
    world.contact("C2", name="Bo Li", title="CFO", email="bo@acme.example")
    world.crm_role("C1", "Champion")
    world.usage("C1", 12)
    trust(world)
    world.meeting("C1", "C2", days=20.5)
    return world


def values(world: World, table: str, id_: str) -> dict[str, Any]:
    """Read one record's desired values, those that are not empty."""
    found = world.connection.execute(f"SELECT * FROM {table} WHERE id = ?", [id_])
    names = [column[0] for column in found.description or ()]
    (row,) = found.fetchall()
    return {name: value for name, value in zip(names, row, strict=True) if value is not None}


def tasks(world: World, *columns: str) -> dict[str, tuple[Any, ...]]:
    """Read columns of the tasks by the kind of their gap."""
    rows = world.table("desired_task", "key", *columns)
    return {row[0].split("|")[3]: row[1:] for row in rows}


def test_a_contact_gets_role_depth_and_tie_in_canonical_text(acme: World) -> None:
    found = values(acme, "desired_contact", "C1")
    found.pop("tie_strength")
    assert found == {
        "source": "salesforce",
        "id": "C1",
        "roles": "champion",
        "stance": "champion-stance",
        "quartet": "business user",
        "role_status": "likely",
        "role_confidence": "90",
        "depth": "4",
        "depth_name": "Trusted",
        "trend": "rising",
        "last_two_way": "2026-09-11",
        "counted": "true",
    }


def test_a_candidate_is_not_shown_beside_a_role_that_is_held(acme: World) -> None:
    found = values(acme, "desired_contact", "C2")
    assert (found["roles"], found["role_status"], found["buyer_type"]) == ("buyer", "likely", "check-signer")


def test_a_person_who_is_only_a_candidate_is_shown_as_one(world: World) -> None:
    story(world).contact("C3", title="Director of Operations")
    found = values(world.compute(), "desired_contact", "C3")
    assert (found["roles"], found["role_status"], found["counted"]) == ("champion", "candidate", "false")


def test_an_account_gets_needs_actuals_and_the_next_action(acme: World) -> None:
    assert values(acme, "desired_account", "A1") == {
        "source": "salesforce",
        "id": "A1",
        "segment": "Mid-Market",
        "breadth": "department",
        "tier": "high",
        "stage": "using",
        "coverage_status": "gap",
        "coverage_score": "30",
        "buyers_required": "1",
        "buyers_actual": "1",
        "champions_required": "2",
        "champions_actual": "1",
        "power_users_required": "1",
        "power_users_actual": "0",
        "missing_roles": "champion;power user",
        "missing_text": "1 champion, 1 power user",
        "single_threaded": "false",
        "redundancy": "75",
        "equity": "56",  # depths 4 and 2: .6; the one known attitude is positive: 1; score 30: the cube root of .18
        "orientation": "Concierge Guide",
        "next_best_action": "Develop a champion: Bo Li (attitude missing)",
    }


@pytest.mark.parametrize("level", [1, 2, 3])
def test_advice_names_the_person_and_the_aim_so_that_it_outlasts_a_change_of_depth(level: int, world: World) -> None:
    story(world).contact("C3", name="Cy Poe", confirmed_role="champion", confirmed_depth=level)
    found = values(world.compute(), "desired_account", "A1")
    assert found["next_best_action"] == "Develop a champion: Cy Poe (needs depth 4)"


def test_advice_stays_right_with_everybody_who_may_be_developed_for_the_same_gap(world: World) -> None:
    story(world).contact("C3", name="Cy Poe", confirmed_role="champion", confirmed_depth=3)
    world.contact("C4", name="Di Roy", confirmed_role="champion", confirmed_depth=1)
    assert values(world.compute(), "desired_account", "A1")["next_best_action"].endswith(": Cy Poe (needs depth 4)")
    place = ("salesforce", "account", "A1", "next_best_action")
    assert set(world.table("also_right")) == {
        (*place, "Develop a champion: Di Roy (needs depth 4)"),
        (*place, "Develop a champion: Bo Li (attitude missing)"),
    }


def test_with_one_person_to_develop_no_other_advice_is_right(acme: World) -> None:
    assert acme.table("also_right") == []


def test_what_cannot_be_told_stays_empty(world: World) -> None:
    world.account()
    world.contact()
    world.meeting("C1")
    world.compute()
    contact, account = values(world, "desired_contact", "C1"), values(world, "desired_account", "A1")
    assert contact["depth_name"] == "Cannot tell"
    assert not {"depth", "tie_strength", "trend"} & set(contact)
    assert account["coverage_status"] == "cannot tell"
    assert not {"coverage_score", "buyers_actual", "single_threaded", "missing_roles", "redundancy"} & set(account)
    assert not {"stage", "equity", "orientation"} & set(account)


def test_every_value_is_canonical_as_the_metadata_spells_it(acme: World) -> None:
    for object_name, id_ in (("contact", "C1"), ("contact", "C2"), ("account", "A1")):
        found = values(acme, f"desired_{object_name}", id_)
        for field in results(object_name):
            text = found.get(field.name)
            assert text == field.canonical(text), field.name
            assert not field.choices or text is None or set(text.split(";")) <= set(field.choices)


def test_evidence_and_date_are_left_to_the_plan(acme: World) -> None:
    found = values(acme, "desired_contact", "C1")
    assert not COMPANIONS & set(found)


def test_a_person_of_both_crms_gets_the_same_values_in_both(world: World) -> None:
    story(world)
    world.account("9001", source="hubspot", name="Acme", other_id="A1")
    world.contact("201", source="hubspot", email="ana@acme.example", account_id="9001", name="Ana Silva")
    world.compute()
    here, there = values(world, "desired_contact", "C1"), values(world, "desired_contact", "201")
    assert {**there, "source": "salesforce", "id": "C1"} == here
    assert values(world, "desired_account", "9001")["coverage_score"] == "30"


def test_a_contact_of_no_customer_is_not_written(world: World) -> None:
    story(world)
    world.account("B1", customer=False)
    world.contact("P1", account_id="B1")
    world.compute()
    assert "P1" not in {row[0] for row in world.table("desired_contact", "id")}
    assert "B1" not in {row[0] for row in world.table("desired_account", "id")}


def test_a_person_of_two_accounts_speaks_of_the_primary_one_with_all_roles(world: World) -> None:
    story(world)
    world.account("A2", segment="SMB", breadth="department")
    world.add("affiliation", id="F1", contact_id="C1", account_id="A2", direct=False, active=True)
    world.crm_role("C1", "Economic Buyer", account_id="A2", id="R2")
    world.compute()
    found = values(world, "desired_contact", "C1")
    assert (found["roles"], found["counted"], found.get("buyer_type")) == ("buyer;champion", "true", None)


def test_computing_twice_on_one_connection_gives_the_same_tables(world: World) -> None:
    names = ("touch", "depth", "coverage", "gap", "desired_contact", "desired_account", "desired_task")
    first = {name: story(world).compute().table(name) for name in names[:1]}
    first |= {name: world.table(name) for name in names[1:]}
    world.compute()
    assert {name: world.table(name) for name in names} == first


# --- tasks ----------------------------------------------------------------------------------------------------


def test_each_gap_gets_one_task_for_the_csm_in_the_home_crm(acme: World) -> None:
    assert tasks(acme, "source", "account_id", "contact_id", "owner_id", "subject") == {
        "cadence overdue": ("salesforce", "A1", None, "U1", "Cadence overdue: Acme"),
        "missing champion": ("salesforce", "A1", None, "U1", "Missing champion: Acme"),
        "missing power users": ("salesforce", "A1", None, "U1", "Missing power users: Acme"),
        "only a check-signer": ("salesforce", "A1", None, "U1", "Only a check-signer: Acme"),
    }


def test_the_body_says_what_is_missing_why_it_matters_and_whom_to_develop(acme: World) -> None:
    (body,) = tasks(acme, "body")["missing champion"]
    assert body.splitlines() == [
        "What is missing: Missing 1 champion: 1 of 2 required with a live relationship.",
        "Why it matters: Nobody inside the account carries the product through a change of budget, process or people.",
        "Evidence: coverage gap, score 30; live buyers 1 of 1, champions 1 of 2, power users 0 of 1; "
        "renewal on 2026-10-31; ARR 50,000.",
        "People to develop: Bo Li (attitude missing).",
    ]


@pytest.mark.parametrize(
    ("arr", "due"),
    [(50_000.0, (2026, 9, 24)), (30_000.0, (2026, 9, 28)), (20_000.0, (2026, 10, 5))],
    ids=["high touch: 3 business days", "low touch: 5", "tech touch: 10"],
)
def test_tasks_are_due_in_business_days_by_tier(arr: float, due: tuple[int, int, int], world: World) -> None:
    for id_, revenue in (("A1", 50_000.0), ("A2", 30_000.0), ("A3", 20_000.0)):
        world.account(id_, arr=revenue, segment="SMB", breadth="department")
    world.sees("activity")
    world.compute()
    dues = {row[0]: row[1] for row in world.table("desired_task", "account_id", "due_at")}
    id_ = {50_000.0: "A1", 30_000.0: "A2", 20_000.0: "A3"}[arr]
    assert datetime.fromtimestamp(dues[id_], UTC) == datetime(*due, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "past_grace"),
    [
        ((2026, 9, 14), (2026, 9, 9)),
        ((2026, 9, 18), (2026, 9, 15)),
        ((2026, 9, 19), (2026, 9, 15)),
        ((2026, 9, 20), (2026, 9, 15)),
        ((2026, 9, 21), (2026, 9, 16)),
        ((2026, 9, 22), (2026, 9, 17)),
    ],
    ids=["Monday", "Friday", "Saturday", "Sunday", "Monday again", "Tuesday"],
)
def test_grace_is_counted_in_business_days(
    day: tuple[int, int, int], past_grace: tuple[int, int, int], world: World
) -> None:
    """High touch has a grace of three: due on Tuesday, Wednesday to Friday are grace, Monday is past it."""
    world.account(arr=50_000.0, segment="SMB", breadth="department")
    world.sees("activity")
    world.compute(as_of=int(datetime(*day, 9, tzinfo=UTC).timestamp()))
    (bound,) = set(tasks(world, "overdue_before").values())
    assert datetime.fromtimestamp(bound[0], UTC) == datetime(*past_grace, tzinfo=UTC)


def test_grace_is_three_five_or_ten_business_days_by_tier(world: World) -> None:
    for id_, revenue in (("A1", 50_000.0), ("A2", 30_000.0), ("A3", 20_000.0)):
        world.account(id_, arr=revenue, segment="SMB", breadth="department")
    world.sees("activity")
    world.compute(as_of=int(datetime(2026, 9, 18, tzinfo=UTC).timestamp()))
    bounds = {
        row[0]: datetime.fromtimestamp(row[1], UTC)
        for row in world.table("desired_task", "account_id", "overdue_before")
    }
    assert {id_: (bound.month, bound.day) for id_, bound in bounds.items()} == {
        "A1": (9, 15),
        "A2": (9, 11),
        "A3": (9, 4),
    }


def test_a_tier_without_grace_is_never_past_it_and_keeps_its_due_date() -> None:
    grace = RULES.gaps.grace_days.model_copy(update={"high": None})
    rules = RULES.model_copy(update={"gaps": RULES.gaps.model_copy(update={"grace_days": grace})})
    with connect() as connection:
        world = World(connection, rules, PROFILE)
        world.account(arr=50_000.0, segment="SMB", breadth="department")
        world.sees("activity")
        world.compute()
        due, bound = tasks(world, "due_at", "overdue_before")["missing buyer"]
        assert due is not None
        assert bound is None


@pytest.mark.parametrize(
    ("csm", "manager", "expected"),
    [
        ({"manager_id": "U2"}, {}, "U2"),
        ({"manager_id": "U2"}, {"active": False}, None),
        ({"manager_id": "U2", "active": False}, {}, "U2"),
        ({}, {}, None),
    ],
    ids=["reports to", "manager has left", "csm has left", "reports to nobody"],
)
def test_each_task_knows_the_manager_it_would_be_passed_on_to(
    csm: dict[str, object], manager: dict[str, object], expected: str | None, world: World
) -> None:
    world.user("U1", **csm)
    world.user("U2", **manager)
    world.account(segment="SMB", breadth="department", owner_id="U1")
    world.sees("activity")
    world.compute()
    assert tasks(world, "manager_id")["missing buyer"] == (expected,)


@pytest.mark.parametrize(
    ("owner", "assignee"),
    [({"manager_id": "U2"}, "U1"), ({"manager_id": "U2", "active": False}, "U2"), ({"active": False}, None)],
)
def test_the_manager_takes_over_when_the_csm_is_inactive(
    owner: dict[str, object], assignee: str | None, world: World
) -> None:
    world.user("U1", **owner)
    world.user("U2")
    world.account(segment="SMB", breadth="department", owner_id="U1")
    world.sees("activity")
    world.compute()
    assert tasks(world, "owner_id")["missing buyer"] == (assignee,)


def test_where_the_crm_has_teams_the_settings_name_the_manager() -> None:
    profile = PROFILE.model_copy(update={"managers": {"West": "U2@ours.example"}})
    rules = RULES.model_copy(update={"gaps": RULES.gaps.model_copy(update={"manager_kinds": ("missing buyer",)})})
    with connect() as connection:
        world = World(connection, rules, profile)
        world.user("U1", team="West")
        world.user("U2")
        world.account(segment="SMB", breadth="department", owner_id="U1")
        world.sees("activity")
        world.compute()
        assert tasks(world, "owner_id")["missing buyer"] == ("U2",)
        assert tasks(world, "owner_id")["missing champion"] == ("U1",)


def test_a_task_about_a_person_names_the_contact_of_the_home_crm(world: World) -> None:
    story(world)
    for days in (18, 17, 16):
        world.email("out", "C2", days=days)
    world.compute()
    found = tasks(world, "contact_id", "subject")
    assert found["relationship fading/ghosting"] == ("C2", "Relationship fading/ghosting: Bo Li, Acme")
