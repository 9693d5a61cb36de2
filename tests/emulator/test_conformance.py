"""What the wire contract says of logins, records, describe, windows, ids and limits, one row for each fact."""

import base64

import pytest

from tests.emulator import library as lib
from tests.emulator.org import (
    ACME,
    ADA,
    BEN,
    BOLT,
    CALL,
    CRUX,
    DATA,
    DEAL,
    DEE,
    GONE,
    MEET,
    NOW,
    OLD,
    OWNER,
    STAMP,
    Org,
)

pytestmark = pytest.mark.emulator
TOKEN = "/services/oauth2/token"
GONE_FOR_GOOD = "0035g000001NopaAAA"


def keys(org: Org) -> dict[str, str]:
    """The announced credentials of the org."""
    return dict(org.emulator.announced["salesforce"])


@pytest.mark.parametrize(
    ("form", "status", "error", "description"),
    [
        ({}, 400, "unsupported_grant_type", "grant type not supported"),
        ({"grant_type": "client_credentials"}, 400, "invalid_client_id", "client identifier invalid"),
        ({"grant_type": "client_credentials", "client_id": "+"}, 400, "invalid_client", "invalid client credentials"),
        ({"grant_type": "refresh_token", "client_id": "+", "client_secret": "+"}, 400, "invalid_grant",
         "expired access/refresh token"),
        ({"grant_type": "password", "client_id": "+", "client_secret": "+", "username": "x", "password": "y"}, 400,
         "invalid_grant", "authentication failure"),
        ({"grant_type": "password", "client_id": "+", "client_secret": "no"}, 400, "invalid_client",
         "invalid client credentials"),
        ({"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer"}, 400, "invalid_grant", "invalid assertion"),
        ({"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": "a.b.c"}, 400, "invalid_grant",
         "invalid assertion"),
    ],
)  # fmt: skip
def test_a_refused_grant_says_why(
    library: Org, form: dict[str, str], status: int, error: str, description: str
) -> None:
    filled = {name: keys(library)[name] if value == "+" else value for name, value in form.items()}
    answer = library.post_form(TOKEN, filled)
    assert answer.status_code == status
    assert answer.json() == {"error": error, "error_description": description}


def test_a_token_answer_has_the_documented_values(library: Org) -> None:
    pair = (keys(library)["client_id"], keys(library)["client_secret"])
    answer = library.post_form(f"/_.salesforce.com{TOKEN}", {"grant_type": "client_credentials"}, auth=pair).json()
    assert answer["access_token"].startswith("00D")
    assert "!AQ" in answer["access_token"]
    assert (answer["token_type"], answer["instance_url"]) == ("Bearer", keys(library)["http"])
    assert "/id/00D" in answer["id"]
    assert len(base64.b64decode(answer["signature"])) == 32
    assert {"refresh_token", "expires_in"}.isdisjoint(answer)


def test_somebody_who_is_not_active_gets_no_token(org: Org) -> None:
    org.emulator.control(
        "POST",
        "seed",
        {"salesforce": {"records": {"User": [{"LastName": "I", "Username": "integration@x", "IsActive": False}]}}},
    )
    pair = (keys(org)["client_id"], keys(org)["client_secret"])
    answer = org.post_form(TOKEN, {"grant_type": "client_credentials"}, auth=pair)
    assert (answer.status_code, answer.json()["error"]) == (400, "inactive_user")


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer 00Dxx!nothing"},
        {"Authorization": "Basic YTpi"},
        {"Authorization": "", "X-SFDC-Session": "00Dxx!nothing"},
    ],
)
def test_a_call_without_a_living_session_is_401_with_usage(library: Org, headers: dict[str, str]) -> None:
    answer = library.call("GET", "/limits", headers=headers)
    assert answer.status_code == 401
    assert answer.json() == [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]


@pytest.mark.parametrize("scheme", ["Bearer {}", "bearer {}", "OAuth {}"])
def test_the_scheme_of_a_token_has_no_case(library: Org, scheme: str) -> None:
    token = library.headers["Authorization"].removeprefix("Bearer ")
    assert library.call("GET", "/limits", headers={"Authorization": scheme.format(token)}).status_code == 200
    bulk_style = {"Authorization": "", "X-SFDC-Session": token}
    assert library.call("GET", "/limits", headers=bulk_style).status_code == 200


def test_the_time_out_of_sessions_can_be_shortened(org: Org) -> None:
    org.emulator.settings(session_timeout_seconds=60)
    org.emulator.control("POST", "clock", {"advance": 60})
    assert org.call("GET", "/limits").status_code == 200
    org.emulator.control("POST", "clock", {"advance": 61})
    assert org.refusal("GET", "/limits")[1] == "INVALID_SESSION_ID"


