"""Rows of the collected failure modes that the whole run has to answer for, against both emulated CRMs."""

import subprocess
import time
from collections.abc import Mapping

import duckdb
import pytest

from sync import pipeline
from sync.app import App
from sync.demo import ORG
from sync.journal import entries, open_entries
from sync.pause import PausedError, guarded
from sync.render import report_lines
from sync.telemetry import silent
from tests.e2e.conftest import RAPPORT
from tests.faults.conftest import Smooth
from tests.faults.story import LATER, NOON, Stand, differences

pytestmark = pytest.mark.e2e

READS = ("/search", "/batch/read", "/composite/batch", "/oauth")


@pytest.fixture
def first(stand: Stand, smooth: Mapping[str, Smooth]) -> Stand:
    """Begin where nothing of ours is in the CRMs and nothing of theirs in the stage.

    The run without trouble was played before: whoever asked for it later would find the stand where that one ended.
    """
    assert smooth["first"].sent
    stand.begin("first")
    return stand


def reported(stand: Stand) -> pipeline.RunReport:
    """Run once and give the whole report."""
    kept: list[pipeline.RunReport] = []

    def work(desk: pipeline.Desk) -> pipeline.RunReport:
        kept.append(pipeline.run(desk))
        return kept[0]

    stand.run(work=work)
    return kept[0]


def written(stand: Stand) -> dict[str, int]:
    """Count the requests since the log was emptied that may have changed a record."""
    routes = stand.tell("GET", "requests")["routes"]
    return {
        route: told["count"]
        for route, told in routes.items()
        if not route.startswith("GET ") and not any(word in route for word in READS)
    }


def test_4_the_first_run_reads_everything_however_old_and_says_so(first: Stand) -> None:
    report = reported(first)
    assert {stream.since for stream in report.streams} == {None}
    assert [one for one in report.streams if one.exists is not None and one.exists != one.read] == []
    assert "  everything was read from its beginning, not changes alone" in list(report_lines(report))
    with duckdb.connect(str(first.desk / f"{ORG}.duckdb"), read_only=True) as connection:
        (oldest,) = connection.execute("SELECT MIN(happened_at) FROM activity").fetchone() or (None,)
    assert oldest < NOON.timestamp() - 90 * 86_400, "what is older than any default start date is there"


def slot(app: App, stand: Stand) -> str:
    """Do what a slot of the worker's schedule does."""

    def run() -> str:
        with app.desk(ORG, silent) as desk:
            return pipeline.run(desk).status

    return guarded(app.ledger, ORG, lambda: app.credentials(ORG), int(stand.now()), run)


def test_10_a_token_that_was_withdrawn_is_tried_once_and_a_new_one_resumes(
    first: Stand, smooth: Mapping[str, Smooth]
) -> None:
    token = first.desk / "hubspot-token"
    good = token.read_text(encoding="utf-8")
    token.write_text("pat-na1-00000000-0000-0000-0000-000000000000", encoding="utf-8")
    with first.app() as app:
        with pytest.raises(PausedError, match=r"connect again") as told:
            slot(app, first)
        assert told.value.fresh
        first.tell("GET", "requests", reset="true")
        for _ in range(3):
            with pytest.raises(PausedError) as again:
                slot(app, first)
            assert not again.value.fresh
        assert first.tell("GET", "requests")["total"] == 0, "a paused organisation is not asked"
        token.write_text(good, encoding="utf-8")
        assert slot(app, first) == "ok"
    assert differences(first.everything(), smooth["first"].once) == []


