"""Create, update, archive, merge and purge of single records (contract sections 14, 17, 18)."""

import json
from typing import Any

import pytest

from tests.emulator.hubspot.site import Site

pytestmark = pytest.mark.emulator

OBJECTS = "/crm/v3/objects"
CONTACTS = f"{OBJECTS}/contacts"
TASKS = f"{OBJECTS}/tasks"


def _create(site: Site, kind: str, **properties: Any) -> str:
    made: str = site.json("POST", f"{OBJECTS}/{kind}", {"properties": properties}, status=201)["id"]
    return made


def _problem(error: Any) -> tuple[str, str]:
    """The name and code of the first problem, out of the JSON inside the message."""
    prefix = "Property values were not valid: "
    assert error["message"].startswith(prefix)
    (row, *_) = json.loads(error["message"].removeprefix(prefix))
    assert row["isValid"] is False
    assert row["portalId"] == 48120733
    assert row["message"] == row["localizedErrorMessage"]
    return row["name"], row["error"]


def test_a_new_record_is_201_with_what_was_given(site: Site) -> None:
    made = site.json("POST", CONTACTS, {"properties": {"email": "New@Acme.example", "nps_score": 5}}, status=201)
    assert made["properties"] == {
        "email": "new@acme.example",
        "nps_score": "5",
        "hs_object_id": made["id"],
        "createdate": site.later(0),
        "lastmodifieddate": site.later(0),
    }
    assert site.get(f"{CONTACTS}/{made['id']}")["archived"] is False


@pytest.mark.parametrize(
    ("name", "given", "held"),
    [
        ("firstname", "  Ann ", "  Ann "),
        ("nps_score", 7, "7"),
        ("nps_score", "7.50", "7.50"),
        ("nps_score", 7.0, "7"),
        ("nps_score", "1e3", "1000"),
        ("nps_date", "2026-05-01", "2026-05-01"),
        ("nps_date", 1777593600000, "2026-05-01"),
        ("nps_date", "1777593600000", "2026-05-01"),
        ("closedate", 1777593600123, "2026-05-01T00:00:00.123Z"),
        ("closedate", "2026-05-01T02:00:00+02:00", "2026-05-01T00:00:00.000Z"),
        ("closedate", "2026-05-01", "2026-05-01T00:00:00.000Z"),
        ("is_user", True, "true"),
        ("is_user", "FALSE", "false"),
        ("hs_buying_role", "CHAMPION;BLOCKER", "CHAMPION;BLOCKER"),
        ("hs_buying_role", "CHAMPION;CHAMPION", "CHAMPION"),
        ("hs_lead_status", "OPEN_DEAL", "OPEN_DEAL"),
        ("hubspot_owner_id", 4102, "4102"),
        ("hubspot_owner_id", "4103", "4103"),
        ("jobtitle", "", None),
        ("jobtitle", None, None),
    ],
)
def test_values_are_stored_in_their_property_s_form(site: Site, name: str, given: object, held: str | None) -> None:
    assert site.json("PATCH", f"{CONTACTS}/201", {"properties": {name: given}})["properties"][name] == held
    assert site.properties(f"{CONTACTS}/201", name)[name] == held


