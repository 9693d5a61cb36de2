"""Collections, composite, batch, permissions and the control interface: one row for each fact of the contract."""

from typing import Any

import pytest

from tests.emulator.org import ACME, ADA, BEN, BOLT, CALL, CLEO, CRUX, DATA, DEAL, DEE, ME, OLD, Org

pytestmark = pytest.mark.emulator
COLLECTION = "/composite/sobjects"
ROLLED = "ALL_OR_NONE_OPERATION_ROLLED_BACK"
NOBODY = "0035g000001NopaAAA"


def record(kind: str, **values: object) -> dict[str, object]:
    """A record as a collection wants it."""
    return {"attributes": {"type": kind}, **values}


def codes(results: list[dict[str, Any]]) -> list[str]:
    """The statusCode of each result, empty for a success; the shape of both is checked on the way."""
    for each in results:
        assert set(each) <= {"id", "success", "errors", "created"}
        assert each["success"] is not bool(each["errors"])
        assert all(set(error) == {"statusCode", "message", "fields"} for error in each["errors"])
    return ["" if each["success"] else each["errors"][0]["statusCode"] for each in results]


WRITES = [
    ("POST", "", [record("Contact", LastName="a"), record("Account", Name="b"), record("Task", Subject="c")],
     ["", "", ""]),
    ("POST", "", [record("Contact", LastName="a", id=ADA), record("Contact", LastName="b")],
     ["INVALID_FIELD_FOR_INSERT_UPDATE", ""]),
    ("POST", "", [record("Contact", LastName="x" * 81), record("Contact", LastName="b", Email="c"), record("Event")],
     ["STRING_TOO_LONG", "INVALID_EMAIL_ADDRESS", "REQUIRED_FIELD_MISSING"]),
    ("PATCH", "", [record("Contact", id=ADA, Title="a"), record("Account", Id=ACME, Rating="Hot")], ["", ""]),
    ("PATCH", "", [record("Contact", id=ACME, Title="a"), record("Contact", id=NOBODY[:15], Title="b")],
     ["MALFORMED_ID", "NOT_FOUND"]),
    ("PATCH", "", [record("Contact", id=OLD, Title="a"), record("Contact", Title="b"), record("Contact", id=BEN)],
     ["ENTITY_IS_DELETED", "MISSING_ARGUMENT", ""]),
    ("PATCH", "", [record("Contact", id=ADA, AccountId=DEAL), record("Contact", id=BEN, LastName=None)],
     ["FIELD_INTEGRITY_EXCEPTION", "REQUIRED_FIELD_MISSING"]),
    ("PATCH", "/Account/ERP_Number__c", [record("Account", ERP_Number__c="A-1"), record("Account", Name="n")],
     ["", "MISSING_ARGUMENT"]),
    ("PATCH", "/Account/erp_number__C", [record("Contact", ERP_Number__c="A-1"), {"ERP_Number__c": "a-1"}],
     ["INVALID_TYPE", ""]),
    ("PATCH", "/Account/ERP_Number__c", [record("Account", ERP_Number__c="new"),
                                         record("Account", ERP_Number__c="new", Name="n")],
     ["REQUIRED_FIELD_MISSING", ""]),
    ("PATCH", "/Contact/Id", [record("Contact", Id=ADA, Title="a"), record("Contact", Id=NOBODY, Title="b")],
     ["", "NOT_FOUND"]),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "records", "expected"), WRITES)
def test_a_collection_reports_each_record_in_its_place(
    org: Org, method: str, path: str, records: list[dict[str, object]], expected: list[str]
) -> None:
    answer = org.call(method, COLLECTION + path, {"allOrNone": False, "records": records})
    assert (answer.status_code, codes(answer.json())) == (200, expected)


