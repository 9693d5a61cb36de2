"""The demo story and the seeds: complete, in the vendors' forms, dated with safe margins, and true to what it tells."""

import json
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from connectors.emulator.seeds import load, resolve
from connectors.emulator.seeds.acts import Act, acts_of
from connectors.emulator.seeds.demo_seed import demo_seed
from connectors.emulator.seeds.identifiers import with_check
from connectors.emulator.seeds.story import STORY_FILE, Account, Person, Story, read_story

NOW = datetime(2026, 3, 1, 15, 42, tzinfo=UTC)

CELLS = {
    (segment, breadth)
    for segment in ("SMB", "Mid-Market", "Enterprise")
    for breadth in ("workgroup", "department", "company-wide")
}

GAP_KINDS = {
    "missing buyer",
    "only a check-signer",
    "missing champion",
    "champion not in another department",
    "missing power users",
    "power-user voice weak",
    "champion lapsed",
    "champion or buyer departed",
    "relationship fading/ghosting",
    "blocker unaddressed",
    "single-threaded",
    "cadence overdue",
    "handover or introduction overdue",
    "over-capacity CSM",
    "under-invested account",
}
"""The domain's list, section 9."""

ORIENTATIONS = {"Expert Consultant", "Service Coordinator", "Specialist Fixer", "Concierge Guide"}
"""The domain's four, section 8."""

MISSING = {"missing buyer", "missing champion", "missing power users"}

LIMITS = (30, 60, 90, 365)
"""Days at which the depth scorecard changes its mind."""


@pytest.fixture(scope="module")
def story() -> Story:
    return read_story()


@pytest.fixture(scope="module")
def expected() -> dict[str, list[dict[str, Any]]]:
    text = (STORY_FILE.parent / "expected.yaml").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text))


@pytest.fixture(scope="module")
def seed() -> dict[str, Any]:
    return load("demo", NOW)


@pytest.fixture(scope="module")
def acts(story: Story) -> dict[str, list[Act]]:
    return {account.name: acts_of(account) for account in story.accounts}


def people(story: Story) -> list[tuple[Account, Person]]:
    return [(account, person) for account in story.accounts for person in account.people]


def first_rows(expected: dict[str, list[dict[str, Any]]]) -> dict[str, dict[str, Any]]:
    return {row["account"]: row for row in expected["accounts"] if row["since"] == 1}


# --- relative moments and the other seeds -----------------------------------------------------------------------


def test_a_relative_moment_takes_the_form_of_its_vendor() -> None:
    payload = {
        "salesforce": {"a": ["@-12d", "@+30d", "@-1dT09:30"]},
        "hubspot": {"a": {"b": "@-1dT09:30", "c": "@-12d"}},
    }
    assert resolve(payload, NOW) == {
        "salesforce": {"a": ["2026-02-17", "2026-03-31", "2026-02-28T09:30:00.000+0000"]},
        "hubspot": {"a": {"b": "2026-02-28T09:30:00.000Z", "c": "2026-02-17"}},
    }


def test_only_a_whole_string_is_a_relative_moment() -> None:
    payload = {"hubspot": {"a": "mail @-12d", "b": "@12d", "c": "@-12dT25:00", "d": "@channel", "e": 7, "f": None}}
    assert resolve(payload, NOW) == payload


def test_resolving_leaves_the_payload_as_it_was() -> None:
    payload = {"hubspot": {"a": ["@-12d"]}}
    resolve(payload, NOW)
    assert payload == {"hubspot": {"a": ["@-12d"]}}


def test_the_empty_seed_has_one_user_and_one_owner() -> None:
    seed = load("empty", NOW)
    assert [user["Name"] for user in seed["salesforce"]["records"]["User"]] == ["Integration User"]
    assert [owner["email"] for owner in seed["hubspot"]["owners"]] == ["integration@lumenworks.example"]
    assert seed["hubspot"]["records"] == {}


