"""The connector against a portal that behaves as HubSpot does, with its switches in every position."""

from collections.abc import Mapping
from typing import Any

import pytest

from connectors.base import CreateTask, Outcome, SetTaskState, UpdateRecord
from connectors.errors import RetryLater, Unusable
from mapping.metadata import FIELDS
from tests.connectors.hubspot.crm import Crm
from tests.contract.harness import Mirror

pytestmark = pytest.mark.emulator

PEOPLE = [str(number) for number in range(201, 206)]
SEED: dict[str, Any] = {
    "portal_id": 48120733,
    "properties": {
        "contacts": [
            {"name": "nps", "label": "NPS", "type": "number", "fieldType": "number", "groupName": "contactinformation"}
        ]
    },
    "labels": [
        {"from": "contacts", "to": "companies", "typeId": 101, "label": "Decision maker"},
        {"from": "deals", "to": "contacts", "typeId": 103, "label": "Budget holder"},
    ],
    "owners": [
        {"id": "4101", "email": "ada@vendor.example", "firstName": "Ada", "lastName": "King", "userId": 91},
        {"id": "4102", "email": "old@vendor.example", "firstName": "Old", "lastName": "Hand", "archived": True},
    ],
    "records": {
        "companies": [
            {"id": "9001", "properties": {"name": "Acme", "domain": "acme.example", "lifecyclestage": "customer"}},
            {"id": "9002", "properties": {"name": "Bolt", "domain": "bolt.example", "lifecyclestage": "lead"}},
        ],
        "contacts": [
            {"id": person, "properties": {"email": f"p{person}@acme.example", "lastname": f"P{person}", "nps": "9"}}
            for person in PEOPLE
        ],
        "deals": [{"id": "501", "properties": {"dealname": "Renewal", "dealstage": "closedwon", "amount": "12"}}],
        "emails": [
            {"id": "301", "properties": {"hs_timestamp": "@-3dT09:30", "hs_email_direction": "EMAIL"}},
            {"id": "302", "properties": {"hs_timestamp": "@-2dT09:30", "hs_email_direction": "INCOMING_EMAIL"}},
        ],
        "tasks": [
            {
                "id": "701",
                "properties": {
                    "hs_timestamp": "@+2dT09:00",
                    "hs_task_subject": "By hand",
                    "hs_task_status": "NOT_STARTED",
                },
            }
        ],
    },
    "associations": [
        *({"from": f"contacts/{person}", "to": "companies/9001", "types": [1, 279]} for person in PEOPLE),
        {"from": "contacts/201", "to": "companies/9002", "types": [279, 101]},
        {"from": "deals/501", "to": "companies/9001", "types": [5, 341]},
        {"from": "deals/501", "to": "contacts/202", "types": [3, 103]},
        *({"from": "emails/301", "to": f"contacts/{person}", "types": [198]} for person in PEOPLE),
        {"from": "emails/302", "to": "contacts/201", "types": [198]},
        {"from": "emails/302", "to": "companies/9001", "types": [186]},
    ],
}


@pytest.fixture
def crm(emulator: dict[str, Any]) -> Crm:
    """Load the seed afresh."""
    return Crm(emulator).load(SEED)


READ = [f"crm.objects.{name}.read" for name in ("contacts", "companies", "deals", "owners")]
WRITE = [f"crm.objects.{name}.write" for name in ("contacts", "companies", "deals")]
SCHEMAS = [f"crm.schemas.{name}.{way}" for name in ("contacts", "companies", "deals") for way in ("read", "write")]
ALL_SCOPES = ["oauth", *READ, *WRITE, *SCHEMAS, "crm.lists.read", "sales-email-read"]


def task(key: str) -> CreateTask:
    return CreateTask(key, "Find a champion", "One is missing.", 1_767_225_600, "4101", "9001", "201")