@pytest.mark.parametrize(("method", "path", "records", "expected"), WRITES)
def test_all_or_none_keeps_the_failures_and_rolls_the_rest_back(
    org: Org, method: str, path: str, records: list[dict[str, object]], expected: list[str]
) -> None:
    before = {
        name: org.query(f"SELECT FIELDS(ALL) FROM {name} LIMIT 200", "queryAll") for name in ("Contact", "Account")
    }
    results = org.call(method, COLLECTION + path, {"allOrNone": True, "records": records}).json()
    assert codes(results) == ([each or ROLLED for each in expected] if any(expected) else expected)
    if any(expected):
        after = {name: org.query(f"SELECT FIELDS(ALL) FROM {name} LIMIT 200", "queryAll") for name in before}
        assert after == before
        assert all("created" not in each for each in results)


@pytest.mark.parametrize(
    ("method", "path", "body", "code"),
    [
        ("POST", "", {"records": [record("Nope", Name="x")]}, "INVALID_TYPE"),
        ("POST", "", {"records": [{"LastName": "x"}]}, "INVALID_FIELD"),
        ("POST", "", {"records": [record("Contact", LastName="x", Nope="y")]}, "INVALID_FIELD"),
        ("POST", "", {"records": [record("Contact", LastName={"a": 1})]}, "JSON_PARSER_ERROR"),
        ("POST", "", {"records": [{"attributes": {"type": 5}}]}, "JSON_PARSER_ERROR"),
        ("POST", "", {"records": {}}, "JSON_PARSER_ERROR"),
        ("POST", "", {}, "JSON_PARSER_ERROR"),
        ("POST", "", [], "JSON_PARSER_ERROR"),
        ("PATCH", "", {"records": [record("Contact", id=ADA)] * 201}, "EXCEEDED_ID_LIMIT"),
        ("PATCH", "/Nope/ERP_Number__c", {"records": [record("Nope")]}, "NOT_FOUND"),
        ("POST", "/Contact", {"ids": [ADA] * 2001, "fields": ["Id"]}, "EXCEEDED_ID_LIMIT"),
        ("POST", "/Contact", {"ids": [ADA], "fields": []}, "MALFORMED_QUERY"),
        ("POST", "/Contact", {"ids": [ADA], "fields": ["Nope"]}, "INVALID_FIELD"),
    ],
)
def test_a_malformed_collection_fails_as_a_whole(org: Org, method: str, path: str, body: object, code: str) -> None:
    status, found, _ = org.refusal(method, COLLECTION + path, body)
    assert (status, found) == (404 if code == "NOT_FOUND" else 400, code)
    assert org.query("SELECT COUNT() FROM Contact")["totalSize"] == 4


@pytest.mark.parametrize(
    ("chunks", "status"), [(["Contact", "Account"] * 5, 200), (["Contact", "Account"] * 5 + ["Task"], 400)]
)
def test_ten_changes_of_type_are_the_most(org: Org, chunks: list[str], status: int) -> None:
    named = {"Contact": {"LastName": "x"}, "Account": {"Name": "x"}, "Task": {}}
    records = [record(kind, **named[kind]) for kind in chunks]
    assert org.call("POST", COLLECTION, {"records": records}).status_code == status


@pytest.mark.parametrize("all_or_none", ["true", "false"])
def test_a_deletion_of_several_kinds(org: Org, all_or_none: str) -> None:
    params = {"ids": f"{DEE},{CALL[:15]},{OLD},x,{NOBODY[:15]}", "allOrNone": all_or_none}
    results = org.call("DELETE", COLLECTION, params=params).json()
    good = ROLLED if all_or_none == "true" else ""
    assert codes(results) == [good, good, "ENTITY_IS_DELETED", "MALFORMED_ID", "NOT_FOUND"]
    assert (DEE in org.column("SELECT Id FROM Contact")) == (all_or_none == "true")


def test_a_retrieval_keeps_order_and_repeats_and_shows_parents(org: Org) -> None:
    asked = {"ids": [CLEO, ADA[:15], CLEO, NOBODY, "x", ACME], "fields": ["LastName", "account.name", "LastName"]}
    found = org.call("POST", f"{COLLECTION}/contact", asked).json()
    assert [each and each["LastName"] for each in found] == ["Ono", "Berg", "Ono", None, None, None]
    assert found[1]["Account"]["Name"] == "Acme"
    assert found[0]["attributes"] == {"type": "Contact", "url": f"{DATA}/sobjects/Contact/{CLEO}"}


