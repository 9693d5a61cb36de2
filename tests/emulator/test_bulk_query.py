"""Query jobs of Bulk API 2.0, held to section 6.1 of the wire contract."""

import gzip

import pytest
import requests

from tests.emulator.bulk import Bulk, parsed
from tests.emulator.org import ACME, ADA, BEN, CALL, CLEO, DEE, ME, OLD, OLDCALL, STAMP

pytestmark = pytest.mark.emulator
NAMES = "SELECT LastName FROM Contact ORDER BY LastName"
MISSING = "750000000000001AAA"


def test_a_query_job_is_made_looked_at_and_read(bulk: Bulk) -> None:
    made = bulk.made("query", operation="query", query="SELECT Id FROM Contact", columnDelimiter="COMMA",
                     lineEnding="LF")  # fmt: skip
    job = made["id"]
    assert (len(job), job[:3]) == (18, "750")
    brief = {
        "id": job,
        "operation": "query",
        "object": "Contact",
        "createdById": ME,
        "createdDate": STAMP,
        "systemModstamp": STAMP,
        "concurrencyMode": "Parallel",
        "contentType": "CSV",
        "apiVersion": 65.0,
        "lineEnding": "LF",
        "columnDelimiter": "COMMA",
    }
    assert made == {**brief, "state": "UploadComplete"}
    info = bulk.info("query", job)
    assert info.pop("totalProcessingTime") > 0
    counts = {"jobType": "V2Query", "numberRecordsProcessed": 4, "retries": 0, "isPkChunkingSupported": True}
    assert info == {**brief, **counts, "state": "JobComplete"}
    page = bulk.page(job)
    assert (page.headers["Sforce-NumberOfRecords"], page.headers["Sforce-Locator"]) == ("4", "null")
    assert parsed(page.content)[0] == ["Id"]
    assert {each for [each] in parsed(page.content)[1:]} == {ADA, BEN, CLEO, DEE}


def test_a_job_passes_through_in_progress_when_it_takes_looks(bulk: Bulk) -> None:
    bulk.org.emulator.settings(bulk_polls=2)
    job = bulk.query(NAMES)
    assert [bulk.info("query", job)["state"] for _ in range(4)] == ["InProgress", "InProgress", *["JobComplete"] * 2]


def test_a_job_takes_its_time_by_the_emulated_clock(bulk: Bulk) -> None:
    bulk.org.emulator.settings(bulk_seconds=60)
    job = bulk.query(NAMES)
    bulk.org.emulator.control("POST", "clock", {"advance": 59})
    assert bulk.info("query", job)["state"] == "InProgress"
    bulk.org.emulator.control("POST", "clock", {"advance": 1})
    info = bulk.info("query", job)
    assert (info["state"], info["createdDate"]) == ("JobComplete", STAMP)
    assert info["systemModstamp"] == "2026-03-02T09:01:00.000+0000"


def test_results_are_not_there_before_the_job_is_complete(bulk: Bulk) -> None:
    bulk.org.emulator.settings(bulk_polls=1)
    job = bulk.query(NAMES)
    for name in ("results", "resultPages"):
        assert bulk.org.refusal("GET", f"/jobs/query/{job}/{name}")[:2] == (400, "INVALIDJOBSTATE")


def test_pages_follow_their_locators_and_can_be_read_again(bulk: Bulk) -> None:
    job = bulk.query(NAMES)
    first = bulk.page(job, maxRecords=3)
    locator = first.headers["Sforce-Locator"]
    # The locator of the contract, MTAwMDA, is the number 10000 in base64 without its padding.
    assert (locator, first.headers["Sforce-NumberOfRecords"]) == ("Mw", "3")
    last = bulk.page(job, maxRecords=3, locator=locator)
    assert (last.headers["Sforce-Locator"], last.headers["Sforce-NumberOfRecords"]) == ("null", "1")
    assert [parsed(each.content) for each in (first, last)] == [
        [["LastName"], ["Berg"], ["Iyer"], ["Ono"]],
        [["LastName"], ["Zed"]],
    ]
    assert bulk.page(job, maxRecords=3).content == first.content


