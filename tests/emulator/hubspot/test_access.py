"""Who may call: tokens, scopes, OAuth (contract sections 0 and 13)."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

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
    site.portal.settings["scopes"].remove(missing)
    error = site.refused(method, path, {} if method == "POST" else None, status=403)
    assert error["category"] == "MISSING_SCOPES"
    assert missing in error["errors"][0]["context"]["requiredGranularScopes"]
    assert error["links"] == {"scopes": "https://developers.hubspot.com/scopes"}


def test_without_the_email_scope_older_versions_hide_what_emails_say(site: Site) -> None:
    path = "/crm/v3/objects/emails/5001"
    assert site.properties(path, "hs_email_html")["hs_email_html"] == "<p>Hi</p>"
    site.portal.settings["scopes"].remove("sales-email-read")
    shown = site.properties(path, "hs_email_html", "hs_email_direction")
    assert (shown["hs_email_html"], shown["hs_email_direction"]) == (None, "EMAIL")


@pytest.mark.parametrize("path", ["/crm/properties/2026-09/emails", "/crm/objects/2026-09/calls"])
def test_the_email_scope_is_asked_of_emails_only(site: Site, path: str) -> None:
    site.portal.settings["scopes"].remove("sales-email-read")
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


# --- installing and revoking ------------------------------------------------------------------------------------------


def _install(site: Site, **changes: str) -> Any:
    asked = {"client_id": site.portal.credentials()["client_id"], "redirect_uri": "http://127.0.0.1:9/back?x=1",
             "scope": "oauth", "state": "s 1", **changes}  # fmt: skip
    return site.call("GET", "/oauth/authorize", params=asked, allow_redirects=False, headers={"Authorization": ""})


def _redeem(site: Site, code: str, redirect: str = "http://127.0.0.1:9/back?x=1") -> Any:
    known = site.portal.credentials()
    form = {"grant_type": "authorization_code", "client_id": known["client_id"], "redirect_uri": redirect,
            "client_secret": known["client_secret"], "code": code}  # fmt: skip
    return site.call("POST", "/oauth/v1/token", data=form, headers={"Authorization": ""})


def test_a_user_who_agrees_comes_back_with_a_code_that_works_once(site: Site) -> None:
    answer = _install(site)
    target = urlsplit(answer.headers["location"])
    query = dict(parse_qsl(target.query))
    assert (answer.status_code, target.port, query["x"], query["state"]) == (302, 9, "1", "s 1")
    granted = _redeem(site, query["code"])
    assert granted.json()["refresh_token"] == site.portal.credentials()["refresh_token"]
    assert _redeem(site, query["code"]).json()["status"] == "BAD_AUTH_CODE"


def test_a_code_is_good_for_its_own_redirect_address_only(site: Site) -> None:
    code = dict(parse_qsl(urlsplit(_install(site).headers["location"]).query))["code"]
    assert _redeem(site, code, "http://127.0.0.1:9/other").status_code == 400
    assert _redeem(site, code).status_code == 200


def test_the_announced_code_is_redeemed_too(site: Site) -> None:
    assert _redeem(site, site.portal.credentials()["authorization_code"]).status_code == 200


@pytest.mark.parametrize("change", [{"client_id": "x"}, {"redirect_uri": ""}, {"redirect_uri": "http://x/\n"}])
def test_an_odd_installation_is_400(site: Site, change: dict[str, str]) -> None:
    assert _install(site, **change).status_code == 400


def test_a_revoked_refresh_token_works_again_after_installing(site: Site) -> None:
    token = site.portal.credentials()["refresh_token"]
    assert site.get(f"/oauth/v1/refresh-tokens/{token}")["hub_id"] == 48120733
    site.json("DELETE", f"/oauth/v1/refresh-tokens/{token}", status=204)
    assert _refresh(site).json()["status"] == "BAD_REFRESH_TOKEN"
    site.refused("GET", f"/oauth/v1/refresh-tokens/{token}", status=404)
    _install(site)
    assert _refresh(site).status_code == 200


@pytest.mark.parametrize("path", ["/oauth/2026-03/token", "/oauth/2026-09/token"])
def test_dated_token_endpoints_are_the_newer_one(site: Site, path: str) -> None:
    assert _refresh(site, path).json()["hub_id"] == 48120733


def test_a_token_tells_whom_it_stands_for(site: Site) -> None:
    token = _refresh(site).json()["access_token"]
    told = site.get(f"/oauth/v1/access-tokens/{token}")
    keys = {"token", "user", "hub_domain", "scopes", "hub_id", "app_id", "expires_in", "user_id", "token_type"}
    assert keys <= set(told)
    assert (told["user"], told["user_id"], told["expires_in"]) == ("ada@us.example", 91, 1800)