def test_a_portal_is_read_with_its_roles_deals_and_people(crm: Crm) -> None:
    held = Mirror().pull(crm.connect(fields={"signal": {"nps": "nps"}}))
    assert {row["id"]: row["active"] for row in held.all("user_account")} == {"4101": True, "4102": False}
    assert {row["id"]: row["customer"] for row in held.all("account")} == {"9001": True, "9002": False}
    assert held.one("contact", id="201")["account_id"] == "9001"
    assert {(row["account_id"], row["direct"]) for row in held.all("affiliation", contact_id="201")} == {
        ("9001", True),
        ("9002", False),
    }
    assert {
        (row["contact_id"], row["account_id"], row["opportunity_id"], row["role"]) for row in held.all("contact_role")
    } == {
        ("201", "9002", None, "Decision maker"),
        ("202", "9001", "501", "Budget holder"),
    }
    deal = held.one("opportunity")
    assert (deal["closed"], deal["won"], deal["account_id"], deal["amount"]) == (True, True, "9001", 12.0)
    assert {row["score"] for row in held.all("signal", kind="nps")} == {9.0}
    assert {(row["contact_id"], row["part"]) for row in held.all("participant", activity_id="301")} == {
        (person, "to") for person in PEOPLE
    }
    assert {(row["contact_id"], row["part"]) for row in held.all("participant", activity_id="302")} == {("201", "from")}
    assert held.one("activity", id="302")["account_id"] == "9001"
    assert held.one("activity", id="701")["kind"] == "task"
    fact = held.one("coverage_of_source", fact="activity")
    assert (fact["available"], fact["since_at"]) == (True, held.one("activity", id="301")["happened_at"])


def test_the_legacy_api_version_reads_and_writes_the_same(crm: Crm) -> None:
    dated = Mirror().pull(crm.provisioned())
    legacy = crm.connect(api="v3")
    assert Mirror().pull(legacy).rows == dated.rows
    (written,) = legacy.write([UpdateRecord("contact", "201", {"depth": "4"})])
    (created,) = legacy.write([task("k-v3")])
    assert (written.outcome, created.outcome) == (Outcome.DONE, Outcome.DONE)
    assert {path.split("/")[2] for path in legacy.calls() if path.split("/")[1] == "crm"} == {"v3", "v4"}


@pytest.mark.parametrize(
    "portal",
    [
        {"unique_properties_on_tasks": True},
        {"unique_properties_on_tasks": False},
    ],
    ids=["unique", "not unique"],
)
def test_44_a_task_is_made_once_whatever_the_portal_supports(crm: Crm, portal: Mapping[str, object]) -> None:
    crm.limits(**portal)
    connection = crm.provisioned()
    results = [result for _ in range(3) for result in connection.write([task("k1"), task("k2")])]
    assert {result.outcome for result in results} == {Outcome.DONE}
    assert {result.message for result in results} == {""}
    held = Mirror().pull(connection)
    assert sorted(str(row["key"]) for row in held.all("own_task")) == ["k1", "k2"]
    ties = crm.by_hand("GET", f"/crm/objects/2026-09/tasks/{results[0].id}?associations=contacts,companies")[
        "associations"
    ]
    assert {kind: {one["id"] for one in ties[kind]["results"]} for kind in ("contacts", "companies")} == {
        "contacts": {"201"},
        "companies": {"9001"},
    }


def test_44_a_batch_carried_out_without_an_answer_makes_no_second_task(crm: Crm) -> None:
    connection = crm.provisioned()
    crm.control("faults", {"vendor": "hubspot", "path": "tasks/batch/create$", "action": "commit-then-drop", "nth": 1})
    results = connection.write([task("k1")])
    assert next(results).outcome is Outcome.UNKNOWN
    with pytest.raises(RetryLater):
        next(results)
    (result,) = connection.write([task("k1")])
    assert result.outcome is Outcome.DONE
    assert [row["id"] for row in Mirror().pull(connection).all("own_task")] == [result.id]


def test_a_task_completed_by_hand_is_not_reopened_by_a_repeated_create(crm: Crm) -> None:
    connection = crm.provisioned()
    (created,) = connection.write([task("k1")])
    crm.by_hand("PATCH", f"/crm/objects/2026-09/tasks/{created.id}", {"properties": {"hs_task_status": "COMPLETED"}})
    (again,) = connection.write([task("k1")])
    assert again.id == created.id
    assert Mirror().pull(connection).one("own_task")["open"] is False


def test_notes_are_appended_to_the_body(crm: Crm) -> None:
    connection = crm.provisioned()
    (created,) = connection.write([task("k1")])
    assert created.id is not None
    list(connection.write([SetTaskState(created.id, "k1", open=False, note="Closed: two champions now.")]))
    read = crm.by_hand("GET", f"/crm/objects/2026-09/tasks/{created.id}?properties=hs_task_body,hs_task_status")
    assert read["properties"]["hs_task_body"] == "One is missing.\nClosed: two champions now."
    assert read["properties"]["hs_task_status"] == "COMPLETED"


