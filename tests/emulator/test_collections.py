"""Many records or many requests in one call."""

from typing import Any

import pytest

from tests.emulator.org import ACME, ADA, BEN, BOLT, CRUX, DATA, DEE, OLD, Org

pytestmark = pytest.mark.emulator
COLLECTION = "/composite/sobjects"


def contact(**fields: object) -> dict[str, object]:
    """A contact as a collection wants it."""
    return {"attributes": {"type": "Contact"}, **fields}


def codes(results: list[dict[str, Any]]) -> list[str]:
    """The statusCode of each result, empty for a success."""
    return ["" if each["success"] else each["errors"][0]["statusCode"] for each in results]


def test_results_come_in_order_and_failures_spoil_only_themselves(org: Org) -> None:
    records = [contact(LastName="One"), contact(FirstName="Nobody"), {"attributes": {"type": "Account"}, "Name": "Two"}]
    answer = org.call("POST", COLLECTION, {"allOrNone": False, "records": records})
    assert answer.status_code == 200
    first, second, third = answer.json()
    assert (first["success"], first["errors"], first["id"][:3], third["id"][:3]) == (True, [], "003", "001")
    message = "Required fields are missing: [LastName]"
    error = {"statusCode": "REQUIRED_FIELD_MISSING", "message": message, "fields": ["LastName"]}
    assert second == {"success": False, "errors": [error]}


def test_all_or_none_takes_the_good_ones_back(org: Org) -> None:
    records = [contact(id=ADA, Title="CEO"), contact(id=DEE, Email="nonsense"), contact(id=BEN, Title="COO")]
    results = org.call("PATCH", COLLECTION, {"allOrNone": True, "records": records}).json()
    rolled = "ALL_OR_NONE_OPERATION_ROLLED_BACK"
    assert codes(results) == [rolled, "INVALID_EMAIL_ADDRESS", rolled]
    assert [each["id"] for each in results] == [ADA, DEE, BEN]
    assert org.record("Contact", ADA)["Title"] == "CFO"


def test_updates_are_reported_one_by_one(org: Org) -> None:
    records = [
        contact(Id=ADA[:15], Title="CEO"),
        contact(id=OLD, Title="x"),
        contact(id="0035g000001Nopa", Title="x"),
        contact(Title="x"),
    ]
    results = org.call("PATCH", COLLECTION, {"records": records}).json()
    assert codes(results) == ["", "ENTITY_IS_DELETED", "NOT_FOUND", "MISSING_ARGUMENT"]
    assert results[0] == {"id": ADA, "success": True, "errors": []}
    assert org.record("Contact", ADA)["Title"] == "CEO"


def test_an_upsert_tells_what_it_created(org: Org) -> None:
    records = [
        {"attributes": {"type": "Account"}, "ERP_Number__c": "A-1", "Rating": "Hot"},
        {"attributes": {"type": "Account"}, "ERP_Number__c": "Z-9", "Name": "Zeta"},
        {"attributes": {"type": "Account"}, "Name": "No key"},
    ]
    results = org.call("PATCH", f"{COLLECTION}/Account/ERP_Number__c", {"records": records}).json()
    assert [each.get("created") for each in results] == [False, True, None]
    assert (results[0]["id"], codes(results)[2]) == (ACME, "MISSING_ARGUMENT")


def test_an_upsert_of_an_ambiguous_key_fails_for_that_record(org: Org) -> None:
    org.call("PATCH", f"/sobjects/Account/{BOLT}", {"ERP_Number__c": "A-1"})
    records = [{"attributes": {"type": "Account"}, "ERP_Number__c": "A-1", "Rating": "Hot"}]
    results = org.call("PATCH", f"{COLLECTION}/Account/ERP_Number__c", {"records": records}).json()
    assert codes(results) == ["DUPLICATE_EXTERNAL_ID"]
    assert ACME in results[0]["errors"][0]["message"]


def test_tasks_upsert_by_key_unless_the_org_refuses(org: Org) -> None:
    path, record = f"{COLLECTION}/Task/Rapport_Key__c", {"attributes": {"type": "Task"}, "Rapport_Key__c": "k1"}
    results = [org.call("PATCH", path, {"records": [record]}).json()[0] for _ in "ab"]
    assert [each["created"] for each in results] == [True, False]
    org.emulator.settings(activity_upsert=False, unknown_field_fails="record")
    assert codes(org.call("PATCH", path, {"records": [record]}).json()) == ["INVALID_FIELD"]


def test_deletes_are_reported_one_by_one(org: Org) -> None:
    params = {"ids": f"{CRUX},{OLD},nonsense", "allOrNone": "false"}
    results = org.call("DELETE", COLLECTION, params=params).json()
    assert codes(results) == ["", "ENTITY_IS_DELETED", "MALFORMED_ID"]
    assert CRUX not in org.column("SELECT Id FROM Account")


