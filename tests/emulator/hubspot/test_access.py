"""Who may call: tokens, scopes, OAuth (contract sections 0 and 13)."""

from typing import Any

import pytest

from tests.emulator.hubspot.site import Site

pytestmark = pytest.mark.emulator

CONTACTS = "/crm/v3/objects/contacts"


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Bearer pat-na1-wrong", "Basic abc", "hapikey x"])
def test_without_known_credentials_every_call_is_401(site: Site, header: str | None) -> None:
    headers = {"Authorization": header} if header is not None else {"Authorization": ""}
    answer = site.call("GET", CONTACTS, headers=headers)
    assert answer.status_code == 401
    assert answer.json()["category"] == "INVALID_AUTHENTICATION"
    assert answer.json()["message"].startswith("Authentication credentials not found. This API supports OAuth 2.0")


def test_the_static_token_has_the_form_of_a_service_key(site: Site) -> None:
    assert site.portal.credentials()["token"].startswith("pat-na1-")


@pytest.mark.parametrize(
    ("missing", "method", "path"),
    [
        ("crm.objects.contacts.read", "GET", CONTACTS),
        ("crm.objects.contacts.write", "POST", CONTACTS),
        ("crm.objects.contacts.read", "GET", "/crm/v3/objects/tasks"),
        ("crm.objects.contacts.write", "POST", "/crm/v3/objects/tasks/batch/update"),
        ("crm.objects.companies.read", "POST", "/crm/v3/objects/companies/search"),
        ("crm.objects.deals.write", "DELETE", "/crm/v3/objects/deals/7001"),
        ("crm.objects.owners.read", "GET", "/crm/v3/owners"),
        ("crm.schemas.companies.read", "GET", "/crm/v3/properties/companies"),
        ("crm.schemas.contacts.write", "POST", "/crm/v3/properties/tasks"),
        ("crm.objects.companies.read", "POST", "/crm/v4/associations/contacts/companies/batch/read"),
        ("sales-email-read", "GET", "/crm/objects/2026-09/emails"),
    ],
)
def test_a_missing_scope_is_403_and_named(site: Site, missing: str, method: str, path: str) -> None:
    site.without_scope(missing)
    error = site.refused(method, path, {} if method == "POST" else None, status=403)
    assert error["category"] == "MISSING_SCOPES"
    assert missing in error["errors"][0]["context"]["requiredGranularScopes"]
    assert error["links"] == {"scopes": "https://developers.hubspot.com/scopes"}


def test_without_the_email_scope_older_versions_hide_what_emails_say(site: Site) -> None:
    path = "/crm/v3/objects/emails/5001"
    assert site.properties(path, "hs_email_html")["hs_email_html"] == "<p>Hi</p>"
    site.without_scope("sales-email-read")
    shown = site.properties(path, "hs_email_html", "hs_email_direction")
    assert (shown["hs_email_html"], shown["hs_email_direction"]) == (None, "EMAIL")


@pytest.mark.parametrize("path", ["/crm/properties/2026-09/emails", "/crm/objects/2026-09/calls"])
def test_the_email_scope_is_asked_of_emails_only(site: Site, path: str) -> None:
    site.without_scope("sales-email-read")
    site.get(path)


def _form(site: Site, **changes: str) -> dict[str, str]:
    known = site.portal.credentials()
    form = {key: known[key] for key in ("client_id", "client_secret", "refresh_token")}
    return {"grant_type": "refresh_token", **form, **changes}


def _refresh(site: Site, path: str = "/oauth/v1/token", **changes: str) -> Any:
    return site.call("POST", path, data=_form(site, **changes), headers={"Authorization": ""})


def test_a_refreshed_token_lets_in_for_half_an_hour(site: Site) -> None:
    granted = _refresh(site).json()
    assert granted["expires_in"] == 1800
    assert granted["token_type"] == "bearer"
    bearer = {"Authorization": f"Bearer {granted['access_token']}"}
    site.wait(1799)
    assert site.call("GET", CONTACTS, headers=bearer).status_code == 200
    site.wait(4)
    answer = site.call("GET", CONTACTS, headers=bearer)
    assert answer.status_code == 401
    assert answer.json()["category"] == "EXPIRED_AUTHENTICATION"
    assert answer.json()["message"] == "The OAuth token used to make this call expired 3 second(s) ago."


def test_only_the_newer_token_endpoint_tells_the_account(site: Site) -> None:
    assert "hub_id" not in _refresh(site, "/oauth/v1/token").json()
    assert _refresh(site, "/oauth/v3/token").json()["hub_id"] == 48120733


def test_a_bad_refresh_token_is_told_in_oauth_words(site: Site) -> None:
    answer = _refresh(site, refresh_token="revoked")
    assert answer.status_code == 400
    body = answer.json()
    assert body["error"] == "invalid_grant"
    assert body["status"] == "BAD_REFRESH_TOKEN"
    assert body["error_description"] == "refresh token is invalid, expired or revoked"


@pytest.mark.parametrize("change", [{"client_secret": "x"}, {"client_id": "x"}, {"grant_type": "password"}])
def test_other_bad_token_requests_are_400(site: Site, change: dict[str, str]) -> None:
    assert _refresh(site, **change).status_code == 400


def test_the_token_endpoint_takes_forms_only(site: Site) -> None:
    assert site.call("POST", "/oauth/v1/token", _form(site)).status_code == 415


def test_tokens_can_be_introspected(site: Site) -> None:
    token = _refresh(site).json()["access_token"]
    asked = _form(site, token_type_hint="access_token", access_token=token)
    told = site.call("POST", "/oauth/v3/token/introspect", data=asked).json()
    assert (told["active"], told["hub_id"]) == (True, 48120733)
    site.wait(1801)
    assert site.call("POST", "/oauth/v3/token/introspect", data=asked).json() == {"active": False}
    assert site.get(f"/oauth/v1/access-tokens/{token}")["hub_id"] == 48120733
