"""Each operation under each version: the path map of section 0 and the success codes of section 12.6."""

from typing import Any

import pytest

from tests.emulator.hubspot.site import Site
from tests.emulator.hubspot.test_client_table import PETS

pytestmark = pytest.mark.emulator

DATES = ("2025-09", "2026-03", "2026-09")
SPEC = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 279}]
TIED = {"from": {"id": "203"}, "to": {"id": "9002"}}
FIELD = {"groupName": "contactinformation", "name": "own", "label": "Own", "type": "string", "fieldType": "text"}
STAGE = {"label": "S", "displayOrder": 0, "metadata": {"probability": "0.5"}}
NEW_LIST = {"name": "L", "objectTypeId": "0-1", "processingType": "MANUAL"}
EXPORT = {"exportType": "VIEW", "format": "CSV", "exportName": "E", "objectType": "CONTACT", "objectProperties": []}
SEARCH: dict[str, Any] = {"filterGroups": []}


def _inputs(**row: Any) -> dict[str, Any]:
    return {"inputs": [row]}


# method, legacy path, dated path, body, success code
TABLE: list[tuple[str, str, str, Any, int]] = [
    ("GET", "/crm/v3/objects/contacts", "/crm/objects/{}/contacts", None, 200),
    ("POST", "/crm/v3/objects/contacts", "/crm/objects/{}/contacts", {"properties": {}}, 201),
    ("GET", "/crm/v3/objects/contacts/201", "/crm/objects/{}/contacts/201", None, 200),
    ("PATCH", "/crm/v3/objects/contacts/201", "/crm/objects/{}/contacts/201", {"properties": {"zip": "1"}}, 200),
    ("DELETE", "/crm/v3/objects/contacts/201", "/crm/objects/{}/contacts/201", None, 204),
    ("POST", "/crm/v3/objects/contacts/batch/read", "/crm/objects/{}/contacts/batch/read", _inputs(id="201"), 200),
    ("POST", "/crm/v3/objects/contacts/batch/create", "/crm/objects/{}/contacts/batch/create",
     _inputs(properties={}), 201),
    ("POST", "/crm/v3/objects/contacts/batch/update", "/crm/objects/{}/contacts/batch/update", _inputs(id="201"), 200),
    ("POST", "/crm/v3/objects/contacts/batch/upsert", "/crm/objects/{}/contacts/batch/upsert",
     _inputs(id="x@y.example", idProperty="email"), 200),
    ("POST", "/crm/v3/objects/contacts/batch/archive", "/crm/objects/{}/contacts/batch/archive",
     _inputs(id="201"), 204),
    ("POST", "/crm/v3/objects/contacts/search", "/crm/objects/{}/contacts/search", SEARCH, 200),
    ("POST", "/crm/v3/objects/contacts/merge", "/crm/objects/{}/contacts/merge",
     {"primaryObjectId": "201", "objectIdToMerge": "202"}, 200),
    ("POST", "/crm/v3/objects/contacts/gdpr-delete", "/crm/objects/{}/contacts/gdpr-delete", {"objectId": "201"}, 204),
    ("GET", "/crm/v4/objects/contacts/201/associations/companies",
     "/crm/objects/{}/contacts/201/associations/companies", None, 200),
    ("PUT", "/crm/v4/objects/contacts/203/associations/companies/9002",
     "/crm/objects/{}/contacts/203/associations/companies/9002", SPEC, 201),
    ("PUT", "/crm/v4/objects/contacts/203/associations/default/companies/9002",
     "/crm/objects/{}/contacts/203/associations/default/companies/9002", None, 200),
    ("DELETE", "/crm/v4/objects/contacts/201/associations/companies/9001",
     "/crm/objects/{}/contacts/201/associations/companies/9001", None, 204),
    ("POST", "/crm/v4/associations/contacts/companies/batch/read",
     "/crm/associations/{}/contacts/companies/batch/read", _inputs(id="201"), 200),
    ("POST", "/crm/v4/associations/contacts/companies/batch/create",
     "/crm/associations/{}/contacts/companies/batch/create", _inputs(**TIED, types=SPEC), 201),
    ("POST", "/crm/v4/associations/contacts/companies/batch/associate/default",
     "/crm/associations/{}/contacts/companies/batch/associate/default", _inputs(**TIED), 200),
    ("POST", "/crm/v4/associations/contacts/companies/batch/archive",
     "/crm/associations/{}/contacts/companies/batch/archive", {"inputs": []}, 204),
    ("POST", "/crm/v4/associations/contacts/companies/batch/labels/archive",
     "/crm/associations/{}/contacts/companies/batch/labels/archive", _inputs(**TIED, types=SPEC), 204),
    ("GET", "/crm/v4/associations/contacts/companies/labels", "/crm/associations/{}/contacts/companies/labels",
     None, 200),
    ("POST", "/crm/v4/associations/contacts/companies/labels", "/crm/associations/{}/contacts/companies/labels",
     {"label": "L", "name": "l"}, 200),
    ("PUT", "/crm/v4/associations/contacts/companies/labels", "/crm/associations/{}/contacts/companies/labels",
     {"label": "L", "associationTypeId": 101}, 204),
    ("DELETE", "/crm/v4/associations/contacts/companies/labels/101",
     "/crm/associations/{}/contacts/companies/labels/101", None, 204),
    ("GET", "/crm/v3/owners", "/crm/owners/{}", None, 200),
    ("GET", "/crm/v3/owners/4101", "/crm/owners/{}/4101", None, 200),
    ("GET", "/crm/v3/properties/contacts", "/crm/properties/{}/contacts", None, 200),
    ("POST", "/crm/v3/properties/contacts", "/crm/properties/{}/contacts", FIELD, 201),
    ("GET", "/crm/v3/properties/contacts/email", "/crm/properties/{}/contacts/email", None, 200),
    ("PATCH", "/crm/v3/properties/contacts/nps_score", "/crm/properties/{}/contacts/nps_score", {"label": "X"}, 200),
    ("DELETE", "/crm/v3/properties/contacts/nps_score", "/crm/properties/{}/contacts/nps_score", None, 204),
    ("POST", "/crm/v3/properties/contacts/batch/create", "/crm/properties/{}/contacts/batch/create",
     _inputs(**FIELD), 201),
    ("POST", "/crm/v3/properties/contacts/batch/read", "/crm/properties/{}/contacts/batch/read",
     _inputs(name="email"), 200),
    ("POST", "/crm/v3/properties/contacts/batch/archive", "/crm/properties/{}/contacts/batch/archive",
     _inputs(name="nps_score"), 204),
    ("POST", "/crm/v3/properties/contacts/groups", "/crm/properties/{}/contacts/groups",
     {"name": "g", "label": "G"}, 201),
    ("GET", "/crm/v3/pipelines/deals", "/crm/pipelines/{}/deals", None, 200),
    ("POST", "/crm/v3/pipelines/deals", "/crm/pipelines/{}/deals",
     {"label": "P", "displayOrder": 1, "stages": [STAGE]}, 201),
    ("POST", "/crm/v3/pipelines/deals/default/stages", "/crm/pipelines/{}/deals/default/stages", STAGE, 201),
    ("GET", "/crm/v3/pipelines/deals/default/stages/closedwon", "/crm/pipelines/{}/deals/default/stages/closedwon",
     None, 200),
    ("POST", "/crm/v3/exports/export/async", "/crm/exports/{}/export/async", EXPORT, 202),
    ("POST", "/crm/v3/lists", "/crm/lists/{}", NEW_LIST, 200),
    ("POST", "/crm/v3/lists/search", "/crm/lists/{}/search", {"query": ""}, 200),
    ("GET", "/crm/v3/lists/records/0-1/201/memberships", "/crm/lists/{}/records/0-1/201/memberships", None, 200),
    ("GET", "/crm/v3/imports", "/crm/imports/{}", None, 200),
    ("GET", "/crm-object-schemas/v3/schemas", "/crm-object-schemas/{}/schemas", None, 200),
    ("POST", "/crm-object-schemas/v3/schemas", "/crm-object-schemas/{}/schemas", PETS, 201),
    ("GET", "/settings/v3/users", "/settings/users/{}", None, 200),
    ("POST", "/settings/v3/users", "/settings/users/{}", {"email": "n@us.example"}, 201),
    ("GET", "/settings/v3/users/teams", "/settings/users/{}/teams", None, 200),
    ("GET", "/account-info/v3/details", "/account-info/{}/details", None, 200),
    ("GET", "/account-info/v3/api-usage/daily/private-apps", "/account-info/{}/api-usage/daily/private-apps",
     None, 200),
    ("GET", "/crm/v3/property-validations/0-1", "/crm/property-validations/{}/0-1", None, 200),
]  # fmt: skip

