"""Every version's path, every name of an object type, and what is said of wrong paths, methods and bodies."""

import pytest

from tests.emulator.hubspot.site import Site

pytestmark = pytest.mark.emulator

DATES = ("2025-09", "2026-03", "2026-09")


def _versions(old: str, dated: str) -> list[str]:
    return [old, *(dated.format(date=date) for date in DATES)]


READABLE = [
    *_versions("/crm/v3/objects/contacts", "/crm/objects/{date}/contacts"),
    *_versions("/crm/v3/objects/contacts/201", "/crm/objects/{date}/contacts/201"),
    *_versions("/crm/v4/objects/contacts/201/associations/companies",
               "/crm/objects/{date}/contacts/201/associations/companies"),
    *_versions("/crm/v4/associations/contacts/companies/labels", "/crm/associations/{date}/contacts/companies/labels"),
    *_versions("/crm/v3/properties/contacts", "/crm/properties/{date}/contacts"),
    *_versions("/crm/v3/properties/contacts/email", "/crm/properties/{date}/contacts/email"),
    *_versions("/crm/v3/properties/contacts/groups", "/crm/properties/{date}/contacts/groups"),
    *_versions("/crm/v3/owners", "/crm/owners/{date}"),
    *_versions("/crm/v3/owners/4101", "/crm/owners/{date}/4101"),
    *_versions("/crm/v3/pipelines/deals", "/crm/pipelines/{date}/deals"),
    "/crm/v3/pipelines/deals/default/stages",
    "/account-info/v3/details",
]  # fmt: skip


@pytest.mark.parametrize("path", READABLE)
def test_every_version_answers_with_and_without_trailing_slash(site: Site, path: str) -> None:
    assert site.get(path) == site.get(f"{path}/")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/crm/v3/objects/contacts/batch/read", {"inputs": [{"id": "201"}]}),
        ("/crm/objects/2026-09/contacts/batch/read", {"inputs": [{"id": "201"}]}),
        ("/crm/v3/objects/contacts/search", {}),
        ("/crm/objects/2026-03/contacts/search", {}),
        ("/crm/v4/associations/contacts/companies/batch/read", {"inputs": [{"id": "201"}]}),
        ("/crm/associations/2026-09/contacts/companies/batch/read", {"inputs": [{"id": "201"}]}),
        ("/crm/properties/2026-09/contacts/batch/read", {"inputs": [{"name": "email"}]}),
    ],
)
def test_reads_by_post_answer_under_every_version(site: Site, path: str, body: object) -> None:
    assert site.json("POST", path, body)["results"]


@pytest.mark.parametrize("word", ["contacts", "contact", "0-1", "CONTACT"])
def test_an_object_type_goes_by_three_names(site: Site, word: str) -> None:
    assert site.get(f"/crm/v3/objects/{word}/201")["id"] == "201"


@pytest.mark.parametrize(
    "word", ["companies", "deals", "tasks", "calls", "emails", "meetings", "notes", "communications",
             "0-2", "0-3", "0-18", "0-27", "0-46", "0-47", "0-48", "0-49"]
)  # fmt: skip
def test_all_object_types_can_be_listed(site: Site, word: str) -> None:
    assert "results" in site.get(f"/crm/v3/objects/{word}")


def test_an_unknown_object_type_is_400(site: Site) -> None:
    assert site.refused("GET", "/crm/v3/objects/gadgets")["message"] == "Unable to infer object type from: gadgets"


@pytest.mark.parametrize("path", ["/crm/v3/nothing", "/crm/objects/2024-01/contacts", "/crm/v9/objects/contacts"])
def test_an_unknown_route_is_404_without_json(site: Site, path: str) -> None:
    answer = site.call("GET", path)
    assert answer.status_code == 404
    assert "json" not in answer.headers["content-type"]


@pytest.mark.parametrize(
    ("method", "path"),
    [("PUT", "/crm/v3/objects/contacts"), ("POST", "/crm/v3/owners"), ("GET", "/crm/v3/objects/contacts/search"),
     ("DELETE", "/crm/v3/properties/contacts"), ("GET", "/oauth/v1/token")],
)  # fmt: skip
def test_a_wrong_method_is_405(site: Site, method: str, path: str) -> None:
    answer = site.call(method, path)
    assert answer.status_code == 405
    assert answer.headers["allow"]


def test_another_media_type_is_415(site: Site) -> None:
    answer = site.call("POST", "/crm/v3/objects/contacts", data="<a/>", headers={"Content-Type": "text/xml"})
    assert answer.status_code == 415


@pytest.mark.parametrize("raw", ["", "{", "[1]", '"x"', '{"properties": 1}', '{"properties": {"email": {}}}'])
def test_a_body_of_another_form_is_400(site: Site, raw: str) -> None:
    headers = {"Content-Type": "application/json"}
    answer = site.call("POST", "/crm/v3/objects/contacts", data=raw, headers=headers)
    assert (answer.status_code, answer.json()["category"]) == (400, "VALIDATION_ERROR")


def test_an_error_names_its_correlation_in_a_header_too(site: Site) -> None:
    answer = site.call("GET", "/crm/v3/objects/contacts/999")
    assert answer.headers["X-HubSpot-Correlation-Id"] == answer.json()["correlationId"]


@pytest.mark.parametrize(("path", "shown"), [("/crm/v3/objects/contacts/201", False),
                                             ("/crm/objects/2025-09/contacts/201", False),
                                             ("/crm/objects/2026-09/contacts/201", True)])  # fmt: skip
def test_only_2026_versions_name_the_page_of_a_record(site: Site, path: str, shown: bool) -> None:
    assert ("url" in site.get(path)) is shown
