"""Ingest jobs of Bulk API 2.0, held to section 6.2 of the wire contract."""

import pytest

from tests.emulator.bulk import Bulk, parsed
from tests.emulator.org import ACME, ADA, BEN, BOLT, CALL, CLEO, DEE, ME, OLD, OWNER, STAMP

pytestmark = pytest.mark.emulator
MISSING = "0035g000009NoneAAC"


def test_an_ingest_job_from_its_opening_to_its_results(bulk: Bulk) -> None:
    made = bulk.made("ingest", object="contact", operation="insert", contentType="CSV", lineEnding="LF",
                     columnDelimiter="COMMA")  # fmt: skip
    job = made["id"]
    brief = {
        "id": job,
        "operation": "insert",
        "object": "Contact",
        "createdById": ME,
        "createdDate": STAMP,
        "systemModstamp": STAMP,
        "concurrencyMode": "Parallel",
        "contentType": "CSV",
        "apiVersion": 65.0,
    }
    dialect = {"lineEnding": "LF", "columnDelimiter": "COMMA"}
    url = f"services/data/v65.0/jobs/ingest/{job}/batches"
    assert made == {**brief, "state": "Open", "contentUrl": url, **dialect}
    answer = bulk.put(job, "LastName,Email\nFay,fay@acme.example\n")
    assert (answer.status_code, answer.content) == (201, b"")
    closed = bulk.patch(job, "UploadComplete")
    assert (closed.status_code, closed.json()) == (200, {**brief, "state": "UploadComplete"})
    info = bulk.info("ingest", job)
    assert info.pop("totalProcessingTime") >= info.pop("apiActiveProcessingTime") >= 0
    counts = {"numberRecordsProcessed": 1, "numberRecordsFailed": 0, "retries": 0, "apexProcessingTime": 0}
    assert info == {**brief, **dialect, **counts, "state": "JobComplete", "jobType": "V2Ingest"}
    [header, [record, *rest]] = bulk.results(job, "successfulResults")
    assert header == ["sf__Id", "sf__Created", "LastName", "Email"]
    assert rest == ["true", "Fay", "fay@acme.example"]
    assert bulk.org.record("Contact", record)["LastName"] == "Fay"


def test_an_open_job_says_where_its_data_goes(bulk: Bulk) -> None:
    job = bulk.open("Contact", "insert")
    assert bulk.info("ingest", job)["contentUrl"] == f"services/data/v65.0/jobs/ingest/{job}/batches"
    bulk.close(job, "LastName\nFay\n")
    assert "contentUrl" not in bulk.info("ingest", job)


def test_a_job_takes_looks_and_time_as_it_is_set(bulk: Bulk) -> None:
    bulk.org.emulator.settings(bulk_polls=1, bulk_seconds=30)
    job = bulk.open("Contact", "insert")
    bulk.close(job, "LastName\nFay\n")
    assert [bulk.info("ingest", job)["state"] for _ in range(3)] == ["InProgress"] * 3
    assert bulk.org.refusal("GET", f"/jobs/ingest/{job}/successfulResults")[:2] == (400, "INVALIDJOBSTATE")
    bulk.org.emulator.control("POST", "clock", {"advance": 30})
    assert bulk.org.column("SELECT LastName FROM Contact WHERE LastName = 'Fay'") == ["Fay"]
    assert bulk.info("ingest", job)["state"] == "JobComplete"


def test_rows_are_written_even_if_nobody_looks_at_the_job(bulk: Bulk) -> None:
    bulk.close(bulk.open("Contact", "insert"), "LastName\nFay\n")
    assert bulk.org.query("SELECT COUNT() FROM Contact WHERE LastName = 'Fay'")["totalSize"] == 1


@pytest.mark.parametrize("name", ["successfulResults", "failedResults", "unprocessedrecords"])
def test_results_are_found_in_any_case_and_with_a_slash(bulk: Bulk, name: str) -> None:
    job = bulk.load("Contact", "update", f"Id,Title\n{ADA},CEO\n{MISSING},x\n")["id"]
    answers = [
        bulk.org.call("GET", f"/jobs/ingest/{job}/{each}") for each in (name, f"{name}/", name.lower(), name.upper())
    ]
    assert {each.status_code for each in answers} == {200}
    assert len({each.content for each in answers}) == 1
    assert answers[0].headers["Content-Type"] == "text/csv;charset=UTF-8"
    assert answers[0].headers["Sforce-Limit-Info"].startswith("api-usage=")