CASES = [
    (method, path, body, code)
    for method, legacy, dated, body, code in TABLE
    for path in (legacy, *(dated.format(date) for date in DATES))
]


@pytest.mark.parametrize(("method", "path", "body", "code"), CASES, ids=[f"{m} {p}" for m, p, _, _ in CASES])
def test_every_version_answers_with_the_listed_code(site: Site, method: str, path: str, body: Any, code: int) -> None:
    assert site.call(method, path, body).status_code == code


@pytest.mark.parametrize("date", ["2024-09", "2026-10"])
@pytest.mark.parametrize("path", sorted({dated for _, _, dated, _, _ in TABLE}))
def test_versions_that_were_never_released_are_unknown(site: Site, path: str, date: str) -> None:
    answer = site.call("GET", path.format(date))
    assert (answer.status_code, "json" in answer.headers["content-type"]) == (404, False)


@pytest.mark.parametrize(
    "path",
    [
        "/crm/associations/2026-09/contacts/companies/types",
        "/crm/v4/associations/contacts/companies/types",
        "/crm/v3/associations/contacts/companies/labels",
        "/oauth/2026-09/access-tokens/x",
        "/files/exports",
    ],
)
def test_what_a_version_does_not_have_is_404(site: Site, path: str) -> None:
    answer = site.call("GET", path)
    assert (answer.status_code, "json" in answer.headers["content-type"]) == (404, False)


def test_an_address_that_is_too_long_is_414(site: Site) -> None:
    answer = site.call("GET", "/crm/v3/objects/contacts?properties=" + ",".join(["email"] * 3000))
    assert (answer.status_code, answer.headers["content-type"]) == (414, "text/html; charset=utf-8")
