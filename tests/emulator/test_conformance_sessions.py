"""Who may come in and for how long: OAuth and SOAP logins, introspection, identity, and what an admin can forbid."""

import base64
import hashlib
import hmac
import re
from pathlib import Path

import jwt
import pytest
import requests

from tests.emulator.org import ME, OWNER, Org

pytestmark = pytest.mark.emulator
ISSUED = 1_772_442_000  # the moment of org.NOW
TOKEN, INTROSPECT = "/services/oauth2/token", "/services/oauth2/introspect"
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
USERNAME = "integration@acme.example"


def keys(org: Org) -> dict[str, str]:
    """The announced credentials of the org."""
    return dict(org.emulator.announced["salesforce"])


def pair(org: Org) -> tuple[str, str]:
    """The app's key and secret."""
    return keys(org)["client_id"], keys(org)["client_secret"]


def token_of(org: Org) -> str:
    """The access token the org's client has."""
    return org.headers["Authorization"].removeprefix("Bearer ")


def assertion(org: Org, **claims: object) -> str:
    """A signed JWT with good claims, but for those given."""
    good = {"iss": keys(org)["client_id"], "sub": USERNAME, "aud": "https://login.salesforce.com", "exp": ISSUED + 180}
    return jwt.encode({**good, **claims}, Path(keys(org)["private_key"]).read_text(encoding="utf-8"), "RS256")


def by_jwt(org: Org, **claims: object) -> requests.Response:
    """Ask for a token by JWT."""
    return org.post_form(TOKEN, {"grant_type": JWT_BEARER, "assertion": assertion(org, **claims)})


def test_a_token_must_be_asked_for_by_post(org: Org) -> None:
    answer = org.emulator.session.get(org.url(TOKEN), timeout=10)
    told = {"error": "invalid_request", "error_description": "must use HTTP POST"}
    assert (answer.status_code, answer.json()) == (400, told)


def test_the_signature_of_a_token_answer_can_be_verified(org: Org) -> None:
    told = org.post_form(TOKEN, {"grant_type": "client_credentials"}, auth=pair(org)).json()
    signed = hmac.digest(pair(org)[1].encode(), f"{told['id']}{told['issued_at']}".encode(), hashlib.sha256)
    assert base64.b64decode(told["signature"]) == signed


def refused_credentials(org: Org, host: str) -> dict[str, str]:
    """The error of client credentials sent to a host."""
    form, headers = {"grant_type": "client_credentials"}, {"X-Orig-Host": host}
    answer = org.emulator.session.post(org.url(TOKEN), data=form, auth=pair(org), headers=headers, timeout=10)
    return dict(answer.json())


def test_client_credentials_need_my_domain_and_a_user_to_run_as(org: Org) -> None:
    refused = {"error": "invalid_grant", "error_description": "request not supported on this domain"}
    assert refused_credentials(org, "login.salesforce.com") == refused
    assert refused_credentials(org, "test.salesforce.com") == refused
    assert "access_token" in refused_credentials(org, "acme.my.salesforce.com")
    org.emulator.settings(client_credentials_user=False)
    assert refused_credentials(org, "")["error_description"] == "no client credentials user enabled"


@pytest.mark.parametrize(("left", "accepted"), [(0, False), (1, True), (300, True), (301, False), (-5, False)])
def test_a_jwt_expires_within_five_minutes(org: Org, left: int, *, accepted: bool) -> None:
    answer = by_jwt(org, exp=str(ISSUED + left))
    assert answer.status_code == (200 if accepted else 400)
    if not accepted:
        assert answer.json() == {"error": "invalid_grant", "error_description": "expired authorization code"}


AUDIENCES = [
    "https://login.salesforce.com",
    "https://test.salesforce.com",
    "{http}",
    "{https}",
    "{http}/_.salesforce.com",
    "{https}/_.salesforce.com",
    ["https://elsewhere.example", "https://login.salesforce.com"],
]


@pytest.mark.parametrize("audience", AUDIENCES)
def test_a_jwt_may_name_any_of_the_org_login_hosts(org: Org, audience: str | list[str]) -> None:
    filled = audience if isinstance(audience, list) else audience.format(**keys(org))
    scheme = "https" if isinstance(audience, str) and "https}" in audience else "http"
    with requests.Session() as session:
        session.verify, session.trust_env = keys(org)["ca"], False
        form = {"grant_type": JWT_BEARER, "assertion": assertion(org, aud=filled)}
        assert session.post(f"{keys(org)[scheme]}{TOKEN}", data=form, timeout=10).status_code == 200


@pytest.mark.parametrize("audience", ["https://evil.example", "", None, 5, [], {"a": 1}])
def test_another_audience_is_invalid(org: Org, audience: object) -> None:
    assert by_jwt(org, aud=audience).json()["error_description"] == "audience is invalid"