def test_what_a_job_found_stays_as_it_was(bulk: Bulk) -> None:
    job = bulk.query("SELECT LastName, Account.Name FROM Contact WHERE LastName = 'Berg'")
    before = bulk.page(job).content
    bulk.org.call("PATCH", f"/sobjects/Account/{ACME}", {"Name": "Renamed"})
    bulk.org.call("DELETE", f"/sobjects/Contact/{ADA}")
    assert bulk.page(job).content == before == b'"LastName","Account.Name"\n"Berg","Acme"\n'


def test_result_pages_give_addresses_to_be_read_side_by_side(bulk: Bulk) -> None:
    bulk.org.emulator.settings(bulk_page_records=1)
    for name in ("Eve", "Fay", "Gil"):
        bulk.org.create("Contact", LastName=name)
    job = bulk.query("SELECT Id FROM Contact")
    path = f"/services/data/v65.0/jobs/query/{job}"
    first = bulk.org.call("GET", f"/jobs/query/{job}/resultPages").json()
    assert (len(first["resultPages"]), first["done"]) == (5, False)
    assert all(each["resultUrl"].startswith(f"{path}/results?locator=") for each in first["resultPages"])
    assert first["nextRecordsUrl"].startswith(f"{path}/resultPages?locator=")
    rest = bulk.org.call("GET", first["nextRecordsUrl"].removeprefix("/services/data/v65.0")).json()
    assert (len(rest["resultPages"]), rest["done"], rest["nextRecordsUrl"]) == (2, True, None)
    found = set()
    for each in [*first["resultPages"], *rest["resultPages"]]:
        answer = bulk.org.call("GET", each["resultUrl"].removeprefix("/services/data/v65.0"))
        [_, [record]] = parsed(answer.content)
        found.add(record)
    assert len(found) == 7


def test_no_records_are_a_header_alone(bulk: Bulk) -> None:
    page = bulk.page(bulk.query("SELECT Id, Account.Name FROM Contact WHERE LastName = 'Nobody'"))
    assert page.content == b'"Id","Account.Name"\n'
    assert (page.headers["Sforce-NumberOfRecords"], page.headers["Sforce-Locator"]) == ("0", "null")
    assert page.headers["Content-Type"] == "text/csv;charset=UTF-8"


def test_the_charset_can_be_left_away(bulk: Bulk) -> None:
    bulk.org.emulator.settings(bulk_charset=False)
    assert bulk.page(bulk.query(NAMES)).headers["Content-Type"] == "text/csv"


VALUES = [
    ("SELECT Email FROM Contact WHERE LastName = 'Zed'", [""]),
    ("SELECT HasOptedOutOfEmail, DoNotCall FROM Contact WHERE LastName = 'Ono'", ["true", "false"]),
    ("SELECT CreatedDate, Birthdate FROM Contact WHERE LastName = 'Berg'", ["2025-06-30T23:30:00.000Z", "1980-02-29"]),
    ("SELECT Topics__c FROM Contact WHERE LastName = 'Berg'", ["Price;Support"]),
    ("SELECT NumberOfEmployees, Name FROM Account WHERE Name LIKE 'Bolt%'", ["12", "Bolt's \"Best\""]),
    ("SELECT Amount FROM Opportunity", ["1000.0"]),
    ("SELECT Account.Name, Account.Parent.Name, ReportsTo.LastName FROM Contact WHERE LastName = 'Ono'",
     ["Bolt's \"Best\"", "Acme", "Iyer"]),
    ("SELECT Account.Name, ReportsTo.Account.Name, Id FROM Contact WHERE LastName = 'Zed'", ["", "", DEE]),
    ("SELECT Who.Name, Who.Type FROM Task", ["Ada Berg", "Contact"]),
    ("SELECT c.LastName FROM Contact c WHERE c.Account.Name = 'Acme' ORDER BY c.LastName DESC LIMIT 1", ["Iyer"]),
    ("SELECT Id FROM Contact WHERE AccountId IN (SELECT Id FROM Account WHERE Name LIKE 'Bolt%')", [CLEO]),
]  # fmt: skip