def step(method: str, path: str, name: str, body: object = None) -> dict[str, object]:
    """One subrequest of a composite."""
    return {"method": method, "url": DATA + path, "referenceId": name, **({} if body is None else {"body": body})}


MAKE = step("POST", "/sobjects/Account", "acc", {"Name": "Fresh"})
COMPOSITES = [
    ([MAKE, step("GET", "/sobjects/Account/@{acc.id}", "get")], [201, 200]),
    ([MAKE, step("PATCH", "/sobjects/Account/@{acc.id}", "up", {"Rating": "Hot"})], [201, 204]),
    ([MAKE, step("DELETE", "/sobjects/Account/@{acc.id}", "del")], [201, 204]),
    ([MAKE, step("POST", "/sobjects/Contact", "con", {"LastName": "of @{acc.id}", "AccountId": "@{acc.id}"})],
     [201, 201]),
    ([MAKE, step("POST", COLLECTION, "all", {"records": [record("Contact", LastName="x", AccountId="@{acc.id}")]})],
     [201, 200]),
    ([step("GET", "/query?q=SELECT+Id+FROM+Account+ORDER+BY+Name", "q"),
      step("GET", "/sobjects/Account/@{q.records[0].Id}", "get")], [200, 200]),
    ([step("GET", "/query?q=SELECT+Id+FROM+Account+WHERE+Id=null", "q"),
      step("GET", "/sobjects/Account/@{q.records[0].Id}", "get")], [200, 400]),
    ([step("GET", "/sobjects/Account/@{later.id}", "get"), MAKE], [400, 201]),
    ([MAKE, step("GET", "/sobjects/Account/@{acc.nothing}", "get")], [201, 400]),
    ([step("GET", "/sobjects/Nope/describe", "no"), step("GET", "/limits/", "yes")], [404, 200]),
    ([step("PUT", "/limits", "no"), step("get", "/limits", "yes")], [405, 200]),
    ([step("PATCH", "/sobjects/Account/ERP_Number__c/A%2D1", "up", {"Rating": "Hot"})], [200]),
    ([step("POST", "/composite", "no", {"compositeRequest": [MAKE]})], [400]),
    ([step("POST", "/composite/batch/", "no", {"batchRequests": []})], [400]),
]  # fmt: skip


@pytest.mark.parametrize(("steps", "expected"), COMPOSITES)
@pytest.mark.parametrize("all_or_none", [False, True])
def test_a_composite_runs_its_steps_in_order(
    org: Org, steps: list[dict[str, Any]], expected: list[int], *, all_or_none: bool
) -> None:
    body = {"allOrNone": all_or_none, "compositeRequest": steps}
    answers = org.call("POST", "/composite", body).json()["compositeResponse"]
    assert [each["referenceId"] for each in answers] == [each["referenceId"] for each in steps]
    assert all(set(each) == {"body", "httpHeaders", "httpStatusCode", "referenceId"} for each in answers)
    failed = any(each >= 400 for each in expected)
    statuses = [each if each >= 400 or not (all_or_none and failed) else 400 for each in expected]
    assert [each["httpStatusCode"] for each in answers] == statuses
    if all_or_none and failed:
        assert org.query("SELECT COUNT() FROM Account")["totalSize"] == 3
        halted = [each for each, status in zip(answers, expected, strict=True) if status < 400]
        assert {each["body"][0]["errorCode"] for each in halted} <= {"PROCESSING_HALTED"}