def test_a_user_who_has_approved_the_app_acts_under_its_own_name(org: Org) -> None:
    unknown = {"error": "invalid_grant", "error_description": "user hasn't approved this consumer"}
    for name in ("olga@acme.example", "nobody@acme.example"):
        assert by_jwt(org, sub=name).json() == unknown
    org.emulator.settings(approved_users=["olga@acme.example", "gus@acme.example", "nobody@acme.example"])
    told = by_jwt(org, sub="olga@acme.example").json()
    assert told["id"].endswith(OWNER)
    org.headers["Authorization"] = f"Bearer {told['access_token']}"
    assert org.record("Contact", org.create("Contact", LastName="x"))["CreatedById"] == OWNER
    assert by_jwt(org, sub="gus@acme.example").json()["error"] == "inactive_user"
    assert by_jwt(org, sub="nobody@acme.example").json() == unknown


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_a_jwt_of_another_algorithm_is_an_invalid_assertion(org: Org, algorithm: str) -> None:
    claims = {"iss": pair(org)[0], "sub": USERNAME, "aud": "https://login.salesforce.com", "exp": ISSUED + 60}
    forged = jwt.encode(claims, "" if algorithm == "none" else "k" * 40, algorithm)
    answer = org.post_form(TOKEN, {"grant_type": JWT_BEARER, "assertion": forged})
    assert answer.json() == {"error": "invalid_grant", "error_description": "invalid assertion"}


def refresh(org: Org, token: str) -> requests.Response:
    """Redeem a refresh token."""
    return org.post_form(TOKEN, {"grant_type": "refresh_token", "refresh_token": token}, auth=pair(org))


def test_a_rotating_refresh_token_is_good_once(org: Org) -> None:
    org.emulator.settings(rotate_refresh_tokens=True)
    first = refresh(org, keys(org)["refresh_token"]).json()
    dead = {"error": "invalid_grant", "error_description": "expired access/refresh token"}
    assert refresh(org, keys(org)["refresh_token"]).json() == dead
    assert refresh(org, first["refresh_token"]).json()["refresh_token"] != first["refresh_token"]


def test_a_revoked_refresh_token_ends_every_session(org: Org) -> None:
    form = {"token": keys(org)["refresh_token"]}
    assert org.post_form("/services/oauth2/revoke", form).status_code == 200
    assert org.refusal("GET", "/limits")[1] == "INVALID_SESSION_ID"
    assert refresh(org, form["token"]).status_code == 400


def test_an_administrator_ends_all_sessions(org: Org) -> None:
    assert org.emulator.control("DELETE", "sessions")["ended"] >= 1
    assert org.refusal("GET", "/limits") == (401, "INVALID_SESSION_ID", "Session expired or invalid")


def test_a_dead_session_may_be_told_in_plain_text(org: Org) -> None:
    org.emulator.settings(dead_session="Bad_OAuth_Token")
    org.headers["Authorization"] = "Bearer dead"
    answer = org.call("GET", "/limits")
    assert (answer.status_code, answer.text) == (401, "Bad_OAuth_Token")


def test_introspection_tells_the_app_about_a_token(org: Org) -> None:
    told = org.post_form(INTROSPECT, {"token": token_of(org), "token_type_hint": "access_token"}, auth=pair(org)).json()
    assert told.pop("sub").endswith(ME)
    assert told == {
        "active": True, "scope": "api refresh_token", "client_id": pair(org)[0], "username": USERNAME,
        "token_type": "access_token", "iat": ISSUED, "nbf": ISSUED, "exp": ISSUED + 7200,
    }  # fmt: skip
    assert org.post_form(INTROSPECT, {"token": "x"}, auth=pair(org)).json() == {"active": False}
    assert org.post_form(INTROSPECT, {"token": "x"}).json()["error"] == "invalid_client_id"


def identity(org: Org, path: str, headers: dict[str, str] | None = None) -> requests.Response:
    """Ask an identity resource."""
    return org.emulator.session.get(org.url(path), headers=org.headers if headers is None else headers, timeout=10)


def test_the_identity_url_of_a_token_says_whose_it_is(org: Org) -> None:
    told = org.post_form(TOKEN, {"grant_type": "client_credentials"}, auth=pair(org)).json()
    path = told["id"].removeprefix(keys(org)["http"])
    body = identity(org, path).json()
    assert (body["user_id"], body["username"], body["display_name"], body["active"]) == (ME, USERNAME, "Ina Gray", True)
    assert body["urls"]["rest"] == f"{keys(org)['http']}/services/data/v{{version}}/"
    latest = identity(org, f"{path}?version=latest").json()
    assert latest["urls"]["query"].endswith("/services/data/v68.0/query/")
    assert identity(org, f"{path[:-18]}{OWNER}").json()["display_name"] == "Olga Nord"


