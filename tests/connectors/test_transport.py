"""The transport: what is repeated, what is not, how long it waits, and what a person is told."""

import logging
import socket
import threading
from typing import Any

import pytest
import requests
import responses
from urllib3.exceptions import MaxRetryError, NameResolutionError, NewConnectionError, ProtocolError

from connectors.dialect import redact, template
from connectors.errors import Conflict, Rejected, RetryLater, Unusable
from connectors.salesforce.failures import DIALECT
from connectors.transport import Network, RestLayer, Token, Transport, Unanswered
from connectors.wire import Reply
from tests.connectors.conftest import BASE, NOW, Wire

QUERY = f"{BASE}/services/data/v62.0/recent/"
CREATE = f"{BASE}/services/data/v62.0/composite/sobjects"
EXPIRED = [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]


def get(transport: Transport) -> Reply:
    return transport.request("GET", "/services/data/v62.0/recent/")


def create(transport: Transport) -> Reply:
    return transport.request("POST", "/services/data/v62.0/composite/sobjects", json={"records": []})


def error(code: str, message: str = "because") -> list[dict[str, str]]:
    return [{"errorCode": code, "message": message}]


def refused() -> requests.ConnectionError:
    cause = NewConnectionError(None, "Failed to establish a new connection: [Errno 111] Connection refused")  # type: ignore[arg-type]  # the pool is only shown
    return requests.ConnectionError(MaxRetryError(None, "/", cause))  # type: ignore[arg-type]  # the pool is only shown


def reset() -> requests.ConnectionError:
    return requests.ConnectionError(ProtocolError("Connection aborted.", ConnectionResetError(104, "reset")))


@pytest.mark.parametrize("token", ["two\nlines", "\u043a\u043b\u044e\u0447"])
def test_a_token_that_no_header_can_carry_is_refused_without_being_repeated(wire: Wire, token: str) -> None:
    transport = Transport(DIALECT, BASE, lambda _: Token(token, BASE), Network(lambda: NOW))
    with pytest.raises(Unusable, match="Copy it again") as raised:
        get(transport)
    assert token not in str(raised.value)


# --- row 16: hang without timeout, connection aborted ----------------------------------------------------------------


def test_16_every_request_carries_connect_and_read_timeouts(wire: Wire) -> None:
    wire.mock.get(QUERY, json={})
    get(wire.transport())
    assert wire.mock.calls[0].request.req_kwargs["timeout"] == (0.5, 1.0)  # type: ignore[attr-defined]  # added by responses


def test_16_a_repeatable_request_survives_an_aborted_connection(wire: Wire) -> None:
    wire.mock.get(QUERY, body=reset())
    wire.mock.get(QUERY, json={"done": True})
    assert get(wire.transport()).json() == {"done": True}
    assert len(wire.slept) == 1


def test_16_pauses_grow_with_full_jitter(wire: Wire) -> None:
    for _ in range(4):
        wire.mock.get(QUERY, status=503, body="<html>", content_type="text/html")
    with pytest.raises(RetryLater):
        get(wire.transport())
    assert len(wire.slept) == 3
    assert all(0 <= pause <= 0.5 * 2**attempt for attempt, pause in enumerate(wire.slept))


def test_a_timeout_after_a_create_is_not_repeated_and_leaves_the_outcome_open(wire: Wire) -> None:
    wire.mock.post(CREATE, body=requests.ReadTimeout("late"))
    with pytest.raises(Unanswered, match=r"no answer within 1 s on POST .*may have been carried out"):
        create(wire.transport())
    assert wire.slept == []


def test_a_create_is_repeated_when_it_certainly_never_left(wire: Wire) -> None:
    wire.mock.post(CREATE, body=refused())
    wire.mock.post(CREATE, json=[])
    assert create(wire.transport()).status == 200


def test_a_create_that_was_declined_is_repeated(wire: Wire) -> None:
    wire.mock.post(CREATE, status=403, json=error("REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests Limit exceeded."))
    wire.mock.post(CREATE, json=[])
    assert create(wire.transport()).status == 200


def test_a_post_that_only_reads_is_repeated_after_a_timeout(wire: Wire) -> None:
    address = f"{CREATE}/Contact"
    wire.mock.post(address, body=requests.ReadTimeout("late"))
    wire.mock.post(address, json=[])
    reply = wire.transport().request("POST", "/services/data/v62.0/composite/sobjects/Contact", json={"ids": []})
    assert reply.status == 200


