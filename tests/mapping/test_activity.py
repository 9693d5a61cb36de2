"""Which records become a touch, with whom, in which direction, and for which account."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.mapping.world import RESOLVING, World, ago

UNTIL_TOUCH = (*RESOLVING, "activity")


@pytest.fixture
def customer(world: World) -> World:
    """Tell of one customer, one colleague and two people, in Salesforce."""
    world.account()
    world.user("U1")
    world.contact("C1", email="ana@acme.example")
    world.contact("C2", email="bo@acme.example")
    return world


def touches(world: World, *columns: str) -> list[tuple[Any, ...]]:
    """Compute and read the touches, sorted."""
    return world.only(UNTIL_TOUCH).table("touch", *columns)


def act(world: World, *people: tuple[str | None, str | None, str], **values: object) -> None:
    """Add an e-mail of yesterday with (contact id, address, part) of everybody who took part."""
    world.add("activity", **{"id": "E1", "kind": "email", "happened_at": ago(1), **values})
    for contact, email, part in people:
        world.add("participant", activity_id="E1", contact_id=contact, email=email, part=part)


NOTHING: dict[str, Callable[[World], object]] = {
    "a cancelled meeting": lambda w: w.meeting("C1", outcome="cancelled"),
    "a rescheduled meeting": lambda w: w.meeting("C1", outcome="rescheduled"),
    "a meeting nobody came to": lambda w: w.meeting("C1", outcome="no-show"),
    "a meeting whose subject says cancelled": lambda w: w.meeting("C1", subject="Canceled: Weekly sync"),
    "a meeting that has not ended": lambda w: w.meeting("C1", days=0.01),
    "an automatic reply": lambda w: w.email("in", subject="Automatic reply: Your mail"),
    "an out-of-office note": lambda w: w.email("in", subject="Out of office until Monday"),
    "bounced mail": lambda w: w.email("out", outcome="bounced"),
    "a planned call": lambda w: w.call("out", outcome="open"),
    "a mail of tomorrow": lambda w: w.email("out", days=-1),
    "a note": lambda w: w._act("note", "C1", "to", {"happened_at": ago(1)}),
    "a task": lambda w: w._act("task", "C1", "to", {"happened_at": ago(1)}),
}


@pytest.mark.parametrize("case", NOTHING)
def test_what_is_no_act_between_us_and_a_person_is_no_touch(case: str, customer: World) -> None:
    NOTHING[case](customer)
    assert touches(customer) == []


@pytest.mark.parametrize(
    ("people", "direction", "expected"),
    [
        ([("C1", None, "to")], "out", [("salesforce:C1", "out", 1)]),
        ([("C1", None, "from")], "in", [("salesforce:C1", "in", 1)]),
        ([(None, "ana@acme.example", "to"), (None, "u1@ours.example", "from")], None, [("salesforce:C1", "out", 1)]),
        ([(None, "ana@acme.example", "from"), (None, "u1@ours.example", "to")], None, [("salesforce:C1", "in", 1)]),
        (
            [("C1", None, "to"), (None, "ana@acme.example", "to"), ("C2", None, "to")],
            "out",
            [("salesforce:C1", "out", 2), ("salesforce:C2", "out", 2)],
        ),
        (
            [("C1", None, "from"), ("C2", None, "to"), (None, "u1@ours.example", "to")],
            "in",
            [("salesforce:C1", "in", 2)],
        ),
        ([("C1", None, "to"), (None, "stranger@private.example", "from")], "in", [("salesforce:C1", "in", 1)]),
        ([("C1", None, "to")], None, [("salesforce:C1", None, 1)]),
    ],
    ids=[
        "the record says out",
        "the record says in",
        "a colleague's address wrote",
        "a person's address wrote",
        "a link and an address of one person are one; two recipients",
        "of an inbound mail only the sender",
        "an unknown address wrote in a linked person's name",
        "nobody knows who wrote",
    ],
)
def test_direction_and_people_of_a_mail(
    people: list[tuple[str | None, str | None, str]],
    direction: str | None,
    expected: list[tuple[str, str | None, int]],
    customer: World,
) -> None:
    act(customer, *people, direction=direction)
    assert touches(customer, "person_id", "direction", "others") == expected


def test_colleagues_are_never_touched(customer: World) -> None:
    customer.contact("C9", email="someone@ours.example")
    customer.meeting("C1", "C9")
    assert [row[0] for row in touches(customer, "person_id")] == ["salesforce:C1"]


def test_held_meetings_and_connected_calls_go_both_ways(customer: World) -> None:
    customer.meeting("C1", days=3)
    customer.call("in", days=2)
    customer.call("out", days=1, outcome="not-connected")
    assert touches(customer, "kind", "direction", "started_by_contact") == [
        ("call", "both", True),
        ("call", "out", False),
        ("meeting", "both", False),
    ]


@pytest.mark.parametrize(
    ("subject", "kind"),
    [
        ("Q3 QBR", "review"),
        ("Executive Business Review: Acme", "review"),
        ("Success plan", "review"),
        ("February sync", "meeting"),
        (None, "meeting"),
    ],
)
def test_meetings_that_match_the_review_rule_are_reviews(subject: str | None, kind: str, customer: World) -> None:
    customer.meeting("C1", subject=subject)
    assert touches(customer, "kind") == [(kind,)]


@pytest.mark.parametrize(("contacts", "bulk"), [(10, False), (11, True)])
def test_a_mail_to_more_than_10_contacts_is_one_to_many(contacts: int, bulk: bool, customer: World) -> None:
    for number in range(contacts):
        customer.contact(f"M{number}", email=f"m{number}@acme.example")
    act(customer, *((f"M{number}", None, "to") for number in range(contacts)), direction="out")
    assert {row[0] for row in touches(customer, "one_to_many")} == {bulk}


@pytest.mark.parametrize("words", [{"subject": "Newsletter 9"}, {"subject": "WEBINAR invite"}, {"type": "Campaign"}])
def test_newsletters_webinars_and_campaigns_are_one_to_many(words: dict[str, Any], customer: World) -> None:
    customer.email("out", **words)
    assert touches(customer, "one_to_many") == [(True,)]


def test_a_twin_is_dropped_and_its_people_were_at_the_act_that_stays(customer: World) -> None:
    act(customer, (None, "u1@ours.example", "from"), direction="out")
    customer.add("activity", id="T1", kind="email", happened_at=ago(1), direction="out", twin_id="E1")
    customer.add("participant", activity_id="T1", contact_id="C1", part="to")
    assert touches(customer, "record", "person_id") == [("salesforce/activity/E1", "salesforce:C1")]


def test_twins_that_name_each_other_leave_one(customer: World) -> None:
    customer.email("out", id="A", twin_id="B")
    customer.email("out", id="B", twin_id="A")
    assert touches(customer, "record") == [("salesforce/activity/A",)]


def test_a_twin_that_is_not_there_drops_nothing(customer: World) -> None:
    customer.email("out", id="A", twin_id="unseen")
    assert len(touches(customer)) == 1


@pytest.mark.parametrize(
    ("apart", "direction", "expected"),
    [(300, "in", 1), (301, "in", 2), (0, "out", 2)],
    ids=["5 min", "more", "other way"],
)
def test_an_act_that_both_crms_hold_within_five_minutes_is_one(
    apart: int, direction: str, expected: int, customer: World
) -> None:
    customer.account("9001", source="hubspot", other_id="A1")
    customer.contact("201", source="hubspot", email="ana@acme.example", account_id="9001")
    customer.email("in", id="S", happened_at=ago(1))
    customer.email(direction, "201", source="hubspot", id="H", happened_at=ago(1) + apart)
    found = touches(customer, "record", "person_id")
    assert len(found) == expected
    assert ("salesforce/activity/S", "hubspot:201") in found


def test_two_acts_of_one_crm_within_five_minutes_stay_two(customer: World) -> None:
    customer.email("in", id="A")
    customer.email("in", id="B")
    assert len(touches(customer)) == 2


@pytest.mark.parametrize(("named", "accounts"), [("A2", ["A2"]), (None, ["A1", "A2"]), ("elsewhere", ["A1", "A2"])])
def test_an_act_counts_for_the_account_it_names_else_for_all_of_the_person(
    named: str | None, accounts: list[str], customer: World
) -> None:
    customer.account("A2")
    customer.add("affiliation", id="F1", contact_id="C1", account_id="A2", direct=False, active=True)
    customer.email("out", account_id=named)
    assert [row[0] for row in touches(customer, "account_key")] == [f"salesforce:{id_}" for id_ in accounts]


def test_the_colleague_on_our_side_is_kept(customer: World) -> None:
    customer.email("out", owner_id="U1")
    assert touches(customer, "colleague") == [("salesforce:U1",)]


def test_a_colleague_whom_an_export_lists_twice_does_not_double_an_act(customer: World) -> None:
    customer.user("U7")
    customer.user("U7", name="The same once more")
    customer.email("out", owner_id="U7")
    assert touches(customer, "colleague") == [("salesforce:U7",)]