@pytest.mark.parametrize(
    ("path", "headers", "status", "word"),
    [
        ("/services/oauth2/userinfo", {}, 403, "Missing_OAuth_Token"),
        ("/services/oauth2/userinfo", {"Authorization": "Bearer x"}, 403, "Bad_OAuth_Token"),
        ("/services/oauth2/userinfo?access_token=x", {}, 403, "Bad_OAuth_Token"),
        (f"/id/00D000000000001/{ME}", None, 403, "Wrong_Org"),
        ("/id/{org}/0055g000001Nopa", None, 404, "Bad_Id"),
    ],
)
def test_identity_is_refused_with_one_word(
    org: Org, path: str, headers: dict[str, str] | None, status: int, word: str
) -> None:
    [org_id] = org.column("SELECT Id FROM Organization")
    answer = identity(org, path.replace("{org}", org_id), headers)
    assert (answer.status_code, answer.text) == (status, word)


def test_userinfo_speaks_openid(org: Org) -> None:
    body = identity(org, f"/services/oauth2/userinfo?oauth_token={token_of(org)}", {}).json()
    names = ("preferred_username", "given_name", "family_name", "email", "user_type", "zoneinfo")
    assert [body[name] for name in names] == [USERNAME, "Ina", "Gray", "i@acme.example", "STANDARD", "GMT"]


def soap(org: Org, body: str, place: str = "u/59.0", header: str = "") -> requests.Response:
    """Send a SOAP message."""
    envelope = (
        '<?xml version="1.0" encoding="utf-8"?><se:Envelope xmlns:se="http://schemas.xmlsoap.org/soap/envelope/">'
        f"<se:Header>{header}</se:Header><se:Body>{body}</se:Body></se:Envelope>"
    )
    headers = {"Content-Type": "text/xml", "SOAPAction": '""'}
    return org.emulator.session.post(org.url(f"/services/Soap/{place}"), envelope, headers=headers, timeout=10)


def login(org: Org, password: str = "", place: str = "u/59.0", username: str = USERNAME) -> requests.Response:
    """Log in by SOAP; the full password when none is given."""
    full = keys(org)["password"] + keys(org)["security_token"]
    body = f"<username>{username}</username><password>{password or full}</password>"
    return soap(org, f'<login xmlns="urn:partner.soap.sforce.com">{body}</login>', place)


def value(answer: requests.Response, name: str) -> str:
    """The text of an unprefixed element."""
    match = re.search(f"<{name}>([^<]*)</{name}>", answer.text)
    assert match, answer.text
    return match[1]


@pytest.mark.parametrize("place", ["u/59.0", "u/64.0", "u/31.0", "c/59.0"])
def test_soap_login_opens_a_session_until_version_64(org: Org, place: str) -> None:
    answer = login(org, place=place)
    assert answer.status_code == 200
    api, version = place.split("/")
    assert f'xmlns="urn:{"partner" if api == "u" else "enterprise"}.soap.sforce.com"' in answer.text
    assert value(answer, "serverUrl").startswith(f"{keys(org)['http']}/services/Soap/{api}/{version}/00D")
    told = [value(answer, name) for name in ("userId", "userName", "userEmail", "sessionSecondsValid")]
    assert told == [ME, USERNAME, "i@acme.example", "7200"]
    org.headers["Authorization"] = f"Bearer {value(answer, 'sessionId')}"
    assert org.call("GET", "/limits").status_code == 200


def fault(answer: requests.Response) -> str:
    """The exception code of a fault, told in all three places."""
    assert answer.status_code == 500
    match = re.search(r"<sf:exceptionCode>(\w+)</sf:exceptionCode>", answer.text)
    assert match, answer.text
    assert f"<faultcode>sf:{match[1]}</faultcode><faultstring>{match[1]}: " in answer.text
    return match[1]


def test_soap_login_is_refused_with_its_fault(org: Org) -> None:
    for version in ("65.0", "68.0", "30.0", "20.0"):
        assert fault(login(org, place=f"u/{version}")) == "UNSUPPORTED_API_VERSION"
    assert fault(login(org, "wrong")) == "INVALID_LOGIN"
    assert fault(login(org, username="x")) == "INVALID_LOGIN"
    assert fault(login(org, keys(org)["password"])) == "LOGIN_MUST_USE_SECURITY_TOKEN"
    org.emulator.settings(trusted_network=True)
    assert login(org, keys(org)["password"]).status_code == 200


@pytest.mark.parametrize(
    ("setting", "code"),
    [("soap_login", "INVALID_OPERATION"), ("api_enabled", "API_DISABLED_FOR_ORG"),
     ("any_api_auth", "INSUFFICIENT_ACCESS")],
)  # fmt: skip
def test_an_org_may_forbid_soap_login(org: Org, setting: str, code: str) -> None:
    org.emulator.settings(**{setting: False})
    assert fault(login(org)) == code


