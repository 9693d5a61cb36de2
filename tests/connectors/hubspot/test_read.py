"""Streams and pages: what belongs together, what is left out, what one forbidden object costs."""

import pytest

from connectors.base import Page, StreamEnd
from connectors.errors import RetryLater, Unusable
from connectors.hubspot.client import Answer
from connectors.hubspot.pages import STREAMS, page, tables_of
from connectors.hubspot.read import gathered
from connectors.hubspot.values import TABLES, columns_of, row
from connectors.options import HubSpotOptions
from mapping.metadata import observed_tables
from mapping.records import MERGED, STAGED
from tests.connectors.hubspot.conftest import OPTIONS, URL, Portal

OBJECTS = "/crm/objects/2026-09"
ENGAGEMENTS = ("emails", "calls", "meetings", "notes", "communications", "tasks")
FORBIDDEN = (403, {"category": "MISSING_SCOPES", "message": "This app hasn't been granted all required scopes."})


def empty(portal: Portal, *but: str) -> None:
    """Answer every list with nothing, apart from the ones a test scripts itself."""
    portal.provisioned()
    portal.answers("GET", "/crm/owners/2026-09", {"results": []})
    for object_type in ("companies", "contacts", "deals", *ENGAGEMENTS):
        if object_type not in but:
            portal.answers("GET", f"{OBJECTS}/{object_type}", {"results": []})


def ends(portal: Portal) -> dict[str, StreamEnd]:
    return {part.stream: part for part in portal.connect().pull({}) if isinstance(part, StreamEnd)}


def test_the_streams_fill_every_canonical_table() -> None:
    filled = {table for tables in STREAMS.values() for table in tables}
    assert filled == {table.name for table in (*STAGED, *MERGED.values(), *observed_tables())}


def test_every_stream_of_an_empty_portal_ends_whole(portal: Portal) -> None:
    empty(portal)
    found = ends(portal)
    assert list(found) == list(STREAMS)
    assert all(end.whole for end in found.values())
    assert {name for name, end in found.items() if end.cursor is None} == {"owners", "coverage"}


def test_a_page_holds_every_table_of_its_stream_and_the_ids_of_all_rows() -> None:
    rows = [
        ("contact", row("contact", {"source": "hs", "id": "201"})),
        ("affiliation", row("affiliation", {"source": "hs", "id": "201:9001", "contact_id": "201"})),
        ("usage", row("usage", {"source": "hs", "contact_id": "201", "product": "default"})),
    ]
    made = page("contacts", tables_of(columns_of(rows)), ["201"])
    assert list(made.ids) == ["201", "201:9001"]
    assert {name: table.num_rows for name, table in made.tables.items()} == {
        "contact": 1,
        "observed_contact": 0,
        "merged_contact": 0,
        "affiliation": 1,
        "contact_role": 0,
        "usage": 1,
        "signal": 0,
    }
    assert tuple(made.tables["contact"].column_names) == TABLES["contact"].column_names()


def test_list_pages_are_gathered_ten_at_a_time() -> None:
    assert [len(found) for found in gathered([Answer(b"{}", tuple)] * 25, 10)] == [10, 10, 5]
    assert list(gathered([], 10)) == []


@pytest.mark.parametrize("object_type", ["deals", *ENGAGEMENTS])
def test_37_one_forbidden_object_does_not_fail_the_others(portal: Portal, object_type: str) -> None:
    empty(portal, object_type)
    portal.answers("GET", f"{OBJECTS}/{object_type}", FORBIDDEN)
    found = ends(portal)
    assert [name for name, end in found.items() if not end.whole] == [object_type]
    assert any("scopes" in reason for reason in found[object_type].dropped)


@pytest.mark.parametrize(("object_type", "available"), [("emails", False), ("meetings", False), ("notes", True)])
def test_silence_is_not_claimed_where_capture_cannot_be_seen(portal: Portal, object_type: str, available: bool) -> None:
    empty(portal, object_type)
    portal.answers("GET", f"{OBJECTS}/{object_type}", FORBIDDEN)
    (facts,) = [
        part.tables["coverage_of_source"]
        for part in portal.connect().pull({})
        if isinstance(part, Page) and part.stream == "coverage"
    ]
    seen = dict(zip(facts.column("fact").to_pylist(), facts.column("available").to_pylist(), strict=True))
    assert seen == {"activity": available, "usage": False}