def test_the_header_comes_back_as_it_was_and_no_rows_leave_it_alone(bulk: Bulk) -> None:
    job = bulk.load("Contact", "insert", 'LastName,"Title"\nFay,\n')["id"]
    texts = {
        name: bulk.org.call("GET", f"/jobs/ingest/{job}/{name}").content
        for name in ("failedResults", "unprocessedRecords")
    }
    assert texts == {
        "failedResults": b'"sf__Id","sf__Error",LastName,"Title"\n',
        "unprocessedRecords": b'LastName,"Title"\n',
    }


def test_an_empty_value_is_left_alone_and_na_clears(bulk: Bulk) -> None:
    bulk.written("Contact", "update", f"Id,Title,Email,NPS__c\n{ADA},,#N/A,10\n")
    record = bulk.org.record("Contact", ADA)
    assert (record["Title"], record["Email"], record["NPS__c"]) == ("CFO", None, 10)


def test_nothing_is_trimmed(bulk: Bulk) -> None:
    made = bulk.written("Contact", "insert", 'LastName,Title\n Fay ," CTO "\n')
    assert bulk.org.record("Contact", made)["Title"] == " CTO "


def test_quotes_newlines_and_delimiters_in_quotes_are_text(bulk: Bulk) -> None:
    content = 'LastName;Description\r\n"Fay ""F""; Jr";"one\r\ntwo\nthree"\r\n'
    job = bulk.load("Contact", "insert", content, columnDelimiter="SEMICOLON", lineEnding="CRLF")["id"]
    [_, [made, *_]] = bulk.results(job, "successfulResults", ";")
    record = bulk.org.record("Contact", made)
    assert (record["LastName"], record["Description"]) == ('Fay "F"; Jr', "one\r\ntwo\nthree")


def test_results_have_the_dialect_of_the_job(bulk: Bulk) -> None:
    content = f"Id|Title\r\n{ADA}|a|b\r\n".replace("a|b", '"a|b"')
    job = bulk.load("Contact", "update", content, columnDelimiter="PIPE", lineEnding="CRLF")["id"]
    answer = bulk.org.call("GET", f"/jobs/ingest/{job}/successfulResults")
    assert answer.content == f'"sf__Id"|"sf__Created"|Id|Title\r\n"{ADA}"|"false"|"{ADA}"|"a|b"\r\n'.encode()


def test_data_may_begin_with_a_mark_and_end_without_a_line(bulk: Bulk) -> None:
    made = bulk.written("Contact", "insert", "\ufeffLastName,Title\nZoë,CTO")
    assert bulk.org.record("Contact", made)["LastName"] == "Zoë"


@pytest.mark.parametrize(
    ("column", "text", "field", "value"),
    [
        ("HasOptedOutOfEmail", "TRUE", "HasOptedOutOfEmail", True),
        ("HasOptedOutOfEmail", "1", "HasOptedOutOfEmail", True),
        ("HasOptedOutOfEmail", "0", "HasOptedOutOfEmail", False),
        ("Birthdate", "1980-02-29", "Birthdate", "1980-02-29"),
        ("Birthdate", "1940-06-07Z", "Birthdate", "1940-06-07"),
        ("EmailBouncedDate", "2026-01-02T03:04:05.678Z", "EmailBouncedDate", "2026-01-02T03:04:05.000+0000"),
        ("EmailBouncedDate", "2026-01-02T03:04:05.000+0100", "EmailBouncedDate", "2026-01-02T02:04:05.000+0000"),
        ("NPS__c", "7", "NPS__c", 7),
        ("Topics__c", "Support;Price", "Topics__c", "Price;Support"),
        ("title", "null", "Title", "null"),
        ("Account.ERP_Number__c", "A-1", "AccountId", ACME),
        ("account.erp_number__c", "a-1", "AccountId", ACME),
        ("ReportsTo.Email", "ada@acme.example", "ReportsToId", ADA),
        ("Owner.Email", "o@acme.example", "OwnerId", OWNER),
    ],
)
def test_texts_become_values(bulk: Bulk, column: str, text: str, field: str, value: object) -> None:
    bulk.written("Contact", "update", f"Id,{column}\n{DEE},{text}\n")
    assert bulk.org.record("Contact", DEE)[field] == value


