"""Ways in: OAuth flows, SOAP login, expiry and revocation, and the unmodified simple-salesforce as a judge."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import jwt
import pytest
import requests
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceAuthenticationFailed, SalesforceExpiredSession

from tests.emulator.org import ME, NOW, Org

pytestmark = pytest.mark.emulator
ISSUED = 1_772_442_000  # NOW in seconds
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
TOKEN = "/services/oauth2/token"


@pytest.fixture
def session(org: Org) -> Iterator[requests.Session]:
    """Trust the emulator's authority and nothing of the environment."""
    with requests.Session() as session:
        session.verify = org.emulator.announced["salesforce"]["ca"]
        session.trust_env = False
        yield session


def domain(org: Org) -> str:
    """The odd login host that clients who append `.salesforce.com` need."""
    return str(org.emulator.announced["salesforce"]["https"]).removeprefix("https://") + "/_"


def keys(org: Org) -> dict[str, str]:
    """The announced credentials."""
    return dict(org.emulator.announced["salesforce"])


def assertion(org: Org, **claims: object) -> str:
    """A signed JWT with good claims, but for those given."""
    good = {"iss": keys(org)["client_id"], "sub": "integration@acme.example", "aud": "https://login.salesforce.com"}
    private = Path(keys(org)["private_key"]).read_text(encoding="utf-8")
    return jwt.encode({**good, "exp": str(ISSUED + 180), **claims}, private, algorithm="RS256")


def test_client_credentials_by_header_or_by_form_open_a_session(org: Org) -> None:
    given = {"grant_type": "client_credentials"}
    pair = (keys(org)["client_id"], keys(org)["client_secret"])
    form = org.post_form(TOKEN, {**given, "client_id": pair[0], "client_secret": pair[1]})
    header = org.post_form(TOKEN, given, auth=pair)
    for answer in (form.json(), header.json()):
        assert set(answer) == {"access_token", "signature", "scope", "instance_url", "id", "token_type", "issued_at"}
        assert answer["instance_url"] == keys(org)["http"]
        assert answer["issued_at"] == f"{ISSUED}000"
        org.headers["Authorization"] = f"Bearer {answer['access_token']}"
        assert org.call("GET", "/limits").status_code == 200


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"client_id": "nobody"}, "invalid_client_id"),
        ({"client_secret": "wrong"}, "invalid_client"),
        ({"grant_type": "device"}, "unsupported_grant_type"),
    ],
)
def test_wrong_clients_are_refused_with_the_oauth_error(org: Org, change: dict[str, str], error: str) -> None:
    good = {"grant_type": "client_credentials"} | {name: keys(org)[name] for name in ("client_id", "client_secret")}
    answer = org.post_form(TOKEN, {**good, **change})
    assert (answer.status_code, answer.json()["error"]) == (400, error)


def test_a_jwt_bearer_assertion_opens_a_session(org: Org) -> None:
    answer = org.post_form(TOKEN, {"grant_type": GRANT, "assertion": assertion(org)})
    assert answer.status_code == 200
    assert answer.json()["id"].endswith(ME)


@pytest.mark.parametrize(
    ("claims", "error", "description"),
    [
        ({"exp": str(ISSUED - 1)}, "invalid_grant", "expired authorization code"),
        ({"exp": "soon"}, "invalid_grant", "expired authorization code"),
        ({"aud": "https://elsewhere.example"}, "invalid_grant", "audience is invalid"),
        ({"sub": "olga@acme.example"}, "invalid_grant", "user hasn't approved this consumer"),
        ({"iss": "nobody"}, "invalid_client_id", "client identifier invalid"),
    ],
)
def test_a_jwt_with_a_wrong_claim_is_refused(org: Org, claims: dict[str, object], error: str, description: str) -> None:
    answer = org.post_form(TOKEN, {"grant_type": GRANT, "assertion": assertion(org, **claims)})
    assert answer.status_code == 400
    assert answer.json() == {"error": error, "error_description": description}


def test_a_jwt_of_another_key_is_refused(org: Org) -> None:
    head, body, signature = assertion(org).split(".")
    forged = f"{head}.{body}.{signature[:-8]}AAAAAAAA"
    answer = org.post_form(TOKEN, {"grant_type": GRANT, "assertion": forged})
    assert answer.json() == {"error": "invalid_grant", "error_description": "invalid assertion"}


def test_a_refresh_token_opens_a_session(org: Org) -> None:
    names = ("client_id", "client_secret", "refresh_token")
    form = {"grant_type": "refresh_token"} | {name: keys(org)[name] for name in names}
    assert org.post_form(TOKEN, form).status_code == 200
    spoiled = org.post_form(TOKEN, {**form, "refresh_token": "old"})
    assert spoiled.json()["error"] == "invalid_grant"