@pytest.mark.parametrize(
    ("path", "name", "kind"),
    [
        ("/limits", "DailyApiRequests", dict),
        ("", "sobjects", str),
        ("/sobjects", "sobjects", list),
        ("/sobjects/Contact", "objectDescribe", dict),
        ("/query?q=SELECT+Id+FROM+Contact", "records", list),
        ("/query/?q=SELECT+Id+FROM+Contact", "records", list),
        ("/QueryAll/?q=SELECT+Id+FROM+Contact", "records", list),
        ("/tooling/query?q=SELECT+Id+FROM+CustomField", "size", int),
        ("/tooling/sobjects", "sobjects", list),
        ("/tooling/sobjects/CustomField/describe/", "fields", list),
    ],
)
def test_every_answer_tells_the_usage(library: Org, path: str, name: str, kind: type) -> None:
    answer = library.call("GET", path)
    assert isinstance(answer.json()[name], kind)
    assert answer.headers["Content-Type"] == "application/json;charset=UTF-8"
    used, _, most = answer.headers["Sforce-Limit-Info"].removeprefix("api-usage=").partition("/")
    assert (used.isdigit(), most) == (True, "100000")


def test_refusals_tell_the_usage_too_and_spend_a_call(org: Org) -> None:
    org.emulator.settings(daily_used=7)
    assert org.call("GET", "/query?q=x").headers["Sforce-Limit-Info"] == "api-usage=8/100000"
    assert org.call("GET", "/sobjects/Contact/x").headers["Sforce-Limit-Info"] == "api-usage=9/100000"
    batch = {"batchRequests": [{"method": "GET", "url": "v65.0/limits"}] * 3}
    assert org.call("POST", "/composite/batch", batch).headers["Sforce-Limit-Info"] == "api-usage=10/100000"