def test_ten_wrong_passwords_lock_the_user_out(org: Org) -> None:
    org.emulator.settings(login_attempts=3)
    assert [fault(login(org, "wrong")) for _ in range(3)] == ["INVALID_LOGIN"] * 3
    assert fault(login(org)) == "PASSWORD_LOCKOUT"
    org.emulator.settings(login_attempts=10)
    assert login(org).status_code == 200
    assert fault(login(org, "wrong")) == "INVALID_LOGIN"


def test_logins_of_an_hour_are_limited(org: Org) -> None:
    org.emulator.settings(logins_per_hour=2)
    good = {"grant_type": "client_credentials"}
    assert org.post_form(TOKEN, good, auth=pair(org)).status_code == 200
    told = {"error": "rate_limit_exceeded", "error_description": "login rate exceeded"}
    assert org.post_form(TOKEN, good, auth=pair(org)).json() == told
    assert fault(login(org)) == "LOGIN_RATE_EXCEEDED"
    org.emulator.control("POST", "clock", {"advance": 3600})
    assert login(org).status_code == 200


def test_the_version_names_its_resources_and_who_asks(org: Org) -> None:
    index = org.call("GET", "").json()
    assert identity(org, index["identity"].removeprefix(keys(org)["http"])).json()["user_id"] == ME
    for name in ("sobjects", "limits", "recent", "tabs", "theme"):
        assert org.emulator.session.get(org.url(index[name]), headers=org.headers, timeout=10).status_code == 200


def test_logout_ends_the_session_once(org: Org) -> None:
    header = (
        f'<SessionHeader xmlns="urn:partner.soap.sforce.com"><sessionId>{token_of(org)}</sessionId></SessionHeader>'
    )
    answer = soap(org, '<logout xmlns="urn:partner.soap.sforce.com"/>', header=header)
    assert (answer.status_code, "<logoutResponse/>" in answer.text) == (200, True)
    assert org.refusal("GET", "/limits")[1] == "INVALID_SESSION_ID"
    assert fault(soap(org, "<logout/>", header=header)) == "INVALID_SESSION_ID"
    assert fault(soap(org, "<query><queryString>SELECT Id FROM Account</queryString></query>")) == "INVALID_OPERATION"


def test_the_api_can_be_closed_to_everybody(org: Org) -> None:
    org.emulator.settings(api_enabled=False)
    sentence = "The REST API is not enabled for this Organization."
    assert org.refusal("GET", "/limits") == (403, "API_DISABLED_FOR_ORG", sentence)


@pytest.mark.parametrize(
    ("version", "status", "code"), [("30.0", 410, "GONE"), ("20.0", 410, "GONE"), ("69.0", 404, "NOT_FOUND")]
)
def test_a_retired_version_is_gone_and_an_unknown_one_not_found(org: Org, version: str, status: int, code: str) -> None:
    answer = org.emulator.session.get(org.url(f"/services/data/v{version}/sobjects"), headers=org.headers, timeout=10)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (status, code)


def test_the_list_of_versions_is_only_read(org: Org) -> None:
    answer = org.emulator.session.post(org.url("/services/data"), json={}, timeout=10)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (405, "METHOD_NOT_ALLOWED")
    assert org.emulator.session.options(org.url("/services/data/v65.0/limits"), headers=org.headers).status_code == 405


def test_every_setting_says_what_it_decides_and_has_its_kind(org: Org) -> None:
    shown = org.emulator.control("GET", "limits")["salesforce"]
    assert {type(value) for value in shown.values()} <= {bool, int, str, list}
    url = f"{org.emulator.announced['control']}/limits"
    for name, value in shown.items():
        wrong: object = "x" if isinstance(value, bool | int | list) else 5
        body = {"salesforce": {name: wrong}}
        assert org.emulator.session.post(url, json=body, timeout=10).status_code == 400


@pytest.mark.parametrize(
    ("name", "wrong"),
    [("dead_session", "maybe"), ("storage_status", 500), ("unknown_field_fails", "nobody"), ("daily_limit", 10**12),
     ("duplicate_result_key", "x"), ("recycle_bin_days", 10**6), ("row_milliseconds", 10**6)],
)  # fmt: skip
def test_a_setting_takes_no_value_that_means_nothing(org: Org, name: str, wrong: object) -> None:
    url = f"{org.emulator.announced['control']}/limits"
    answer = org.emulator.session.post(url, json={"salesforce": {name: wrong}}, timeout=10)
    assert (answer.status_code, answer.json()["error"]) == (400, f"setting {name} cannot be {wrong}")
