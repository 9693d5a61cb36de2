"""A story for each Salesforce stream: what people see in their organisation, and the rows it must become."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.base import CreateTask, SetTaskState, StreamEnd
from mapping.metadata import FIELDS, TASK_KEY
from tests.contract.harness import Mirror
from tests.contract.org import ACCOUNT, ADA, CONTACTS, SEED, Org, key
from tests.contract.test_salesforce_reading import days_ago, end, epoch, mail, parts, relation, seeded, task

ZOE, TOM, EVA = CONTACTS
BEN = key("005", 2)
BASE: Mapping[str, Any] = SEED["salesforce"]["records"]
KEY_ONLY = [field for field in FIELDS if field.name == TASK_KEY]


def noon(text: str) -> int:
    """Tell the epoch second of a moment in UTC, independently of the connector."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def pulled(org: Org, records: Mapping[str, Any], declared: Mapping[str, Any] | None = None, **options: Any) -> Mirror:
    org.load(seeded(records, declared))
    connector = org.connect(**options)
    mirror = Mirror().pull(connector)
    connector.close()
    return mirror


# --- users -----------------------------------------------------------------------------------------------------------


def test_a_colleague_who_left_keeps_his_manager_and_is_inactive(org: Org) -> None:
    left = {
        "Id": BEN,
        "FirstName": "Ben",
        "LastName": "Ho",
        "Username": "ben@lumenworks.example",
        "Email": "BEN@vendor.example",
        "IsActive": False,
        "ManagerId": ADA,
    }
    mirror = pulled(org, {"User": [*BASE["User"], left]})
    assert mirror.one("user_account", id=BEN) == {
        "source": "salesforce",
        "id": BEN,
        "name": "Ben Ho",
        "email": "ben@vendor.example",
        "manager_id": ADA,
        "team": None,
        "active": False,
    }


# --- accounts --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("website", "domain"),
    [
        ("https://www.Acme.example/de?x=1", "acme.example"),
        ("acme.example:8443", "acme.example"),
        ("WWW.ACME.EXAMPLE", "acme.example"),
        ("http://shop.acme.example", "shop.acme.example"),
        (None, None),
    ],
)
def test_the_website_of_an_account_becomes_its_domain(org: Org, website: str | None, domain: str | None) -> None:
    mirror = pulled(org, {"Account": [{**BASE["Account"][0], "Website": website}]})
    assert mirror.one("account", id=ACCOUNT)["domain"] == domain


@pytest.mark.parametrize(
    ("kind", "types", "customer"),
    [
        ("Customer - Channel", ("Customer",), True),
        ("Prospect", ("Customer",), False),
        ("Installation Partner", ("Customer", "installation"), True),
        (None, ("Customer",), None),
    ],
)
def test_who_is_a_customer_is_said_by_the_beginning_of_the_type(
    org: Org, kind: str | None, types: tuple[str, ...], customer: bool | None
) -> None:
    mirror = pulled(org, {"Account": [{**BASE["Account"][0], "Type": kind}]}, customer_types=types)
    assert mirror.one("account", id=ACCOUNT)["customer"] is customer


@pytest.mark.parametrize("ticked", [True, False])
def test_a_checkbox_may_say_who_is_a_customer(org: Org, ticked: bool) -> None:
    declared = {"Account": [{"name": "Is_Customer__c", "label": "Is customer", "type": "Checkbox"}]}
    account = {**BASE["Account"][0], "Is_Customer__c": ticked}
    mirror = pulled(org, {"Account": [account]}, declared, fields={"account": {"customer": "Is_Customer__c"}})
    assert mirror.one("account", id=ACCOUNT)["customer"] is ticked


