"""The past and its history: recomputed from the stage without changing anything, remembered one row a change."""

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from mapping.metadata import observed_tables
from mapping.records import REMEMBERED, STAGED, Table
from mapping.statements import create
from sync import answers, past, pipeline
from sync.ledger import Dossier, Ledger
from sync.stage import Stage
from sync.terminal import Exit
from tests.mapping.world import AS_OF, World, ago
from tests.mapping.world import connect as story_connection
from tests.sync.asking import Ask
from tests.sync.world import DAY, NOON
from tests.sync.world import World as Crm


def day(days: float) -> str:
    """Name the day so many days before the story's moment."""
    return datetime.fromtimestamp(ago(days), UTC).strftime("%Y-%m-%d")


@pytest.fixture
def told(ask: Ask) -> Ask:
    """Stage a story: Ana answered 60 days ago and met us 15 days ago; computed once as of the story's moment."""
    story = World(story_connection())
    story.account(name="Acme", segment="SMB", breadth="department")
    story.contact(name="Ana Silva", title="CFO")
    story.sees()
    story.email("out", days=61)
    story.email("in", days=60)
    story.meeting("C1", days=15)
    tables: dict[str, Table] = {table.name: table for table in (*STAGED, *REMEMBERED, *observed_tables())}
    with Stage(Path("acme.duckdb")) as stage:
        for name, rows in story.rows.items():
            create(stage.connection, tables[name], rows)
        stage.connection.execute(f"CREATE TABLE run AS SELECT {AS_OF} AS as_of, 'acme' AS organisation")
    return ask


def kept() -> tuple[str, list[str]]:
    """Digest the stage's file and read all that the ledger holds."""
    with closing(sqlite3.connect("ledger.db")) as database:
        return hashlib.sha256(Path("acme.duckdb").read_bytes()).hexdigest(), list(database.iterdump())


# --- as of ------------------------------------------------------------------------------------------------------------


def test_status_as_of_a_day_recomputes_it_and_says_what_is_todays(told: Ask) -> None:
    done = told("status", "--as-of", day(30))
    assert done.exit_code == Exit.DONE, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == f"As of {day(30)} 23:59 UTC, recomputed from the staged events; later ones are not seen."
    assert lines[1].startswith("Today's, for want of a history: names, titles,")
    assert lines[-1].split()[:4] == ["Acme", "SMB", "department", "gap"]


def test_explain_as_of_a_day_sees_nothing_later(told: Ask) -> None:
    then = json.loads(told("explain", "Ana", "--as-of", day(30), "--json").stdout)
    now = json.loads(told("explain", "Ana", "--as-of", day(0), "--json").stdout)
    assert [one["body"]["values"]["last_two_way"] for one in (*then, *now)] == [day(60), day(15)]
    assert "recomputed from the staged events" in told("explain", "Ana", "--as-of", day(30)).stdout
    assert told("explain", "nobody", "--as-of", day(30)).exit_code == Exit.ERROR


def test_the_last_day_is_seen_up_to_the_last_run(told: Ask) -> None:
    answered = json.loads(told("status", "--as-of", day(0), "--json").stdout)
    assert answered["acme"]["as_of"] == AS_OF
    assert [account["name"] for account in answered["acme"]["accounts"]] == ["Acme"]


def test_a_day_that_is_not_staged_yet_is_refused(told: Ask) -> None:
    done = told("status", "--as-of", day(-1))
    assert done.exit_code == Exit.ERROR
    assert done.stderr == f"rapport: this day is not in the stage; the newest is {day(0)}, that of the last run\n"


def test_a_date_that_is_none_is_wrong_usage(told: Ask) -> None:
    assert told("status", "--as-of", "yesterday").exit_code == Exit.USAGE


@pytest.mark.parametrize("command", [("status", "--as-of", "2026-01-01"), ("calibrate",)])
def test_without_a_stage_the_next_step_is_named(ask: Ask, command: tuple[str, ...]) -> None:
    done = ask(*command)
    assert done.exit_code == Exit.ERROR
    assert done.stderr.startswith("rapport: nothing was pulled yet;")
    with Stage(Path("acme.duckdb")):
        pass
    assert ask(*command).stderr == "rapport: nothing was computed yet; do it once: rapport plan\n"


