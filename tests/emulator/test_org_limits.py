"""The allowances of the org, held to section 8 of the wire contract: they count down, and what is spent is refused."""

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
import requests

from tests.emulator.bulk import Bulk
from tests.emulator.org import ADA, DATA, Org

pytestmark = pytest.mark.emulator
NAMES = "SELECT LastName FROM Contact"


def left(org: Org, name: str) -> int:
    """What is left of an allowance."""
    return int(org.call("GET", "/limits").json()[name]["Remaining"])


def test_limits_name_the_whole_and_the_rest(org: Org) -> None:
    limits = org.call("GET", "/limits/").json()
    assert {
        "DailyApiRequests", "DailyBulkApiBatches", "DailyBulkV2QueryJobs", "DailyBulkV2QueryFileStorageMB",
        "DataStorageMB", "HourlyPublishedPlatformEvents", "ConcurrentAsyncGetReportInstances",
    } <= limits.keys()  # fmt: skip
    assert all(0 <= each["Remaining"] <= each["Max"] for each in limits.values())
    assert limits["DailyBulkV2QueryJobs"] == {"Max": 10_000, "Remaining": 10_000}
    assert limits["DailyBulkApiBatches"] == {"Max": 15_000, "Remaining": 15_000}
    assert limits["DailyBulkV2QueryFileStorageMB"] == {"Max": 976_562, "Remaining": 976_562}
    assert list(limits) == sorted(limits)


def test_every_bulk_call_is_a_call_of_the_day(bulk: Bulk) -> None:
    bulk.org.emulator.settings(daily_used=100)
    job = bulk.query(NAMES)
    bulk.info("query", job)
    page = bulk.page(job)
    assert page.headers["Sforce-Limit-Info"] == "api-usage=103/100000"


def test_query_jobs_and_their_results_count_down(bulk: Bulk) -> None:
    bulk.org.emulator.settings(bulk_query_mb_limit=10)
    job = bulk.query(NAMES)
    assert left(bulk.org, "DailyBulkV2QueryJobs") == 9_999
    bulk.page(job)
    assert left(bulk.org, "DailyBulkV2QueryFileStorageMB") == 9
    assert left(bulk.org, "DailyBulkApiBatches") == 15_000


def test_batches_of_ten_thousand_rows_count_down(bulk: Bulk) -> None:
    bulk.load("Contact", "update", f"Id,Title\n{ADA},x\n")
    assert left(bulk.org, "DailyBulkApiBatches") == 14_999
    rows = f"{ADA},x\n" * 10_001
    started = bulk.load("Contact", "update", f"Id,NPS__c\n{rows}")
    job = bulk.info("ingest", started["id"])
    assert [each["numberRecordsProcessed"] for each in (started, job)] == [10_000, 10_001]
    assert (job["state"], job["numberRecordsFailed"]) == ("JobComplete", 10_001)
    assert left(bulk.org, "DailyBulkApiBatches") == 14_997
    assert left(bulk.org, "DailyBulkV2QueryJobs") == 10_000


def test_a_day_has_ten_thousand_query_jobs(bulk: Bulk) -> None:
    bulk.org.emulator.settings(bulk_query_jobs_used=9_999)
    bulk.query(NAMES)
    refusal = bulk.org.refusal("POST", "/jobs/query", {"operation": "query", "query": NAMES})
    assert refusal == (400, "LIMIT_EXCEEDED", "Max bulk v2 query jobs (10000) per 24 hrs has been reached (10000)")
    bulk.org.emulator.control("POST", "clock", {"advance": 86_400})
    bulk.org.login()
    bulk.query(NAMES)
    assert left(bulk.org, "DailyBulkV2QueryJobs") == 9_999


def test_a_day_has_room_for_so_many_results(bulk: Bulk) -> None:
    bulk.org.emulator.settings(bulk_query_mb_used=976_562)
    refusal = bulk.org.refusal("POST", "/jobs/query", {"operation": "query", "query": NAMES})
    assert refusal[:2] == (400, "LIMIT_EXCEEDED")
    assert "result size stored" in refusal[2]


