"""Tokens are renewed ahead of their end, once, and a new refresh token is kept before it is needed."""

from urllib.parse import parse_qs

import pytest

from connectors.errors import Unusable
from connectors.hubspot.auth import Refreshing
from connectors.rotation import Rotating
from tests.connectors.hubspot.conftest import URL, Portal

TOKENS = "/oauth/v3/token"
OWNERS = "/crm/owners/2026-09"


def grant(access: str, **more: object) -> dict[str, object]:
    return {"token_type": "bearer", "access_token": access, "expires_in": 1800, **more}


def refreshing(portal: Portal, kept: list[str]) -> Refreshing:
    return Refreshing(URL, "client", "secret", Rotating(lambda: "first-refresh", kept.append), lambda: portal.time.now)


def bearer(portal: Portal) -> list[str]:
    return [str(call.request.headers.get("Authorization")) for call in portal.scripted.calls]


def test_36_a_token_of_30_minutes_is_renewed_before_it_ends(portal: Portal) -> None:
    portal.answers("POST", TOKENS, grant("a1"), grant("a2"))
    portal.answers("GET", OWNERS, {"results": []})
    connection = portal.connect(refreshing(portal, []))
    for _ in range(3):
        list(connection._client.owners(archived=False))
        portal.time.now += 870
    assert [value for value in bearer(portal) if value != "None"] == ["Bearer a1", "Bearer a1", "Bearer a2"]


def test_a_refused_token_is_renewed_once_and_the_request_repeated(portal: Portal) -> None:
    portal.answers("POST", TOKENS, grant("a1"), grant("a2"))
    expired = {
        "message": "The OAuth token used to make this call expired 3 second(s) ago.",
        "category": "EXPIRED_AUTHENTICATION",
    }
    portal.answers("GET", OWNERS, (401, expired), {"results": [{"id": "1"}]})
    assert list(portal.connect(refreshing(portal, []))._client.owners(archived=False)) == [[{"id": "1"}]]


def test_a_new_refresh_token_is_kept_and_used_from_then_on(portal: Portal) -> None:
    kept: list[str] = []
    portal.answers("POST", TOKENS, grant("a1", refresh_token="second-refresh"), grant("a2"))
    portal.answers("GET", OWNERS, {"results": []})
    connection = portal.connect(refreshing(portal, kept))
    for _ in range(2):
        list(connection._client.owners(archived=False))
        portal.time.now += 1800
    assert kept == ["second-refresh"]
    forms = [parse_qs(body) for method, path, body in portal.asked if path == TOKENS]
    assert [form["refresh_token"] for form in forms] == [["first-refresh"], ["second-refresh"]]
    assert forms[0]["grant_type"] == ["refresh_token"]


def test_10_a_withdrawn_grant_is_told_once_and_not_tried_again(portal: Portal) -> None:
    refused = {
        "error": "invalid_grant",
        "status": "BAD_REFRESH_TOKEN",
        "message": "refresh token is invalid, expired or revoked",
    }
    portal.answers("POST", TOKENS, (400, refused))
    connection = portal.connect(refreshing(portal, []))
    for _ in range(2):
        with pytest.raises(Unusable, match="revoked"):
            connection.server_time()
    assert portal.paths() == [TOKENS]


def test_a_static_token_that_is_refused_makes_the_connection_unusable(portal: Portal) -> None:
    portal.answers(
        "GET", OWNERS, (401, {"category": "INVALID_AUTHENTICATION", "message": "Authentication credentials not found."})
    )
    with pytest.raises(Unusable, match="credentials"):
        portal.connect().server_time()
