"""Scripted faults, as a client meets them."""

import time
from typing import Any

import pytest
import requests

from tests.emulator.org import ACME, ADA, Org

pytestmark = pytest.mark.emulator
BROKEN = (requests.exceptions.ConnectionError, requests.exceptions.ChunkedEncodingError)


def test_a_status_fault_strikes_the_first_n_matching_requests(org: Org) -> None:
    org.emulator.fault(action="status", path="/query$", times=2, status=503, body={"busy": True}, headers={"X-A": "b"})
    first = org.call("GET", "/query", params={"q": "SELECT Id FROM Account"})
    assert (first.status_code, first.json(), first.headers["X-A"]) == (503, {"busy": True}, "b")
    assert [org.call("GET", "/query", params={"q": "SELECT Id FROM Account"}).status_code for _ in "ab"] == [503, 200]


def test_nth_strikes_once_and_every_strikes_again_and_again(org: Org) -> None:
    org.emulator.fault(action="status", path="/limits$", nth=2, status=500)
    assert [org.call("GET", "/limits").status_code for _ in "abcd"] == [200, 500, 200, 200]
    org.emulator.control("DELETE", "faults")
    org.emulator.fault(action="status", path="/limits$", every=2, status=502)
    assert [org.call("GET", "/limits").status_code for _ in "abcd"] == [200, 502, 200, 502]


def test_a_fault_may_choose_vendor_and_method(org: Org) -> None:
    org.emulator.fault(action="status", vendor="hubspot", status=500)
    org.emulator.fault(action="status", method="PATCH", status=502)
    assert org.call("GET", "/limits").status_code == 200
    assert org.call("PATCH", f"/sobjects/Account/{ACME}", {"Rating": "Hot"}).status_code == 502


def test_html_looks_like_a_proxy(org: Org) -> None:
    org.emulator.fault(action="html", status=503)
    answer = org.call("GET", "/limits")
    assert (answer.status_code, answer.headers["Content-Type"]) == (503, "text/html;charset=UTF-8")
    assert answer.text.startswith("<html>")


@pytest.mark.parametrize("action", ["reset", "truncate"])
def test_a_connection_breaks_in_the_middle_of_an_answer(org: Org, action: str) -> None:
    org.emulator.fault(action=action, times=1)
    with pytest.raises(BROKEN):
        org.query("SELECT Id, Name FROM Account")
    assert org.query("SELECT COUNT() FROM Account")["totalSize"] == 3


def test_commit_then_drop_changes_the_record_and_says_nothing(org: Org) -> None:
    org.emulator.fault(action="commit-then-drop", method="PATCH", times=1)
    with pytest.raises(BROKEN):
        org.call("PATCH", f"/sobjects/Account/{ACME}", {"Rating": "Hot"})
    assert org.record("Account", ACME)["Rating"] == "Hot"


def test_hang_outlasts_an_impatient_client(org: Org) -> None:
    org.emulator.fault(action="hang", seconds=0.5, times=1)
    with pytest.raises(requests.exceptions.ReadTimeout):
        org.call("GET", "/limits", timeout=0.1)


def test_drop_resets_before_anything_is_done(org: Org) -> None:
    org.emulator.fault(action="drop", method="PATCH", times=1)
    with pytest.raises(BROKEN):
        org.call("PATCH", f"/sobjects/Account/{ACME}", {"Rating": "Hot"})
    assert org.record("Account", ACME)["Rating"] is None