@pytest.mark.parametrize(
    ("name", "given", "code"),
    [
        ("missing", "x", "PROPERTY_DOESNT_EXIST"),
        ("email", "not-an-address", "INVALID_EMAIL"),
        ("hs_lead_status", "Open deal", "INVALID_OPTION"),
        ("hs_buying_role", "CHAMPION;KING", "INVALID_OPTION"),
        ("is_user", "maybe", "INVALID_OPTION"),
        ("hs_object_id", "5", "READ_ONLY_VALUE"),
        ("num_notes", 3, "READ_ONLY_VALUE"),
        ("nps_score", "many", "INVALID_INTEGER"),
        ("nps_score", "NaN", "INVALID_INTEGER"),
        ("nps_date", "2026-05-01T09:00:00Z", "INVALID_DATE"),
        ("nps_date", "soon", "INVALID_LONG"),
        ("closedate", "99999999999999999999", "INVALID_LONG"),
        ("hubspot_owner_id", "1", "INVALID_OWNER"),
        ("hubspot_owner_id", "91", "INVALID_OWNER"),
        ("firstname", "x" * 65_537, "PROPERTY_VALUE_TOO_LONG"),
    ],
)
def test_a_bad_value_is_400_and_nothing_is_written(site: Site, name: str, given: object, code: str) -> None:
    error = site.refused("PATCH", f"{CONTACTS}/201", {"properties": {"jobtitle": "CIO", name: given}})
    assert error["category"] == "VALIDATION_ERROR"
    assert _problem(error) == (name, code)
    assert site.properties(f"{CONTACTS}/201", "jobtitle")["jobtitle"] == "Head of IT"
    site.refused("POST", CONTACTS, {"properties": {name: given}})


def test_an_unknown_option_is_told_the_allowed_ones(site: Site) -> None:
    error = site.refused("PATCH", f"{CONTACTS}/201", {"properties": {"hs_buying_role": "KING"}})
    assert "KING was not one of the allowed options: [" in error["message"]


def test_a_multiple_choice_with_leading_semicolon_is_added_to(site: Site) -> None:
    site.json("PATCH", f"{CONTACTS}/202", {"properties": {"hs_buying_role": ";BLOCKER;CHAMPION"}})
    assert site.properties(f"{CONTACTS}/202", "hs_buying_role")["hs_buying_role"] == "CHAMPION;END_USER;BLOCKER"


@pytest.mark.parametrize(("method", "path"), [("POST", CONTACTS), ("PATCH", f"{CONTACTS}/203")])
def test_an_email_in_use_is_409_with_the_holder_s_id(site: Site, method: str, path: str) -> None:
    error = site.refused(method, path, {"properties": {"email": "ANN@acme.example"}}, status=409)
    assert (error["category"], error["message"]) == ("CONFLICT", "Contact already exists. Existing ID: 201")


def test_an_email_is_free_again_when_its_holder_is_archived(site: Site) -> None:
    site.json("DELETE", f"{CONTACTS}/201", status=204)
    _create(site, "contacts", email="ann@acme.example")


def test_a_unique_property_takes_each_value_once(site: Site) -> None:
    site.json("PATCH", f"{CONTACTS}/201", {"properties": {"crm_key": "K-1"}})
    site.json("PATCH", f"{CONTACTS}/201", {"properties": {"crm_key": "K-1"}})
    error = site.refused("PATCH", f"{CONTACTS}/202", {"properties": {"crm_key": "k-1"}})
    assert _problem(error) == ("crm_key", "CONFLICTING_UNIQUE_VALUE")


@pytest.mark.parametrize(
    ("asked", "held"), [("opportunity", "customer"), ("evangelist", "evangelist"), ("", None), ("customer", "customer")]
)
def test_a_lifecycle_stage_only_moves_forward(site: Site, asked: str, held: str | None) -> None:
    site.json("PATCH", f"{CONTACTS}/202", {"properties": {"lifecyclestage": asked}})
    assert site.properties(f"{CONTACTS}/202", "lifecyclestage")["lifecyclestage"] == held


def test_a_cleared_lifecycle_stage_can_start_again(site: Site) -> None:
    site.json("PATCH", f"{CONTACTS}/202", {"properties": {"lifecyclestage": ""}})
    site.json("PATCH", f"{CONTACTS}/202", {"properties": {"lifecyclestage": "lead"}})
    assert site.properties(f"{CONTACTS}/202", "lifecyclestage")["lifecyclestage"] == "lead"