@pytest.mark.parametrize(("soql", "row"), VALUES)
def test_values_are_written_as_text(bulk: Bulk, soql: str, row: list[str]) -> None:
    assert bulk.found(soql)[1:] == [row]


@pytest.mark.parametrize(
    ("amount", "text"),
    [(0, "0.0"), (12.5, "12.5"), (9_999_999.5, "9999999.5"), (10_000_000, "1.0E7"), (912_260_031, "9.12260031E8"),
     (-25_000_000, "-2.5E7"), (0.0005, "5.0E-4")],
)  # fmt: skip
def test_amounts_are_spelled_as_java_spells_doubles(bulk: Bulk, amount: float, text: str) -> None:
    bulk.org.call("PATCH", f"/sobjects/Account/{ACME}", {"AnnualRevenue": amount})
    assert bulk.found(f"SELECT AnnualRevenue FROM Account WHERE Id = '{ACME}'")[1:] == [[text]]


def test_columns_come_in_select_order_by_their_own_names(bulk: Bulk) -> None:
    header = bulk.found("select lastname, account.name, ID, reportsto.account.owner.name from contact")[0]
    assert header == ["LastName", "Account.Name", "Id", "ReportsTo.Account.Owner.Name"]


def test_standard_fields_stand_for_all_of_them(bulk: Bulk) -> None:
    header = bulk.found("SELECT FIELDS(STANDARD) FROM Contact")[0]
    assert {"Id", "LastName", "AccountId"} <= set(header)
    assert not [each for each in header if each.endswith("__c")]


AWKWARD = 'a "b", c\nd\r\ne\tf;g|h^i`j\u2028k\x85 Zoë'


@pytest.mark.parametrize(
    ("name", "character"),
    [("BACKQUOTE", "`"), ("CARET", "^"), ("COMMA", ","), ("PIPE", "|"), ("SEMICOLON", ";"), ("TAB", "\t")],
)
@pytest.mark.parametrize(("ending", "characters"), [("LF", "\n"), ("CRLF", "\r\n")])
def test_each_dialect_carries_every_text(bulk: Bulk, name: str, character: str, ending: str, characters: str) -> None:
    bulk.org.call("PATCH", f"/sobjects/Account/{ACME}", {"Description": AWKWARD})
    soql = f"SELECT Id, Description FROM Account WHERE Id = '{ACME}'"
    job = bulk.query(soql, columnDelimiter=name, lineEnding=ending)
    doubled = AWKWARD.replace('"', '""')
    lines = (f'"Id"{character}"Description"', f'"{ACME}"{character}"{doubled}"')
    assert bulk.page(job).content.decode() == "".join(f"{each}{characters}" for each in lines)


