"""What the Salesforce connector makes of an organisation, over HTTP against the emulator."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.base import StreamEnd
from connectors.errors import RetryLater, Unusable
from connectors.salesforce.connector import Salesforce
from mapping.metadata import FIELDS
from tests.contract.harness import Mirror
from tests.contract.org import ACCOUNT, ADA, CONTACTS, SEED, Org, key

ZOE, TOM, EVA = CONTACTS
DEAL = key("006", 1)


def days_ago(days: int, time: str = "09:30") -> str:
    return f"@-{days}dT{time}"


def epoch(days: int, hour: int = 9, minute: int = 30) -> int:
    """Compute what `days_ago` means, independently of the connector."""
    day = datetime.now(UTC).date() - timedelta(days=days)
    return int(datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC).timestamp())


def seeded(
    records: Mapping[str, Any], fields: Mapping[str, Any] | None = None, *, shared: bool = True
) -> dict[str, Any]:
    base = SEED["salesforce"]
    return {
        "salesforce": {
            "features": {"shared_activities": shared},
            "fields": dict(fields or {}),
            "records": {**base["records"], **records},
        }
    }


@pytest.fixture
def connected(org: Org) -> Iterator[Salesforce]:
    connector = org.connect()
    yield connector
    connector.close()


def mail(number: int, **more: Any) -> dict[str, Any]:
    return {
        "Id": key("02s", number),
        "MessageDate": days_ago(3),
        "Incoming": False,
        "Status": "3",
        "Subject": "Rollout",
        "FromAddress": "Ada@Vendor.example",
        "ToAddress": "zoe@acme.example; tom@acme.example",
        "RelatedToId": ACCOUNT,
        **more,
    }


def relation(number: int, message: int, person: str, part: str, address: str) -> dict[str, Any]:
    return {
        "Id": key("0CZ", number),
        "EmailMessageId": key("02s", message),
        "RelationId": person,
        "RelationType": part,
        "RelationAddress": address,
    }


def task(number: int, **more: Any) -> dict[str, Any]:
    return {
        "Id": key("00T", number),
        "Subject": "Something",
        "Status": "Completed",
        "ActivityDate": "@-4d",
        "OwnerId": ADA,
        "WhatId": ACCOUNT,
        "WhoId": ZOE,
        **more,
    }


def parts(mirror: Mirror, activity: str) -> set[tuple[object, object, object]]:
    rows = mirror.all("participant", activity_id=activity)
    return {(row["contact_id"], row["email"], row["part"]) for row in rows}


def end(mirror: Mirror, stream: str) -> StreamEnd:
    return next(end for end in mirror.ends if end.stream == stream)


# --- people, companies, ties, roles, deals ---------------------------------------------------------------------------


def test_a_user_an_account_and_a_contact_become_canonical_rows(org: Org, connected: Salesforce) -> None:
    mirror = Mirror().pull(connected)
    assert mirror.one("user_account", id=ADA)["email"] == "ada@vendor.example"
    account = mirror.one("account", id=ACCOUNT)
    assert (account["name"], account["customer"], account["owner_id"]) == ("Müller & Söhne", True, ADA)
    assert (account["segment"], account["arr"]) == (None, None)
    contact = mirror.one("contact", id=ZOE)
    assert (contact["name"], contact["account_id"], contact["confirmed_role"]) == ("Zoë Ng", ACCOUNT, None)


def test_mapped_fields_of_account_contact_usage_and_signals_are_read(org: Org) -> None:
    fields = {
        "Account": [
            {"name": "Segment__c", "label": "Segment", "type": "Text", "length": 80},
            {"name": "ARR__c", "label": "ARR", "type": "Currency", "precision": 18, "scale": 2},
            {"name": "Renewal__c", "label": "Renewal", "type": "Date"},
        ],
        "Contact": [
            {"name": "Active_Days_30__c", "label": "Active days", "type": "Number", "precision": 3, "scale": 0},
            {"name": "NPS__c", "label": "NPS", "type": "Number", "precision": 3, "scale": 0},
            {"name": "NPS_On__c", "label": "NPS on", "type": "Date"},
            {"name": "Act__c", "label": "Advocacy", "type": "Text", "length": 80},
            {"name": "Core__c", "label": "Core job", "type": "Checkbox"},
        ],
    }
    told = {"Segment__c": "Enterprise", "ARR__c": 120000.5, "Renewal__c": "2026-12-31", "NumberOfEmployees": 420}
    account = {**SEED["salesforce"]["records"]["Account"][0], **told, "Website": "https://www.Acme.example/de"}
    zoe, tom, eva = SEED["salesforce"]["records"]["Contact"]
    contacts = [
        {**zoe, "Active_Days_30__c": 12, "NPS__c": 9, "NPS_On__c": "2026-10-01", "Core__c": True},
        {**tom, "Active_Days_30__c": 0, "Act__c": "reference"},
        eva,
    ]
    org.load(seeded({"Account": [account], "Contact": contacts}, fields))
    mapped = {
        "account": {"segment": "Segment__c", "arr": "ARR__c", "renewal_at": "Renewal__c"},
        "contact": {"core_job": "Core__c"},
        "usage": {"active_days": "Active_Days_30__c"},
        "signal": {"nps": "NPS__c", "nps_at": "NPS_On__c", "advocacy": "Act__c"},
    }
    mirror = Mirror().pull(org.connect(fields=mapped))
    read = mirror.one("account", id=ACCOUNT)
    assert (read["segment"], read["arr"], read["renewal_at"]) == ("Enterprise", 120000.5, 1_798_675_200)
    assert (read["domain"], read["employees"]) == ("acme.example", 420)
    assert mirror.one("contact", id=ZOE)["core_job"] is True
    usage = {row["contact_id"]: (row["product"], row["active_days"]) for row in mirror.all("usage")}
    assert usage == {ZOE: ("default", 12), TOM: ("default", 0)}
    signals = {
        (row["contact_id"], row["kind"], row["score"], row["what"], row["happened_at"]) for row in mirror.all("signal")
    }
    assert signals == {(ZOE, "nps", 9.0, None, 1_790_812_800), (TOM, "advocacy", None, "reference", None)}
    assert mirror.one("coverage_of_source", fact="usage")["available"] is True


def test_roles_of_a_relation_are_split_and_a_role_that_is_taken_away_disappears(org: Org) -> None:
    ties = [{**row} for row in SEED["salesforce"]["records"]["AccountContactRelation"]]
    ties[0]["Roles"] = "Decision Maker;Economic Buyer"
    org.load(seeded({"AccountContactRelation": ties}))
    connector = org.connect()
    mirror = Mirror().pull(connector)
    roles = {row["role"] for row in mirror.all("contact_role", contact_id=ZOE, origin="AccountContactRelation")}
    assert roles == {"Decision Maker", "Economic Buyer"}
    org.as_person("PATCH", f"sobjects/AccountContactRelation/{ties[0]['Id']}", {"Roles": "Economic Buyer"})
    mirror.pull(connector)
    assert [row["role"] for row in mirror.all("contact_role", contact_id=ZOE)] == ["Economic Buyer"]


def test_an_opportunity_and_its_contact_roles_are_read(org: Org) -> None:
    deal = {
        "Id": DEAL,
        "Name": "Renewal",
        "AccountId": ACCOUNT,
        "OwnerId": ADA,
        "StageName": "Closed Won",
        "CloseDate": "2026-06-30",
        "Amount": 5000,
        "Probability": 100,
        "IsClosed": True,
        "IsWon": True,
    }
    role = {"Id": key("00K", 1), "OpportunityId": DEAL, "ContactId": ZOE, "Role": "Champion"}
    silent = {"Id": key("00K", 2), "OpportunityId": DEAL, "ContactId": TOM, "Role": None}
    org.load(seeded({"Opportunity": [deal], "OpportunityContactRole": [role, silent]}))
    mirror = Mirror().pull(org.connect())
    read = mirror.one("opportunity", id=DEAL)
    assert (read["name"], read["amount"], read["won"], read["close_at"]) == ("Renewal", 5000.0, True, 1_782_777_600)
    named = mirror.one("contact_role", opportunity_id=DEAL)
    assert (named["contact_id"], named["role"], named["origin"]) == (ZOE, "Champion", "OpportunityContactRole")
    assert end(mirror, "OpportunityContactRole").dropped == {"no role named": 1}


# --- activities ------------------------------------------------------------------------------------------------------


def test_an_email_message_has_direction_participants_and_drops_its_twin_task(org: Org) -> None:
    twin = task(1, TaskSubtype="Email", Subject="Email: Rollout")
    relations = [
        relation(1, 1, ADA, "FromAddress", "ada@vendor.example"),
        relation(2, 1, ZOE, "ToAddress", "zoe@acme.example"),
    ]
    org.load(
        seeded({"Task": [twin], "EmailMessage": [mail(1, ActivityId=twin["Id"])], "EmailMessageRelation": relations})
    )
    mirror = Mirror().pull(org.connect())
    (act,) = mirror.all("activity")
    assert (act["kind"], act["direction"], act["owner_id"], act["account_id"]) == ("email", "out", ADA, ACCOUNT)
    assert (act["happened_at"], act["subject"], act["twin_id"]) == (epoch(3), "Rollout", twin["Id"])
    assert parts(mirror, key("02s", 1)) == {
        (None, "ada@vendor.example", "from"),
        (ZOE, "zoe@acme.example", "to"),
        (None, "tom@acme.example", "to"),
    }
    assert end(mirror, "Task").dropped == {"twin of an e-mail message": 1}


def test_a_relation_without_address_does_not_count_its_contact_twice(org: Org) -> None:
    zoe, tom, eva = SEED["salesforce"]["records"]["Contact"]
    silent = {**relation(1, 1, ZOE, "ToAddress", ""), "RelationAddress": None}
    contacts = [{**zoe, "Email": "Zoe@acme.example"}, tom, eva]
    org.load(seeded({"Contact": contacts, "EmailMessage": [mail(1)], "EmailMessageRelation": [silent]}))
    assert parts(Mirror().pull(org.connect()), key("02s", 1)) == {
        (None, "ada@vendor.example", "from"),
        (ZOE, "zoe@acme.example", "to"),
        (None, "tom@acme.example", "to"),
    }


def test_an_incoming_mail_points_to_us_a_bounce_is_marked_and_a_draft_is_left_out(org: Org) -> None:
    inbound = mail(1, Incoming=True, FromAddress="zoe@acme.example", ToAddress="ada@vendor.example")
    org.load(seeded({"EmailMessage": [inbound, mail(2, IsBounced=True), mail(3, Status="5")]}))
    mirror = Mirror().pull(org.connect())
    acts = {row["id"]: (row["direction"], row["outcome"]) for row in mirror.all("activity")}
    assert acts == {key("02s", 1): ("in", None), key("02s", 2): ("out", "bounced")}
    assert end(mirror, "EmailMessage").dropped == {"draft": 1}


@pytest.mark.parametrize(
    ("fields", "kind", "direction", "outcome"),
    [
        ({"TaskSubtype": "Call", "CallType": "Outbound", "CallDurationInSeconds": 90}, "call", "out", "connected"),
        ({"Type": "Call", "CallType": "Inbound", "CallDisposition": "Left voicemail"}, "call", "in", "not-connected"),
        ({"TaskSubtype": "Call"}, "call", None, None),
        ({"TaskSubtype": "Call", "Status": "Not Started", "ActivityDate": "@+4d"}, "call", None, "open"),
        ({"TaskSubtype": "Email"}, "email", "out", None),
        ({"TaskSubtype": "LinkedIn"}, "message", None, None),
        ({}, "task", None, None),
    ],
    ids=["call out", "voicemail in", "bare call", "planned call", "lonely mail task", "linkedin", "task"],
)
def test_a_task_is_what_its_subtype_type_and_call_fields_say(
    org: Org, fields: dict[str, Any], kind: str, direction: str | None, outcome: str | None
) -> None:
    org.load(seeded({"Task": [task(1, **fields)]}))
    (act,) = Mirror().pull(org.connect()).all("activity")
    assert (act["kind"], act["direction"], act["outcome"]) == (kind, direction, outcome)


def test_18_archived_tasks_and_events_are_read(org: Org) -> None:
    event = {
        "Id": key("00U", 1),
        "Subject": "Kick-off",
        "StartDateTime": days_ago(500),
        "EndDateTime": days_ago(500, "10:30"),
        "OwnerId": ADA,
        "WhoId": ZOE,
    }
    org.load(seeded({"Task": [task(1, ActivityDate="@-500d")], "Event": [event]}))
    mirror = Mirror().pull(org.connect())
    assert {row["kind"] for row in mirror.all("activity")} == {"task", "meeting"}
    meeting = mirror.one("activity", kind="meeting")
    assert (meeting["happened_at"], meeting["end_at"]) == (epoch(500), epoch(500, 10))
    assert mirror.one("coverage_of_source", fact="activity")["since_at"] == epoch(500, 0, 0)


@pytest.mark.parametrize(("shared", "expected"), [(True, {ZOE, TOM}), (False, {ZOE})], ids=["shared", "not shared"])
def test_all_contacts_of_a_meeting_take_part_where_shared_activities_are_on(
    org: Org, shared: bool, expected: set[str]
) -> None:
    event = {
        "Id": key("00U", 1),
        "Subject": "Review",
        "StartDateTime": days_ago(5),
        "EndDateTime": days_ago(5, "10:30"),
        "OwnerId": ADA,
        "WhoId": ZOE,
    }
    extra = {"Id": key("0RE", 1), "EventId": event["Id"], "RelationId": TOM, "IsWhat": False, "IsInvitee": True}
    org.load(seeded({"Event": [event], **({"EventRelation": [extra]} if shared else {})}, shared=shared))
    mirror = Mirror().pull(org.connect())
    assert {row["contact_id"] for row in mirror.all("participant", activity_id=event["Id"])} == expected


def test_an_organisation_without_activity_says_that_it_captures_none(connected: Salesforce) -> None:
    mirror = Mirror().pull(connected)
    activity = mirror.one("coverage_of_source", fact="activity")
    assert (activity["available"], activity["since_at"]) == (False, None)
    assert mirror.one("coverage_of_source", fact="usage")["available"] is False


# --- cursors and broken pulls ----------------------------------------------------------------------------------------


def test_4_the_first_pull_is_whole_and_the_next_reads_changes_only(org: Org, connected: Salesforce) -> None:
    org.tell("clock", {"advance": 3_600})
    mirror = Mirror().pull(connected)
    assert end(mirror, "Contact").whole
    org.as_person("PATCH", f"sobjects/Contact/{TOM}", {"Title": "CFO"})
    mirror.pull(connected)
    assert not end(mirror, "Contact").whole
    assert end(mirror, "Contact").read == 1
    assert mirror.one("contact", id=TOM)["title"] == "CFO"
    assert len(mirror.all("contact")) == 3


def test_1_a_change_in_the_second_of_the_last_pull_is_not_lost(org: Org, connected: Salesforce) -> None:
    org.tell("clock", {"freeze": True})
    mirror = Mirror().pull(connected)
    org.as_person("PATCH", f"sobjects/Contact/{TOM}", {"Title": "CFO"})
    assert mirror.pull(connected).one("contact", id=TOM)["title"] == "CFO"


def test_a_cursor_older_than_the_recycle_bin_makes_the_pull_whole(org: Org, connected: Salesforce) -> None:
    mirror = Mirror().pull(connected)
    org.tell("clock", {"advance": 16 * 86_400})
    assert end(mirror.pull(connected), "Contact").whole


def test_a_cursor_nobody_understands_makes_the_pull_whole(connected: Salesforce) -> None:
    ends = [part for part in connected.pull({"Contact": "yesterday"}) if isinstance(part, StreamEnd)]
    assert all(part.whole for part in ends)


def test_7_a_lost_query_locator_is_resumed_behind_the_last_record(org: Org, connected: Salesforce) -> None:
    many = [{"Id": key("003", number), "LastName": "Ng", "AccountId": ACCOUNT} for number in range(500)]
    org.load(seeded({"Contact": many, "AccountContactRelation": []}))
    org.tell("limits", {"salesforce": {"page_size": 200}})
    lost = [{"errorCode": "INVALID_QUERY_LOCATOR", "message": "invalid query locator"}]
    org.tell("faults", {"action": "status", "path": "/query/01g", "nth": 2, "status": 400, "body": lost})
    mirror = Mirror().pull(connected)
    assert len(mirror.all("contact")) == 500
    assert (end(mirror, "Contact").read, end(mirror, "Contact").expected) == (500, 500)


def test_8_a_session_that_ends_in_the_middle_of_a_pull_is_renewed(org: Org, connected: Salesforce) -> None:
    expired = [{"errorCode": "INVALID_SESSION_ID", "message": "Session expired or invalid"}]
    org.tell("faults", {"action": "status", "path": "/queryAll", "nth": 3, "status": 401, "body": expired})
    assert len(Mirror().pull(connected).all("contact")) == 3
    assert connected.calls()["POST /services/oauth2/token"] == 2


def test_12_a_spent_daily_limit_ends_the_pull_as_incomplete(org: Org, connected: Salesforce) -> None:
    connected.server_time()
    org.tell("limits", {"salesforce": {"daily_limit": 1, "daily_used": 1}})
    with pytest.raises(RetryLater, match="TotalRequests Limit exceeded"):
        list(connected.pull({}))


def test_13_fewer_records_than_announced_are_not_taken_for_all(org: Org, connected: Salesforce) -> None:
    short = {"totalSize": 3, "done": True, "records": []}
    org.tell("faults", {"action": "status", "path": "/queryAll", "nth": 1, "status": 200, "body": short})
    with pytest.raises(RetryLater, match="announced 3 records of User and sent 0"):
        list(connected.pull({}))


def test_16_a_connection_cut_in_the_middle_of_an_answer_is_repeated(org: Org, connected: Salesforce) -> None:
    org.tell(
        "faults",
        [{"action": "reset", "path": "/queryAll", "nth": 2}, {"action": "truncate", "path": "/queryAll", "nth": 3}],
    )
    assert len(Mirror().pull(connected).all("contact")) == 3


def test_6_a_mapped_field_that_is_hidden_is_left_out_and_reported(org: Org) -> None:
    fields = {"Account": [{"name": "Segment__c", "label": "Segment", "type": "Text", "length": 80}]}
    org.load(seeded({}, fields))
    connector = org.connect(fields={"account": {"segment": "Segment__c"}})
    org.tell("limits", {"salesforce": {"hidden_fields": ["Account.Segment__c", "Contact.Department"]}})
    mirror = Mirror().pull(connector)
    assert mirror.one("account", id=ACCOUNT)["segment"] is None
    assert end(mirror, "Account").dropped == {"hidden field Segment__c": 1}
    found = {finding.where: finding.fatal for finding in connector.check()}
    assert found["Account.Segment__c"] is True
    assert found["Contact.Department"] is False


# --- sign-in against the emulator ------------------------------------------------------------------------------------


def test_every_flow_signs_in(org: Org) -> None:
    told = org.told
    told = {**told, "pem": Path(told["private_key"]).read_text(encoding="utf-8")}
    pair = {"client_id": "env:client_id", "client_secret": "env:client_secret"}
    flows = [
        {"flow": "client_credentials", **pair},
        {"flow": "refresh_token", **pair, "refresh_token": "env:refresh_token"},
        {
            "flow": "password",
            **pair,
            "username": told["username"],
            "password": "env:password",
            "security_token": "env:security_token",
        },
        {"flow": "jwt_bearer", "client_id": "env:client_id", "username": told["username"], "private_key": "env:pem"},
    ]
    for auth in flows:
        connector = org.connect(auth=auth, secrets=told)
        assert connector.server_time() > 0, auth["flow"]


def test_a_certificate_of_an_unknown_authority_is_refused_and_one_of_the_ca_file_accepted(org: Org) -> None:
    url = org.told["https"]
    with pytest.raises(Unusable, match=r"not trusted.*`ca_file`"):
        org.connect(url=url).server_time()
    trusted = org.connect(url=url, ca_file=org.told["ca"])
    assert len(Mirror().pull(trusted).all("contact")) == 3


def test_10_wrong_credentials_are_a_fatal_finding_with_a_way_out(org: Org) -> None:
    connector = org.connect(secrets={**org.told, "client_secret": "wrong"})
    (finding,) = connector.check()
    assert finding.fatal
    assert "Check the credentials" in finding.cause
    assert "wrong" not in finding.cause


def test_an_organisation_without_our_fields_is_told_to_provision(connected: Salesforce) -> None:
    fatal = [finding for finding in connected.check() if finding.fatal]
    assert len(fatal) == len([entry for entry in FIELDS if not entry.override])
    assert all("rapport provision" in finding.fix for finding in fatal)


def test_missing_override_fields_are_mentioned_and_stop_nothing(connected: Salesforce) -> None:
    found = {finding.where for finding in connected.check() if not finding.fatal}
    named = {"contact": "Contact", "account": "Account", "task": "Task"}
    assert {f"{named[entry.object]}.{entry.salesforce_name()}" for entry in FIELDS if entry.override} <= found