@pytest.mark.parametrize("column", ["Owner.Email", "User:Owner.Email"])
def test_a_parent_of_several_types_is_found(bulk: Bulk, column: str) -> None:
    bulk.written("Task", "update", f"Id,{column}\n{CALL},o@acme.example\n")
    assert bulk.org.record("Task", CALL)["OwnerId"] == OWNER


def test_na_in_a_parent_column_clears_the_reference(bulk: Bulk) -> None:
    bulk.written("Contact", "update", f"Id,Account.ERP_Number__c\n{ADA},#N/A\n")
    assert bulk.org.record("Contact", ADA)["AccountId"] is None


ROW_ERRORS = [
    ("insert", "Title\nCTO", "REQUIRED_FIELD_MISSING:Required fields are missing: [LastName]:LastName--"),
    ("insert", f"Id,LastName\n{ADA},x", "INVALID_FIELD_FOR_INSERT_UPDATE:cannot specify Id in an insert call:Id--"),
    ("insert", f"LastName\n{'x' * 81}",
     f"STRING_TOO_LONG:LastName: data value too large: {'x' * 81} (max length=80):LastName--"),
    ("insert", "LastName,Email\nx,a b@c.d", "INVALID_EMAIL_ADDRESS:Email: invalid email address: a b@c.d:Email--"),
    ("insert", "LastName,Topics__c\nx,Weather",
     "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST:Topics: bad value for restricted picklist field: Weather:Topics__c--"),
    ("insert", "LastName,NPS__c\nx,many",
     "INVALID_TYPE_ON_FIELD_IN_RECORD:NPS: value not of required type: many:NPS__c--"),
    ("insert", "LastName,Birthdate\nx,31.12.1990",
     "INVALID_TYPE_ON_FIELD_IN_RECORD:Birthdate: value not of required type: 31.12.1990:Birthdate--"),
    ("insert", "LastName,DoNotCall\nx,perhaps",
     "INVALID_TYPE_ON_FIELD_IN_RECORD:DoNotCall: value not of required type: perhaps:DoNotCall--"),
    ("insert", f"LastName,ReportsToId\nx,{MISSING}", "INVALID_CROSS_REFERENCE_KEY:invalid cross reference id:--"),
    ("insert", f"LastName,ReportsToId\nx,{OLD}", "ENTITY_IS_DELETED:entity is deleted:--"),
    ("insert", "LastName,Account.ERP_Number__c\nx,A-9",
     "INVALID_FIELD:Foreign key external ID: A-9 not found for field ERP_Number__c in entity Account:--"),
    ("insert", "LastName,CreatedDate\nx,2026-01-01T00:00:00Z",
     "INVALID_FIELD_FOR_INSERT_UPDATE:Unable to create/update fields: CreatedDate. Please check the security settings"
     " of this field and verify that it is read/write for your profile or permission set.:CreatedDate--"),
    ("update", f"Id,LastName\n{ADA},#N/A",
     "REQUIRED_FIELD_MISSING:Required fields are missing: [LastName]:LastName--"),
    ("update", "Id,Title\n,CTO", "MISSING_ARGUMENT:Id not specified in an update call:--"),
    ("update", f"Id,Title\n{MISSING},CTO", "INVALID_CROSS_REFERENCE_KEY:invalid cross reference id:--"),
    ("update", f"Id,Title\n{OLD},CTO", "ENTITY_IS_DELETED:entity is deleted:--"),
    ("update", f"Id,Title\n{ACME},CTO", f"MALFORMED_ID:Contact ID: id value of incorrect type: {ACME}:--"),
    ("update", "Id,Title\nx,CTO", "MALFORMED_ID:Contact ID: id value of incorrect type: x:--"),
    ("delete", f"Id\n{OLD}", "ENTITY_IS_DELETED:entity is deleted:--"),
    ("delete", "Id\n#N/A", "MISSING_ARGUMENT:Id not specified in a delete call:--"),
    ("hardDelete", f"Id\n{MISSING}", "INVALID_CROSS_REFERENCE_KEY:invalid cross reference id:--"),
]  # fmt: skip


