"""Every documented refusal of both vendors: what the caller is told, and how often the request went out.

The expectations follow the vendors' error references, not our tables: one row here is one promise. `read` counts the
requests of a read that always gets the answer, `create` those of a create that must not be carried out twice.
"""

from dataclasses import dataclass
from typing import Any

import orjson
import pytest

from connectors.dialect import Dialect
from connectors.errors import (
    Conflict,
    ConnectorError,
    Forbidden,
    QuotaSpent,
    Rejected,
    RetryLater,
    SignInRefused,
    Unusable,
)
from connectors.hubspot import failures as hubspot
from connectors.salesforce import failures as salesforce
from connectors.transport import Unanswered
from tests.connectors.conftest import BASE, Wire

ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Row:
    """One answer, what it means to the caller, and how many requests a read and a create send."""

    status: int
    body: Any
    means: type[ConnectorError]
    read: int
    create: int
    words: str = "because"

    def __str__(self) -> str:
        """Name the row in a report."""
        return f"{self.status} {str(self.body)[:60]}"


def sf(code: str, message: str = "because") -> list[dict[str, object]]:
    return [{"errorCode": code, "message": message, "fields": []}]


def hs(category: str = "", **more: object) -> dict[str, object]:
    return {"status": "error", "message": "because", "correlationId": "c-1", "category": category, **more}


ONCE, PATIENT, WARY, RENEWED = (1, 1), (ATTEMPTS, ATTEMPTS), (ATTEMPTS, 1), (2, 2)
"""How often a read and a create are sent: never again; again, as it was declined; the read only; after one sign-in."""

SALESFORCE = [
    Row(401, sf("INVALID_SESSION_ID"), SignInRefused, *RENEWED),
    Row(400, sf("InvalidSessionId"), SignInRefused, *RENEWED),
    Row(401, "Bad_OAuth_Token", SignInRefused, *RENEWED, words="Bad_OAuth_Token"),
    Row(403, sf("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."), QuotaSpent, *ONCE, words="TotalRequests"),
    Row(
        403,
        sf("REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded."),
        RetryLater,
        *PATIENT,
        words="Concurrent",
    ),
    Row(503, sf("SERVER_UNAVAILABLE"), RetryLater, *PATIENT),
    Row(400, sf("UNABLE_TO_LOCK_ROW"), RetryLater, *PATIENT),
    Row(400, sf("QUERY_TIMEOUT"), Unanswered, *WARY),
    Row(500, sf("UNKNOWN_EXCEPTION"), Unanswered, *WARY),
    Row(502, "<html>bad gateway</html>", Unanswered, *WARY, words="web page"),
    Row(503, "<html>maintenance</html>", Unanswered, *WARY, words="web page"),
    Row(504, "", Unanswered, *WARY, words="Gateway"),
    Row(404, sf("ENTITY_IS_DELETED"), Conflict, *ONCE),
    Row(400, sf("DUPLICATES_DETECTED"), Conflict, *ONCE),
    Row(400, sf("DUPLICATE_VALUE"), Conflict, *ONCE),
    Row(400, sf("DUPLICATE_DEVELOPER_NAME"), Conflict, *ONCE),
    Row(300, ["/services/data/v62.0/sobjects/Task/00T1"], Conflict, *ONCE, words="300"),
    Row(400, sf("INVALID_FIELD"), Rejected, *ONCE),
    Row(400, sf("INVALID_TYPE"), Rejected, *ONCE),
    Row(400, sf("MALFORMED_QUERY"), Rejected, *ONCE),
    Row(400, sf("MALFORMED_ID"), Rejected, *ONCE),
    Row(400, sf("INVALID_QUERY_LOCATOR"), Rejected, *ONCE),
    Row(400, sf("REQUIRED_FIELD_MISSING"), Rejected, *ONCE),
    Row(400, sf("STRING_TOO_LONG"), Rejected, *ONCE),
    Row(400, sf("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"), Rejected, *ONCE),
    Row(400, sf("FIELD_CUSTOM_VALIDATION_EXCEPTION"), Rejected, *ONCE),
    Row(400, sf("FIELD_INTEGRITY_EXCEPTION"), Rejected, *ONCE),
    Row(400, sf("JSON_PARSER_ERROR"), Rejected, *ONCE),
    Row(404, sf("NOT_FOUND"), Rejected, *ONCE),
    Row(403, sf("INSUFFICIENT_ACCESS_OR_READONLY"), Forbidden, *ONCE),
    Row(403, sf("FUNCTIONALITY_NOT_ENABLED"), Forbidden, *ONCE),
    Row(400, sf("ExceededQuota"), QuotaSpent, *ONCE),
    Row(400, sf("INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY"), Rejected, *ONCE),
    Row(414, "", Rejected, *ONCE, words="414"),
    Row(431, "", Rejected, *ONCE, words="431"),
    Row(403, sf("API_DISABLED_FOR_ORG"), Unusable, *ONCE),
    Row(403, sf("API_CURRENTLY_DISABLED"), Unusable, *ONCE),
    Row(400, sf("STORAGE_LIMIT_EXCEEDED"), Unusable, *ONCE),
    Row(410, sf("GONE"), Unusable, *ONCE),
    Row(404, sf("UNSUPPORTED_API_VERSION"), Unusable, *ONCE),
]