REFUSALS: list[tuple[str, str, object, int, str, str]] = [
    ("GET", "/sobjects/Contact/x", None, 400, "MALFORMED_ID", "Contact ID: id value of incorrect type: x"),
    ("GET", f"/sobjects/Contact/{GONE_FOR_GOOD[:15]}", None, 404, "NOT_FOUND", "The requested resource does not exist"),
    ("PATCH", f"/sobjects/Contact/{GONE_FOR_GOOD[:15]}", {}, 404, "NOT_FOUND", "The requested resource does not exist"),
    ("DELETE", f"/sobjects/Contact/{GONE_FOR_GOOD[:15]}", None, 404, "NOT_FOUND",
     "The requested resource does not exist"),
    ("DELETE", f"/sobjects/Contact/{OLD}", None, 404, "ENTITY_IS_DELETED", "entity is deleted"),
    ("GET", f"/sobjects/Contact/{OLD[:15]}", None, 404, "ENTITY_IS_DELETED", "entity is deleted"),
    ("GET", f"/sobjects/Nope/{ADA}", None, 404, "NOT_FOUND", "The requested resource does not exist"),
    ("GET", f"/sobjects/Contact/{ADA}?fields=Nope", None, 400, "INVALID_FIELD",
     "No such column 'Nope' on sobject of type Contact"),
    ("PUT", "/sobjects/Contact", {}, 405, "METHOD_NOT_ALLOWED",
     "HTTP Method 'PUT' not allowed. Allowed are GET,HEAD,POST"),
    ("POST", f"/sobjects/Contact/{ADA}", {}, 405, "METHOD_NOT_ALLOWED",
     "HTTP Method 'POST' not allowed. Allowed are GET,HEAD,PATCH,DELETE"),
    ("POST", "/limits", {}, 405, "METHOD_NOT_ALLOWED", "HTTP Method 'POST' not allowed. Allowed are GET,HEAD"),
    ("POST", "/sobjects/Contact", {"Id": ADA, "LastName": "x"}, 400, "INVALID_FIELD_FOR_INSERT_UPDATE",
     "cannot specify Id in an insert call"),
    ("POST", "/sobjects/Contact", {}, 400, "REQUIRED_FIELD_MISSING", "Required fields are missing: [LastName]"),
    ("POST", "/sobjects/Opportunity", {"Name": "x"}, 400, "REQUIRED_FIELD_MISSING",
     "Required fields are missing: [StageName, CloseDate]"),
    ("POST", "/sobjects/Event", {"Subject": "x"}, 400, "REQUIRED_FIELD_MISSING",
     "Required fields are missing: [StartDateTime]"),
    ("POST", "/sobjects/TaskStatus", {"MasterLabel": "x"}, 400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
     "entity type TaskStatus is not insertable"),
    ("PATCH", f"/sobjects/Contact/{ADA}", {"LastName": ""}, 400, "REQUIRED_FIELD_MISSING",
     "Required fields are missing: [LastName]"),
    ("PATCH", f"/sobjects/Contact/{ADA}", {"LastName": "x" * 81}, 400, "STRING_TOO_LONG",
     f"LastName: data value too large: {'x' * 81} (max length=80)"),
    ("PATCH", f"/sobjects/Contact/{ADA}", {"Email": "a b@c.d"}, 400, "INVALID_EMAIL_ADDRESS",
     "Email: invalid email address: a b@c.d"),
    ("PATCH", f"/sobjects/Contact/{ADA}", {"Topics__c": "Weather"}, 400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
     "Topics: bad value for restricted picklist field: Weather"),
    ("PATCH", f"/sobjects/Contact/{ADA}", {"NPS__c": -1000}, 400, "NUMBER_OUTSIDE_VALID_RANGE",
     "NPS: value outside of valid range on numeric field: -1000"),
    ("PATCH", f"/sobjects/Contact/{ADA}", {"AccountId": "12"}, 400, "MALFORMED_ID",
     "Account ID: id value of incorrect type: 12"),
    ("PATCH", f"/sobjects/Contact/{ADA}", {"AccountId": BEN}, 400, "FIELD_INTEGRITY_EXCEPTION",
     f"AccountId ID: id value of incorrect type: {BEN}"),
    ("PATCH", f"/sobjects/Contact/{ADA}", {"ReportsToId": GONE_FOR_GOOD[:15]}, 400, "INVALID_CROSS_REFERENCE_KEY",
     "invalid cross reference id"),
    ("PATCH", f"/sobjects/Contact/{ADA}", {"ReportsToId": OLD}, 400, "ENTITY_IS_DELETED", "entity is deleted"),
    ("PATCH", f"/sobjects/Contact/{ADA}", {"OwnerId": GONE}, 400, "INACTIVE_OWNER_OR_USER",
     "operation performed with inactive user [0055g000001CcCc] as owner of contact"),
    ("PATCH", f"/sobjects/Contact/{ADA}", {"CreatedDate": NOW}, 400, "INVALID_FIELD_FOR_INSERT_UPDATE",
     "Unable to create/update fields: CreatedDate. Please check the security settings of this field and verify that it"
     " is read/write for your profile or permission set."),
    ("PATCH", f"/sobjects/Contact/{ADA}", {"Nope": 1}, 400, "INVALID_FIELD",
     "No such column 'Nope' on sobject of type Contact"),
    ("PATCH", f"/sobjects/Account/{ACME}", {"NumberOfEmployees": "nan"}, 400, "JSON_PARSER_ERROR",
     "Cannot deserialize instance of int from VALUE_STRING value nan or request may be missing a required field at"
     " [line:1, column:1]"),
    ("PATCH", f"/sobjects/Account/{ACME}", {"NumberOfEmployees": True}, 400, "JSON_PARSER_ERROR",
     "Cannot deserialize instance of int from VALUE_BOOLEAN value True or request may be missing a required field at"
     " [line:1, column:1]"),
    ("PATCH", f"/sobjects/Task/{CALL}", {"TaskSubtype": "Email"}, 400, "INVALID_FIELD_FOR_INSERT_UPDATE",
     "Unable to create/update fields: TaskSubtype. Please check the security settings of this field and verify that it"
     " is read/write for your profile or permission set."),
    ("POST", "/sobjects/Task", {"TaskSubtype": "Fax"}, 400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
     "TaskSubtype: bad value for restricted picklist field: Fax"),
    ("POST", "/sobjects/User", {"Username": "OLGA@acme.example", "LastName": "x", "Email": "x@y.z"}, 400,
     "DUPLICATE_VALUE", f"duplicate value found: Username duplicates value on record with id: {OWNER[:15]}"),
    ("PATCH", "/sobjects/Contact/Id/short", {}, 400, "MALFORMED_ID", "Contact ID: id value of incorrect type: short"),
    ("PATCH", "/sobjects/Account/Name/Acme", {}, 404, "NOT_FOUND",
     "Provided external ID field does not exist or is not accessible: Name"),
    ("GET", "/sobjects/Account/ERP_Number__c/none", None, 404, "NOT_FOUND", "The requested resource does not exist"),
    ("DELETE", "/sobjects/Account/ERP_Number__c/none", None, 404, "NOT_FOUND",
     "The requested resource does not exist"),
    ("PATCH", "/sobjects/Account/ERP_Number__c/A-1", {"erp_number__C": "A-1"}, 400, "INVALID_FIELD",
     "The ERP_Number__c field should not be specified in the sobject data."),
    ("GET", "/query/01g000000000000AAA-200", None, 400, "INVALID_QUERY_LOCATOR", "invalid query locator"),
    ("GET", "/query/nonsense", None, 400, "INVALID_QUERY_LOCATOR", "invalid query locator"),
    ("GET", "/sobjects/Contact/updated?start=2026-03-02T08:00:00Z&end=2026-03-02T08:00:59Z", None, 400,
     "INVALID_REPLICATION_DATE", "startDate must be at least one minute before endDate"),
    ("GET", "/sobjects/Contact/deleted?start=2026-01-30T08:00:00Z&end=2026-03-02T08:00:00Z", None, 400,
     "INVALID_REPLICATION_DATE", "startDate before org's replication availability: 30 days"),
    ("GET", "/sobjects/Contact/deleted?start=2026-03-01T00:00:00+00:00&end=x", None, 400, "INVALID_REPLICATION_DATE",
     "startDate must be at least one minute before endDate"),
    ("GET", "/composite/sobjects/Contact?ids=x", None, 400, "MALFORMED_QUERY", "The fields parameter is required"),
    ("GET", "/composite/sobjects/Nope?ids=x&fields=Id", None, 404, "NOT_FOUND",
     "The requested resource does not exist"),
    ("POST", "/composite", {"compositeRequest": []}, 400, "INVALID_INPUT", "At least one subrequest is required"),
    ("POST", "/composite", {"compositeRequest": [{"method": "GET", "url": "/x"}]}, 400, "INVALID_INPUT",
     "A subrequest needs a referenceId"),
    ("POST", "/composite", {"compositeRequest": [{"method": "GET", "url": "/x", "referenceId": "a"}] * 2}, 400,
     "INVALID_INPUT", "The referenceId of a subrequest must be unique"),
    ("POST", "/composite/batch", {"batchRequests": [{"method": "GET"}]}, 400, "INVALID_INPUT",
     "A subrequest needs a method and a url"),
    ("POST", "/composite/sobjects", {"records": []}, 400, "REQUIRED_FIELD_MISSING",
     "At least one record is required"),
    ("DELETE", "/composite/sobjects", None, 400, "REQUIRED_FIELD_MISSING", "At least one record is required"),
    ("PATCH", "/composite/sobjects/Account/Name", {"records": [{"attributes": {"type": "Account"}}]}, 404, "NOT_FOUND",
     "Provided external ID field does not exist or is not accessible: Name"),
]  # fmt: skip


