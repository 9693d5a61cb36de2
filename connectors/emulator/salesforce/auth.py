"""Access tokens: the OAuth flows, introspection and revocation, and the check of every call's token."""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import jwt

from connectors.emulator.salesforce.errors import session_invalid
from connectors.emulator.salesforce.org import Org, Session
from connectors.emulator.wire import JsonObject

_TOKEN = re.compile(r"(?:Bearer|OAuth)\s+(\S+)", re.IGNORECASE)
_HOUR = timedelta(hours=1)
_SCOPE = "api refresh_token"
_LOGIN_HOSTS = frozenset({"login.salesforce.com", "test.salesforce.com"})


@dataclass(slots=True)
class OAuthError(Exception):
    """An OAuth error answer."""

    error: str
    description: str
    status: int = 400

    def body(self) -> JsonObject:
        """The answer's JSON."""
        return {"error": self.error, "error_description": self.description}


@dataclass(slots=True)
class TokenError(Exception):
    """How the identity resources refuse: one word of plain text."""

    word: str
    status: int = 403


def authenticate(org: Org, headers: Mapping[str, str]) -> str:
    """The user a call's token stands for; using it keeps it alive.

    Raises:
        SalesforceError: INVALID_SESSION_ID.
    """
    match = _TOKEN.fullmatch(headers.get("authorization", ""))
    session = living(org, match[1] if match else headers.get("x-sfdc-session", ""))
    if session is None:
        raise session_invalid()
    session.used = org.clock.now()
    return session.user


def living(org: Org, given: str) -> Session | None:
    """The session of an access token, unless it was unused for too long."""
    session = org.sessions.get(given)
    if session is not None and org.clock.now() > _ends(org, session):
        org.sessions.pop(given)
        return None
    return session


def bearer(org: Org, headers: Mapping[str, str], query: Mapping[str, str]) -> str:
    """The user behind a call of the identity resources, whose token may also stand in the query.

    Raises:
        TokenError: there is no token, or it is dead.
    """
    match = _TOKEN.fullmatch(headers.get("authorization", ""))
    given = match[1] if match else query.get("oauth_token") or query.get("access_token", "")
    if not given:
        raise TokenError("Missing_OAuth_Token")
    session = living(org, given)
    if session is None:
        raise TokenError("Bad_OAuth_Token")
    return session.user


def token(org: Org, form: Mapping[str, str], headers: Mapping[str, str], origin: str) -> JsonObject:
    """The answer of the token endpoint; `origin` is the scheme and host the client came by.

    Raises:
        OAuthError: the grant is not accepted.
    """
    form = {**form, **_basic(headers.get("authorization", ""))}
    flow = _FLOWS.get(form.get("grant_type", ""))
    if flow is None:
        raise OAuthError("unsupported_grant_type", "grant type not supported")
    hosts = frozenset({urlsplit(origin).netloc, headers.get("x-orig-host", "")})
    user = flow(org, form, hosts)
    if not org.store.table("User")[user].get("IsActive"):
        raise OAuthError("inactive_user", "user is inactive")
    if too_many(org):
        raise OAuthError("rate_limit_exceeded", "login rate exceeded")
    rotated = {"refresh_token": _rotate(org, form)} if _rotates(org, form) else {}
    return {**_granted(org, user, origin), **rotated}


def introspect(org: Org, form: Mapping[str, str], headers: Mapping[str, str], origin: str) -> JsonObject:
    """What the introspection endpoint tells an app about a token.

    Raises:
        OAuthError: the app does not identify itself.
    """
    form = {**form, **_basic(headers.get("authorization", ""))}
    _client(org, form)
    session = living(org, form.get("token", ""))
    if session is None:
        return {"active": False}
    opened = int(session.opened.timestamp())
    return {
        "active": True,
        "scope": _SCOPE,
        "client_id": org.credentials.client_id,
        "username": org.store.table("User")[session.user]["Username"],
        "sub": f"{origin}/id/{org.org_id}/{session.user}",
        "token_type": "access_token",
        "exp": int(_ends(org, session).timestamp()),
        "iat": opened,
        "nbf": opened,
    }


def _ends(org: Org, session: Session) -> datetime:
    return session.used + timedelta(seconds=org.settings["session_timeout_seconds"])


def _rotates(org: Org, form: Mapping[str, str]) -> bool:
    return bool(org.settings["rotate_refresh_tokens"]) and form["grant_type"] == "refresh_token"


def _rotate(org: Org, form: Mapping[str, str]) -> str:
    """Redeem a refresh token for good; the one that stands in for it."""
    org.refresh_tokens.discard(form["refresh_token"])
    made = f"5Aep861{secrets.token_urlsafe(40)}"
    org.refresh_tokens.add(made)
    return made


def revoke(org: Org, given: str) -> bool:
    """End a session by its token, or all sessions by a refresh token; False when it is neither."""
    if given in org.refresh_tokens:
        org.refresh_tokens.discard(given)
        org.sessions.clear()
        return True
    return org.sessions.pop(given, None) is not None


def too_many(org: Org) -> bool:
    """Whether all logins of this hour are spent; expects one more to follow when they are not."""
    now = org.clock.now()
    org.logins = [each for each in org.logins if now - each < _HOUR]
    spent: bool = len(org.logins) >= org.settings["logins_per_hour"]
    if not spent:
        org.logins.append(now)
    return spent