@pytest.mark.parametrize("verb", ["GET", "POST"])
def test_records_are_retrieved_in_the_order_asked_with_null_for_the_missing(org: Org, verb: str) -> None:
    ids, fields = [BEN, OLD, ADA[:15]], ["LastName", "Account.Name"]
    if verb == "GET":
        answer = org.call("GET", f"{COLLECTION}/Contact", params={"ids": ",".join(ids), "fields": ",".join(fields)})
    else:
        answer = org.call("POST", f"{COLLECTION}/Contact", {"ids": ids, "fields": fields})
    ben, old, ada = answer.json()
    assert (ben["LastName"], old, ada["Account"]["Name"]) == ("Iyer", None, "Acme")


def test_more_than_200_records_or_ten_changes_of_type_are_refused(org: Org) -> None:
    many = [contact(LastName="x")] * 201
    assert org.refusal("POST", COLLECTION, {"records": many})[:2] == (400, "EXCEEDED_ID_LIMIT")
    mixed = [contact(LastName="x"), {"attributes": {"type": "Account"}, "Name": "x"}] * 6
    assert org.refusal("POST", COLLECTION, {"records": mixed})[0] == 400
    assert org.query("SELECT COUNT() FROM Contact")["totalSize"] == 4


def test_an_unknown_field_spoils_the_request_or_only_its_record(org: Org) -> None:
    records = [contact(id=ADA, Title="CEO"), contact(id=BEN, Nope__c="x")]
    refused = org.refusal("PATCH", COLLECTION, {"records": records})
    assert refused == (400, "INVALID_FIELD", "No such column 'Nope__c' on sobject of type Contact")
    assert org.record("Contact", ADA)["Title"] == "CFO"
    org.emulator.settings(unknown_field_fails="record")
    assert codes(org.call("PATCH", COLLECTION, {"records": records}).json()) == ["", "INVALID_FIELD"]


def test_composite_passes_results_on_by_reference(org: Org) -> None:
    requests = [
        {"method": "POST", "url": f"{DATA}/sobjects/Account", "referenceId": "acc", "body": {"Name": "Fresh"}},
        {
            "method": "POST",
            "url": f"{DATA}/sobjects/Contact",
            "referenceId": "con",
            "body": {"LastName": "New", "AccountId": "@{acc.id}"},
        },
        {"method": "GET", "url": f"{DATA}/query?q=SELECT+Name+FROM+Account+WHERE+Id='@{{acc.id}}'", "referenceId": "q"},
        {"method": "GET", "url": f"{DATA}/sobjects/Account/@{{q.records[0].Id}}", "referenceId": "bad"},
    ]
    answer = org.call("POST", "/composite", {"compositeRequest": requests}).json()["compositeResponse"]
    assert [each["httpStatusCode"] for each in answer] == [201, 201, 200, 400]
    assert [each["referenceId"] for each in answer] == ["acc", "con", "q", "bad"]
    assert answer[2]["body"]["records"][0]["Name"] == "Fresh"
    assert answer[3]["body"][0]["errorCode"] == "PROCESSING_HALTED"


def test_composite_all_or_none_leaves_nothing_behind(org: Org) -> None:
    requests = [
        {"method": "POST", "url": f"{DATA}/sobjects/Account", "referenceId": "a", "body": {"Name": "Fresh"}},
        {"method": "POST", "url": f"{DATA}/sobjects/Contact", "referenceId": "b", "body": {}},
    ]
    body = {"allOrNone": True, "compositeRequest": requests}
    answer = org.call("POST", "/composite", body).json()["compositeResponse"]
    assert [each["body"][0]["errorCode"] for each in answer] == ["PROCESSING_HALTED", "REQUIRED_FIELD_MISSING"]
    assert org.query("SELECT COUNT() FROM Account")["totalSize"] == 3


def test_batch_runs_independent_requests_and_can_halt(org: Org) -> None:
    requests = [
        {"method": "GET", "url": "v65.0/sobjects/Nope"},
        {"method": "PATCH", "url": f"v65.0/sobjects/Account/{ACME}", "richInput": {"Rating": "Hot"}},
    ]
    answer = org.call("POST", "/composite/batch", {"batchRequests": requests}).json()
    assert (answer["hasErrors"], [each["statusCode"] for each in answer["results"]]) == (True, [404, 204])
    halted = org.call("POST", "/composite/batch", {"haltOnError": True, "batchRequests": requests}).json()
    assert [each["statusCode"] for each in halted["results"]] == [404, 412]


def test_a_collection_is_one_call(org: Org) -> None:
    org.emulator.settings(daily_used=0)
    records = [contact(LastName=f"N{number}") for number in range(200)]
    answer = org.call("POST", COLLECTION, {"records": records})
    assert (len(answer.json()), answer.headers["Sforce-Limit-Info"]) == (200, "api-usage=1/100000")
    too_many = [{"method": "GET", "url": "v65.0/limits"}] * 26
    assert org.refusal("POST", "/composite/batch", {"batchRequests": too_many})[:2] == (400, "LIMIT_EXCEEDED")