@pytest.mark.parametrize("row", REFUSALS, ids=lambda row: f"{row[0]} {row[1][:40]} {row[4]}")
def test_a_refusal_has_its_status_code_and_words(org: Org, row: tuple[str, str, object, int, str, str]) -> None:
    method, path, body, *told = row
    assert [*org.refusal(method, path, body)] == told


ACCEPTED = [
    ("Contact", {"LastName": "x", "Birthdate": "2026-01-31"}, {"Birthdate": "2026-01-31"}),
    ("Contact", {"LastName": "x", "Birthdate": "2026-01-31T23:00:00Z"}, {"Birthdate": "2026-01-31"}),
    ("Contact", {"LastName": "x", "EmailBouncedDate": "2026-01-31T23:00:00.123+02:00"},
     {"EmailBouncedDate": "2026-01-31T21:00:00.000+0000", "IsEmailBounced": True}),
    ("Contact", {"LastName": "x", "EmailBouncedDate": "2026-01-31"},
     {"EmailBouncedDate": "2026-01-31T00:00:00.000+0000"}),
    ("Contact", {"lastname": "x", "FIRSTNAME": "y"}, {"Name": "y x"}),
    ("Contact", {"LastName": "x", "NPS__c": "7"}, {"NPS__c": 7.0}),
    ("Contact", {"LastName": "x", "NPS__c": 6.6}, {"NPS__c": 7.0}),
    ("Contact", {"LastName": "x", "DoNotCall": "TRUE"}, {"DoNotCall": True}),
    ("Contact", {"LastName": "x", "DoNotCall": None}, {"DoNotCall": False}),
    ("Contact", {"LastName": "x", "Title": ""}, {"Title": None}),
    ("Contact", {"LastName": "x", "Title": 5}, {"Title": "5"}),
    ("Contact", {"LastName": "x", "Topics__c": "support;Price; "}, {"Topics__c": "Price;Support"}),
    ("Contact", {"LastName": "x", "LeadSource": "web"}, {"LeadSource": "Web"}),
    ("Contact", {"LastName": "x", "LeadSource": "Fair"}, {"LeadSource": "Fair"}),
    ("Contact", {"LastName": "x", "AccountId": ACME.lower()}, {"AccountId": ACME}),
    ("Contact", {"LastName": "x", "Account": {"erp_number__c": "a-1"}}, {"AccountId": ACME}),
    ("Contact", {"LastName": "é😀" * 40}, {"LastName": "é😀" * 40}),
    ("Task", {}, {"Status": "Not Started", "Priority": "Normal", "IsClosed": False, "TaskSubtype": "Task"}),
    ("Task", {"WhatId": DEAL}, {"AccountId": ACME, "WhatCount": 1, "WhoCount": 0}),
    ("Task", {"WhoId": DEE}, {"AccountId": None, "WhoCount": 1}),
    ("Task", {"Status": "Completed", "Rapport_Key__c": "k"}, {"CompletedDateTime": STAMP, "Rapport_Key__c": "k"}),
    ("Event", {"StartDateTime": "2026-03-03T09:00:00Z", "EndDateTime": "2026-03-03T10:30:00Z"},
     {"DurationInMinutes": 90, "ActivityDate": "2026-03-03", "ActivityDateTime": "2026-03-03T09:00:00.000+0000"}),
    ("Opportunity", {"Name": "x", "StageName": "Closed Lost", "CloseDate": "2026-03-03"},
     {"IsClosed": True, "IsWon": False, "Probability": 0.0, "ForecastCategory": "Omitted"}),
    ("Case", {"Subject": "x", "Status": "Closed"}, {"IsClosed": True, "ClosedDate": STAMP, "Priority": "Medium"}),
    ("Lead", {"LastName": "x", "Company": "y"}, {"Status": "Open - Not Contacted", "IsConverted": False}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "given", "kept"), ACCEPTED)
