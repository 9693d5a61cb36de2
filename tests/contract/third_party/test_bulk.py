"""Bulk 2.0 through unmodified clients: jsforce and simple-salesforce saw the story and wrote to it."""

from typing import Any

import pytest

from tests.contract.third_party import story
from tests.contract.third_party.conftest import Judge

pytestmark = pytest.mark.emulator


@pytest.fixture(scope="module", params=["http", "https"])
def jsforce(request: pytest.FixtureRequest, node_judge: Judge) -> Any:
    """What jsforce saw over each scheme."""
    return node_judge("jsforce_bulk.mjs", request.param)


def test_jsforce_reads_every_record_of_a_query_job(jsforce: Any) -> None:
    assert {row["Id"]: row["LastName"] for row in jsforce["people"]} == story.LAST_NAMES
    last = next(row for row in jsforce["people"] if row["LastName"] == story.AWKWARD)
    assert (float(last["Score__c"]), last["DoNotCall"], last["Account.Name"]) == (112.5, "true", "Acme")
    assert jsforce["none"] == []


def test_jsforce_inserts_and_learns_of_each_row(jsforce: Any) -> None:
    done = jsforce["inserted"]
    assert sorted(row["LastName"] for row in done["successfulResults"]) == ["Fay", 'O"Neil,\nZoë']
    assert {row["sf__Created"] for row in done["successfulResults"]} == {"true"}
    [failed] = done["failedResults"]
    assert failed["sf__Error"].startswith("REQUIRED_FIELD_MISSING:")
    assert failed["Key__c"] == "b-3"
    assert done["unprocessedRecords"] == []


def test_jsforce_updates_upserts_and_deletes(jsforce: Any) -> None:
    assert len(jsforce["updated"]["successfulResults"]) == 2
    created = {row["Key__c"]: row["sf__Created"] for row in jsforce["upserted"]["successfulResults"]}
    assert created == {"b-1": "false", "b-9": "true"}
    assert len(jsforce["deleted"]["successfulResults"]) == 2
    assert (jsforce["left"], jsforce["inBin"]) == (1, 2)


def test_jsforce_aborts_a_job_and_hears_a_refusal(jsforce: Any) -> None:
    assert (jsforce["opened"]["state"], jsforce["opened"]["id"][:3]) == ("Open", "750")
    assert jsforce["aborted"] == "Aborted"
    assert jsforce["refused"]["errorCode"]


@pytest.fixture(scope="module")
def simple(judge: Judge) -> Any:
    """What simple-salesforce saw."""
    return judge("simple_salesforce_bulk_judge.py")


def test_simple_salesforce_reads_a_query_job_page_by_page(simple: Any) -> None:
    assert simple["people"] == story.LAST_NAMES
    assert simple["pages"] == [200, 200, 50]


def test_simple_salesforce_writes_and_learns_of_each_row(simple: Any) -> None:
    done = simple["inserted"]
    assert (done["numberRecordsProcessed"], done["numberRecordsFailed"]) == (2, 1)
    assert [(row["LastName"], row["sf__Created"]) for row in simple["made"]] == [("Fay", "true")]
    assert [row["Key__c"] for row in simple["failed"]] == ["s-2"]
    assert simple["unprocessed"] == []
    assert (simple["updated"]["numberRecordsFailed"], simple["title"]) == (0, "CFO")
    assert (simple["deleted"]["numberRecordsProcessed"], simple["deleted"]["numberRecordsFailed"]) == (1, 0)