def test_fields_of_an_unexpected_type_read_as_what_they_say_or_as_unknown(org: Org) -> None:
    declared = {
        "Account": [
            {"name": "Since__c", "label": "Since", "type": "Text", "length": 40},
            {"name": "Key__c", "label": "Key", "type": "Number", "precision": 12, "scale": 0},
            {"name": "Seats__c", "label": "Seats", "type": "Text", "length": 40},
        ]
    }
    account = {**BASE["Account"][0], "Since__c": "spring of 2019", "Key__c": 48120733, "Seats__c": "250"}
    chosen = {"account": {"since_at": "Since__c", "other_id": "Key__c", "seats": "Seats__c"}}
    row = pulled(org, {"Account": [account]}, declared, fields=chosen).one("account", id=ACCOUNT)
    assert (row["since_at"], row["other_id"], row["seats"]) == (None, "48120733", 250)


def test_39_dates_and_moments_of_an_account_are_midnight_and_second_in_utc(org: Org) -> None:
    declared = {
        "Account": [
            {"name": "Renewal__c", "label": "Renewal", "type": "Date"},
            {"name": "Captured__c", "label": "Captured", "type": "DateTime"},
        ]
    }
    account = {**BASE["Account"][0], "Renewal__c": "2026-03-29", "Captured__c": "2026-03-29T01:30:00.000+0200"}
    chosen = {"account": {"renewal_at": "Renewal__c", "captured_since_at": "Captured__c"}}
    row = pulled(org, {"Account": [account]}, declared, fields=chosen).one("account", id=ACCOUNT)
    assert (row["renewal_at"], row["captured_since_at"]) == (noon("2026-03-29T00:00:00"), noon("2026-03-28T23:30:00"))


# --- contacts and their ties -----------------------------------------------------------------------------------------


def test_a_contact_is_read_with_address_title_and_the_person_above(org: Org) -> None:
    zoe, tom, eva = BASE["Contact"]
    told = {"Email": "Zoe.Ng@Acme.example", "Title": "CFO", "Department": "Finance", "ReportsToId": TOM}
    bounced = {"EmailBouncedDate": "2026-02-01T10:00:00.000+0000"}
    row = pulled(org, {"Contact": [{**zoe, **told, **bounced}, tom, eva]}).one("contact", id=ZOE)
    assert (row["name"], row["email"], row["title"]) == ("Zoë Ng", "zoe.ng@acme.example", "CFO")
    assert (row["department"], row["reports_to_id"]) == ("Finance", TOM)
    assert row["bounced_at"] == noon("2026-02-01T10:00:00")


def test_what_a_human_corrected_is_read_from_the_override_fields(org: Org) -> None:
    roles = ["buyer", "champion", "user"]
    declared = {
        "Contact": [
            {"name": "Rapport_Confirmed_Role__c", "label": "R", "type": "MultiselectPicklist", "values": roles},
            {"name": "Rapport_Confirmed_Depth__c", "label": "D", "type": "Number", "precision": 18, "scale": 0},
            {"name": "Rapport_Confirmed_On__c", "label": "O", "type": "Date"},
            {"name": "Rapport_Do_Not_Task__c", "label": "T", "type": "Checkbox"},
        ]
    }
    typed = {
        "Rapport_Confirmed_Role__c": "buyer;champion",
        "Rapport_Confirmed_Depth__c": 4,
        "Rapport_Confirmed_On__c": "2026-10-31",
        "Rapport_Do_Not_Task__c": True,
    }
    zoe, tom, eva = BASE["Contact"]
    row = pulled(org, {"Contact": [{**zoe, **typed}, tom, eva]}, declared).one("contact", id=ZOE)
    assert (row["confirmed_role"], row["confirmed_depth"]) == ("buyer;champion", 4)
    assert row["confirmed_at"] == noon("2026-10-31T00:00:00")
    assert (row["do_not_task"], row["not_a_champion"]) == (True, None)


