"""What a run states about itself: what exists and was read, what it will cost, why it is incomplete."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from connectors.base import Forecast, Page, StreamEnd
from connectors.errors import CircuitOpen, ConnectorError, QuotaSpent, RetryLater, Unusable
from connectors.memory import MemoryConnector
from mapping.metadata import FIELDS
from sync import app, pipeline, render, results
from sync.ledger import Ledger
from sync.pipeline import CallReport, RunReport, StreamReport
from sync.stage import Stage, StageInUseError
from sync.terminal import Exit
from tests.sync.asking import Ask
from tests.sync.world import DAY, NOON, Gap, World

ANN = ("contact", "c1")


class Counted(MemoryConnector):
    """A CRM in memory whose vendor counts calls, with a stream that may be forbidden and a budget that may end."""

    vendor = "Salesforce"

    def __init__(self) -> None:
        super().__init__("crm", NOON)
        self.forecasts = Forecast(40, {"contact": 2, "account": 1, "task": 7}, left=400, day=500, renewed_at=NOON + 90)
        self.told: list[int] = []
        self.began_with: Mapping[str, str] = {}
        self.forbidden = ""
        self.ends_at = ""
        self.error: ConnectorError = QuotaSpent("our share is used up", at=NOON + 3600)

    def spent(self, calls: int) -> None:
        self.told.append(calls)

    def forecast(self, cursors: Mapping[str, str]) -> Forecast:
        self.began_with = cursors
        return self.forecasts

    def cost(self, writes: Mapping[str, int]) -> int:
        return sum(writes.values())

    def left(self) -> int | None:
        return None if self.forecasts.left is None else self.forecasts.left - 30

    def pull(self, cursors: Mapping[str, str]) -> Iterator[Page | StreamEnd]:
        for item in super().pull(cursors):
            if item.stream == self.ends_at:
                raise self.error
            if item.stream != self.forbidden:
                yield item
            elif isinstance(item, StreamEnd):
                yield StreamEnd(item.stream, None, whole=False, read=0, missing="not granted")


@pytest.fixture
def crm(world: World) -> Counted:
    """Put the counted CRM in the place of the world's own, with one value to write."""
    crm = Counted()
    list(crm.provision(FIELDS, dry_run=False))
    crm.put("account", {"id": "a1", "name": "Globex"})
    crm.put("contact", {"id": "c1", "name": "Ann", "account_id": "a1"}, {"id": "c2", "name": "Bob", "account_id": "a1"})
    world.crm = crm
    world.want(ANN, roles="buyer")
    return crm


def stream(report: RunReport, name: str) -> StreamReport:
    return next(one for one in report.streams if one.stream == name)


# --- completeness ----------------------------------------------------------------------------------------------------


def test_a_run_states_what_exists_what_was_read_and_up_to_when(world: World, crm: Counted) -> None:
    contacts = stream(world.run(), "contact")
    assert (contacts.exists, contacts.expected, contacts.read) == (2, 2, 2)
    assert (contacts.since, contacts.until, contacts.missing) == (None, NOON, "")
    assert stream(world.run(), "opportunity").exists is None


def test_the_window_of_a_stream_is_the_connectors_own_where_it_tells_one(world: World) -> None:
    class Windowed(MemoryConnector):
        def pull(self, cursors: Mapping[str, str]) -> Iterator[Page | StreamEnd]:
            for item in super().pull(cursors):
                yield replace(item, since=NOON - 60, until=NOON - 1) if isinstance(item, StreamEnd) else item

    report = pipeline.run(replace(world.desk(), connectors={"crm": Windowed("crm", NOON)}))
    assert {(one.since, one.until) for one in report.streams} == {(NOON - 60, NOON - 1)}


def test_37_a_stream_that_was_forbidden_makes_the_run_partial_while_everything_else_is_done(
    world: World, crm: Counted
) -> None:
    crm.forbidden = "activity"
    report = world.run()
    assert (report.status, report.reason) == ("incomplete", "partial")
    assert report.message == "not read: crm activity: not granted"
    assert stream(report, "activity").missing == "not granted"
    assert world.held(ANN, "roles") == "buyer"


def test_37_a_run_with_nothing_to_do_is_partial_too_and_so_are_a_plan_and_a_pull(world: World, crm: Counted) -> None:
    world.run()
    crm.forbidden = "activity"
    for run in (pipeline.run, pipeline.plan, pipeline.pull):
        report = run(world.desk())
        assert (report.status, report.reason) == ("incomplete", "partial")


