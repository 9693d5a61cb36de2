"""The bodies of refusals word for word (contract sections 13, 14, 20), and the scopes each resource asks for."""

from typing import Any

import pytest

from tests.emulator.hubspot.site import Site

pytestmark = pytest.mark.emulator

CONTACTS = "/crm/v3/objects/contacts"
LOST = "Could not get some CONTACT objects, they may be deleted or not exist. Check that ids are valid."


def _body(error: Any) -> dict[str, Any]:
    return {key: value for key, value in error.items() if key != "correlationId"}


def test_a_record_that_is_not_there(site: Site) -> None:
    error = site.refused("GET", f"{CONTACTS}/999", status=404)
    assert _body(error) == {"status": "error", "message": "resource not found", "category": "OBJECT_NOT_FOUND"}


def test_an_email_that_is_taken(site: Site) -> None:
    error = site.refused("POST", CONTACTS, {"properties": {"email": "Ann@ACME.example"}}, status=409)
    assert _body(error) == {
        "status": "error", "message": "Contact already exists. Existing ID: 201", "category": "CONFLICT"}  # fmt: skip


def test_a_property_that_is_not_there(site: Site) -> None:
    error = site.refused("POST", CONTACTS, {"properties": {"missing": "1"}})
    assert error["message"] == (
        'Property values were not valid: [{"isValid":false,"message":"Property \\"missing\\" does not exist",'
        '"error":"PROPERTY_DOESNT_EXIST","name":"missing",'
        '"localizedErrorMessage":"Property \\"missing\\" does not exist","portalId":48120733}]'
    )
    assert error["errors"] == [
        {"message": 'Property "missing" does not exist', "code": "PROPERTY_DOESNT_EXIST",
         "context": {"propertyName": ["missing"]}}]  # fmt: skip


def test_a_traced_row_that_is_not_valid(site: Site) -> None:
    rows = [{"objectWriteTraceId": "549b1c2a9351", "properties": {"missing": "1"}}]
    answer = site.json("POST", f"{CONTACTS}/batch/create", {"inputs": rows}, status=207)
    (error,) = answer["errors"]
    assert (error["status"], error["category"]) == ("error", "VALIDATION_ERROR")
    assert error["context"] == {"objectWriteTraceId": ["549b1c2a9351"]}
    assert (answer["status"], answer["numErrors"], answer["results"]) == ("COMPLETE", 1, [])


def test_records_a_batch_read_does_not_find(site: Site) -> None:
    answer = site.json("POST", f"{CONTACTS}/batch/read", {"inputs": [{"id": "201"}, {"id": "999"}]}, status=207)
    wanted = {"status": "error", "category": "OBJECT_NOT_FOUND", "message": LOST, "context": {"ids": ["999"]}}
    assert answer["errors"] == [wanted]
    assert {"startedAt", "completedAt"} <= answer.keys()


def test_a_missing_scope(site: Site) -> None:
    site.portal.settings["scopes"].remove("crm.objects.contacts.read")
    assert _body(site.refused("GET", CONTACTS, status=403)) == {
        "status": "error",
        "message": "This app hasn't been granted all required scopes to make this call. Read more about required "
        "scopes here: https://developers.hubspot.com/scopes.",
        "errors": [
            {
                "message": "One or more of the following scopes are required.",
                "context": {"requiredGranularScopes": ["crm.objects.contacts.read"]},
            }
        ],
        "links": {"scopes": "https://developers.hubspot.com/scopes"},
        "category": "MISSING_SCOPES",
    }


def test_no_credentials(site: Site) -> None:
    answer = site.call("GET", CONTACTS, headers={"Authorization": ""})
    assert _body(answer.json()) == {
        "status": "error",
        "message": "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find "
        "more details at https://developers.hubspot.com/docs/methods/auth/oauth-overview",
        "category": "INVALID_AUTHENTICATION",
    }


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        (
            "ten_secondly_limit",
            {"message": "You have reached your ten_secondly_rolling limit.", "policyName": "TEN_SECONDLY_ROLLING"},
        ),
        ("daily_limit", {"message": "You have reached your daily limit.", "policyName": "DAILY"}),
    ],
)
def test_a_spent_limit(site: Site, setting: str, told: dict[str, str]) -> None:
    site.portal.settings[setting] = 1
    site.get(CONTACTS)
    error = site.refused("GET", CONTACTS, status=429)
    assert {**told, "status": "error", "errorType": "RATE_LIMIT"}.items() <= error.items()
    if setting == "daily_limit":
        assert error["requestId"]
    else:
        assert error["groupName"].startswith("publicapi:private-apps-api-calls-ten-secondly:")


