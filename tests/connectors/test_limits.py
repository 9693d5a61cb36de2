"""The transport under pressure: circuit, budget, pauses a vendor asks for, compression, tokens under many threads."""

import gzip
import math
import threading
from collections.abc import Callable

import orjson
import pytest
import requests
import responses

from connectors.breaker import FAILURES
from connectors.budget import Budget, Terms
from connectors.dialect import Dialect
from connectors.errors import CircuitOpen, Conflict, QuotaSpent, Rejected, RetryLater
from connectors.hubspot.failures import DIALECT as HUBSPOT
from connectors.salesforce.failures import DIALECT as SALESFORCE
from connectors.salesforce.failures import PACKED_FROM
from connectors.transport import Network, Token, Transport
from tests.connectors.conftest import BASE, NOW, Wire

QUERY = f"{BASE}/services/data/v62.0/recent/"
BATCH = "/services/data/v62.0/composite/sobjects"
LARGE = {"records": [{"Id": f"003{number:015d}", "Description": "word " * 20} for number in range(200)]}


def get(transport: Transport) -> object:
    return transport.request("GET", "/services/data/v62.0/recent/").json()


def limited(wire: Wire, dialect: Dialect, terms: Terms) -> Transport:
    """Open a transport that may use so much."""
    network = Network(lambda: NOW, sleep=wire.slept.append, budget=Budget(dialect.vendor, terms))
    return Transport(dialect, BASE, lambda transport: Token("t", transport.base), network)


# --- the circuit -----------------------------------------------------------------------------------------------------


def test_38_after_so_many_broken_answers_in_a_row_nothing_is_sent_any_more(wire: Wire) -> None:
    wire.mock.get(QUERY, status=502, body="<html>Bad gateway</html>", content_type="text/html")
    transport = wire.transport(attempts=4)
    for _ in range(2):
        with pytest.raises(RetryLater, match="a web page came instead of data"):
            get(transport)
    with pytest.raises(CircuitOpen, match=f"{FAILURES} requests in a row failed") as raised:
        get(transport)
    assert "GET /services/data/v62.0/recent/ was answered with 502" in str(raised.value)
    assert raised.value.at is not None
    assert len(wire.mock.calls) == FAILURES
    with pytest.raises(CircuitOpen):
        get(transport)
    assert len(wire.mock.calls) == FAILURES


def test_16_a_connection_that_breaks_off_again_and_again_opens_the_circuit(wire: Wire) -> None:
    wire.mock.get(QUERY, body=requests.ConnectionError("reset"))
    transport = wire.transport(attempts=FAILURES)
    with pytest.raises(RetryLater):
        get(transport)
    with pytest.raises(CircuitOpen, match="got no answer"):
        get(transport)


@pytest.mark.parametrize("status", [400, 403, 404, 409, 429])
def test_a_refusal_in_good_order_never_opens_the_circuit(wire: Wire, status: int) -> None:
    wire.mock.get(QUERY, status=status, json=[{"errorCode": "INSUFFICIENT_ACCESS", "message": "because"}])
    transport = wire.transport(attempts=1)
    for _ in range(3 * FAILURES):
        with pytest.raises((Rejected, RetryLater, Conflict)) as raised:
            get(transport)
        assert not isinstance(raised.value, CircuitOpen)


def test_the_circuit_closes_again_with_the_first_good_answer_after_the_pause(wire: Wire) -> None:
    now = [NOW]
    network = Network(lambda: now[0], sleep=wire.slept.append, attempts=1)
    transport = Transport(SALESFORCE, BASE, lambda _: Token("t", BASE), network)
    broken = wire.mock.get(QUERY, status=503, body="")
    for _ in range(FAILURES):
        with pytest.raises(RetryLater):
            get(transport)
    with pytest.raises(CircuitOpen) as raised:
        get(transport)
    wire.mock.remove(broken)
    wire.mock.get(QUERY, json={"done": True})
    now[0] = float(raised.value.at or 0)
    assert [get(transport) for _ in range(3)] == [{"done": True}] * 3


# --- pauses the vendor asks for --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("seconds", "believed"), [("7200", 7200), ("86400", 86_400), ("86400000", 86_400)])
def test_477_pauses_the_connection_until_the_account_has_moved_at_most_a_day(
    wire: Wire, seconds: str, believed: int
) -> None:
    wire.mock.get(QUERY, status=477, headers={"Retry-After": seconds}, json={"message": "Migration in progress."})
    transport = wire.transport(HUBSPOT)
    for expected in (RetryLater, CircuitOpen):
        with pytest.raises(RetryLater, match=r"Migration in progress") as raised:
            get(transport)
        assert type(raised.value) is expected
        assert raised.value.at == NOW + believed
    assert len(wire.mock.calls) == 1
    assert wire.slept == []