def test_results_are_compressed_for_who_asks(bulk: Bulk) -> None:
    job = bulk.query(NAMES)
    headers = {"Accept-Encoding": "gzip"}
    with bulk.org.call("GET", f"/jobs/query/{job}/results", headers=headers, stream=True) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        assert parsed(gzip.decompress(answer.raw.read()))[1] == ["Berg"]
    plain = bulk.org.call("GET", f"/jobs/query/{job}/results", headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers


def test_query_all_shows_what_is_deleted_and_archived(bulk: Bulk) -> None:
    contacts = "SELECT Id FROM Contact WHERE AccountId != null"
    assert {each for [each] in bulk.found(contacts)[1:]} == {ADA, BEN, CLEO}
    assert {each for [each] in bulk.found(contacts, operation="queryAll")[1:]} == {ADA, BEN, CLEO, OLD}
    assert bulk.found("SELECT Id FROM Task")[1:] == [[CALL]]
    assert sorted(bulk.found("SELECT Id FROM Task", operation="queryAll")[1:]) == sorted([[CALL], [OLDCALL]])


@pytest.mark.parametrize(("clause", "chunked"), [("", True), (" ORDER BY Id", False), (" LIMIT 2", False)])
def test_order_and_limit_leave_no_chunks(bulk: Bulk, clause: str, chunked: bool) -> None:
    assert bulk.info("query", bulk.query(f"SELECT Id FROM Contact{clause}"))["isPkChunkingSupported"] is chunked


UNSUPPORTED = [
    ("SELECT Name, (SELECT Id FROM Contacts) FROM Account",
     "Aggregate Relationships not supported in Bulk V2 Query with CSV content type"),
    ("SELECT Title FROM Contact GROUP BY Title", "GROUP BY"),
    ("SELECT CALENDAR_YEAR(CreatedDate) FROM Contact GROUP BY CALENDAR_YEAR(CreatedDate)", "GROUP BY"),
    ("SELECT COUNT() FROM Contact", "Aggregate"),
    ("SELECT MAX(CreatedDate) FROM Contact", "Aggregate"),
    ("SELECT Id FROM Contact LIMIT 1 OFFSET 1", "OFFSET"),
    ("SELECT TYPEOF What WHEN Account THEN Phone ELSE Name END FROM Task", "TYPEOF"),
    ("SELECT FIELDS(ALL) FROM Contact LIMIT 200", "FIELDS(ALL)"),
]  # fmt: skip


@pytest.mark.parametrize(("soql", "part"), UNSUPPORTED)
def test_soql_that_bulk_does_not_support_makes_no_job(bulk: Bulk, soql: str, part: str) -> None:
    status, code, message = bulk.org.refusal("POST", "/jobs/query", {"operation": "query", "query": soql})
    assert (status, code) == (400, "API_ERROR")
    assert part in message
    assert "not supported in Bulk" in message
    assert bulk.org.call("GET", "/jobs/query").json()["records"] == []


REFUSED = [
    ({"operation": "query", "query": "SELECT Id FROM TaskStatus"}, "INVALIDENTITY",
     "entity type TaskStatus does not support query"),
    ({"operation": "query", "query": "SELECT Id FROM Nope"}, "INVALID_TYPE", None),
    ({"operation": "query", "query": "SELECT Nope FROM Contact"}, "INVALID_FIELD", None),
    ({"operation": "query", "query": "SELECT Id FROM"}, "MALFORMED_QUERY", None),
    ({"operation": "query", "query": f"SELECT Id FROM Contact WHERE Title = '{'x' * 4001}'"}, "MALFORMED_QUERY", None),
    ({"operation": "query"}, "MALFORMED_QUERY", None),
    ({"operation": "query", "query": 5}, "MALFORMED_QUERY", None),
    ({"operation": "insert", "query": NAMES}, "JSON_PARSER_ERROR", None),
    ({"query": NAMES}, "JSON_PARSER_ERROR", None),
    ({"operation": "query", "query": NAMES, "lineEnding": "CR"}, "JSON_PARSER_ERROR", None),
    ({"operation": "query", "query": NAMES, "columnDelimiter": ","}, "JSON_PARSER_ERROR", None),
    ([], "JSON_PARSER_ERROR", None),
]  # fmt: skip


@pytest.mark.parametrize(("body", "code", "message"), REFUSED)
def test_a_query_job_that_cannot_be_is_refused(bulk: Bulk, body: object, code: str, message: str | None) -> None:
    refusal = bulk.org.refusal("POST", "/jobs/query", body)
    assert refusal[:2] == (400, code)
    assert message in (None, refusal[2])


def test_a_hidden_field_is_no_column(bulk: Bulk) -> None:
    bulk.org.emulator.settings(hidden_fields=["Contact.Title"])
    body = {"operation": "query", "query": "SELECT Title FROM Contact"}
    assert bulk.org.refusal("POST", "/jobs/query", body)[:2] == (400, "INVALID_FIELD")


def test_statements_longer_than_any_address_are_welcome(bulk: Bulk) -> None:
    ids = ",".join(f"'{ADA}'" for _ in range(3000))
    assert bulk.found(f"SELECT LastName FROM Contact WHERE Id IN ({ids})")[1:] == [["Berg"]]


def test_a_waiting_job_can_be_aborted_and_an_ended_one_cannot(bulk: Bulk) -> None:
    job = bulk.query(NAMES)
    answer = bulk.patch(job, "Aborted", "query")
    assert (answer.status_code, answer.json()["id"], answer.json()["state"]) == (200, job, "Aborted")
    assert bulk.info("query", job)["state"] == "Aborted"
    done = bulk.query(NAMES)
    bulk.info("query", done)
    refusal = bulk.org.refusal("PATCH", f"/jobs/query/{done}", {"state": "Aborted"})
    assert refusal == (400, "INVALIDJOBSTATE", "Aborting already Completed Job not allowed")
    assert bulk.org.refusal("PATCH", f"/jobs/query/{done}", {"state": "UploadComplete"})[1] == "JSON_PARSER_ERROR"


def test_a_job_that_took_its_time_cannot_be_aborted_any_more(bulk: Bulk) -> None:
    bulk.org.emulator.settings(bulk_seconds=60)
    early, late = bulk.query(NAMES), bulk.query(NAMES)
    assert bulk.patch(early, "Aborted", "query").status_code == 200
    bulk.org.emulator.control("POST", "clock", {"advance": 60})
    assert bulk.patch(late, "Aborted", "query").status_code == 400


def test_only_a_job_that_has_ended_is_deleted_and_then_it_is_gone(bulk: Bulk) -> None:
    bulk.org.emulator.settings(bulk_polls=1)
    job = bulk.query(NAMES)
    refusal = bulk.org.refusal("DELETE", f"/jobs/query/{job}")
    message = "Error encountered when deleting the job because the job is not terminated"
    assert refusal == (400, "API_ERROR", message)
    bulk.patch(job, "Aborted", "query")
    answer = bulk.org.call("DELETE", f"/jobs/query/{job}")
    assert (answer.status_code, answer.content) == (204, b"")
    gone = (404, "NOT_FOUND", "The requested resource does not exist")
    assert bulk.org.refusal("GET", f"/jobs/query/{job}") == gone
    assert bulk.org.refusal("GET", f"/jobs/query/{job}/results") == gone


@pytest.mark.parametrize("job", [MISSING, "x", "750"])
@pytest.mark.parametrize("name", ["", "/results", "/resultPages"])
def test_a_job_nobody_made_is_not_found(bulk: Bulk, job: str, name: str) -> None:
    assert bulk.org.refusal("GET", f"/jobs/query/{job}{name}")[:2] == (404, "NOT_FOUND")


def test_a_job_is_found_by_fifteen_characters_and_not_among_the_other_kind(bulk: Bulk) -> None:
    job = bulk.query(NAMES)
    assert bulk.info("query", job[:15])["id"] == job
    assert bulk.org.refusal("GET", f"/jobs/ingest/{job}")[:2] == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    "query", ["locator=NA", "locator=NzAwMA", "locator=x", "locator=LTE", "locator=%C3%A9", "locator=MDE"]
)
def test_a_locator_that_was_not_given_out_is_refused(bulk: Bulk, query: str) -> None:
    job = bulk.query(NAMES)
    bulk.info("query", job)
    assert bulk.org.refusal("GET", f"/jobs/query/{job}/results?{query}")[:2] == (400, "INVALID_QUERY_LOCATOR")


