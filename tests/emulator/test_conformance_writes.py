"""Single records, trees and graphs in every form of request, and what the customer's own rules make of them."""

import gzip
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

import pytest
import requests

from tests.emulator.org import ACME, ADA, BEN, BOLT, CALL, CLEO, CRUX, DATA, DEAL, DEE, ME, OLD, OWNER, Org

pytestmark = pytest.mark.emulator
COLLECTION = "/composite/sobjects"


def declare(org: Org, **part: object) -> None:
    """Add to the org's schema."""
    org.emulator.control("POST", "schema", part)


def record(kind: str, **fields: object) -> dict[str, object]:
    """A record of a collection."""
    return {"attributes": {"type": kind}, **fields}


def test_a_created_record_is_located(org: Org) -> None:
    answer = org.call("POST", "/sobjects/Account", {"Name": "x"})
    assert answer.headers["Location"] == f"{DATA}/sobjects/Account/{answer.json()['id']}"
    steps = [{"method": "POST", "url": f"{DATA}/sobjects/Account", "referenceId": "a", "body": {"Name": "y"}}]
    [part] = org.call("POST", "/composite", {"compositeRequest": steps}).json()["compositeResponse"]
    assert part["httpHeaders"] == {"Location": f"{DATA}/sobjects/Account/{part['body']['id']}"}


@pytest.mark.parametrize("path", [f"/sobjects/Contact/{ADA}", "/sobjects/Contact/describe", "/sobjects", "/limits"])
def test_head_is_get_without_a_body(org: Org, path: str) -> None:
    answer = org.call("HEAD", path)
    assert (answer.status_code, answer.content) == (200, b"")
    assert org.call("HEAD", "/sobjects/Contact/0035g000001Nopa").status_code == 404


def test_the_method_of_a_post_may_stand_in_its_query(org: Org) -> None:
    path = f"/sobjects/Contact/{ADA}?_HttpMethod=PATCH"
    assert org.call("POST", path, {"Title": "CEO"}).status_code == 204
    assert org.record("Contact", ADA)["Title"] == "CEO"
    assert org.refusal("POST", f"/sobjects/Contact/{ADA}?_HttpMethod=NOPE", {})[:2] == (405, "METHOD_NOT_ALLOWED")


def test_a_body_may_come_compressed(org: Org) -> None:
    headers = {**org.headers, "Content-Type": "Application/JSON; charset=UTF-8", "Content-Encoding": "gzip"}
    url = org.url(f"{DATA}/sobjects/Account")
    packed = gzip.compress(json.dumps({"Name": "x"}).encode())
    assert org.emulator.session.post(url, data=packed, headers=headers, timeout=10).status_code == 201
    answer = org.emulator.session.post(url, data=b"{}", headers=headers, timeout=10)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "JSON_PARSER_ERROR")


@pytest.mark.parametrize(
    ("version", "updated", "created"), [("45.0", 204, 201), ("46.0", 200, 201), ("68.0", 200, 201)]
)
def test_an_upsert_tells_what_it_did_since_version_46(org: Org, version: str, updated: int, created: int) -> None:
    for value, status in (("A-1", updated), ("N-1", created)):
        url = org.url(f"/services/data/v{version}/sobjects/Account/ERP_Number__c/{value}")
        answer = org.emulator.session.patch(url, json={"Name": "x"}, headers=org.headers, timeout=10)
        assert answer.status_code == status
        assert (answer.content == b"") == (status == 204)


@pytest.mark.parametrize("value", ["a b", "a+b", "a/b", "a/", "ä?&#=%", "a;b,c"])
def test_an_external_id_holds_any_character_when_it_is_encoded(org: Org, value: str) -> None:
    path = f"/sobjects/Account/ERP_Number__c/{quote(value, safe='')}"
    assert org.call("PATCH", path, {"Name": "x"}).status_code == 201
    assert org.call("GET", path).json()["ERP_Number__c"] == value


