"""Sentences that say why a value is what it is, with the records they rest on."""

from datetime import UTC, datetime
from typing import Any

import pytest

from mapping.explain import FURTHER, NO_RECORD, RESTS, RULES, Dossier, Reason, dossiers, render
from mapping.metadata import COMPANIONS, results
from mapping.rulebook import in_force
from mapping.spec import listing
from mapping.statements import create
from tests.mapping.test_desired import story
from tests.mapping.world import World, ago


def explained(world: World, *records: tuple[str, str]) -> dict[tuple[str, str], str]:
    """Render the sentences of some Salesforce records: (id, field) -> text."""
    rows: list[tuple[object, ...]] = [(object_name, "salesforce", id_) for object_name, id_ in records]
    table, _ = listing("explained", "object TEXT, source TEXT, id TEXT", [])
    create(world.connection, table, rows)
    render(world.connection)
    return {(row[0], row[1]): row[2] for row in world.table("sentence", "id", "field", "text")}


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (None, "confirmed by a human"),
        (180, "confirmed by a human on 2026-03-25"),
        (181, "confirmed by a human on 2026-03-24, so long ago that it wants a review"),
    ],
)
def test_a_role_that_a_human_confirmed_long_ago_is_put_up_for_review(days: int | None, said: str, world: World) -> None:
    world.account()
    world.sees()
    world.contact("C1", confirmed_role="guardian", confirmed_at=None if days is None else ago(days))
    found = explained(world.compute(), ("contact", "C1"))
    assert found["C1", "roles"] == f"Guardian (confirmed): {said} (salesforce/contact/C1)."


def dossier(world: World, id_: str) -> Dossier:
    """Give one dossier."""
    (found,) = [dossier for dossier in dossiers(world.connection) if dossier.id == id_]
    return found


def test_a_role_is_explained_by_its_facts_and_their_records(acme: World) -> None:
    found = explained(acme, ("contact", "C1"))
    text = found["C1", "roles"]
    assert text.startswith("Champion (likely, 90 %): ")
    assert "Director of Operations (title of salesforce/contact/C1)" in text
    assert "CRM role Champion (OpportunityContactRole) in salesforce/contact_role/" in text


def test_depth_is_explained_with_what_the_next_level_needs(acme: World) -> None:
    found = explained(acme, ("contact", "C1"), ("contact", "C2"))
    assert found["C1", "depth"] == (
        "Depth 4 Trusted: 5 exchanges in 90 days, reply rate 100 %; "
        "needs a verified advocacy act within 365 days to be Advocate."
    )
    assert found["C2", "depth"] == (
        "Depth 2 Responsive: 1 exchange in 90 days; needs exchanges in 2 of the last 3 months to be Engaged."
    )


@pytest.mark.parametrize(
    ("contact", "text"),
    [
        ({"confirmed_depth": 3, "confirmed_at": ago(9)}, "Depth 3 Engaged: confirmed by a human."),
        ({"left_at": ago(9)}, "Depth 0 Unknown: departed, left the company (salesforce/contact/C1)."),
        ({}, "Depth cannot be told: activity capture is missing or too young."),
    ],
)
def test_depth_without_counting_is_explained_too(contact: dict[str, Any], text: str, world: World) -> None:
    world.account()
    world.contact(**contact)
    assert explained(world.compute(), ("contact", "C1"))["C1", "depth"] == text


def test_only_the_records_asked_for_are_explained(acme: World) -> None:
    found = explained(acme, ("contact", "C2"))
    assert {id_ for id_, _ in found} == {"C2"}


def test_after_the_dossiers_a_plan_still_explains_only_its_own_records(acme: World) -> None:
    assert len([found for found in dossiers(acme.connection) if found.object != "gap"]) == 3
    assert {id_ for id_, _ in explained(acme, ("contact", "C1"))} == {"C1"}


def test_every_value_that_is_set_has_a_sentence(acme: World) -> None:
    found = explained(acme, ("contact", "C1"), ("contact", "C2"), ("account", "A1"))
    for dossier_ in (found for found in dossiers(acme.connection) if found.object != "gap"):
        assert {field for field in dossier_.values if (dossier_.id, field) not in found} == set()


def test_the_evidence_field_joins_the_sentences_and_names_the_day(acme: World) -> None:
    explained(acme, ("contact", "C2"))
    evidence, day = acme.one("companion", "evidence", "computed_on")
    assert evidence.startswith("Buyer (likely, 60 %): CFO (title of salesforce/contact/C2).")
    assert "Counts toward coverage as buyer (check-signer). Without this person coverage would be gap" in evidence
    assert evidence.count("Depth 2 Responsive") == 1
    assert day == "2026-09-21"


