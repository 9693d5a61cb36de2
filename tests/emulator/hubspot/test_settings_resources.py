"""Users, pipelines and imports in detail: what follows from a change, what is refused (contract sections 12.6, 19)."""

import json
from typing import Any

import pytest

from tests.emulator.hubspot.site import Site

pytestmark = pytest.mark.emulator

USERS = "/settings/v3/users"
DEALS = "/crm/v3/pipelines/deals"
IMPORTS = "/crm/v3/imports"


# --- users ------------------------------------------------------------------------------------------------------------


def test_users_are_the_active_owners(site: Site) -> None:
    rows = site.get(USERS)["results"]
    assert [(row["id"], row["email"]) for row in rows] == [("91", "ada@us.example"), ("92", "bob@us.example")]
    assert (rows[0]["primaryTeamId"], rows[0]["superAdmin"], rows[1]["superAdmin"]) == ("7", True, False)


def test_users_are_paged(site: Site) -> None:
    page = site.get(f"{USERS}?limit=1")
    assert [row["id"] for row in page["results"]] == ["91"]
    rest = site.get(f"{USERS}?limit=1&after={page['paging']['next']['after']}")
    assert ([row["id"] for row in rest["results"]], "paging" in rest) == (["92"], False)


def test_a_new_user_owns_records(site: Site) -> None:
    made = site.json("POST", USERS, {"email": "new@us.example", "firstName": "Nia"}, status=201)
    owner = site.get(f"/crm/v3/owners/{made['id']}?idProperty=userId")
    assert (owner["email"], owner["firstName"]) == ("new@us.example", "Nia")
    site.json("PATCH", "/crm/v3/objects/contacts/201", {"properties": {"hubspot_owner_id": owner["id"]}})


def test_a_removed_user_is_an_archived_owner(site: Site) -> None:
    site.json("DELETE", f"{USERS}/bob@us.example?idProperty=EMAIL", status=204)
    assert [row["id"] for row in site.get("/crm/v3/owners")["results"]] == ["4101"]
    archived = {row["id"]: row["userId"] for row in site.get("/crm/v3/owners?archived=true")["results"]}
    assert archived["4102"] is None
    site.refused("GET", f"{USERS}/92", status=404)


@pytest.mark.parametrize(
    ("form", "status"),
    [({"email": "ADA@us.example"}, 409), ({"email": "nobody"}, 400), ({}, 400), ({"email": ""}, 400)],
)
def test_impossible_users(site: Site, form: dict[str, str], status: int) -> None:
    site.refused("POST", USERS, form, status=status)


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [("GET", USERS, "settings.users.read"), ("POST", USERS, "settings.users.write"),
     ("GET", f"{USERS}/teams", "settings.users.teams.read")],
)  # fmt: skip
def test_users_need_their_scopes(site: Site, method: str, path: str, scope: str) -> None:
    site.portal.settings["scopes"].remove(scope)
    error = site.refused(method, path, {} if method == "POST" else None, status=403)
    assert error["errors"][0]["context"]["requiredGranularScopes"] == [scope]


# --- pipelines --------------------------------------------------------------------------------------------------------

STAGES = [{"label": "Open", "displayOrder": 0, "metadata": {"probability": "0.3"}},
          {"label": "Won", "displayOrder": 1, "metadata": {"probability": "1.0"}}]  # fmt: skip


def test_a_new_stage_takes_deals(site: Site) -> None:
    made = site.json("POST", DEALS, {"label": "Renewals", "displayOrder": 1, "stages": STAGES}, status=201)
    won = next(stage["id"] for stage in made["stages"] if stage["label"] == "Won")
    site.json("PATCH", "/crm/v3/objects/deals/7001", {"properties": {"pipeline": made["id"], "dealstage": won}})
    held = site.properties("/crm/v3/objects/deals/7001", "hs_is_closed_won", "hs_deal_stage_probability")
    assert (held["hs_is_closed_won"], held["hs_deal_stage_probability"]) == ("true", "1.0")
    options = site.get("/crm/v3/properties/deals/pipeline")["options"]
    assert made["id"] in {option["value"] for option in options}


