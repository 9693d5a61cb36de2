"""Property definitions and groups (contract section 18)."""

from typing import Any

import pytest

from tests.emulator.hubspot.site import Site

pytestmark = pytest.mark.emulator

CONTACTS = "/crm/v3/properties/contacts"
NEW = {"groupName": "contactinformation", "name": "tie", "label": "Tie", "type": "number", "fieldType": "number"}


def test_a_definition_has_the_documented_keys(site: Site) -> None:
    shown = site.get(f"{CONTACTS}/nps_score")
    assert shown == {
        "updatedAt": site.later(0),
        "createdAt": site.later(0),
        "name": "nps_score",
        "label": "NPS",
        "type": "number",
        "fieldType": "number",
        "description": "",
        "groupName": "contactinformation",
        "options": [],
        "displayOrder": -1,
        "calculated": False,
        "externalOptions": False,
        "archived": False,
        "hasUniqueValue": False,
        "hidden": False,
        "hubspotDefined": False,
        "modificationMetadata": {
            "archivable": True,
            "readOnlyDefinition": False,
            "readOnlyOptions": False,
            "readOnlyValue": False,
        },
        "formField": False,
    }


STANDARD = {
    "contacts": {"email": ("string", "text"), "jobtitle": ("string", "text"), "job_function": ("string", "text"),
                 "seniority": ("string", "text"), "hs_buying_role": ("enumeration", "checkbox"),
                 "lifecyclestage": ("enumeration", "radio"), "hubspot_owner_id": ("enumeration", "select"),
                 "notes_last_contacted": ("datetime", "date"), "hs_email_optout": ("bool", "booleancheckbox"),
                 "num_contacted_notes": ("number", "number")},
    "companies": {"name": ("string", "text"), "domain": ("string", "text"), "numberofemployees": ("number", "number")},
    "deals": {"amount": ("number", "number"), "dealstage": ("enumeration", "radio")},
    "tasks": {"hs_timestamp": ("datetime", "date"), "hs_task_status": ("enumeration", "select")},
    "calls": {"hs_call_duration": ("number", "number"), "hs_call_disposition": ("enumeration", "select")},
    "emails": {"hs_email_headers": ("string", "textarea"), "hs_email_from_email": ("string", "text")},
    "meetings": {"hs_meeting_start_time": ("datetime", "date"), "hs_meeting_outcome": ("enumeration", "select")},
    "notes": {"hs_note_body": ("string", "html")},
    "communications": {"hs_communication_channel_type": ("enumeration", "select")},
}  # fmt: skip


@pytest.mark.parametrize("kind", STANDARD)
def test_standard_properties_are_there(site: Site, kind: str) -> None:
    rows = {row["name"]: row for row in site.get(f"/crm/v3/properties/{kind}")["results"]}
    assert {name: (rows[name]["type"], rows[name]["fieldType"]) for name in STANDARD[kind]} == STANDARD[kind]
    assert all(row["hubspotDefined"] for name, row in rows.items() if name in STANDARD[kind])


def test_the_buying_role_has_its_nine_options(site: Site) -> None:
    options = {row["value"]: row["label"] for row in site.get(f"{CONTACTS}/hs_buying_role")["options"]}
    assert options == {
        "BLOCKER": "Blocker", "BUDGET_HOLDER": "Budget Holder", "CHAMPION": "Champion",
        "DECISION_MAKER": "Decision Maker", "END_USER": "End User", "EXECUTIVE_SPONSOR": "Executive Sponsor",
        "INFLUENCER": "Influencer", "LEGAL_AND_COMPLIANCE": "Legal & Compliance", "OTHER": "Other",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["hs_object_id", "num_notes", "lastmodifieddate", "hs_email_optout", "hs_seniority"])
def test_read_only_values_say_so(site: Site, name: str) -> None:
    assert site.get(f"{CONTACTS}/{name}")["modificationMetadata"]["readOnlyValue"] is True


def test_a_property_is_created_201_used_changed_and_archived(site: Site) -> None:
    assert site.json("POST", CONTACTS, NEW, status=201)["hubspotDefined"] is False
    site.json("PATCH", "/crm/v3/objects/contacts/201", {"properties": {"tie": 0.5}})
    assert site.properties("/crm/v3/objects/contacts/201", "tie")["tie"] == "0.5"
    changed = site.json("PATCH", f"{CONTACTS}/tie", {"label": "Strength", "description": "How strong"})
    assert (changed["label"], changed["description"], changed["type"]) == ("Strength", "How strong", "number")
    site.json("DELETE", f"{CONTACTS}/tie", status=204)
    site.refused("GET", f"{CONTACTS}/tie", status=404)
    assert site.get(f"{CONTACTS}/tie?archived=true")["archived"] is True
    assert "tie" not in site.get("/crm/v3/objects/contacts/201?properties=tie")["properties"]
    assert [row["name"] for row in site.get(f"{CONTACTS}?archived=True")["results"]] == ["tie"]