def test_a_host_that_cannot_be_reached_is_unusable_and_says_where_and_what_to_check(wire: Wire) -> None:
    for _ in range(4):
        wire.mock.get(QUERY, body=refused())
    with pytest.raises(Unusable) as raised:
        get(wire.transport())
    assert str(raised.value) == (
        "Salesforce at https://acme.my.salesforce.com cannot be reached (Connection refused). "
        "Check `url`, the network and the proxy."
    )


def test_a_name_nobody_knows_is_said_in_words_alone(wire: Wire) -> None:
    nobody: Any = None
    unknown = NameResolutionError("acme.my.salesforce.com", nobody, socket.gaierror(-2, "Name or service not known"))
    for _ in range(4):
        wire.mock.get(QUERY, body=requests.ConnectionError(unknown))
    with pytest.raises(Unusable, match=r"cannot be reached \(Name or service not known\)\. Check"):
        get(wire.transport())


def test_an_untrusted_certificate_is_unusable_at_once_and_names_the_option(wire: Wire) -> None:
    wire.mock.get(QUERY, body=requests.exceptions.SSLError("certificate verify failed: self-signed certificate"))
    with pytest.raises(Unusable, match=r"certificate that is not trusted \(self-signed certificate\).*`ca_file`"):
        get(wire.transport())
    assert wire.slept == []


# --- rows 35 and 38: patience ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "waited"),
    [
        ("7", 7.0),
        ("0.5", 0.5),
        ("86400", 60.0),
        ("Sun, 22 Nov 2026 00:00:30 GMT", 60.0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0),
    ],
)
def test_35_retry_after_is_honoured_and_capped_at_a_minute(wire: Wire, header: str, waited: float) -> None:
    wire.mock.get(QUERY, status=429, headers={"Retry-After": header}, body="")
    wire.mock.get(QUERY, json={})
    get(wire.transport())
    assert wire.slept == [waited]


def test_35_a_garbled_retry_after_is_ignored(wire: Wire) -> None:
    wire.mock.get(QUERY, status=429, headers={"Retry-After": "soon"}, body="")
    wire.mock.get(QUERY, json={})
    get(wire.transport())
    assert 0 <= wire.slept[0] <= 0.5


def test_35_when_attempts_are_used_up_the_error_says_from_when_another_run_may_succeed(wire: Wire) -> None:
    for _ in range(4):
        wire.mock.get(QUERY, status=429, headers={"Retry-After": "3600"}, body="")
    with pytest.raises(RetryLater) as raised:
        get(wire.transport())
    assert raised.value.at == NOW + 3600


def test_38_a_page_of_html_instead_of_data_is_repeated_and_then_explained(wire: Wire) -> None:
    for _ in range(4):
        wire.mock.get(QUERY, body="<html>Please log in</html>", content_type="text/html; charset=utf-8")
    with pytest.raises(RetryLater, match="a web page came instead of data"):
        get(wire.transport())


def test_38_a_5xx_with_html_body_is_repeated(wire: Wire) -> None:
    wire.mock.get(QUERY, status=502, body="<html>Bad gateway</html>", content_type="text/html")
    wire.mock.get(QUERY, json={})
    assert get(wire.transport()).status == 200


# --- row 12: daily limit ---------------------------------------------------------------------------------------------


def test_12_the_daily_limit_is_not_waited_out_and_not_success(wire: Wire) -> None:
    wire.mock.get(QUERY, status=403, json=error("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."))
    with pytest.raises(RetryLater, match="allowance is used up"):
        get(wire.transport())
    assert wire.slept == []


# --- rows 8, 9, 10: sessions -----------------------------------------------------------------------------------------


def test_8_an_expired_session_is_renewed_once_and_the_same_request_sent_again(wire: Wire) -> None:
    wire.mock.get(QUERY, status=401, json=EXPIRED)
    wire.mock.get(QUERY, json={"done": True})
    assert get(wire.transport()).json() == {"done": True}
    assert (wire.sign_ins, wire.bearer(0), wire.bearer(1)) == (2, "Bearer token-1", "Bearer token-2")