def test_a_removed_stage_takes_no_deals(site: Site) -> None:
    site.json("DELETE", f"{DEALS}/default/stages/contractsent", status=204)
    body = {"properties": {"dealname": "N", "dealstage": "contractsent"}}
    assert site.refused("POST", "/crm/v3/objects/deals", body)["errors"][0]["code"] == "INVALID_OPTION"


def test_stages_come_in_their_order(site: Site) -> None:
    site.json("PATCH", f"{DEALS}/default/stages/closedlost", {"displayOrder": -1})
    assert site.get(DEALS)["results"][0]["stages"][0]["id"] == "closedlost"
    assert site.get(f"{DEALS}/default/stages")["results"][0]["id"] == "closedlost"


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", DEALS, {"label": "X", "displayOrder": 1, "stages": []}, 400),
        ("POST", DEALS, {"label": "X", "displayOrder": 1, "stages": [{"label": "S", "metadata": {"probability": "2"}}]},
         400),
        ("POST", DEALS, {"label": "Sales Pipeline", "displayOrder": 1, "stages": STAGES}, 409),
        ("POST", "/crm/v3/pipelines/contacts", {"label": "X", "displayOrder": 1, "stages": STAGES}, 400),
        ("POST", f"{DEALS}/default/stages", {"label": "Closed Won", "displayOrder": 9}, 409),
        ("POST", f"{DEALS}/nothing/stages", {"label": "X", "displayOrder": 9}, 404),
        ("PATCH", f"{DEALS}/default/stages/nothing", {"label": "X"}, 404),
        ("PUT", f"{DEALS}/nothing", {"label": "X", "displayOrder": 1, "stages": STAGES}, 404),
        ("DELETE", DEALS + "/default", None, 400),
        ("DELETE", f"{DEALS}/nothing", None, 404),
    ],
)  # fmt: skip
def test_impossible_pipelines(site: Site, method: str, path: str, body: Any, status: int) -> None:
    site.refused(method, path, body, status=status)


def test_the_last_stage_stays(site: Site) -> None:
    made = site.json("POST", DEALS, {"label": "One", "displayOrder": 1, "stages": STAGES[:1]}, status=201)
    site.refused("DELETE", f"{DEALS}/{made['id']}/stages/{made['stages'][0]['id']}")


# --- imports ----------------------------------------------------------------------------------------------------------


def _import(site: Site, text: str, operation: str, columns: list[dict[str, Any]], status: int = 200) -> Any:
    page = {"hasHeader": True, "columnMappings": columns}
    file = {"fileName": "rows.csv", "fileFormat": "CSV", "fileImportPage": page}
    request = {"name": "Rows", "importOperations": {"0-1": operation, "0-2": operation}, "files": [file]}
    parts = {"importRequest": (None, json.dumps(request)), "files": ("rows.csv", text)}
    answer = site.call("POST", IMPORTS, files=parts)
    assert answer.status_code == status, answer.text
    return answer.json()


def _column(name: str, target: str | None, kind: str = "0-1", **more: str) -> dict[str, Any]:
    return {"columnObjectTypeId": kind, "columnName": name, "propertyName": target, **more}


EMAIL = _column("Email", "email", columnType="HUBSPOT_ALTERNATE_ID")
ID = _column("ID", None, columnType="HUBSPOT_OBJECT_ID")
TITLE = _column("Title", "jobtitle")


@pytest.mark.parametrize(
    ("operation", "counters"),
    [("CREATE", {"TOTAL_ROWS": 2, "CREATED_OBJECTS": 1, "ERRORS": 1}),
     ("UPDATE", {"TOTAL_ROWS": 2, "UPDATED_OBJECTS": 1, "ERRORS": 1}),
     ("UPSERT", {"TOTAL_ROWS": 2, "UPDATED_OBJECTS": 1, "CREATED_OBJECTS": 1})],
)  # fmt: skip
def test_an_import_creates_updates_or_both(site: Site, operation: str, counters: dict[str, int]) -> None:
    made = _import(site, "Email,Title\nann@acme.example,CIO\nnew@acme.example,CFO\n", operation, [EMAIL, TITLE])
    assert (made["state"], made["metadata"]["counters"]) == ("DONE", counters)
    title = site.properties("/crm/v3/objects/contacts/201", "jobtitle")["jobtitle"]
    assert title == ("Head of IT" if operation == "CREATE" else "CIO")