def test_a_folder_with_one_file_is_a_seed(tmp_path: Path) -> None:
    (tmp_path / "seed.json").write_text(json.dumps({"salesforce": {"records": {"Account": [{"Name": "@-3d"}]}}}))
    assert load(str(tmp_path), NOW) == {"salesforce": {"records": {"Account": [{"Name": "2026-02-26"}]}}}


def test_a_folder_with_a_file_per_vendor_is_a_seed(tmp_path: Path) -> None:
    (tmp_path / "hubspot.json").write_text(json.dumps({"portal_id": 7}))
    assert load(str(tmp_path), NOW) == {"hubspot": {"portal_id": 7}}
    (tmp_path / "salesforce.json").write_text(json.dumps({"records": {}}))
    assert set(load(str(tmp_path), NOW)) == {"salesforce", "hubspot"}


def test_a_folder_without_seed_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"neither seed\.json nor"):
        load(str(tmp_path), NOW)


def test_check_characters_follow_the_vendor_s_algorithm() -> None:
    assert with_check("a00D0000008pQRA") == "a00D0000008pQRAIA2"


# --- the shape of the story ---------------------------------------------------------------------------------------


def test_the_story_has_48_customers_over_all_nine_cells(story: Story) -> None:
    cells = Counter((account.segment, account.breadth) for account in story.accounts)
    assert set(cells) == CELLS
    assert sum(cells.values()) == 48
    assert min(cells.values()) >= 4


def test_twelve_accounts_are_in_both_crms_and_the_others_in_one(story: Story) -> None:
    assert Counter(account.crm for account in story.accounts) == {"sf": 19, "hs": 17, "both": 12}


def test_the_story_has_about_450_people_and_6000_acts(story: Story, acts: dict[str, list[Act]]) -> None:
    assert 430 <= len(people(story)) <= 510
    assert 5_500 <= sum(map(len, acts.values())) <= 6_600


def test_acts_reach_back_over_fourteen_months(acts: dict[str, list[Act]]) -> None:
    days = [act.day for told in acts.values() for act in told]
    assert 410 <= max(days) <= 430
    assert min(days) < 0


def test_every_domain_of_the_story_is_plainly_invented(story: Story) -> None:
    addresses = [person.email for _, person in people(story)] + [colleague.email for colleague in story.colleagues]
    assert all(address.endswith(".example") for address in addresses)
    assert all(account.domain.endswith(".example") for account in (*story.accounts, *story.prospects))


def test_only_the_mailbox_of_one_front_office_is_shared(
    story: Story, expected: dict[str, list[dict[str, Any]]]
) -> None:
    addresses = Counter(person.email for _, person in people(story))
    shared = {address for address, number in addresses.items() if number > 1}
    assert shared == {"office@kestrel-freight.example"}
    (row,) = expected["ambiguities"]
    assert row["contacts"] == [person.name for _, person in people(story) if person.email in shared]


def test_accounts_handed_over_have_their_older_acts_from_the_colleague_who_left(
    story: Story, acts: dict[str, list[Act]], seed: dict[str, Any]
) -> None:
    handed = [account for account in story.accounts if account.former_owner]
    assert [account.name for account in handed] == ["Dunmere Logistics", "Wetherby Plastics"]
    assert all(account.owner_on(251) == "Milo Petran" and account.owner_on(250) != "Milo Petran" for account in handed)
    assert any(mail["FromAddress"] == "milo.petran@lumenworks.example" for mail in salesforce(seed, "EmailMessage"))
    assert all(max(act.day for act in acts[account.name]) > 300 for account in handed)


def test_every_csm_has_a_manager_and_every_owner_is_a_colleague(story: Story) -> None:
    assert all(story.colleague(account.owner).manager for account in (*story.accounts, *story.prospects))


def test_sixteen_high_touch_accounts_have_one_csm(story: Story) -> None:
    large = [account for account in story.accounts if (account.arr or 0) >= 500_000]
    assert Counter(account.owner for account in large) == {"Odo Kessel": 16, "Bea Lindgren": 1}