def test_an_id_works_as_the_key_of_an_upsert(org: Org) -> None:
    assert org.call("PATCH", f"/sobjects/Account/Id/{ACME[:15]}", {"Rating": "Hot"}).json()["created"] is False
    assert org.refusal("PATCH", "/sobjects/Account/Id/0015g000001Nopa", {"Name": "x"})[:2] == (404, "NOT_FOUND")


def test_a_foreign_key_nobody_carries_spoils_its_own_record_only(org: Org) -> None:
    declare(
        org, fields={"Contact": [{"name": "Ext__c", "label": "E", "type": "Text", "length": 9, "externalId": True}]}
    )
    org.call("PATCH", f"/sobjects/Contact/{ADA}", {"Ext__c": "ada"})
    records = [record("Contact", LastName="x", Account={"ERP_Number__c": value}) for value in ("A-1", "none")]
    [good, bad] = org.call("POST", COLLECTION, {"records": records}).json()
    sentence = "Foreign key external ID: none not found for field ERP_Number__c in entity Account"
    assert (good["success"], bad["errors"]) == (
        True,
        [{"statusCode": "INVALID_FIELD", "message": sentence, "fields": []}],
    )
    who = {"attributes": {"type": "Contact"}, "Ext__c": "ada"}
    assert org.record("Task", org.create("Task", Who=who))["WhoId"] == ADA


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (f"{ADA}/Account", [ACME]),
        (f"{ADA[:15]}/directreports", [BEN]),
        (f"{ADA}/Tasks", [CALL]),
        (f"{BEN}/ReportsTo", [ADA]),
    ],
)
def test_a_relationship_of_a_record_leads_to_other_records(org: Org, path: str, expected: list[str]) -> None:
    answer = org.call("GET", f"/sobjects/Contact/{path}").json()
    assert [each["Id"] for each in answer.get("records", [answer])] == expected


@pytest.mark.parametrize("path", [f"{ADA}/Nope", f"{DEE}/Account", "0035g000001Nopa/Account"])
def test_a_relationship_that_leads_nowhere_is_not_found(org: Org, path: str) -> None:
    assert org.refusal("GET", f"/sobjects/Contact/{path}")[:2] == (404, "NOT_FOUND")


TITLE = {"fullName": "NeedsTitle", "errorConditionFormula": "ISBLANK(Title)", "errorMessage": "Say what they do."}


def test_a_validation_rule_refuses_with_its_own_words(org: Org) -> None:
    declare(org, validationRules={"Contact": [TITLE]})
    answer = org.call("POST", "/sobjects/Contact", {"LastName": "x"})
    error = {"errorCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION", "message": "Say what they do.", "fields": []}
    assert (answer.status_code, answer.json()) == (400, [error])
    declare(org, validationRules={"Contact": [{**TITLE, "errorDisplayField": "Title"}]})
    assert org.call("PATCH", f"/sobjects/Contact/{BEN}", {"Department": "x"}).json()[0]["fields"] == ["Title"]
    [bad, good] = org.call(
        "PATCH", COLLECTION, {"records": [record("Contact", id=each, Department="x") for each in (BEN, ADA)]}
    ).json()
    assert (bad["errors"][0]["statusCode"], good["success"]) == ("FIELD_CUSTOM_VALIDATION_EXCEPTION", True)
    declare(org, validationRules={"Contact": [{**TITLE, "active": False}]})
    org.create("Contact", LastName="x")


@pytest.mark.parametrize(
    ("condition", "created", "updated"),
    [("ISNEW()", 400, 204), ("ISCHANGED(Title)", 201, 400), ('PRIORVALUE(Title) = "CFO"', 201, 400),
     ("IsClosed", 0, 0)],
)  # fmt: skip
def test_a_validation_rule_knows_what_was_before(org: Org, condition: str, created: int, updated: int) -> None:
    rule = {"fullName": "R", "errorConditionFormula": condition, "errorMessage": "no"}
    if not created:
        declare(org, validationRules={"Task": [rule]})
        assert org.refusal("POST", "/sobjects/Task", {"Status": "Completed"})[2] == "no"
        return
    declare(org, validationRules={"Contact": [rule]})
    assert org.call("POST", "/sobjects/Contact", {"LastName": "x"}).status_code == created
    assert org.call("PATCH", f"/sobjects/Contact/{ADA}", {"Title": "CEO"}).status_code == updated