def test_a_value_is_kept_in_one_form(org: Org, name: str, given: dict[str, object], kept: dict[str, object]) -> None:
    record = org.record(name, org.create(name, **given))
    assert {field: record[field] for field in kept} == kept


@pytest.mark.parametrize(
    ("changes", "end", "minutes"),
    [
        ({"DurationInMinutes": 60}, "11:00", 60),
        ({"StartDateTime": "2026-02-25T14:00:00Z"}, "14:45", 45),
        ({"EndDateTime": "2026-02-25T12:00:00Z"}, "12:00", 120),
        ({"StartDateTime": "2026-02-25T09:00:00Z", "EndDateTime": "2026-02-25T09:30:00Z"}, "09:30", 30),
        ({"Subject": "Meet again"}, "10:45", 45),
    ],
)
def test_an_event_that_is_moved_keeps_its_length(org: Org, changes: dict[str, object], end: str, minutes: int) -> None:
    assert org.call("PATCH", f"/sobjects/Event/{MEET}", changes).status_code == 204
    event = org.record("Event", MEET)
    assert event["EndDateTime"] == f"2026-02-25T{end}:00.000+0000"
    assert event["DurationInMinutes"] == minutes


@pytest.mark.parametrize(
    ("path", "created"),
    [("Contact/Id/" + ADA, False), ("Contact/id/" + ADA[:15], False), ("Account/erp_number__c/a-1", False),
     ("Account/ERP_Number__c/New%20one", True), ("Task/Rapport_Key__c/k%2F1", True)],
)  # fmt: skip
def test_an_upsert_says_whether_it_created(org: Org, path: str, created: bool) -> None:
    answer = org.call("PATCH", f"/sobjects/{path}", {} if not created or "Task" in path else {"Name": "New"})
    body = answer.json()
    assert (answer.status_code, body["created"]) == (201 if created else 200, created)
    assert (body["success"], body["errors"], len(body["id"])) == (True, [], 18)


def test_an_upsert_with_an_id_creates_nothing(org: Org) -> None:
    refused = org.refusal("PATCH", f"/sobjects/Contact/Id/{GONE_FOR_GOOD[:15]}", {"LastName": "x"})
    assert refused[:2] == (404, "NOT_FOUND")


def test_a_numeric_external_id_is_found_by_its_number(org: Org) -> None:
    org.emulator.control("POST", "seed", lib.LIBRARY)
    org.login()
    for value in ("10", "10.0", "010"):
        answer = org.call("PATCH", f"/sobjects/Account/ERP__c/{value}", {"Rating": "Hot"})
        assert (answer.status_code, answer.json()["created"]) == (200, False)
    made = org.call("PATCH", "/sobjects/Account/ERP__c/0", {"Name": "Zero"})
    assert made.status_code == 201
    again = org.call("PATCH", "/sobjects/Account/ERP__c/0", {"Name": "Nought"})
    assert (again.status_code, again.json()["id"]) == (200, made.json()["id"])
    assert org.refusal("PATCH", "/sobjects/Account/ERP__c/ten", {})[:2] == (400, "JSON_PARSER_ERROR")


