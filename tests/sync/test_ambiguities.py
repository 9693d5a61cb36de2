"""Records that could be one and were not merged are listed for a human."""

import json

import pytest

from sync.app import _published
from sync.ledger import Ledger
from sync.terminal import Exit
from tests.mapping.world import World as Story
from tests.sync.asking import Ask


@pytest.fixture
def told(ask: Ask, ledger: Ledger, story: Story) -> Ask:
    """Publish a story: two contacts of one CRM share an address, two accounts a domain."""
    story.account("A1", name="Acme", domain="acme.example")
    story.account("A2", name="Acme Retail", domain="acme.example")
    story.contact("C1", name="Ann Lee", email="ann@acme.example", title="VP Operations")
    story.contact("C2", email="ann@acme.example", name=None)
    story.contact("C3", name="Bob", email="bob@acme.example")
    ledger.publish("acme", _published(story.compute().connection))
    return ask


PEOPLE = {
    "kind": "person",
    "why": "share the address ann@acme.example",
    "records": [
        {"record": "salesforce/contact/C1", "name": "Ann Lee"},
        {"record": "salesforce/contact/C2", "name": None},
    ],
}
COMPANIES = {
    "kind": "company",
    "why": "share the domain acme.example",
    "records": [
        {"record": "salesforce/account/A1", "name": "Acme"},
        {"record": "salesforce/account/A2", "name": "Acme Retail"},
    ],
}


def test_pairs_are_listed_with_what_they_share_people_first(told: Ask) -> None:
    assert json.loads(told("ambiguities", "--json").stdout) == {"acme": [PEOPLE, COMPANIES]}


@pytest.mark.parametrize(("kind", "pair"), [("person", PEOPLE), ("company", COMPANIES)])
def test_one_kind_can_be_asked_for(kind: str, pair: dict[str, object], told: Ask) -> None:
    assert json.loads(told("ambiguities", "--of", kind, "--json").stdout) == {"acme": [pair]}


def test_a_person_reads_them_as_a_table_with_what_to_do(told: Ask) -> None:
    done = told("ambiguities")
    assert done.exit_code == Exit.DONE
    assert "2 pairs of records that could be one; Rapport merges none of them." in done.stdout
    row = next(line for line in done.stdout.splitlines() if line.startswith("person"))
    assert row.split("  ")[1].strip() == "Ann Lee (salesforce/contact/C1)"
    assert "To settle one: merge the two in their CRM" in done.stdout


def test_where_nothing_is_ambiguous_it_says_so(ask: Ask) -> None:
    assert ask("ambiguities").stdout == "acme: no records could be one and are not.\n"


def test_a_pair_is_nothing_to_explain(told: Ask) -> None:
    found = json.loads(told("explain", "Ann Lee", "--json").stdout)
    assert {one["object"] for one in found} == {"contact"}