def test_8_a_session_that_stays_invalid_ends_in_unusable_after_one_renewal(wire: Wire) -> None:
    wire.mock.get(QUERY, status=401, json=EXPIRED)
    wire.mock.get(QUERY, status=401, json=EXPIRED)
    with pytest.raises(Unusable, match="connect again"):
        get(wire.transport())
    assert wire.sign_ins == 2


def test_8_a_static_token_is_not_sent_a_second_time(wire: Wire) -> None:
    wire.tokens = ["same", "same"]
    wire.mock.get(QUERY, status=401, json=EXPIRED)
    with pytest.raises(Unusable):
        get(wire.transport())
    assert len(wire.mock.calls) == 1


def test_9_threads_that_meet_the_same_stale_token_sign_in_once(wire: Wire) -> None:
    wire.mock.get(QUERY, json={})
    transport = wire.transport()
    get(transport)
    gate = threading.Barrier(8)

    def answer(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        stale = request.headers["Authorization"] == "Bearer token-1"
        if stale:
            gate.wait(timeout=5)
        return (401, {}, '[{"errorCode":"INVALID_SESSION_ID","message":"x"}]') if stale else (200, {}, "{}")

    wire.mock.remove(responses.GET, QUERY)
    wire.mock.add_callback(responses.GET, QUERY, callback=answer, content_type="application/json")
    threads = [threading.Thread(target=get, args=(transport,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=10)
    assert wire.sign_ins == 2


def test_10_dead_credentials_are_tried_once_and_then_remembered(wire: Wire) -> None:
    tries: list[int] = []

    def refuse(_: Transport) -> Token:
        tries.append(1)
        raise Unusable("invalid_grant: connect again")

    transport = Transport(DIALECT, BASE, refuse, Network(lambda: NOW, sleep=wire.slept.append))
    for _ in range(3):
        with pytest.raises(Unusable, match="invalid_grant"):
            get(transport)
    assert len(tries) == 1


def test_36_a_token_is_renewed_ahead_of_its_end(wire: Wire) -> None:
    given = iter([Token("short", BASE, NOW + 59), Token("long", BASE, NOW + 1800)])
    transport = Transport(DIALECT, BASE, lambda _: next(given), Network(lambda: NOW))
    wire.mock.get(QUERY, json={})
    wire.mock.get(QUERY, json={})
    get(transport)
    get(transport)
    assert [wire.bearer(0), wire.bearer(1)] == ["Bearer short", "Bearer long"]


# --- one table of meanings -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "code", "raised"),
    [
        (400, "INVALID_FIELD", Rejected),
        (400, "MALFORMED_QUERY", Rejected),
        (404, "NOT_FOUND", Rejected),
        (404, "ENTITY_IS_DELETED", Conflict),
        (400, "DUPLICATES_DETECTED", Conflict),
        (400, "DUPLICATE_DEVELOPER_NAME", Conflict),
        (403, "INSUFFICIENT_ACCESS", Rejected),
        (403, "API_DISABLED_FOR_ORG", Unusable),
        (403, "SOMETHING_NEW", Unusable),
        (410, "GONE", Unusable),
        (503, "SERVER_UNAVAILABLE", RetryLater),
        (400, "UNABLE_TO_LOCK_ROW", RetryLater),
        (400, "QUERY_TIMEOUT", RetryLater),
        (500, "UNKNOWN_EXCEPTION", RetryLater),
        (414, "", Rejected),
    ],
)
def test_what_salesforce_answers_becomes_what_the_caller_must_do(
    wire: Wire, status: int, code: str, raised: type[Exception]
) -> None:
    wire.mock.get(QUERY, status=status, json=error(code))
    with pytest.raises(raised, match="because"):
        get(wire.transport(attempts=1))


def test_a_rejection_keeps_the_vendors_code(wire: Wire) -> None:
    wire.mock.get(QUERY, status=400, json=error("INVALID_QUERY_LOCATOR"))
    with pytest.raises(Rejected) as raised:
        get(wire.transport())
    assert raised.value.code == "INVALID_QUERY_LOCATOR"


@pytest.mark.parametrize("body", ["", "not json", "[]", "{}", "[1]", '"text"', "null", b"\xff\xfe"])
def test_any_error_body_is_read_without_failing(wire: Wire, body: str | bytes) -> None:
    wire.mock.get(QUERY, status=400, body=body)
    with pytest.raises(Rejected):
        get(wire.transport())


def test_an_answer_that_is_no_json_is_explained(wire: Wire) -> None:
    wire.mock.get(QUERY, body="surprise", content_type="text/plain")
    with pytest.raises(RetryLater, match="is not JSON"):
        get(wire.transport()).json()


WHOLE: dict[str, object] = {"totalSize": 0, "done": True, "records": []}
ASKED = f"{BASE}/services/data/v62.0/query"


@pytest.mark.parametrize("spoilt", ['{"totalSize": 2, "rec', "{}", "[]", "null", '{"records": null}', ""])
def test_13_an_answer_that_is_cut_off_or_lacks_what_it_must_hold_is_asked_for_again(wire: Wire, spoilt: str) -> None:
    wire.mock.get(ASKED, body=spoilt, content_type="application/json")
    wire.mock.get(ASKED, json=WHOLE)
    assert wire.transport().request("GET", "/services/data/v62.0/query").json() == WHOLE


@pytest.mark.parametrize(("job", "needed"), [("ingest", "records"), ("query/750A", "state"), ("ingest/750B", "state")])
def test_13_a_list_of_jobs_or_a_job_that_is_none_is_asked_for_again(wire: Wire, job: str, needed: str) -> None:
    path = f"/services/data/v62.0/jobs/{job}"
    wire.mock.get(f"{BASE}{path}", json=[])
    with pytest.raises(RetryLater, match=f"without {needed}, which every such answer has"):
        wire.transport(attempts=2).request("GET", path)
    assert len(wire.mock.calls) == 2


def test_13_an_answer_that_stays_spoilt_asks_for_patience_and_is_no_reason_to_call_an_operator(wire: Wire) -> None:
    wire.mock.get(ASKED, json={"surprise": 1})
    with pytest.raises(RetryLater, match="without records, which every such answer has"):
        wire.transport(attempts=2).request("GET", "/services/data/v62.0/query")
    assert len(wire.mock.calls) == 2


def test_13_a_create_whose_answer_is_spoilt_is_not_sent_again(wire: Wire) -> None:
    wire.mock.post(f"{BASE}/services/data/v62.0/composite/sobjects", body="[{", content_type="application/json")
    with pytest.raises(Unanswered, match="may have been carried out"):
        wire.transport().request("POST", "/services/data/v62.0/composite/sobjects", json={"records": []})
    assert len(wire.mock.calls) == 1


# --- counting, redaction, addresses ----------------------------------------------------------------------------------


def test_calls_are_counted_by_method_and_endpoint_retries_included(wire: Wire) -> None:
    wire.mock.get(QUERY, status=503, body="")
    wire.mock.get(QUERY, json={})
    transport = wire.transport()
    get(transport)
    assert transport.calls() == {"GET /services/data/v62.0/recent/": 2}


@pytest.mark.parametrize(
    ("path", "counted"),
    [
        ("/services/data/v62.0/query/01gRO0000016PIAYA2-2000", "/services/data/v62.0/query/{id}"),
        ("/services/data/v62.0/sobjects/Task/00T000000000001AAA", "/services/data/v62.0/sobjects/Task/{id}"),
        ("/services/data/v62.0/sobjects/FieldPermissions/", "/services/data/v62.0/sobjects/FieldPermissions/"),
        (
            "/services/data/v62.0/sobjects/OpportunityContactRole/describe",
            "/services/data/v62.0/sobjects/OpportunityContactRole/describe",
        ),
        ("/crm/objects/2026-09/contacts/512?archived=false", "/crm/objects/2026-09/contacts/{id}"),
        ("/crm/objects/2026-09/contacts/ada@acme.example", "/crm/objects/2026-09/contacts/{id}"),
        ("/crm/properties/2026-09/contacts/rapport_depth", "/crm/properties/2026-09/contacts/rapport_depth"),
    ],
)
def test_endpoints_are_named_without_identifiers(path: str, counted: str) -> None:
    assert template(path) == counted


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer 00D000000000001!AQ.secret",
        "token 00D000000000001!AQ.secret refused",
        "key pat-eu1-secret-0000",
        "grant_type=refresh_token&refresh_token=secret&x=1",
        '{"client_secret": "secret"}',
        "assertion eyJhbGciOi.eyJzdWIi.secret",
    ],
)
def test_credentials_are_taken_out_of_every_text(text: str) -> None:
    assert "secret" not in redact(text).replace("[secret]", "")


