"""Single records: what may be written, what the org fills in, and how it refuses."""

import pytest

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
    ME,
    NOW,
    OLD,
    OLDCALL,
    OWNER,
    STAMP,
    Org,
)

pytestmark = pytest.mark.emulator


def test_a_new_record_has_stamps_owner_and_defaults(org: Org) -> None:
    made = org.create("Contact", LastName="Fay", FirstName="Flo", AccountId=ACME[:15])
    contact = org.record("Contact", made)
    assert (len(made), made[:3]) == (18, "003")
    assert (contact["Name"], contact["AccountId"], contact["OwnerId"]) == ("Flo Fay", ACME, ME)
    assert (contact["CreatedDate"], contact["SystemModstamp"], contact["LastModifiedById"]) == (STAMP, STAMP, ME)
    assert (contact["HasOptedOutOfEmail"], contact["IsDeleted"], contact["Title"]) == (False, False, None)


def test_an_update_touches_what_it_names_and_advances_the_stamps(org: Org) -> None:
    before = org.record("Contact", ADA)
    org.emulator.control("POST", "clock", {"advance": 60})
    assert org.call("PATCH", f"/sobjects/Contact/{ADA[:15]}", {"Title": "", "nps__C": 7}).status_code == 204
    after = org.record("Contact", ADA)
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"Title", "NPS__c", "LastModifiedDate", "SystemModstamp"}
    assert (after["Title"], after["NPS__c"], after["SystemModstamp"]) == (None, 7.0, "2026-03-02T09:01:00.000+0000")


def test_a_write_that_changes_nothing_still_advances_the_stamps(org: Org) -> None:
    org.emulator.control("POST", "clock", {"advance": 60})
    org.call("PATCH", f"/sobjects/Account/{ACME}", {"Name": "Acme"})
    assert org.record("Account", ACME)["SystemModstamp"] == "2026-03-02T09:01:00.000+0000"


def test_a_deleted_record_lies_in_the_bin_and_takes_its_dependants_along(org: Org) -> None:
    org.emulator.control("POST", "clock", {"advance": 60})
    assert org.call("DELETE", f"/sobjects/Contact/{ADA}").status_code == 204
    assert org.refusal("GET", f"/sobjects/Contact/{ADA}") == (404, "ENTITY_IS_DELETED", "entity is deleted")
    assert org.refusal("PATCH", f"/sobjects/Contact/{ADA}", {"Title": "x"})[:2] == (404, "ENTITY_IS_DELETED")
    soql = f"SELECT IsDeleted, SystemModstamp FROM Contact WHERE Id = '{ADA}'"
    [row] = org.query(soql, "queryAll")["records"]
    assert (row["IsDeleted"], row["SystemModstamp"]) == (True, "2026-03-02T09:01:00.000+0000")
    assert org.query("SELECT COUNT() FROM OpportunityContactRole")["totalSize"] == 0
    assert org.query("SELECT COUNT() FROM OpportunityContactRole", "queryAll")["totalSize"] == 1