def open_session(org: Org, user: str) -> str:
    """A new access token for a user."""
    made = f"{org.org_id[:15]}!AQ{secrets.token_urlsafe(60).replace('-', '.')}"
    org.sessions[made] = Session(user, org.clock.now(), org.clock.now())
    return made


def _granted(org: Org, user: str, origin: str) -> JsonObject:
    issued = str(int(org.clock.now().timestamp() * 1000))
    identity = f"{origin}/id/{org.org_id}/{user}"
    signed = hmac.digest(org.credentials.client_secret.encode(), f"{identity}{issued}".encode(), hashlib.sha256)
    return {
        "access_token": open_session(org, user),
        "signature": base64.b64encode(signed).decode(),
        "scope": _SCOPE,
        "instance_url": origin,
        "id": identity,
        "token_type": "Bearer",
        "issued_at": issued,
    }


def _basic(header: str) -> dict[str, str]:
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "basic":
        return {}
    try:
        key, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except ValueError:
        raise OAuthError("invalid_client", "invalid client credentials", 401) from None
    return {"client_id": key, "client_secret": secret}


def _client(org: Org, form: Mapping[str, str], *, secret: bool = True) -> None:
    if form.get("client_id") != org.credentials.client_id:
        raise OAuthError("invalid_client_id", "client identifier invalid")
    if secret and form.get("client_secret") != org.credentials.client_secret:
        raise OAuthError("invalid_client", "invalid client credentials")


def _client_credentials(org: Org, form: Mapping[str, str], hosts: Set[str]) -> str:
    _client(org, form)
    if hosts & _LOGIN_HOSTS:
        raise OAuthError("invalid_grant", "request not supported on this domain")
    if not org.settings["client_credentials_user"]:
        raise OAuthError("invalid_grant", "no client credentials user enabled")
    return org.user_id


def _refresh(org: Org, form: Mapping[str, str], _hosts: Set[str]) -> str:
    _client(org, form)
    if form.get("refresh_token") not in org.refresh_tokens:
        raise OAuthError("invalid_grant", "expired access/refresh token")
    return org.user_id


def _password(org: Org, form: Mapping[str, str], _hosts: Set[str]) -> str:
    _client(org, form)
    if not org.settings["password_login"] or check_password(org, form.get("username", ""), form.get("password", "")):
        raise OAuthError("invalid_grant", "authentication failure")
    return org.user_id


def check_password(org: Org, username: str, password: str) -> str:
    """Why a password is refused, as a code of SOAP login; empty when it is right."""
    most, own = org.settings["login_attempts"], org.credentials
    if most and org.wrong_passwords >= most:
        return "PASSWORD_LOCKOUT"
    bare = hmac.compare_digest(password.encode(), own.password.encode())
    full = hmac.compare_digest(password.encode(), f"{own.password}{own.security_token}".encode())
    if username.lower() == org.username.lower() and (full or (bare and org.settings["trusted_network"])):
        org.wrong_passwords = 0
        return ""
    org.wrong_passwords += 1
    return "LOGIN_MUST_USE_SECURITY_TOKEN" if bare and username.lower() == org.username.lower() else "INVALID_LOGIN"


def _code(_org: Org, _form: Mapping[str, str], _hosts: Set[str]) -> str:
    """Nobody can approve an app on a page here, so no code is ever good."""
    raise OAuthError("invalid_grant", "invalid authorization code")


def _jwt_bearer(org: Org, form: Mapping[str, str], hosts: Set[str]) -> str:
    claims = _claims(org, form.get("assertion", ""))
    if claims.get("iss") != org.credentials.client_id:
        raise OAuthError("invalid_client_id", "client identifier invalid")
    aud = claims.get("aud")
    if _audiences(hosts).isdisjoint(map(str, aud if isinstance(aud, list) else [aud])):
        raise OAuthError("invalid_grant", "audience is invalid")
    now = org.clock.now().timestamp()
    if not now < _seconds(claims.get("exp")) <= now + org.settings["jwt_seconds"]:
        raise OAuthError("invalid_grant", "expired authorization code")
    approved = {org.username, *org.settings["approved_users"]}
    known: dict[str, str] = {row["Username"]: row["Id"] for row in org.store.table("User").values()}
    user = known.get(str(claims.get("sub"))) if claims.get("sub") in approved else None
    if user is None:
        raise OAuthError("invalid_grant", "user hasn't approved this consumer")
    return user


def _audiences(hosts: Set[str]) -> set[str]:
    """The login hosts, and the host the client came by, also with what some clients append to it."""
    own = {f"{scheme}://{host}" for scheme in ("http", "https") for host in hosts if host}
    return {f"https://{host}" for host in _LOGIN_HOSTS} | own | {f"{each}/_.salesforce.com" for each in own}


def _claims(org: Org, assertion: str) -> dict[str, Any]:
    unchecked = {f"verify_{claim}": False for claim in ("exp", "aud", "iat", "nbf", "iss", "sub", "jti")}
    try:
        return jwt.decode(assertion, org.public_key, algorithms=["RS256"], options=unchecked)  # type: ignore[arg-type]  # a computed TypedDict
    except jwt.InvalidTokenError:
        raise OAuthError("invalid_grant", "invalid assertion") from None


def _seconds(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return 0.0


_FLOWS: Mapping[str, Callable[[Org, Mapping[str, str], Set[str]], str]] = {
    "authorization_code": _code,
    "client_credentials": _client_credentials,
    "refresh_token": _refresh,
    "password": _password,
    "urn:ietf:params:oauth:grant-type:jwt-bearer": _jwt_bearer,
}