SAME = {"fullName": "Same_Email", "fields": ["Email"]}
ALLOW = {"Sforce-Duplicate-Rule-Header": "allowSave=true"}


@pytest.mark.parametrize("key", ["duplicateResult", "duplicateResut"])
def test_a_duplicate_of_one_record_is_refused_with_what_it_doubles(org: Org, key: str) -> None:
    declare(org, duplicateRules={"Contact": [SAME]})
    org.emulator.settings(duplicate_result_key=key)
    answer = org.call("POST", "/sobjects/Contact", {"LastName": "x", "Email": "ADA@acme.example"})
    [error] = answer.json()
    assert (answer.status_code, error["errorCode"], error["message"]) == (
        400, "DUPLICATES_DETECTED", "Use one of these records?"
    )  # fmt: skip
    result = error[key]
    [match] = result["matchResults"]
    assert (result["allowSave"], result["duplicateRule"], match["size"]) == (True, "Same_Email", 1)
    assert [each["record"]["Id"] for each in match["matchRecords"]] == [ADA]


def test_a_duplicate_in_a_collection_is_an_error_of_its_row(org: Org) -> None:
    declare(org, duplicateRules={"Contact": [SAME]})
    doubled = {"records": [record("Contact", LastName="x", Email="ada@acme.example"), record("Contact", LastName="y")]}
    [bad, good] = org.call("POST", COLLECTION, doubled).json()
    error = {"statusCode": "DUPLICATES_DETECTED", "message": "Use one of these records?", "fields": []}
    assert (bad, good["success"]) == ({"success": False, "errors": [error]}, True)
    allowed = org.call("POST", COLLECTION, doubled, headers=ALLOW).json()
    assert [each["success"] for each in allowed] == [True, True]


def test_the_header_overrides_an_alert_but_no_block(org: Org) -> None:
    person = {"LastName": "x", "Email": "ada@acme.example"}
    declare(org, duplicateRules={"Contact": [SAME]})
    assert org.call("POST", "/sobjects/Contact", person, headers=ALLOW).status_code == 201
    wide = {"Sforce-Duplicate-Rule-Header": "allowSave=false; includeRecordDetails=true"}
    assert org.refusal("POST", "/sobjects/Contact", person, headers=wide)[1] == "DUPLICATES_DETECTED"
    declare(org, duplicateRules={"Contact": [{**SAME, "action": "block"}]})
    [error] = org.call("POST", "/sobjects/Contact", person, headers=ALLOW).json()
    assert error["duplicateResult"]["allowSave"] is False
    step = {"method": "POST", "url": f"{DATA}/sobjects/Contact", "referenceId": "a", "body": person}
    declare(org, duplicateRules={"Contact": [SAME]})
    body = {"compositeRequest": [{**step, "httpHeaders": ALLOW}, {**step, "referenceId": "b"}]}
    parts = org.call("POST", "/composite", body).json()["compositeResponse"]
    assert [each["httpStatusCode"] for each in parts] == [201, 400]


def test_a_record_is_no_duplicate_of_itself_of_the_dead_or_of_the_blank(org: Org) -> None:
    declare(org, duplicateRules={"Contact": [{**SAME, "fields": ["Email", "LastName"]}]})
    assert org.call("PATCH", f"/sobjects/Contact/{ADA}", {"Title": "CEO"}).status_code == 204
    org.create("Contact", LastName="Other", Email="ada@acme.example")
    org.create("Contact", LastName="Iyer")
    org.call("DELETE", f"/sobjects/Contact/{ADA}")
    org.create("Contact", LastName="Berg", Email="ada@acme.example")


NULL = "System.NullPointerException: Attempt to de-reference a null object"