@pytest.mark.parametrize(
    ("fields", "code", "message", "blamed"),
    [
        ({"LastName": None}, "REQUIRED_FIELD_MISSING", "Required fields are missing: [LastName]", ["LastName"]),
        ({"Title": "t" * 129}, "STRING_TOO_LONG", "Title: data value too large", ["Title"]),
        ({"Email": "a@b"}, "INVALID_EMAIL_ADDRESS", "Email: invalid email address: a@b", ["Email"]),
        ({"Topics__c": "Price;Nope"}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "Nope", ["Topics__c"]),
        ({"AccountId": "0019"}, "MALFORMED_ID", "id value of incorrect type: 0019", ["AccountId"]),
        ({"AccountId": DEAL}, "FIELD_INTEGRITY_EXCEPTION", "id value of incorrect type", ["AccountId"]),
        ({"ReportsToId": "0035g000001Nopa"}, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", []),
        ({"ReportsToId": OLD}, "ENTITY_IS_DELETED", "entity is deleted", []),
        ({"NPS__c": 1000}, "NUMBER_OUTSIDE_VALID_RANGE", "1000", ["NPS__c"]),
        ({"Name": "y"}, "INVALID_FIELD_FOR_INSERT_UPDATE", "Unable to create/update fields: Name", ["Name"]),
    ],
)
def test_a_record_that_breaks_a_rule_is_refused_with_its_field(
    org: Org, fields: dict[str, object], code: str, message: str, blamed: list[str]
) -> None:
    answer = org.call("POST", "/sobjects/Contact", {"LastName": "x", **fields})
    [error] = answer.json()
    assert (answer.status_code, error["errorCode"], error["fields"]) == (400, code, blamed)
    assert message in error["message"]


def test_nobody_who_left_can_be_given_a_task(org: Org) -> None:
    refused = org.refusal("POST", "/sobjects/Task", {"Subject": "Ring", "OwnerId": GONE})
    sentence = "operation performed with inactive user [0055g000001CcCc] as owner of task"
    assert refused == (400, "INACTIVE_OWNER_OR_USER", sentence)


@pytest.mark.parametrize(
    ("fields", "code", "message"),
    [
        ({"LastName": "x", "Nope__c": 1}, "INVALID_FIELD", "No such column 'Nope__c' on sobject of type Contact"),
        (
            {"LastName": "x", "Birthdate": "soon"},
            "JSON_PARSER_ERROR",
            "Cannot deserialize instance of date from VALUE_STRING",
        ),
        ({"LastName": "x", "NPS__c": "many"}, "JSON_PARSER_ERROR", "Cannot deserialize instance of double"),
        ({"LastName": "x", "DoNotCall": "maybe"}, "JSON_PARSER_ERROR", "Cannot deserialize instance of boolean"),
        ([1], "JSON_PARSER_ERROR", "must be a JSON object"),
    ],
)
def test_a_body_the_org_cannot_read_is_refused_as_a_whole(org: Org, fields: object, code: str, message: str) -> None:
    refused = org.refusal("POST", "/sobjects/Contact", fields)
    assert refused[:2] == (400, code)
    assert message in refused[2]


def test_broken_json_and_other_media_types_are_refused(org: Org) -> None:
    for kind, content, status, code in (
        ("application/json", b'{"LastName":', 400, "JSON_PARSER_ERROR"),
        ("text/plain", b"LastName", 415, "UNSUPPORTED_MEDIA_TYPE"),
    ):
        headers = {**org.headers, "Content-Type": kind}
        answer = org.emulator.session.post(org.url(f"{DATA}/sobjects/Contact"), content, headers=headers, timeout=10)
        assert (answer.status_code, answer.json()[0]["errorCode"]) == (status, code)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/sobjects/Contact/0035g000001Nopa", 404, "NOT_FOUND"),
        ("GET", "/sobjects/Contact/12", 400, "MALFORMED_ID"),
        ("GET", f"/sobjects/Contact/{ACME}", 400, "MALFORMED_ID"),
        ("GET", "/sobjects/Nope/describe", 404, "NOT_FOUND"),
        ("GET", "/nope", 404, "NOT_FOUND"),
        ("PUT", "/query", 405, "METHOD_NOT_ALLOWED"),
        ("DELETE", f"/sobjects/User/{OWNER}", 400, "INSUFFICIENT_ACCESS_OR_READONLY"),
    ],
)
def test_what_is_not_there_is_not_found(org: Org, method: str, path: str, status: int, code: str) -> None:
    assert org.refusal(method, path)[:2] == (status, code)


def test_old_and_future_versions_are_refused(org: Org) -> None:
    for version, status in (("30.0", 410), ("99.0", 404), ("59", 404)):
        url = org.url(f"/services/data/v{version}/limits")
        assert org.emulator.session.get(url, headers=org.headers, timeout=10).status_code == status


def test_chosen_fields_and_trailing_slashes(org: Org) -> None:
    answer = org.call("GET", f"/sobjects/Contact/{ADA}/", params={"fields": "Title,Account.Name"}).json()
    assert answer == {
        "attributes": {"type": "Contact", "url": f"{DATA}/sobjects/Contact/{ADA}"},
        "Title": "CFO",
        "Account": {"attributes": {"type": "Account", "url": f"{DATA}/sobjects/Account/{ACME}"}, "Name": "Acme"},
    }