@pytest.mark.parametrize(("operation", "content", "error"), ROW_ERRORS)
def test_a_row_that_breaks_a_rule_fails_alone(bulk: Bulk, operation: str, content: str, error: str) -> None:
    assert bulk.error("Contact", operation, content) == error


def test_failures_and_successes_are_told_apart(bulk: Bulk) -> None:
    job = bulk.load("Contact", "update", f"Id,Email\n{ADA},new@acme.example\n{BEN},nonsense\n{CLEO},c@acme.example\n")
    assert (job["state"], job["numberRecordsProcessed"], job["numberRecordsFailed"]) == ("JobComplete", 3, 1)
    good, bad = (bulk.results(job["id"], name)[1:] for name in ("successfulResults", "failedResults"))
    assert good == [[ADA, "false", ADA, "new@acme.example"], [CLEO, "false", CLEO, "c@acme.example"]]
    assert bad == [[BEN, "INVALID_EMAIL_ADDRESS:Email: invalid email address: nonsense:Email--", BEN, "nonsense"]]
    assert bulk.org.record("Contact", BEN)["Email"] is None


def test_rows_may_be_answered_in_another_order(bulk: Bulk) -> None:
    bulk.org.emulator.settings(unordered=True)
    names = [f"Name {number:02d}" for number in range(30)]
    job = bulk.load("Contact", "insert", "\n".join(["LastName", *names]))["id"]
    answered = [row[2] for row in bulk.results(job, "successfulResults")[1:]]
    assert (sorted(answered), answered != names) == (names, True)


def test_faults_of_records_strike_rows(bulk: Bulk) -> None:
    lock = {"statusCode": "UNABLE_TO_LOCK_ROW", "message": "unable to obtain exclusive access to this record", "nth": 2}
    bulk.org.emulator.settings(record_faults=[lock])
    job = bulk.load("Contact", "insert", "LastName\nA\nB\nC\n")["id"]
    [[_, error, name]] = bulk.results(job, "failedResults")[1:]
    assert (name, error) == ("B", "UNABLE_TO_LOCK_ROW:unable to obtain exclusive access to this record:--")


def test_a_read_only_field_fails_the_row_and_a_hidden_one_the_job(bulk: Bulk) -> None:
    bulk.org.emulator.settings(read_only_fields=["Contact.Title"])
    assert bulk.error("Contact", "update", f"Id,Title\n{ADA},x\n").startswith("INVALID_FIELD_FOR_INSERT_UPDATE:")
    bulk.org.emulator.settings(read_only_fields=[], hidden_fields=["Contact.Title"])
    message = bulk.failure("Contact", "update", f"Id,Title\n{ADA},x\n")
    assert message == "InvalidBatch : Field name not found : Title"


def test_upserts_update_what_is_there_and_create_what_is_not(bulk: Bulk) -> None:
    content = "ERP_Number__c,Name\na-1,Acme Inc\nA-2,Novel\n"
    job = bulk.load("Account", "upsert", content, externalIdFieldName="ERP_Number__c")
    assert (job["externalIdFieldName"], job["numberRecordsFailed"]) == ("ERP_Number__c", 0)
    old, new = bulk.results(job["id"], "successfulResults")[1:]
    assert (old[:2], new[1]) == ([ACME, "false"], "true")
    assert bulk.org.record("Account", ACME)["Name"] == "Acme Inc"
    assert bulk.org.record("Account", new[0])["ERP_Number__c"] == "A-2"


def test_an_upsert_by_id_creates_the_rows_without_one(bulk: Bulk) -> None:
    job = bulk.load("Contact", "upsert", f"Id,LastName\n{DEE},Zet\n,Fay\n", externalIdFieldName="Id")["id"]
    old, new = bulk.results(job, "successfulResults")[1:]
    assert (old[:2], new[1]) == ([DEE, "false"], "true")
    assert bulk.error("Contact", "upsert", f"Id,LastName\n{MISSING},x", externalIdFieldName="Id") == (
        "INVALID_CROSS_REFERENCE_KEY:invalid cross reference id:--"
    )


