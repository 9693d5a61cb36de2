"""Signs in to Salesforce: four OAuth flows, never SOAP (`login()` is being retired).

simple-salesforce can do three of them, but it sends the JWT's expiry as text, fixes the host to ``*.salesforce.com``
and gives no way to sign in once for several threads; so the token is fetched here and handed to the transport.
"""

import base64
import logging
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, assert_never, cast
from urllib.parse import urlsplit

import jwt

from connectors.errors import Rejected, Unreachable, Unusable
from connectors.options import ClientCredentials, JwtBearer, Password, RefreshToken, SalesforceOptions
from connectors.rotation import Rotating
from connectors.salesforce.soql import id18
from connectors.transport import Token, Transport

log = logging.getLogger(__name__)

JWT_LIFE = 180
"""Seconds an assertion is valid; Salesforce accepts up to five minutes."""
Secret = Callable[[str], str]


class SignIn:
    """Fetches a token whenever the transport asks for one; raises Unusable when the organisation says no.

    `user_id` is the integration user's id, known after the first sign-in. `keep` stores a rotated refresh token, see
    `connectors.open`.
    """

    def __init__(
        self,
        options: SalesforceOptions,
        secret: Secret,
        now: Callable[[], float],
        keep: Callable[[str, str], None] | None = None,
    ) -> None:
        self._options = options
        self._secret = secret
        self._now = now
        reference = options.auth.refresh_token if isinstance(options.auth, RefreshToken) else ""
        self._refresh_token = Rotating(partial(secret, reference), partial(keep or _lost, reference))
        self.user_id: str | None = None

    def __call__(self, transport: Transport) -> Token:
        """Ask the token endpoint."""
        try:
            answer = self._granted(transport)
        except Unreachable:
            raise
        except (Rejected, Unusable) as error:
            raise Unusable(
                f"{str(error).rstrip('.')}. Check the credentials and the app's policies in Salesforce."
            ) from error
        self.user_id = id18(str(answer.get("id") or "").rpartition("/")[2]) or None
        return Token(str(answer["access_token"]), _base(self._options.url, answer))

    def _granted(self, transport: Transport) -> Mapping[str, Any]:
        """Redeem what the settings name; a new refresh token is kept before anything is signed."""
        if not isinstance(self._options.auth, RefreshToken):
            return self._asked(transport)
        answer = self._refresh_token.redeemed(partial(self._asked, transport))
        if given := answer.get("refresh_token"):
            self._refresh_token.replaced(str(given))
        return answer

    def _asked(self, transport: Transport, refresh_token: str | None = None) -> Mapping[str, Any]:
        form, headers = _request(self._options, self._secret, self._now)
        if refresh_token:
            form["refresh_token"] = refresh_token
        return cast(
            "dict[str, Any]", transport.submit(f"{self._options.url}/services/oauth2/token", form, headers).json()
        )


def _lost(_reference: str, _given: str) -> None:
    log.warning("Salesforce rotates the refresh token of this app; turn rotation off, or the next run fails.")


def _base(url: str, answer: Mapping[str, Any]) -> str:
    """Go where the org lives; behind plain http (the emulator, a tunnel) stay where the operator pointed."""
    return str(answer.get("instance_url") or url) if url.startswith("https:") else url


def _request(
    options: SalesforceOptions, secret: Secret, now: Callable[[], float]
) -> tuple[dict[str, str], dict[str, str]]:
    """Build form and headers of the token request."""
    match options.auth:
        case ClientCredentials(client_id=client, client_secret=key):
            pair = f"{secret(client)}:{secret(key)}".encode()
            return {"grant_type": "client_credentials"}, {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
        case JwtBearer() as bearer:
            grant = "urn:ietf:params:oauth:grant-type:jwt-bearer"
            return {"grant_type": grant, "assertion": _assertion(bearer, options.url, secret, now)}, {}
        case RefreshToken() as auth:
            return {
                "grant_type": "refresh_token",
                "client_id": secret(auth.client_id),
                "client_secret": secret(auth.client_secret),
            }, {}
        case Password() as auth:
            token = secret(auth.security_token) if auth.security_token else ""
            return {
                "grant_type": "password",
                "client_id": secret(auth.client_id),
                "client_secret": secret(auth.client_secret),
                "username": auth.username,
                "password": secret(auth.password) + token,
            }, {}
    assert_never(options.auth)


def _assertion(bearer: JwtBearer, url: str, secret: Secret, now: Callable[[], float]) -> str:
    claims = {
        "iss": secret(bearer.client_id),
        "sub": bearer.username,
        "aud": bearer.audience or _audience(url),
        "exp": int(now()) + JWT_LIFE,
    }
    try:
        return jwt.encode(claims, secret(bearer.private_key), algorithm="RS256")
    except (ValueError, TypeError, jwt.PyJWTError) as error:
        raise Unusable("The private key of the connection is not an RSA key in PEM form.") from error


def _audience(url: str) -> str:
    host = urlsplit(url).hostname or ""
    sandbox = host.startswith("test.") or ".sandbox." in host
    return "https://test.salesforce.com" if sandbox else "https://login.salesforce.com"