def test_upsert_by_external_id_creates_updates_and_finds_too_many(org: Org) -> None:
    path = "/sobjects/Account/ERP_Number__c"
    created = org.call("PATCH", f"{path}/B%2F2%20x", {"Name": "New"})
    assert (created.status_code, created.json()["created"]) == (201, True)
    assert org.record("Account", created.json()["id"])["ERP_Number__c"] == "B/2 x"
    updated = org.call("PATCH", f"{path}/a-1", {"Rating": "Hot"})
    assert (updated.status_code, updated.json()) == (
        200,
        {"id": ACME, "success": True, "errors": [], "created": False},
    )
    org.call("PATCH", f"/sobjects/Account/{BOLT}", {"ERP_Number__c": "A-1"})
    several = org.call("PATCH", f"{path}/A-1", {"Rating": "Warm"})
    assert several.status_code == 300
    assert sorted(several.json()) == sorted(f"{DATA}/sobjects/Account/{each}" for each in (ACME, BOLT))


def test_upsert_needs_an_external_id_field_that_is_not_in_the_body(org: Org) -> None:
    assert org.refusal("PATCH", "/sobjects/Account/Industry/x", {})[:2] == (404, "NOT_FOUND")
    assert org.refusal("PATCH", "/sobjects/Account/Nope__c/x", {})[:2] == (404, "NOT_FOUND")
    refused = org.refusal("PATCH", "/sobjects/Account/ERP_Number__c/x", {"ERP_Number__c": "x"})
    assert refused[:2] == (400, "INVALID_FIELD")


def test_a_record_can_be_read_and_deleted_by_external_id(org: Org) -> None:
    assert org.call("GET", "/sobjects/Account/ERP_Number__c/A-1").json()["Name"] == "Acme"
    assert org.call("DELETE", "/sobjects/Account/ERP_Number__c/A-1").status_code == 204
    assert org.refusal("GET", "/sobjects/Account/ERP_Number__c/A-1")[:2] == (404, "NOT_FOUND")


def test_a_parent_may_be_named_by_its_external_id(org: Org) -> None:
    made = org.create("Contact", LastName="Kin", Account={"ERP_Number__c": "A-1"})
    assert org.record("Contact", made)["AccountId"] == ACME
    refused = org.refusal("POST", "/sobjects/Contact", {"LastName": "Kin", "Account": {"ERP_Number__c": "none"}})
    assert refused[:2] == (400, "INVALID_FIELD")


def test_a_task_derives_closed_account_and_counts(org: Org) -> None:
    made = org.create("Task", Subject="Ring", WhoId=ADA, WhatId=BOLT, Status="Completed", Priority="High")
    task = org.record("Task", made)
    assert (task["IsClosed"], task["IsHighPriority"], task["CompletedDateTime"]) == (True, True, STAMP)
    assert (task["AccountId"], task["WhoCount"], task["WhatCount"], task["OwnerId"]) == (BOLT, 1, 1, ME)
    org.call("PATCH", f"/sobjects/Task/{made}", {"Status": "In Progress", "WhatId": None})
    task = org.record("Task", made)
    assert (task["IsClosed"], task["CompletedDateTime"], task["AccountId"]) == (False, None, ACME)
    assert org.column(f"SELECT RelationId FROM TaskRelation WHERE TaskId = '{made}'") == [ADA]
    assert org.record("Task", CALL)["AccountId"] == ACME


def test_a_task_keeps_its_subtype_and_refuses_derived_fields(org: Org) -> None:
    for fields in ({"TaskSubtype": "Call"}, {"IsClosed": True}, {"AccountId": CRUX}):
        assert org.refusal("PATCH", f"/sobjects/Task/{CALL}", fields)[1] == "INVALID_FIELD_FOR_INSERT_UPDATE"


