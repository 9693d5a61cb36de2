"""What the contract is not sure of differs by setting: each default, and what the switch changes."""

from typing import Any

import pytest

from tests.emulator.hubspot.site import Site

pytestmark = pytest.mark.emulator

CONTACTS = "/crm/v3/objects/contacts"


def _ids(site: Site, *ids: str) -> list[str]:
    body = {"inputs": [{"id": key} for key in ids]}
    return [row["id"] for row in site.json("POST", f"{CONTACTS}/batch/read", body)["results"]]


def test_a_batch_read_answers_by_id_or_as_asked(site: Site) -> None:
    assert _ids(site, "203", "201") == ["201", "203"]
    site.portal.settings["batch_read_order"] = "input"
    assert _ids(site, "203", "201") == ["203", "201"]


def test_a_record_asked_for_twice_is_answered_once_or_twice(site: Site) -> None:
    assert _ids(site, "201", "201") == ["201"]
    site.portal.settings["collapse_duplicates"] = False
    assert _ids(site, "201", "201") == ["201", "201"]


@pytest.mark.parametrize("action", ["update", "upsert"])
def test_a_record_named_twice_in_a_write_is_refused_or_written_twice(site: Site, action: str) -> None:
    rows = [{"id": "201", "properties": {"jobtitle": title}} for title in ("A", "B")]
    site.refused("POST", f"{CONTACTS}/batch/{action}", {"inputs": rows})
    site.portal.settings["refuse_duplicates"] = False
    site.json("POST", f"{CONTACTS}/batch/{action}", {"inputs": rows})
    assert site.properties(f"{CONTACTS}/201", "jobtitle")["jobtitle"] == "B"


def test_a_record_without_associations_is_an_error_or_left_out(site: Site) -> None:
    body = {"inputs": [{"id": "201"}, {"id": "203"}]}
    path = "/crm/v4/associations/contacts/companies/batch/read"
    answer = site.json("POST", path, body, status=207)
    assert [row["category"] for row in answer["errors"]] == ["NO_ASSOCIATIONS_FOUND"]
    site.portal.settings["no_associations"] = "omit"
    silent = site.json("POST", path, body)
    assert ([row["from"]["id"] for row in silent["results"]], "errors" in silent) == (["201"], False)


def test_dates_of_a_search_may_have_to_be_epochs(site: Site) -> None:
    def search(value: str, status: int = 200) -> Any:
        own = {"propertyName": "lastmodifieddate", "operator": "GTE", "value": value}
        return site.json("POST", f"{CONTACTS}/search", {"filterGroups": [{"filters": [own]}]}, status=status)

    assert search("2026-10-02T08:00:00Z")["total"] == 2
    site.portal.settings["iso_dates_in_search"] = False
    search("2026-10-02T08:00:00Z", 400)
    assert search("1790928000000")["total"] == 2


def test_a_spent_limit_is_told_in_newer_words(site: Site) -> None:
    site.portal.settings |= {"ten_secondly_limit": 1, "rate_limit_category": True}
    site.get(CONTACTS)
    error = site.refused("GET", CONTACTS, status=429)
    assert (error["category"], "errorType" in error) == ("RATE_LIMITS", False)
    assert error["policyName"] == "TEN_SECONDLY_ROLLING"


def test_owners_are_paged_as_far_as_the_portal_goes(site: Site) -> None:
    site.get("/crm/v3/owners?limit=500")
    site.portal.settings["owners_page"] = 100
    site.refused("GET", "/crm/v3/owners?limit=101")


def _refresh(site: Site, token: str) -> Any:
    known = site.portal.credentials()
    form = {"grant_type": "refresh_token", "client_id": known["client_id"], "client_secret": known["client_secret"]}
    return site.call("POST", "/oauth/v1/token", data={**form, "refresh_token": token}, headers={"Authorization": ""})


def test_refresh_tokens_stay_or_rotate(site: Site) -> None:
    first = site.portal.credentials()["refresh_token"]
    assert _refresh(site, first).json()["refresh_token"] == first
    site.portal.settings["rotate_refresh_tokens"] = True
    second = _refresh(site, first).json()["refresh_token"]
    assert second != first
    assert _refresh(site, first).json()["status"] == "BAD_REFRESH_TOKEN"
    assert _refresh(site, second).status_code == 200


def test_the_older_token_endpoint_may_tell_the_account(site: Site) -> None:
    site.portal.settings["oauth_v1_tells_account"] = True
    assert _refresh(site, site.portal.credentials()["refresh_token"]).json()["hub_id"] == 48120733


# --- what a merge leaves behind ---------------------------------------------------------------------------------------


def test_a_merged_contact_is_found_by_either_email(site: Site) -> None:
    site.json("POST", f"{CONTACTS}/merge", {"primaryObjectId": "202", "objectIdToMerge": "201"})
    assert site.get(f"{CONTACTS}/ANN@acme.example?idProperty=email")["id"] == "202"
    assert site.get(f"{CONTACTS}/ben@acme.example?idProperty=email")["id"] == "202"


def test_the_email_of_a_merged_contact_is_taken(site: Site) -> None:
    site.json("POST", f"{CONTACTS}/merge", {"primaryObjectId": "202", "objectIdToMerge": "201"})
    error = site.refused("POST", CONTACTS, {"properties": {"email": "ann@acme.example"}}, status=409)
    assert error["message"] == "Contact already exists. Existing ID: 202"
    site.json("PATCH", f"{CONTACTS}/202", {"properties": {"email": "ann@acme.example"}})
    site.json("POST", f"{CONTACTS}/gdpr-delete", {"objectId": "202"}, status=204)
    site.json("POST", CONTACTS, {"properties": {"email": "ann@acme.example"}}, status=201)
