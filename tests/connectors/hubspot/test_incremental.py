"""Later pulls of a portal that is worth searching: what they find and cost, and how HubSpot's search may fail."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import requests

from connectors.base import UpdateRecord
from connectors.errors import RetryLater
from connectors.hubspot.client import Client
from connectors.hubspot.connector import HubSpot
from connectors.hubspot.delta import OVERLAP, RECONCILE, Cursor, counted, kind_of, milliseconds, windows
from sync.stage import Stage
from tests.connectors.hubspot.conftest import URL, Portal
from tests.connectors.hubspot.crm import Crm
from tests.connectors.hubspot.story import FIXED, LONG_AGO, MAILS, OBJECTS, PEOPLE, SEED, Story, held, person, title

pytestmark = pytest.mark.emulator

# --- what it costs ---------------------------------------------------------------------------------------------------


def test_a_first_pull_lists_and_a_quiet_one_costs_the_fixed_calls_alone(story: Story) -> None:
    assert all(end.whole for end in story.mirror.ends)
    before = held(story.mirror)
    story.pull()
    log = story.log()
    assert (story.read("contacts"), story.read("emails"), story.whole("contacts")) == (0, 0, False)
    assert sum(log.values()) == FIXED, log
    assert held(story.mirror) == before


def test_a_pull_after_one_percent_changed_reads_little_more_than_that(story: Story) -> None:
    changed = 0
    for key in (*PEOPLE[:4], *MAILS[:4]):
        story.edit("contacts" if key in PEOPLE else "emails", key, hubspot_owner_id="4101")
        changed += 1
    story.later()
    story.pull()
    log = story.log()
    full = len(PEOPLE) + len(MAILS)
    assert (story.read("contacts"), story.read("emails")) == (4, 4)
    assert story.read("contacts") + story.read("emails") <= 0.03 * full
    # one batch/read a stream, the associations of its records, and the addresses of the e-mails' people
    assert sum(log.values()) <= FIXED + 2 * math.ceil(changed / 100) + 4, log
    assert story.mirror.one("contact", id=PEOPLE[3])["owner_id"] == "4101"
    assert held(story.mirror) == story.listed_afresh()


def sent(story: Story, work: Callable[[], object]) -> int:
    """Count the requests of a piece of work."""
    story.log()
    work()
    return sum(story.log().values())


def test_12_what_a_quiet_pull_and_one_after_changes_cost_is_foreseen(story: Story) -> None:
    quiet = story.connection.forecast(story.mirror.cursors)
    assert quiet.exists["contacts"] == len(PEOPLE)
    assert quiet.calls <= FIXED
    for key in PEOPLE[:120]:
        story.edit("contacts", key, hubspot_owner_id="4101")
    story.later()
    story.connection.check()
    changed = story.connection.forecast(story.mirror.cursors)
    assert changed.calls == quiet.calls + 2 + 1, "two batch/reads, one request for associations"
    assert abs(sent(story, story.pull) - changed.calls) <= 5


def test_12_a_pull_that_will_list_is_foreseen_as_such(story: Story) -> None:
    whole = story.connection.forecast({}).calls
    assert whole > story.connection.forecast(story.mirror.cursors).calls
    story.later(RECONCILE)
    story.connection.check()
    assert story.connection.forecast(story.mirror.cursors).calls == whole, "a cursor of a week ago lists again"


def test_every_stream_tells_the_window_it_read(story: Story) -> None:
    first = {end.stream: end for end in story.mirror.ends}
    assert first["contacts"].since is None
    story.pull()
    later = {end.stream: end for end in story.mirror.ends}
    assert later["contacts"].since == first["contacts"].until
    assert (later["contacts"].until or 0) >= (first["contacts"].until or 0) + 3_600


def test_where_a_third_of_the_records_changed_they_are_listed(story: Story) -> None:
    rows = [{"id": key, "properties": {"jobtitle": "CFO"}} for key in PEOPLE[:140]]
    for start in (0, 100):
        story.crm.by_hand("POST", f"{OBJECTS}/contacts/batch/update", {"inputs": rows[start : start + 100]})
    story.later()
    story.pull()
    assert (story.whole("contacts"), story.whole("emails")) == (True, False)
    assert title(story, PEOPLE[139]) == "CFO"


def test_a_stream_is_listed_in_full_once_a_week(story: Story) -> None:
    story.later(RECONCILE - 7_200)
    story.pull()
    assert not story.whole("contacts")
    story.later(7_200)
    story.pull()
    assert (story.whole("contacts"), story.whole("emails")) == (True, True)


def test_another_mapping_is_read_from_the_beginning(story: Story) -> None:
    story.connection = story.crm.connect(fields={"contact": {"department": "industry"}})
    story.pull()
    assert (story.whole("contacts"), story.whole("emails")) == (True, True)


def test_a_label_that_was_renamed_is_read_from_the_beginning(story: Story) -> None:
    renamed = {"associationTypeId": 101, "label": "Signs the contract"}
    story.crm.by_hand("PUT", "/crm/associations/2026-09/contacts/companies/labels", renamed)
    story.pull()
    assert story.mirror.one("contact_role", contact_id=PEOPLE[0])["role"] == "Signs the contract"


# --- what it finds ---------------------------------------------------------------------------------------------------


def test_a_tie_and_a_role_that_were_taken_away_are_gone(story: Story) -> None:
    story.crm.by_hand("DELETE", f"{OBJECTS}/contacts/{PEOPLE[0]}/associations/companies/9002")
    story.later()
    story.pull()
    assert not story.whole("contacts")
    assert {row["account_id"] for row in story.mirror.all("affiliation", contact_id=PEOPLE[0])} == {"9001"}
    assert story.mirror.all("contact_role") == []
    assert len(story.mirror.all("affiliation")) == len(PEOPLE)


def test_31_an_archived_contact_is_gone_though_no_search_tells(story: Story) -> None:
    story.crm.by_hand("DELETE", f"{OBJECTS}/contacts/{PEOPLE[7]}")
    story.pull()
    assert not story.whole("contacts")
    assert story.mirror.all("contact", id=PEOPLE[7]) == story.mirror.all("affiliation", contact_id=PEOPLE[7]) == []
    assert len(story.mirror.all("contact")) == len(PEOPLE) - 1


def test_31_a_record_deleted_for_good_is_missed_by_the_count_and_found_by_a_list(story: Story) -> None:
    story.crm.by_hand("DELETE", f"{OBJECTS}/emails/{MAILS[7]}")
    story.later()
    story.pull()
    assert (story.whole("emails"), story.whole("contacts")) == (True, False)
    assert story.mirror.all("activity", id=MAILS[7]) == story.mirror.all("participant", activity_id=MAILS[7]) == []


def test_32_the_loser_of_a_merge_is_gone_and_its_emails_name_the_winner(story: Story) -> None:
    merge = {"primaryObjectId": PEOPLE[1], "objectIdToMerge": PEOPLE[2]}
    story.crm.by_hand("POST", f"{OBJECTS}/contacts/merge", merge)
    story.later()
    story.pull()
    assert (story.whole("contacts"), story.whole("emails")) == (False, False)
    assert story.mirror.all("contact", id=PEOPLE[2]) == story.mirror.all("affiliation", contact_id=PEOPLE[2]) == []
    assert {row["contact_id"] for row in story.mirror.all("participant", activity_id=MAILS[2])} == {PEOPLE[1]}
    assert story.mirror.all("merged_contact") == [{"source": "hs", "id": PEOPLE[2], "winner_id": PEOPLE[1]}]
    assert held(story.mirror) == story.listed_afresh()


def test_32_emails_of_the_loser_name_the_winner_also_where_people_are_listed_and_emails_are_not(story: Story) -> None:
    with Stage(":memory:") as stage:
        list(stage.take("hs", story.connection.pull({})))
        merge = {"primaryObjectId": PEOPLE[1], "objectIdToMerge": PEOPLE[2]}
        story.crm.by_hand("POST", f"{OBJECTS}/contacts/merge", merge)
        story.later()
        emails = {"emails": stage.cursors("hs")["emails"]}
        ends = {end.stream: end for end in stage.take("hs", story.connection.pull(emails))}
        assert (ends["contacts"].whole, ends["emails"].whole) == (True, False)
        query = "SELECT DISTINCT contact_id FROM participant WHERE activity_id IN (?, ?)"
        assert stage.connection.execute(query, MAILS[1:3]).fetchall() == [(PEOPLE[1],)]
        gone = stage.connection.execute("SELECT id FROM contact WHERE id = ?", [PEOPLE[2]]).fetchall()
        assert gone == []


def test_30_a_change_the_index_shows_late_is_met_by_the_second_pass(story: Story) -> None:
    story.crm.limits(search_lag=120.0)
    story.edit("contacts", PEOPLE[5], jobtitle="CFO")
    story.later(5)
    story.pull()
    assert title(story, PEOPLE[5]) is None, "the index does not show it yet"
    story.later(OVERLAP - 60)
    story.pull()
    assert (title(story, PEOPLE[5]), story.read("contacts")) == ("CFO", 1)
    story.pull()
    assert story.read("contacts") == 0, "the second pass meets the version that was read"


def test_30_the_content_is_the_records_own_and_not_the_searchs(story: Story) -> None:
    story.edit("contacts", PEOPLE[5], jobtitle="CFO")
    story.later()
    story.crm.limits(search_lag=600.0)
    story.edit("contacts", PEOPLE[5], jobtitle="CEO")
    story.pull()
    assert title(story, PEOPLE[5]) == "CEO"


def test_30_what_we_wrote_is_read_by_id_before_any_search_shows_it(story: Story) -> None:
    connection = story.connection = story.crm.provisioned()
    story.pull()
    story.later()
    story.crm.limits(search_lag=3_000.0)
    list(connection.write([UpdateRecord("contact", PEOPLE[9], {"depth": "4"})]))
    story.pull()
    assert (story.whole("contacts"), story.read("contacts")) == (False, 1)
    assert story.mirror.one("observed_contact", id=PEOPLE[9])["depth"] == "4"


def test_2_a_contact_made_later_than_any_index_may_be_is_found_by_the_count(story: Story) -> None:
    story.crm.limits(search_lag=3_000.0)
    made = story.crm.by_hand("POST", f"{OBJECTS}/contacts", {"properties": {"lastname": "New"}})["id"]
    story.later(2_000)
    story.pull()
    assert story.mirror.all("contact", id=made) == []
    story.later(2_000)
    story.pull()
    assert story.whole("contacts")
    assert story.mirror.one("contact", id=made)["name"] == "New"


def test_37_an_object_that_is_no_longer_permitted_is_skipped_and_listed_once_it_is_again(story: Story) -> None:
    scopes = (
        story.crm.told["hubspot"].get("scopes")
        or requests.get(f"{story.crm.told['control']}/limits", timeout=10).json()["hubspot"]["scopes"]
    )
    story.crm.limits(scopes=[scope for scope in scopes if "deals" not in scope])
    story.pull()
    (deals,) = (end for end in story.mirror.ends if end.stream == "deals")
    assert (deals.cursor, deals.whole) == (None, False)
    assert "deals" in deals.missing
    story.crm.limits(scopes=scopes)
    story.pull()
    assert story.whole("deals")


def test_6_a_property_the_settings_name_that_is_gone_is_reported_as_dropped(story: Story) -> None:
    story.connection = story.crm.connect(fields={"usage": {"active_days": "days_of_use"}})
    story.pull()
    (contacts,) = (end for end in story.mirror.ends if end.stream == "contacts")
    assert contacts.dropped == {"no property days_of_use": 1}


# --- how the search is walked ----------------------------------------------------------------------------------------


def stamped(crm: Crm, moments: Sequence[str]) -> list[str]:
    keys = [str(30_001 + place) for place in range(len(moments))]
    records = {"contacts": [person(key, moment) for key, moment in zip(keys, moments, strict=True)]}
    crm.load({**SEED, "records": records, "associations": []})
    crm.limits(search_limit=100_000)
    return keys


def walked(connection: HubSpot) -> list[str]:
    low, high = milliseconds("2026-01-01T00:00:00Z"), milliseconds("2026-03-01T00:00:00Z")
    found = windows(connection._client, kind_of("contacts"), low, high)
    return [hit.id for _, hits in found for hit in hits]


@pytest.mark.parametrize(
    "moments",
    [
        [f"2026-02-01T00:{place // 60:02d}:{place % 60:02d}.250Z" for place in range(1_000)],
        ["2026-02-01T00:00:00.250Z"] * 1_000,
        ["2026-02-01T00:00:00Z"] * 150 + ["2026-02-01T00:00:00.001Z"] * 650 + ["2026-02-02T00:00:00Z"] * 200,
        ["2026-02-01T00:00:00Z"] * 200,
    ],
    ids=["each its own", "one moment", "runs of one moment", "one full page"],
)
def test_28_and_29_more_records_than_a_search_pages_through_are_found_each(
    emulator: dict[str, Any], moments: Sequence[str]
) -> None:
    crm = Crm(emulator)
    keys = stamped(crm, moments)
    crm.limits(search_window=300)
    found = walked(crm.connect())
    assert set(found) == set(keys)
    assert len(found) <= 1.7 * len(keys)


def test_29_a_search_that_comes_back_out_of_order_is_left(portal: Portal) -> None:
    record = {"id": "1", "properties": {"lastmodifieddate": "2020-01-01T00:00:00Z", "createdate": LONG_AGO}}
    portal.answers(
        "POST",
        f"{OBJECTS}/contacts/search",
        {"total": 900, "results": [record], "paging": {"next": {"after": "1"}}},
    )
    client: Client = portal.connect()._client
    with pytest.raises(RetryLater, match="out of order"):
        list(windows(client, kind_of("contacts"), milliseconds(LONG_AGO), milliseconds("2026-03-01T00:00:00Z")))
    assert portal.paths() == [f"{OBJECTS}/contacts/search"], URL


@pytest.mark.parametrize("before", [0, 1], ids=["in a window", "in a moment"])
def test_29_an_empty_page_of_a_search_that_has_a_next_one_is_left(portal: Portal, before: int) -> None:
    full = [{"id": "1", "properties": {"lastmodifieddate": LONG_AGO, "createdate": LONG_AGO}}]
    more = {"total": 900, "paging": {"next": {"after": "1"}}}
    portal.answers(
        "POST",
        f"{OBJECTS}/contacts/search",
        *([{**more, "results": full}] * before),
        {**more, "results": []},
    )
    client: Client = portal.connect()._client
    with pytest.raises(RetryLater, match="out of order"):
        list(windows(client, kind_of("contacts"), milliseconds(LONG_AGO), milliseconds("2026-03-01T00:00:00Z")))


@pytest.mark.parametrize(
    ("created", "count"),
    [
        (["2026-02-27T23:59:59.999Z", "1771933304281", "2026-03-01T00:00:00Z"], 3),
        (["2026-03-01T00:00:01Z", "2026-03-01T01:00:00+02:00", "2026-02-28T23:00:00-02:00"], 1),
        (["1772323201000", "1772323200000", LONG_AGO], 2),
        ([LONG_AGO, "2020-01-01T00:00:00Z"], 2),
        ([None, LONG_AGO], 2),
        ([], 0),
    ],
    ids=["old and at the moment", "near it, in other zones", "milliseconds", "all old", "untold", "none"],
)
def test_listed_records_are_counted_up_to_the_moment_of_the_pull(created: Sequence[str | None], count: int) -> None:
    found = [{"id": "1", "properties": {"createdate": moment}} for moment in created]
    assert counted(found, "contacts", 1_772_323_200) == count  # 2026-03-01T00:00:00Z


# --- the cursor ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [None, "", "17", "[]", "[0, 1, 2, 3, 4, 5, 6, {}]", "[1, 2]", '{"start": 1}'])
def test_a_cursor_that_is_none_of_ours_is_no_cursor(text: str | None) -> None:
    assert Cursor.parse(text) is None


def test_a_cursor_is_read_as_it_was_written() -> None:
    cursor = Cursor(100, 7, 110, 90, "shape", 5, {"201": LONG_AGO})
    assert Cursor.parse(cursor.text()) == cursor


def test_a_failed_stream_keeps_its_cursor_and_is_read_again(story: Story) -> None:
    story.edit("contacts", PEOPLE[5], jobtitle="CFO")
    story.later()
    before = dict(story.mirror.cursors)
    story.crm.limits(daily_limit=0)
    with pytest.raises(RetryLater):
        story.pull()
    assert story.mirror.cursors == before
    story.crm.limits(daily_limit=625_000)
    story.pull()
    assert title(story, PEOPLE[5]) == "CFO"