def test_the_password_flow_needs_the_security_token_and_can_be_switched_off(org: Org) -> None:
    names = ("client_id", "client_secret")
    form = {"grant_type": "password", "username": "integration@acme.example"} | {
        name: keys(org)[name] for name in names
    }
    password = keys(org)["password"]
    assert org.post_form(TOKEN, {**form, "password": password}).json()["error"] == "invalid_grant"
    full = {**form, "password": password + keys(org)["security_token"]}
    assert org.post_form(TOKEN, full).status_code == 200
    org.emulator.settings(password_login=False)
    assert org.post_form(TOKEN, full).json()["error_description"] == "authentication failure"


def test_a_session_ends_after_two_hours_without_use(org: Org) -> None:
    org.emulator.control("POST", "clock", {"advance": 7000})
    assert org.call("GET", "/limits").status_code == 200
    org.emulator.control("POST", "clock", {"advance": 7000})
    assert org.call("GET", "/limits").status_code == 200
    org.emulator.control("POST", "clock", {"advance": 7201})
    assert org.refusal("GET", "/limits") == (401, "INVALID_SESSION_ID", "Session expired or invalid")


def test_a_revoked_token_is_dead(org: Org) -> None:
    token = org.headers["Authorization"].removeprefix("Bearer ")
    assert org.post_form("/services/oauth2/revoke", {"token": token}).status_code == 200
    assert org.refusal("GET", "/limits")[1] == "INVALID_SESSION_ID"
    assert org.post_form("/services/oauth2/revoke", {"token": token}).status_code == 400


def test_the_versions_are_public_and_everything_else_is_not(org: Org) -> None:
    org.headers.clear()
    versions = org.emulator.session.get(org.url("/services/data"), timeout=10)
    assert {"label": "Winter '24", "url": "/services/data/v59.0", "version": "59.0"} in versions.json()
    assert versions.json()[-1]["label"] == "Winter '27"
    assert "Sforce-Limit-Info" not in versions.headers
    assert org.refusal("GET", "/limits")[:2] == (401, "INVALID_SESSION_ID")


def test_userinfo_tells_who_the_token_belongs_to(org: Org) -> None:
    url = org.url("/services/oauth2/userinfo")
    answer = org.emulator.session.get(url, headers=org.headers, timeout=10).json()
    assert (answer["user_id"], answer["preferred_username"]) == (ME, "integration@acme.example")
    refused = org.emulator.session.get(url, headers={"Authorization": "Bearer x"}, timeout=10)
    assert (refused.status_code, refused.text) == (403, "Bad_OAuth_Token")


def test_simple_salesforce_logs_in_by_client_credentials(org: Org, session: requests.Session) -> None:
    salesforce = Salesforce(
        consumer_key=keys(org)["client_id"],
        consumer_secret=keys(org)["client_secret"],
        domain=domain(org),
        session=session,
    )
    assert salesforce.query("SELECT COUNT() FROM Contact")["totalSize"] == 4


def soap(org: Org, session: requests.Session, password: str = "", version: str = "59.0") -> Salesforce:
    """Log in with username, password and token."""
    return Salesforce(
        username="integration@acme.example",
        password=password or keys(org)["password"],
        security_token=keys(org)["security_token"],
        domain=domain(org),
        session=session,
        version=version,
    )


def test_simple_salesforce_logs_in_by_soap_and_is_told_when_it_may_not(org: Org, session: requests.Session) -> None:
    assert soap(org, session).limits()["DailyApiRequests"]["Max"] == 100_000
    with pytest.raises(SalesforceAuthenticationFailed, match=r"INVALID_LOGIN.*: Invalid username, password"):
        soap(org, session, password="wrong<&>")
    org.emulator.settings(soap_login=False)
    with pytest.raises(SalesforceAuthenticationFailed, match="INVALID_OPERATION"):
        soap(org, session)
    with pytest.raises(SalesforceAuthenticationFailed, match="UNSUPPORTED_API_VERSION"):
        soap(org, session, version="65.0")


def test_simple_salesforce_reports_an_expired_session(org: Org, session: requests.Session) -> None:
    salesforce = Salesforce(instance_url=keys(org)["https"], session_id="dead", session=session)
    with pytest.raises(SalesforceExpiredSession):
        salesforce.query("SELECT Id FROM Contact")


def test_simple_salesforce_signs_in_by_jwt(org: Org, session: requests.Session) -> None:
    """Its expiry is taken from the real clock, so the emulated clock has to run with it."""
    live = org.emulator.control("POST", "clock", {"freeze": False, "now": _real_now()})
    assert live["now"] != NOW
    salesforce = Salesforce(
        username="integration@acme.example",
        consumer_key=keys(org)["client_id"],
        privatekey_file=keys(org)["private_key"],
        domain=domain(org),
        session=session,
    )
    assert salesforce.query("SELECT Id FROM Account")["totalSize"] == 3


def _real_now() -> str:

    return datetime.now(UTC).isoformat()