def test_the_story_is_the_same_every_time() -> None:
    assert demo_seed() == demo_seed()


# --- margins: no hour of the day may change what an arc means ----------------------------------------------------


def test_no_recent_act_stands_within_two_days_of_a_limit(acts: dict[str, list[Act]]) -> None:
    late = [
        (name, act.kind, act.day)
        for name, told in acts.items()
        for act in told
        if act.day < 110 and act.kind not in ("newsletter", "upcoming meeting", "note", "to-do")
        if any(abs(act.day - limit) < 2 for limit in LIMITS)
    ]
    assert late == []


def personal(acts: dict[str, list[Act]], account: Account, person: Person) -> list[Act]:
    touching = [act for act in acts[account.name] if person in act.people]
    return [act for act in touching if act.kind not in ("newsletter", "note", "to-do", "upcoming meeting")]


def test_a_letter_is_answered_within_ten_days_or_not_within_seventeen(story: Story, acts: dict[str, list[Act]]) -> None:
    for account, person in people(story):
        told = [act for act in personal(acts, account, person) if 0 < act.day < 110]
        answers = [act.day for act in told if act.kind in ("mail in", "call", "meeting", "review")]
        for letter in outreaches(told):
            waits = [letter.day - day for day in answers if day < letter.day]
            assert min(waits, default=0) not in range(11, 17), (person.name, letter.day)


def outreaches(told: list[Act]) -> list[Act]:
    """Our letters and calls that answer nothing."""
    return [act for act in told if act.kind in ("mail out", "missed call", "call") and not follows(told, act)]


def follows(told: list[Act], act: Act) -> bool:
    """An answer to a letter of the day before is no outreach."""
    return any(other.kind == "mail in" and 0 < other.day - act.day <= 2 for other in told)


def test_older_history_stays_out_of_reach_of_the_arcs(story: Story, acts: dict[str, list[Act]]) -> None:
    for account, person in people(story):
        days = [act.day for act in personal(acts, account, person)]
        assert [day for day in days if 90 < day < 118] == [], person.name


def test_an_older_history_in_both_directions_ends_with_an_answer(story: Story, acts: dict[str, list[Act]]) -> None:
    for account, person in people(story):
        told = [act for act in personal(acts, account, person) if 118 < act.day < 132 and "mail" in act.kind]
        if person.history == "two-way" and account.captured is None:
            assert [act.kind for act in told[-2:]] == ["mail in", "mail out"], person.name


# --- the arcs keep their word -----------------------------------------------------------------------------------


def outreach_of(told: list[Act], day: int) -> list[int]:
    """Days of our letters and calls in the 30 days before `day` that answer nothing."""
    return [act.day for act in outreaches(told) if 0 < act.day - day <= 32]


def unprompted(told: list[Act]) -> int:
    questions = [act for act in told if act.kind == "mail in" and act.day < 90]
    return sum(not outreach_of(told, act.day) for act in questions)


@pytest.mark.parametrize(
    ("arc", "questions"),
    [("trusted", {2}), ("advocate", {2}), ("engaged", {0}), ("asked", {1}), ("mail-only", {0}), ("half-hearted", {0})],
)
def test_an_arc_has_the_questions_it_promises(
    story: Story, acts: dict[str, list[Act]], arc: str, questions: set[int]
) -> None:
    told = [
        personal(acts, account, person)
        for account, person in people(story)
        if person.arc.name == arc and account.captured is None
    ]
    assert {unprompted(mine) for mine in told} == questions


def test_the_last_three_letters_to_a_ghost_are_unanswered_and_old_enough(
    story: Story, acts: dict[str, list[Act]]
) -> None:
    ghosts = [(account, person) for account, person in people(story) if person.arc.name == "ghosting"]
    assert len(ghosts) == 2
    for account, person in ghosts:
        last = personal(acts, account, person)[-3:]
        assert [act.kind for act in last] == ["mail out"] * 3
        assert all(act.day >= 24 for act in last)