def test_an_upsert_needs_a_value_that_means_one_record(bulk: Bulk) -> None:
    key = {"externalIdFieldName": "ERP_Number__c"}
    assert bulk.error("Account", "upsert", "ERP_Number__c,Name\n,x", **key) == (
        "MISSING_ARGUMENT:ERP_Number__c not specified:--"
    )
    bulk.org.call("PATCH", f"/sobjects/Account/{BOLT}", {"ERP_Number__c": "A-1"})
    error = bulk.error("Account", "upsert", "ERP_Number__c,Name\nA-1,x", **key)
    assert error.startswith("DUPLICATE_EXTERNAL_ID:ERP_Number__c: more than one record found for external id field: [")


def test_a_delete_leaves_records_in_the_bin_and_a_hard_one_nowhere(bulk: Bulk) -> None:
    assert bulk.written("Contact", "delete", f"Id\n{DEE}\n") == DEE
    assert bulk.written("Account", "hardDelete", f"Id\n{ACME[:15]}\n") == ACME
    found = {each for [each] in bulk.found("SELECT Id FROM Contact", operation="queryAll")[1:]}
    assert found == {DEE, CLEO, OLD}
    assert bulk.org.refusal("GET", f"/sobjects/Account/{ACME}")[:2] == (404, "NOT_FOUND")
    bulk.org.emulator.control("POST", "clock", {"advance": 120})
    window = {"start": "2026-03-02T08:00:00Z", "end": "2026-03-02T09:02:00Z"}
    log = bulk.org.call("GET", "/sobjects/Account/deleted", params=window).json()["deletedRecords"]
    assert [each["id"] for each in log] == [ACME]


def test_a_hard_delete_needs_its_permission(bulk: Bulk) -> None:
    bulk.org.emulator.settings(bulk_hard_delete=False)
    refusal = bulk.org.refusal("POST", "/jobs/ingest", {"object": "Contact", "operation": "hardDelete"})
    assert refusal[:2] == (400, "FEATURENOTENABLED")


JOB_ERRORS = [
    ("insert", "LastName,Nope\nx,y\n", "InvalidBatch : Field name not found : Nope"),
    ("insert", "LastName,Nope.Name\nx,y\n", "InvalidBatch : Field name not found : Nope.Name"),
    ("insert", "LastName,Account.Nope\nx,y\n", "InvalidBatch : Field name not found : Account.Nope"),
    ("insert", "LastName,Group:Owner.Email\nx,y\n", "InvalidBatch : Field name not found : Group:Owner.Email"),
    ("update", "LastName\nx\n", "InvalidBatch : Field name not found : Id"),
    ("delete", "LastName\nx\n", "InvalidBatch : Field name not found : Id"),
    ("insert", "LastName\r\nx\r\n",
     "ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is LF"),
    ("insert", 'LastName,Title\n"x" ,y\n',
     "InvalidBatch : Failed to parse CSV. Found unescaped quote. A value with quote should be within a quote"),
    ("insert", 'LastName,Title\nx, "y"\n',
     "InvalidBatch : Failed to parse CSV. Found unescaped quote. A value with quote should be within a quote"),
    ("insert", 'LastName\n"x\n',
     "InvalidBatch : Failed to parse CSV. Found unescaped quote. A value with quote should be within a quote"),
    ("insert", "LastName\nx,y\n", "InvalidBatch : A row has 2 columns, but the header has 1"),
    ("insert", "", "InvalidBatch : The uploaded data has no header row"),
    ("insert", "\nx\n", "InvalidBatch : The uploaded data has no header row"),
    ("insert", b"LastName\n\xff\n", "ClientInputError : The uploaded data is not UTF-8"),
]  # fmt: skip


@pytest.mark.parametrize(("operation", "content", "message"), JOB_ERRORS)
def test_data_that_breaks_the_rules_fails_the_job(
    bulk: Bulk, operation: str, content: str | bytes, message: str
) -> None:
    assert bulk.failure("Contact", operation, content) == message
    assert bulk.org.query("SELECT COUNT() FROM Contact")["totalSize"] == 4


def test_lf_in_a_job_of_crlf_fails_it(bulk: Bulk) -> None:
    message = "ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is CRLF"
    assert bulk.failure("Contact", "insert", "LastName\nx\n", lineEnding="CRLF") == message
    assert bulk.failure("Contact", "insert", "LastName\r\nx\ny\r\n", lineEnding="CRLF") == message