@pytest.mark.parametrize(("header", "waited"), [({}, 2.0), ({"Retry-After": "0"}, 2.0), ({"Retry-After": "5"}, 5.0)])
def test_423_waits_two_seconds_at_least(wire: Wire, header: dict[str, str], waited: float) -> None:
    wire.mock.get(QUERY, status=423, headers=header, json={"message": "Locked"})
    wire.mock.get(QUERY, json={})
    get(wire.transport(HUBSPOT))
    assert wire.slept == [waited]


@pytest.mark.parametrize(("policy", "waited"), [("TEN_SECONDLY_ROLLING", 10.0), ("SECONDLY", 1.0)])
def test_35_the_policy_of_a_429_decides_how_long_is_waited(wire: Wire, policy: str, waited: float) -> None:
    wire.mock.get(QUERY, status=429, json={"policyName": policy, "message": "You have reached your limit."})
    wire.mock.get(QUERY, json={})
    get(wire.transport(HUBSPOT))
    assert wire.slept == [waited]


def test_35_a_daily_429_is_a_quota_and_nothing_is_waited_for(wire: Wire) -> None:
    wire.mock.get(QUERY, status=429, json={"policyName": "DAILY", "message": "You have reached your daily limit."})
    with pytest.raises(QuotaSpent):
        get(wire.transport(HUBSPOT))
    assert wire.slept == []


@pytest.mark.parametrize("status", [502, 504, 521, 522, 523, 524, 525, 526])
def test_38_every_page_of_a_proxy_is_tried_again(wire: Wire, status: int) -> None:
    wire.mock.get(QUERY, status=status, body="<html>cloud</html>", content_type="text/html; charset=UTF-8")
    wire.mock.get(QUERY, json={"done": True})
    assert get(wire.transport(HUBSPOT)) == {"done": True}


# --- the budget, learnt from headers ---------------------------------------------------------------------------------


HEADERS: list[tuple[Dialect, dict[str, str]]] = [
    (SALESFORCE, {"Sforce-Limit-Info": "api-usage=995/1000"}),
    (SALESFORCE, {"Sforce-Limit-Info": "per-app-api-usage=1/9(appName=Other); api-usage=995/1000; api-bursts=1/750"}),
    (HUBSPOT, {"X-HubSpot-RateLimit-Daily": "1000", "X-HubSpot-RateLimit-Daily-Remaining": "5"}),
]


@pytest.mark.parametrize(("dialect", "headers"), HEADERS)
def test_12_the_reserve_of_the_people_is_kept_by_what_an_answer_says(
    wire: Wire, dialect: Dialect, headers: dict[str, str]
) -> None:
    wire.mock.get(QUERY, json={}, headers=headers)
    transport = limited(wire, dialect, Terms(share=1.0, reserve=5))
    get(transport)
    with pytest.raises(QuotaSpent, match="has 5 of 1,000 calls left today"):
        get(transport)
    assert len(wire.mock.calls) == 1


@pytest.mark.parametrize("header", ["", "api-usage=", "api-usage=many/1000", "per-app-api-usage=999/1000(appName=x)"])
def test_a_header_that_tells_nothing_teaches_nothing(wire: Wire, header: str) -> None:
    wire.mock.get(QUERY, json={}, headers={"Sforce-Limit-Info": header})
    transport = limited(wire, SALESFORCE, Terms(share=0.001, reserve=5000))
    for _ in range(3):
        get(transport)
    assert transport.budget.left() is None


def test_a_call_that_is_not_let_out_is_not_counted(wire: Wire) -> None:
    wire.mock.get(QUERY, json={}, headers={"Sforce-Limit-Info": "api-usage=1/1000"})
    transport = limited(wire, SALESFORCE, Terms(share=0.002))
    for _ in range(2):
        get(transport)
    for _ in range(3):
        with pytest.raises(QuotaSpent):
            get(transport)
    assert sum(transport.calls().values()) == 2


# --- what is on the wire ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize(
    "bury", [lambda x: x, lambda x: {"a": [1, {"b": x}]}, lambda x: [[x]]], ids=["bare", "object", "list"]
)
def test_27_a_number_that_json_does_not_know_is_refused_before_anything_is_sent(
    wire: Wire, wrong: float, bury: Callable[[float], object]
) -> None:
    with pytest.raises(Rejected, match="not a number that JSON knows"):
        wire.transport().request("POST", BATCH, json=bury(wrong))
    assert len(wire.mock.calls) == 0