def test_a_deleted_record_no_longer_holds_its_external_id(org: Org) -> None:
    org.call("DELETE", f"/sobjects/Account/{ACME}")
    answer = org.call("PATCH", "/sobjects/Account/ERP_Number__c/A-1", {"Name": "Acme again"})
    assert (answer.status_code, answer.json()["created"]) == (201, True)


@pytest.mark.parametrize("verb", ["GET", "PATCH", "DELETE"])
def test_an_ambiguous_external_id_lists_the_records(org: Org, verb: str) -> None:
    org.call("PATCH", f"/sobjects/Account/{CRUX}", {"ERP_Number__c": "a-1"})
    answer = org.call(verb, "/sobjects/Account/ERP_Number__c/A-1", {})
    assert answer.status_code == 300
    assert sorted(answer.json()) == sorted(f"{DATA}/sobjects/Account/{each}" for each in (ACME, CRUX))


@pytest.mark.parametrize("given", [ADA, ADA[:15], ADA.lower(), ADA.upper()])
def test_an_id_may_come_in_15_characters_or_in_18_of_any_case(org: Org, given: str) -> None:
    assert org.record("Contact", given)["Id"] == ADA
    assert org.column(f"SELECT Id FROM Contact WHERE Id = '{given}'") == [ADA]


def test_fifteen_characters_in_another_case_are_another_id(org: Org) -> None:
    assert org.refusal("GET", f"/sobjects/Contact/{ADA[:15].swapcase()}")[:2] == (404, "NOT_FOUND")
    assert org.refusal("GET", f"/sobjects/Contact/{ADA[:15]}ZZZ")[:2] == (400, "MALFORMED_ID")


FIELD_FACTS = [
    ("Contact", "Id", {"type": "id", "nillable": False, "createable": False, "updateable": False, "idLookup": True}),
    ("Contact", "AccountId", {"type": "reference", "referenceTo": ["Account"], "relationshipName": "Account"}),
    ("Contact", "Email", {"type": "email", "length": 80, "nillable": True, "soapType": "xsd:string"}),
    ("Contact", "DoNotCall", {"type": "boolean", "defaultedOnCreate": True, "defaultValue": False, "nillable": False}),
    ("Contact", "Name", {"nameField": True, "createable": False, "permissionable": False}),
    ("Contact", "OwnerId", {"permissionable": False, "defaultedOnCreate": True}),
    ("Contact", "Description", {"type": "textarea", "filterable": False, "sortable": False, "groupable": False}),
    ("Contact", "Topics__c", {"type": "multipicklist", "custom": True, "sortable": False, "aggregatable": False}),
    ("Contact", "NPS__c", {"type": "double", "precision": 3, "scale": 0, "groupable": False, "sortable": True}),
    ("Contact", "CreatedDate", {"type": "datetime", "groupable": False, "soapType": "xsd:dateTime"}),
    ("Contact", "Birthdate", {"type": "date", "groupable": True, "soapType": "xsd:date"}),
    ("Account", "ERP_Number__c", {"externalId": True, "idLookup": True, "unique": False, "length": 20}),
    ("Account", "NumberOfEmployees", {"type": "int", "digits": 9, "soapType": "xsd:int"}),
    ("Account", "AnnualRevenue", {"type": "currency", "precision": 18, "soapType": "xsd:double"}),
    ("Task", "WhatId", {"referenceTo": ["Account", "Opportunity", "Campaign", "Case"], "polymorphicForeignKey": True}),
    ("Task", "OwnerId", {"referenceTo": ["Group", "User"], "namePointing": True}),
    ("Task", "TaskSubtype", {"restrictedPicklist": True, "createable": True, "updateable": False}),
    ("Task", "IsClosed", {"createable": False, "updateable": False}),
    ("Task", "Rapport_Key__c", {"externalId": True, "custom": True, "length": 80}),
    ("Event", "Rapport_Key__c", {"externalId": True}),
    ("User", "Username", {"unique": True, "idLookup": True, "externalId": False}),
    ("OpportunityContactRole", "OpportunityId", {"nillable": False, "updateable": False}),
    ("FieldPermissions", "Field", {"type": "picklist", "updateable": False}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "field", "facts"), FIELD_FACTS)
def test_describe_tells_a_fact_of_a_field(org: Org, name: str, field: str, facts: dict[str, object]) -> None:
    fields = {each["name"]: each for each in org.call("GET", f"/sobjects/{name}/describe").json()["fields"]}
    assert {key: fields[field][key] for key in facts} == facts