@pytest.mark.parametrize(
    "content",
    [f"LastName,{'x' * 32_001}\na,b\n", f"LastName,Description\na,{'x' * 131_073}\n",
     "LastName" + ",Title" * 5_000 + "\na" + ",b" * 5_000 + "\n",
     "LastName,Title,Phone,Fax,Email\n" + ",".join(["x" * 90_000] * 5) + "\n"],
)  # fmt: skip
def test_headers_fields_and_records_have_a_largest_size(bulk: Bulk, content: str) -> None:
    assert bulk.failure("Contact", "insert", content).startswith("InvalidBatch : ")


def test_a_failed_job_gives_its_rows_back_unprocessed(bulk: Bulk) -> None:
    job = bulk.load("Contact", "insert", 'LastName,Nope\nA,1\n"B\n2",\n')["id"]
    assert bulk.results(job, "unprocessedrecords") == [["LastName", "Nope"], ["A", "1"], ["B\n2", ""]]
    assert bulk.results(job, "successfulResults") == [["sf__Id", "sf__Created", "LastName", "Nope"]]


def test_what_a_job_wrote_before_it_failed_stays(bulk: Bulk) -> None:
    bulk.org.emulator.settings(bulk_job_error="TooManyLockFailure : Too many lock failures", bulk_job_error_row=2)
    job = bulk.load("Contact", "insert", "LastName,Email\nA,\nB,nonsense\nC,\nD,\n")
    assert (job["state"], job["errorMessage"]) == ("Failed", "TooManyLockFailure : Too many lock failures")
    assert (job["numberRecordsProcessed"], job["numberRecordsFailed"]) == (2, 1)
    assert [row[2] for row in bulk.results(job["id"], "successfulResults")[1:]] == ["A"]
    assert [row[2] for row in bulk.results(job["id"], "failedResults")[1:]] == ["B"]
    assert bulk.results(job["id"], "unprocessedrecords")[1:] == [["C", ""], ["D", ""]]
    assert bulk.org.column("SELECT LastName FROM Contact WHERE LastName = 'A'") == ["A"]


def test_a_large_job_goes_on_batch_by_batch(bulk: Bulk) -> None:
    bulk.org.emulator.settings(bulk_batch_records=2)
    job = bulk.open("Contact", "insert")
    bulk.close(job, "LastName\nA\nB\nC\nD\nE\nF\nG\n")
    assert bulk.org.query("SELECT COUNT() FROM Contact WHERE LastName < 'Berg'")["totalSize"] == 2
    looked = [bulk.info("ingest", job) for _ in range(3)]
    told = [(each["state"], each["numberRecordsProcessed"]) for each in looked]
    assert told == [("InProgress", 4), ("InProgress", 6), ("JobComplete", 7)]


def test_an_abort_in_the_middle_keeps_what_was_written(bulk: Bulk) -> None:
    bulk.org.emulator.settings(bulk_batch_records=1)
    job = bulk.open("Contact", "insert")
    bulk.close(job, "LastName\nA\nB\nC\nD\n")
    assert bulk.info("ingest", job)["state"] == "InProgress"
    assert bulk.patch(job, "Aborted").json()["state"] == "Aborted"
    info = bulk.info("ingest", job)
    assert (info["state"], info["numberRecordsProcessed"]) == ("Aborted", 1)
    assert [row[2] for row in bulk.results(job, "successfulResults")[1:]] == ["A"]
    assert bulk.results(job, "unprocessedrecords")[1:] == [["B"], ["C"], ["D"]]


def test_data_is_uploaded_once_and_only_as_csv(bulk: Bulk) -> None:
    job = bulk.open("Contact", "insert")
    json = bulk.put(job, "[]", "application/json")
    assert (json.status_code, json.json()[0]["errorCode"]) == (415, "UNSUPPORTED_MEDIA_TYPE")
    assert bulk.put(job, "LastName\nx\n").status_code == 201
    [error] = bulk.put(job, "LastName\ny\n").json()
    assert error["message"].startswith(f"Found multiple contents for job: <{job[:15]}>, please 'Close'")
    bulk.patch(job, "UploadComplete")
    late = bulk.put(job, "LastName\nz\n")
    assert (late.status_code, late.json()[0]["errorCode"]) == (400, "INVALIDJOBSTATE")