@pytest.mark.parametrize(
    ("requests", "halt", "statuses", "errors"),
    [
        ([("GET", "v65.0/limits"), ("GET", "/v59.0/limits"), ("GET", f"{DATA}/limits")], False, [200, 200, 200], False),
        ([("GET", "v65.0/nope"), ("GET", "v65.0/limits")], False, [404, 200], True),
        ([("GET", "v65.0/limits"), ("GET", "v65.0/nope"), ("GET", "v65.0/limits")], True, [200, 404, 412], True),
        ([("GET", "v65.0/query?q=SELECT+COUNT()+FROM+Contact"), ("DELETE", "v65.0/limits")], False, [200, 405], True),
    ],
)
def test_a_batch_runs_its_parts_alone(
    org: Org, requests: list[tuple[str, str]], statuses: list[int], *, halt: bool, errors: bool
) -> None:
    parts = [{"method": method, "url": url} for method, url in requests]
    answer = org.call("POST", "/composite/batch", {"haltOnError": halt, "batchRequests": parts}).json()
    assert answer["hasErrors"] is errors
    assert [each["statusCode"] for each in answer["results"]] == statuses
    assert all(set(each) == {"statusCode", "result"} for each in answer["results"])


ERRORS = {"create": ("POST", "/sobjects/Account", {"Name": "x"}),
          "delete": ("DELETE", f"/sobjects/Account/{CRUX}", None),
          "update": ("PATCH", f"/sobjects/Account/{ACME}", {"Rating": "Hot"})}  # fmt: skip


@pytest.mark.parametrize("operation", sorted(ERRORS))
@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({}, "xxxx"),
        ({"times": 2}, "xx.."),
        ({"nth": 3}, "..x."),
        ({"every": 2}, ".x.x"),
        ({"object": "Contact"}, "...."),
    ],
)
def test_a_row_fault_strikes_when_it_is_due(org: Org, operation: str, limits: dict[str, object], expected: str) -> None:
    words = {"statusCode": "UNABLE_TO_LOCK_ROW", "message": f"unable to obtain exclusive access to this record: {BOLT}"}
    org.emulator.settings(record_faults=[{**words, "operation": operation, **limits}])
    method, path, body = ERRORS[operation]
    met = ""
    for _ in range(4):
        answer = org.call(method, path, body)
        struck = answer.status_code == 400
        met += "x" if struck else "."
        if struck:
            error = {"message": words["message"], "errorCode": words["statusCode"], "fields": []}
            assert answer.json() == [error]
        elif operation == "delete":
            path = f"/sobjects/Account/{org.create('Account', Name='again')}"
    assert met == expected


def field_of(org: Org, name: str) -> dict[str, Any] | None:
    """What describe says of a contact's field, if anything."""
    fields = org.call("GET", "/sobjects/Contact/describe").json()["fields"]
    return next((each for each in fields if each["name"] == name), None)


PATHS_TO_A_FIELD = [
    ("GET", "/query?q=SELECT+{}+FROM+Contact", None, "INVALID_FIELD"),
    ("GET", "/query?q=SELECT+Id+FROM+Contact+WHERE+{}=null", None, "INVALID_FIELD"),
    ("GET", "/query?q=SELECT+Id+FROM+Contact+ORDER+BY+{}", None, "INVALID_FIELD"),
    ("GET", "/query?q=SELECT+ReportsTo.{}+FROM+Contact", None, "INVALID_FIELD"),
    ("GET", "/query?q=SELECT+(SELECT+{}+FROM+Contacts)+FROM+Account", None, "INVALID_FIELD"),
    ("GET", f"/sobjects/Contact/{ADA}?fields={{}}", None, "INVALID_FIELD"),
    ("GET", f"{COLLECTION}/Contact?ids={ADA}&fields={{}}", None, "INVALID_FIELD"),
    ("POST", "/sobjects/Contact", {"LastName": "x", "{}": "y"}, "INVALID_FIELD"),
    ("PATCH", f"/sobjects/Contact/{ADA}", {"{}": "y"}, "INVALID_FIELD"),
    ("PATCH", "/sobjects/Contact/{}/x", {}, "NOT_FOUND"),
]


