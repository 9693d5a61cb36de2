"""Rate limits, their headers and 429 bodies (contract sections 20 and 21)."""

from typing import Any

import pytest

from tests.emulator.hubspot.site import Site

pytestmark = pytest.mark.emulator

CONTACTS = "/crm/v3/objects/contacts"


def _spend(site: Site, count: int, method: str = "GET", path: str = CONTACTS, body: Any = None) -> None:
    for _ in range(count):
        assert site.call(method, path, body).status_code < 300


def test_the_rolling_limit_is_190_in_ten_seconds(site: Site) -> None:
    _spend(site, 190)
    answer = site.call("GET", CONTACTS)
    body = answer.json()
    assert answer.status_code == 429
    assert body["message"] == "You have reached your ten_secondly_rolling limit."
    assert (body["errorType"], body["policyName"]) == ("RATE_LIMIT", "TEN_SECONDLY_ROLLING")
    assert body["groupName"].startswith("publicapi:private-apps-api-calls-ten-secondly:")
    assert (body["status"], len(body["correlationId"])) == ("error", 36)
    assert "Retry-After" not in answer.headers
    assert answer.headers["X-HubSpot-RateLimit-Remaining"] == "0"


def test_the_window_rolls(site: Site) -> None:
    site.portal.settings["ten_secondly_limit"] = 2
    _spend(site, 1)
    site.wait(6)
    _spend(site, 1)
    assert site.call("GET", CONTACTS).status_code == 429
    site.wait(5)
    _spend(site, 1)
    assert site.call("GET", CONTACTS).status_code == 429


def test_each_answer_tells_what_is_left(site: Site) -> None:
    headers = [site.call("GET", CONTACTS).headers for _ in range(2)][1]
    told = {key.lower(): value for key, value in headers.items() if key.lower().startswith("x-hubspot-ratelimit")}
    assert told == {
        "x-hubspot-ratelimit-daily": "625000",
        "x-hubspot-ratelimit-daily-remaining": "624998",
        "x-hubspot-ratelimit-interval-milliseconds": "10000",
        "x-hubspot-ratelimit-max": "190",
        "x-hubspot-ratelimit-remaining": "188",
    }


def test_errors_carry_the_headers_too(site: Site) -> None:
    assert site.call("GET", f"{CONTACTS}/999").headers["X-HubSpot-RateLimit-Remaining"] == "189"


def test_search_has_five_a_second_no_headers_and_spends_no_rolling_limit(site: Site) -> None:
    _spend(site, 5, "POST", f"{CONTACTS}/search", {})
    answer = site.call("POST", "/crm/v3/objects/companies/search", {})
    assert answer.status_code == 429
    assert answer.json()["message"] == "You have reached your secondly limit."
    assert answer.json()["policyName"] == "SECONDLY"
    assert not any("ratelimit" in key.lower() for key in answer.headers)
    assert site.call("GET", CONTACTS).headers["X-HubSpot-RateLimit-Remaining"] == "189"
    site.wait(1)
    _spend(site, 5, "POST", f"{CONTACTS}/search", {})


def test_association_batches_have_their_own_burst(site: Site) -> None:
    site.portal.settings["association_limit"] = 2
    path, body = "/crm/v4/associations/contacts/companies/batch/read", {"inputs": [{"id": "201"}]}
    _spend(site, 2, "POST", path, body)
    assert site.call("POST", path, body).status_code == 429
    assert site.call("GET", CONTACTS).headers["X-HubSpot-RateLimit-Remaining"] == "189"


def test_the_daily_limit_ends_at_the_account_s_midnight(site: Site) -> None:
    site.portal.settings["daily_limit"] = 2
    _spend(site, 2)
    answer = site.call("GET", CONTACTS)
    assert answer.status_code == 429
    assert answer.json()["message"] == "You have reached your daily limit."
    assert answer.json()["policyName"] == "DAILY"
    assert answer.json()["requestId"]
    site.wait(19 * 3600 - 1)
    assert site.call("GET", CONTACTS).status_code == 429
    site.wait(1)
    _spend(site, 1)


@pytest.mark.parametrize(
    ("setting", "path", "seconds"),
    [("ten_secondly_limit", CONTACTS, "10"), ("search_limit", f"{CONTACTS}/search", "1")],
)
def test_retry_after_is_a_switch(site: Site, setting: str, path: str, seconds: str) -> None:
    site.portal.settings |= {setting: 0, "retry_after": True}
    answer = site.call("POST" if path.endswith("search") else "GET", path)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, seconds)


def test_an_oauth_app_has_110_and_no_daily_headers(site: Site) -> None:
    known = site.portal.credentials()
    form = {"grant_type": "refresh_token", **{key: value for key, value in known.items() if key != "token"}}
    token = site.call("POST", "/oauth/v1/token", data=form).json()["access_token"]
    headers = site.call("GET", CONTACTS, headers={"Authorization": f"Bearer {token}"}).headers
    assert headers["X-HubSpot-RateLimit-Max"] == "110"
    assert "X-HubSpot-RateLimit-Daily" not in headers
    assert site.call("GET", CONTACTS).headers["X-HubSpot-RateLimit-Remaining"] == "189"


def test_refused_calls_are_not_counted(site: Site) -> None:
    site.portal.settings["ten_secondly_limit"] = 1
    _spend(site, 1)
    for _ in range(5):
        assert site.call("GET", CONTACTS).status_code == 429
    site.wait(10)
    _spend(site, 1)