def test_data_has_a_largest_size(bulk: Bulk) -> None:
    bulk.org.emulator.settings(bulk_upload_bytes=20)
    job = bulk.open("Contact", "insert")
    answer = bulk.put(job, "LastName\n12345678901\n")
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "CLIENTINPUTERROR")
    assert bulk.put(job, "LastName\n1234567890\n").status_code == 201


def test_an_open_or_waiting_job_can_be_aborted(bulk: Bulk) -> None:
    opened, closed = bulk.open("Contact", "insert"), bulk.open("Contact", "insert")
    bulk.close(closed, "LastName\nFay\n")
    for job in (closed, opened):
        answer = bulk.patch(job, "Aborted")
        assert (answer.status_code, answer.json()["state"]) == (200, "Aborted")
    assert bulk.results(closed, "unprocessedrecords") == [["LastName"], ["Fay"]]
    assert bulk.org.query("SELECT COUNT() FROM Contact WHERE LastName = 'Fay'")["totalSize"] == 0
    assert bulk.patch(opened, "UploadComplete").json() == [
        {"errorCode": "INVALIDJOBSTATE", "message": "Closing already Aborted Job not allowed"}
    ]


def test_an_ended_job_is_neither_closed_nor_aborted(bulk: Bulk) -> None:
    job = bulk.load("Contact", "insert", "LastName\nFay\n")["id"]
    for state, word in (("UploadComplete", "Closing"), ("Aborted", "Aborting")):
        [error] = bulk.patch(job, state).json()
        text = f"{word} already Completed Job not allowed"
        assert (error["errorCode"], error["message"]) == ("INVALIDJOBSTATE", text)
    assert bulk.patch(job, "Open").json()[0]["errorCode"] == "JSON_PARSER_ERROR"


def test_a_deleted_job_is_gone_and_its_records_stay(bulk: Bulk) -> None:
    job = bulk.open("Contact", "insert")
    assert bulk.org.refusal("DELETE", f"/jobs/ingest/{job}")[:2] == (400, "API_ERROR")
    bulk.close(job, "LastName\nFay\n")
    bulk.info("ingest", job)
    answer = bulk.org.call("DELETE", f"/jobs/ingest/{job}")
    assert (answer.status_code, answer.content) == (204, b"")
    gone = (404, "NOT_FOUND", "The requested resource does not exist")
    assert bulk.org.refusal("GET", f"/jobs/ingest/{job}") == gone
    assert bulk.org.refusal("GET", f"/jobs/ingest/{job}/failedResults") == gone
    assert bulk.put(job, "LastName\nx\n").status_code == 404
    assert bulk.org.column("SELECT LastName FROM Contact WHERE LastName = 'Fay'") == ["Fay"]


def test_a_job_stays_open_for_a_day(bulk: Bulk) -> None:
    job = bulk.open("Contact", "insert")
    bulk.org.emulator.control("POST", "clock", {"advance": 86_401})
    bulk.org.login()
    info = bulk.info("ingest", job)
    assert info["state"] == "Failed"
    assert info["errorMessage"].startswith("Timeout : ")


REFUSED = [
    ({"operation": "insert"}, "INVALIDJOB", "InvalidJob : Unable to find object: None"),
    ({"object": "Nope", "operation": "insert"}, "INVALIDJOB", "InvalidJob : Unable to find object: Nope"),
    ({"object": 5, "operation": "insert"}, "INVALIDJOB", "InvalidJob : Unable to find object: 5"),
    ({"object": "TaskStatus", "operation": "insert"}, "INVALIDENTITY",
     "Entity 'TaskStatus' is not supported by the Bulk API."),
    ({"object": "Account", "operation": "upsert"}, "INVALIDJOB",
     "InvalidJob : External ID was blank for Account. An External ID must be specified for upsert."),
    ({"object": "Contact", "operation": "merge"}, "JSON_PARSER_ERROR", None),
    ({"object": "Contact"}, "JSON_PARSER_ERROR", None),
    ({"object": "Contact", "operation": "insert", "contentType": "XML"}, "JSON_PARSER_ERROR", None),
    ({"object": "Contact", "operation": "insert", "columnDelimiter": "SPACE"}, "JSON_PARSER_ERROR", None),
    ([1], "JSON_PARSER_ERROR", None),
]  # fmt: skip


