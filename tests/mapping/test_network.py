"""Influence from meetings and the reports-to chain, and whose tie it is among us."""

import pytest

from mapping.explain import dossiers
from tests.mapping.world import World


@pytest.fixture
def account(world: World) -> World:
    """Tell of a customer with a finance chief."""
    world.user("U1", name="Odo")
    world.user("U2", name="Bea", active=False)
    world.account(owner_id="U1")
    world.sees()
    world.contact("B1", name="Ann", title="CFO")
    return world


def influence(world: World, contact: str = "C1") -> list[tuple[str, float]]:
    """Read what speaks for a person's influence beside the title."""
    return world.connection.execute(
        "SELECT rule, value FROM evidence WHERE topic = 'influence' AND rule <> 'title' AND subject = ? ORDER BY rule",
        [f"salesforce:{contact}"],
    ).fetchall()


@pytest.mark.parametrize(("meetings", "found"), [(2, []), (3, [("meetings with the buyer", 75.0)])])
def test_three_meetings_with_the_buyer_carry_weight(meetings: int, found: list[object], account: World) -> None:
    account.contact("C1")
    for number in range(meetings):
        account.meeting("B1", "C1", days=10 + number)
    assert influence(account.compute()) == found


def test_meetings_of_long_ago_carry_none(account: World) -> None:
    account.contact("C1")
    for number in range(5):
        account.meeting("B1", "C1", days=100 + number)
    assert influence(account.compute()) == []


def test_an_assembly_says_nothing_about_each_of_them(account: World) -> None:
    crowd = [account.contact(f"C{number}") for number in range(25)]
    for number in range(3):
        account.meeting("B1", *crowd, days=10 + number)
    assert influence(account.compute()) == []


def test_mail_proves_no_weight_however_much_of_it(account: World) -> None:
    account.contact("C1", title="Executive Assistant")
    for day in range(1, 80):
        account.email("in", "C1", day)
    assert influence(account.compute()) == []


def test_whoever_meets_us_with_five_colleagues_again_and_again_is_well_connected(account: World) -> None:
    others = [account.contact(f"C{number}") for number in range(6)]
    for day in (10, 20):
        account.meeting(*others, days=day)
    assert influence(account.compute(), "C0") == [("network", 75.0)]


@pytest.mark.parametrize(
    ("title", "boss", "found"),
    [
        ("Operations Manager", "B1", [("reports to the buyer", 75.0)]),
        ("Operations Manager", "M1", [("reports to the buyer", 65.0)]),
        (None, "B1", [("reports to the buyer", 75.0)]),
        ("Operations Analyst", "B1", []),
        ("Operations Manager", None, []),
    ],
)
def test_nearness_to_the_buyer_carries_weight(
    title: str | None, boss: str | None, found: list[object], account: World
) -> None:
    account.contact("M1", title="Marketing Manager", reports_to_id="B1")
    account.contact("C1", title=title, reports_to_id=boss)
    assert influence(account.compute()) == found


def test_a_circle_of_superiors_ends(account: World) -> None:
    account.contact("C1", title="Operations Manager", reports_to_id="C2")
    account.contact("C2", title="Operations Manager", reports_to_id="C1")
    assert influence(account.compute()) == []


def test_the_tie_is_told_by_colleague_so_that_a_handover_does_not_hide_it(account: World) -> None:
    for day in (5, 15, 25):
        account.email("in", "B1", day, owner_id="U2")
        account.email("out", "B1", day - 1, owner_id="U2")
    account.meeting("B1", days=2, owner_id="U1")
    told = {one.id: one.sentences for one in dossiers(account.compute().connection) if one.object == "contact"}
    (sentence,) = [words for words in told["B1"] if words.startswith("Tie strength by colleague")]
    assert sentence == "Tie strength by colleague: Odo 89, Bea 66 (has left)."


def test_one_colleague_alone_has_the_whole_tie(account: World) -> None:
    account.contact("C1")
    account.meeting("B1", "C1", days=2, owner_id="U1")
    account.email("in", "B1", 30, owner_id="U1")
    told = {one.id: one.sentences for one in dossiers(account.compute().connection) if one.object == "contact"}
    whole = account.connection.execute("SELECT strength FROM depth WHERE person_id = 'salesforce:B1'").fetchone()
    assert whole is not None
    assert f"Tie strength by colleague: Odo {int(whole[0] + 0.5)}." in told["B1"]