def test_cut_is_a_whole_answer_with_half_a_text(org: Org) -> None:
    whole = org.call("GET", f"/sobjects/Account/{ACME}").content
    org.emulator.fault(action="cut", times=1)
    answer = org.call("GET", f"/sobjects/Account/{ACME}")
    assert (answer.status_code, answer.content) == (200, whole[: len(whole) // 2])
    assert int(answer.headers["Content-Length"]) == len(answer.content)
    with pytest.raises(requests.exceptions.JSONDecodeError):
        answer.json()


def test_a_cut_of_an_empty_answer_leaves_it_empty(org: Org) -> None:
    org.emulator.fault(action="cut", times=1)
    assert org.call("PATCH", f"/sobjects/Account/{ACME}", {"Rating": "Hot"}).status_code == 204


def test_slow_sends_at_the_given_speed(org: Org) -> None:
    whole = org.call("GET", f"/sobjects/Account/{ACME}").content
    org.emulator.fault(action="slow", bytes_per_second=len(whole) * 4)
    began = time.monotonic()
    assert org.call("GET", f"/sobjects/Account/{ACME}").content == whole
    assert 0.25 <= time.monotonic() - began < 5


def test_chance_strikes_its_share_and_the_same_seed_strikes_the_same_requests(org: Org) -> None:
    runs = []
    for seed in (7, 7, 8):
        org.emulator.control("DELETE", "faults")
        org.emulator.fault(action="status", path="/limits$", chance=0.5, seed=seed)
        runs.append([org.call("GET", "/limits").status_code for _ in range(40)])
    assert runs[0] == runs[1] != runs[2]
    assert all(8 <= run.count(503) <= 32 for run in runs)


def test_chance_nothing_and_chance_all(org: Org) -> None:
    org.emulator.fault(action="status", path="/limits$", chance=0)
    org.emulator.fault(action="status", path="/query$", chance=1)
    assert org.call("GET", "/limits").status_code == 200
    assert org.call("GET", "/query", params={"q": "SELECT Id FROM Account"}).status_code == 503


@pytest.mark.parametrize(
    ("method", "path", "options"),
    [
        ("GET", f"/sobjects/contact/{ADA}", {}),
        ("GET", "/query", {"params": {"q": "SELECT Id FROM Contact"}}),
        ("POST", "/composite/sobjects", {"body": {"records": [{"attributes": {"type": "Contact"}}]}}),
    ],
)
def test_a_fault_may_be_about_an_object_in_path_query_or_body(
    org: Org, method: str, path: str, options: dict[str, Any]
) -> None:
    org.emulator.fault(action="status", object="Contact", status=500)
    assert org.call(method, path, **options).status_code == 500
    made = org.call("POST", "/sobjects/Account", {"Name": "ContactLess"})
    assert made.status_code == 201
    assert org.record("Account", made.json()["id"])["Name"] == "ContactLess"


def test_a_status_fault_may_answer_other_text_than_json(org: Org) -> None:
    org.emulator.fault(action="status", status=200, body="a,b\n1,2", headers={"Content-Type": "text/csv"})
    answer = org.call("GET", "/limits")
    assert (answer.headers["Content-Type"], answer.text) == ("text/csv", "a,b\n1,2")


def test_a_delay_makes_only_what_it_is_about_wait(org: Org) -> None:
    org.emulator.control("POST", "latency", {"vendor": "hubspot", "seconds": 60})
    org.emulator.control("POST", "latency", {"vendor": "salesforce", "path": "/limits$", "seconds": 0.3})
    began = time.monotonic()
    org.call("GET", "/limits")
    assert time.monotonic() - began >= 0.3


def test_delays_are_listed_tried_in_order_and_forgotten(org: Org) -> None:
    none, long = {"path": "/limits$", "seconds": 0}, {"seconds": 60, "jitter": 1}
    org.emulator.control("POST", "latency", [none, long])
    assert [each["seconds"] for each in org.emulator.control("GET", "latency")] == [0, 60]
    assert org.call("GET", "/limits").status_code == 200
    assert org.emulator.control("DELETE", "latency") == []
    assert org.call("GET", f"/sobjects/Account/{ACME}").status_code == 200


def test_jitter_adds_at_most_what_it_says(org: Org) -> None:
    org.emulator.control("POST", "latency", {"path": "/limits$", "jitter": 0.2, "seed": 3})
    began = time.monotonic()
    for _ in range(5):
        org.call("GET", "/limits")
    assert 0.2 < time.monotonic() - began < 5


def test_the_log_names_the_fault(org: Org) -> None:
    org.emulator.fault(action="status", path="/limits$")
    org.call("GET", "/limits")
    [last] = org.emulator.control("GET", "requests", last="1")["last"]
    assert (last["fault"], last["status"]) == ("status", 503)


def test_rules_tell_how_often_they_struck(org: Org) -> None:
    org.emulator.fault(action="status", path="/limits$", nth=2)
    for _ in "abc":
        org.call("GET", "/limits")
    [rule] = org.emulator.control("GET", "faults")
    assert (rule["seen"], rule["struck"]) == (3, 1)


@pytest.mark.parametrize(
    "rule",
    [
        {"action": "explode"},
        {"action": "reset", "nth": 0},
        {"action": "reset", "path": "("},
        {"action": "reset", "chance": 1.5},
        {"action": "slow", "bytes_per_second": 0},
        {"path": "/query$"},
    ],
)
def test_a_senseless_rule_is_refused(org: Org, rule: object) -> None:
    answer = org.emulator.session.post(f"{org.emulator.announced['control']}/faults", json=rule, timeout=10)
    assert answer.status_code == 400


def test_single_records_can_fail_inside_a_collection(org: Org) -> None:
    locked = {
        "object": "Account",
        "nth": 2,
        "statusCode": "UNABLE_TO_LOCK_ROW",
        "message": "unable to obtain exclusive",
    }
    org.emulator.settings(record_faults=[locked])
    records = [{"attributes": {"type": "Account"}, "Name": name} for name in "abc"]
    results = org.call("POST", "/composite/sobjects", {"allOrNone": False, "records": records}).json()
    assert [each["success"] for each in results] == [True, False, True]
    assert results[1]["errors"][0]["statusCode"] == "UNABLE_TO_LOCK_ROW"
