"""The process itself: what it announces, how it ends, and its control interface."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from tests.emulator.org import ACME, NOW, Org
from tests.emulator.process import Emulator, running

pytestmark = pytest.mark.emulator


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_cleanly_on_a_signal_and_takes_its_keys_with_it(number: signal.Signals) -> None:
    with running("--seed", "empty") as emulator:
        ca = Path(emulator.announced["salesforce"]["ca"])
        assert ca.exists()
        os.kill(emulator.pid, number)
    assert not ca.parent.exists()


def test_an_unreadable_seed_is_a_sentence_and_not_a_traceback(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "connectors.emulator", "--seed", str(tmp_path)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert "seed.json" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("port", ["99999", "-1", "http"])
def test_a_port_that_is_none_is_wrong_usage(port: str) -> None:
    command = [sys.executable, "-m", "connectors.emulator", "--port", port]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "it is a number from 0 to 65535" in ended.stderr


def test_a_port_that_is_taken_is_a_sentence_and_not_a_traceback(emulator: Emulator) -> None:
    taken = emulator.announced["salesforce"]["http"].rpartition(":")[2]
    command = [sys.executable, "-m", "connectors.emulator", "--seed", "empty", "--port", taken]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("emulator: cannot listen on the port: ")


def test_both_vendors_answer_on_the_same_port(emulator: Emulator) -> None:
    announced = emulator.announced
    assert announced["hubspot"]["url"] == announced["salesforce"]["http"]
    assert announced["salesforce"]["http"].startswith("http://127.0.0.1:")
    token = {"Authorization": f"Bearer {announced['hubspot']['token']}"}
    answer = emulator.session.get(f"{announced['hubspot']['url']}/crm/v3/owners", headers=token, timeout=10)
    assert answer.status_code == 200


def test_tls_is_signed_by_the_announced_authority_for_address_and_name(emulator: Emulator) -> None:
    salesforce = emulator.announced["salesforce"]
    with requests.Session() as session:
        session.trust_env = False
        for url in (salesforce["https"], salesforce["https"].replace("127.0.0.1", "localhost")):
            assert session.get(f"{url}/services/data", verify=salesforce["ca"], timeout=10).status_code == 200


def test_the_clock_can_be_set_advanced_and_frozen(emulator: Emulator) -> None:
    assert emulator.control("GET", "clock") == {"now": NOW, "frozen": True}
    emulator.control("POST", "clock", {"advance": 86_400})
    assert emulator.control("GET", "clock")["now"] == "2026-03-03T09:00:00+00:00"
    emulator.control("POST", "clock", {"now": "2027-01-01T00:00:00+00:00", "freeze": False})
    running_on = emulator.control("GET", "clock")
    assert running_on["frozen"] is False
    assert running_on["now"].startswith("2027-01-01T00:00:0")


def test_the_date_header_tells_the_emulated_time(org: Org) -> None:
    assert org.call("GET", "/limits").headers["Date"] == "Mon, 02 Mar 2026 09:00:00 GMT"


def test_the_log_counts_by_route_and_bytes_and_can_be_reset(org: Org) -> None:
    org.emulator.control("GET", "requests", reset="true")
    org.query("SELECT Id FROM Account")
    org.call("GET", f"/sobjects/Account/{ACME}")
    org.call("PATCH", f"/sobjects/Account/{ACME}", {"Rating": "Hot"})
    report = org.emulator.control("GET", "requests", last="1", reset="true")
    assert {name: route["count"] for name, route in report["routes"].items()} == {
        "GET /services/data/v*/query": 1,
        "GET /services/data/v*/sobjects/{entity}/{id}": 1,
        "PATCH /services/data/v*/sobjects/{entity}/{id}": 1,
    }
    [last] = report["last"]
    assert (last["method"], last["status"], last["received"]) == ("PATCH", 204, len(b'{"Rating": "Hot"}'))
    assert org.emulator.control("GET", "requests")["total"] == 0


def test_reset_brings_back_the_start_seed(org: Org) -> None:
    assert org.query("SELECT COUNT() FROM Account")["totalSize"] == 3
    org.emulator.control("POST", "reset")
    org.login()
    assert org.query("SELECT COUNT() FROM Account")["totalSize"] == 0


def test_a_seed_may_be_loaded_by_name(org: Org) -> None:
    org.emulator.control("POST", "seed", {"name": "demo"})
    org.login()
    assert org.query("SELECT COUNT() FROM Contact")["totalSize"] > 100


@pytest.mark.parametrize(
    ("seed", "sentence"),
    [
        ({"records": {"Nope": []}}, "the seed speaks of an unknown object: Nope"),
        ({"records": {"Account": [{"Id": "0035g000001AdaaAAC", "Name": "x"}]}}, "the seed has no valid Account id"),
        ({"records": {"Account": [{"Nope": "x"}]}}, "the seed has an unknown field: Account.Nope"),
        ({"records": {"Contact": [{"Birthdate": "soon"}]}}, "the seed has a bad value in Contact.Birthdate"),
    ],
)
def test_a_seed_the_org_cannot_hold_is_refused_with_the_reason(emulator: Emulator, seed: object, sentence: str) -> None:
    url = f"{emulator.announced['control']}/seed"
    answer = emulator.session.post(url, json={"salesforce": seed}, timeout=10)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith(sentence)


def test_unknown_settings_are_refused(emulator: Emulator) -> None:
    url = f"{emulator.announced['control']}/limits"
    answer = emulator.session.post(url, json={"salesforce": {"speed": 1}}, timeout=10)
    assert (answer.status_code, answer.json()) == (400, {"error": "unknown settings: speed"})