def test_10_a_clean_check_ends_the_pause(first: Stand) -> None:
    with first.app() as app:
        app.ledger.pause(ORG, since=1, said="the token was withdrawn", salt="00", credentials="x")
    command = [str(RAPPORT), "-c", str(first.desk / "rapport.yaml")]
    before = subprocess.run([*command, "status"], capture_output=True, text=True, timeout=60, check=False)
    assert "PAUSED: the token was withdrawn" in before.stdout
    checked = subprocess.run([*command, "check"], capture_output=True, text=True, timeout=60, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "they work again" in " ".join(checked.stdout.split())
    with first.app() as app:
        assert app.ledger.paused(ORG) is None


@pytest.mark.parametrize("vendor", ["salesforce", "hubspot"])
def test_12_a_day_that_is_spent_on_the_way_is_no_success_and_the_next_day_goes_on(
    first: Stand, smooth: Mapping[str, Smooth], vendor: str
) -> None:
    spent = {
        "salesforce": (403, [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "TotalRequests Limit exceeded."}]),
        "hubspot": (429, {"status": "error", "message": "You have reached your daily limit.", "policyName": "DAILY"}),
    }
    asked = sum(one.count for one in smooth["first"].endpoints if one.vendor == vendor)
    status, body = spent[vendor]
    for nth in (asked - 2, asked // 4):  # the second run goes on where the first ended, with half of its calls
        rule = {"action": "status", "vendor": vendor, "nth": nth, "status": status, "body": body}
        first.tell("POST", "faults", rule)
        report = reported(first)
        assert (report.status, report.reason) == ("incomplete", "quota")
        first.tell("DELETE", "faults")
        first.wait(LATER)
    first.until_done()
    assert differences(first.everything(), smooth["first"].twice) == []


@pytest.mark.parametrize("vendor", ["salesforce", "hubspot"])
def test_16_a_vendor_that_falls_silent_is_left_in_time_and_the_next_run_completes(
    first: Stand, smooth: Mapping[str, Smooth], vendor: str
) -> None:
    began = time.monotonic()
    first.tell("POST", "faults", {"action": "hang", "vendor": vendor, "seconds": 1.5, "nth": 20})
    first.tell("POST", "faults", {"action": "drop", "vendor": vendor, "every": 7})
    ended = first.run(timeout=0.5)
    assert time.monotonic() - began < 60
    assert ended.clear, ended
    first.settled(ended.sent)
    first.tell("DELETE", "faults")
    first.until_done()
    assert differences(first.everything(), smooth["first"].twice) == []


@pytest.mark.parametrize("object_name", ["contact", "account"])
def test_17_writes_nobody_heard_of_again_are_given_up_when_their_records_were_deleted(
    first: Stand, object_name: str
) -> None:
    lost = {"action": "commit-then-drop", "method": "PATCH", "path": "/composite/sobjects$", "every": 1}
    first.tell("POST", "faults", lost)
    assert first.run().status == "incomplete"
    first.tell("DELETE", "faults")
    left = waiting(first, object_name)
    assert left
    for record in left:
        first.salesforce("DELETE", f"/sobjects/{object_name.title()}/{record}")
    first.until_done()
    assert waiting(first) == set()
    with first.app() as app:
        ends = {entry.record_id: (entry.outcome, entry.message) for entry in entries(app.ledger, ORG, 1)}
    assert {ends[record] for record in left} == {("gone", "the record is gone")}


def waiting(stand: Stand, object_name: str | None = None) -> set[str]:
    """Name the records that writes of unknown outcome are about."""
    with stand.app() as app:
        found = open_entries(app.ledger, ORG)
    return {entry.record_id for entry in found if object_name in (None, entry.object)}


def test_27_as_many_writes_are_sent_and_answered_as_were_planned(first: Stand) -> None:
    report = reported(first)
    planned = report.planned["records"] + report.planned["open"]
    assert dict(report.written) == {"done": planned}
    with first.app() as app:
        noted = entries(app.ledger, ORG, report.number)
    assert len(noted) == planned
    assert sum(len(entry.detail.get("fields", ())) for entry in noted) == report.planned["set"]


def test_44_a_task_whose_answer_was_lost_is_there_once_however_often_it_is_lost(
    first: Stand, smooth: Mapping[str, Smooth]
) -> None:
    lost = {"action": "commit-then-drop", "method": "POST", "every": 1}
    paths = ("/composite/sobjects$", "/tasks/batch/create$")
    first.tell("POST", "faults", [{**lost, "path": path} for path in paths])
    assert first.run().clear
    assert [bool(rule["struck"]) for rule in first.tell("GET", "faults")] == [True, True]
    assert first.run().clear
    first.tell("DELETE", "faults")
    first.until_done()
    assert differences(first.everything(), smooth["first"].twice) == []


def test_46_what_we_wrote_comes_back_as_a_change_and_nothing_is_made_of_it(first: Stand) -> None:
    assert first.run().status == "ok"
    first.tell("GET", "requests", reset="true")
    for _ in range(2):
        first.wait(10)
        assert first.run().status == "nothing"
    assert written(first) == {}
