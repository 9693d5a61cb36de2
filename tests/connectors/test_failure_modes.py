"""Rows of the collected failure modes that belong to no single module, each on the vendor where it was met."""

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from connectors.base import CreateTask, Outcome, SetTaskState, UpdateRecord
from connectors.errors import RetryLater, Unusable
from connectors.hubspot.client import Answer
from connectors.salesforce.client import Client
from connectors.salesforce.reading import OLDEST_CURSOR, OVERLAP
from connectors.salesforce.write import Writer
from mapping.metadata import FIELDS
from tests.connectors.conftest import BASE, Wire
from tests.connectors.hubspot.crm import Crm
from tests.contract.harness import Mirror
from tests.contract.org import ACCOUNT, ADA, CONTACTS, SEED, Org

ZOE, TOM, _ = CONTACTS
SOBJECTS = f"{BASE}/services/data/v62.0/composite/sobjects"
PORTAL: dict[str, Any] = {
    "portal_id": 48120733,
    "properties": {},
    "labels": [],
    "owners": [{"id": "4101", "email": "ada@vendor.example", "firstName": "Ada", "lastName": "King", "userId": 91}],
    "records": {
        "companies": [{"id": "9001", "properties": {"name": "Acme"}}],
        "contacts": [{"id": str(number), "properties": {"lastname": f"P{number}"}} for number in range(201, 204)],
    },
    "associations": [],
}


@pytest.fixture
def crm(emulator: dict[str, Any]) -> Crm:
    """Lend a portal with three people."""
    return Crm(emulator).load(PORTAL)


@pytest.fixture
def org(emulator: dict[str, Any]) -> Org:
    """Lend the small organisation, with its clock an hour after its records."""
    found = Org(emulator["salesforce"], emulator["control"])
    found.load(SEED)
    found.tell("clock", {"advance": 3_600})
    return found


def task(key: str) -> CreateTask:
    return CreateTask(key, "Find a champion", "Why.", 1_767_225_600, ADA, ACCOUNT, ZOE)


@pytest.mark.parametrize("said", ["", "null", "[]", "{}", '{"DailyApiRequests": null}'])
def test_12_a_limit_that_an_answer_does_not_tell_is_unknown(wire: Wire, said: str) -> None:
    wire.mock.get(f"{BASE}/services/data/v62.0/limits", body=said, content_type="application/json")
    assert Client(wire.transport(), "62.0").allowance() is None


# --- writing to Salesforce -------------------------------------------------------------------------------------------