def test_people_whom_nobody_ever_contacted_stand_in_no_act(story: Story, acts: dict[str, list[Act]]) -> None:
    alone = [(account, person) for account, person in people(story) if person.arc.name == "none"]
    assert len(alone) >= 8
    assert not [act for account, person in alone for act in acts[account.name] if person in act.people]


def test_newsletters_reach_only_people_whose_depth_rests_on_something_else(
    story: Story, acts: dict[str, list[Act]]
) -> None:
    readers = {person for told in acts.values() for act in told if act.kind == "newsletter" for person in act.people}
    assert {person.arc.depth for person in readers if not person.arc.newsletter} == {1, 2, 3, 4, 5}
    assert Counter(person.arc.name for person in readers)["newsletters"] == 6


def test_only_advocates_have_an_advocacy_act(story: Story) -> None:
    praised = {person.name for _, person in people(story) if person.advocacy}
    assert praised == {person.name for _, person in people(story) if person.arc.name == "advocate"}
    assert all(person.advocacy is None or 30 <= person.advocacy[1] <= 300 for _, person in people(story))


def test_recent_capture_has_no_older_acts(story: Story, acts: dict[str, list[Act]]) -> None:
    recent = {account.name: account.captured for account in story.accounts if account.captured}
    assert recent == {"Greyfell Insurance Services": 40, "Eastmarch Utilities": 36}
    assert all(act.day < (recent[name] or 0) for name in recent for act in acts[name])


# --- Salesforce ---------------------------------------------------------------------------------------------------