def test_an_archived_task_can_still_be_changed(org: Org) -> None:
    assert org.call("PATCH", f"/sobjects/Task/{OLDCALL}", {"Subject": "Older"}).status_code == 204
    assert org.column("SELECT Subject FROM Task WHERE IsArchived = true", "queryAll") == ["Older"]


def test_an_event_derives_its_times(org: Org) -> None:
    made = org.create(
        "Event", Subject="Demo", StartDateTime="2026-03-03T10:00:00+01:00", DurationInMinutes=30, WhoId=BEN
    )
    event = org.record("Event", made)
    assert (event["StartDateTime"], event["EndDateTime"]) == (
        "2026-03-03T09:00:00.000+0000",
        "2026-03-03T09:30:00.000+0000",
    )
    assert (event["ActivityDate"], event["AccountId"]) == ("2026-03-03", ACME)
    assert org.refusal("POST", "/sobjects/Event", {"Subject": "When?"})[1] == "REQUIRED_FIELD_MISSING"


def test_an_opportunity_follows_its_stage(org: Org) -> None:
    deal = org.record("Opportunity", DEAL)
    assert (deal["IsClosed"], deal["IsWon"], deal["ForecastCategory"]) == (True, True, "Closed")
    org.call("PATCH", f"/sobjects/Opportunity/{DEAL}", {"StageName": "Prospecting"})
    deal = org.record("Opportunity", DEAL)
    assert (deal["IsClosed"], deal["IsWon"], deal["ForecastCategory"]) == (False, False, "Pipeline")


def test_what_changed_and_what_went_can_be_asked_for_a_window(org: Org) -> None:
    org.emulator.control("POST", "clock", {"advance": 600})
    org.call("PATCH", f"/sobjects/Contact/{BEN}", {"Title": "CTO"})
    org.call("DELETE", f"/sobjects/Contact/{DEE}")
    org.emulator.control("POST", "clock", {"advance": 600})
    window = {"start": "2026-03-02T09:05:00+00:00", "end": "2026-03-02T09:15:30+00:00"}
    updated = org.call("GET", "/sobjects/Contact/updated", params=window).json()
    deleted = org.call("GET", "/sobjects/Contact/deleted", params=window).json()
    assert updated == {"ids": [BEN], "latestDateCovered": "2026-03-02T09:15:00.000+0000"}
    assert deleted["deletedRecords"] == [{"id": DEE, "deletedDate": "2026-03-02T09:10:00.000+0000"}]
    assert deleted["earliestDateAvailable"] == "2026-01-31T09:20:00.000+0000"


@pytest.mark.parametrize("window", [{"start": NOW, "end": NOW}, {"start": "2026-01-01T00:00:00Z", "end": NOW}, {}])
def test_a_window_that_is_empty_or_too_old_is_refused(org: Org, window: dict[str, str]) -> None:
    assert org.refusal("GET", "/sobjects/Contact/updated", params=window)[:2] == (400, "INVALID_REPLICATION_DATE")


def test_a_relation_that_went_shows_only_among_the_deleted(org: Org) -> None:
    [relation] = org.column(f"SELECT Id FROM TaskRelation WHERE TaskId = '{CALL}' AND IsWhat = true")
    org.emulator.control("POST", "clock", {"advance": 120})
    org.call("PATCH", f"/sobjects/Task/{CALL}", {"WhatId": None})
    assert relation not in org.column("SELECT Id FROM TaskRelation", "queryAll")
    org.emulator.control("POST", "clock", {"advance": 120})
    window = {"start": NOW, "end": "2026-03-02T09:04:00Z"}
    gone = org.call("GET", "/sobjects/TaskRelation/deleted", params=window).json()["deletedRecords"]
    assert [each["id"] for each in gone] == [relation]


