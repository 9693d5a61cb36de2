"""Scripted faults, as a client meets them."""

import pytest
import requests

from tests.emulator.org import ACME, Org

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
    "rule", [{"action": "explode"}, {"action": "reset", "nth": 0}, {"action": "reset", "path": "("}]
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
