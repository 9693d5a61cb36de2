"""Signing in to Salesforce: what each flow sends, and what a person is told when the organisation says no."""

import base64
from collections.abc import Callable
from functools import cache
from typing import Any
from urllib.parse import parse_qs

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from connectors.errors import RetryLater, Unusable
from connectors.options import SalesforceOptions
from connectors.salesforce.auth import SignIn
from connectors.salesforce.failures import DIALECT
from connectors.salesforce.soql import id18
from connectors.transport import Network, Token, Transport
from tests.connectors.conftest import BASE, NOW, Wire

TOKEN = f"{BASE}/services/oauth2/token"
ANSWER = {
    "access_token": "00D000000000001!AQ",
    "instance_url": "https://acme--one.my.salesforce.com",
    "id": "https://login.salesforce.com/id/00D000000000001AAA/005000000000001AAA",
    "token_type": "Bearer",
}


def signed_in(wire: Wire, auth: dict[str, Any], url: str = BASE) -> tuple[Token, SignIn]:
    options = SalesforceOptions.model_validate({"vendor": "salesforce", "url": url, "auth": auth})
    sign_in = SignIn(options, lambda reference: _pem() if reference == "env:KEY" else reference[4:], lambda: NOW)
    transport = Transport(DIALECT, url, sign_in, Network(lambda: NOW, sleep=wire.slept.append, attempts=2))
    return sign_in(transport), sign_in


@cache
def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _pem() -> str:
    form = serialization.PrivateFormat.PKCS8
    return _key().private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


def form(wire: Wire) -> dict[str, list[str]]:
    return parse_qs(str(wire.mock.calls[0].request.body))


CLIENT = {"flow": "client_credentials", "client_id": "env:ID", "client_secret": "env:SECRET"}


def test_client_credentials_are_sent_in_the_authorization_header(wire: Wire) -> None:
    wire.mock.post(TOKEN, json=ANSWER)
    token, sign_in = signed_in(wire, CLIENT)
    assert wire.bearer(0) == f"Basic {base64.b64encode(b'ID:SECRET').decode()}"
    assert form(wire) == {"grant_type": ["client_credentials"]}
    assert (token.value, token.base) == (ANSWER["access_token"], ANSWER["instance_url"])
    assert sign_in.user_id == "005000000000001AAA"


