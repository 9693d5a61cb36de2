"""Rows of the collected failure modes as HubSpot shows them, by their numbers, over HTTP against the emulator.

Rows 12, 35, 36 and 37 stand in `tests.connectors.test_failure_modes_limits` as well, rows 2, 28 to 32 in
`test_incremental`, row 9 in `tests.connectors.test_rotation`, rows 10, 22, 34 and 44 in
`tests.connectors.test_failure_modes`, rows 16, 31, 33, 35, 37 and 38 in `test_over_emulator`.
"""

from collections.abc import Iterator
from operator import attrgetter
from typing import Any

import pytest

from connectors.base import CreateTask, Outcome, UpdateRecord, WriteResult
from connectors.errors import RetryLater
from connectors.hubspot.connector import HubSpot
from connectors.hubspot.delta import Cursor
from mapping.metadata import FIELDS, Kind
from tests.connectors.hubspot.crm import WALL, Crm
from tests.connectors.hubspot.story import OBJECTS, PEOPLE, SEED, Story, person, title
from tests.connectors.test_failure_modes import PORTAL
from tests.contract.harness import Mirror

pytestmark = pytest.mark.emulator

TASK = CreateTask("k1", "Find a champion", "Why.", 1_767_225_600, "4101", "9001", "201")


@pytest.fixture
def crm(emulator: dict[str, Any]) -> Iterator[Crm]:
    """Lend a portal with three people; afterwards it is as it was."""
    lent = Crm(emulator).load(PORTAL)
    yield lent
    lent.control("reset", {})


def by_id(results: Iterator[WriteResult]) -> dict[str | None, Outcome]:
    return {result.id: result.outcome for result in results}


def batch(story: Story, keys: list[str], **properties: str) -> None:
    """Change many records in one moment, as an import does."""
    for start in range(0, len(keys), 100):
        rows = [{"id": key, "properties": properties} for key in keys[start : start + 100]]
        story.crm.by_hand("POST", f"{OBJECTS}/contacts/batch/update", {"inputs": rows})


# --- reading ---------------------------------------------------------------------------------------------------------


def test_1_rows_that_share_the_moment_at_which_the_last_window_ended_are_all_read(story: Story) -> None:
    story.crm.control("clock", {"freeze": True})
    batch(story, PEOPLE[:3], jobtitle="CFO")
    story.pull()
    batch(story, PEOPLE[3:6], jobtitle="CFO")
    story.crm.control("clock", {"freeze": False})
    story.later(5)
    story.pull()
    assert [title(story, key) for key in PEOPLE[:7]] == [*["CFO"] * 6, None]


def test_3_the_cursor_is_the_portals_time_whatever_our_clock_says(story: Story) -> None:
    story.later(90 * 86_400)
    story.pull()
    cursor = Cursor.parse(story.mirror.cursors["contacts"])
    assert cursor is not None
    assert cursor.as_of > WALL() + 89 * 86_400
    batch(story, PEOPLE[:1], jobtitle="CFO")
    story.later()
    story.pull()
    assert (title(story, PEOPLE[0]), story.whole("contacts")) == ("CFO", False)


def test_3_a_stream_that_breaks_off_leaves_no_cursor_behind(story: Story) -> None:
    batch(story, PEOPLE[:1], jobtitle="CFO")
    story.later()
    before = story.mirror.cursors["contacts"]
    gone = {"status": "error", "category": "INVALID_AUTHENTICATION", "message": "Authentication credentials not found."}
    fault = {"vendor": "hubspot", "path": "contacts/batch/read$", "action": "status", "status": 401, "body": gone}
    story.crm.control("faults", fault)
    with pytest.raises(Exception, match="connect again"):
        story.pull()
    assert story.mirror.cursors["contacts"] == before


def test_8_one_refused_token_is_renewed_once_and_the_same_request_is_sent_again(crm: Crm) -> None:
    names = ("client_id", "client_secret", "refresh_token")
    connection = crm.connect(auth={"flow": "refresh_token", **{name: f"env:{name}" for name in names}})
    ended = {"status": "error", "category": "EXPIRED_AUTHENTICATION", "message": "The OAuth token used expired."}
    fault = {"vendor": "hubspot", "path": "/contacts$", "action": "status", "status": 401, "body": ended, "times": 1}
    crm.control("faults", fault)
    assert len(Mirror().pull(connection).all("contact")) == 3
    assert connection.calls()["POST /oauth/v3/token"] == 2