@pytest.mark.parametrize(
    ("when", "operation", "event"),
    [("before", "create", "BeforeInsert"), ("after", "create", "AfterInsert"), ("before", "update", "BeforeUpdate"),
     ("after", "update", "AfterUpdate"), ("before", "delete", "BeforeDelete")],
)  # fmt: skip
def test_a_failing_trigger_takes_its_record_back(org: Org, when: str, operation: str, event: str) -> None:
    guard = {"fullName": "Guard", "when": when, "operations": [operation], "exception": NULL}
    declare(org, triggers={"Account": [{**guard, "condition": 'Name != "crux_100%"'}]})
    calls = {"create": ("POST", "/sobjects/Account", {"Name": "x"}),
             "delete": ("DELETE", f"/sobjects/Account/{BOLT}", None),
             "update": ("PATCH", f"/sobjects/Account/{BOLT}", {"Rating": "Hot"})}  # fmt: skip
    sentence = f"Guard: execution of {event}\n\ncaused by: {NULL}\n\nTrigger.Guard: line 3, column 1"
    assert org.refusal(*calls[operation]) == (400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", sentence)
    assert sorted(org.column("SELECT Rating FROM Account"), key=str) == [None, None, None]
    assert org.call("PATCH", f"/sobjects/Account/{CRUX}", {"Rating": "Cold"}).status_code == 204


def test_a_trigger_may_set_fields(org: Org) -> None:
    shout = {"fullName": "Shout", "set": {"Title": "UPPER(Title)", "NPS__c": "LEN(Title)"}}
    declare(org, triggers={"Contact": [shout]})
    org.call("PATCH", f"/sobjects/Contact/{ADA}", {"Title": "coo"})
    row = org.record("Contact", ADA)
    assert (row["Title"], row["NPS__c"]) == ("COO", 3.0)


def test_an_assignment_rule_gives_new_records_away_unless_told_not_to(org: Org) -> None:
    declare(org, assignmentRules={"Lead": OWNER})
    lead = {"LastName": "x", "Company": "y"}
    for headers, owner in (({}, OWNER), ({"Sforce-Auto-Assign": "TRUE"}, OWNER), ({"Sforce-Auto-Assign": "FALSE"}, ME)):
        made = org.call("POST", "/sobjects/Lead", lead, headers=headers).json()["id"]
        assert org.record("Lead", made)["OwnerId"] == owner
    assert org.record("Lead", org.create("Lead", OwnerId=ME, **lead))["OwnerId"] == ME


@pytest.mark.parametrize("status", [400, 403])
def test_a_full_store_takes_no_new_record(org: Org, status: int) -> None:
    org.emulator.settings(storage_mb=0, storage_status=status)
    assert org.refusal("POST", "/sobjects/Account", {"Name": "x"}) == (
        status, "STORAGE_LIMIT_EXCEEDED", "storage limit exceeded"
    )  # fmt: skip
    assert org.call("PATCH", f"/sobjects/Account/{ACME}", {"Rating": "Hot"}).status_code == 204
    assert org.call("GET", "/limits").json()["DataStorageMB"] == {"Max": 0, "Remaining": 0}


def test_slow_triggers_make_the_answer_wait_for_every_record(org: Org) -> None:
    org.emulator.settings(row_milliseconds=20)
    records = {"records": [record("Account", Name="x")] * 5}
    assert org.call("POST", COLLECTION, records).elapsed.total_seconds() >= 0.1
    assert org.call("GET", "/limits").elapsed.total_seconds() < 0.1


@pytest.mark.parametrize(("locks", "expected"), [(True, [201, 400]), (False, [201, 201])])
def test_two_writes_under_one_parent_meet_its_lock(org: Org, expected: list[int], *, locks: bool) -> None:
    org.emulator.settings(row_milliseconds=300, row_locks=locks)

    def add(_: int) -> requests.Response:
        body = {"LastName": "x", "AccountId": ACME}
        return requests.post(org.url(f"{DATA}/sobjects/Contact"), json=body, headers=org.headers, timeout=10)

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(add, range(2)), key=lambda each: each.status_code)
    assert [each.status_code for each in answers] == expected
    if locks:
        sentence = f"unable to obtain exclusive access to this record or 1 records: {ACME}"
        error = {"errorCode": "UNABLE_TO_LOCK_ROW", "message": sentence, "fields": []}
        assert answers[1].json() == [error]
    assert org.call("PATCH", f"/sobjects/Account/{ACME}", {"Rating": "Hot"}).status_code == 204


