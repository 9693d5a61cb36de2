"""A snapshot in the middle of things: rules, jobs, lists, exports and webhooks go on where they stood; locks do not."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.emulator.bulk import Bulk
from tests.emulator.hubspot.receiver import Receiver, receiving
from tests.emulator.hubspot.site import Site
from tests.emulator.org import ADA, BEN, Org
from tests.emulator.process import Emulator, running

pytestmark = pytest.mark.emulator

CONTACTS = "/crm/v3/objects/contacts"
RULES: dict[str, Any] = {
    "objects": {"Goal__c": {"label": "Goal", "fields": {"Loud__c": {"formula": "UPPER(Name)"}}}},
    "validationRules": {
        "Contact": [{"fullName": "R", "errorConditionFormula": "ISBLANK(LastName)", "errorMessage": "Who?"}],
        "Goal__c": [
            {"fullName": "G", "errorConditionFormula": 'Name = "none"', "errorMessage": "A goal is something."}
        ],
    },
    "duplicateRules": {"Contact": [{"fullName": "D", "fields": ["Email"], "action": "block"}]},
    "triggers": {"Contact": [{"fullName": "T", "condition": 'Title = "x"', "set": {"Title": '"Y"'}}]},
}
PETS = {
    "name": "pets",
    "labels": {"singular": "Pet", "plural": "Pets"},
    "properties": [{"name": "chip", "label": "Chip", "type": "string", "fieldType": "text", "hasUniqueValue": True}],
}
KNOWN = {"operator": "IS_KNOWN"}
BRANCH = {
    "filterBranchType": "OR",
    "filters": [{"filterType": "PROPERTY", "property": "jobtitle", "operation": KNOWN}],
}
EXPORT = {"exportType": "VIEW", "format": "CSV", "exportName": "All", "objectType": "CONTACT",
          "objectProperties": ["email"], "exportInternalValuesOptions": ["NAMES"]}  # fmt: skip


class Kept:
    """A folder that the emulator is kept in."""

    def __init__(self, emulator: Emulator, folder: Path) -> None:
        self._emulator, self._body = emulator, {"folder": str(folder)}

    def take(self) -> None:
        """Take the snapshot."""
        self._emulator.control("POST", "snapshot", self._body)

    def back(self) -> None:
        """Take everything back, other things in between."""
        self._emulator.control("POST", "seed", {"name": "empty"})
        self._emulator.control("POST", "restore", self._body)


@pytest.fixture
def kept(emulator: Emulator, tmp_path: Path) -> Kept:
    return Kept(emulator, tmp_path / "kept")


def test_rules_and_formula_fields_rule_on(org: Org, kept: Kept) -> None:
    org.emulator.control("POST", "schema", RULES)
    kept.take()
    kept.back()
    goal = org.create("Goal__c", Name="more")
    assert org.record("Goal__c", goal)["Loud__c"] == "MORE"
    assert org.refusal("POST", "/sobjects/Goal__c", {"Name": "none"})[2] == "A goal is something."
    made = org.create("Contact", LastName="L", Title="x", Email="l@acme.example")
    assert org.record("Contact", made)["Title"] == "Y"
    twin = {"LastName": "M", "Email": "l@acme.example"}
    assert org.refusal("POST", "/sobjects/Contact", twin)[1] == "DUPLICATES_DETECTED"


def test_a_query_job_gives_the_same_pages(org: Org, bulk: Bulk, kept: Kept) -> None:
    soql = "SELECT Id, Name, NPS__c, HasOptedOutOfEmail, Account.Owner.Name, CreatedDate FROM Contact ORDER BY Id"
    job = bulk.query(soql)
    first = bulk.page(job, maxRecords=2)
    before = bulk.info("query", job)
    kept.take()
    org.call("PATCH", f"/sobjects/Contact/{ADA}", {"LastName": "Later"})
    kept.back()
    assert bulk.info("query", job) == before
    again = bulk.page(job, maxRecords=2)
    assert (again.content, again.headers["Sforce-Locator"]) == (first.content, first.headers["Sforce-Locator"])
    assert [row[1] for row in bulk.found(soql)[1:3]] == ["Ada Berg", "Ben Iyer"]


def _half_done(org: Org, bulk: Bulk) -> str:
    """An ingest job of four rows that has written some of them."""
    org.emulator.settings(bulk_batch_records=1)
    job = bulk.open("Account", "insert", lineEnding="LF")
    bulk.close(job, "Name\nA\nB\nC\nD\n")
    while bulk.info("ingest", job)["numberRecordsProcessed"] == 0:
        pass
    return job


def test_a_job_that_is_half_written_writes_the_other_half_once(org: Org, bulk: Bulk, kept: Kept) -> None:
    job = _half_done(org, bulk)
    kept.take()
    kept.back()
    told = bulk.info("ingest", job)
    while told["state"] == "InProgress":
        told = bulk.info("ingest", job)
    assert (told["state"], told["numberRecordsProcessed"], told["numberRecordsFailed"]) == ("JobComplete", 4, 0)
    assert [row[2] for row in bulk.results(job, "successfulResults")[1:]] == ["A", "B", "C", "D"]
    assert org.column("SELECT Name FROM Account WHERE Name IN ('A', 'B', 'C', 'D') ORDER BY Name") == [*"ABCD"]


def test_a_half_written_job_given_up_after_a_snapshot_names_the_rest(org: Org, bulk: Bulk, kept: Kept) -> None:
    job = _half_done(org, bulk)
    kept.take()
    kept.back()
    assert bulk.patch(job, "Aborted").status_code == 200
    written = [row[2] for row in bulk.results(job, "successfulResults")[1:]]
    rest = [row[0] for row in bulk.results(job, "unprocessedrecords")[1:]]
    assert written != []
    assert written + rest == ["A", "B", "C", "D"]


def test_an_open_job_takes_its_data_later(org: Org, bulk: Bulk, kept: Kept) -> None:
    job = bulk.open("Contact", "update")
    kept.take()
    kept.back()
    bulk.close(job, f"Id,Title\n{BEN},CTO\n")
    assert bulk.info("ingest", job)["state"] == "JobComplete"
    assert org.record("Contact", BEN)["Title"] == "CTO"


def test_locks_of_requests_under_way_are_let_go(org: Org, kept: Kept) -> None:
    org.emulator.settings(row_milliseconds=1500, row_locks=True)
    title = {"Title": "Slow"}
    other = Org(Emulator(org.emulator.announced, org.emulator.pid), org.headers)
    slow = threading.Thread(target=other.call, args=("PATCH", f"/sobjects/Contact/{ADA}", title))
    slow.start()
    while org.record("Contact", ADA)["Title"] != "Slow":
        pass
    org.emulator.settings(row_milliseconds=0)
    assert org.refusal("PATCH", f"/sobjects/Contact/{ADA}", {"Title": "A"})[1] == "UNABLE_TO_LOCK_ROW"
    kept.take()
    kept.back()
    assert org.call("PATCH", f"/sobjects/Contact/{ADA}", {"Title": "B"}).status_code == 204
    slow.join(10)


def _refreshed(emulator: Emulator) -> int:
    keys = emulator.announced["salesforce"]
    names = ("client_id", "client_secret", "refresh_token")
    form = {"grant_type": "refresh_token", **{name: keys[name] for name in names}}
    return Org(emulator).post_form("/services/oauth2/token", form).status_code


def test_the_announced_refresh_token_is_as_good_as_it_was(org: Org, tmp_path: Path) -> None:
    lively, revoked = tmp_path / "lively", tmp_path / "revoked"
    org.emulator.control("POST", "snapshot", {"folder": str(lively)})
    token = org.emulator.announced["salesforce"]["refresh_token"]
    assert org.post_form("/services/oauth2/revoke", {"token": token}).status_code == 200
    org.emulator.control("POST", "snapshot", {"folder": str(revoked)})
    org.emulator.control("POST", "restore", {"folder": str(lively)})
    assert _refreshed(org.emulator) == 200
    with running("--seed", str(lively)) as other:
        assert _refreshed(other) == 200
        other.control("POST", "restore", {"folder": str(revoked)})
        assert _refreshed(other) == 400


# --- HubSpot ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def portal(emulator: Emulator) -> Site:
    """The portal, with what only this module's tests make."""
    site = Site(emulator)
    site.fresh()
    return site