def test_a_job_beyond_the_last_batch_fails_with_its_rows_unprocessed(bulk: Bulk) -> None:
    bulk.org.emulator.settings(bulk_batches_used=14_999)
    bulk.load("Contact", "insert", "LastName\nFay\n")
    job = bulk.load("Contact", "insert", "LastName\nGil\n")
    assert (job["state"], job["errorMessage"].partition(" ")[0]) == ("Failed", "ExceededQuota")
    assert bulk.results(job["id"], "unprocessedrecords") == [["LastName"], ["Gil"]]


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/jobs/query"), ("GET", "/jobs/query"), ("POST", "/jobs/ingest"), ("GET", "/jobs/ingest/x")],
)
def test_a_spent_day_refuses_bulk_too(bulk: Bulk, method: str, path: str) -> None:
    bulk.org.emulator.settings(daily_limit=5, daily_used=5)
    refusal = bulk.org.refusal(method, path, {"operation": "query", "query": NAMES})
    assert refusal == (403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")


@pytest.fixture
def crowd(org: Org) -> Iterator[Future[requests.Response]]:
    """A call that hangs for a while, known to be under way."""
    org.emulator.fault(action="hang", path="/limits", seconds=2, times=1)
    struck = threading.Event()

    def hang() -> requests.Response:
        struck.set()
        return requests.get(org.url(f"{DATA}/limits"), headers=org.headers, timeout=10)

    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(hang)
        struck.wait(5)
        while not org.emulator.control("GET", "faults")[0]["struck"]:
            assert not call.done()
        yield call


def test_too_many_long_calls_at_once_refuse_the_next(org: Org, crowd: Future[requests.Response]) -> None:
    org.emulator.settings(long_call_seconds=0, concurrent_long_calls=1)
    answer = org.call("GET", "/sobjects")
    assert answer.status_code == 403
    message = "ConcurrentRequests (Concurrent API Requests) Limit exceeded."
    assert answer.json() == [{"message": message, "errorCode": "REQUEST_LIMIT_EXCEEDED"}]
    assert answer.headers["Sforce-Limit-Info"].startswith("api-usage=")
    assert crowd.result(10).status_code == 200
    assert org.call("GET", "/sobjects").status_code == 200


def test_short_calls_do_not_count_however_many(org: Org, crowd: Future[requests.Response]) -> None:
    org.emulator.settings(concurrent_long_calls=1)
    assert org.call("GET", "/sobjects").status_code == 200
    assert crowd.result(10).status_code == 200


WINDOW = {"start": "2026-03-02T08:00:00Z", "end": "2026-03-02T09:00:00Z"}


@pytest.mark.parametrize("name", ["updated", "deleted"])
def test_a_change_feed_gives_no_more_ids_than_its_limit(org: Org, name: str) -> None:
    org.emulator.control("POST", "clock", {"now": "2026-03-02T08:30:00+00:00"})
    for last in ("A", "B"):
        org.create("Contact", LastName=last)
        made = org.create("Contact", LastName=last)
        org.call("DELETE", f"/sobjects/Contact/{made}")
    org.emulator.control("POST", "clock", {"now": "2026-03-02T09:00:00+00:00"})
    org.emulator.settings(replication_ids=2)
    assert org.call("GET", f"/sobjects/Contact/{name}/", params=WINDOW).status_code == 200
    org.emulator.settings(replication_ids=1)
    assert org.refusal("GET", f"/sobjects/Contact/{name}/", params=WINDOW)[:2] == (400, "EXCEEDED_ID_LIMIT")


@pytest.mark.parametrize("name", ["updated", "deleted"])
def test_a_change_feed_is_of_objects_that_can_be_replicated(org: Org, name: str) -> None:
    assert org.refusal("GET", f"/sobjects/Name/{name}", params=WINDOW)[:2] == (400, "INVALID_TYPE")
    assert org.refusal("GET", f"/sobjects/Nope/{name}", params=WINDOW)[:2] == (404, "NOT_FOUND")


@pytest.mark.parametrize("name", ["updated", "deleted"])
def test_a_change_feed_reaches_back_as_far_as_its_log(org: Org, name: str) -> None:
    thirty = {"start": "2026-01-31T09:00:00Z", "end": "2026-03-02T09:00:00Z"}
    answer = org.call("GET", f"/sobjects/Contact/{name}/", params=thirty)
    assert (answer.status_code, answer.json()["latestDateCovered"]) == (200, "2026-03-02T09:00:00.000+0000")
    older = {**thirty, "start": "2026-01-31T08:59:00Z"}
    assert org.refusal("GET", f"/sobjects/Contact/{name}/", params=older)[:2] == (400, "INVALID_REPLICATION_DATE")
    org.emulator.settings(replication_log_days=7)
    assert org.refusal("GET", f"/sobjects/Contact/{name}/", params=thirty)[:2] == (400, "INVALID_REPLICATION_DATE")


def test_the_log_of_deletions_tells_how_far_it_reaches(org: Org) -> None:
    org.emulator.settings(replication_log_days=7)
    answer = org.call("GET", "/sobjects/Contact/deleted", params=WINDOW).json()
    assert answer["earliestDateAvailable"] == "2026-02-23T09:00:00.000+0000"