@pytest.mark.parametrize("most", ["0", "-1", "x", "1e3", "²", "9" * 30])
def test_a_page_size_that_is_no_number_is_refused(bulk: Bulk, most: str) -> None:
    job = bulk.query(NAMES)
    bulk.info("query", job)
    assert bulk.org.refusal("GET", f"/jobs/query/{job}/results", params={"maxRecords": most})[:2] == (400, "API_ERROR")


def test_results_are_read_in_the_version_the_job_was_made_with(bulk: Bulk) -> None:
    job = bulk.query(NAMES)
    bulk.info("query", job)
    older = bulk.org.url(f"/services/data/v64.0/jobs/query/{job}/results")
    answer = bulk.org.emulator.session.get(older, headers=bulk.org.headers, timeout=10)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (409, "INVALIDVERSION")


@pytest.mark.parametrize(
    ("version", "path", "status"),
    [("46.0", "query", 404), ("47.0", "query", 200), ("40.0", "ingest", 404), ("41.0", "ingest", 200)],
)
def test_each_resource_exists_since_its_version(bulk: Bulk, version: str, path: str, status: int) -> None:
    url = bulk.org.url(f"/services/data/v{version}/jobs/{path}")
    assert bulk.org.emulator.session.get(url, headers=bulk.org.headers, timeout=10).status_code == status


