"""Object types beyond contacts, companies and deals, and those a portal defines for itself; association type ids."""

from typing import Any

import pytest

from tests.emulator.hubspot.site import NOW, SEED, Site
from tests.emulator.hubspot.test_client_table import PETS

pytestmark = pytest.mark.emulator

SCHEMAS = "/crm-object-schemas/v3/schemas"
DATED = "/crm-object-schemas/2026-09/schemas"

# The contract's table of section 16: from, to, unlabelled type, then the labelled ones.
TYPE_IDS: list[tuple[str, str, set[int]]] = [
    ("contact", "contact", {449}), ("contact", "company", {279, 1, 931}), ("contact", "deal", {4}),
    ("contact", "call", {193}), ("contact", "email", {197}), ("contact", "meeting", {199}), ("contact", "note", {201}),
    ("contact", "task", {203}), ("contact", "communication", {82}), ("contact", "lead", {609, 579}),
    ("company", "contact", {280, 2, 930}), ("company", "company", {450, 14, 13}), ("company", "deal", {342, 6}),
    ("company", "call", {181}), ("company", "email", {185}), ("company", "meeting", {187}), ("company", "note", {189}),
    ("company", "task", {191}), ("company", "communication", {88}), ("company", "lead", {611, 581}),
    ("deal", "contact", {3}), ("deal", "company", {341, 5}), ("deal", "deal", {451}), ("deal", "call", {205}),
    ("deal", "email", {209}), ("deal", "meeting", {211}), ("deal", "note", {213}), ("deal", "task", {215}),
    ("deal", "communication", {86}), ("deal", "lead", {1038, 583}),
    ("call", "contact", {194}), ("call", "company", {182}), ("call", "deal", {206}),
    ("email", "contact", {198}), ("email", "company", {186}), ("email", "deal", {210}),
    ("meeting", "contact", {200}), ("meeting", "company", {188}), ("meeting", "deal", {212}),
    ("note", "contact", {202}), ("note", "company", {190}), ("note", "deal", {214}),
    ("task", "contact", {204}), ("task", "company", {192}), ("task", "deal", {216}),
    ("communication", "contact", {81}), ("communication", "company", {87}), ("communication", "deal", {85}),
    ("lead", "contact", {608, 578}), ("lead", "company", {610, 580}), ("lead", "deal", {1037, 582}),
    ("lead", "call", {596}), ("lead", "email", {598}), ("lead", "meeting", {600}), ("lead", "note", {854}),
    ("lead", "task", {646}), ("lead", "communication", {602}),
]  # fmt: skip


@pytest.mark.parametrize(("start", "end", "ids"), TYPE_IDS)
def test_association_type_ids_are_hubspot_s(site: Site, start: str, end: str, ids: set[int]) -> None:
    rows = site.get(f"/crm/v4/associations/{start}/{end}/labels")["results"]
    assert {row["typeId"] for row in rows if row["category"] == "HUBSPOT_DEFINED"} == ids
    assert [row["label"] for row in rows].count(None) == 1


@pytest.mark.parametrize(
    ("name", "type_id"),
    [("contact", "0-1"), ("company", "0-2"), ("deal", "0-3"), ("ticket", "0-5"), ("communication", "0-18"),
     ("task", "0-27"), ("note", "0-46"), ("meeting", "0-47"), ("call", "0-48"), ("email", "0-49"), ("user", "0-115"),
     ("postal_mail", "0-116"), ("lead", "0-136")],
)  # fmt: skip
def test_a_type_goes_by_its_name_and_by_its_id(site: Site, name: str, type_id: str) -> None:
    assert site.get(f"/crm/v3/objects/{name}") == site.get(f"/crm/v3/objects/{type_id}")
    named = [row["name"] for row in site.get(f"/crm/v3/properties/{type_id}")["results"]]
    assert "hs_object_id" in named


# --- tickets and leads ------------------------------------------------------------------------------------------------


def test_a_ticket_needs_a_stage_and_gets_the_first_pipeline(site: Site) -> None:
    error = site.refused("POST", "/crm/v3/objects/tickets", {"properties": {"subject": "Help"}})
    assert error["context"] == {"properties": ["hs_pipeline_stage"]}
    form = {"properties": {"subject": "Help", "hs_pipeline_stage": "1"}}
    made = site.json("POST", "/crm/v3/objects/tickets", form, status=201)
    path = f"/crm/v3/objects/tickets/{made['id']}"
    shown = site.get(path)["properties"]
    assert {key: shown[key] for key in ("subject", "hs_pipeline", "hs_pipeline_stage", "content")} == {
        "subject": "Help", "hs_pipeline": "0", "hs_pipeline_stage": "1", "content": None}  # fmt: skip