@pytest.mark.parametrize(("method", "path", "body", "code"), PATHS_TO_A_FIELD)
def test_a_field_without_permission_does_not_exist_anywhere(
    org: Org, method: str, path: str, body: dict[str, str] | None, code: str
) -> None:
    metadata = {"label": "P", "type": "Text", "length": 20, "externalId": True}
    body = body and {name.format("Persona__c"): value for name, value in body.items()}
    org.call("POST", "/tooling/sobjects/CustomField", {"FullName": "Contact.Persona__c", "Metadata": metadata})
    assert field_of(org, "Persona__c") is None
    assert "Persona__c" not in org.record("Contact", ADA)
    assert org.refusal(method, path.format("Persona__c"), body)[1] == code
    parent = org.create("PermissionSet", Name="P", Label="P")
    org.create("PermissionSetAssignment", PermissionSetId=parent, AssigneeId=ME)
    rights = {"PermissionsRead": True, "PermissionsEdit": True}
    org.create("FieldPermissions", ParentId=parent, SobjectType="Contact", Field="Contact.Persona__c", **rights)
    assert org.call(method, path.format("Persona__c"), body).status_code in {200, 201, 204, 400}
    granted = field_of(org, "Persona__c")
    assert granted is not None
    assert (granted["externalId"], granted["updateable"]) == (True, True)


@pytest.mark.parametrize("name", ["PermissionSetAssignment", "PermissionSet", "FieldPermissions"])
def test_a_grant_ends_with_any_of_its_three_records(org: Org, name: str) -> None:
    metadata = {"label": "P", "type": "Checkbox", "defaultValue": "true"}
    org.call("POST", "/tooling/sobjects/CustomField", {"FullName": "contact.Known__c", "Metadata": metadata})
    made = {"PermissionSet": org.create("PermissionSet", Name="P", Label="P")}
    made["PermissionSetAssignment"] = org.create(
        "PermissionSetAssignment", PermissionSetId=made["PermissionSet"], AssigneeId=ME
    )
    made["FieldPermissions"] = org.create(
        "FieldPermissions", ParentId=made["PermissionSet"], SobjectType="Contact", Field="Contact.Known__c",
        PermissionsRead=True,
    )  # fmt: skip
    known = field_of(org, "Known__c")
    assert known is not None
    assert (known["defaultValue"], known["updateable"]) == (True, False)
    assert org.call("DELETE", f"/sobjects/{name}/{made[name]}").status_code == 204
    assert field_of(org, "Known__c") is None