def test_a_tie_that_ended_is_inactive_and_a_second_one_is_not_direct(org: Org) -> None:
    second = key("001", 2)
    ties = [
        {**BASE["AccountContactRelation"][0], "IsActive": False},
        {"Id": key("07k", 9), "ContactId": ZOE, "AccountId": second, "IsDirect": False, "IsActive": True},
    ]
    accounts = [*BASE["Account"], {"Id": second, "Name": "Bolt", "OwnerId": ADA}]
    mirror = pulled(org, {"Account": accounts, "AccountContactRelation": ties})
    read = {row["account_id"]: (row["direct"], row["active"]) for row in mirror.all("affiliation", contact_id=ZOE)}
    assert read == {ACCOUNT: (True, False), second: (False, True)}


def test_without_contacts_to_multiple_accounts_the_primary_account_is_the_tie(org: Org) -> None:
    seed = seeded({"AccountContactRelation": []})
    seed["salesforce"]["features"] = {"contacts_to_multiple_accounts": False}
    org.load(seed)
    mirror = Mirror().pull(org.connect())
    ties = {(row["id"], row["contact_id"], row["account_id"], row["direct"]) for row in mirror.all("affiliation")}
    assert ties == {(contact, contact, ACCOUNT, True) for contact in CONTACTS}
    assert end(mirror, "AccountContactRelation").dropped == {"object not visible": 1}


def test_a_role_that_is_in_no_picklist_is_replaced_like_any_other(org: Org) -> None:
    ties = [{**row} for row in BASE["AccountContactRelation"]]
    ties[0]["Roles"] = "Decision Maker"
    org.load(seeded({"AccountContactRelation": ties}))
    connector = org.connect()
    mirror = Mirror().pull(connector)
    org.as_person("PATCH", f"sobjects/AccountContactRelation/{ties[0]['Id']}", {"Roles": "Decision Maker;Evaluator"})
    for _ in range(2):
        mirror.pull(connector)
        roles = sorted(str(row["role"]) for row in mirror.all("contact_role", contact_id=ZOE))
        assert roles == ["Decision Maker", "Evaluator"]


# --- deals -----------------------------------------------------------------------------------------------------------


def test_an_open_deal_has_amount_chance_and_close_day(org: Org) -> None:
    deal = {
        "Id": key("006", 1),
        "Name": "Upsell",
        "AccountId": ACCOUNT,
        "OwnerId": ADA,
        "StageName": "Prospecting",
        "CloseDate": "2027-01-31",
        "Amount": 90000.5,
        "Probability": 35,
    }
    row = pulled(org, {"Opportunity": [deal]}).one("opportunity")
    assert (row["closed"], row["won"], row["probability"]) == (False, False, 35.0)
    assert (row["amount"], row["close_at"]) == (90000.5, noon("2027-01-31T00:00:00"))


# --- e-mail ----------------------------------------------------------------------------------------------------------


def test_an_email_that_only_a_task_logs_is_one_way_outbound_to_its_contact(org: Org) -> None:
    mirror = pulled(org, {"Task": [task(1, TaskSubtype="Email", Subject="Email: Rollout")]})
    (act,) = mirror.all("activity")
    assert (act["kind"], act["direction"], act["outcome"], act["twin_id"]) == ("email", "out", None, None)
    assert parts(mirror, key("00T", 1)) == {(ZOE, None, "to")}


def test_a_message_that_appears_later_takes_the_place_of_its_task(org: Org) -> None:
    twin = task(1, TaskSubtype="Email", Subject="Email: Rollout")
    org.load(seeded({"Task": [twin]}))
    connector = org.connect()
    mirror = Mirror().pull(connector)
    assert [row["id"] for row in mirror.all("activity")] == [twin["Id"]]
    body = {"MessageDate": "2026-11-20T09:30:00.000+0000", "Incoming": True, "Status": "1", "Subject": "Rollout"}
    body |= {"FromAddress": "zoe@acme.example", "ToAddress": "ada@vendor.example", "ActivityId": twin["Id"]}
    made = org.as_person("POST", "sobjects/EmailMessage/", body)
    mirror.pull(connector)
    assert [(row["id"], row["direction"]) for row in mirror.all("activity")] == [(made["id"], "in")]
    assert mirror.all("participant", activity_id=twin["Id"]) == []