@pytest.mark.parametrize("error", [QuotaSpent("spent", at=NOON + 60), CircuitOpen("paused", at=NOON + 60)])
def test_12_a_run_that_stops_on_the_way_keeps_what_was_read_and_names_what_was_not_reached(
    world: World, crm: Counted, error: RetryLater
) -> None:
    crm.ends_at, crm.error = "contact", error
    report = world.run()
    assert (report.status, report.reason, report.retry_at) == ("incomplete", error.reason, NOON + 60)
    assert [(one.stream, one.missing) for one in report.streams] == [
        ("user", ""),
        ("account", ""),
        ("contact", "not reached"),
        ("task", "not reached"),
    ]
    assert (stream(report, "task").exists, world.held(ANN, "roles")) == (7, None)
    crm.ends_at = ""
    assert world.run().status == "ok"
    assert stream(world.run(), "account").whole is False


def test_every_end_of_a_run_is_noted_with_its_calls_a_failure_too(world: World, crm: Counted) -> None:
    crm.ends_at, crm.error = "contact", Unusable("gone")
    with pytest.raises(Unusable):
        world.run()
    assert world.ledger.runs("acme")[0]["report"]["calls"]["crm"]["PULL contact"] == 1


# --- what it will cost -----------------------------------------------------------------------------------------------


def test_12_a_plan_says_what_applying_it_costs_and_what_is_left(world: World, crm: Counted) -> None:
    world.gaps = [Gap("k1")]
    report = world.plan()
    assert report.foreseen == {"crm": CallReport("Salesforce", pull=40, left=370, apply=2)}
    lines = list(render.plan_lines(report, [], [], {}, None))
    assert "  crm: applying this plan needs about 2 Salesforce calls of 370 left today." in lines


def test_12_a_run_tells_the_calls_it_sent_beside_those_it_foresaw(world: World, crm: Counted) -> None:
    report = world.run()
    sent = sum(report.calls["crm"].values())
    assert f"  crm: {sent} Salesforce calls of about 41 foreseen; 370 left today" in list(render.report_lines(report))


@pytest.mark.parametrize(
    ("calls", "left", "day", "fits"),
    [
        (40, 40, 100, True),
        (41, 40, 100, False),
        (100, 99, 100, False),
        (101, 40, 100, True),
        (101, 0, 100, False),
        (9, None, None, True),
        (1, 0, 0, False),
    ],
    ids=["just", "not today", "all of a day", "no day has room", "nothing left", "nobody counts", "no day at all"],
)
def test_12_a_pull_begins_where_today_has_room_or_no_day_would(
    calls: int, left: int | None, day: int | None, fits: bool
) -> None:
    assert Forecast(calls, {}, left, day).fits is fits


def test_12_what_does_not_fit_is_not_begun_and_is_no_success(world: World, crm: Counted) -> None:
    crm.forecasts = replace(crm.forecasts, calls=401)
    report = world.run()
    assert (report.status, report.reason, report.retry_at) == ("incomplete", "quota", NOON + 90)
    assert report.message == (
        "crm: this run needs about 401 Salesforce calls of 400 left today. "
        "Nothing was read; it begins when there is room for it."
    )
    assert report.streams == ()
    assert "PULL user" not in crm.calls()


def test_12_a_connection_is_told_what_runs_of_the_last_day_sent(world: World, crm: Counted) -> None:
    reports = [world.run(), world.run()]
    sent = [sum(report.calls["crm"].values()) for report in reports]
    crm.now += DAY - 10
    world.run()
    crm.now += 20
    world.run()
    assert crm.told[:3] == [0, sent[0], sum(sent)]
    assert crm.told[3] < sum(sent)


def test_a_vendor_that_counts_no_calls_is_asked_for_no_forecast(world: World) -> None:
    assert world.run().foreseen == {}


# --- who says so -----------------------------------------------------------------------------------------------------


def test_the_reason_stands_beside_the_status(world: World, crm: Counted) -> None:
    crm.ends_at = "contact"
    report = world.run()
    assert next(iter(render.report_lines(report))).endswith(": incomplete: quota.")
    (row,) = world.ledger.runs("acme")
    assert "incomplete: quota" in render.log_lines([row])[2]


def test_completeness_is_a_table_with_a_line_for_each_object(world: World, crm: Counted) -> None:
    crm.forbidden = "activity"
    world.run()
    streams = results.completeness(world.ledger, "acme")
    told = [dict(one, dropped={"draft": 3}) if one["stream"] == "user" else one for one in streams]
    lines = render.completeness_lines(told)
    assert lines[0].split() == ["connection", "object", "exists", "announced", "read", "changes", "of", "left", "out"]
    by_name = {line.split()[1]: line for line in lines[2:]}
    assert by_name["contact"].split()[2:5] == ["2", "2", "2"]
    assert "the beginning to 2023-11-15 12:00 UTC" in by_name["contact"]
    assert by_name["user"].endswith("3 draft")
    assert by_name["activity"].endswith("NOT READ: not granted")


def test_the_completeness_of_an_earlier_run_can_be_read_again(world: World, crm: Counted) -> None:
    crm.forbidden = "activity"
    world.run()
    crm.forbidden = ""
    world.run()
    missing = [
        [one["stream"] for one in results.completeness(world.ledger, "acme", number) if one["missing"]]
        for number in (1, 2)
    ]
    assert missing == [["activity"], []]