def test_types_lists_users_and_exports_are_what_they_were(portal: Site, kept: Kept) -> None:
    portal.json("POST", "/crm-object-schemas/v3/schemas", PETS, status=201)
    portal.json("POST", "/crm/v3/objects/p48120733_pets", {"properties": {"chip": "C-1"}}, status=201)
    form = {"name": "Titled", "objectTypeId": "0-1", "processingType": "DYNAMIC", "filterBranch": BRANCH}
    portal.json("POST", "/crm/v3/lists", form)
    portal.json("POST", "/settings/v3/users", {"email": "new@us.example"}, status=201)
    portal.portal.settings["export_seconds"] = 60
    portal.json("POST", "/crm/v3/exports/export/async", EXPORT, status=202)
    rule = {"ruleArguments": ["3"]}
    portal.json("PUT", "/crm/property-validations/2026-09/0-1/zip/rule-type/MIN_LENGTH", rule, status=204)
    paths = ("/crm-object-schemas/v3/schemas", "/crm/v3/objects/p48120733_pets?properties=chip",
             "/crm/v3/lists/1?includeFilters=true", "/crm/v3/lists/1/memberships", "/settings/v3/users",
             "/crm/v3/exports/export/async/tasks/1/status", "/crm/property-validations/2026-09/0-1")  # fmt: skip
    before = [portal.get(path) for path in paths]
    kept.take()
    kept.back()
    assert [portal.get(path) for path in paths] == before
    portal.wait(61)
    result = portal.get("/crm/v3/exports/export/async/tasks/1/status")["result"]
    text = portal.call("GET", result.removeprefix(portal.url)).text
    assert text.splitlines()[:2] == ['"Record ID","email"', '"201","ann@acme.example"']
    portal.json("PATCH", f"{CONTACTS}/203", {"properties": {"jobtitle": "CIO"}})
    portal.wait(60)
    assert [row["recordId"] for row in portal.get("/crm/v3/lists/1/memberships")["results"]] == ["201", "203"]