def test_logs_hold_neither_token_nor_identifier_nor_body(wire: Wire, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="connectors")
    wire.mock.patch(f"{BASE}/services/data/v62.0/sobjects/Contact/003000000000001AAA", status=204)
    path = "/services/data/v62.0/sobjects/Contact/003000000000001AAA"
    wire.transport().request("PATCH", path, json={"Title": "Countess"})
    assert "PATCH /services/data/v62.0/sobjects/Contact/{id} -> 204" in caplog.text
    assert not any(word in caplog.text for word in ("token-1", "003000000000001AAA", "Countess"))


def test_a_client_library_that_forces_https_still_reaches_a_plain_http_address(wire: Wire) -> None:
    wire.mock.get("http://127.0.0.1:8080/services/data/v62.0/recent/", json={"done": True})
    session = wire.transport(base="http://127.0.0.1:8080").session()
    assert session.get("https://127.0.0.1:8080/services/data/v62.0/recent/").json() == {"done": True}


def test_a_link_to_a_foreign_host_never_gets_our_token(wire: Wire) -> None:
    wire.mock.get(f"{BASE}/services/data/v62.0/recent/", json={})
    wire.transport().session().get("https://evil.example/services/data/v62.0/recent/")
    assert str(wire.mock.calls[0].request.url).startswith(BASE)


