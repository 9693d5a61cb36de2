"""Access tokens: the OAuth flows, SOAP login, and the check of every call's token."""

import base64
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from xml.sax.saxutils import escape, unescape

import jwt

from connectors.emulator.salesforce.errors import session_invalid
from connectors.emulator.salesforce.org import Org, Session
from connectors.emulator.wire import JsonObject

_TOKEN = re.compile(r"(?:Bearer|OAuth)\s+(\S+)", re.IGNORECASE)
_SOAP_VALUE = r"<(?:\w+:)?{name}>(.*?)</(?:\w+:)?{name}>"
_ENTITIES = {"&quot;": '"', "&apos;": "'"}
# Newer API versions have no login() any more (wire contract, section 0).
_LAST_SOAP_VERSION = 64.0


@dataclass(slots=True)
class OAuthError(Exception):
    """An OAuth error answer."""

    error: str
    description: str
    status: int = 400

    def body(self) -> JsonObject:
        """The answer's JSON."""
        return {"error": self.error, "error_description": self.description}


def authenticate(org: Org, headers: Mapping[str, str]) -> str:
    """The user a call's token stands for; using it keeps it alive.

    Raises:
        SalesforceError: INVALID_SESSION_ID.
    """
    match = _TOKEN.fullmatch(headers.get("authorization", ""))
    token = match[1] if match else headers.get("x-sfdc-session", "")
    session = org.sessions.get(token)
    now = org.clock.now()
    if session is None or now - session.used > timedelta(seconds=org.settings["session_timeout_seconds"]):
        org.sessions.pop(token, None)
        raise session_invalid()
    session.used = now
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
    flow(org, form, origin)
    return _granted(org, origin)


def revoke(org: Org, given: str) -> bool:
    """End a session by its token; False when there is none."""
    return org.sessions.pop(given, None) is not None


def open_session(org: Org) -> str:
    """A new access token for the integration user."""
    made = f"{org.org_id[:15]}!AQ{secrets.token_urlsafe(60).replace('-', '.')}"
    org.sessions[made] = Session(org.user_id, org.clock.now())
    return made


def identity(org: Org, origin: str) -> JsonObject:
    """Who the token belongs to, as the identity and userinfo resources answer."""
    user = org.store.table("User")[org.user_id]
    return {
        "id": f"{origin}/id/{org.org_id}/{org.user_id}",
        "sub": f"{origin}/id/{org.org_id}/{org.user_id}",
        "user_id": org.user_id,
        "organization_id": org.org_id,
        "username": org.username,
        "preferred_username": org.username,
        "display_name": user["Name"],
        "name": user["Name"],
        "email": user["Email"],
        "active": bool(user["IsActive"]),
    }