def salesforce(seed: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return list(seed["salesforce"]["records"][name])


def test_salesforce_ids_have_18_characters_with_a_valid_check(seed: dict[str, Any]) -> None:
    ids = [record["Id"] for records in seed["salesforce"]["records"].values() for record in records]
    assert len(ids) == len(set(ids))
    assert all(len(one) == 18 and with_check(one[:15]) == one for one in ids)


def test_every_reference_of_salesforce_points_at_a_record(seed: dict[str, Any]) -> None:
    known = {record["Id"] for records in seed["salesforce"]["records"].values() for record in records}
    for name, records in seed["salesforce"]["records"].items():
        for record in records:
            targets = {field: value for field, value in record.items() if field.endswith("Id") and field != "Id"}
            assert {value for value in targets.values() if value} <= known, (name, record["Id"])


def test_twins_are_tasks_of_subtype_email_and_there_are_many(seed: dict[str, Any]) -> None:
    tasks = {task["Id"]: task for task in salesforce(seed, "Task")}
    twinned = [mail["ActivityId"] for mail in salesforce(seed, "EmailMessage") if mail["ActivityId"]]
    assert {tasks[one]["TaskSubtype"] for one in twinned} == {"Email"}
    assert 0.3 <= len(twinned) / len(salesforce(seed, "EmailMessage")) <= 0.5


def test_every_salesforce_contact_has_one_direct_relation(seed: dict[str, Any]) -> None:
    relations = salesforce(seed, "AccountContactRelation")
    direct = Counter(relation["ContactId"] for relation in relations if relation["IsDirect"])
    assert direct == Counter(contact["Id"] for contact in salesforce(seed, "Contact"))
    assert sum(not relation["IsDirect"] for relation in relations) == 3


def test_prospects_have_no_customer_type_and_no_won_deal(seed: dict[str, Any]) -> None:
    prospects = {account["Id"] for account in salesforce(seed, "Account") if account["Type"] == "Prospect"}
    won = {deal["AccountId"] for deal in salesforce(seed, "Opportunity") if deal["IsWon"]}
    assert len(prospects) == 3
    assert not prospects & won


def test_custom_fields_of_records_are_declared(seed: dict[str, Any]) -> None:
    for name, records in seed["salesforce"]["records"].items():
        declared = {field["name"] for field in seed["salesforce"]["fields"].get(name, [])}
        used = {field for record in records for field in record if field.endswith("__c")}
        assert used <= declared, name


def test_no_relative_moment_is_left(seed: dict[str, Any]) -> None:
    assert not re.findall(r'"@[+-]\d+d', json.dumps(seed))


def test_departed_people_say_so_in_four_ways(seed: dict[str, Any], story: Story) -> None:
    gone = [person for _, person in people(story) if person.departed]
    assert [(one.bounced, one.left, one.inactive, "(GONE)" in one.name) for one in gone] == [
        (33, None, False, False),
        (None, 45, False, False),
        (None, None, True, False),
        (None, None, False, True),
    ]
    assert sum(not relation["IsActive"] for relation in salesforce(seed, "AccountContactRelation")) == 1


# --- HubSpot --------------------------------------------------------------------------------------------------------


def test_every_hubspot_association_joins_two_records(seed: dict[str, Any]) -> None:
    hubspot = seed["hubspot"]
    known = {f"{kind}/{record['id']}" for kind, records in hubspot["records"].items() for record in records}
    ends = {row[side] for row in hubspot["associations"] for side in ("from", "to")}
    assert ends <= known


def test_hubspot_values_are_text_and_its_ids_are_digits(seed: dict[str, Any]) -> None:
    for records in seed["hubspot"]["records"].values():
        assert all(record["id"].isdigit() for record in records)
        assert {type(value) for record in records for value in record["properties"].values()} == {str}


def test_accounts_in_both_crms_are_linked_by_their_salesforce_id(seed: dict[str, Any], story: Story) -> None:
    names = {account["Id"]: account["Name"] for account in salesforce(seed, "Account")}
    linked = {
        company["properties"]["name"]: names[company["properties"]["salesforceaccountid"]]
        for company in seed["hubspot"]["records"]["companies"]
        if "salesforceaccountid" in company["properties"]
    }
    assert linked == {account.name: account.name for account in story.accounts if account.crm == "both"}


def test_people_in_both_crms_are_linked_by_id_or_by_address(seed: dict[str, Any]) -> None:
    by_id = {contact["Id"]: contact["Email"] for contact in salesforce(seed, "Contact")}
    contacts = [contact["properties"] for contact in seed["hubspot"]["records"]["contacts"]]
    linked = [one for one in contacts if "salesforcecontactid" in one]
    by_address = [one for one in contacts if "salesforcecontactid" not in one and one["email"] in by_id.values()]
    assert all(one["salesforcecontactid"] in by_id for one in linked)
    assert len(linked) > 60
    assert len(by_address) > 30
    other = [one["email"] for one in linked if one["email"] != by_id[one["salesforcecontactid"]]]
    assert other == ["c.mound@kingsferry.example"]


def test_some_acts_are_logged_in_both_crms_at_the_same_minute(acts: dict[str, list[Act]]) -> None:
    twice = [act for told in acts.values() for act in told if act.in_salesforce and act.in_hubspot]
    assert 100 <= len(twice) <= 400
    assert any(person.name == "Oda Fenn" and act.kind == "mail in" for act in twice for person in act.people)


# --- the expected results -------------------------------------------------------------------------------------------


def test_every_account_is_judged_once_and_by_name(story: Story, expected: dict[str, list[dict[str, Any]]]) -> None:
    rows = [row["account"] for row in expected["accounts"] if row["since"] == 1]
    assert sorted(rows) == sorted(account.name for account in story.accounts)
    assert {row["account"] for row in expected["accounts"]} <= set(rows)


def test_at_least_120_people_are_judged_and_stand_in_the_story(
    story: Story, expected: dict[str, list[dict[str, Any]]]
) -> None:
    told = {(person.name, account.name) for account, person in people(story)} | set(story.second_accounts)
    rows = [(row["contact"], row["account"]) for row in expected["contacts"]]
    assert set(rows) <= told
    assert len({row["contact"] for row in expected["contacts"] if row["since"] == 1}) >= 120


def test_every_row_has_its_stage_and_a_reason(expected: dict[str, list[dict[str, Any]]]) -> None:
    for row in (*expected["accounts"], *expected["standings"], *expected["csms"], *expected["contacts"]):
        assert row["since"] in (1, 4)
        assert len(row["why"]) > 15


def test_standings_speak_of_customers_and_show_every_orientation(expected: dict[str, list[dict[str, Any]]]) -> None:
    rows = expected["standings"]
    scores = {name: row["score"] for name, row in first_rows(expected).items()}
    assert len({row["account"] for row in rows}) == len(rows)
    assert {row["orientation"] for row in rows} == ORIENTATIONS
    assert {row["stage"] for row in rows} == {None, "purchasing", "using", "realising value", "advocating"}
    assert [row["account"] for row in rows if scores[row["account"]] is None and row["equity"] is not None] == []


def test_every_gap_kind_of_the_domain_has_an_account(expected: dict[str, list[dict[str, Any]]]) -> None:
    rows = (*expected["accounts"], *expected["csms"])
    assert {kind for row in rows for kind in row["gaps"]} == GAP_KINDS
    assert {kind for row in rows for kind in row.get("absent", ())} <= GAP_KINDS


def test_every_status_is_expected_somewhere(expected: dict[str, list[dict[str, Any]]]) -> None:
    statuses = Counter(row["status"] for row in first_rows(expected).values())
    assert set(statuses) == {"covered", "partial", "gap", "cannot tell"}
    assert statuses["cannot tell"] == 3
    assert min(statuses.values()) >= 3


def test_missing_roles_are_those_whose_heads_fall_short(expected: dict[str, list[dict[str, Any]]]) -> None:
    names = {"buyer": "missing buyer", "champion": "missing champion", "power user": "missing power users"}
    for name, row in first_rows(expected).items():
        heads = row.get("heads", {})
        short = {names[role] for role, live in heads.items() if live < row["required"][role]}
        assert set(row["gaps"]) & MISSING == short, name


def test_a_status_fits_the_heads_it_stands_beside(expected: dict[str, list[dict[str, Any]]]) -> None:
    for name, row in first_rows(expected).items():
        heads, required = row.get("heads", {}), row["required"]
        empty = [role for role, live in heads.items() if required[role] and not live]
        assert (row["status"] == "gap") == bool(empty), name
        if row["status"] == "covered":
            assert all(heads[role] >= need for role, need in required.items()), name


def test_half_of_the_active_users_bounds_the_power_users_asked_for(
    story: Story, expected: dict[str, list[dict[str, Any]]]
) -> None:
    rows = first_rows(expected)
    for account in story.accounts:
        usage = [person.usage for person in account.people if person.usage is not None]
        active = sum(days > 0 for days in usage)
        asked = rows[account.name]["required"].get("power user")
        assert (asked is None) == (usage == []), account.name
        if asked is not None:
            assert asked <= (active + 1) // 2, account.name


def test_a_depth_is_that_of_the_arc_unless_a_record_overrules_it(
    story: Story, expected: dict[str, list[dict[str, Any]]]
) -> None:
    told = {(person.name, account.name): (account, person) for account, person in people(story)}
    for row in expected["contacts"]:
        if "depth" not in row:
            continue
        account, person = told[row["contact"], row["account"]]
        assert row["depth"] == told_depth(account, person), row["contact"]


def told_depth(account: Account, person: Person) -> int | None:
    if account.captured is not None:
        return None
    if person.departed:
        return 0
    fresh = person.confirmed_depth is not None and (person.confirmed or 0) < 180
    return person.confirmed_depth if fresh else person.arc.depth


def test_no_moment_of_the_seed_depends_on_the_hour() -> None:
    morning, night = (load("demo", NOW.replace(hour=hour, minute=1)) for hour in (0, 23))
    assert morning == night
    assert morning != load("demo", NOW + timedelta(days=1))