def test_a_large_body_is_sent_compressed_and_a_small_one_plain(wire: Wire) -> None:
    wire.mock.patch(BASE + BATCH, json=[])
    transport = wire.transport()
    transport.request("PATCH", BATCH, json=LARGE)
    transport.request("PATCH", BATCH, json={"records": []})
    large, small = (call.request for call in wire.mock.calls)
    assert large.headers["Content-Encoding"] == "gzip"
    assert isinstance(large.body, bytes)
    assert orjson.loads(gzip.decompress(large.body)) == LARGE
    assert large.headers["Content-Length"] == str(len(large.body))
    assert len(large.body) < PACKED_FROM
    assert "Content-Encoding" not in small.headers


def test_a_large_body_that_is_wrong_is_refused_once(wire: Wire) -> None:
    wire.mock.post(BASE + BATCH, status=400, json=[{"errorCode": "INVALID_FIELD", "message": "No such column"}])
    with pytest.raises(Rejected, match="No such column"):
        wire.transport().request("POST", BATCH, json=LARGE)
    assert len(wire.mock.calls) == 1


@pytest.mark.parametrize("status", [400, 415])
def test_who_cannot_read_a_compressed_body_gets_it_plain_and_all_later_ones_too(wire: Wire, status: int) -> None:
    wire.mock.post(BASE + BATCH, status=status, json=[{"errorCode": "JSON_PARSER_ERROR", "message": "Unexpected"}])
    wire.mock.post(BASE + BATCH, json=[{"success": True}])
    transport = wire.transport()
    for _ in range(2):
        assert transport.request("POST", BATCH, json=LARGE).json() == [{"success": True}]
    encodings = [call.request.headers.get("Content-Encoding") for call in wire.mock.calls]
    assert encodings == ["gzip", None, None]


def test_hubspot_which_says_nothing_of_compressed_bodies_gets_plain_ones(wire: Wire) -> None:
    wire.mock.post(f"{BASE}/crm/objects/2026-09/contacts/batch/update", json={"results": []})
    wire.transport(HUBSPOT).request("POST", "/crm/objects/2026-09/contacts/batch/update", json=LARGE)
    assert orjson.loads(wire.mock.calls[0].request.body or b"") == LARGE


# --- tokens under many threads ---------------------------------------------------------------------------------------


def test_9_and_36_many_threads_beside_an_ending_token_store_the_new_one_once_and_before_any_use(wire: Wire) -> None:
    """A vendor that accepts each refresh token once: whoever redeems the old one again is locked out for good."""
    seen: list[str] = []
    stored = ["refresh-0"]
    lock = threading.Lock()

    def sign_in(transport: Transport) -> Token:
        with lock:
            assert seen.count(f"redeemed {stored[-1]}") == 0
            seen.append(f"redeemed {stored[-1]}")
            stored.append(f"refresh-{len(stored)}")
            seen.append(f"stored {stored[-1]}")
            ends = NOW + (30 if len(stored) == 2 else 1800)
            return Token(f"access-{len(stored) - 1}", transport.base, ends)

    def answer(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        with lock:
            seen.append(str(request.headers["Authorization"]))
        return 200, {}, "{}"

    wire.mock.add_callback(responses.GET, QUERY, callback=answer, content_type="application/json")
    transport = Transport(SALESFORCE, BASE, sign_in, Network(lambda: NOW, sleep=wire.slept.append))
    get(transport)
    gate = threading.Barrier(16)

    def work() -> None:
        gate.wait(timeout=10)
        for _ in range(5):
            get(transport)

    threads = [threading.Thread(target=work) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert seen[:3] == ["redeemed refresh-0", "stored refresh-1", "Bearer access-1"]
    assert seen[3:5] == ["redeemed refresh-1", "stored refresh-2"]
    assert seen[5:] == ["Bearer access-2"] * 80


def test_8_a_token_that_ends_under_many_threads_is_renewed_once_and_no_request_is_lost(wire: Wire) -> None:
    wire.tokens = [f"token-{number}" for number in range(1, 9)]
    transport = wire.transport(attempts=1)
    valid, lock = ["token-1"], threading.Lock()

    def answer(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        with lock:
            good = request.headers["Authorization"] == f"Bearer {valid[0]}"
        return (200, {}, "{}") if good else (401, {}, '[{"errorCode":"INVALID_SESSION_ID","message":"x"}]')

    wire.mock.add_callback(responses.GET, QUERY, callback=answer, content_type="application/json")
    get(transport)
    valid[0] = "token-2"
    answers: list[object] = []
    threads = [threading.Thread(target=lambda: answers.append(get(transport))) for _ in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert answers == [{}] * 24
    assert wire.sign_ins == 2