def _granted(org: Org, origin: str) -> JsonObject:
    issued = int(org.clock.now().timestamp() * 1000)
    return {
        "access_token": open_session(org),
        "signature": base64.b64encode(secrets.token_bytes(32)).decode(),
        "scope": "api refresh_token",
        "instance_url": origin,
        "id": f"{origin}/id/{org.org_id}/{org.user_id}",
        "token_type": "Bearer",
        "issued_at": str(issued),
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


def _active(org: Org) -> None:
    if not org.store.table("User")[org.user_id].get("IsActive"):
        raise OAuthError("inactive_user", "user is inactive")


def _client_credentials(org: Org, form: Mapping[str, str], _origin: str) -> None:
    _client(org, form)
    _active(org)


def _refresh(org: Org, form: Mapping[str, str], _origin: str) -> None:
    _client(org, form)
    if form.get("refresh_token") != org.credentials.refresh_token:
        raise OAuthError("invalid_grant", "expired access/refresh token")
    _active(org)


def _password(org: Org, form: Mapping[str, str], _origin: str) -> None:
    _client(org, form)
    expected = org.credentials.password + org.credentials.security_token
    known = form.get("username") == org.username and form.get("password") == expected
    if not known or not org.settings["password_login"]:
        raise OAuthError("invalid_grant", "authentication failure")
    _active(org)


def _jwt_bearer(org: Org, form: Mapping[str, str], origin: str) -> None:
    claims = _claims(org, form.get("assertion", ""))
    if claims.get("iss") != org.credentials.client_id:
        raise OAuthError("invalid_client_id", "client identifier invalid")
    audiences = {"https://login.salesforce.com", "https://test.salesforce.com", origin, f"{origin}/_.salesforce.com"}
    if str(claims.get("aud")) not in audiences:
        raise OAuthError("invalid_grant", "audience is invalid")
    now = org.clock.now().timestamp()
    if not now < _seconds(claims.get("exp")) <= now + 600:
        raise OAuthError("invalid_grant", "expired authorization code")
    if claims.get("sub") != org.username:
        raise OAuthError("invalid_grant", "user hasn't approved this consumer")
    _active(org)


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


_FLOWS: Mapping[str, Callable[[Org, Mapping[str, str], str], None]] = {
    "client_credentials": _client_credentials,
    "refresh_token": _refresh,
    "password": _password,
    "urn:ietf:params:oauth:grant-type:jwt-bearer": _jwt_bearer,
}


def soap_login(org: Org, version: str, envelope: str, origin: str) -> tuple[int, str]:
    """SOAP login(): the HTTP status and the XML."""
    fault = _soap_refusal(org, version, envelope)
    if fault is not None:
        return 500, _FAULT.format(code=fault[0], message=escape(fault[1]))
    user = org.store.table("User")[org.user_id]
    filled = _LOGGED_IN.format(
        origin=origin,
        version=version,
        org=org.org_id,
        session=open_session(org),
        user=org.user_id,
        name=escape(user["Name"] or ""),
        username=escape(org.username),
    )
    return 200, filled


def _soap_refusal(org: Org, version: str, envelope: str) -> tuple[str, str] | None:
    if not re.fullmatch(r"\d\d\.\d", version, re.ASCII) or float(version) > _LAST_SOAP_VERSION:
        return "UNSUPPORTED_API_VERSION", "login() is not available in this API version"
    if not org.settings["soap_login"]:
        return "INVALID_OPERATION", "SOAP API login() is disabled by default in this org."
    expected = org.credentials.password + org.credentials.security_token
    if (_soap_value(envelope, "username"), _soap_value(envelope, "password")) != (org.username, expected):
        return "INVALID_LOGIN", "Invalid username, password, security token; or user locked out."
    return None


def _soap_value(envelope: str, name: str) -> str:
    match = re.search(_SOAP_VALUE.format(name=name), envelope, re.DOTALL)
    return unescape(match[1], _ENTITIES) if match else ""


_ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
)
_LOGGED_IN = (
    _ENVELOPE + 'xmlns="urn:partner.soap.sforce.com"><soapenv:Body><loginResponse><result>'
    "<metadataServerUrl>{origin}/services/Soap/m/{version}/{org}</metadataServerUrl>"
    "<passwordExpired>false</passwordExpired><sandbox>false</sandbox>"
    "<serverUrl>{origin}/services/Soap/u/{version}/{org}</serverUrl>"
    "<sessionId>{session}</sessionId><userId>{user}</userId><userInfo><organizationId>{org}</organizationId>"
    "<userFullName>{name}</userFullName><userName>{username}</userName></userInfo>"
    "</result></loginResponse></soapenv:Body></soapenv:Envelope>"
)
_FAULT = (
    _ENVELOPE + 'xmlns:sf="urn:fault.partner.soap.sforce.com" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body><soapenv:Fault>'
    "<faultcode>sf:{code}</faultcode><faultstring>{code}: {message}</faultstring>"
    '<detail><sf:LoginFault xsi:type="sf:LoginFault"><sf:exceptionCode>{code}</sf:exceptionCode>'
    "<sf:exceptionMessage>{message}</sf:exceptionMessage></sf:LoginFault></detail>"
    "</soapenv:Fault></soapenv:Body></soapenv:Envelope>"
)