def test_a_spent_second_of_search(site: Site) -> None:
    for _ in range(5):
        site.json("POST", f"{CONTACTS}/search", {})
    answer = site.call("POST", f"{CONTACTS}/search", {})
    told = {"status": "error", "message": "You have reached your secondly limit.", "errorType": "RATE_LIMIT",
            "policyName": "SECONDLY"}  # fmt: skip
    assert answer.status_code == 429
    assert told.items() <= answer.json().items()
    assert not [name for name in answer.headers if name.lower().startswith("x-hubspot-ratelimit")]


# --- scopes -----------------------------------------------------------------------------------------------------------

OBJECTS = "crm.objects.contacts"
SCOPES: list[tuple[str, str, set[str]]] = [
    ("GET", CONTACTS, {f"{OBJECTS}.read"}),
    ("POST", f"{CONTACTS}/merge", {f"{OBJECTS}.write"}),
    ("POST", f"{CONTACTS}/search", {f"{OBJECTS}.read"}),
    ("GET", "/crm/v3/objects/notes", {f"{OBJECTS}.read"}),
    ("GET", "/crm/v3/objects/leads", {"crm.objects.leads.read"}),
    ("GET", "/crm/v3/objects/users", {"crm.objects.users.read"}),
    ("GET", "/crm/objects/2026-09/emails", {f"{OBJECTS}.read", "sales-email-read"}),
    ("PUT", "/crm/v4/objects/contacts/201/associations/default/deals/7001",
     {f"{OBJECTS}.write", "crm.objects.deals.write"}),
    ("POST", "/crm/v3/associations/contacts/companies/batch/read", {f"{OBJECTS}.read", "crm.objects.companies.read"}),
    ("POST", "/crm/v4/associations/contacts/tickets/labels", {"crm.schemas.contacts.write", "tickets"}),
    ("GET", "/crm/v3/properties/deals", {"crm.schemas.deals.read"}),
    ("POST", "/crm/v3/properties/contacts", {"crm.schemas.contacts.write"}),
    ("GET", "/crm/v3/property-validations/0-1", {"crm.schemas.contacts.read"}),
    ("PUT", "/crm/v3/property-validations/0-1/zip/rule-type/REGEX", {"crm.schemas.contacts.write"}),
    ("GET", "/crm/v3/pipelines/deals", {"crm.objects.deals.read"}),
    ("POST", "/crm/v3/pipelines/deals", {"crm.objects.deals.write"}),
    ("GET", "/crm/v3/owners", {"crm.objects.owners.read"}),
    ("POST", "/crm/v3/lists/search", {"crm.lists.read"}),
    ("PUT", "/crm/v3/lists/1/memberships/add", {"crm.lists.read", "crm.lists.write"}),
    ("POST", "/crm/v3/exports/export/async", {"crm.export"}),
    ("POST", "/crm/v3/imports", {"crm.import"}),
    ("POST", "/crm-object-schemas/v3/schemas", {"crm.schemas.custom.write"}),
    ("GET", "/settings/v3/users", {"settings.users.read"}),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "scopes"), SCOPES, ids=[f"{m} {p}" for m, p, _ in SCOPES])
def test_each_resource_names_the_scopes_it_asks_for(site: Site, method: str, path: str, scopes: set[str]) -> None:
    site.portal.settings["scopes"] = []
    error = site.refused(method, path, None if method == "GET" else {}, status=403)
    assert set(error["errors"][0]["context"]["requiredGranularScopes"]) == scopes


def test_the_account_asks_for_no_scope(site: Site) -> None:
    site.portal.settings["scopes"] = []
    site.get("/account-info/v3/details")
    site.get("/account-info/v3/api-usage/daily/private-apps")