def test_a_task_for_a_deactivated_owner_is_refused_in_words(crm: Crm) -> None:
    connection = crm.provisioned()
    wrong = CreateTask("k1", "S", "B", 1_767_225_600, "999999", "9001", None)
    results = {result.write: result for result in connection.write([wrong, task("k2")])}
    assert results[wrong].outcome is Outcome.REJECTED
    assert "999999" in results[wrong].message
    assert results[task("k2")].outcome is Outcome.DONE


@pytest.mark.parametrize("silence", ["error", "omit"])
def test_32_the_loser_of_a_merge_disappears_and_a_write_to_it_is_refused(crm: Crm, silence: str) -> None:
    crm.limits(merged_in_batch=silence)
    connection = crm.provisioned()
    held = Mirror().pull(connection)
    merge = {"primaryObjectId": "201", "objectIdToMerge": "202"}
    winner = crm.by_hand("POST", "/crm/objects/2026-09/contacts/merge", merge)["id"]
    writes = [UpdateRecord("contact", person, {"depth": "2"}) for person in ("202", "203")]
    outcomes = {result.id: result for result in connection.write(writes)}
    assert outcomes["203"].outcome is Outcome.DONE
    assert outcomes["202"].outcome is Outcome.REJECTED
    assert outcomes["202"].message
    held.pull(connection)
    assert winner in {row["id"] for row in held.all("contact")}
    assert held.all("contact", id="202") == []


def test_31_an_archived_contact_is_gone_with_its_ties(crm: Crm) -> None:
    connection = crm.provisioned()
    held = Mirror().pull(connection)
    crm.by_hand("DELETE", "/crm/objects/2026-09/contacts/205")
    assert held.pull(connection).all("contact", id="205") == []
    assert held.all("affiliation", contact_id="205") == []


def test_33_an_activity_with_more_people_than_a_list_shows_keeps_them_all(crm: Crm) -> None:
    crm.limits(inline_associations=2)
    held = Mirror().pull(crm.connect())
    assert {row["contact_id"] for row in held.all("participant", activity_id="301")} == set(PEOPLE)


def test_37_without_the_deals_scope_everything_else_is_read_and_the_lack_is_said(crm: Crm) -> None:
    crm.limits(scopes=[scope for scope in ALL_SCOPES if "deals" not in scope])
    connection = crm.provisioned()
    held = Mirror().pull(connection)
    ends = {end.stream: end for end in held.ends}
    assert not ends["deals"].whole
    assert any("crm.objects.deals.read" in reason for reason in ends["deals"].dropped)
    assert held.all("contact")
    assert held.all("activity")
    (finding,) = connection.check()
    assert (finding.where, finding.fatal) == ("deals", False)
    assert "crm.objects.deals.read" in finding.cause


def test_without_the_contacts_scope_nothing_can_be_done(crm: Crm) -> None:
    crm.limits(scopes=["crm.objects.owners.read"])
    connection = crm.connect()
    assert [finding.fatal for finding in connection.check()] == [True]
    with pytest.raises(Unusable, match="scope"):
        list(connection.pull({}))


def test_a_mapped_property_that_does_not_exist_is_reported_with_the_one_that_was_meant(crm: Crm) -> None:
    crm.provisioned()
    (finding,) = crm.connect(fields={"account": {"employees": "numberofemployes"}}).check()
    assert finding.where == "fields.account.employees"
    assert "numberofemployees" in finding.fix
    assert finding.fatal


def test_missing_options_are_added_and_those_of_people_stay(crm: Crm) -> None:
    connection = crm.provisioned()
    path = "/crm/properties/2026-09/contacts/rapport_trend"
    theirs = [
        {"label": "Rising", "value": "rising", "displayOrder": 0},
        {"label": "Odd", "value": "odd", "displayOrder": 1},
    ]
    crm.by_hand("PATCH", path, {"options": theirs})
    (changed,) = [step for step in connection.provision(FIELDS, dry_run=False) if step.done]
    assert changed.what == "property contacts.rapport_trend"
    assert [option["value"] for option in crm.by_hand("GET", path)["options"]] == [
        "rising",
        "odd",
        "steady",
        "fading",
        "ghosting",
    ]
    assert crm.by_hand("GET", path)["options"][0]["label"] == "Rising"


