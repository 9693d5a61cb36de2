"""jsforce, unmodified, over plain HTTP and over TLS: what it saw is the story."""

from typing import Any

import pytest

from tests.contract.third_party import story
from tests.contract.third_party.conftest import Judge

pytestmark = pytest.mark.emulator


@pytest.fixture(scope="module", params=["http", "https"])
def saw(request: pytest.FixtureRequest, told: dict[str, Any], node_judge: Judge) -> Any:
    """What jsforce saw over each scheme."""
    return {"url": told["salesforce"][request.param], **node_judge("jsforce.mjs", request.param)}


def test_it_logs_in_by_client_credentials_and_learns_who_and_where_it_is(saw: Any) -> None:
    assert saw["user"]["id"] == story.USER
    assert saw["instanceUrl"] == saw["url"]
    assert (saw["identity"]["user_id"], saw["identity"]["username"]) == (story.USER, "integration@acme.example")
    assert saw["identity"]["organization_id"] == saw["user"]["organizationId"]


def test_a_query_comes_in_pages_that_follow_each_other_to_the_end(saw: Any) -> None:
    assert (saw["first"]["size"], saw["first"]["total"], saw["first"]["done"]) == (200, 450, False)
    assert [page[:2] for page in saw["pages"]] == [[200, False], [200, False], [50, True]]
    assert [page[2] is None for page in saw["pages"]] == [False, False, True]
    assert dict(saw["records"]) == story.LAST_NAMES
    assert [name for _, name in saw["records"]] == sorted(story.LAST_NAMES.values())
    assert saw["fetched"] == {"size": 450, "total": 450, "done": True}


def test_records_have_the_vendor_s_types_and_attributes(saw: Any) -> None:
    person = saw["first"]["record"]
    assert person["attributes"]["type"] == "Contact"
    assert person["attributes"]["url"].endswith(f"/sobjects/Contact/{person['Id']}")
    assert (person["LastName"], person["Score__c"], person["DoNotCall"]) == (story.AWKWARD, 112.5, True)
    assert (person["Account"]["Name"], person["ReportsTo"]) == ("Acme", None)


def test_its_query_builder_counts_and_groups(saw: Any) -> None:
    assert [each["LastName"] for each in saw["found"]] == [f"Person {number:03d}" for number in range(1, 10)]
    assert saw["count"] == 450
    [group] = saw["group"]
    assert (group["attributes"]["type"], group["AccountId"], group["people"]) == ("AggregateResult", story.ACME, 450)


def test_it_reads_the_describe_and_the_limits(saw: Any) -> None:
    score = saw["describe"]
    assert (score["type"], score["precision"], score["scale"], score["custom"]) == ("double", 5, 2, True)
    assert {"Contacts", "Opportunities", "ChildAccounts"} <= set(saw["children"])
    assert {"Account", "Contact", "Task", "Event", "Opportunity", "User"} <= set(saw["objects"])
    assert saw["limits"]["DailyApiRequests"]["Max"] == 100_000
    assert saw["limitInfo"]["apiUsage"]["limit"] == 100_000


def test_a_single_record_is_made_changed_read_upserted_and_deleted(saw: Any) -> None:
    made = saw["made"]
    assert (made["success"], made["errors"], made["id"][:3]) == (True, [], "003")
    assert saw["updated"]["success"] is True
    assert (saw["retrieved"]["LastName"], saw["retrieved"]["Title"]) == ("Fay", "CTO")
    assert [(each["success"], each["created"]) for each in saw["upserted"]] == [(True, False), (True, True)]
    assert saw["upserted"][0]["id"] == made["id"]
    assert saw["destroyed"]["success"] is True
    assert saw["gone"]["errorCode"] == "ENTITY_IS_DELETED"
    assert made["id"] in {each["Id"] for each in saw["inBin"]}


def test_collections_answer_row_by_row(saw: Any) -> None:
    assert [each["success"] for each in saw["batchMade"]] == [True, False, True]
    [error] = saw["batchMade"][1]["errors"]
    assert (error["statusCode"], error["fields"]) == ("REQUIRED_FIELD_MISSING", ["LastName"])
    assert [each["success"] for each in saw["batchUpdated"]] == [True, True]
    assert saw["batchRetrieved"] == ["Ops", "Ops"]
    assert [each["created"] for each in saw["batchUpserted"]] == [False, True]
    assert [each["success"] for each in saw["batchDestroyed"]] == [True, True]
    codes = [each["errors"][0]["statusCode"] for each in saw["wholeOrNothing"]]
    assert codes == ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "REQUIRED_FIELD_MISSING"]


def test_a_composite_request_refers_to_what_it_made(saw: Any) -> None:
    answers = saw["composite"]["compositeResponse"]
    assert [(each["referenceId"], each["httpStatusCode"]) for each in answers] == [("firm", 201), ("boss", 201)]


@pytest.mark.parametrize(
    ("case", "code"),
    [
        ("field", "INVALID_FIELD"),
        ("object", "INVALID_TYPE"),
        ("grammar", "MALFORMED_QUERY"),
        ("missing", "NOT_FOUND"),
        ("required", "REQUIRED_FIELD_MISSING"),
        ("locator", "INVALID_QUERY_LOCATOR"),
        ("session", "INVALID_SESSION_ID"),
    ],
)
def test_a_refusal_becomes_its_error_with_the_vendor_s_code(saw: Any, case: str, code: str) -> None:
    assert (saw["errors"][case]["name"], saw["errors"][case]["errorCode"]) == (code, code)


def test_a_wrong_secret_becomes_its_login_error(saw: Any) -> None:
    assert saw["errors"]["login"]["name"] == "invalid_client"