@pytest.mark.parametrize(
    ("path", "modified"),
    [
        ("contacts/201", "lastmodifieddate"),
        ("companies/9001", "hs_lastmodifieddate"),
        ("deals/7001", "hs_lastmodifieddate"),
        ("emails/5001", "hs_lastmodifieddate"),
    ],
)
def test_every_write_moves_last_modified_even_one_that_changes_nothing(site: Site, path: str, modified: str) -> None:
    site.wait(30)
    site.json("PATCH", f"{OBJECTS}/{path}", {"properties": {}})
    record = site.get(f"{OBJECTS}/{path}?properties={modified}")
    assert record["properties"][modified] == record["updatedAt"] == site.later(30)


def test_a_contact_is_updated_by_its_email(site: Site) -> None:
    body = {"properties": {"jobtitle": "CTO"}}
    assert site.json("PATCH", f"{CONTACTS}/ann@acme.example?idProperty=email", body)["id"] == "201"


def test_archiving_is_204_even_twice_and_for_unknown_ids(site: Site) -> None:
    for _ in range(2):
        site.json("DELETE", f"{OBJECTS}/companies/9001", status=204)
    site.json("DELETE", f"{OBJECTS}/companies/424242", status=204)
    site.refused("PATCH", f"{OBJECTS}/companies/9001", {"properties": {"name": "x"}}, status=404)
    assert site.get(f"{OBJECTS}/companies/9001?archived=true")["archivedAt"] == site.later(0)
    assert site.get("/crm/v4/objects/contacts/201/associations/companies")["results"] == []
    assert site.properties(f"{CONTACTS}/201", "associatedcompanyid")["associatedcompanyid"] is None


def test_an_email_is_deleted_for_good(site: Site) -> None:
    site.json("DELETE", f"{OBJECTS}/emails/5001", status=204)
    assert site.get(f"{OBJECTS}/emails?archived=true")["results"] == []


def test_purging_a_contact_leaves_nothing(site: Site) -> None:
    site.json("POST", f"{CONTACTS}/gdpr-delete", {"objectId": "ann@acme.example", "idProperty": "email"}, status=204)
    site.json("POST", f"{CONTACTS}/gdpr-delete", {"objectId": "204"}, status=204)
    assert [row["id"] for row in site.get(CONTACTS)["results"]] == ["202", "203"]
    assert site.get(f"{CONTACTS}?archived=true")["results"] == []


# --- activities -------------------------------------------------------------------------------------------------------

KINDS = ["tasks", "calls", "emails", "meetings", "notes", "communications"]


@pytest.mark.parametrize("kind", KINDS)
def test_an_activity_needs_its_timestamp(site: Site, kind: str) -> None:
    error = site.refused("POST", f"{OBJECTS}/{kind}", {"properties": {}})
    assert error["context"] == {"properties": ["hs_timestamp"]}


@pytest.mark.parametrize("kind", KINDS)
def test_activities_ignore_unknown_and_read_only_properties(site: Site, kind: str) -> None:
    given = {"hs_timestamp": "2026-11-01T09:00:00Z", "hs_object_id": 5, "no_such": 1}
    made = site.json("POST", f"{OBJECTS}/{kind}", {"properties": given}, status=201)
    assert made["id"] != "5"
    assert "no_such" not in made["properties"]
    site.json("PATCH", f"{OBJECTS}/{kind}/{made['id']}", {"properties": {"no_such": 2, "hs_body_preview": "x"}})
    assert site.properties(f"{OBJECTS}/{kind}/{made['id']}", "hs_body_preview")["hs_body_preview"] is None


@pytest.mark.parametrize(
    ("kind", "name"),
    [("tasks", "hs_task_status"), ("tasks", "hs_task_priority"), ("calls", "hs_call_direction"),
     ("emails", "hs_email_direction"), ("meetings", "hs_meeting_outcome"),
     ("communications", "hs_communication_channel_type")],
)  # fmt: skip
def test_activities_do_check_options(site: Site, kind: str, name: str) -> None:
    given = {"hs_timestamp": "1777593600000", name: "SOMEHOW"}
    assert _problem(site.refused("POST", f"{OBJECTS}/{kind}", {"properties": given})) == (name, "INVALID_OPTION")