@pytest.mark.parametrize(("body", "code", "message"), REFUSED)
def test_an_ingest_job_that_cannot_be_is_refused(bulk: Bulk, body: object, code: str, message: str | None) -> None:
    refusal = bulk.org.refusal("POST", "/jobs/ingest", body)
    assert refusal[:2] == (400, code)
    assert message in (None, refusal[2])


def test_an_upsert_by_a_field_that_is_no_key_fails(bulk: Bulk) -> None:
    message = bulk.failure("Account", "upsert", "Name\nx\n", externalIdFieldName="Industry")
    assert message == (
        "InvalidBatch : Field name provided, Industry does not match an External ID, Salesforce Id, or indexed field"
        " for Account"
    )
    missing = bulk.failure("Account", "upsert", "Name\nx\n", externalIdFieldName="ERP_Number__c")
    assert missing == "InvalidBatch : Field name not found : ERP_Number__c"


def test_ingest_jobs_are_listed_by_themselves(bulk: Bulk) -> None:
    bulk.query("SELECT Id FROM Contact")
    job = bulk.open("Account", "upsert", externalIdFieldName="ERP_Number__c")
    listed = bulk.org.call("GET", "/jobs/ingest").json()
    assert (listed["done"], listed["nextRecordsUrl"]) == (True, None)
    [record] = listed["records"]
    assert (record["id"], record["jobType"], record["externalIdFieldName"]) == (job, "V2Ingest", "ERP_Number__c")


MULTIPART = (
    '--XX\r\nContent-Type: application/json\r\nContent-Disposition: form-data; name="job"\r\n\r\n'
    '{job}\r\n--XX\r\nContent-Type: text/csv\r\nContent-Disposition: form-data; name="content"; filename="content"'
    "\r\n\r\n{content}\r\n--XX--\r\n"
)


def test_one_multipart_request_makes_feeds_and_closes_a_job(bulk: Bulk) -> None:
    body = MULTIPART.format(job='{"object":"Contact","operation":"insert"}', content="LastName\nFay\nGil")
    headers = {"Content-Type": 'multipart/form-data; boundary="XX"'}
    made = bulk.org.call("POST", "/jobs/ingest/", data=body.encode(), headers=headers)
    assert (made.status_code, made.json()["state"]) == (200, "UploadComplete")
    info = bulk.info("ingest", made.json()["id"])
    assert (info["state"], info["numberRecordsProcessed"]) == ("JobComplete", 2)


@pytest.mark.parametrize(
    ("kind", "body", "code"),
    [
        ("multipart/form-data", "x", "JSON_PARSER_ERROR"),
        ("multipart/form-data; boundary=XX", "x", "CLIENTINPUTERROR"),
        ("multipart/form-data; boundary=XX", MULTIPART.format(job="{", content="x"), "JSON_PARSER_ERROR"),
        ("multipart/form-data; boundary=XX", MULTIPART.format(job="[]", content="x"), "JSON_PARSER_ERROR"),
        ("multipart/form-data; boundary=XX", MULTIPART.format(job="{}", content="x" * 100_001), "CLIENTINPUTERROR"),
    ],
)
def test_a_multipart_request_without_its_parts_is_refused(bulk: Bulk, kind: str, body: str, code: str) -> None:
    answer = bulk.org.call("POST", "/jobs/ingest", data=body.encode(), headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, code)
    assert bulk.org.call("GET", "/jobs/ingest").json()["records"] == []


def test_activities_get_their_relations_as_by_rest(bulk: Bulk) -> None:
    made = bulk.written("Task", "insert", f"Subject,WhoId,WhatId\nRing,{ADA},{ACME}\n")
    rows = bulk.found(f"SELECT RelationId FROM TaskRelation WHERE TaskId = '{made}'")[1:]
    assert sorted(rows) == sorted([[ADA], [ACME]])
    assert parsed(bulk.page(bulk.query("SELECT Id FROM Task")).content)[1:] == [[CALL], [made]]