@pytest.mark.parametrize(
    ("full_name", "metadata", "code"),
    [
        ("task.X__c", {"type": "Text", "length": 5}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
        ("activity.X__c", {"type": "Text", "length": 5, "required": True}, "FIELD_INTEGRITY_EXCEPTION"),
        (
            "Contact.X__c",
            {"type": "Lookup", "referenceTo": "Nope", "relationshipName": "X"},
            "FIELD_INTEGRITY_EXCEPTION",
        ),
        ("Contact.X__c", {"type": "Lookup", "referenceTo": "Account"}, "FIELD_INTEGRITY_EXCEPTION"),
        ("Contact.X__c", {"type": "Number", "precision": 19, "scale": 0}, "JSON_PARSER_ERROR"),
        ("Contact.X__c", {"type": "LongTextArea", "length": 131073, "visibleLines": 3}, "JSON_PARSER_ERROR"),
        ("Contact.X__c", {"type": "Picklist", "valueSet": {"valueSetDefinition": {"value": [5]}}}, "JSON_PARSER_ERROR"),
        ("Contact.X__c", {"type": "Picklist", "valueSet": {"valueSetDefinition": []}}, "JSON_PARSER_ERROR"),
        ("contact.nps__C", {"type": "Text", "length": 5}, "DUPLICATE_DEVELOPER_NAME"),
    ],
)
def test_a_field_that_cannot_be_made_changes_nothing(
    org: Org, full_name: str, metadata: dict[str, object], code: str
) -> None:
    body = {"FullName": full_name, "Metadata": {"label": "X", **metadata}}
    assert org.refusal("POST", "/tooling/sobjects/CustomField", body)[:2] == (400, code)
    assert org.query("SELECT COUNT() FROM CustomField", "tooling/query")["totalSize"] == 4


def test_a_lookup_made_by_tooling_joins_both_ways(org: Org) -> None:
    metadata = {"label": "Coach", "type": "Lookup", "referenceTo": "Contact", "relationshipName": "Pupils"}
    required = {"label": "Kind", "type": "Text", "length": 9, "required": False}
    for name, described in (("contact.Coach__c", metadata), ("Contact.Kind__c", required)):
        org.call("POST", "/tooling/sobjects/CustomField", {"FullName": name, "Metadata": described})
    parent = org.create("PermissionSet", Name="P", Label="P")
    org.create("PermissionSetAssignment", PermissionSetId=parent, AssigneeId=ME)
    rights = {"PermissionsRead": True, "PermissionsEdit": True}
    org.create("FieldPermissions", ParentId=parent, SobjectType="Contact", Field="Contact.Coach__c", **rights)
    assert org.call("PATCH", f"/sobjects/Contact/{BEN}", {"Coach__c": ADA}).status_code == 204
    assert org.column("SELECT LastName FROM Contact WHERE Coach__r.LastName = 'Berg'") == ["Iyer"]
    soql = "SELECT LastName, (SELECT LastName FROM Pupils__r) FROM Contact WHERE Title = 'CFO' ORDER BY LastName"
    pupils = {each["LastName"]: each["Pupils__r"] for each in org.query(soql)["records"]}
    assert (pupils["Berg"]["totalSize"], pupils["Ono"]) == (1, None)


FAULTS = [
    ({"action": "status", "status": 401, "body": [{"errorCode": "INVALID_SESSION_ID", "message": "x"}]}, 401, "json"),
    ({"action": "status", "status": 503}, 503, "json"),
    ({"action": "html", "status": 502, "body": "<p>gateway</p>"}, 502, "html"),
    ({"action": "status", "status": 420, "vendor": "salesforce", "method": "get"}, 420, "json"),
    ({"action": "hang", "seconds": 0}, 200, "json"),
]


@pytest.mark.parametrize(("rule", "status", "kind"), FAULTS)
def test_a_fault_answers_as_it_was_told_and_once(org: Org, rule: dict[str, object], status: int, kind: str) -> None:
    org.emulator.fault(**rule, path="/limits$", times=1)
    answer = org.call("GET", "/limits")
    assert (answer.status_code, kind in answer.headers["Content-Type"]) == (status, True)
    assert org.call("GET", "/limits").status_code == 200
    assert [each["struck"] for each in org.emulator.control("GET", "faults")] == [1]
    [first, second] = org.emulator.control("GET", "requests", last="2")["last"]
    assert (first["fault"], first["status"], second["fault"]) == (rule["action"], status, "")


def test_the_first_fault_that_is_due_decides_and_control_is_never_struck(org: Org) -> None:
    org.emulator.control("POST", "faults", [{"action": "status", "status": code, "times": 1} for code in (500, 502)])
    assert [org.call("GET", "/limits").status_code for _ in "abc"] == [500, 502, 200]
    org.emulator.fault(action="status", status=500)
    assert org.emulator.control("GET", "clock")["frozen"] is True
    org.emulator.control("POST", "reset")
    assert org.emulator.control("GET", "faults") == []


def test_the_settings_of_the_org_are_shown_and_come_back_with_a_seed(org: Org) -> None:
    org.emulator.settings(daily_limit=5, unordered=True, hidden_fields=["Contact.Title"])
    shown = org.emulator.control("GET", "limits")["salesforce"]
    assert (shown["daily_limit"], shown["unordered"], shown["hidden_fields"]) == (5, True, ["Contact.Title"])
    org.emulator.control("POST", "seed", {"salesforce": {}})
    shown = org.emulator.control("GET", "limits")["salesforce"]
    assert (shown["daily_limit"], shown["unordered"], shown["hidden_fields"]) == (100_000, False, [])