def test_a_ticket_is_closed_by_its_stage(site: Site) -> None:
    form = {"properties": {"subject": "Help", "hs_pipeline_stage": "1"}}
    path = f"/crm/v3/objects/tickets/{site.json('POST', '/crm/v3/objects/tickets', form, status=201)['id']}"
    site.wait(90)
    site.json("PATCH", path, {"properties": {"hs_pipeline_stage": "4"}})
    held = site.properties(path, "hs_is_closed", "closed_date", "time_to_close")
    told = (held["hs_is_closed"], held["closed_date"], held["time_to_close"])
    assert told == ("true", site.later(90), "90000")
    site.json("PATCH", path, {"properties": {"hs_pipeline_stage": "2"}})
    assert site.properties(path, "closed_date")["closed_date"] is None


def test_tickets_ride_on_one_scope(site: Site) -> None:
    site.portal.settings["scopes"].remove("tickets")
    for method, path in (("GET", "/crm/v3/objects/tickets"), ("DELETE", "/crm/v3/objects/tickets/1")):
        error = site.refused(method, path, status=403)
        assert error["errors"][0]["context"]["requiredGranularScopes"] == ["tickets"]


def test_a_lead_needs_a_name_and_has_its_own_pipeline(site: Site) -> None:
    error = site.refused("POST", "/crm/v3/objects/leads", {"properties": {}})
    assert error["context"] == {"properties": ["hs_lead_name"]}
    spec = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 578}
    body = {"properties": {"hs_lead_name": "Ann", "hs_pipeline_stage": "new-stage-id"},
            "associations": [{"to": {"id": "201"}, "types": [spec]}]}  # fmt: skip
    made = site.json("POST", "/crm/objects/2026-09/leads", body, status=201)
    (link,) = site.get(f"/crm/v4/objects/leads/{made['id']}/associations/contacts")["results"]
    assert {row["typeId"] for row in link["associationTypes"]} == {608, 578}
    (pipeline,) = site.get("/crm/v3/pipelines/leads")["results"]
    assert pipeline["stages"][0]["metadata"]["leadState"] == "NEW"


# --- custom objects ---------------------------------------------------------------------------------------------------


def _pets(site: Site, root: str = SCHEMAS) -> str:
    key: str = site.json("POST", root, PETS, status=201)["objectTypeId"]
    return key


@pytest.mark.parametrize("root", [SCHEMAS, DATED])
@pytest.mark.parametrize("word", ["2-10000001", "p48120733_pets", "p_pets", "P48120733_PETS"])
def test_a_custom_object_lives_in_every_path(site: Site, root: str, word: str) -> None:
    _pets(site, root)
    made = site.json("POST", f"/crm/v3/objects/{word}", {"properties": {"name": "Rex"}}, status=201)
    assert site.get(f"/crm/objects/2026-09/{word}/{made['id']}?properties=name")["properties"]["name"] == "Rex"
    site.wait(6)
    found = site.json("POST", f"/crm/v3/objects/{word}/search", {"query": "rex"})
    assert [row["id"] for row in found["results"]] == [made["id"]]


def test_a_custom_object_has_no_plain_name(site: Site) -> None:
    _pets(site)
    assert site.refused("GET", "/crm/v3/objects/pets")["message"] == "Unable to infer object type from: pets"


def test_its_records_need_what_the_type_requires(site: Site) -> None:
    error = site.refused("POST", f"/crm/v3/objects/{_pets(site)}", {"properties": {"chip": "1"}})
    assert error["context"] == {"properties": ["name"]}


def test_its_unique_property_identifies_records(site: Site) -> None:
    kind = _pets(site)
    row = {"id": "C-1", "idProperty": "chip", "properties": {"name": "Rex"}}
    (made,) = site.json("POST", f"/crm/v3/objects/{kind}/batch/upsert", {"inputs": [row]})["results"]
    assert site.get(f"/crm/v3/objects/{kind}/C-1?idProperty=chip")["id"] == made["id"]


