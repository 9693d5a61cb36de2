"""Who calls: the private app's static token and OAuth access tokens with their end."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid4, uuid5

from .crm import Clock
from .refusals import RefusedError, expired, unauthenticated

PRIVATE_APP, PUBLIC_APP = 1_048_576, 2_097_152
"""Ids of the portal's private app (or service key) and of the public app that uses OAuth and webhooks."""


def _fixed(word: str) -> str:
    """Make an identifier that is the same in every process, so that configurations can be written down."""
    return str(uuid5(NAMESPACE_URL, f"rapport-emulator/{word}"))


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated caller."""

    oauth: bool
    """OAuth apps have their own limit and no daily header."""
    app: int
    """Id of the app; what property history names as the source of a write."""


class Access:
    """Credentials of one portal and the OAuth tokens it has issued."""

    def __init__(self, clock: Clock, settings: Mapping[str, Any]) -> None:
        self.token = f"pat-na1-{_fixed('token')}"
        self.client_id = _fixed("client-id")
        self.client_secret = _fixed("client-secret")
        self.refresh_token = f"na1-{_fixed('refresh-token')}"
        self.code = _fixed("code")
        self.developer_key = _fixed("developer-key")
        self._clock = clock
        self._settings = settings
        self._issued: dict[str, datetime] = {}
        self._codes: dict[str, str] = {}
        self._revoked = False

    def credentials(self) -> dict[str, str]:
        """List what a client needs to get in."""
        return {
            "token": self.token,
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "refresh_token": self.refresh_token,
            "authorization_code": self.code,
            "developer_key": self.developer_key,
            "app_id": str(PUBLIC_APP),
        }

    def authenticate(self, header: str | None) -> Caller:
        """Recognise the caller by an Authorization header. Raises RefusedError (401)."""
        scheme, _, token = (header or "").strip().partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token:
            raise unauthenticated()
        if token == self.token:
            return Caller(oauth=False, app=PRIVATE_APP)
        end = self.end_of(token)
        if end is None:
            raise unauthenticated()
        if end <= self._clock.now():
            raise expired(int((self._clock.now() - end).total_seconds()))
        return Caller(oauth=True, app=PUBLIC_APP)

    def check_developer(self, key: str | None) -> None:
        """Let in who manages the public app's webhooks. Raises RefusedError (401)."""
        if key != self.developer_key:
            raise unauthenticated()

    def authorise(self, client_id: str, redirect_uri: str) -> str:
        """Install the app, as a user who agrees does; answers a code, valid once. Raises RefusedError (400)."""
        if client_id != self.client_id or not redirect_uri:
            raise _refused("invalid_client", "missing or unknown client id or redirect uri", "BAD_CLIENT_ID")
        code = str(uuid4())
        self._codes[code] = redirect_uri
        self._revoked = False
        return code

    def knows(self, refresh_token: str) -> bool:
        """Whether a refresh token is ours and not revoked."""
        return refresh_token == self.refresh_token and not self._revoked

    def revoke(self) -> None:
        """Uninstall the app: its refresh token is of no use until it is authorised again."""
        self._revoked = True

    def end_of(self, token: str) -> datetime | None:
        """Tell when an issued access token ends, None for one we did not issue."""
        return self._issued.get(token)

    def issue(self, form: Mapping[str, str]) -> str:
        """Exchange a refresh token or an authorisation code for an access token. Raises RefusedError (400)."""
        if form.get("client_id") != self.client_id or form.get("client_secret") != self.client_secret:
            raise _refused("invalid_client", "missing or unknown client id or client secret", "BAD_CLIENT_ID")
        match form.get("grant_type"):
            case "refresh_token" if self.knows(form.get("refresh_token", "")):
                if self._settings["rotate_refresh_tokens"]:
                    self.refresh_token = f"na1-{uuid4()}"
                return self._new()
            case "refresh_token":
                described = "refresh token is invalid, expired or revoked"
                raise _refused("invalid_grant", described, "BAD_REFRESH_TOKEN")
            case "authorization_code" if self._redeems(form):
                return self._new()
            case "authorization_code":
                raise _refused("invalid_grant", "missing or unknown auth code", "BAD_AUTH_CODE")
            case _:
                raise _refused("unsupported_grant_type", "missing or unknown grant type", "BAD_GRANT_TYPE")

    def _redeems(self, form: Mapping[str, str]) -> bool:
        """Take a code: one issued here once and for its redirect address, the announced one always."""
        code = form.get("code", "")
        if code == self.code:
            self._revoked = False
            return True
        return self._codes.get(code) == form.get("redirect_uri") and self._codes.pop(code, None) is not None

    def _new(self) -> str:
        token = f"na1-access-{uuid4()}"
        self._issued[token] = self._clock.now() + timedelta(seconds=self._settings["access_token_seconds"])
        return token


def _refused(error: str, described: str, code: str) -> RefusedError:
    """An OAuth refusal: the body's `status` is a code of its own, not "error"."""
    refused = RefusedError(400, "", described, error=error, error_description=described)
    refused.extra["status"] = code
    return refused
