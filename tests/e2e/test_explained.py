"""Every value of the demo story says why: a sentence, the rule by name, a record or an honest "no record"."""

import json
from typing import Any

import pytest

from mapping.metadata import COMPANIONS, results
from mapping.rulebook import in_force
from sync.results import explainable
from tests.e2e.conftest import Demo

pytestmark = pytest.mark.e2e

Dossiers = list[dict[str, Any]]


@pytest.fixture(scope="module")
def dossiers(demo: Demo) -> Dossiers:
    """Read everything that the demo published."""
    from sync.app import App

    app = App(demo.folder / "rapport.yaml")
    published = app.ledger.dossiers("lumenworks", limit=None)
    app.ledger.close()
    return [{"object": one.object, "id": one.id, "name": one.name, **one.body} for one in explainable(published)]


def test_the_demo_publishes_contacts_accounts_and_gaps(dossiers: Dossiers) -> None:
    counted = {name: sum(one["object"] == name for one in dossiers) for name in ("contact", "account", "gap")}
    assert counted["account"] >= 48
    assert counted["contact"] >= 120
    assert counted["gap"] >= 20


@pytest.mark.parametrize("name", ["contact", "account"])
def test_every_value_of_every_output_field_has_a_sentence_a_rule_and_records_or_says_none(
    name: str, dossiers: Dossiers
) -> None:
    figures = [figure.name for figure in in_force()]
    fields = [field.name for field in results(name) if field.name not in COMPANIONS]
    seen: set[str] = set()
    bare = []
    for one in (found for found in dossiers if found["object"] == name):
        by_field = {field: reason for reason in one["reasons"] for field in reason["fields"]}
        for field in (field for field in fields if field in one["values"]):
            seen.add(field)
            reason = by_field.get(field)
            if reason is None or not reason["text"].endswith(".") or not (reason["records"] or reason["no_record"]):
                bare.append((one["name"], field, reason))
            elif not any(figure.startswith(reason["part"]) for figure in figures):
                bare.append((one["name"], field, reason["part"]))
    assert bare == []
    assert set(fields) - seen == set()


def test_most_values_rest_on_a_record(dossiers: Dossiers) -> None:
    reasons = [reason for one in dossiers for reason in one["reasons"]]
    assert sum(bool(reason["records"]) for reason in reasons) > 0.8 * len(reasons)


def test_records_are_named_so_that_they_can_be_found(dossiers: Dossiers) -> None:
    records = {record for one in dossiers for reason in one["reasons"] for record in reason["records"]}
    assert {record.split("/")[0] for record in records} == {"salesforce", "hubspot"}
    known = {"contact", "account", "activity", "contact_role", "opportunity", "affiliation", "user"}
    assert {record.split("/")[1] for record in records} <= known


def test_every_gap_says_what_is_missing_why_it_matters_and_how_severe_it_is(dossiers: Dossiers) -> None:
    for gap in (one for one in dossiers if one["object"] == "gap"):
        fields = [field for reason in gap["reasons"] for field in reason["fields"]]
        assert fields[:3] == ["detail", "why", "severity"], gap["name"]
        assert all(reason["records"] for reason in gap["reasons"]), gap["name"]


def test_a_gap_is_explained_by_its_name_and_by_its_key(demo: Demo, dossiers: Dossiers) -> None:
    gap = next(one for one in dossiers if one["object"] == "gap" and one["name"].startswith("Missing champion"))
    for words in (gap["name"], gap["id"]):
        told = json.loads(demo.ask("explain", words, "--json").out)
        assert [one["id"] for one in told] == [gap["id"]]
    shown = demo.ask("explain", gap["id"]).out
    assert "[gap kinds, rules show gaps.kinds.missing]" in shown
    assert gap["reasons"][0]["text"] in shown


def test_the_evidence_in_the_crm_is_made_of_the_same_sentences(demo: Demo, dossiers: Dossiers) -> None:
    import duckdb

    with duckdb.connect(str(demo.folder / "lumenworks.duckdb"), read_only=True) as stage:
        held = {
            (name, id_): text
            for name in ("contact", "account")
            for id_, text in stage.execute(
                f"SELECT id, evidence FROM observed_{name} WHERE evidence IS NOT NULL"
            ).fetchall()
        }
    told = {(one["object"], one["id"]): " ".join(one["sentences"]) for one in dossiers}
    compared = [key for key in held if key in told]
    assert len(compared) > 100
    assert [key for key in compared if not told[key].startswith(held[key])] == []
    assert all(len(text) <= 2000 and text.endswith(".") for text in held.values())