def test_it_is_associated_with_what_it_names_and_with_activities(site: Site) -> None:
    kind = _pets(site)
    made = site.json("POST", f"/crm/v3/objects/{kind}", {"properties": {"name": "Rex"}}, status=201)
    (label,) = site.get(f"/crm/v4/associations/{kind}/contacts/labels")["results"]
    assert (label["category"], label["label"]) == ("USER_DEFINED", None)
    site.json("PUT", f"/crm/v4/objects/{kind}/{made['id']}/associations/default/contacts/201")
    shown = site.get(f"/crm/v3/objects/contacts/201?associations={kind}")["associations"]
    assert [row["id"] for row in shown["p48120733_pets"]["results"]] == [made["id"]]
    assert site.get(f"/crm/v4/associations/{kind}/tasks/labels")["results"]
    site.refused("PUT", f"/crm/v4/objects/{kind}/{made['id']}/associations/default/deals/7001")


def test_its_unlabelled_type_cannot_be_dropped_but_labels_can(site: Site) -> None:
    kind = _pets(site)
    path = f"/crm/v4/associations/{kind}/contacts/labels"
    (default,) = site.get(path)["results"]
    site.refused("DELETE", f"{path}/{default['typeId']}")
    first, _ = site.json("POST", path, {"label": "Owner", "name": "owner"})["results"]
    site.json("DELETE", f"{path}/{first['typeId']}", status=204)


@pytest.mark.parametrize(
    "changes",
    [{"name": ""}, {"name": "9lives"}, {"name": "a-b"}, {"primaryDisplayProperty": "colour"},
     {"requiredProperties": ["colour"]}, {"associatedObjects": ["GADGET"]},
     {"properties": [{"name": "Name", "label": "N", "type": "string", "fieldType": "text"}]},
     {"properties": [{"name": "name", "label": "N", "type": "string", "fieldType": "select"}]}],
)  # fmt: skip
def test_impossible_types_are_400_and_leave_nothing(site: Site, changes: dict[str, Any]) -> None:
    site.refused("POST", SCHEMAS, {**PETS, **changes})
    assert site.get(SCHEMAS)["results"] == []
    site.refused("GET", "/crm/v3/objects/2-10000001")


def test_a_type_is_defined_once(site: Site) -> None:
    _pets(site)
    assert site.refused("POST", SCHEMAS, PETS, status=409)["category"] == "CONFLICT"


def test_a_type_with_records_is_not_deleted(site: Site) -> None:
    kind = _pets(site)
    made = site.json("POST", f"/crm/v3/objects/{kind}", {"properties": {"name": "Rex"}}, status=201)
    site.refused("DELETE", f"{SCHEMAS}/{kind}")
    site.json("DELETE", f"/crm/v3/objects/{kind}/{made['id']}", status=204)
    site.json("DELETE", f"{SCHEMAS}/{kind}", status=204)
    site.refused("GET", f"/crm/v3/objects/{kind}")
    assert [row["name"] for row in site.get(f"{SCHEMAS}?archived=true")["results"]] == ["pets"]
    site.json("DELETE", f"{SCHEMAS}/{kind}?archived=true", status=204)
    assert _pets(site) == "2-10000002"


def test_hubspot_s_own_types_are_described_too(site: Site) -> None:
    shown = site.get(f"{SCHEMAS}/contacts")
    assert (shown["objectTypeId"], shown["primaryDisplayProperty"]) == ("0-1", "email")
    assert "email" in {row["name"] for row in shown["properties"]}


def test_custom_objects_have_their_own_scopes(site: Site) -> None:
    kind = _pets(site)
    site.portal.settings["scopes"].remove("crm.objects.custom.read")
    error = site.refused("GET", f"/crm/v3/objects/{kind}", status=403)
    assert error["errors"][0]["context"]["requiredGranularScopes"] == ["crm.objects.custom.read"]


def test_a_seed_brings_types_and_their_records(site: Site) -> None:
    own = {"p48120733_pets": [{"id": "8001", "properties": {"name": "Rex", "chip": "C-1"}}]}
    link = {"from": "p48120733_pets/8001", "to": "contacts/201"}
    site.clock.set(NOW)
    site.portal.reset()
    site.portal.load(
        {
            **SEED,
            "schemas": [PETS],
            "records": {**SEED["records"], **own},
            "associations": [*SEED["associations"], link],
        }
    )
    assert site.get("/crm/v3/objects/2-10000001/8001?properties=name")["properties"]["name"] == "Rex"
    (found,) = site.get("/crm/v4/objects/contacts/201/associations/2-10000001")["results"]
    assert found["toObjectId"] == 8001