def test_an_import_finds_records_by_id_and_history_says_so(site: Site) -> None:
    _import(site, '\ufeffID,Title\n203,"Head, of all"\n', "UPDATE", [ID, TITLE])
    path = "/crm/v3/objects/contacts/203?propertiesWithHistory=jobtitle"
    (row,) = site.get(path)["propertiesWithHistory"]["jobtitle"]
    assert (row["value"], row["sourceType"]) == ("Head, of all", "IMPORT")


def test_a_file_brings_two_types(site: Site) -> None:
    columns = [EMAIL, _column("Firm", "name", "0-2")]
    made = _import(site, "Email,Firm\nzoe@dart.example,Dart\n", "CREATE", columns)
    assert made["mappedObjectTypeIds"] == ["0-1", "0-2"]
    site.wait(6)
    found = site.json("POST", "/crm/v3/objects/companies/search", {"query": "dart"})
    assert found["total"] == 1


def test_errors_of_an_import_are_paged(site: Site) -> None:
    text = "Email,Title\n" + "".join(f"bad{number},x\n" for number in range(3))
    made = _import(site, text, "CREATE", [EMAIL, TITLE])
    page = site.get(f"{IMPORTS}/{made['id']}/errors?limit=2")
    assert [row["sourceData"]["lineNumber"] for row in page["results"]] == [1, 2]
    assert page["results"][0]["errorType"] == "VALIDATION_ERROR"
    rest = site.get(f"{IMPORTS}/{made['id']}/errors?limit=2&after={page['paging']['next']['after']}")
    assert [row["id"] for row in rest["results"]] == ["3"]


def test_an_import_that_takes_time_can_be_cancelled(site: Site) -> None:
    site.portal.settings["import_seconds"] = 60.0
    first, second = (_import(site, "Email\na@b.example\n", "UPSERT", [EMAIL])["id"] for _ in range(2))
    assert site.get(f"{IMPORTS}/{first}")["state"] == "PROCESSING"
    site.json("POST", f"{IMPORTS}/{first}/cancel")
    site.wait(60)
    assert [row["state"] for row in site.get(IMPORTS)["results"]] == ["CANCELED", "DONE"]
    site.refused("GET", f"{IMPORTS}/99", status=404)
    assert second == "2"


def test_an_operation_that_is_none_is_400(site: Site) -> None:
    _import(site, "Email\na@b.example\n", "MAGIC", [EMAIL], status=400)


def test_another_media_type_is_415(site: Site) -> None:
    site.refused("POST", IMPORTS, {}, status=415)


# --- version 3 of associations ----------------------------------------------------------------------------------------


def test_two_records_are_linked_by_a_named_type(site: Site) -> None:
    path = "/crm/v3/objects/contacts/203/associations/companies/9002"
    shown = site.json("PUT", f"{path}/contact_to_company")
    assert {row["type"] for row in shown["associations"]["companies"]["results"]} == {
        "contact_to_company", "contact_to_company_unlabeled"}  # fmt: skip
    site.json("PUT", f"{path}/931")
    site.json("DELETE", f"{path}/billing_contact_to_company", status=204)
    (link,) = site.get("/crm/v4/objects/contacts/203/associations/companies")["results"]
    assert {row["typeId"] for row in link["associationTypes"]} == {1, 279}
    assert site.refused("PUT", f"{path}/nonsense")["message"].startswith("nonsense is not a valid association type")


# --- properties -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["hs_own", "Own", "own-1", "1own", "", "x" * 101])
def test_names_that_a_property_cannot_have(site: Site, name: str) -> None:
    form = {"groupName": "contactinformation", "name": name, "label": "X", "type": "string", "fieldType": "text"}
    assert site.refused("POST", "/crm/v3/properties/contacts", form)["category"] == "VALIDATION_ERROR"
