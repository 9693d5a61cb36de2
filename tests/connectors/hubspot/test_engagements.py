"""E-mails, calls, meetings, notes, messages and tasks become activities and participants."""

from collections.abc import Mapping, Sequence

import orjson
import pytest

from connectors.hubspot.engagements import ENGAGEMENTS, Values, activity, addresses, own_task, participants
from connectors.hubspot.values import TABLES

MOMENT = 1_767_225_600
ISO = "2026-01-01T00:00:00Z"
BY_TYPE = {one.object_type: one for one in ENGAGEMENTS}


def read(object_type: str, companies: Sequence[str] = (), **properties: str | None) -> Values:
    record = {"id": "77", "properties": {"hs_timestamp": ISO, **properties}}
    return activity("hs", BY_TYPE[object_type], record, companies)


def took_part(
    act: Values, contacts: Mapping[str, Sequence[str]], held: Mapping[str, str | None]
) -> list[tuple[object, ...]]:
    """List (contact, address, part)."""
    columns = TABLES["participant"].column_names()
    rows = [dict(zip(columns, row, strict=True)) for _, row in participants(act, contacts, held)]
    assert {(row["source"], row["activity_id"]) for row in rows} <= {("hs", "77")}
    return [(row["contact_id"], row["email"], row["part"]) for row in rows]


@pytest.mark.parametrize(
    ("wire", "direction"),
    [("EMAIL", "out"), ("INCOMING_EMAIL", "in"), ("FORWARDED_EMAIL", None), (None, None)],
)
def test_an_emails_direction_is_seen_from_us(wire: str | None, direction: str | None) -> None:
    act = read("emails", ["9001"], hs_email_direction=wire, hs_email_subject="Hello", hubspot_owner_id="4101")
    assert (act["kind"], act["direction"], act["subject"]) == ("email", direction, "Hello")
    assert (act["happened_at"], act["account_id"], act["owner_id"]) == (MOMENT, "9001", "4101")


@pytest.mark.parametrize(
    ("status", "outcome"), [("BOUNCED", "bounced"), ("FAILED", "bounced"), ("SENT", None), (None, None)]
)
def test_a_bounced_email_says_so(status: str | None, outcome: str | None) -> None:
    assert read("emails", hs_email_status=status)["outcome"] == outcome


@pytest.mark.parametrize(
    ("disposition", "status", "outcome"),
    [
        ("f240bbac-87c9-4f6e-bf70-924b57d47db7", "COMPLETED", "connected"),
        ("b2cf5968-551e-4856-9783-52b3da59a7d0", "COMPLETED", "not-connected"),
        ("73a0d17f-1163-4015-bdd5-ec830791da20", None, "not-connected"),
        (None, "NO_ANSWER", "not-connected"),
        (None, "BUSY", "not-connected"),
        (None, "COMPLETED", None),
        ("0d0e1b2c-0000-0000-0000-000000000000", "COMPLETED", None),
    ],
)
def test_a_calls_outcome_is_known_only_where_hubspots_own_words_tell(
    disposition: str | None, status: str | None, outcome: str | None
) -> None:
    assert read("calls", hs_call_disposition=disposition, hs_call_status=status)["outcome"] == outcome


def test_a_call_ends_after_its_duration_in_milliseconds() -> None:
    act = read("calls", hs_call_duration="90500", hs_call_direction="INBOUND", hs_call_title="Kick-off")
    assert (act["end_at"], act["direction"], act["subject"]) == (MOMENT + 90, "in", "Kick-off")


@pytest.mark.parametrize(
    ("wire", "outcome"),
    [
        ("COMPLETED", "held"),
        ("CANCELED", "cancelled"),
        ("NO_SHOW", "no-show"),
        ("no show", "no-show"),
        ("RESCHEDULED", "rescheduled"),
        ("SCHEDULED", None),
        ("Went well", None),
        (None, None),
    ],
)
def test_a_meetings_outcome_is_canonical_and_scheduled_tells_nothing(wire: str | None, outcome: str | None) -> None:
    assert read("meetings", hs_meeting_outcome=wire)["outcome"] == outcome


def test_a_meeting_is_dated_by_its_beginning() -> None:
    act = read("meetings", hs_meeting_start_time="2026-01-02T10:00:00Z", hs_meeting_end_time="2026-01-02T11:00:00Z")
    assert (act["happened_at"], act["end_at"]) == (MOMENT + 34 * 3600, MOMENT + 35 * 3600)
    assert read("meetings")["happened_at"] == MOMENT


def test_a_colleagues_own_task_is_activity_and_open_until_completed() -> None:
    done = read("tasks", hs_task_status="COMPLETED", hs_task_completion_date="2026-01-03", hs_task_subject="Call")
    assert (done["kind"], done["outcome"], done["happened_at"]) == ("task", None, MOMENT + 2 * 86400)
    assert read("tasks", hs_task_status="NOT_STARTED")["outcome"] == "open"