def test_answers_are_asked_for_compressed_and_parsed_by_us(wire: Wire) -> None:
    wire.mock.get(QUERY, json={"a": 1})
    reply = wire.transport().session().get(QUERY)
    assert isinstance(reply, Reply)
    assert wire.mock.calls[0].request.headers["Accept-Encoding"] == "gzip, deflate"
    assert reply.json(object_pairs_hook=list) == {"a": 1}


def test_redirects_are_not_followed(wire: Wire) -> None:
    wire.mock.get(QUERY, status=302, headers={"Location": "https://login.example/"}, body="")
    with pytest.raises(Rejected):
        get(wire.transport())


def test_the_servers_clock_is_read_from_the_date_header(wire: Wire) -> None:
    wire.mock.get(QUERY, headers={"Date": "Thu, 01 Jan 2026 00:00:07 GMT"}, json={})
    assert get(wire.transport()).server_time() == 1_767_225_607


def test_a_ca_file_counts_although_the_environment_names_another(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/etc/other.pem")
    wire.mock.get(QUERY, json={})
    network = Network(lambda: NOW, ca_file="/etc/ours.pem")
    transport = Transport(DIALECT, BASE, lambda _: Token("t", BASE), network)
    get(transport)
    assert wire.mock.calls[0].request.req_kwargs["verify"] == "/etc/ours.pem"  # type: ignore[attr-defined]  # added by responses


def test_the_rest_layer_carries_what_the_hubspot_client_builds(wire: Wire) -> None:
    wire.mock.get(
        f"{BASE}/crm/objects/2026-09/contacts?properties=email&properties=jobtitle&archived=false", json={"results": []}
    )
    layer = RestLayer(wire.transport(), lambda path: path.replace("/crm/v3/objects", "/crm/objects/2026-09"))
    reply = layer.GET(
        "https://api.hubapi.com/crm/v3/objects/contacts",
        query_params=[("properties", "email"), ("properties", "jobtitle"), ("archived", False)],
        headers={"Accept-Encoding": "identity", "Authorization": "Bearer theirs"},
        _preload_content=False,
        _request_timeout=None,
    )
    assert (reply.status, reply.data) == (200, b'{"results": []}')
    assert wire.bearer(0) == "Bearer token-1"


# --- a real socket ---------------------------------------------------------------------------------------------------


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def test_a_port_nobody_listens_on_is_unusable_in_words(closed_port: int) -> None:
    base = f"http://127.0.0.1:{closed_port}"
    slept: list[float] = []
    network = Network(lambda: NOW, sleep=slept.append, attempts=2)
    transport = Transport(DIALECT, base, lambda _: Token("t", base), network)
    with pytest.raises(Unusable, match=rf"Salesforce at {base} cannot be reached \(Connection refused\)"):
        get(transport)
    assert len(slept) == 1