def test_calibrate_measures_and_changes_nothing(told: Ask) -> None:
    told("status")  # makes the ledger
    before = kept()
    done = told("calibrate", "--cuts", "1")
    assert done.exit_code == Exit.DONE, done.stderr
    assert done.stdout.splitlines()[0].endswith("Nothing was changed.")
    assert "Suggestions:" in done.stdout
    measured = json.loads(told("calibrate", "--cuts", "1", "--json").stdout)
    assert set(measured) == {"as_of", "cuts", "agreements", "fired", "suggestions"}
    assert told("status", "--as-of", day(30)).exit_code == Exit.DONE
    assert kept() == before


def test_what_only_asks_reaches_no_crm(told: Ask) -> None:
    """The connections of the settings have no secret here: whoever opened one would fail."""
    for words in (("calibrate", "--cuts", "1"), ("status", "--as-of", day(30)), ("rules", "show"), ("rules", "diff")):
        assert told(*words).exit_code == Exit.DONE


# --- history ----------------------------------------------------------------------------------------------------------


def account(score: str, status: str = "gap", **values: str) -> Dossier:
    """Publish an account with this coverage."""
    held = {"coverage_status": status, "coverage_score": score, "equity": "50", **values}
    return Dossier("account", "crm", "a1", "Globex", "Globex", {"home": True, "values": held})


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    with Ledger("sqlite://") as opened:
        yield opened


