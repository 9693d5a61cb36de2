"""A story for each HubSpot stream: what people see in their portal, and the rows it must become."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from connectors.base import CreateTask, SetTaskState, StreamEnd
from mapping.metadata import FIELDS, TASK_KEY
from tests.connectors.hubspot.crm import WALL, Crm
from tests.contract.harness import Mirror, Record

pytestmark = pytest.mark.emulator

ZOE, TOM, ACME, BOLT, ADA = "201", "202", "9001", "9002", "4101"
PRIMARY = [1, 279]
OWNER = {"id": ADA, "email": "Ada@Vendor.example", "firstName": "Ada", "lastName": "King", "userId": 91}
COMPANIES = [
    {"id": ACME, "properties": {"name": "Acme", "domain": "acme.example", "lifecyclestage": "customer"}},
    {"id": BOLT, "properties": {"name": "Bolt"}},
]
PEOPLE = [
    {"id": ZOE, "properties": {"email": "zoe@acme.example", "firstname": "Zoë", "lastname": "Ng"}},
    {"id": TOM, "properties": {"email": "tom@acme.example", "firstname": "Tom", "lastname": "Ek"}},
]
TEXT = {"type": "string", "fieldType": "text", "groupName": "contactinformation"}


def seed(
    records: Mapping[str, Sequence[Mapping[str, Any]]],
    ties: Sequence[tuple[str, str, list[int]]] = (),
    **more: Any,
) -> dict[str, Any]:
    """Describe a portal with one colleague, two companies and two people; `records` and `ties` come on top."""
    return {
        "portal_id": 48120733,
        "properties": {},
        "labels": [],
        "owners": [OWNER],
        "records": {"companies": COMPANIES, "contacts": PEOPLE, **records},
        "associations": [{"from": one, "to": other, "types": types} for one, other, types in ties],
        **more,
    }


def engagement(object_type: str, properties: Mapping[str, str], number: int = 301) -> dict[str, list[dict[str, Any]]]:
    return {object_type: [{"id": str(number), "properties": {"hs_timestamp": "@-3dT09:30", **properties}}]}


def at(days: int, hour: int = 9, minute: int = 30) -> int:
    """Tell the epoch second of a day before today, independently of the connector."""
    day = datetime.fromtimestamp(WALL(), UTC).date() - timedelta(days=days)
    return int(datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC).timestamp())


def people(mirror: Mirror, activity: str = "301") -> set[tuple[object, object, object]]:
    rows = mirror.all("participant", activity_id=activity)
    return {(row["contact_id"], row["email"], row["part"]) for row in rows}


@pytest.fixture
def crm(emulator: dict[str, Any]) -> Crm:
    """Lend the emulated portal, not yet filled."""
    return Crm(emulator)


def pulled(crm: Crm, filled: Mapping[str, Any], **options: object) -> Mirror:
    connection = crm.load(filled).connect(**options)
    mirror = Mirror().pull(connection)
    connection.close()
    return mirror


# --- owners ----------------------------------------------------------------------------------------------------------


def test_a_colleague_has_a_team_and_a_former_one_is_inactive(crm: Crm) -> None:
    teams = [{"id": "8", "name": "All", "primary": False}, {"id": "7", "name": "West", "primary": True}]
    left = {"id": "4102", "email": "old@vendor.example", "firstName": "Old", "lastName": "Hand", "archived": True}
    mirror = pulled(crm, seed({}, owners=[{**OWNER, "teams": teams}, left]))
    assert mirror.one("user_account", id=ADA) == {
        "source": "hs",
        "id": ADA,
        "name": "Ada King",
        "email": "ada@vendor.example",
        "manager_id": None,
        "team": "West",
        "active": True,
    }
    assert mirror.one("user_account", id="4102")["active"] is False


def test_a_colleague_without_a_name_is_called_by_the_address(crm: Crm) -> None:
    mirror = pulled(crm, seed({}, owners=[{"id": ADA, "email": "ada@vendor.example", "firstName": "", "lastName": ""}]))
    assert mirror.one("user_account", id=ADA)["name"] == "ada@vendor.example"


# --- companies -------------------------------------------------------------------------------------------------------


def account(crm: Crm, properties: Mapping[str, str], **options: object) -> Record:
    company = {"id": ACME, "properties": {"name": "Acme", **properties}}
    return pulled(crm, seed({"companies": [company], "contacts": []}), **options).one("account", id=ACME)


@pytest.mark.parametrize(
    ("stage", "stages", "customer"),
    [
        ("customer", ("customer",), True),
        ("lead", ("customer",), False),
        ("evangelist", ("customer", "evangelist"), True),
        ("", ("customer",), None),
    ],
)
def test_the_lifecycle_stage_says_who_is_a_customer(
    crm: Crm, stage: str, stages: tuple[str, ...], customer: bool | None
) -> None:
    properties = {"lifecyclestage": stage} if stage else {}
    assert account(crm, properties, customer_stages=stages)["customer"] is customer


def test_a_company_is_read_with_its_own_figures_and_not_its_revenue_as_arr(crm: Crm) -> None:
    row = account(crm, {"numberofemployees": "420", "annualrevenue": "9000000", "hubspot_owner_id": ADA})
    assert (row["employees"], row["arr"], row["owner_id"]) == (420, None, ADA)


@pytest.mark.parametrize(
    ("form", "text", "since"),
    [
        (("date", "date"), "2026-03-29", 1_774_742_400),
        (("datetime", "date"), "2026-03-29T01:30:00+02:00", 1_774_740_600),
        (("string", "text"), "spring of 2019", None),
    ],
    ids=["date", "moment", "words"],
)
def test_39_customer_since_is_midnight_of_a_date_the_second_of_a_moment_and_unknown_for_words(
    crm: Crm, form: tuple[str, str], text: str, since: int | None
) -> None:
    declared = {"name": "since", "label": "Since", "type": form[0], "fieldType": form[1]}
    companies = [{"id": ACME, "properties": {"name": "Acme", "since": text}}]
    filled = seed({"companies": companies}, properties={"companies": [{**declared, "groupName": "companyinformation"}]})
    mirror = pulled(crm, filled, fields={"account": {"since_at": "since"}})
    assert mirror.one("account", id=ACME)["since_at"] == since


# --- contacts --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "last", "name"),
    [("Zoë", "Ng", "Zoë Ng"), ("", "Ng", "Ng"), ("Zoë", "", "Zoë"), ("  ", "", None), ("", "", None)],
)
def test_a_contacts_name_is_what_there_is_of_it(crm: Crm, first: str, last: str, name: str | None) -> None:
    contact = {"id": ZOE, "properties": {"email": "Zoe@Acme.example", "firstname": first, "lastname": last}}
    row = pulled(crm, seed({"contacts": [contact]})).one("contact", id=ZOE)
    assert (row["name"], row["email"]) == (name, "zoe@acme.example")


def test_a_contact_of_two_companies_belongs_to_the_primary_one(crm: Crm) -> None:
    ties = [(f"contacts/{ZOE}", f"companies/{ACME}", [279]), (f"contacts/{ZOE}", f"companies/{BOLT}", PRIMARY)]
    mirror = pulled(crm, seed({}, ties))
    assert mirror.one("contact", id=ZOE)["account_id"] == BOLT
    direct = {row["account_id"]: row["direct"] for row in mirror.all("affiliation", contact_id=ZOE)}
    assert direct == {ACME: False, BOLT: True}


def test_buying_roles_are_split_and_shown_as_people_see_them(crm: Crm) -> None:
    contact = {"id": ZOE, "properties": {"lastname": "Ng", "hs_buying_role": "DECISION_MAKER;CHAMPION"}}
    mirror = pulled(crm, seed({"contacts": [contact]}))
    assert {(row["role"], row["origin"]) for row in mirror.all("contact_role", contact_id=ZOE)} == {
        ("Decision Maker", "hs_buying_role"),
        ("Champion", "hs_buying_role"),
    }


@pytest.mark.parametrize(("text", "core"), [("Yes", True), ("no", False), ("perhaps", None), ("", None)])
def test_a_list_of_yes_and_no_is_a_flag_and_anything_else_is_unknown(crm: Crm, text: str, core: bool | None) -> None:
    declared = {
        "name": "core",
        "label": "Core",
        "type": "string",
        "fieldType": "text",
        "groupName": "contactinformation",
    }
    contact = {"id": ZOE, "properties": {"lastname": "Ng", **({"core": text} if text else {})}}
    filled = seed({"contacts": [contact]}, properties={"contacts": [declared]})
    mirror = pulled(crm, filled, fields={"contact": {"core_job": "core"}})
    assert mirror.one("contact", id=ZOE)["core_job"] is core


def test_an_answer_that_is_no_number_is_no_answer_and_usage_that_is_no_property_is_unknown(crm: Crm) -> None:
    declared = {**TEXT, "name": "nps", "label": "NPS"}
    contact = {"id": ZOE, "properties": {"lastname": "Ng", "nps": "very likely"}}
    filled = seed({"contacts": [contact]}, properties={"contacts": [declared]})
    mirror = pulled(crm, filled, fields={"signal": {"nps": "nps"}, "usage": {"active_days": "no_such_property"}})
    assert mirror.all("signal") == mirror.all("usage") == []
    assert mirror.one("coverage_of_source", fact="usage")["available"] is False


# --- deals -----------------------------------------------------------------------------------------------------------


def test_a_deal_has_its_chance_in_percent_and_the_roles_on_it(crm: Crm) -> None:
    told = {"dealname": "Upsell", "amount": "9000.5", "hs_deal_stage_probability": "0.35"}
    closing = {"closedate": "2027-01-31T10:00:00Z", "hubspot_owner_id": ADA}
    deal = {"id": "501", "properties": {**told, **closing}}
    labels = [{"from": "deals", "to": "contacts", "typeId": 103, "label": "Budget holder"}]
    ties = [("deals/501", f"companies/{ACME}", [5, 341]), ("deals/501", f"contacts/{ZOE}", [3, 103])]
    mirror = pulled(crm, seed({"deals": [deal]}, ties, labels=labels))
    row = mirror.one("opportunity", id="501")
    assert (row["name"], row["amount"], row["account_id"], row["owner_id"]) == ("Upsell", 9000.5, ACME, ADA)
    assert (row["closed"], row["won"], row["close_at"]) == (False, False, 1_801_389_600)
    role = mirror.one("contact_role", opportunity_id="501")
    assert (role["contact_id"], role["role"], role["origin"]) == (ZOE, "Budget holder", "deal association label")


# --- engagements -----------------------------------------------------------------------------------------------------


def headers(sender: str, *recipients: str) -> str:
    people = {"from": {"email": sender}, "to": [{"email": one} for one in recipients], "cc": [], "bcc": []}
    return orjson.dumps(people).decode()


def test_an_incoming_email_has_one_sender_and_its_readers(crm: Crm) -> None:
    told = {
        "hs_email_direction": "INCOMING_EMAIL",
        "hs_email_subject": "A question",
        "hs_email_headers": headers("Zoe@Acme.example", "ada@vendor.example", "tom@acme.example"),
    }
    ties = [
        ("emails/301", f"contacts/{ZOE}", [198]),
        ("emails/301", f"contacts/{TOM}", [198]),
        ("emails/301", f"companies/{ACME}", [186]),
    ]
    mirror = pulled(crm, seed(engagement("emails", told), ties))
    act = mirror.one("activity")
    assert (act["kind"], act["direction"], act["subject"], act["account_id"]) == ("email", "in", "A question", ACME)
    assert act["happened_at"] == at(3)
    assert people(mirror) == {
        (ZOE, "zoe@acme.example", "from"),
        (TOM, "tom@acme.example", "to"),
        (None, "ada@vendor.example", "to"),
    }


@pytest.mark.parametrize(
    ("direction", "status", "expected"),
    [
        ("EMAIL", "SENT", ("out", None)),
        ("EMAIL", "BOUNCED", ("out", "bounced")),
        ("EMAIL", "SCHEDULED", ("out", "open")),
        ("FORWARDED_EMAIL", "SENT", (None, None)),
    ],
)
def test_an_email_that_was_not_sent_is_no_touch(
    crm: Crm, direction: str, status: str, expected: tuple[str | None, str | None]
) -> None:
    told = {"hs_email_direction": direction, "hs_email_status": status}
    act = pulled(crm, seed(engagement("emails", told))).one("activity")
    assert (act["direction"], act["outcome"]) == expected


def test_the_people_of_a_forwarded_email_are_neither_senders_nor_readers(crm: Crm) -> None:
    told = {"hs_email_direction": "FORWARDED_EMAIL"}
    mirror = pulled(crm, seed(engagement("emails", told), [("emails/301", f"contacts/{ZOE}", [198])]))
    assert people(mirror) == {(ZOE, None, "attendee")}


@pytest.mark.parametrize(
    ("direction", "part"), [("INBOUND", "from"), ("OUTBOUND", "to"), ("", "attendee")], ids=["in", "out", "unknown"]
)
def test_a_call_places_its_contact_by_the_direction_it_tells(crm: Crm, direction: str, part: str) -> None:
    told = {"hs_call_duration": "90500", **({"hs_call_direction": direction} if direction else {})}
    mirror = pulled(crm, seed(engagement("calls", told), [("calls/301", f"contacts/{ZOE}", [194])]))
    act = mirror.one("activity")
    assert (act["kind"], act["happened_at"], act["end_at"]) == ("call", at(3), at(3) + 90)
    assert people(mirror) == {(ZOE, None, part)}


def test_a_meeting_planned_for_later_is_dated_there_and_tells_no_outcome(crm: Crm) -> None:
    told = {
        "hs_timestamp": "@+9dT09:30",
        "hs_meeting_start_time": "@+9dT09:30",
        "hs_meeting_end_time": "@+9dT10:00",
        "hs_meeting_outcome": "SCHEDULED",
        "hs_meeting_title": "Review",
    }
    mirror = pulled(crm, seed(engagement("meetings", told), [("meetings/301", f"contacts/{ZOE}", [200])]))
    act = mirror.one("activity")
    assert (act["happened_at"], act["end_at"], act["outcome"]) == (at(-9), at(-9, 10, 0), None)
    assert (act["direction"], act["subject"]) == (None, "Review")
    assert people(mirror) == {(ZOE, None, "attendee")}


@pytest.mark.parametrize(
    ("outcome", "canonical"),
    [("COMPLETED", "held"), ("NO_SHOW", "no-show"), ("CANCELED", "cancelled"), ("RESCHEDULED", "rescheduled")],
)
def test_a_meetings_outcome_is_in_our_words(crm: Crm, outcome: str, canonical: str) -> None:
    told = {"hs_meeting_outcome": outcome}
    assert pulled(crm, seed(engagement("meetings", told))).one("activity")["outcome"] == canonical


def test_a_note_and_a_message_are_read_without_direction(crm: Crm) -> None:
    records = {**engagement("notes", {}), **engagement("communications", {"hs_communication_channel_type": "SMS"}, 302)}
    acts = {
        row["id"]: (row["kind"], row["direction"], row["type"]) for row in pulled(crm, seed(records)).all("activity")
    }
    assert acts == {"301": ("note", None, None), "302": ("message", None, "SMS")}


def test_a_deleted_contact_takes_part_in_nothing_any_more_but_the_email_stays(crm: Crm) -> None:
    told = {"hs_email_direction": "EMAIL", "hs_email_headers": headers("ada@vendor.example", "zoe@acme.example")}
    filled = seed(engagement("emails", told), [("emails/301", f"contacts/{ZOE}", [198])])
    connection = crm.load(filled).connect()
    mirror = Mirror().pull(connection)
    crm.by_hand("DELETE", f"/crm/objects/2026-09/contacts/{ZOE}")
    mirror.pull(connection)
    assert mirror.one("activity")["direction"] == "out"
    assert people(mirror) == {(None, "ada@vendor.example", "from"), (None, "zoe@acme.example", "to")}


def test_a_deleted_email_is_gone_with_its_people(crm: Crm) -> None:
    filled = seed(engagement("emails", {}), [("emails/301", f"contacts/{ZOE}", [198])])
    connection = crm.load(filled).connect()
    mirror = Mirror().pull(connection)
    assert len(mirror.all("participant")) == 1
    crm.by_hand("DELETE", "/crm/objects/2026-09/emails/301")
    mirror.pull(connection)
    assert mirror.all("activity") == mirror.all("participant") == []


# --- tasks -----------------------------------------------------------------------------------------------------------


def test_our_tasks_are_own_tasks_in_every_state_and_never_activity(crm: Crm) -> None:
    connection = crm.load(seed({})).connect()
    list(connection.provision([field for field in FIELDS if field.name == TASK_KEY], dry_run=False))
    plan = [CreateTask(gap, "Find a champion", "Why.", 1_767_225_600, ADA, ACME, ZOE) for gap in "ab"]
    made = {result.write.key: result.id for result in connection.write(plan) if isinstance(result.write, CreateTask)}
    list(connection.write([SetTaskState(str(made["b"]), "b", open=False)]))
    mirror = Mirror().pull(connection)
    assert mirror.all("activity") == mirror.all("participant") == []
    assert {row["key"]: (row["open"], row["due_at"]) for row in mirror.all("own_task")} == {
        "a": (True, 1_767_225_600),
        "b": (False, 1_767_225_600),
    }


def test_a_colleagues_task_is_activity_and_no_own_task(crm: Crm) -> None:
    told = {"hs_task_subject": "Call Zoë", "hs_task_status": "NOT_STARTED", "hs_timestamp": "@+2dT09:30"}
    mirror = pulled(crm, seed(engagement("tasks", told), [("tasks/301", f"contacts/{ZOE}", [204])]))
    act = mirror.one("activity")
    assert (act["kind"], act["outcome"], act["happened_at"]) == ("task", "open", at(-2))
    assert mirror.all("own_task") == []


# --- what check tells, and the order of streams ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "attribute", "mistyped", "meant"),
    [
        ("account", "employees", "numberofemployes", "numberofemployees"),
        ("contact", "title", "JobTitle", "jobtitle"),
        ("opportunity", "amount", "ammount", "amount"),
        ("usage", "active_days", "hs_buying_rolle", "hs_buying_role"),
    ],
)
def test_a_mistyped_property_is_fatal_and_says_what_was_probably_meant(
    crm: Crm, table: str, attribute: str, mistyped: str, meant: str
) -> None:
    crm.load(seed({})).provisioned()
    (finding,) = crm.connect(fields={table: {attribute: mistyped}}).check()
    assert (finding.where, finding.fatal) == (f"fields.{table}.{attribute}", True)
    assert finding.fix == f"Did you mean '{meant}'?"


def test_a_mapped_property_that_does_not_exist_reads_as_unknown_and_fails_no_pull(crm: Crm) -> None:
    mirror = pulled(crm, seed({}), fields={"contact": {"title": "no_such_property"}})
    assert mirror.one("contact", id=ZOE)["title"] is None


def test_every_stream_tells_its_end_in_the_order_of_the_pull(crm: Crm) -> None:
    ends = [part for part in crm.load(seed({})).connect().pull({}) if isinstance(part, StreamEnd)]
    assert {one.stream: one.read for one in ends} == {
        "owners": 1,
        "companies": 2,
        "contacts": 2,
        "deals": 0,
        "emails": 0,
        "calls": 0,
        "meetings": 0,
        "notes": 0,
        "communications": 0,
        "tasks": 0,
        "coverage": 2,
    }
    assert all(one.whole for one in ends)