def test_the_evidence_field_is_cut_at_the_end_of_a_sentence(world: World) -> None:
    story(world)
    for number in range(60):
        world.contact(f"L{number}", name=f"A person with a rather long name, number {number}")
        world.meeting(f"L{number}", days=3)
    explained(world.compute(), ("account", "A1"))
    evidence = world.one("companion", "evidence")
    assert len(evidence) <= 2000
    assert evidence.endswith(".")


def test_a_first_text_too_long_for_the_evidence_field_is_cut_after_a_sentence_too(world: World) -> None:
    title = f"CFO and Director of Operations {'and of much else ' * 60}".strip()
    story(world).contact("C3", name="Di Roe", title=title)
    world.crm_role("C3", "Champion")
    text = explained(world.compute(), ("contact", "C3"))["C3", "roles"]
    evidence = world.one("companion", "evidence")
    assert len(text) > 2000 >= len(evidence)
    assert text.startswith(f"{evidence} ")
    assert evidence.endswith(".")


def test_a_dossier_holds_values_sentences_and_records(acme: World) -> None:
    found = dossier(acme, "C1")
    assert (found.object, found.source) == ("contact", "salesforce")
    assert (found.name, found.account_name) == ("Ana Silva", "Acme")
    assert found.values["depth_name"] == "Trusted"
    assert "salesforce/contact/C1" in found.records
    assert any(sentence.startswith("Last exchange on 2026-09-11 (salesforce/activity/") for sentence in found.sentences)


def test_an_answer_and_usage_are_told_with_their_date_and_the_contacts_record(world: World) -> None:
    story(world).nps("C2", 9, days=30)
    world.contact("C3", core_job=True)
    world.usage("C3", 12)
    found = explained(world.compute(), ("contact", "C2"), ("contact", "C3"))
    assert "NPS 9 on 2026-08-22 (salesforce/contact/C2)" in found["C2", "roles"]
    assert found["C3", "roles"] == (
        "Power user (likely, 50 %): needs the product for the core job (salesforce/contact/C3); "
        "active on 12 of the last 30 days (salesforce/contact/C3)."
    )
    assert "salesforce/contact/C3" in dossier(world, "C3").records


def test_an_account_is_explained_in_plain_sentences(acme: World) -> None:
    found = explained(acme, ("account", "A1"))
    told = {field: text for (_, field), text in found.items()}
    assert told["tier"] == "Touch tier high: by its ARR of 50,000 among all customers."
    assert told["buyers_actual"] == "Live buyers: Bo Li (salesforce/contact/C2)."
    assert told["coverage_score"] == (
        "Score 30: the mean of buyers 40 %, champions 50 %, power users 0 % of what is needed."
    )
    assert told["champions_required"] == "2 champions needed for Mid-Market, department."
    assert told["power_users_required"] == (
        "1 power user needed for Mid-Market, department, capped by the active users or seats."
    )
    assert told["single_threaded"] == "Not single-threaded: 2 people answer us: Ana Silva, Bo Li."
    assert told["redundancy"] == (
        "1 live champion: at a turnover of 25 % a year, the chance that one is still there in a year is 75 %."
    )


def test_stage_equity_and_orientation_are_explained_by_their_figures(acme: World) -> None:
    found = explained(acme, ("account", "A1"))
    assert found["A1", "stage"] == "Using: 1 person was active in the last 30 days."
    assert found["A1", "equity"] == (
        "Equity 56 of 100: quality 60 % (mean depth 3.0 of 5, 2 people with a role), power 100 % "
        "(the share in capacity of those for us, 1 of 1 person whose attitude is known), reach 30 % (coverage score)."
    )
    assert found["A1", "orientation"] == (
        "Concierge Guide: lifetime value high (5 years of an ARR of 50,000), "
        "complexity low (product breadth department)."
    )


def test_the_act_that_makes_an_account_advocate_is_named_with_its_record(world: World) -> None:
    story(world).advocacy("C1", days=29)
    found = explained(world.compute(), ("account", "A1"))
    assert found["A1", "stage"] == "Advocating: reference of Ana Silva on 2026-08-23 (salesforce/contact/C1)."
    assert "salesforce/contact/C1" in dossier(world, "A1").records


@pytest.mark.parametrize(
    ("deal", "words"),
    [
        ({"closed": False, "won": False}, "; Deal is open (salesforce/opportunity/O1)."),
        ({"close_at": ago(29)}, "; Deal was won on 2026-08-23 (salesforce/opportunity/O1)."),
        ({"close_at": ago(900)}, "; no opportunity is open or was won in 365 days."),
    ],
)
def test_an_account_without_users_is_told_by_its_deals(deal: dict[str, Any], words: str, world: World) -> None:
    world.account()
    world.contact()
    world.usage("C1", 0)
    world.opportunity(id="O1", name="Deal", **deal)
    text = explained(world.compute(), ("account", "A1"))["A1", "stage"]
    assert text.partition(": ")[2] == f"nobody was active in the last 30 days{words}"
    assert ("salesforce/opportunity/O1" in dossier(world, "A1").records) == ("O1" in words)