def scores(ledger: Ledger) -> list[tuple[int, str]]:
    return [((row["as_of"] - NOON) // DAY, row["coverage"]["coverage_score"]) for row in ledger.history("acme", "")]


def test_a_run_notes_the_coverage_of_an_account_once_a_change(world: Crm) -> None:
    published = [account("40")]
    for held in ("40", "40", "65", "65", "40"):
        published[0] = account(held)
        desk = replace(world.desk(), dossiers=lambda _: list(published))
        pipeline.run(desk)
        world.next_day()
    assert scores(world.ledger) == [(0, "40"), (2, "65"), (4, "40")]


def test_what_moves_by_itself_is_not_part_of_the_history(world: Crm) -> None:
    published: list[Dossier] = []
    desk = replace(world.desk(), dossiers=lambda _: list(published))
    for equity in ("50", "51"):
        published[:] = [account("40", equity=equity)]
        pipeline.plan(desk)
        world.next_day()
    (row,) = world.ledger.history("acme", "Globex")
    assert row["coverage"] == {"coverage_status": "gap", "coverage_score": "40"}


def test_an_older_moment_than_the_last_is_no_news(ledger: Ledger) -> None:
    assert ledger.note_history("acme", NOON, [("crm", "a1", "Globex", {"coverage_score": "40"})]) == 1
    assert ledger.note_history("acme", NOON - DAY, [("crm", "a1", "Globex", {"coverage_score": "10"})]) == 0
    assert ledger.note_history("acme", NOON, [("crm", "a1", "Globex", {"coverage_score": "50"})]) == 0
    assert scores(ledger) == [(0, "40")]


def test_organisations_and_accounts_keep_their_own_history(ledger: Ledger) -> None:
    for org, id_, name in (("acme", "a1", "Globex"), ("acme", "a2", "Initech"), ("umbrella", "a1", "Globex")):
        ledger.note_history(org, NOON, [("crm", id_, name, {"coverage_score": "40"})])
    assert [(row["org"], row["id"]) for row in ledger.history("acme", "glob")] == [("acme", "a1")]
    assert [row["id"] for row in ledger.history("acme", "a2")] == ["a2"]


def test_an_account_that_was_renamed_keeps_its_whole_history(ledger: Ledger) -> None:
    ledger.note_history("acme", NOON, [("crm", "a1", "Globex", {"coverage_score": "40"})])
    ledger.note_history("acme", NOON + DAY, [("crm", "a1", "Globex Corp", {"coverage_score": "50"})])
    assert [row["name"] for row in ledger.history("acme", "Corp")] == ["Globex", "Globex Corp"]


def test_history_is_drawn_and_listed(ask: Ask) -> None:
    with Ledger("sqlite:///ledger.db") as ledger:
        for number, held in enumerate(("0", "40", "92")):
            values = {"coverage_status": "gap", "coverage_score": held, "missing_roles": "buyer;champion"}
            values |= {"buyers_actual": "0", "buyers_required": "1"}
            ledger.note_history("acme", NOON + number * DAY, [("crm", "a1", "Globex", values)])
    lines = ask("history", "globex").stdout.splitlines()
    assert lines[0] == "Globex  (crm/account/a1)"
    assert lines[1] == "  score ▁▄█  40 -> 92, rising (3 changes)"
    assert lines[-2].split() == ["2023-11-17", "12:00", "UTC", "gap", "92", "0/1", "-/-", "-/-", "buyer,", "champion"]
    told = json.loads(ask("history", "a1", "--json").stdout)
    assert [row["coverage"]["coverage_score"] for row in told] == ["0", "40", "92"]


def test_months_before_the_first_run_are_recomputed_and_marked(told: Ask) -> None:
    with Ledger("sqlite:///ledger.db") as ledger:
        ledger.note_history("acme", AS_OF, [("salesforce", "A1", "Acme", {"coverage_status": "gap"})])
    before = kept()
    rows = json.loads(told("history", "acme", "--months", "3", "--json").stdout)
    assert [(day_of(row["as_of"]), row["recomputed"], row["coverage"].get("buyers_actual")) for row in rows] == [
        ("2026-06-30", True, "0"),
        ("2026-07-31", True, "1"),
        ("2026-09-21", False, None),
    ]
    lines = told("history", "acme", "--months", "3").stdout.splitlines()
    assert [line.rstrip().endswith("~") for line in lines if "UTC" in line] == [True, True, False]
    assert lines[-1].startswith("~ recomputed from the staged events by today's rules")
    assert kept() == before


def test_what_a_run_has_noted_is_not_recomputed(told: Ask) -> None:
    with Ledger("sqlite:///ledger.db") as ledger:
        ledger.note_history("acme", ago(70), [("salesforce", "A1", "Acme", {"coverage_status": "gap"})])
    rows = json.loads(told("history", "A1", "--months", "3", "--json").stdout)
    assert [(day_of(row["as_of"]), row["recomputed"]) for row in rows] == [("2026-06-30", True), (day(70), False)]


def test_months_are_recomputed_for_the_account_that_is_named_alone(told: Ask) -> None:
    done = told("history", "Initech", "--months", "1")
    assert done.exit_code == Exit.ERROR
    assert done.stdout.startswith('No history of "Initech"')


def test_the_ends_of_months_go_back_over_the_turn_of_a_year() -> None:
    moment = int(datetime(2024, 3, 31, 12, tzinfo=UTC).timestamp())
    assert [day_of(end) for end in past.month_ends(moment, 3)] == ["2023-12-31", "2024-01-31", "2024-02-29"]
    assert past.month_ends(moment, 0) == []


def day_of(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d")


def test_history_of_nobody_says_when_it_appears(ask: Ask) -> None:
    done = ask("history", "nobody")
    assert done.exit_code == Exit.ERROR
    assert done.stdout.startswith('No history of "nobody".')


@pytest.mark.parametrize(
    ("values", "picture", "course"),
    [
        ([0, 50, 100], "▁▅█", "50 -> 100, rising"),
        ([80, None, 20], "▇·▂", "80 -> 20, falling"),
        ([30, 30], "▃▃", "30 -> 30, steady"),
        ([None], "·", "no trend yet"),
    ],
)
def test_scores_are_drawn_as_bars(values: list[int | None], picture: str, course: str) -> None:
    assert answers.picture(values) == picture
    rows = [
        {
            "source": "crm",
            "id": "a1",
            "name": "Globex",
            "as_of": NOON,
            "coverage": {} if value is None else {"coverage_score": str(value)},
        }
        for value in values
    ]
    assert f"  score {picture}  {course} (" in list(answers.history_lines("x", rows))[1]


def test_the_stage_is_read_only_for_the_past(told: Ask) -> None:
    with past.opened(Path("acme.duckdb")) as connection, pytest.raises(duckdb.Error, match="read-only"):
        connection.execute("CREATE TABLE staged.x (a INT)")