def test_a_task_is_completed_and_reopened(site: Site) -> None:
    task = _create(site, "tasks", hs_timestamp="2026-11-03T09:00:00Z", hs_task_subject="Call Ann")
    names = ("hs_task_status", "hs_task_is_completed", "hs_task_completion_date")
    assert site.properties(f"{TASKS}/{task}", *names).items() >= {("hs_task_status", "NOT_STARTED"),
                                                                  ("hs_task_is_completed", "0")}  # fmt: skip
    site.wait(60)
    site.json("PATCH", f"{TASKS}/{task}", {"properties": {"hs_task_status": "COMPLETED"}})
    done = site.properties(f"{TASKS}/{task}", *names)
    assert (done["hs_task_is_completed"], done["hs_task_completion_date"]) == ("1", site.later(60))
    site.json("PATCH", f"{TASKS}/{task}", {"properties": {"hs_task_status": "NOT_STARTED"}})
    assert site.properties(f"{TASKS}/{task}", *names)["hs_task_completion_date"] is None


def test_a_new_activity_is_linked_and_moves_last_modified_of_whom_it_is_logged_on(site: Site) -> None:
    site.wait(60)
    spec = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 194}
    body = {
        "properties": {"hs_timestamp": site.later(30), "hs_call_title": "Intro"},
        "associations": [{"to": {"id": 201}, "types": [spec]}],
    }
    call = site.json("POST", f"{OBJECTS}/calls", body, status=201)["id"]
    linked = site.get(f"{OBJECTS}/calls/{call}?associations=contacts")["associations"]["contacts"]["results"]
    assert linked == [{"id": "201", "type": "call_to_contact"}]
    shown = site.properties(f"{CONTACTS}/201", "notes_last_contacted")
    assert (shown["notes_last_contacted"], shown["lastmodifieddate"]) == (site.later(30), site.later(60))


def test_a_task_is_no_activity_of_the_contact_it_is_about(site: Site) -> None:
    spec = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 204}
    body = {
        "properties": {"hs_timestamp": "2026-11-01T00:00:00Z"},
        "associations": [{"to": {"id": "201"}, "types": [spec]}],
    }
    site.json("POST", TASKS, body, status=201)
    shown = site.properties(f"{CONTACTS}/201", "notes_last_contacted", "notes_last_updated")
    assert (shown["notes_last_contacted"], shown["notes_last_updated"]) == (None, None)


@pytest.mark.parametrize(("to", "type_id"), [("999", 204), ("201", 203), ("201", 31_337)])
def test_an_activity_cannot_be_linked_to_nobody_or_in_the_wrong_direction(site: Site, to: str, type_id: int) -> None:
    spec = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": type_id}
    body = {"properties": {"hs_timestamp": "1777593600000"}, "associations": [{"to": {"id": to}, "types": [spec]}]}
    site.refused("POST", TASKS, body)
    assert site.get(TASKS)["results"] == []


def test_addresses_of_an_email_are_read_from_its_headers(site: Site) -> None:
    headers = {"from": {"email": "ada@us.example", "firstName": "Ada"},
               "to": [{"email": "ann@acme.example"}, {"email": "ben@acme.example"}]}  # fmt: skip
    email = _create(site, "emails", hs_timestamp="1777593600000", hs_email_headers=json.dumps(headers))
    shown = site.properties(f"{OBJECTS}/emails/{email}", "hs_email_from_email", "hs_email_to_email")
    assert shown["hs_email_from_email"] == "ada@us.example"
    assert shown["hs_email_to_email"] == "ann@acme.example;ben@acme.example"


@pytest.mark.parametrize(("stage", "closed", "won"), [("closedwon", "true", "true"), ("closedlost", "true", "false"),
                                                      ("contractsent", "false", "false")])  # fmt: skip
def test_a_deal_s_stage_says_whether_it_is_closed(site: Site, stage: str, closed: str, won: str) -> None:
    site.json("PATCH", f"{OBJECTS}/deals/7001", {"properties": {"dealstage": stage, "pipeline": "default"}})
    shown = site.properties(f"{OBJECTS}/deals/7001", "hs_is_closed", "hs_is_closed_won")
    assert (shown["hs_is_closed"], shown["hs_is_closed_won"]) == (closed, won)