def test_where_incoming_is_hidden_nobody_claims_to_know_the_direction(org: Org) -> None:
    org.load(seeded({"EmailMessage": [mail(1)]}))
    org.tell("limits", {"salesforce": {"hidden_fields": ["EmailMessage.Incoming"]}})
    act = Mirror().pull(org.connect()).one("activity")
    assert (act["direction"], act["organizer"]) == (None, None)


def test_names_before_addresses_and_empty_entries_do_not_become_people(org: Org) -> None:
    message = mail(1, ToAddress='"Ng, Zoë" <Zoe@acme.example>; ;undisclosed', CcAddress="tom@acme.example")
    assert parts(pulled(org, {"EmailMessage": [message]}), key("02s", 1)) == {
        (None, "ada@vendor.example", "from"),
        (None, "zoe@acme.example", "to"),
        (None, "tom@acme.example", "to"),
    }


def test_a_contact_who_wrote_is_the_sender_and_colleagues_are_recipients(org: Org) -> None:
    inbound = mail(
        1, Incoming=True, FromAddress="zoe@acme.example", ToAddress="ada@vendor.example", CcAddress="tom@acme.example"
    )
    relations = [
        relation(1, 1, ZOE, "FromAddress", "zoe@acme.example"),
        relation(2, 1, TOM, "CcAddress", "tom@acme.example"),
        relation(3, 1, ADA, "ToAddress", "ada@vendor.example"),
    ]
    mirror = pulled(org, {"EmailMessage": [inbound], "EmailMessageRelation": relations})
    act = mirror.one("activity")
    assert (act["direction"], act["organizer"], act["owner_id"]) == ("in", "contact", ADA)
    assert parts(mirror, key("02s", 1)) == {
        (ZOE, "zoe@acme.example", "from"),
        (TOM, "tom@acme.example", "to"),
        (None, "ada@vendor.example", "to"),
    }


# --- tasks and calls -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "direction", "part"),
    [("Inbound", "in", "from"), ("Outbound", "out", "to"), ("Internal", None, "attendee"), (None, None, "attendee")],
)
def test_a_caller_is_the_one_the_call_came_from(org: Org, call: str | None, direction: str | None, part: str) -> None:
    mirror = pulled(org, {"Task": [task(1, TaskSubtype="Call", CallType=call)]})
    assert mirror.one("activity")["direction"] == direction
    assert parts(mirror, key("00T", 1)) == {(ZOE, None, part)}


def test_a_call_lasts_as_long_as_it_says(org: Org) -> None:
    act = pulled(org, {"Task": [task(1, TaskSubtype="Call", CallDurationInSeconds=90)]}).one("activity")
    assert act["happened_at"] == epoch(4, 0, 0)
    assert act["end_at"] == epoch(4, 0, 0) + 90


def test_an_open_email_task_is_a_plan_and_nothing_that_happened(org: Org) -> None:
    planned = task(1, TaskSubtype="Email", Status="Not Started", ActivityDate="@+3d")
    assert pulled(org, {"Task": [planned]}).one("activity")["outcome"] == "open"


def test_a_task_about_a_lead_or_nobody_has_no_participant(org: Org) -> None:
    mirror = pulled(org, {"Task": [task(1, WhoId=None)]})
    assert mirror.one("activity")["owner_id"] == ADA
    assert mirror.all("participant") == []


def test_our_tasks_are_own_tasks_in_every_state_and_never_activity(org: Org) -> None:
    connector = org.connect()
    list(connector.provision(KEY_ONLY, dry_run=False))
    plan = [CreateTask(gap, "Find a champion", "Why.", noon("2026-01-01T00:00:00"), ADA, ACCOUNT, ZOE) for gap in "ab"]
    first, second = connector.write(plan)
    list(connector.write([SetTaskState(second.id or "", "b", open=False)]))
    org.as_person("PATCH", f"sobjects/Task/{first.id}", {"Subject": "Email: Find a champion", "Type": "Email"})
    mirror = Mirror().pull(connector)
    assert mirror.all("activity") == mirror.all("participant") == []
    assert {row["key"]: row["open"] for row in mirror.all("own_task")} == {"a": True, "b": False}
    assert {row["due_at"] for row in mirror.all("own_task")} == {noon("2026-01-01T00:00:00")}