HUBSPOT = [
    Row(400, hs("VALIDATION_ERROR"), Rejected, *ONCE),
    Row(401, hs("INVALID_AUTHENTICATION"), SignInRefused, *RENEWED),
    Row(401, hs("EXPIRED_AUTHENTICATION"), SignInRefused, *RENEWED),
    Row(403, hs("MISSING_SCOPES"), Forbidden, *ONCE),
    Row(403, hs("FORBIDDEN"), Forbidden, *ONCE),
    Row(404, hs("OBJECT_NOT_FOUND"), Rejected, *ONCE),
    Row(403, "<html>you have been blocked</html>", Unusable, *ONCE, words="web page"),
    Row(404, "<html>no such page</html>", Unusable, *ONCE, words="web page"),
    Row(400, hs("VALIDATION_ERROR", message="On 1. 2 already has that value."), Conflict, *ONCE, words="already"),
    Row(409, hs("CONFLICT"), Conflict, *ONCE),
    Row(410, hs("GONE"), Unusable, *ONCE),
    Row(414, "", Rejected, *ONCE, words="414"),
    Row(415, hs(), Unusable, *ONCE),
    Row(423, hs(), RetryLater, *PATIENT),
    Row(429, hs("RATE_LIMITS", policyName="TEN_SECONDLY_ROLLING"), RetryLater, *PATIENT),
    Row(429, hs("RATE_LIMITS", policyName="SECONDLY"), RetryLater, *PATIENT),
    Row(429, hs("RATE_LIMITS", policyName="DAILY"), QuotaSpent, *ONCE),
    Row(429, hs("RATE_LIMITS", message="You have reached your daily limit."), QuotaSpent, *ONCE, words="daily"),
    Row(477, hs("MIGRATION_IN_PROGRESS"), RetryLater, *ONCE),
    Row(500, hs("INTERNAL_ERROR"), Unanswered, *WARY),
    Row(502, "<html>bad gateway</html>", Unanswered, *WARY, words="web page"),
    Row(503, hs(), Unanswered, *WARY),
    Row(504, hs(), Unanswered, *WARY),
    Row(521, "<html>web server is down</html>", Unanswered, *WARY, words="web page"),
    Row(524, "<html>a timeout occurred</html>", Unanswered, *WARY, words="web page"),
]

CASES = [
    *(pytest.param(salesforce.DIALECT, row, id=f"salesforce {row}") for row in SALESFORCE),
    *(pytest.param(hubspot.DIALECT, row, id=f"hubspot {row}") for row in HUBSPOT),
]


def answer(wire: Wire, method: str, row: Row) -> None:
    """Give the row's answer as often as it is asked for."""
    content: dict[str, Any] = {"json": row.body} if not isinstance(row.body, str) else {"body": row.body}
    if isinstance(row.body, str) and row.body.startswith("<"):
        content["content_type"] = "text/html; charset=utf-8"
    wire.mock.add(method, f"{BASE}/x", status=row.status, **content)