def test_20_an_identifier_is_the_same_text_wherever_hubspot_writes_it(crm: Crm) -> None:
    crm.load({**PORTAL, "associations": [{"from": "contacts/201", "to": "companies/9001", "types": [1, 279]}]})
    mirror = Mirror().pull(crm.connect())
    assert mirror.one("contact", id="201")["account_id"] == mirror.one("account")["id"] == "9001"
    assert mirror.one("affiliation")["id"] == "201:9001"


@pytest.mark.parametrize("one_moment", [False, True], ids=["28", "29 in one moment"])
def test_28_and_29_more_changes_than_a_search_pages_through_are_each_read_by_a_pull(crm: Crm, one_moment: bool) -> None:
    people = [str(number) for number in range(30_001, 31_001)]
    crm.load({**SEED, "records": {"contacts": [person(key) for key in people]}, "associations": []})
    crm.limits(search_window=300, search_limit=100_000)
    connection = crm.connect()
    mirror = Mirror().pull(connection)
    crm.control("clock", {"advance": 3_600, "freeze": one_moment})
    for start in range(0, 320, 80):
        rows = [{"id": key, "properties": {"jobtitle": "CFO"}} for key in people[start : start + 80]]
        crm.by_hand("POST", f"{OBJECTS}/contacts/batch/update", {"inputs": rows})
    crm.control("clock", {"freeze": False, "advance": 3_600})
    mirror.pull(connection)
    (contacts,) = (end for end in mirror.ends if end.stream == "contacts")
    assert (contacts.read, contacts.whole) == (320, False)
    assert len(mirror.all("contact", title="CFO")) == 320


def test_30_a_written_task_is_known_by_its_id_and_not_by_a_search(crm: Crm) -> None:
    connection = crm.provisioned()
    crm.limits(search_lag=3_600.0)
    (made,) = connection.write([TASK])
    (again,) = connection.write([TASK])
    assert made.id == again.id
    assert Mirror().pull(connection).one("own_task", key="k1")["id"] == made.id


def test_33_a_person_with_more_companies_than_one_answer_shows_keeps_them_all(crm: Crm) -> None:
    companies = [{"id": str(9_100 + number), "properties": {"name": f"C{number}"}} for number in range(620)]
    ties = [{"from": "contacts/201", "to": f"companies/{one['id']}", "types": [279]} for one in companies]
    crm.load({**PORTAL, "records": {**PORTAL["records"], "companies": companies}, "associations": ties})
    assert len(Mirror().pull(crm.connect()).all("affiliation", contact_id="201")) == 620


@pytest.mark.parametrize("status", [502, 524])
def test_38_a_page_of_the_proxy_is_asked_for_again_and_nothing_is_lost(crm: Crm, status: int) -> None:
    fault = {"vendor": "hubspot", "path": "/objects/[^/]+/contacts$", "action": "html", "status": status, "times": 1}
    crm.control("faults", fault)
    assert len(Mirror().pull(crm.connect()).all("contact")) == 3


def test_45_nothing_depends_on_a_hint_the_record_itself_is_read(story: Story) -> None:
    """Rapport takes no webhooks: what hints would tell twice, late or in another order is read once, as it is."""
    story.edit("contacts", PEOPLE[0], jobtitle="CEO")
    story.edit("contacts", PEOPLE[1], jobtitle="CTO")
    story.edit("contacts", PEOPLE[0], jobtitle="CFO")
    story.later()
    story.pull()
    assert (title(story, PEOPLE[0]), title(story, PEOPLE[1]), story.read("contacts")) == ("CFO", "CTO", 2)


def test_46_our_own_write_is_read_once_and_is_no_change_afterwards(story: Story) -> None:
    connection = story.connection = story.crm.provisioned()
    story.pull()
    list(connection.write([UpdateRecord("contact", PEOPLE[9], {"depth": "4"})]))
    story.later(60)
    story.pull()
    assert (story.read("contacts"), story.mirror.one("observed_contact", id=PEOPLE[9])["depth"]) == (1, "4")
    story.pull()
    assert story.read("contacts") == 0


# --- writing ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def ready(crm: Crm) -> HubSpot:
    """Open a connection to a portal that holds our fields."""
    return crm.provisioned()