class Keyless:
    """A mocked organisation in which no task has one of our keys yet; `answers` are given to each POST in turn."""

    def __init__(self, wire: Wire, *answers: list[Any] | None) -> None:
        self.sent: list[list[str]] = []
        self._left = list(answers)
        wire.mock.get(f"{BASE}/services/data/v62.0/queryAll/", json={"totalSize": 0, "done": True, "records": []})
        wire.mock.add_callback("POST", SOBJECTS, self._created)
        self.writer = Writer(Client(wire.transport(), "62.0"), "Rapport")

    def _created(self, request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        records = json.loads(request.body or b"{}")["records"]
        self.sent.append([record["Rapport_Key__c"] for record in records])
        answer = self._left.pop(0)
        return 200, {}, "" if answer is None else json.dumps(answer)


DONE: list[dict[str, object]] = [{"id": "00T000000000001AAA", "success": True, "errors": []}]


@pytest.mark.parametrize("answer", [None, [], DONE, ["x", "y"]], ids=["empty", "no rows", "one of two", "no objects"])
def test_23_and_44_an_answer_for_fewer_rows_than_were_sent_leaves_creates_open_and_sends_nothing_twice(
    wire: Wire, answer: list[Any] | None
) -> None:
    org = Keyless(wire, answer)
    results = list(org.writer.run([task("a"), task("b")]))
    assert [result.outcome for result in results] == [Outcome.UNKNOWN, Outcome.UNKNOWN]
    assert org.sent == [["a", "b"]]


def test_23_rows_are_matched_by_their_place_in_the_answer(wire: Wire) -> None:
    refused = {"success": False, "errors": [{"statusCode": "REQUIRED_FIELD_MISSING", "message": "Type is missing"}]}
    org = Keyless(wire, [refused, *DONE])
    results = {result.write: result for result in org.writer.run([task("a"), task("b")])}
    assert (results[task("a")].outcome, results[task("b")].outcome) == (Outcome.REJECTED, Outcome.DONE)
    assert results[task("a")].message == "Type is missing (REQUIRED_FIELD_MISSING)"


def test_21_only_the_locked_row_of_a_create_is_sent_again(wire: Wire) -> None:
    locked: dict[str, object] = {"success": False, "errors": [{"statusCode": "UNABLE_TO_LOCK_ROW", "message": "busy"}]}
    org = Keyless(wire, [*DONE, locked], DONE)
    assert {result.outcome for result in org.writer.run([task("a"), task("b")])} == {Outcome.DONE}
    assert org.sent == [["a", "b"], ["b"]]


def test_a_credential_in_the_message_of_a_row_is_taken_out(wire: Wire) -> None:
    said = "trigger failed: Bearer 00D5g000001AbCd!AQ.hush"
    org = Keyless(wire, [{"success": False, "errors": [{"statusCode": "APEX_ERROR", "message": said}]}])
    (result,) = org.writer.run([task("a")])
    assert "hush" not in result.message
    assert "trigger failed" in result.message


def test_22_a_cleared_field_is_null_on_the_wire_and_an_unnamed_one_is_not_sent(wire: Wire) -> None:
    asked: list[Any] = []

    def changed(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        asked.extend(json.loads(request.body or b"{}")["records"])
        return 200, {}, json.dumps([{"id": ZOE, "success": True, "errors": []}])

    wire.mock.add_callback("PATCH", SOBJECTS, changed)
    writer = Writer(Client(wire.transport(), "62.0"), "Rapport")
    list(writer.run([UpdateRecord("contact", ZOE, {"depth": None, "counted": None})]))
    assert asked == [
        {"attributes": {"type": "Contact"}, "id": ZOE, "Rapport_Depth__c": None, "Rapport_Counted__c": False}
    ]


# --- reading Salesforce ----------------------------------------------------------------------------------------------


def test_2_a_row_that_becomes_visible_after_the_cursor_passed_it_is_read_by_the_next_pull(org: Org) -> None:
    """A long transaction stamps its rows when it begins and shows them when it ends."""
    connector = org.connect()
    mirror = Mirror().pull(connector)
    org.tell("clock", {"advance": -(OVERLAP - 60)})
    org.as_person("PATCH", f"sobjects/Contact/{TOM}", {"Title": "CFO"})
    org.tell("clock", {"advance": OVERLAP})
    assert mirror.pull(connector).one("contact", id=TOM)["title"] == "CFO"


def test_31_a_deletion_is_noticed_up_to_the_age_at_which_a_pull_is_whole_anyway(org: Org) -> None:
    connector = org.connect()
    mirror = Mirror().pull(connector)
    org.as_person("DELETE", f"sobjects/Contact/{TOM}")
    org.tell("clock", {"advance": OLDEST_CURSOR - 3_600})
    mirror.pull(connector)
    assert mirror.all("contact", id=TOM) == []
    assert not next(end for end in mirror.ends if end.stream == "Contact").whole


def test_46_our_own_write_comes_back_once_as_what_was_written(org: Org) -> None:
    connector = org.connect()
    list(connector.provision([field for field in FIELDS if field.name == "depth"], dry_run=False))
    mirror = Mirror().pull(connector)
    list(connector.write([UpdateRecord("contact", ZOE, {"depth": "4"})]))
    for _ in range(2):
        assert mirror.pull(connector).one("observed_contact", id=ZOE)["depth"] == "4"
        assert len(mirror.all("contact")) == len(CONTACTS)


def test_12_a_quota_spent_in_the_middle_keeps_what_was_read_and_loses_nothing_later(org: Org) -> None:
    connector = org.connect()
    mirror = Mirror()
    spent = [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "TotalRequests Limit exceeded."}]
    org.tell("faults", {"action": "status", "path": "/queryAll", "nth": 3, "status": 403, "body": spent})
    with pytest.raises(RetryLater):
        mirror.pull(connector)
    assert {"User", "Account"} == set(mirror.cursors)
    org.clear_faults()
    assert len(mirror.pull(connector).all("contact")) == len(CONTACTS)
    assert len(mirror.all("account")) == 1


# --- HubSpot ---------------------------------------------------------------------------------------------------------


def test_28_29_and_30_where_one_request_lists_a_stream_hubspots_search_is_never_asked(crm: Crm) -> None:
    connection = crm.connect()
    Mirror().pull(connection).pull(connection)
    assert not any("/search" in endpoint for endpoint in connection.calls())


def test_30_a_contact_that_no_search_finds_yet_is_pulled(crm: Crm) -> None:
    crm.limits(search_lag=3600.0)
    made = crm.by_hand("POST", "/crm/objects/2026-09/contacts", {"properties": {"lastname": "New"}})
    assert Mirror().pull(crm.connect()).one("contact", id=made["id"])["name"] == "New"


def test_44_a_portal_that_loses_the_answer_to_a_create_holds_one_task_in_the_end(crm: Crm) -> None:
    connection = crm.provisioned()
    plan = CreateTask("k1", "S", "B", 1_767_225_600, "4101", "9001", "201")
    path = "tasks/batch/create$"
    crm.control(
        "faults",
        {"vendor": "hubspot", "method": "POST", "path": path, "action": "commit-then-drop", "nth": 1},
    )
    outcomes = []
    for _ in range(2):
        try:
            outcomes += [result.outcome for result in connection.write([plan])]
        except RetryLater:
            outcomes.append(Outcome.UNKNOWN)
    assert outcomes[-1] is Outcome.DONE
    assert len(Mirror().pull(connection).all("own_task", key="k1")) == 1


def test_12_and_35_a_spent_day_ends_a_pull_and_the_next_one_loses_nothing(crm: Crm) -> None:
    crm.limits(daily_limit=0)
    connection = crm.connect()
    with pytest.raises(RetryLater, match="daily limit"):
        Mirror().pull(connection)
    crm.limits(daily_limit=625_000)
    assert len(Mirror().pull(connection).all("contact")) == 3


def test_10_a_token_that_was_withdrawn_is_a_fatal_finding_and_ends_a_pull(crm: Crm) -> None:
    gone = {"status": "error", "category": "INVALID_AUTHENTICATION", "message": "Authentication credentials not found."}
    crm.control("faults", {"vendor": "hubspot", "path": "/crm/", "action": "status", "status": 401, "body": gone})
    connection = crm.connect()
    (finding,) = connection.check()
    assert finding.fatal
    with pytest.raises(Unusable, match="connect again"):
        list(connection.pull({}))


def test_22_a_cleared_property_is_empty_again_and_others_keep_their_value(crm: Crm) -> None:
    connection = crm.provisioned()
    list(connection.write([UpdateRecord("contact", "201", {"depth": "4", "trend": "rising"})]))
    list(connection.write([UpdateRecord("contact", "201", {"depth": None})]))
    observed = Mirror().pull(connection).one("observed_contact", id="201")
    assert (observed["depth"], observed["trend"]) == (None, "rising")


def test_46_a_repeated_state_of_a_task_changes_nothing_the_second_time(crm: Crm) -> None:
    connection = crm.provisioned()
    (made,) = connection.write([CreateTask("k1", "S", "B", 1_767_225_600, "4101", "9001", None)])
    close = SetTaskState(str(made.id), "k1", open=False, note="The gap has closed.")
    path = f"/crm/objects/2026-09/tasks/{made.id}?properties=hs_task_body,hs_task_status"
    list(connection.write([close]))
    first = crm.by_hand("GET", path)["properties"]
    list(connection.write([close]))
    second = crm.by_hand("GET", path)["properties"]
    assert first["hs_task_body"] == second["hs_task_body"] == "B\nThe gap has closed."


def test_34_a_list_with_very_many_properties_stays_below_what_an_address_holds(crm: Crm) -> None:
    many = [f"property_with_a_long_name_{number:04d}" for number in range(600)]
    declared = {"label": "L", "type": "string", "fieldType": "text", "groupName": "contactinformation"}
    crm.load({**PORTAL, "properties": {"contacts": [{**declared, "name": name} for name in many]}})
    connection = crm.connect()
    (page,) = map(Answer.records, connection._client.pages("contacts", many))
    assert all(set(many) <= set(record["properties"]) for record in page)
    asked = requests.get(f"{crm.told['control']}/requests", params={"last": "20"}, timeout=10).json()["last"]
    addresses = [urlsplit(str(request.get("url") or request.get("path"))) for request in asked]
    assert max(len(address.query) for address in addresses) < 6_500
    assert all(len(parse_qs(address.query).get("properties", [])) < 600 for address in addresses)