@pytest.mark.parametrize(("dialect", "row"), CASES)
def test_a_read_that_gets_this_answer(wire: Wire, dialect: Dialect, row: Row) -> None:
    answer(wire, "GET", row)
    with pytest.raises(row.means, match=row.words) as raised:
        wire.transport(dialect, attempts=ATTEMPTS).request("GET", "/x")
    assert type(raised.value) is row.means
    assert len(wire.mock.calls) == row.read


@pytest.mark.parametrize(("dialect", "row"), CASES)
def test_a_create_that_gets_this_answer(wire: Wire, dialect: Dialect, row: Row) -> None:
    answer(wire, "POST", row)
    with pytest.raises(row.means) as raised:
        wire.transport(dialect, attempts=ATTEMPTS).request("POST", "/x", json={})
    assert type(raised.value) is row.means
    assert len(wire.mock.calls) == row.create
    assert ("may have been carried out" in str(raised.value)) == (row.means is Unanswered)


@pytest.mark.parametrize(
    "echo",
    [
        "the token token-1 is not valid",
        "Authorization: Bearer token-1",
        "session token-1",
    ],
)
@pytest.mark.parametrize("dialect", [salesforce.DIALECT, hubspot.DIALECT], ids=["salesforce", "hubspot"])
def test_a_vendor_that_repeats_our_token_does_not_bring_it_into_a_message(
    wire: Wire, dialect: Dialect, echo: str
) -> None:
    body: object = sf("INVALID_FIELD", echo) if dialect is salesforce.DIALECT else hs(message=echo)
    wire.mock.get(f"{BASE}/x", status=400, json=body)
    with pytest.raises(Rejected) as raised:
        wire.transport(dialect).request("GET", "/x")
    assert "token-1" not in str(raised.value)


@pytest.mark.parametrize("name", ["client_secret", "refresh_token", "password", "assertion"])
def test_a_refused_sign_in_never_repeats_what_was_sent(wire: Wire, name: str) -> None:
    wire.mock.post(f"{BASE}/token", status=400, json={"error": "other", "error_description": "tell hush-hush-9 apart"})
    with pytest.raises(Rejected) as raised:
        wire.transport().submit(f"{BASE}/token", {name: "hush-hush-9", "grant_type": "x"})
    assert "hush-hush-9" not in str(raised.value)
    assert "apart" in str(raised.value)


@pytest.mark.parametrize("header", ["inf", "nan", "1e400", "--5", "5 seconds"])
def test_35_a_retry_after_that_is_no_number_of_seconds_is_ignored(wire: Wire, header: str) -> None:
    wire.mock.get(f"{BASE}/x", status=429, headers={"Retry-After": header}, body="")
    with pytest.raises(RetryLater) as raised:
        wire.transport(attempts=1).request("GET", "/x")
    assert raised.value.at is None


@pytest.mark.parametrize("headers", [{}, {"Date": "yesterday"}])
def test_3_without_the_servers_clock_the_connection_is_unusable_in_words(wire: Wire, headers: dict[str, str]) -> None:
    wire.mock.get(f"{BASE}/x", json={}, headers=headers)
    reply = wire.transport().request("GET", "/x")
    with pytest.raises(Unusable, match="tells no date"):
        reply.server_time()


def test_every_row_of_salesforces_table_is_promised_here() -> None:
    promised = {salesforce.DIALECT.read(row.status, _bytes(row)).code for row in SALESFORCE}
    sign_in = {"rate_limit_exceeded", "invalid_grant", "invalid_client", "invalid_client_id", "inactive_user"}
    sign_in |= {"invalid_grant/redeeming"}
    elsewhere = {*sign_in, "unsupported_grant_type", "Bad_OAuth_Token", "INSUFFICIENT_ACCESS", ""}
    assert {code for _, code in salesforce.TABLE} <= promised | elsewhere


def _bytes(row: Row) -> bytes:
    return row.body.encode() if isinstance(row.body, str) else orjson.dumps(row.body)