def test_18_the_people_of_an_archived_task_are_read_too(org: Org) -> None:
    extra = {"Id": key("0RT", 1), "TaskId": key("00T", 1), "RelationId": TOM, "IsWhat": False}
    mirror = pulled(org, {"Task": [task(1, ActivityDate="@-500d")], "TaskRelation": [extra]})
    assert {row["contact_id"] for row in mirror.all("participant")} == {ZOE, TOM}


# --- events ----------------------------------------------------------------------------------------------------------


def event(number: int, **more: Any) -> dict[str, Any]:
    return {
        "Id": key("00U", number),
        "Subject": "Review",
        "StartDateTime": days_ago(5),
        "EndDateTime": days_ago(5, "10:30"),
        "OwnerId": ADA,
        "WhoId": ZOE,
        **more,
    }


def test_the_copy_of_an_invited_colleague_does_not_double_a_meeting(org: Org) -> None:
    mirror = pulled(org, {"Event": [event(1, IsGroupEvent=True), event(2, IsChild=True, OwnerId=BEN)]})
    act = mirror.one("activity")
    assert (act["id"], act["kind"], act["organizer"]) == (key("00U", 1), "meeting", "us")
    assert end(mirror, "Event").dropped == {"copy for an invitee": 1}


def test_a_meeting_in_the_future_is_dated_there_and_has_no_outcome(org: Org) -> None:
    later = event(1, StartDateTime="@+9dT09:30", EndDateTime="@+9dT10:00")
    act = pulled(org, {"Event": [later]}).one("activity")
    assert (act["happened_at"], act["end_at"]) == (epoch(-9), epoch(-9, 10, 0))
    assert (act["outcome"], act["direction"]) == (None, None)


def test_colleagues_and_companies_of_a_meeting_are_no_contacts(org: Org) -> None:
    colleague = {"Id": key("0RE", 1), "EventId": key("00U", 1), "RelationId": ADA, "IsWhat": False}
    company = {"Id": key("0RE", 2), "EventId": key("00U", 1), "RelationId": ACCOUNT, "IsWhat": True}
    mirror = pulled(org, {"Event": [event(1)], "EventRelation": [colleague, company]})
    assert parts(mirror, key("00U", 1)) == {(ZOE, None, "attendee")}


# --- what changes between two pulls ----------------------------------------------------------------------------------


def test_6_a_field_mapped_after_the_first_pull_is_read_for_records_that_did_not_change(org: Org) -> None:
    fields = {"Account": [{"name": "Segment__c", "label": "Segment", "type": "Text", "length": 80}]}
    org.load(seeded({"Account": [{**BASE["Account"][0], "Segment__c": "Enterprise"}]}, fields))
    org.tell("clock", {"advance": 3_600})
    mirror = Mirror().pull(org.connect())
    assert mirror.one("account", id=ACCOUNT)["segment"] is None
    org.tell("clock", {"advance": 3_600})
    mirror.pull(org.connect(fields={"account": {"segment": "Segment__c"}}))
    assert mirror.one("account", id=ACCOUNT)["segment"] == "Enterprise"
    assert end(mirror, "Account").whole


def test_25_a_field_granted_after_the_first_pull_is_read_for_records_that_did_not_change(org: Org) -> None:
    zoe, tom, eva = BASE["Contact"]
    org.load(seeded({"Contact": [{**zoe, "Department": "Finance"}, tom, eva]}))
    org.tell("clock", {"advance": 3_600})
    org.tell("limits", {"salesforce": {"hidden_fields": ["Contact.Department"]}})
    connector = org.connect()
    mirror = Mirror().pull(connector)
    org.tell("clock", {"advance": 3_600})
    org.tell("limits", {"salesforce": {"hidden_fields": []}})
    assert mirror.pull(connector).one("contact", id=ZOE)["department"] == "Finance"


