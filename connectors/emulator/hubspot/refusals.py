"""HubSpot's error answers as data: a status, a category, a message and the vendor's extra keys.

Everything here is raised by the portal's rules and turned into a body in one place (`api.endpoint`).
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from uuid import uuid4

SCOPES_PAGE = "https://developers.hubspot.com/scopes"


class RefusedError(Exception):
    """The portal refuses a request, or one row of a batch; `extra` is merged into the body."""

    def __init__(self, status: int, category: str, message: str, **extra: object) -> None:
        super().__init__(message)
        self.status = status
        self.category = category
        self.message = message
        self.extra = extra
        self.headers: dict[str, str] = {}

    def body(self) -> dict[str, object]:
        """Form the JSON body of an answer that consists of this error."""
        named = {"category": self.category} if self.category else {}
        return {"status": "error", "message": self.message, "correlationId": str(uuid4()), **self.extra, **named}

    def row(self, context: Mapping[str, list[str]]) -> dict[str, object]:
        """Form the row of a 207's `errors`; `context` says which inputs it speaks of."""
        return {"status": "error", "category": self.category, "message": self.message, "context": dict(context)}


@dataclass(frozen=True, slots=True)
class Problem:
    """One property value that was not accepted."""

    name: str
    error: str
    """HubSpot's code: PROPERTY_DOESNT_EXIST, INVALID_OPTION, READ_ONLY_VALUE, ..."""
    message: str


def invalid(message: str, **extra: object) -> RefusedError:
    """A request that HubSpot does not understand or allow: 400."""
    return RefusedError(HTTPStatus.BAD_REQUEST, "VALIDATION_ERROR", message, **extra)


def invalid_values(problems: Iterable[Problem], portal_id: int) -> RefusedError:
    """Property values that were not accepted: 400, with the list as JSON inside the message."""
    found = list(problems)
    rows = [
        {
            "isValid": False,
            "message": problem.message,
            "error": problem.error,
            "name": problem.name,
            "localizedErrorMessage": problem.message,
            "portalId": portal_id,
        }
        for problem in found
    ]
    errors = [{"message": p.message, "code": p.error, "context": {"propertyName": [p.name]}} for p in found]
    return invalid(f"Property values were not valid: {json.dumps(rows, separators=(',', ':'))}", errors=errors)


def missing() -> RefusedError:
    """A record, property or owner that is not there: 404."""
    return RefusedError(HTTPStatus.NOT_FOUND, "OBJECT_NOT_FOUND", "resource not found")


def conflict(message: str) -> RefusedError:
    """Something of that identity exists: 409."""
    return RefusedError(HTTPStatus.CONFLICT, "CONFLICT", message)


def unauthenticated() -> RefusedError:
    """No credentials, or unknown ones: 401."""
    return RefusedError(
        HTTPStatus.UNAUTHORIZED,
        "INVALID_AUTHENTICATION",
        "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find more "
        "details at https://developers.hubspot.com/docs/methods/auth/oauth-overview",
    )


def expired(seconds: int) -> RefusedError:
    """An OAuth access token past its time: 401."""
    message = f"The OAuth token used to make this call expired {seconds} second(s) ago."
    return RefusedError(HTTPStatus.UNAUTHORIZED, "EXPIRED_AUTHENTICATION", message)


def lacking_scopes(scopes: Iterable[str]) -> RefusedError:
    """A token without the scopes of this endpoint: 403."""
    return RefusedError(
        HTTPStatus.FORBIDDEN,
        "MISSING_SCOPES",
        "This app hasn't been granted all required scopes to make this call. Read more about required scopes here: "
        f"{SCOPES_PAGE}.",
        errors=[
            {
                "message": "One or more of the following scopes are required.",
                "context": {"requiredGranularScopes": sorted(scopes)},
            }
        ],
        links={"scopes": SCOPES_PAGE},
    )


def rate_limited(policy: str, spoken: str, **extra: object) -> RefusedError:
    """A limit is spent: 429. `policy` is HubSpot's name of it, `spoken` the words of the message."""
    return RefusedError(
        HTTPStatus.TOO_MANY_REQUESTS,
        "",
        f"You have reached your {spoken} limit.",
        errorType="RATE_LIMIT",
        policyName=policy,
        **extra,
    )


def broken() -> RefusedError:
    """The emulator's own mistake, told as HubSpot tells its own: 500."""
    return RefusedError(HTTPStatus.INTERNAL_SERVER_ERROR, "INTERNAL_ERROR", "internal error")