def test_every_object_is_described_in_one_shape(library: Org) -> None:
    listed = library.call("GET", "/sobjects").json()["sobjects"]
    shapes = set()
    for summary in listed:
        full = library.call("GET", f"/sobjects/{summary['name']}/describe").json()
        assert {name: full[name] for name in summary} == summary
        names = [each["relationshipName"] for each in full["childRelationships"] if each["relationshipName"]]
        assert len(names) == len(set(names)), summary["name"]
        assert len({each["name"].lower() for each in full["fields"]}) == len(full["fields"])
        shapes |= {tuple(each) for each in full["fields"]}
    assert len(shapes) == 1


def test_every_field_that_describe_calls_sortable_or_groupable_is(library: Org) -> None:
    for name in ("Contact", "Task", "Opportunity"):
        for field in library.call("GET", f"/sobjects/{name}/describe").json()["fields"]:
            for clause, able in (("ORDER BY", field["sortable"]), ("GROUP BY", field["groupable"])):
                select = "Id" if clause == "ORDER BY" else "COUNT(Id)"
                soql = f"SELECT {select} FROM {name} {clause} {field['name']}"
                assert library.call("GET", "/query", params={"q": soql}).ok == able, soql


@pytest.mark.parametrize(
    ("asked", "first"),
    [("batchSize=0", 200), ("batchSize=199", 200), ("batchSize=201", 201), ("BATCHSIZE = 250", 250), ("x=1", 700),
     ("batchSize=2001", 700), ("batchSize=-5", 700), ("batchSize=many", 700), ("a=b, batchSize=300", 300)],
)  # fmt: skip
def test_the_page_size_is_clamped_and_kept(org: Org, asked: str, first: int) -> None:
    accounts = [{"Name": f"A{number:03}"} for number in range(700)]
    org.emulator.control("POST", "seed", {"salesforce": {"records": {"Account": accounts}}})
    org.login()
    page = org.query("SELECT Name FROM Account ORDER BY Name", **{"Sforce-Query-Options": asked})
    assert (len(page["records"]), page["done"], page["totalSize"]) == (first, first == 700, 700)
    if page["done"]:
        return
    assert page["nextRecordsUrl"].endswith(f"-{first}")
    more = org.call(
        "GET", page["nextRecordsUrl"].removeprefix(DATA), headers={"Sforce-Query-Options": "batchSize=2000"}
    )
    assert len(more.json()["records"]) == min(first, 700 - first)
    assert more.json()["records"][0]["Name"] == f"A{first:03}"


def test_a_locator_keeps_what_it_found_when_records_change(org: Org) -> None:
    org.emulator.settings(page_size=2)
    page = org.query("SELECT LastName FROM Contact ORDER BY LastName")
    org.call("PATCH", f"/sobjects/Contact/{DEE}", {"LastName": "Aaa"})
    org.call("DELETE", f"/sobjects/Contact/{ADA}")
    rest = org.call("GET", page["nextRecordsUrl"].removeprefix(DATA)).json()
    assert [each["LastName"] for each in rest["records"]] == ["Ono", "Zed"]
    assert (rest["totalSize"], rest["done"]) == (4, True)


@pytest.mark.parametrize(("age", "alive"), [(172_800, True), (172_801, False)])
def test_a_locator_lives_two_days(org: Org, age: int, alive: bool) -> None:
    org.emulator.settings(page_size=2)
    path = org.query("SELECT Id FROM Contact")["nextRecordsUrl"].removeprefix(DATA)
    org.emulator.control("POST", "clock", {"advance": age})
    org.login()
    assert org.call("GET", path).status_code == (200 if alive else 400)


WINDOW = {"start": "2026-03-02T09:00:00Z", "end": "2026-03-02T09:30:00Z"}


@pytest.mark.parametrize(
    ("asked", "updated", "deleted"),
    [
        (("PATCH", f"/sobjects/Contact/{ADA}", {"Title": "x"}), [ADA], []),
        (("DELETE", f"/sobjects/Contact/{BEN}", None), [], [BEN]),
        (("PATCH", f"/sobjects/Contact/{ADA}", {"Nope": "x"}), [], []),
        (("GET", f"/sobjects/Contact/{ADA}", None), [], []),
        (("DELETE", f"/sobjects/Account/{BOLT}", None), [], ["0035g000001CleoAAC"]),
    ],
)
def test_a_window_holds_what_happened_in_it(
    org: Org, asked: tuple[str, str, object], updated: list[str], deleted: list[str]
) -> None:
    org.emulator.control("POST", "clock", {"advance": 60})
    org.call(*asked)
    org.emulator.control("POST", "clock", {"advance": 3600})
    span = {"start": "2026-03-02T09:01:30Z", "end": "2026-03-02T09:02:59Z"}
    changed, gone = (
        org.call("GET", f"/sobjects/Contact/{name}", params=span).json() for name in ("updated", "deleted")
    )
    assert (changed["ids"], [each["id"] for each in gone["deletedRecords"]]) == (updated, deleted)
    assert changed["latestDateCovered"] == gone["latestDateCovered"] == "2026-03-02T09:02:00.000+0000"