def test_an_undeleted_record_comes_back_with_what_went_along(org: Org) -> None:
    org.call("DELETE", f"/sobjects/Opportunity/{DEAL}")
    assert org.query("SELECT COUNT() FROM OpportunityContactRole")["totalSize"] == 0
    org.emulator.control("POST", "clock", {"advance": 120})
    org.emulator.control("POST", "undelete", {"object": "Opportunity", "ids": [DEAL]})
    assert org.record("Opportunity", DEAL)["SystemModstamp"] == "2026-03-02T09:02:00.000+0000"
    assert org.query("SELECT COUNT() FROM OpportunityContactRole")["totalSize"] == 1
    window = {"start": "2026-03-02T08:00:00Z", "end": "2026-03-02T09:30:00Z"}
    assert org.call("GET", "/sobjects/Opportunity/deleted", params=window).json()["deletedRecords"] == []


def test_the_bin_is_emptied_after_fifteen_days(org: Org) -> None:
    org.call("DELETE", f"/sobjects/Contact/{DEE}")
    soql = "SELECT Id FROM Contact WHERE IsDeleted = true"
    for days, expected in ((14, [OLD, DEE]), (2, [])):
        org.emulator.control("POST", "clock", {"advance": days * 86_400})
        org.login()
        assert sorted(org.column(soql, "queryAll")) == sorted(expected)


TREE = [
    {"attributes": {"type": "Account", "referenceId": "a"}, "Name": "Firm", "Contacts": {"records": [
        {"attributes": {"type": "Contact", "referenceId": "c"}, "LastName": "Fay", "Email": "f@x.example"}]}},
    {"attributes": {"type": "Account", "referenceId": "b"}, "Name": "Lone"},
]  # fmt: skip


def test_a_tree_is_created_with_its_children(org: Org) -> None:
    answer = org.call("POST", "/composite/tree/Account", {"records": TREE})
    assert (answer.status_code, answer.json()["hasErrors"]) == (201, False)
    made = {each["referenceId"]: each["id"] for each in answer.json()["results"]}
    assert list(made) == ["a", "c", "b"]
    assert org.record("Contact", made["c"])["AccountId"] == made["a"]


def test_a_tree_with_one_bad_record_is_not_created_at_all(org: Org) -> None:
    spoiled = json.loads(json.dumps(TREE).replace("f@x.example", "nowhere"))
    answer = org.call("POST", "/composite/tree/Account", {"records": spoiled})
    [bad] = answer.json()["results"]
    assert (answer.status_code, answer.json()["hasErrors"], bad["referenceId"]) == (400, True, "c")
    assert bad["errors"][0]["statusCode"] == "INVALID_EMAIL_ADDRESS"
    assert org.query("SELECT COUNT() FROM Account")["totalSize"] == 3


@pytest.mark.parametrize(
    ("records", "code"),
    [([{"Name": "x"}], "INVALID_INPUT"), (TREE[1:] * 2, "INVALID_INPUT"), ("x", "JSON_PARSER_ERROR"),
     ([{**TREE[1], "Nopes": {"records": []}}], "INVALID_FIELD"),
     ([{"attributes": {"type": "Account", "referenceId": f"r{place}"}, "Name": "x"} for place in range(201)],
      "LIMIT_EXCEEDED")],
)  # fmt: skip
def test_a_senseless_tree_is_refused(org: Org, records: object, code: str) -> None:
    assert org.refusal("POST", "/composite/tree/Account", {"records": records})[:2] == (400, code)


def graph(name: str, *steps: dict[str, Any]) -> dict[str, Any]:
    """One graph."""
    return {"graphId": name, "compositeRequest": list(steps)}


def add_account(name: object, reference: str = "a") -> dict[str, Any]:
    """A node that creates an account."""
    return {"method": "POST", "url": f"{DATA}/sobjects/Account", "referenceId": reference, "body": {"Name": name}}


