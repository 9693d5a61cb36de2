"""How HubSpot speaks of failure: its statuses and categories, and what each one asks of us.

`DIALECT` is handed to `connectors.transport`; `sentence` turns a refusal into words for a person.
Sources: HubSpot's error handling and usage guidelines pages, and public issue threads where those are silent.
"""

import re
from collections.abc import Mapping

import orjson

from connectors.budget import Allowance
from connectors.dialect import Dialect, Meaning, Problem

Json = Mapping[str, object]

TAKEN = "taken"
"""What 400 means that names the record which holds a unique value already: HubSpot calls it a VALIDATION_ERROR."""

UNKNOWN = "unknown object"
"""What 400 and 404 mean that cannot infer the object type: the portal has none such, whatever else it has."""

TABLE: Mapping[tuple[int, str], Meaning] = {
    (400, "BAD_REFRESH_TOKEN"): Meaning.UNUSABLE,
    (400, "invalid_grant"): Meaning.UNUSABLE,
    (400, TAKEN): Meaning.CONFLICT,
    (400, UNKNOWN): Meaning.FORBIDDEN,
    (403, ""): Meaning.FORBIDDEN,
    (403, "PAGE"): Meaning.UNUSABLE,
    (404, "PAGE"): Meaning.UNUSABLE,
    (404, UNKNOWN): Meaning.FORBIDDEN,
    (410, ""): Meaning.UNUSABLE,
    (414, ""): Meaning.REJECTED,
    (415, ""): Meaning.UNUSABLE,
    (423, ""): Meaning.BUSY,
    (429, "DAILY"): Meaning.QUOTA,
    (429, ""): Meaning.BUSY,
    (477, ""): Meaning.AWAY,
}
"""403 concerns one object or feature, not the connection: the reader skips the object, others get the sentence. A web
page is no such word of HubSpot's; whatever stands before it let nothing through.
477 announces a migration of the account to another region, which lasts up to a day."""

LOCK = 2.0
"""Seconds a record stays locked during mass writes."""

WAITS: Mapping[str, float] = {"TEN_SECONDLY_ROLLING": 10.0, "SECONDLY": 1.0, "LOCKED": LOCK}
"""Seconds to wait by the policy that was violated; HubSpot seldom sends Retry-After."""

REPEATABLE_POSTS = (
    r"/search$",
    r"/batch/(read|update|upsert|archive)$",
    r"/batch/associate/default$",
    r"/oauth/v\d/token$",
)

HOLDS = (
    (r"/search$|/batch/(read|create|update|upsert|associate/default)$", "results"),
    (
        r"^GET .*/(objects(/[\d-]+)?/\w+|owners(/[\d-]+)?|(?<!objects/)properties(/[\d-]+)?/\w+|groups|labels)$",
        "results",
    ),
    (r"^POST .*/oauth/v\d/token$", "access_token"),
)
"""What an answer of success holds; one that lacks it was made by something between HubSpot and us."""

_EXISTING = re.compile(r"Existing ID:\s*(\d+)|\b(\d+) already has that value")
_LISTED = re.compile(r"^(?P<lead>[^\[]*)(?P<list>\[\{.*\}\])\s*$", re.DOTALL)


def read(status: int, body: bytes) -> Problem:
    """Read an error body, every field of which is optional and which may be anything but JSON."""
    said = _object(body)
    code = _code(status, said)
    message = sentence(said) or body[:200].decode("utf-8", "replace")
    found = _EXISTING.search(message)
    code = TAKEN if found and status == 400 else UNKNOWN if "infer object type" in message else code
    return Problem(
        code, message, found[1] or found[2] if found else None, WAITS.get(code), LOCK if code == "LOCKED" else 0.0
    )


def sentence(said: Json) -> str:
    """Say in words what an error object reports: its message, freed of embedded JSON, and what its details add."""
    message = _without_json(str(said.get("message") or said.get("error_description") or ""))
    details = [str(detail["message"]) for detail in _details(said) if detail.get("message")]
    scopes = [str(scope) for detail in _details(said) for scope in _scopes(detail)]
    extra = [text for text in details if text not in message]
    return " ".join([message, *extra, *([f"Missing: {', '.join(scopes)}."] if scopes else [])]).strip()


def _code(status: int, said: Json) -> str:
    if status == 423:
        return "LOCKED"
    if status == 429 and "daily limit" in str(said.get("message")).lower():
        return "DAILY"
    for name in ("policyName", "category", "errorType", "status", "error"):
        value = said.get(name)
        if isinstance(value, str) and value != "error":
            return value
    return ""


def _object(body: bytes) -> Json:
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _details(said: Json) -> list[Json]:
    errors = said.get("errors")
    return [error for error in errors if isinstance(error, dict)] if isinstance(errors, list) else []


def _scopes(detail: Json) -> list[object]:
    context = detail.get("context")
    scopes = context.get("requiredGranularScopes") if isinstance(context, dict) else None
    return scopes if isinstance(scopes, list) else []


def _without_json(message: str) -> str:
    """Replace the JSON list that HubSpot embeds in validation messages by the messages inside it."""
    found = _LISTED.match(message)
    if not found:
        return message
    try:
        rows = orjson.loads(found["list"])
    except orjson.JSONDecodeError:
        return message
    return f"{found['lead'].rstrip(' :')}: {'; '.join(map(_property_error, rows))}"


def _property_error(row: Json) -> str:
    """Say what is wrong with which property."""
    message = str(row.get("message") or row.get("localizedErrorMessage") or row.get("error"))
    name = str(row.get("name") or "")
    return message if name in message else f"{name}: {message}"


def allowance(headers: Mapping[str, str]) -> Allowance | None:
    """Read the day's calls of all private apps; searches and OAuth apps are told nothing."""
    day, left = (headers.get(f"X-HubSpot-RateLimit-Daily{what}", "") for what in ("", "-Remaining"))
    return Allowance(int(day), int(left)) if day.isdecimal() and left.isdecimal() else None


DIALECT = Dialect("HubSpot", read, TABLE, REPEATABLE_POSTS, allowance, holds=HOLDS)