def test_an_existing_name_is_409(site: Site) -> None:
    site.json("POST", CONTACTS, NEW, status=201)
    error = site.refused("POST", CONTACTS, NEW, status=409)
    assert (error["category"], error["subCategory"]) == ("CONFLICT", "Properties.PROPERTY_EXISTS")


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Tie"},
        {"name": "tie-strength"},
        {"name": ""},
        {"type": "object"},
        {"fieldType": "text"},
        {"type": "string", "fieldType": "number"},
        {"groupName": "nowhere"},
        {"type": "enumeration", "fieldType": "select", "options": [{"label": "A", "value": "a"}] * 2},
    ],
)
def test_a_wrong_definition_is_400(site: Site, change: dict[str, Any]) -> None:
    site.refused("POST", CONTACTS, {**NEW, **change})


def test_options_are_created_and_replaced(site: Site) -> None:
    rows = [{"label": "Low", "value": "low", "displayOrder": 1}, {"label": "High", "value": "high", "displayOrder": 2}]
    body = {**NEW, "type": "enumeration", "fieldType": "checkbox", "options": rows}
    made = site.json("POST", CONTACTS, body, status=201)
    assert [(row["value"], row["displayOrder"]) for row in made["options"]] == [("low", 1), ("high", 2)]
    site.json("PATCH", "/crm/v3/objects/contacts/201", {"properties": {"tie": "low;high"}})
    site.json("PATCH", f"{CONTACTS}/tie", {"options": rows[:1]})
    site.refused("PATCH", "/crm/v3/objects/contacts/201", {"properties": {"tie": "high"}})


def test_at_most_ten_properties_are_unique(site: Site) -> None:
    body = {**NEW, "type": "string", "fieldType": "text", "hasUniqueValue": True}
    for number in range(9):
        site.json("POST", CONTACTS, {**body, "name": f"key{number}"}, status=201)
    site.refused("POST", CONTACTS, {**body, "name": "key_over"})


def test_uniqueness_cannot_be_added_later(site: Site) -> None:
    site.json("POST", CONTACTS, NEW, status=201)
    assert site.json("PATCH", f"{CONTACTS}/tie", {"hasUniqueValue": True})["hasUniqueValue"] is False


@pytest.mark.parametrize(("method", "body"), [("DELETE", None), ("PATCH", {"type": "string", "fieldType": "text"})])
def test_standard_properties_are_not_archived_nor_retyped(site: Site, method: str, body: Any) -> None:
    site.refused(method, f"{CONTACTS}/hs_email_optout", body)


def test_batches_of_properties(site: Site) -> None:
    rows = [NEW, {**NEW, "name": "tie_two"}]
    made = site.json("POST", f"{CONTACTS}/batch/create", {"inputs": rows}, status=201)
    assert [row["name"] for row in made["results"]] == ["tie", "tie_two"]
    again = site.json("POST", f"{CONTACTS}/batch/create", {"inputs": [NEW, {**NEW, "name": "tie_three"}]}, status=207)
    assert (again["numErrors"], again["errors"][0]["category"]) == (1, "CONFLICT")
    asked = {"archived": False, "inputs": [{"name": "tie"}, {"name": "no_such"}]}
    read = site.json("POST", f"{CONTACTS}/batch/read", asked, status=207)
    assert [row["name"] for row in read["results"]] == ["tie"]
    site.json("POST", f"{CONTACTS}/batch/archive", {"inputs": [{"name": "tie"}, {"name": "no_such"}]}, status=204)
    site.refused("GET", f"{CONTACTS}/tie", status=404)


def test_groups(site: Site) -> None:
    path = f"{CONTACTS}/groups"
    body = {"name": "rapport", "label": "Rapport", "displayOrder": -1}
    assert site.json("POST", path, body, status=201) == {**body, "archived": False}
    site.refused("POST", path, body, status=409)
    assert site.json("PATCH", f"{path}/rapport", {"label": "Coverage"})["label"] == "Coverage"
    assert "rapport" in {row["name"] for row in site.get(path)["results"]}
    site.json("POST", CONTACTS, {**NEW, "groupName": "rapport"}, status=201)
    site.refused("DELETE", f"{path}/rapport")
    site.json("DELETE", f"{CONTACTS}/tie", status=204)
    site.json("DELETE", f"{path}/rapport", status=204)
    site.refused("GET", f"{path}/rapport", status=404)