def test_23_and_42_of_a_batch_with_one_record_that_does_not_exist_the_others_are_written(ready: HubSpot) -> None:
    wanted = [UpdateRecord("contact", key, {"depth": "4"}) for key in ("201", "999999", "202", "203")]
    outcomes = by_id(ready.write(wanted))
    assert outcomes == {"999999": Outcome.REJECTED, **dict.fromkeys(("201", "202", "203"), Outcome.DONE)}
    assert [one["depth"] for one in Mirror().pull(ready).all("observed_contact")] == ["4", "4", "4"]


NAME = attrgetter("name")
SAMPLES = {
    Kind.TEXT: "Zoë says 50 %; <yes>",
    Kind.LONG_TEXT: "Zoë says:\n50 %; <yes> & no",
    Kind.NUMBER: "83",
    Kind.FLAG: "true",
    Kind.DATE: "2026-03-01",
}


@pytest.mark.parametrize("field", [one for one in FIELDS if one.object == "contact" and not one.override], ids=NAME)
def test_39_a_value_of_each_field_comes_back_as_it_was_written(ready: HubSpot, field: Any) -> None:
    value = field.canonical(field.choices[0] if field.choices else SAMPLES[field.kind])
    (done,) = ready.write([UpdateRecord("contact", "201", {field.name: value})])
    assert done.outcome is Outcome.DONE
    assert Mirror().pull(ready).one("observed_contact", id="201")[field.name] == value


def test_40_a_success_that_says_nothing_is_settled_by_reading_the_record(crm: Crm, ready: HubSpot) -> None:
    fault = {"vendor": "hubspot", "path": "contacts/batch/update$", "action": "status", "status": 204, "body": None}
    crm.control("faults", {**fault, "times": 1})
    (open_,) = ready.write([UpdateRecord("contact", "201", {"depth": "4"})])
    assert open_.outcome is Outcome.UNKNOWN, "the record does not hold it"
    (done,) = ready.write([UpdateRecord("contact", "201", {"depth": "4"})])
    crm.control("faults", {**fault, "times": 1})
    (seen,) = ready.write([UpdateRecord("contact", "201", {"depth": "4"})])
    assert (done.outcome, seen.outcome) == (Outcome.DONE, Outcome.DONE)


def test_41_a_task_no_search_finds_yet_is_taken_from_the_conflict(crm: Crm, ready: HubSpot) -> None:
    crm.limits(search_lag=3_600.0)
    (made,) = ready.write([TASK])
    (again,) = crm.connect().write([TASK])
    assert (again.outcome, again.id) == (Outcome.DONE, made.id)
    assert len(Mirror().pull(ready).all("own_task", key="k1")) == 1


def test_42_the_key_of_a_task_is_used_as_one_only_where_it_is_unique(crm: Crm) -> None:
    crm.limits(unique_properties_on_tasks=False)
    connection = crm.provisioned()
    outcomes = [result.outcome for _ in range(2) for result in connection.write([TASK])]
    assert outcomes == [Outcome.DONE, Outcome.DONE]
    assert len(Mirror().pull(connection).all("own_task", key="k1")) == 1


def test_43_an_option_the_portal_does_not_have_is_refused_before_anything_is_sent(ready: HubSpot) -> None:
    field = next(one for one in FIELDS if one.object == "contact" and one.choices and not one.override)
    (refused,) = ready.write([UpdateRecord("contact", "201", {field.name: "no such option"})])
    assert refused.outcome is Outcome.REJECTED
    assert "not an option" in refused.message
    assert not any("batch/update" in endpoint for endpoint in ready.calls())


@pytest.mark.parametrize("unique", [True, False], ids=["key is unique", "key is not unique"])
def test_44_an_unknown_create_is_looked_up_by_another_process_though_no_search_finds_it_yet(
    crm: Crm, *, unique: bool
) -> None:
    crm.limits(unique_properties_on_tasks=unique, search_lag=3_600.0)
    connection = crm.provisioned()
    path = "tasks/batch/create$" if unique else "objects/2026-09/tasks$"
    crm.control(
        "faults", {"vendor": "hubspot", "method": "POST", "path": path, "action": "commit-then-drop", "times": 1}
    )
    with pytest.raises(RetryLater):
        list(connection.write([TASK]))
    list(crm.connect().write([TASK]))
    assert len(Mirror().pull(connection).all("own_task", key="k1")) == 1