def test_a_property_of_the_same_name_and_another_type_is_left_alone_and_reported(crm: Crm) -> None:
    crm.by_hand("POST", "/crm/properties/2026-09/contacts/groups", {"name": "rapport", "label": "Rapport"})
    declared = {"groupName": "rapport", "name": "rapport_depth", "label": "D", "type": "string", "fieldType": "text"}
    crm.by_hand("POST", "/crm/properties/2026-09/contacts", declared)
    steps = {step.what: step for step in crm.connect().provision(FIELDS, dry_run=False)}
    assert not steps["property contacts.rapport_depth"].done
    assert "string instead of number" in steps["property contacts.rapport_depth"].detail


def test_another_prefix_names_other_properties(crm: Crm) -> None:
    connection = crm.provisioned(prefix="Acme")
    list(connection.write([UpdateRecord("account", "9001", {"tier": "high"})]))
    held = crm.by_hand("GET", "/crm/objects/2026-09/companies/9001?properties=acme_tier")
    assert held["properties"]["acme_tier"] == "high"
    assert Mirror().pull(connection).one("observed_account", id="9001")["tier"] == "high"


def test_36_a_refresh_token_signs_in(crm: Crm) -> None:
    auth = {
        "flow": "refresh_token",
        "client_id": "env:client_id",
        "client_secret": "env:client_secret",
        "refresh_token": "env:refresh_token",
    }
    connection = crm.connect(auth=auth)
    assert Mirror().pull(connection).all("contact")
    assert connection.calls()["POST /oauth/v3/token"] == 1


@pytest.mark.parametrize("action", ["reset", "truncate", "html", "commit-then-drop"])
def test_16_and_38_a_broken_answer_is_asked_for_again_and_nothing_is_lost(crm: Crm, action: str) -> None:
    connection = crm.provisioned()
    before = Mirror().pull(connection)
    crm.control("faults", {"vendor": "hubspot", "path": "/objects/2026-09/emails$", "action": action, "nth": 1})
    assert Mirror().pull(connection).rows == before.rows


GARBLED = '{"results":[{"id":"201","properties":{"firstname":"A"da"}}]'


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/objects/2026-09/contacts$", GARBLED + "}"),
        ("/objects/2026-09/contacts$", GARBLED + ',"paging":{"next":{"after":"99999"}}}'),
        ("/objects/2026-09/emails$", GARBLED + "}"),
        ("/contacts/companies/batch/read$", '{"results":[{"from":{"id":"201"},"to":[{"toObjectId":90O1}]}]}'),
        ("/deals/contacts/batch/read$", '{"results":[{"from":{"id":"1"},"to":[],"paging":{"next":{"after":"1"x}}}]}'),
    ],
)
def test_13_an_answer_that_is_damaged_inside_is_asked_for_once_more(crm: Crm, path: str, body: str) -> None:
    crm.provisioned()
    first, second = crm.connect(), crm.connect()
    before = Mirror().pull(first)
    told = {"status": 200, "headers": {"Content-Type": "text/plain"}, "body": body}
    crm.control("faults", {"vendor": "hubspot", "path": path, "action": "status", "nth": 1, **told})
    assert Mirror().pull(second).rows == before.rows
    needed = sum(first.calls().values())
    assert needed < sum(second.calls().values()) <= needed + 2


def test_13_an_answer_that_stays_damaged_ends_the_pull(crm: Crm) -> None:
    told = {"status": 200, "headers": {"Content-Type": "text/plain"}, "body": GARBLED + "}"}
    crm.control("faults", {"vendor": "hubspot", "path": "/objects/2026-09/contacts$", "action": "status", **told})
    with pytest.raises(RetryLater, match="garbled"):
        Mirror().pull(crm.connect())


def test_35_a_burst_beyond_the_limit_is_waited_out(crm: Crm) -> None:
    limited = {"policyName": "SECONDLY", "message": "You have reached your secondly limit.", "errorType": "RATE_LIMIT"}
    crm.control(
        "faults",
        {"vendor": "hubspot", "path": "contacts$", "action": "status", "status": 429, "body": limited, "nth": 1},
    )
    assert Mirror().pull(crm.connect()).all("contact")


def test_a_tie_that_was_cut_is_no_affiliation_any_more(crm: Crm) -> None:
    connection = crm.connect()
    held = Mirror().pull(connection)
    crm.by_hand("DELETE", "/crm/objects/2026-09/contacts/201/associations/companies/9002")
    assert {row["account_id"] for row in held.pull(connection).all("affiliation", contact_id="201")} == {"9001"}
    assert held.all("contact_role", contact_id="201") == []