def test_a_jwt_names_app_user_and_audience_and_lives_three_minutes(wire: Wire) -> None:
    wire.mock.post(TOKEN, json=ANSWER)
    signed_in(
        wire, {"flow": "jwt_bearer", "client_id": "env:ID", "username": "ada@acme.example", "private_key": "env:KEY"}
    )
    sent = form(wire)
    assert sent["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
    claims = jwt.decode(
        sent["assertion"][0], _key().public_key(), ["RS256"], options={"verify_exp": False, "verify_aud": False}
    )
    assert claims == {"iss": "ID", "sub": "ada@acme.example", "aud": "https://login.salesforce.com", "exp": NOW + 180}


@pytest.mark.parametrize("url", ["https://acme--uat.sandbox.my.salesforce.com", "https://test.salesforce.com"])
def test_a_sandbox_has_its_own_audience(wire: Wire, url: str) -> None:
    wire.mock.post(f"{url}/services/oauth2/token", json=ANSWER)
    signed_in(wire, {"flow": "jwt_bearer", "client_id": "env:ID", "username": "ada", "private_key": "env:KEY"}, url)
    claims = jwt.decode(form(wire)["assertion"][0], options={"verify_signature": False})
    assert claims["aud"] == "https://test.salesforce.com"


def test_a_key_that_is_none_is_explained_without_showing_it(wire: Wire) -> None:
    auth = {"flow": "jwt_bearer", "client_id": "env:ID", "username": "ada", "private_key": "env:NOT_A_KEY"}
    with pytest.raises(Unusable, match="not an RSA key in PEM form") as raised:
        signed_in(wire, auth)
    assert "NOT_A_KEY" not in str(raised.value)


def test_a_refresh_token_is_redeemed(wire: Wire) -> None:
    wire.mock.post(TOKEN, json=ANSWER)
    signed_in(
        wire, {"flow": "refresh_token", "client_id": "env:ID", "client_secret": "env:S", "refresh_token": "env:R"}
    )
    assert form(wire) == {
        "grant_type": ["refresh_token"],
        "client_id": ["ID"],
        "client_secret": ["S"],
        "refresh_token": ["R"],
    }


def test_9_a_rotated_refresh_token_is_used_next_time_and_the_operator_is_warned(
    wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    wire.mock.post(TOKEN, json={**ANSWER, "refresh_token": "R2"})
    wire.mock.post(TOKEN, json={**ANSWER, "refresh_token": "R2"})
    auth = {"flow": "refresh_token", "client_id": "env:ID", "client_secret": "env:S", "refresh_token": "env:R"}
    _, sign_in = signed_in(wire, auth)
    sign_in(Transport(DIALECT, BASE, sign_in, Network(lambda: NOW)))
    redeemed = [parse_qs(str(call.request.body))["refresh_token"] for call in wire.mock.calls]
    assert redeemed == [["R"], ["R2"]]
    assert "turn rotation off" in caplog.text
    assert "R2" not in caplog.text


def test_11_a_password_goes_over_oauth_with_the_security_token_behind_it_and_never_over_soap(wire: Wire) -> None:
    wire.mock.post(TOKEN, json=ANSWER)
    auth = {
        "flow": "password",
        "username": "ada@acme.example",
        "password": "env:PW",
        "security_token": "env:TOK",
        "client_id": "env:ID",
        "client_secret": "env:S",
    }
    signed_in(wire, auth)
    assert form(wire)["password"] == ["PWTOK"]
    assert all("Soap" not in str(call.request.url) for call in wire.mock.calls)


def test_behind_plain_http_the_address_of_the_answer_is_not_followed(wire: Wire) -> None:
    url = "http://127.0.0.1:8080"
    wire.mock.post(f"{url}/services/oauth2/token", json={**ANSWER, "instance_url": "https://127.0.0.1:8443"})
    token, _ = signed_in(wire, CLIENT, url)
    assert token.base == url


@pytest.mark.parametrize(
    "code", ["invalid_grant", "invalid_client", "invalid_client_id", "inactive_user", "unheard_of"]
)
def test_10_refused_credentials_are_unusable_at_once_and_say_what_to_check(wire: Wire, code: str) -> None:
    wire.mock.post(TOKEN, status=400, json={"error": code, "error_description": "no client credentials user enabled"})
    with pytest.raises(Unusable, match=r"no client credentials user enabled.*Check the credentials"):
        signed_in(wire, CLIENT)
    assert wire.slept == []


def test_10_who_redeems_a_refresh_token_beside_somebody_else_tries_again(wire: Wire) -> None:
    busy = {"error": "invalid_grant", "error_description": "expired authorization code"}
    wire.mock.post(TOKEN, status=400, json=busy)
    wire.mock.post(TOKEN, json=ANSWER)
    auth = {"flow": "refresh_token", "client_id": "env:ID", "client_secret": "env:S", "refresh_token": "env:R"}
    token, _ = signed_in(wire, auth)
    assert token.value == ANSWER["access_token"]
    assert len(wire.slept) == 1


def test_20_the_short_id_of_the_user_is_completed(wire: Wire) -> None:
    wire.mock.post(TOKEN, json={**ANSWER, "id": "https://login.salesforce.com/id/00D000000000001/005D0000001QRst"})
    assert signed_in(wire, CLIENT)[1].user_id == id18("005D0000001QRst")


def test_too_many_logins_are_a_reason_to_wait(wire: Wire) -> None:
    wire.mock.post(TOKEN, status=400, json={"error": "rate_limit_exceeded", "error_description": "login rate exceeded"})
    with pytest.raises(RetryLater, match="login rate exceeded"):
        signed_in(wire, CLIENT)


def test_no_credential_stands_in_a_message(wire: Wire, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    wire.mock.post(
        TOKEN, status=400, json={"error": "invalid_client", "error_description": "client_secret=SECRET wrong"}
    )
    with pytest.raises(Unusable) as raised:
        signed_in(wire, CLIENT)
    assert "SECRET" not in str(raised.value) + caplog.text


def test_a_secret_is_resolved_only_when_it_is_needed(wire: Wire, secret: Callable[[str], str]) -> None:
    asked: list[str] = []
    options = SalesforceOptions.model_validate({"vendor": "salesforce", "url": BASE, "auth": CLIENT})

    def noted(reference: str) -> str:
        asked.append(reference)
        return secret(reference)

    SignIn(options, noted, lambda: NOW)
    assert asked == []