@pytest.fixture
def receiver(portal: Site) -> Iterator[Receiver]:
    """Whoever is told of new contacts."""
    known = portal.portal.credentials()
    path, key = f"/webhooks/v3/{known['app_id']}", f"hapikey={known['developer_key']}"
    with receiving() as receiver:
        target = {"targetUrl": receiver.url, "throttling": {"maxConcurrentRequests": 10}}
        portal.json("PUT", f"{path}/settings?{key}", target)
        wish = {"eventType": "contact.creation", "active": True}
        portal.json("POST", f"{path}/subscriptions?{key}", wish, status=201)
        yield receiver
        portal.portal.reset()


def test_a_delivery_that_waits_to_be_tried_again_still_is(portal: Site, receiver: Receiver, kept: Kept) -> None:
    receiver.statuses += [500]
    portal.json("POST", CONTACTS, {"properties": {}}, status=201)
    first = receiver.next().rows
    pause = threading.Event()
    while not (before := portal.portal.webhooks())["waiting"]:
        pause.wait(0.005)
    kept.take()
    kept.back()
    assert portal.portal.webhooks() == before
    portal.wait(8640)
    assert receiver.next().rows == [{**row, "attemptNumber": 1} for row in first]


def test_a_delivery_under_way_is_sent_again(portal: Site, receiver: Receiver, kept: Kept) -> None:
    receiver.free.clear()
    made = portal.json("POST", CONTACTS, {"properties": {}}, status=201)["id"]
    first = receiver.next().rows
    kept.take()
    kept.back()
    receiver.free.set()
    assert receiver.next().rows == first
    assert first[0]["objectId"] == int(made)


def test_a_process_started_from_a_snapshot_delivers_what_waits(
    portal: Site, receiver: Receiver, kept: Kept, tmp_path: Path
) -> None:
    receiver.free.clear()
    portal.json("POST", CONTACTS, {"properties": {}}, status=201)
    first = receiver.next().rows
    kept.take()
    receiver.free.set()
    portal.portal.reset()
    with running("--seed", str(tmp_path / "kept")):
        assert receiver.next().rows == first