# --- merging ----------------------------------------------------------------------------------------------------------


def _merge(site: Site, primary: str, other: str) -> Any:
    return site.json("POST", f"{CONTACTS}/merge", {"primaryObjectId": primary, "objectIdToMerge": other})


def test_after_a_merge_the_old_id_leads_to_the_winner_in_single_calls(site: Site) -> None:
    assert _merge(site, "202", "201")["id"] == "202"
    shown = site.get(f"{CONTACTS}/201?properties=hs_merged_object_ids,hs_additional_emails,email,jobtitle,firstname")
    assert shown["id"] == "202"
    held = shown["properties"]
    assert held["hs_merged_object_ids"] == "201"
    assert held["hs_additional_emails"] == "ann@acme.example"
    assert (held["firstname"], held["jobtitle"]) == ("Ben", "Head of IT")
    assert site.json("PATCH", f"{CONTACTS}/201", {"properties": {"jobtitle": "CIO"}})["id"] == "202"
    assert [row["id"] for row in site.get(CONTACTS)["results"]] == ["202", "203"]


def test_a_second_merge_keeps_all_old_ids(site: Site) -> None:
    _merge(site, "202", "201")
    _merge(site, "203", "202")
    assert site.get(f"{CONTACTS}/201?properties=hs_merged_object_ids")["id"] == "203"
    assert site.properties(f"{CONTACTS}/203", "hs_merged_object_ids")["hs_merged_object_ids"] == "201;202"


def test_the_winner_inherits_associations(site: Site) -> None:
    _merge(site, "203", "201")
    (link,) = site.get("/crm/v4/objects/contacts/203/associations/companies")["results"]
    assert link["toObjectId"] == 9001
    assert {kind["label"] for kind in link["associationTypes"]} == {"Primary", "Decision maker", None}
    assert site.properties(f"{CONTACTS}/203", "associatedcompanyid")["associatedcompanyid"] == "9001"


@pytest.mark.parametrize(("setting", "told"), [("error", ["201"]), ("omit", None)])
def test_a_batch_does_not_follow_old_ids(site: Site, setting: str, told: list[str] | None) -> None:
    site.portal.settings["merged_in_batch"] = setting
    _merge(site, "202", "201")
    body = {"inputs": [{"id": "201", "properties": {"jobtitle": "x"}}, {"id": "203", "properties": {"jobtitle": "y"}}]}
    answer = site.json("POST", f"{CONTACTS}/batch/update", body, status=207 if told else 200)
    assert [row["id"] for row in answer["results"]] == ["203"]
    assert (answer["errors"][0]["context"]["ids"] if told else None) == told


def test_a_batch_read_does_not_follow_old_ids_either(site: Site) -> None:
    _merge(site, "202", "201")
    answer = site.json("POST", f"{CONTACTS}/batch/read", {"inputs": [{"id": "201"}, {"id": "202"}]}, status=207)
    assert [row["id"] for row in answer["results"]] == ["202"]
    assert answer["errors"][0]["context"]["ids"] == ["201"]


def test_too_many_merges_are_414(site: Site) -> None:
    site.portal.settings["merge_limit"] = 1
    _merge(site, "202", "201")
    body = {"primaryObjectId": "203", "objectIdToMerge": "202"}
    error = site.refused("POST", f"{CONTACTS}/merge", body, status=414)
    assert error["message"] == "Cannot have more than 1 identities on a profile"


@pytest.mark.parametrize(
    ("primary", "other", "status"), [("201", "201", 400), ("201", "999", 404), ("999", "201", 404)]
)
def test_impossible_merges(site: Site, primary: str, other: str, status: int) -> None:
    body = {"primaryObjectId": primary, "objectIdToMerge": other}
    site.refused("POST", f"{CONTACTS}/merge", body, status=status)