def test_jobs_are_listed_page_by_page(bulk: Bulk) -> None:
    bulk.org.emulator.settings(bulk_list_jobs=2)
    made = [bulk.query(NAMES) for _ in range(3)]
    bulk.open("Contact", "insert")
    first = bulk.org.call("GET", "/jobs/query").json()
    assert ([each["id"] for each in first["records"]], first["done"]) == (made[:2], False)
    rest = bulk.org.call("GET", first["nextRecordsUrl"].removeprefix("/services/data/v65.0")).json()
    assert ([each["id"] for each in rest["records"]], rest["done"], rest["nextRecordsUrl"]) == (made[2:], True, None)
    assert rest["records"][0]["jobType"] == "V2Query"
    assert bulk.org.call("GET", "/jobs/query?jobType=Classic").json()["records"] == []
    assert bulk.org.call("GET", "/jobs/query?isPkChunkingEnabled=true").json()["records"] == []
    assert bulk.org.refusal("GET", "/jobs/query?jobType=Nope")[:2] == (400, "API_ERROR")
    assert bulk.org.refusal("GET", "/jobs/query?queryLocator=x")[:2] == (400, "INVALID_QUERY_LOCATOR")


def test_results_are_kept_for_seven_days(bulk: Bulk) -> None:
    job = bulk.query(NAMES)
    bulk.info("query", job)
    bulk.org.emulator.control("POST", "clock", {"advance": 7 * 86400})
    bulk.org.login()
    assert bulk.info("query", job)["state"] == "JobComplete"
    bulk.org.emulator.control("POST", "clock", {"advance": 1})
    assert bulk.org.refusal("GET", f"/jobs/query/{job}")[:2] == (404, "NOT_FOUND")


def test_a_job_can_be_made_to_fail(bulk: Bulk) -> None:
    bulk.org.emulator.settings(bulk_job_error="Timeout : The query took too long")
    info = bulk.info("query", bulk.query(NAMES))
    assert (info["state"], info["errorMessage"]) == ("Failed", "Timeout : The query took too long")
    assert bulk.org.refusal("GET", f"/jobs/query/{info['id']}/results")[:2] == (400, "INVALIDJOBSTATE")


def test_what_is_not_said_is_commas_and_lf(bulk: Bulk) -> None:
    made = bulk.made("query", operation="query", query=NAMES, lineEnding=None, columnDelimiter=None)
    assert (made["lineEnding"], made["columnDelimiter"]) == ("LF", "COMMA")


@pytest.mark.parametrize("action", ["truncate", "reset"])
def test_results_can_break_off_in_the_middle(bulk: Bulk, action: str) -> None:
    job = bulk.query(NAMES)
    bulk.org.emulator.fault(action=action, path="/results$")
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        bulk.page(job)


def test_jobs_are_no_part_of_a_composite(bulk: Bulk) -> None:
    job = bulk.query(NAMES)
    body = {"batchRequests": [{"method": "GET", "url": f"v65.0/jobs/query/{job}/results"}]}
    [answer] = bulk.org.call("POST", "/composite/batch", body).json()["results"]
    assert answer["statusCode"] == 400
