"""The unmodified simple-salesforce does bulk work over the TLS port as it does on Salesforce."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceMalformedRequest, SalesforceOperationError, SalesforceRefusedRequest

from tests.emulator.bulk import parsed
from tests.emulator.org import ACME, ADA, BEN, DEE, OLD, Org

pytestmark = pytest.mark.emulator


@pytest.fixture
def judge(org: Org) -> Iterator[Any]:
    """A client over TLS that holds a token."""
    keys, token = org.emulator.announced["salesforce"], org.headers["Authorization"].removeprefix("Bearer ")
    with requests.Session() as session:
        session.verify, session.trust_env = keys["ca"], False
        yield Salesforce(instance_url=keys["https"], session_id=token, version="65.0", session=session)


def rows(text: str) -> list[dict[str, str]]:
    """The records of a page."""
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def test_a_query_comes_page_by_page(judge: Any) -> None:
    soql = "SELECT Id, LastName, Account.Name FROM Contact ORDER BY LastName"
    pages = list(judge.bulk2.Contact.query(soql, max_records=3, wait=0))
    assert [len(rows(each)) for each in pages] == [3, 1]
    assert rows(pages[0])[0] == {"Id": ADA, "LastName": "Berg", "Account.Name": "Acme"}


def test_a_query_without_records_is_one_page(judge: Any) -> None:
    assert list(judge.bulk2.Contact.query("SELECT Id FROM Contact WHERE Title = 'x'", wait=0)) == ['"Id"\n']


def test_query_all_has_the_deleted(judge: Any) -> None:
    [page] = judge.bulk2.Contact.query_all("SELECT Id FROM Contact WHERE IsDeleted = true", wait=0)
    assert [each["Id"] for each in rows(page)] == [OLD]


def test_a_download_lands_in_files(judge: Any, tmp_path: Path) -> None:
    soql = "SELECT Id FROM Contact"
    found = judge.bulk2.Contact.download(soql, path=str(tmp_path), max_records=2, wait=0)
    assert [each["number_of_records"] for each in found] == [2, 2]
    ids = {row[0] for each in found for row in parsed(Path(each["file"]).read_bytes())[1:]}
    assert len(ids) == 4


def test_a_query_in_progress_is_waited_for(org: Org, judge: Any) -> None:
    org.emulator.settings(bulk_polls=2)
    [page] = judge.bulk2.Contact.query("SELECT Id FROM Contact LIMIT 1", wait=0)
    assert len(rows(page)) == 1


def test_records_are_inserted_changed_and_deleted(org: Org, judge: Any) -> None:
    contacts = judge.bulk2.Contact
    names = [{"LastName": 'Zoë "Z", Jr', "AccountId": ACME}, {"LastName": "Fay", "AccountId": ""}]
    [result] = contacts.insert(records=names, wait=0)
    assert (result["numberRecordsProcessed"], result["numberRecordsFailed"], result["numberRecordsTotal"]) == (2, 0, 2)
    good = contacts.get_all_ingest_records(result["job_id"])["successfulRecords"]
    assert [(each["LastName"], each["sf__Created"]) for each in good] == [('Zoë "Z", Jr', "true"), ("Fay", "true")]
    made = [each["sf__Id"] for each in good]
    contacts.update(records=[{"Id": each, "Title": "CTO"} for each in made], wait=0)
    assert {org.record("Contact", each)["Title"] for each in made} == {"CTO"}
    contacts.delete(records=[{"Id": made[0]}], wait=0)
    contacts.hard_delete(records=[{"Id": made[1]}], wait=0)
    assert org.refusal("GET", f"/sobjects/Contact/{made[0]}")[1] == "ENTITY_IS_DELETED"
    assert org.refusal("GET", f"/sobjects/Contact/{made[1]}")[1] == "NOT_FOUND"


def test_a_file_is_uploaded(org: Org, judge: Any, tmp_path: Path) -> None:
    path = tmp_path / "accounts.csv"
    path.write_text("ERP_Number__c,Name\nA-1,Acme Inc\nA-2,New\n", encoding="utf-8")
    [result] = judge.bulk2.Account.upsert(csv_file=str(path), external_id_field="ERP_Number__c", wait=0)
    assert result["numberRecordsFailed"] == 0
    assert org.record("Account", ACME)["Name"] == "Acme Inc"


def test_failed_and_unprocessed_rows_are_told(judge: Any) -> None:
    contacts = judge.bulk2.Contact
    [result] = contacts.update(records=[{"Id": BEN, "Email": "nonsense"}, {"Id": DEE, "Email": "d@z.example"}], wait=0)
    job = result["job_id"]
    [failed] = rows(contacts.get_failed_records(job))
    assert failed["sf__Error"].startswith("INVALID_EMAIL_ADDRESS:")
    assert rows(contacts.get_unprocessed_records(job)) == []
    assert [each["sf__Id"] for each in rows(contacts.get_successful_records(job))] == [DEE]


def test_a_failed_job_raises_with_its_message(judge: Any) -> None:
    with pytest.raises(SalesforceOperationError, match="Field name not found : Nope"):
        judge.bulk2.Contact.insert(records=[{"LastName": "x", "Nope": "y"}], wait=0)


def test_refusals_become_its_exceptions(org: Org, judge: Any) -> None:
    with pytest.raises(SalesforceMalformedRequest, match="Aggregate Relationships not supported"):
        list(judge.bulk2.Account.query("SELECT Id, (SELECT Id FROM Contacts) FROM Account", wait=0))
    org.emulator.settings(daily_limit=1, daily_used=1)
    with pytest.raises(SalesforceRefusedRequest, match="REQUEST_LIMIT_EXCEEDED"):
        list(judge.bulk2.Account.query("SELECT Id FROM Account", wait=0))