def test_a_window_into_the_future_covers_up_to_now(org: Org) -> None:
    answer = org.call("GET", "/sobjects/Contact/updated", params={**WINDOW, "end": "2026-03-09T00:00:00Z"}).json()
    assert answer["latestDateCovered"] == STAMP


def relations(org: Org, contact: str) -> list[tuple[str, bool]]:
    """The live relations of a contact to accounts."""
    soql = f"SELECT AccountId, IsDirect FROM AccountContactRelation WHERE ContactId = '{contact}' ORDER BY AccountId"
    return [(each["AccountId"], each["IsDirect"]) for each in org.query(soql)["records"]]


def test_a_merge_of_contacts_leaves_each_pair_of_account_and_contact_once(org: Org) -> None:
    org.create("AccountContactRelation", AccountId=CRUX, ContactId=ADA)
    org.emulator.control("POST", "merge", {"object": "Contact", "winner": BEN, "losers": [ADA]})
    assert relations(org, BEN) == sorted([(ACME, True), (CRUX, False)])
    assert relations(org, ADA) == []
    org.emulator.control("POST", "merge", {"object": "Contact", "winner": "0035g000001CleoAAC", "losers": [BEN]})
    assert relations(org, "0035g000001CleoAAC") == sorted([(ACME, False), (BOLT, True), (CRUX, False)])


def test_a_merge_of_accounts_moves_people_deals_and_children(org: Org) -> None:
    org.emulator.control("POST", "merge", {"object": "Account", "winner": CRUX, "losers": [ACME, BOLT]})
    assert org.column("SELECT AccountId FROM Contact WHERE AccountId != null") == [CRUX, CRUX, CRUX]
    assert org.column("SELECT AccountId FROM Opportunity") == [CRUX]
    assert org.column("SELECT AccountId FROM Task") == [CRUX]
    assert relations(org, ADA) == [(CRUX, True)]
    assert org.column("SELECT Id FROM Account") == [CRUX]
    losers = org.query("SELECT Id, MasterRecordId FROM Account WHERE IsDeleted = true", "queryAll")["records"]
    assert {each["Id"]: each["MasterRecordId"] for each in losers} == {ACME: CRUX, BOLT: CRUX}


@pytest.mark.parametrize(
    ("name", "winner", "losers"),
    [("Contact", ADA, [ADA]), ("Contact", ADA, [OLD]), ("Contact", ADA, [ACME]), ("Contact", OLD, [ADA]),
     ("Opportunity", DEAL, [DEAL])],
)  # fmt: skip
def test_an_impossible_merge_changes_nothing(org: Org, name: str, winner: str, losers: list[str]) -> None:
    before = org.query("SELECT FIELDS(STANDARD) FROM Contact", "queryAll")
    url = f"{org.emulator.announced['control']}/merge"
    body = {"object": name, "winner": winner, "losers": losers}
    assert org.emulator.session.post(url, json=body, timeout=10).status_code == 400
    assert org.query("SELECT FIELDS(STANDARD) FROM Contact", "queryAll") == before


ARCHIVAL = [
    ("Task", {"Status": "Completed", "ActivityDate": "2025-03-02"}, True),
    ("Task", {"Status": "Completed", "ActivityDate": "2025-03-03"}, False),
    ("Task", {"Status": "Not Started", "ActivityDate": "2020-01-01"}, False),
    ("Task", {"Status": "Completed", "CreatedDate": "2025-03-01T00:00:00Z"}, True),
    ("Task", {"Status": "Completed"}, False),
    ("Event", {"StartDateTime": "2025-03-02T23:00:00Z", "DurationInMinutes": 5}, True),
    ("Event", {"StartDateTime": "2025-03-03T00:00:00Z", "DurationInMinutes": 5}, False),
]


@pytest.mark.parametrize(("name", "fields", "archived"), ARCHIVAL)
def test_an_activity_is_archived_after_365_days(org: Org, name: str, fields: dict[str, object], archived: bool) -> None:
    org.emulator.control("POST", "seed", {"salesforce": {"records": {name: [{"Subject": "x", **fields}]}}})
    org.login()
    assert org.query(f"SELECT COUNT() FROM {name}")["totalSize"] == (0 if archived else 1)
    assert org.column(f"SELECT IsArchived FROM {name}", "queryAll") == [archived]
