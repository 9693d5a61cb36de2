"""The table of meanings, the limiter's place in the transport, and what is read from an answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
import requests

from connectors.dialect import Dialect, Meaning, Problem
from connectors.errors import Conflict, RetryLater
from connectors.transport import Network, Token, Transport
from connectors.wire import Reply, is_page, retry_after
from tests.connectors.conftest import BASE, NOW, Wire

DIALECT = Dialect(
    "Example",
    lambda _, body: Problem(code=body.decode(), message="said", ref="512", wait=10.0),
    {
        (429, "DAILY"): Meaning.QUOTA,
        (0, "LOCKED"): Meaning.BUSY,
        (477, ""): Meaning.QUOTA,
        (409, ""): Meaning.CONFLICT,
        (400, "LOCKED"): Meaning.REJECTED,
    },
    (r"/batch/read$",),
)


@pytest.mark.parametrize(
    ("status", "code", "meaning"),
    [
        (429, "DAILY", Meaning.QUOTA),
        (429, "SECONDLY", Meaning.BUSY),
        (423, "LOCKED", Meaning.BUSY),
        (400, "LOCKED", Meaning.REJECTED),
        (477, "MIGRATION", Meaning.QUOTA),
        (401, "", Meaning.SIGN_IN),
        (403, "", Meaning.UNUSABLE),
        (404, "", Meaning.REJECTED),
        (500, "", Meaning.BROKEN),
        (524, "", Meaning.BROKEN),
        (300, "", Meaning.REJECTED),
    ],
)
def test_the_most_precise_entry_wins_and_http_speaks_where_the_table_is_silent(
    status: int, code: str, meaning: Meaning
) -> None:
    assert DIALECT.meaning(status, code) is meaning


@pytest.mark.parametrize(
    ("method", "path", "repeatable"),
    [
        ("GET", "/x", True),
        ("PATCH", "/x/1", True),
        ("PUT", "/x/1", True),
        ("DELETE", "/x/1", True),
        ("POST", "/x", False),
        ("POST", "/x/batch/read", True),
        ("POST", "/x/batch/read/more", False),
    ],
)
def test_the_operation_decides_what_may_be_repeated(method: str, path: str, repeatable: bool) -> None:
    assert DIALECT.repeatable(method, path) is repeatable


def test_the_vendors_documented_wait_is_used_when_the_answer_names_none(wire: Wire) -> None:
    wire.mock.get(f"{BASE}/x", status=429, body="TEN_SECONDLY")
    wire.mock.get(f"{BASE}/x", json={})
    wire.transport(DIALECT).request("GET", "/x")
    assert wire.slept == [10.0]


def test_41_a_conflict_names_the_record_that_is_in_the_way(wire: Wire) -> None:
    wire.mock.post(f"{BASE}/x", status=409, body="CONFLICT")
    with pytest.raises(Conflict) as raised:
        wire.transport(DIALECT).request("POST", "/x", json={})
    assert raised.value.ref == "512"


def test_a_pause_of_a_day_is_not_slept_through(wire: Wire) -> None:
    wire.mock.get(f"{BASE}/x", status=477, headers={"Retry-After": "86400"}, body="MIGRATION")
    with pytest.raises(RetryLater) as raised:
        wire.transport(DIALECT).request("GET", "/x")
    assert (raised.value.at, wire.slept) == (NOW + 86_400, [])


@dataclass(slots=True)
class Limiter:
    """Lets a request pass after three seconds, and stops when it is told of an empty budget."""

    seen: list[tuple[str, int]] = field(default_factory=list)

    def before(self, method: str, path: str) -> float:
        return 3.0 if method == "GET" and path == "/x" else 0.0

    def after(self, path: str, status: int, headers: Mapping[str, str]) -> None:
        self.seen.append((path, status))
        if headers.get("X-Remaining") == "0":
            raise RetryLater("The budget is spent.")


def test_the_limiter_is_asked_before_and_told_after_every_request(wire: Wire) -> None:
    wire.mock.get(f"{BASE}/x", status=503, body="")
    wire.mock.get(f"{BASE}/x", headers={"X-Remaining": "0"}, json={})
    limiter = Limiter()
    network = Network(lambda: NOW, sleep=wire.slept.append)
    transport = Transport(DIALECT, BASE, lambda _: Token("t", BASE), network, limiter)
    with pytest.raises(RetryLater, match="budget"):
        transport.request("GET", "/x")
    assert limiter.seen == [("/x", 503), ("/x", 200)]
    assert wire.slept.count(3.0) == 2


@pytest.mark.parametrize(
    ("escaped", "text"),
    [
        (r"cut \ud83d", "cut \ufffd"),
        (r"\uDE00 cut", "\ufffd cut"),
        (r"\ud83d\ud83d\ude00", "\ufffd\U0001f600"),
        (r"\ud83d\ude00", "\U0001f600"),
        (r"\\ud83d", r"\ud83d"),
        (r"\\\ud83d", "\\\ufffd"),
    ],
)
def test_half_a_character_in_an_answer_costs_nothing_but_itself(wire: Wire, escaped: str, text: str) -> None:
    body = f'{{"results": [{{"name": "{escaped}"}}]}}'
    wire.mock.get(f"{BASE}/x", body=body, content_type="application/json")
    reply = wire.transport().request("GET", "/x")
    assert reply.json() == {"results": [{"name": text}]}
    assert reply.data.decode().encode() == reply.data


def test_what_is_no_json_is_handed_on_as_it_came(wire: Wire) -> None:
    wire.mock.get(f"{BASE}/x", body=r'"Id"' + "\n" + r'"\ud83d"', content_type="text/csv")
    assert wire.transport().request("GET", "/x").data.endswith(rb'"\ud83d"')


@pytest.mark.parametrize("kind", ["text/html", "Text/HTML; charset=UTF-8"])
def test_a_web_page_is_told_whatever_the_case_of_its_type(kind: str) -> None:
    answer = Reply()
    answer.headers["content-type"] = kind
    assert is_page(answer)


def reply(**headers: str) -> Reply:
    answer = Reply()
    answer.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return answer


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("5", 5.0), ("-3", 0.0), ("Sat, 21 Nov 2026 22:27:10 GMT", 30.0), ("", None), ("soon", None)],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(header: str, seconds: float | None) -> None:
    assert retry_after(reply(Retry_After=header), NOW) == seconds


@pytest.mark.parametrize(
    ("kind", "page"),
    [("text/html", True), ("text/html; charset=UTF-8", True), ("application/json", False), ("text/csv", False)],
)
def test_a_web_page_is_recognised_by_its_type(kind: str, page: bool) -> None:
    assert is_page(reply(Content_Type=kind)) is page


def test_an_empty_body_is_none() -> None:
    empty = Reply()
    empty._content = b""
    assert (empty.json(), empty.data) == (None, b"")
    assert isinstance(empty, requests.Response)


def test_a_pause_between_rows_grows_but_never_beyond_half_a_minute(wire: Wire) -> None:
    transport = wire.transport(DIALECT)
    for attempt in range(10):
        transport.pause(attempt)
    assert all(0 <= pause <= min(30, 0.5 * 2**attempt) for attempt, pause in enumerate(wire.slept))