def test_notes_and_messages_carry_no_direction() -> None:
    assert read("notes").get("direction") is None
    act = read("communications", hs_communication_channel_type="WHATS_APP")
    assert (act["kind"], act["type"], act.get("direction")) == ("message", "WHATS_APP", None)


def test_an_engagement_without_a_timestamp_is_dated_by_its_creation() -> None:
    assert read("notes", hs_timestamp=None, hs_createdate=ISO)["happened_at"] == MOMENT


def test_our_task_is_read_with_its_key() -> None:
    held = {"hs_task_status": "COMPLETED", "hs_task_subject": "S", "hubspot_owner_id": "4101", "hs_timestamp": ISO}
    done = {**held, "hs_task_completion_date": "2026-01-03"}
    ((table, row),) = own_task("hs", "acme|k", None, {"id": "77", "properties": done})
    dates = (MOMENT, MOMENT + 2 * 86400, None)
    assert (table, row) == ("own_task", ("hs", "77", "acme|k", False, "S", "4101", *dates))


@pytest.mark.parametrize(
    ("wire", "until"),
    [("2026-01-03", MOMENT + 2 * 86400), ("1767398400000", MOMENT + 2 * 86400), ("some day", None), ("", None)],
)
def test_a_snooze_date_is_read_as_a_day_and_an_unreadable_one_is_none(wire: str, until: int | None) -> None:
    ((_, row),) = own_task("hs", "acme|k", wire, {"id": "77", "properties": {}})
    assert row[-1] == until


HEADERS = orjson.dumps(
    {
        "from": {"email": "Zoe@Acme.example", "firstName": "Zoe"},
        "to": [{"email": "ada@vendor.example"}],
        "cc": [{"email": "tom@acme.example"}],
        "bcc": [],
    }
).decode()


def test_the_sender_of_an_incoming_email_is_told_from_the_copied_contact() -> None:
    held = {"hs_email_headers": HEADERS}
    act = read("emails", hs_email_direction="INCOMING_EMAIL")
    contacts = {"201": ["zoe@acme.example"], "202": ["tom@acme.example"]}
    assert took_part(act, contacts, held) == [
        ("201", "zoe@acme.example", "from"),
        ("202", "tom@acme.example", "to"),
        (None, "ada@vendor.example", "to"),
    ]


def test_a_contact_is_recognised_by_a_former_address() -> None:
    act = read("emails", hs_email_direction="INCOMING_EMAIL")
    contacts = {"201": ["zoe.ng@acme.example", "zoe@acme.example"]}
    assert took_part(act, contacts, {"hs_email_headers": HEADERS})[0] == ("201", "zoe@acme.example", "from")


@pytest.mark.parametrize(("direction", "part"), [("EMAIL", "to"), ("INCOMING_EMAIL", "from")])
def test_without_addresses_the_direction_places_the_contact(direction: str, part: str) -> None:
    act = read("emails", hs_email_direction=direction)
    assert took_part(act, {"201": []}, {}) == [("201", None, part)]


def test_hubspots_own_address_properties_are_read_too() -> None:
    held = {"hs_email_from_email": "Ada@vendor.example", "hs_email_to_email": "zoe@acme.example;tom@acme.example"}
    assert addresses(held) == {
        "ada@vendor.example": "from",
        "tom@acme.example": "to",
        "zoe@acme.example": "to",
    }


@pytest.mark.parametrize(
    "held",
    [
        {"hs_email_headers": '{"to": [{"email": "Zoe Ng<Zoe@acme.example>"}, {"email": "tom@acme.example"}]}'},
        {"hs_email_to_email": "Zoe Ng <zoe@acme.example>; tom@acme.example"},
        {"hs_email_cc_email": '"Ng, Zoe" <zoe@acme.example>, tom@acme.example,'},
    ],
)
def test_a_name_around_an_address_is_left_out_and_a_list_may_have_commas(held: dict[str, str]) -> None:
    assert addresses(held) == {"tom@acme.example": "to", "zoe@acme.example": "to"}


@pytest.mark.parametrize("garbled", ["", "{", "[]", "null", '{"to": "x", "from": [1]}'])
def test_garbled_headers_name_nobody(garbled: str) -> None:
    assert addresses({"hs_email_headers": garbled}) == {}


def test_everybody_attends_a_meeting_and_no_address_is_made_up() -> None:
    act = read("meetings")
    assert took_part(act, {"201": ["zoe@acme.example"], "202": []}, {}) == [
        ("201", None, "attendee"),
        ("202", None, "attendee"),
    ]


def test_a_caller_is_the_one_the_call_came_from() -> None:
    assert took_part(read("calls", hs_call_direction="INBOUND"), {"201": []}, {}) == [("201", None, "from")]
    assert took_part(read("calls", hs_call_direction="OUTBOUND"), {"201": []}, {}) == [("201", None, "to")]