def test_usage_is_counted_and_the_daily_limit_is_a_wall(org: Org) -> None:
    org.emulator.settings(daily_limit=2, daily_used=0)
    first = org.call("GET", "/limits")
    assert first.headers["Sforce-Limit-Info"] == "api-usage=1/2"
    assert first.json()["DailyApiRequests"] == {"Max": 2, "Remaining": 1}
    org.call("GET", "/limits")
    refused = org.call("GET", "/limits")
    assert (refused.status_code, refused.headers["Sforce-Limit-Info"]) == (403, "api-usage=2/2")
    assert refused.json() == [{"message": "TotalRequests Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}]
    org.emulator.control("POST", "clock", {"advance": 86_400})
    org.login()
    assert org.call("GET", "/limits").headers["Sforce-Limit-Info"] == "api-usage=1/2"


def affiliations(org: Org, contact: str) -> list[tuple[str, bool]]:
    """The accounts a contact is related to, with whether directly."""
    soql = f"SELECT AccountId, IsDirect FROM AccountContactRelation WHERE ContactId = '{contact}' ORDER BY AccountId"
    return [(each["AccountId"], each["IsDirect"]) for each in org.query(soql)["records"]]


def test_a_contact_is_directly_related_to_its_account_and_indirectly_to_others(org: Org) -> None:
    assert affiliations(org, ADA) == [(ACME, True)]
    assert affiliations(org, DEE) == []
    org.create("AccountContactRelation", AccountId=BOLT, ContactId=ADA, Roles="Influencer;Decision Maker")
    assert affiliations(org, ADA) == [(ACME, True), (BOLT, False)]
    org.call("PATCH", f"/sobjects/Contact/{ADA}", {"AccountId": BOLT})
    assert affiliations(org, ADA) == [(BOLT, True)]
    roles = org.column("SELECT Roles FROM AccountContactRelation WHERE Roles INCLUDES ('Decision Maker')")
    assert roles == ["Decision Maker;Influencer"]
    for fields in ({"AccountId": CRUX}, {"IsDirect": False}):
        [relation] = org.column(f"SELECT Id FROM AccountContactRelation WHERE ContactId = '{ADA}'")
        refused = org.refusal("PATCH", f"/sobjects/AccountContactRelation/{relation}", fields)
        assert refused[1] == "INVALID_FIELD_FOR_INSERT_UPDATE"


def test_the_org_may_not_know_contacts_of_several_accounts(org: Org) -> None:
    org.emulator.control("POST", "seed", {"salesforce": {"features": {"contacts_to_multiple_accounts": False}}})
    org.login()
    assert org.refused_query("SELECT Id FROM AccountContactRelation")[0] == "INVALID_TYPE"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/composite/sobjects", {"records": [{"attributes": "Contact"}]}),
        ("POST", "/composite/sobjects", {"records": "many"}),
        ("POST", "/composite/sobjects", {"records": [None]}),
        ("POST", "/composite", {"compositeRequest": [{"method": "GET", "url": "/x"}]}),
        ("POST", "/composite/sobjects/Contact", {"ids": 5, "fields": ["Id"]}),
        ("POST", "/composite/sobjects/Contact", {"ids": [5], "fields": ["Id"]}),
        ("PATCH", "/composite/sobjects", {"records": [{"attributes": {"type": "Contact"}, "id": 5}]}),
        ("POST", "/sobjects/Contact", {"LastName": {"x": 1}}),
        ("POST", "/sobjects/Contact", {"LastName": ["x"]}),
        ("POST", "/tooling/sobjects/CustomField", {"FullName": "Contact.X__c"}),
        ("POST", "/tooling/sobjects/CustomField", {"FullName": 5, "Metadata": []}),
        ("POST", "/tooling/sobjects/CustomField", {"FullName": "Contact.X__c", "Metadata": {"valueSet": 5}}),
        ("PATCH", "/sobjects/Account/ERP_Number__c/x", []),
        ("GET", "/query?q=SELECT+Id+FROM+Contact+WHERE+" + "(" * 3000, None),
    ],
)
def test_nonsense_is_the_callers_mistake_and_never_a_crash(org: Org, method: str, path: str, body: object) -> None:
    answer = org.call(method, path, body)
    assert answer.status_code in {200, 400}
    assert "Traceback" not in answer.text
    for each in answer.json():
        assert each.get("errorCode") or each["errors"]