def test_what_fields_of_the_crm_say_about_an_account_is_told_as_such(world: World) -> None:
    world.account(value_received="partial", lifetime_value=9_000.0, complexity="high")
    found = explained(world.compute(), ("account", "A1"))
    assert found["A1", "stage"] == "Realising value: the value received is partial, a field of the CRM says so."
    assert found["A1", "orientation"] == (
        "Specialist Fixer: lifetime value low (a field of the CRM says so), "
        "complexity high (a field of the CRM says so)."
    )


def test_an_empty_equity_says_which_factor_is_unknown(world: World) -> None:
    world.account()
    assert explained(world.compute(), ("account", "A1"))["A1", "equity"] == (
        "Equity cannot be told: quality unknown (no depth of anybody with a role is known), "
        "power unknown (nobody there whose attitude and capacity are known), reach unknown (no coverage score)."
    )


@pytest.mark.parametrize(
    ("arr", "words"),
    [(999.4, "999"), (1_000.0, "1,000"), (1_020_003.0, "1,020,003"), (2_000_000_010.0, "2,000,000,010")],
)
def test_money_is_written_with_separators(arr: float, words: str, world: World) -> None:
    world.account(arr=arr)
    assert explained(world.compute(), ("account", "A1"))["A1", "tier"].split(" of ")[1].startswith(f"{words} among")


def test_stance_tie_and_trend_are_told_in_words(acme: World) -> None:
    found = explained(acme, ("contact", "C1"))
    assert found["C1", "stance"] == "Champion-stance: attitude +60 of 100, capacity to drive change 73 of 100."
    assert found["C1", "tie_strength"].startswith("Tie strength ")
    assert " of 100: recent contact weighs " in found["C1", "tie_strength"]
    assert found["C1", "trend"].startswith("Rising: 60 days ago the strength was ")


def test_ghosting_is_told_as_such(world: World) -> None:
    story(world)
    for days in (18, 17, 16):
        world.email("out", "C2", days=days)
    found = explained(world.compute(), ("contact", "C2"))
    assert found["C2", "trend"].startswith("Ghosting: the last messages stay unanswered; 60 days ago")
    assert found["C2", "depth"] == (
        "Depth 1 Identified: 1 exchange in 90 days, reply rate 0 %; "
        "needs an answer to the last 3 messages to be Responsive."
    )


def test_each_company_and_person_has_one_record_that_is_home(world: World) -> None:
    story(world)
    world.account("9001", source="hubspot", name="Acme", other_id="A1")
    world.contact("201", source="hubspot", email="ana@acme.example", account_id="9001", name="Ana Silva")
    world.contact("202", source="hubspot", account_id="9001", name="Cy Young", title="COO")
    told = (one for one in dossiers(world.compute().connection) if one.object != "gap")
    found = {(one.object, one.source, one.id): one.home for one in told}
    assert found == {
        ("account", "salesforce", "A1"): True,
        ("account", "hubspot", "9001"): False,
        ("contact", "salesforce", "C1"): True,
        ("contact", "hubspot", "201"): False,
        ("contact", "salesforce", "C2"): True,
        ("contact", "hubspot", "202"): True,
    }
    assert "Live champions: Ana Silva (salesforce/contact/C1)." in dossier(world, "9001").sentences


def test_people_of_whom_nothing_is_known_have_no_dossier(world: World) -> None:
    story(world).contact("C9", name="Silent One")
    world.compute()
    told = {found.id for found in dossiers(world.connection) if found.object != "gap"}
    assert told == {"A1", "C1", "C2"}


# --- rule and records behind every value ------------------------------------------------------------------------------


def reason(world: World, id_: str, field: str) -> Reason:
    """Give the reason of one field of one dossier."""
    (found,) = [told for told in dossier(world, id_).reasons if field in told.fields]
    return found


def test_every_output_field_names_its_rule_and_what_it_rests_on_and_the_rule_has_figures() -> None:
    fields = {(name, field.name) for name in ("contact", "account") for field in results(name)}
    explained_here = {field for field in fields if field[1] not in COMPANIONS}
    explained_here |= {(object_name, name) for object_name, name, _ in FURTHER}
    assert set(RULES) == explained_here
    assert set(RESTS) | set(NO_RECORD) | {("account", "next_best_action")} >= explained_here - {
        ("account", "missing_text")
    }
    names = [figure.name for figure in in_force()]
    assert [part for _, part in RULES.values() if not any(name.startswith(part) for name in names)] == []


