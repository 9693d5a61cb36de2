"""The unmodified simple-salesforce as a judge: its calls must work on the TLS port as they do on Salesforce."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import (
    SalesforceMalformedRequest,
    SalesforceMoreThanOneRecord,
    SalesforceRefusedRequest,
    SalesforceResourceNotFound,
)

from tests.emulator.org import ACME, ADA, BEN, BOLT, DEE, OLD, Org

pytestmark = pytest.mark.emulator


@pytest.fixture
def judge(org: Org) -> Iterator[Any]:
    """Log in over TLS with client credentials."""
    keys = org.emulator.announced["salesforce"]
    with requests.Session() as session:
        session.verify, session.trust_env = keys["ca"], False
        yield Salesforce(
            consumer_key=keys["client_id"],
            consumer_secret=keys["client_secret"],
            domain=keys["https"].removeprefix("https://") + "/_",
            session=session,
        )


def test_records_live_and_die(judge: Any) -> None:
    made = judge.Contact.create({"LastName": "Fay", "AccountId": ACME})
    assert (made["success"], made["errors"]) == (True, [])
    assert judge.Contact.update(made["id"], {"Title": "CTO"}) == 204
    assert judge.Contact.get(made["id"])["Title"] == "CTO"
    assert judge.Contact.delete(made["id"]) == 204
    with pytest.raises(SalesforceResourceNotFound, match="ENTITY_IS_DELETED"):
        judge.Contact.get(made["id"])


def test_upserts_answer_their_status_and_the_ambiguous_raises(judge: Any) -> None:
    assert judge.Account.upsert("ERP_Number__c/N-1", {"Name": "New"}) == 201
    assert judge.Account.upsert("ERP_Number__c/N-1", {"Name": "Newer"}) == 200
    assert judge.Account.get_by_custom_id("ERP_Number__c", "N-1")["Name"] == "Newer"
    judge.Account.update(BOLT, {"ERP_Number__c": "A-1"})
    with pytest.raises(SalesforceMoreThanOneRecord):
        judge.Account.upsert("ERP_Number__c/A-1", {"Rating": "Hot"})


def test_searches_find_their_records(judge: Any) -> None:
    found = judge.search("FIND {berg} IN NAME FIELDS RETURNING Contact(Id, LastName)")["searchRecords"]
    assert [(each["Id"], each["LastName"]) for each in found] == [(ADA, "Berg")]
    assert ADA in [each["Id"] for each in judge.quick_search("Ada")["searchRecords"]]


def test_the_rest_of_the_children_is_fetched_by_their_own_locator(org: Org, judge: Any) -> None:
    org.emulator.settings(page_size=2)
    [acme] = judge.query(f"SELECT Id, (SELECT Id FROM Contacts ORDER BY Id) FROM Account WHERE Id = '{ACME}'")[
        "records"
    ]
    people = acme["Contacts"]
    assert (people["totalSize"], people["done"], [each["Id"] for each in people["records"]]) == (2, False, [ADA])
    rest = judge.query_more(people["nextRecordsUrl"], identifier_is_url=True)
    assert (rest["done"], [each["Id"] for each in rest["records"]]) == (True, [BEN])


def test_queries_page_to_their_end(org: Org, judge: Any) -> None:
    org.emulator.settings(page_size=2)
    everybody = judge.query_all("SELECT Id FROM Contact ORDER BY LastName", include_deleted=True)
    assert [each["Id"] for each in everybody["records"]] == [ADA, BEN, "0035g000001CleoAAC", OLD, DEE]
    assert len(list(judge.query_all_iter("SELECT Id FROM Contact"))) == 4


def test_describe_limits_and_usage(judge: Any) -> None:
    assert "Contact" in {each["name"] for each in judge.describe()["sobjects"]}
    assert "LastName" in {each["name"] for each in judge.Contact.describe()["fields"]}
    assert judge.Contact.metadata()["objectDescribe"]["keyPrefix"] == "003"
    assert judge.limits()["DailyApiRequests"]["Max"] == 100_000
    assert judge.api_usage["api-usage"].total == 100_000


def test_replication_windows(org: Org, judge: Any) -> None:
    org.emulator.control("POST", "clock", {"advance": 300})
    judge.Contact.delete(DEE)
    org.emulator.control("POST", "clock", {"advance": 300})
    start, end = datetime(2026, 3, 2, 9, 4, tzinfo=UTC), datetime(2026, 3, 2, 9, 8, tzinfo=UTC)
    assert [each["id"] for each in judge.Contact.deleted(start, end)["deletedRecords"]] == [DEE]
    assert judge.Contact.updated(start, end)["ids"] == []


def test_collections_and_tooling_through_restful(judge: Any) -> None:
    records = [{"attributes": {"type": "Contact"}, "id": ADA, "Title": "CEO"}]
    [result] = judge.restful("composite/sobjects", method="PATCH", json={"records": records})
    assert result == {"id": ADA, "success": True, "errors": []}
    metadata = {"label": "P", "type": "Text", "length": 5}
    made = judge.toolingexecute("sobjects/CustomField/", "POST", {"FullName": "Contact.P__c", "Metadata": metadata})
    assert made["success"] is True


def test_errors_become_its_exceptions(org: Org, judge: Any) -> None:
    with pytest.raises(SalesforceMalformedRequest, match="INVALID_FIELD"):
        judge.query("SELECT Nope FROM Contact")
    org.emulator.settings(daily_limit=1, daily_used=1)
    with pytest.raises(SalesforceRefusedRequest, match="REQUEST_LIMIT_EXCEEDED"):
        judge.query("SELECT Id FROM Contact")


def test_a_merge_leaves_the_loser_in_the_bin_and_moves_what_was_its(org: Org, judge: Any) -> None:
    org.emulator.control("POST", "clock", {"advance": 60})
    org.emulator.control("POST", "merge", {"object": "Contact", "winner": BEN, "losers": [ADA]})
    stamp = "2026-03-02T09:01:00.000+0000"
    soql = f"SELECT IsDeleted, MasterRecordId, SystemModstamp FROM Contact WHERE Id = '{ADA}'"
    [loser] = judge.query(soql, include_deleted=True)["records"]
    assert (loser["IsDeleted"], loser["MasterRecordId"], loser["SystemModstamp"]) == (True, BEN, stamp)
    [task] = judge.query("SELECT WhoId, SystemModstamp FROM Task")["records"]
    assert (task["WhoId"], task["SystemModstamp"]) == (BEN, stamp)
    assert judge.query(f"SELECT COUNT() FROM OpportunityContactRole WHERE ContactId = '{BEN}'")["totalSize"] == 1
    assert judge.Contact.get(BEN)["SystemModstamp"] == stamp
