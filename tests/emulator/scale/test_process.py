"""An emulator started with a synthetic CRM, over HTTP as a client meets it."""

import csv
import io
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.emulator.org import Org
from tests.emulator.process import Emulator, running
from tests.emulator.scale.conftest import SIZE

V3 = "/crm/v3/objects/contacts"


@pytest.fixture(scope="module")
def process(made: Path) -> Iterator[Emulator]:
    size = ["--contacts", str(SIZE.contacts), "--activities", str(SIZE.activities), "--rng", str(SIZE.rng)]
    with running("--seed", "synthetic", *size, "--cache", str(made.parent)) as emulator:
        yield emulator


@pytest.fixture
def org(process: Emulator) -> Org:
    process.control("POST", "reset")
    org = Org(process)
    org.login()
    return org


def _hubspot(process: Emulator, method: str, path: str, body: object = None) -> requests.Response:
    keys = process.announced["hubspot"]
    headers = {"Authorization": f"Bearer {keys['token']}"}
    return process.session.request(method, keys["url"] + path, json=body, headers=headers, timeout=10)


def test_a_query_is_paged_by_its_locator_to_the_last_record(org: Org) -> None:
    page = org.query("SELECT Id, Subject, Owner.Name FROM Task ORDER BY Id")
    assert page["totalSize"] == 6_000
    found = page["records"]
    while not page["done"]:
        path = page["nextRecordsUrl"].partition("/query")[2]
        page = org.call("GET", f"/query{path}").json()
        assert page["totalSize"] == 6_000
        found += page["records"]
    assert len(found) == 6_000
    assert [row["Id"] for row in found] == sorted({row["Id"] for row in found})
    assert found[0]["attributes"]["url"] == f"/services/data/v65.0/sobjects/Task/{found[0]['Id']}"


def test_a_page_has_the_size_asked_for_and_can_be_read_again(org: Org) -> None:
    page = org.query("SELECT Id FROM Contact", **{"Sforce-Query-Options": "batchSize=300"})
    assert len(page["records"]) == 300
    path = page["nextRecordsUrl"].partition("/query")[2]
    again = [org.call("GET", f"/query{path}").json()["records"] for _ in range(2)]
    assert again[0] == again[1]
    assert again[0][0]["Id"] > page["records"][-1]["Id"]


def test_two_hundred_records_are_changed_in_one_call_and_queried_with_their_new_values(org: Org) -> None:
    found = org.query("SELECT Id FROM Contact LIMIT 200 OFFSET 100")["records"]
    changed = [{"attributes": {"type": "Contact"}, "id": row["Id"], "Title": "Changed"} for row in found]
    answer = org.call("PATCH", "/composite/sobjects", {"records": changed})
    assert [row["success"] for row in answer.json()] == [True] * 200
    assert org.query("SELECT COUNT() FROM Contact WHERE Title = 'Changed'")["totalSize"] == 200
    assert org.record("Contact", found[0]["Id"])["Title"] == "Changed"


def test_a_later_part_of_a_composite_can_speak_of_a_queried_record(org: Org) -> None:
    base = "/services/data/v65.0"
    parts = [
        {"method": "GET", "url": f"{base}/query?q=SELECT+Id+FROM+Contact+LIMIT+1", "referenceId": "found"},
        {"method": "GET", "url": f"{base}/sobjects/Contact/@{{found.records[0].Id}}", "referenceId": "read"},
    ]
    answer = org.call("POST", "/composite", {"compositeRequest": parts}).json()["compositeResponse"]
    assert answer[1]["httpStatusCode"] == 200
    assert answer[1]["body"]["Id"] == answer[0]["body"]["records"][0]["Id"]


def test_a_reset_brings_back_what_was_written_over(org: Org, process: Emulator) -> None:
    first = org.query("SELECT Id, Name FROM Account LIMIT 1")["records"][0]
    org.call("PATCH", f"/sobjects/Account/{first['Id']}", {"Name": "Renamed"})
    _hubspot(process, "PATCH", f"{V3}/2000000001", {"properties": {"firstname": "Renamed"}})
    process.control("POST", "reset")
    org.login()
    assert org.record("Account", first["Id"])["Name"] == first["Name"]
    assert _hubspot(process, "GET", f"{V3}/2000000001").json()["properties"]["firstname"] != "Renamed"


def test_another_seed_takes_the_place_of_the_synthetic_one(org: Org, process: Emulator) -> None:
    process.control("POST", "seed", {"name": "empty"})
    org.login()
    assert org.query("SELECT Id FROM Contact")["totalSize"] == 0
    assert _hubspot(process, "GET", V3).json() == {"results": []}


def test_lists_are_paged_by_after(process: Emulator, org: Org) -> None:
    page = _hubspot(process, "GET", f"{V3}?limit=100&properties=email&associations=companies").json()
    assert len(page["results"]) == 100
    assert page["paging"]["next"]["after"] == str(int(page["results"][-1]["id"]) + 1)


def test_a_size_that_is_not_provided_for_ends_the_start_with_one_line() -> None:
    command = [sys.executable, "-m", "connectors.emulator", "--seed", "synthetic", "--contacts", "7"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == "emulator: --contacts can be 100 to 2,000,000, but 7 was given\n"


def test_a_bulk_query_over_the_file_gives_the_lines_that_its_pages_give(org: Org) -> None:
    soql = "SELECT Id, Name, Title, Account.Name FROM Contact ORDER BY Id"
    body = {"operation": "query", "query": soql}
    job = org.call("POST", "/jobs/query", body).json()["id"]
    answer = org.call("GET", f"/jobs/query/{job}/results", params={"maxRecords": "400"})
    header, *lines = csv.reader(io.StringIO(answer.text, newline=""))
    assert header == ["Id", "Name", "Title", "Account.Name"]
    assert answer.headers["Sforce-NumberOfRecords"] == "400"
    records = org.query(soql, **{"Sforce-Query-Options": "batchSize=400"})["records"]
    assert lines == [[row["Id"], row["Name"], row["Title"] or "", row["Account"]["Name"]] for row in records]


def test_a_snapshot_of_a_made_up_crm_is_refused_with_the_reason(process: Emulator, tmp_path: Path) -> None:
    url = f"{process.announced['control']}/snapshot"
    answer = process.session.post(url, json={"folder": str(tmp_path / "kept")}, timeout=10)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("a made-up CRM is not kept in a snapshot")