@pytest.mark.parametrize("object_type", ["contacts", "companies"])
def test_without_contacts_or_companies_the_connection_is_unusable(portal: Portal, object_type: str) -> None:
    empty(portal, object_type)
    portal.answers("GET", f"{OBJECTS}/{object_type}", FORBIDDEN)
    with pytest.raises(Unusable, match="scopes"):
        ends(portal)


def test_a_spent_day_ends_the_pull_before_the_stream_ends(portal: Portal) -> None:
    empty(portal, "emails")
    portal.answers(
        "GET", f"{OBJECTS}/emails", (429, {"policyName": "DAILY", "message": "You have reached your daily limit."})
    )
    seen: list[str] = []
    with pytest.raises(RetryLater):
        seen.extend(part.stream for part in portal.connect().pull({}) if isinstance(part, StreamEnd))
    assert "emails" not in seen


def test_addresses_of_contacts_are_read_once_for_all_their_emails(portal: Portal) -> None:
    empty(portal, "emails")
    emails = [
        {
            "id": str(number),
            "properties": {"hs_timestamp": "2026-01-01T00:00:00Z", "hs_email_direction": "INCOMING_EMAIL"},
            "associations": {"contacts": {"results": [{"id": "201", "type": "email_to_contact"}]}},
        }
        for number in range(3)
    ]
    portal.answers("GET", f"{OBJECTS}/emails", {"results": emails})
    portal.answers(
        "POST", f"{OBJECTS}/contacts/batch/read", {"results": [{"id": "201", "properties": {"email": "z@a.example"}}]}
    )
    ends(portal)
    assert [body["inputs"] for _, path, body in portal.asked if path.endswith("/batch/read")] == [[{"id": "201"}]]


def test_a_colleague_who_is_in_both_lists_of_owners_counts_as_active(portal: Portal) -> None:
    empty(portal, "owners")
    ada = {"id": "4101", "email": "ada@vendor.example", "firstName": "Ada", "lastName": "King"}
    portal.scripted.remove("GET", f"{URL}/crm/owners/2026-09")
    portal.answers("GET", "/crm/owners/2026-09", {"results": [{**ada, "archived": True}]}, {"results": [ada]})
    pages = [part for part in portal.connect().pull({}) if isinstance(part, Page) and part.stream == "owners"]
    states = [state for found in pages for state in found.tables["user_account"].column("active").to_pylist()]
    assert states == [False, True], "a later page replaces the rows of an earlier one"


def test_6_a_property_that_was_removed_is_neither_asked_for_nor_taken_for_usage(portal: Portal) -> None:
    empty(portal, "contacts")
    portal.answers("GET", f"{OBJECTS}/contacts", {"results": []})
    described = {**OPTIONS.model_dump(), "fields": {"usage": {"active_days": "days_of_use"}}}
    connection = portal.connect(options=HubSpotOptions.model_validate(described))
    facts = [part for part in connection.pull({}) if isinstance(part, Page) and part.stream == "coverage"]
    assert facts[0].tables["coverage_of_source"].column("available").to_pylist() == [True, False]
    assert not any("days_of_use" in path for _, path, _ in portal.asked)


@pytest.mark.parametrize("ties", [None, {}, {"contacts": None}, {"contacts": {"results": None, "paging": None}}])
def test_an_act_with_nobody_may_say_so_in_any_way(portal: Portal, ties: object) -> None:
    empty(portal, "notes")
    note = {"id": "7", "properties": {"hs_timestamp": "2026-01-09T10:00:00Z"}, "associations": ties}
    portal.answers("GET", f"{OBJECTS}/notes", {"results": [note]})
    parts = [part for part in portal.connect().pull({}) if isinstance(part, Page) and part.stream == "notes"]
    assert [(part.tables["activity"].num_rows, part.tables["participant"].num_rows) for part in parts] == [(1, 0)]


def test_a_portal_that_knows_no_such_object_is_read_without_it(portal: Portal) -> None:
    empty(portal, "communications")
    unknown = (400, {"status": "error", "message": "Unable to infer object type from: communications"})
    portal.answers("GET", f"{OBJECTS}/communications", unknown)
    found = ends(portal)["communications"]
    assert (found.whole, "infer object type from: communications" in found.missing) == (False, True)
