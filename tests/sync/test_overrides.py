"""What humans said about people is listed, and what was said long ago is put up for review."""

import json

import pytest

from sync.app import _published
from sync.ledger import Ledger
from sync.terminal import Exit
from tests.mapping.world import World as Story
from tests.mapping.world import ago
from tests.sync.asking import Ask


@pytest.fixture
def told(ask: Ask, ledger: Ledger, story: Story) -> Ask:
    """Publish a story: a champion of last week, a buyer and a depth of last year, a role without date, a flag."""
    story.account("A1", name="Acme")
    story.contact("C1", name="Ann Lee", confirmed_role="champion", confirmed_at=ago(7))
    story.contact("C2", name="Bea Ito", confirmed_role="buyer;power_user", confirmed_depth=4, confirmed_at=ago(181))
    story.contact("C3", name="Cem Oz", confirmed_role="none")
    story.contact("C4", name="Dia Roy", not_a_champion=True, do_not_task=True)
    story.contact("C5", name="Eli Fox")
    ledger.publish("acme", _published(story.compute().connection))
    return ask


def test_what_wants_a_review_stands_first_and_says_why(told: Ask) -> None:
    found = json.loads(told("overrides", "--json").stdout)["acme"]
    assert [(one["name"], one["review"]) for one in found] == [
        ("Cem Oz", "has no date"),
        ("Bea Ito", "was said long ago; the depth has lapsed"),
        ("Dia Roy", None),
        ("Ann Lee", None),
    ]
    assert found[1] == {
        "record": "salesforce/contact/C2",
        "name": "Bea Ito",
        "account": "Acme",
        "role": "buyer;power_user",
        "depth": 4,
        "not_a_champion": False,
        "do_not_task": False,
        "said_on": "2026-03-24",
        "review": "was said long ago; the depth has lapsed",
    }


def test_only_what_is_stale_can_be_asked_for(told: Ask) -> None:
    found = json.loads(told("overrides", "--stale", "--json").stdout)["acme"]
    assert [one["name"] for one in found] == ["Cem Oz", "Bea Ito"]


def test_a_person_reads_them_as_a_table_with_what_to_do(told: Ask) -> None:
    done = told("overrides")
    assert done.exit_code == Exit.DONE
    assert done.stdout.startswith("acme: humans have spoken about 4 contacts; to be reviewed: 2.\n")
    row = next(line for line in done.stdout.splitlines() if line.startswith("Bea Ito"))
    assert [cell.strip() for cell in row.split("  ") if cell.strip()] == [
        "Bea Ito (salesforce/contact/C2)",
        "Acme",
        "buyer, power user; depth 4",
        "2026-03-24",
        "was said long ago; the depth has lapsed",
    ]
    assert "not a champion; do not task" in done.stdout
    assert "To settle one: confirm it in the CRM" in done.stdout


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ([], "acme: no human has said anything of anybody.\n"),
        (["--stale"], "acme: nothing that humans said wants a review.\n"),
    ],
)
def test_where_nobody_spoke_it_says_so(asked: list[str], said: str, ask: Ask) -> None:
    assert ask("overrides", *asked).stdout == said


def test_a_humans_word_is_nothing_to_explain(told: Ask) -> None:
    found = json.loads(told("explain", "Ann Lee", "--json").stdout)
    assert {one["object"] for one in found} == {"contact"}