def test_every_graph_happens_as_a_whole_or_not_at_all(org: Org) -> None:
    linked = {"method": "POST", "url": f"{DATA}/sobjects/Contact", "referenceId": "c",
              "body": {"LastName": "x", "AccountId": "@{a.id}"}}  # fmt: skip
    body = {"graphs": [graph("good", add_account("x"), linked), graph("bad", add_account("y"), add_account(None, "b"))]}
    [good, bad] = org.call("POST", "/composite/graph", body).json()["graphs"]
    assert [(each["graphId"], each["isSuccessful"]) for each in (good, bad)] == [("good", True), ("bad", False)]
    parts = bad["graphResponse"]["compositeResponse"]
    assert [each["body"][0]["errorCode"] for each in parts] == ["PROCESSING_HALTED", "REQUIRED_FIELD_MISSING"]
    assert org.query("SELECT COUNT() FROM Account")["totalSize"] == 4


def test_after_fourteen_failed_graphs_the_rest_is_halted(org: Org) -> None:
    bad = [graph(f"g{place}", add_account(None)) for place in range(14)]
    answers = org.call("POST", "/composite/graph", {"graphs": [*bad, graph("last", add_account("x"))]}).json()["graphs"]
    assert answers[-1]["graphResponse"]["compositeResponse"][0]["body"][0]["errorCode"] == "PROCESSING_HALTED"


@pytest.mark.parametrize(
    ("graphs", "code"),
    [([{}], "INVALID_INPUT"), ("x", "INVALID_INPUT"),
     ([graph(f"g{n}", add_account("x")) for n in range(76)], "LIMIT_EXCEEDED"),
     ([graph("g", *[add_account("x", f"r{n}") for n in range(501)])], "LIMIT_EXCEEDED")],
)  # fmt: skip
def test_too_many_or_senseless_graphs_are_refused(org: Org, graphs: object, code: str) -> None:
    assert org.refusal("POST", "/composite/graph", {"graphs": graphs})[:2] == (400, code)


def test_a_composite_takes_five_queries_at_most(org: Org) -> None:
    steps = [
        {"method": "GET", "url": f"{DATA}/query?q=SELECT+Id+FROM+Contact", "referenceId": f"r{n}"} for n in range(6)
    ]
    assert org.call("POST", "/composite", {"compositeRequest": steps[:5]}).status_code == 200
    assert org.refusal("POST", "/composite", {"compositeRequest": steps})[:2] == (400, "LIMIT_EXCEEDED")
    org.emulator.settings(composite_queries=25)
    assert org.call("POST", "/composite", {"compositeRequest": steps}).status_code == 200


def test_a_reference_says_what_it_did_not_find(org: Org) -> None:
    steps = [
        add_account("x"),
        {"method": "GET", "url": f"{DATA}/sobjects/Account/@{{a.records[0].Id}}", "referenceId": "b"},
    ]
    [_, missed] = org.call("POST", "/composite", {"compositeRequest": steps}).json()["compositeResponse"]
    sentence = "Invalid reference specified. No value for a.records[0].Id found in a"
    assert missed["body"] == [{"errorCode": "PROCESSING_HALTED", "message": sentence}]
    odd = {**steps[0], "referenceId": "a-b"}
    told = org.refusal("POST", "/composite", {"compositeRequest": [odd]})
    assert told[2].startswith("Provided referenceId ('a-b') must start with a letter or a number")


def test_standard_picklists_are_the_customers_own(org: Org) -> None:
    declare(org, picklists={"OpportunityContactRole.Role": ["Champion", "Sponsor"]})
    fields = org.call("GET", "/sobjects/OpportunityContactRole/describe").json()["fields"]
    [role] = [each for each in fields if each["name"] == "Role"]
    assert [each["value"] for each in role["picklistValues"]] == ["Champion", "Sponsor"]
    made = org.create("OpportunityContactRole", OpportunityId=DEAL, ContactId=CLEO, Role="champion")
    assert org.record("OpportunityContactRole", made)["Role"] == "Champion"