def test_other_customer_types_count_for_accounts_that_did_not_change(org: Org) -> None:
    org.tell("clock", {"advance": 3_600})
    mirror = Mirror().pull(org.connect())
    org.tell("clock", {"advance": 3_600})
    mirror.pull(org.connect(customer_types=("Partner",)))
    assert mirror.one("account", id=ACCOUNT)["customer"] is False


def test_17_the_loser_of_a_merge_is_gone_with_its_rows_and_the_winner_stays(org: Org) -> None:
    org.tell("clock", {"advance": 3_600})
    connector = org.connect()
    mirror = Mirror().pull(connector)
    org.tell("merge", {"object": "Contact", "winner": ZOE, "losers": [TOM]})
    mirror.pull(connector)
    assert sorted(str(row["id"]) for row in mirror.all("contact")) == sorted([ZOE, EVA])
    assert mirror.all("observed_contact", id=TOM) == []


def test_a_deleted_contact_stays_away_however_often_the_log_repeats_it(org: Org) -> None:
    connector = org.connect()
    mirror = Mirror().pull(connector)
    org.as_person("DELETE", f"sobjects/Contact/{TOM}")
    assert mirror.pull(connector).all("contact", id=TOM) == []
    assert mirror.pull(connector).all("contact", id=TOM) == []
    assert len(mirror.all("contact")) == 2


def test_a_deleted_meeting_takes_its_people_along(org: Org) -> None:
    org.load(seeded({"Event": [event(1)]}))
    connector = org.connect()
    mirror = Mirror().pull(connector)
    org.as_person("DELETE", f"sobjects/Event/{key('00U', 1)}")
    mirror.pull(connector)
    assert mirror.all("activity") == mirror.all("participant") == []


# --- what check tells ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "attribute", "mistyped", "meant"),
    [
        ("account", "employees", "NumberOfEmployes", "NumberOfEmployees"),
        ("account", "domain", "website", "Website"),
        ("contact", "title", "Titel", "Title"),
        ("opportunity", "amount", "Amout", "Amount"),
    ],
)
def test_a_mistyped_field_is_fatal_and_says_what_was_probably_meant(
    org: Org, table: str, attribute: str, mistyped: str, meant: str
) -> None:
    found = {finding.where: finding for finding in org.connect(fields={table: {attribute: mistyped}}).check()}
    assert found[f"{table.title()}.{mistyped}"].fatal
    assert found[f"{table.title()}.{mistyped}"].fix == f"Did you mean '{meant}'?"


def test_a_mapped_field_that_resembles_none_names_the_permission_instead(org: Org) -> None:
    found = {finding.where: finding for finding in org.connect(fields={"usage": {"active_days": "Qqqq__c"}}).check()}
    assert "permission set" in found["Contact.Qqqq__c"].fix


def test_an_api_version_the_organisation_does_not_have_is_a_finding_and_no_crash(org: Org) -> None:
    gone = [{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}]
    org.tell("faults", {"action": "status", "path": "/services/data/v99.0/", "status": 404, "body": gone})
    (finding,) = org.connect(api_version="99.0").check()
    assert finding.fatal
    assert "does not exist" in finding.cause


def test_every_stream_tells_its_end_in_the_order_of_the_pull(org: Org) -> None:
    ends = [part for part in org.connect().pull({}) if isinstance(part, StreamEnd)]
    assert [one.stream for one in ends] == [
        "User",
        "Account",
        "Contact",
        "AccountContactRelation",
        "OpportunityContactRole",
        "Opportunity",
        "EmailMessage",
        "Task",
        "Event",
        "coverage_of_source",
    ]
    assert all(one.whole and one.read == one.expected for one in ends[:-1])