def test_a_run_that_a_vendor_asked_to_wait_says_until_when(world: World, crm: Counted) -> None:
    assert results.waits_until(world.ledger, "acme") == 0
    crm.ends_at = "contact"
    world.run()
    assert results.waits_until(world.ledger, "acme") == NOON + 3600
    crm.ends_at = ""
    world.run()
    assert results.waits_until(world.ledger, "acme") == 0


# --- the command line ------------------------------------------------------------------------------------------------


@pytest.fixture
def told(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> Counted:
    """Put the counted CRM behind the settings' connection."""
    monkeypatch.setenv("CRM_TOKEN", "pat-na1-there")
    crm = Counted()
    list(crm.provision(FIELDS, dry_run=False))
    crm.put("account", {"id": "a1", "name": "Globex", "customer": True})
    monkeypatch.setattr(app, "open_connection", lambda *_: crm)
    monkeypatch.setattr(app, "take_census", lambda *_: None)
    return crm


def test_check_says_what_a_run_needs_of_what_is_left(ask: Ask, told: Counted) -> None:
    done = ask("check")
    assert done.exit_code == Exit.DONE, done.output
    said = "rapport.yaml:5: info: acme/crm budget: A run needs about 40 Salesforce calls of 400 left today."
    assert " ".join(done.stdout.split()) == f"{said} Everything a run needs is there."


def test_check_says_when_a_run_would_not_begin(ask: Ask, told: Counted) -> None:
    told.forecasts = replace(told.forecasts, calls=450)
    done = ask("check")
    assert done.exit_code == Exit.ERROR
    assert "calls of 400 left today; it does not fit and would not begin." in " ".join(done.stdout.split())
    assert done.stdout.splitlines()[-1] == "1 error, 0 warnings: a run would fail."


@pytest.mark.parametrize("command", ["run", "plan", "pull"])
def test_a_spent_quota_ends_a_command_with_4(ask: Ask, told: Counted, command: str) -> None:
    told.ends_at = "contact"
    done = ask(command)
    assert done.exit_code == Exit.INCOMPLETE
    assert "incomplete: quota" in done.stdout


def test_a_partial_plan_is_shown_and_ends_with_4(ask: Ask, told: Counted) -> None:
    told.forbidden = "activity"
    done = ask("plan")
    assert done.exit_code == Exit.INCOMPLETE
    assert done.stdout.startswith("Plan ")
    assert "not read: crm activity: not granted" in done.stdout


def test_status_and_log_show_completeness(ask: Ask, told: Counted) -> None:
    told.forbidden = "activity"
    ask("run")
    for words in (("status", "--completeness"), ("log", "1")):
        shown = ask(*words)
        assert shown.exit_code == Exit.DONE, shown.output
        assert "incomplete: partial" in shown.stdout
        assert "NOT READ: not granted" in shown.stdout
    (row,) = json.loads(ask("log", "1", "--json").stdout)
    assert {one["stream"]: one["missing"] for one in row["report"]["streams"]}["activity"] == "not granted"
    assert json.loads(ask("status", "--json").stdout)["acme"]["run"]["report"]["reason"] == "partial"


def test_log_of_a_run_nobody_made_says_so(ask: Ask, told: Counted) -> None:
    done = ask("log", "7")
    assert done.exit_code == Exit.ERROR
    assert "acme has no run 7" in done.stderr


def test_a_check_foresees_the_next_run_from_where_the_last_one_stopped(ask: Ask, told: Counted) -> None:
    ask("check")
    assert told.began_with == {}
    ask("run")
    ask("check")
    assert {"account", "contact", "activity"} <= told.began_with.keys()


def test_a_check_beside_a_running_run_foresees_a_whole_pull(
    ask: Ask, told: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask("run")

    def held(path: Path) -> Stage:
        raise StageInUseError(path)

    monkeypatch.setattr(app, "Stage", held)
    ask("check")
    assert told.began_with == {}


@pytest.fixture
def books() -> Iterator[Ledger]:
    with Ledger("sqlite://") as ledger:
        yield ledger


def test_calls_are_summed_over_runs_by_connection_and_only_those_of_the_time_asked_for(books: Ledger) -> None:
    for at, calls in (
        (NOON - 100, {"a": {"GET /x": 1}}),
        (NOON, {"a": {"GET /x": 2, "GET /y": 3}, "b": {"GET /z": 4}}),
    ):
        number = books.begin_run("acme", "run", at)
        books.note_run("acme", number, status="ok", report={"calls": calls})
    books.begin_run("acme", "run", NOON + 1)
    assert books.calls("acme", NOON) == {"a": 5, "b": 4}
    assert books.calls("acme", NOON - 100) == {"a": 6, "b": 4}
    assert books.calls("other", 0) == {}
