"""What Salesforce's refusals mean: the one table of this vendor, handed to `connectors.transport`.

Codes and statuses are those of the REST API guide and of public reports; row errors of sObject Collections use the same
codes and are looked up here too (`row_meaning`).
"""

import re
from collections.abc import Mapping
from typing import Any

import orjson

from connectors.budget import Allowance
from connectors.dialect import Dialect, Meaning, Problem

DAILY, CONCURRENT = "/daily", "/concurrent"
"""Added to REQUEST_LIMIT_EXCEEDED, which Salesforce uses for two different things."""

REDEEMING = "/redeeming"
"""Added to invalid_grant where it does not mean that the grant is dead."""
_REDEEMED_TWICE = ("invalid_grant", "expired authorization code")
"""What who redeems a refresh token is told while somebody else redeems the same; we never redeem such codes."""

TABLE: Mapping[tuple[int, str], Meaning] = {
    (0, "INVALID_SESSION_ID"): Meaning.SIGN_IN,
    (0, "InvalidSessionId"): Meaning.SIGN_IN,
    (401, "Bad_OAuth_Token"): Meaning.SIGN_IN,
    (403, "Bad_OAuth_Token"): Meaning.SIGN_IN,
    (0, "REQUEST_LIMIT_EXCEEDED" + DAILY): Meaning.QUOTA,
    (0, "REQUEST_LIMIT_EXCEEDED" + CONCURRENT): Meaning.BUSY,
    (0, "SERVER_UNAVAILABLE"): Meaning.BUSY,
    (0, "UNABLE_TO_LOCK_ROW"): Meaning.BUSY,
    (0, "QUERY_TIMEOUT"): Meaning.BROKEN,
    (0, "UNKNOWN_EXCEPTION"): Meaning.BROKEN,
    (0, "ENTITY_IS_DELETED"): Meaning.CONFLICT,
    (0, "DUPLICATES_DETECTED"): Meaning.CONFLICT,
    (0, "DUPLICATE_VALUE"): Meaning.CONFLICT,
    (0, "DUPLICATE_DEVELOPER_NAME"): Meaning.CONFLICT,
    (300, ""): Meaning.CONFLICT,
    (403, "INSUFFICIENT_ACCESS"): Meaning.FORBIDDEN,
    (403, "INSUFFICIENT_ACCESS_OR_READONLY"): Meaning.FORBIDDEN,
    (403, "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY"): Meaning.FORBIDDEN,
    (403, "FUNCTIONALITY_NOT_ENABLED"): Meaning.FORBIDDEN,
    (0, "API_DISABLED_FOR_ORG"): Meaning.UNUSABLE,
    (0, "API_CURRENTLY_DISABLED"): Meaning.UNUSABLE,
    (0, "STORAGE_LIMIT_EXCEEDED"): Meaning.UNUSABLE,
    (0, "UNSUPPORTED_API_VERSION"): Meaning.UNUSABLE,
    (410, ""): Meaning.UNUSABLE,
    (0, "rate_limit_exceeded"): Meaning.QUOTA,
    (0, "ExceededQuota"): Meaning.QUOTA,
    (0, "invalid_grant"): Meaning.UNUSABLE,
    (0, "invalid_grant" + REDEEMING): Meaning.BUSY,
    (0, "invalid_client"): Meaning.UNUSABLE,
    (0, "invalid_client_id"): Meaning.UNUSABLE,
    (0, "inactive_user"): Meaning.UNUSABLE,
    (0, "unsupported_grant_type"): Meaning.UNUSABLE,
}


def read(_status: int, body: bytes) -> Problem:
    """Read an error body: a list of objects, an OAuth object, or anything at all."""
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError:
        return Problem("", body[:200].decode("utf-8", "replace"))
    if isinstance(parsed, list) and parsed and isinstance(parsed[0], dict):
        return _listed(parsed[0])
    if isinstance(parsed, dict):
        code = str(parsed.get("error") or parsed.get("errorCode") or "")
        message = str(parsed.get("error_description") or parsed.get("message") or code)
        code += REDEEMING if (code, message) == _REDEEMED_TWICE else ""
        return Problem(code, message)
    return Problem("", str(parsed)[:200])


def _listed(error: Mapping[str, Any]) -> Problem:
    code = str(error.get("errorCode") or error.get("statusCode") or "")
    message = str(error.get("message") or code)
    if code == "REQUEST_LIMIT_EXCEEDED":
        code += DAILY if "TotalRequests" in message else CONCURRENT
    return Problem(code, f"{' '.join(message.split())} ({code})" if code else message)


def row_meaning(code: str) -> Meaning:
    """Tell what the error of one row of a batch means."""
    return DIALECT.meaning(400, code)


_USAGE = re.compile(r"(?<![\w-])api-usage=(\d+)/(\d+)")


def allowance(headers: Mapping[str, str]) -> Allowance | None:
    """Read the calls of the last 24 hours, of the whole organisation, from Sforce-Limit-Info."""
    found = _USAGE.search(headers.get("Sforce-Limit-Info", ""))
    return Allowance(int(found[2]), int(found[2]) - int(found[1])) if found else None


REPEATABLE_POSTS = (r"/oauth2/token$", r"/composite/sobjects/\w+$", r"/composite/batch$")
"""We put nothing but reads into composite/batch."""

HOLDS = (
    (r"^GET /services/data/v[\d.]+/(tooling/)?query(All)?(/|$)", "records"),
    (r"^GET .*/describe$", "fields"),
    (r"^GET .*/deleted/?$", "deletedRecords"),
    (r"^GET .*/jobs/(ingest|query)$", "records"),
    (r"^(POST|PATCH) .*/jobs/(ingest|query)(/\w+)?$|^GET .*/jobs/(ingest|query)/\w+$", "state"),
    (r"^POST .*/composite/batch$", "results"),
    (r"^POST .*/oauth2/token$", "access_token"),
)
"""What an answer of success holds; one that lacks it was made by something between Salesforce and us."""

PACKED_FROM = 4096
"""Bytes; smaller bodies are not worth compressing (our default)."""

DIALECT = Dialect("Salesforce", read, TABLE, REPEATABLE_POSTS, allowance, PACKED_FROM, ("JSON_PARSER_ERROR",), HOLDS)