@pytest.mark.parametrize(
    ("id_", "field", "records"),
    [
        ("C1", "quartet", ("salesforce/contact/C1",)),
        ("C2", "buyer_type", ("salesforce/contact/C2",)),
        ("A1", "segment", ("salesforce/account/A1",)),
        ("A1", "buyers_actual", ("salesforce/contact/C2",)),
        ("A1", "champions_actual", ("salesforce/contact/C1",)),
        ("A1", "redundancy", ("salesforce/contact/C1",)),
        ("A1", "single_threaded", ("salesforce/contact/C1", "salesforce/contact/C2")),
        ("A1", "coverage_score", ("salesforce/contact/C1", "salesforce/contact/C2")),
    ],
)
def test_a_value_rests_on_the_records_it_came_from(id_: str, field: str, records: tuple[str, ...], acme: World) -> None:
    assert reason(acme, id_, field).records == records


def test_a_last_exchange_rests_on_the_act_that_it_was(acme: World) -> None:
    told = reason(acme, "C1", "last_two_way")
    (record,) = told.records
    assert record in told.text
    assert (told.rule, told.part) == ("exchange", "depth.answer_days")


def test_fields_that_are_told_in_one_sentence_share_a_reason(acme: World) -> None:
    assert reason(acme, "C1", "depth").fields == ("depth", "depth_name")
    assert reason(acme, "C1", "depth").rule == "depth scorecard"


def test_a_value_without_a_record_says_why_there_is_none(acme: World) -> None:
    told = reason(acme, "A1", "power_users_actual")
    assert (told.records, told.no_record) == ((), "nobody has a live relationship in this role")


@pytest.mark.parametrize(
    ("contact", "records"),
    [({"left_at": ago(9)}, ("salesforce/contact/C1",)), ({"confirmed_depth": 3}, ("salesforce/contact/C1",))],
)
def test_a_departure_and_a_humans_word_are_the_record_of_a_depth(
    contact: dict[str, Any], records: tuple[str, ...], world: World
) -> None:
    world.account()
    world.contact(title="CFO", **contact)
    assert reason(world.compute(), "C1", "depth").records == records


def test_a_gap_is_explained_under_its_key(acme: World) -> None:
    key = "acme|salesforce:A1|default|missing champion|champion|"
    told = dossier(acme, key)
    assert (told.object, told.source, told.name, told.account_name) == (
        "gap",
        "salesforce",
        "Missing champion: Acme",
        "Acme",
    )
    assert told.values["kind"] == "missing champion"
    assert told.sentences[0] == "Missing 1 champion: 1 of 2 required with a live relationship."
    assert told.sentences[1].startswith("Why it matters: Nobody inside the account carries the product")
    assert told.sentences[2].startswith("Severity ")
    assert told.reasons[0].part == "gaps.kinds.missing champion"
    assert all(found.records for found in told.reasons)


def test_the_severity_of_a_gap_is_told_with_its_three_parts(world: World) -> None:
    world.account(segment="SMB", breadth="department", renewal_at=ago(-30), arr=1_000.0)
    world.sees()
    told = dossier(world.compute(), "acme|salesforce:A1|default|missing champion|champion|")
    assert told.sentences[2] == (
        "Severity 98 of 100: nearness of the renewal 100 %, ARR among all customers 100 %, kind of gap 90 %, "
        "weighed 50 : 30 : 20."
    )


@pytest.mark.parametrize(("days", "word"), [(90, "Acute"), (91, "Chronic")])
def test_a_gap_tells_since_when_its_task_is_open_and_an_account_only_what_is_chronic(
    days: int, word: str, world: World
) -> None:
    world.account(segment="SMB", breadth="department")
    world.sees()
    key = "acme|salesforce:A1|default|missing buyer|buyer|"
    world.add("remembered_gap", key=key, opened_at=ago(days))
    told = f"{word}: its task has been open since {datetime.fromtimestamp(ago(days), UTC):%Y-%m-%d}."
    assert dossier(world.compute(), key).sentences[-1] == told
    account = dossier(world, "A1").sentences
    assert (told in account) == (word == "Chronic")
    assert not any(sentence.startswith("Acute") for sentence in account)


def test_a_gap_about_a_person_names_the_persons_record(world: World) -> None:
    story(world)
    for days in (18, 17, 16):
        world.email("out", "C2", days=days)
    told = dossier(world.compute(), "acme|salesforce:A1|default|relationship fading/ghosting||salesforce:C2")
    assert told.reasons[0].records == ("salesforce/contact/C2",)
    assert told.name.startswith("Relationship fading/ghosting: ")
