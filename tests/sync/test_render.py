"""What people read: plans, reports, tables; every line compared with the text that is expected."""

from dataclasses import replace
from io import StringIO

import pytest

from connectors.base import ProvisionStep, Severity
from sync import render
from sync.apply import Refusal
from sync.changes import (
    Change,
    CloseTask,
    EscalateTask,
    OpenTask,
    Ref,
    RemoveTask,
    ReopenTask,
    ReturnTask,
    SetField,
    Skip,
    Terms,
    Why,
)
from sync.findings import Told
from sync.ledger import Dossier
from sync.pipeline import RunReport, StreamReport
from tests.sync.world import DAY, NOON

ANN, BOB = Ref("crm", "contact", "c1"), Ref("crm", "contact", "c2")
TASK = Ref("crm", "task", "t1")
NAMES = {"crm/contact/c1": "Ann", "crm/contact/c2": "Bob"}
REPORT = RunReport("acme", 7, "plan", as_of=NOON, digest="0123456789abcdef")


def plan(changes: list[Change], skips: list[Skip] | None = None, most: int | None = None) -> list[str]:
    counts = {"set": sum(isinstance(change, SetField) for change in changes), "cleared": 0, "records": 1}
    skipped: dict[str, int] = {}
    for skip in skips or []:
        skipped[skip.why.value] = skipped.get(skip.why.value, 0) + 1
    report = replace(REPORT, planned=counts, skipped=skipped)
    return list(render.plan_lines(report, changes, skips or [], NAMES, most))


# --- words and figures -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 fields"), (1, "1 field"), (2, "2 fields"), (12_345, "12,345 fields")]
)
def test_a_noun_agrees_with_its_number(count: int, text: str) -> None:
    assert render.counted(count, "field") == text


def test_an_instant_is_written_in_utc() -> None:
    assert render.moment(NOON) == "2023-11-15 12:00 UTC"


@pytest.mark.parametrize(
    ("counts", "text"),
    [
        ({"set": 0, "records": 0}, ""),
        ({"set": 1, "records": 1}, "set 1 field on 1 record"),
        ({"set": 12, "records": 3, "open": 2}, "set 12 fields on 3 records, open 2 tasks"),
        ({"set": 0, "records": 0, "close": 1, "open": 1}, "open 1 task, close 1 task"),
        ({"set": 0, "records": 0, "reopen": 1, "remove": 4}, "reopen 1 task, remove 4 tasks"),
        ({"set": 0, "records": 0, "escalate": 2, "return": 1}, "escalate 2 tasks, return 1 task"),
    ],
)
def test_a_plan_is_summed_up_in_words(counts: dict[str, int], text: str) -> None:
    assert render.summary(counts) == text


def test_a_table_is_as_wide_as_its_widest_cell_with_figures_to_the_right() -> None:
    assert render.table(("name", "score"), [("Globex", "7"), ("X", "100")], right=frozenset({1})) == [
        "name    score",
        "------  -----",
        "Globex      7",
        "X         100",
    ]


def test_an_empty_table_is_its_header() -> None:
    assert render.table(("a", "b"), []) == ["a  b", "-  -"]


# --- plans -----------------------------------------------------------------------------------------------------------


def test_an_empty_plan_says_so_in_its_headline() -> None:
    assert plan([]) == ["Plan 0123456789abcdef of acme, as of 2023-11-15 12:00 UTC: no changes."]


def test_a_field_is_shown_old_to_new_with_its_reason_under_the_name_of_its_record() -> None:
    changes: list[Change] = [
        SetField(ANN, "roles", None, "buyer", "Her title says so."),
        SetField(ANN, "depth", "3", None, ""),
        SetField(BOB, "depth", "3", "4", "Two reviews."),
    ]
    assert plan(changes) == [
        "Plan 0123456789abcdef of acme, as of 2023-11-15 12:00 UTC: set 3 fields on 1 record.",
        "",
        "contact Ann  (crm/contact/c1)",
        "  roles                - -> buyer",
        "                       because Her title says so.",
        "  depth                3 -> -",
        "",
        "contact Bob  (crm/contact/c2)",
        "  depth                3 -> 4",
        "                       because Two reviews.",
    ]


def test_a_long_text_of_several_lines_is_cut_to_one_on_both_sides() -> None:
    text = "First.\n" + "x" * 200
    (line,) = [line for line in plan([SetField(ANN, "evidence", text, text, "")]) if line.startswith("  evidence")]
    short = "First. " + "x" * 90 + "..."
    assert line == f"  evidence             {short} -> {short}"


def test_tasks_are_shown_with_what_happens_to_them_and_why() -> None:
    opened = OpenTask("crm", "k1", "Find a champion", "Why: k1", NOON + DAY, "u1", "a1", None, 50.0, "No champion.")
    changes: list[Change] = [
        opened,
        CloseTask(TASK, "k2", "The gap has closed."),
        ReopenTask(TASK, "k3", "The gap is back."),
        RemoveTask(TASK, "k4", "Undo of run 3."),
    ]
    assert plan(changes)[1:] == [
        "",
        "task in crm: Find a champion",
        "  open, due 2023-11-16: No champion.",
        "",
        "task k2  (crm/task/t1)",
        "  complete: The gap has closed.",
        "",
        "task k3  (crm/task/t1)",
        "  reopen: The gap is back.",
        "",
        "task k4  (crm/task/t1)",
        "  remove: Undo of run 3.",
    ]


def test_tasks_that_change_hands_are_shown_with_the_name_of_who_gets_them() -> None:
    changes: list[Change] = [
        EscalateTask(TASK, "k1", "Overdue since 2023-11-01.", "u9", "u1"),
        ReturnTask(TASK, "k2", "Undo of run 3.", "u1", "u9"),
        ReopenTask(TASK, "k3", "The gap is back.", Terms(NOON), Terms(NOON + DAY)),
    ]
    report = replace(REPORT, planned={"set": 0, "records": 0, "escalate": 1, "return": 1, "reopen": 1})
    assert list(render.plan_lines(report, changes, [], {"crm/user/u9": "Dana Roe"}, None))[1:] == [
        "",
        "task k1  (crm/task/t1)",
        "  pass on to Dana Roe: Overdue since 2023-11-01.",
        "",
        "task k2  (crm/task/t1)",
        "  give back to u1: Undo of run 3.",
        "",
        "task k3  (crm/task/t1)",
        "  reopen, due 2023-11-16: The gap is back.",
    ]


def test_more_records_than_asked_for_are_counted_and_not_shown() -> None:
    changes: list[Change] = [SetField(Ref("crm", "contact", f"c{n}"), "depth", None, "1", "") for n in range(5)]
    lines = plan(changes, most=2)
    assert sum(line.startswith("contact ") for line in lines) == 2
    assert lines[-1] == "... and 3 records more (--all shows every one)"
    assert plan(changes, most=4)[-1] == "... and 1 record more (--all shows every one)"
    assert not plan(changes, most=5)[-1].startswith("...")


def test_a_plan_beyond_a_limit_says_so_below_its_headline() -> None:
    report = replace(REPORT, planned={"set": 9, "records": 9}, message="this plan will be refused: too much")
    assert list(render.plan_lines(report, [], [], {}, None))[1] == "  this plan will be refused: too much"


def test_omissions_are_counted_by_reason_and_listed_with_what_stands_there() -> None:
    skips = [
        Skip(ANN, "roles", Why.HUMAN_EDIT, "user"),
        Skip(Ref("crm", "task", "k1"), "k1", Why.QUEUED, "Find a champion"),
        Skip(BOB, "depth", Why.NOT_WRITABLE),
    ]
    assert plan([], skips)[1:] == [
        "",
        "Skipped: 1 human edit, 1 queued, 1 not writable",
        "  human edit           contact Ann: roles (user)",
        "  queued               task in crm: Find a champion",
        "  not writable         contact Bob: depth",
    ]


def test_more_omissions_than_asked_for_are_counted_and_not_listed() -> None:
    skips = [Skip(ANN, f"field{number}", Why.OCCUPIED) for number in range(5)]
    assert plan([], skips, most=2)[-2:] == [
        "  occupied             contact Ann: field1",
        "  ... and 3 more (--all shows every one)",
    ]


# --- reports ---------------------------------------------------------------------------------------------------------


def stream(name: str, read: int) -> StreamReport:
    return StreamReport("crm", name, read, read, whole=True, dropped={})


def test_a_report_says_what_was_read_planned_written_and_left() -> None:
    report = replace(
        REPORT,
        kind="run",
        planned={"set": 2, "records": 1, "open": 1},
        written={"rejected": 1, "done": 1},
        skipped={"human edit": 3},
        streams=(stream("contact", 1200), stream("account", 34)),
        calls={"crm": {"GET /a": 3, "POST /b": 1}},
    )
    assert list(render.report_lines(report)) == [
        "Run 7 of acme (run), as of 2023-11-15 12:00 UTC: ok.",
        "  read 1,234 records in 2 streams with 4 calls",
        "  everything was read from its beginning, not changes alone",
        "  planned: set 2 fields on 1 record, open 1 task",
        "  written: 1 done, 1 rejected",
        "  skipped: 3 human edit",
    ]


def test_a_report_of_a_single_record_uses_the_singular() -> None:
    report = replace(
        REPORT, streams=(stream("contact", 1),), calls={"crm": {"GET": 1}}, planned={"set": 0, "records": 0}
    )
    assert list(render.report_lines(report))[1:] == [
        "  read 1 record in 1 stream with 1 call",
        "  everything was read from its beginning, not changes alone",
        "  planned: no changes",
    ]


def test_a_report_quotes_the_rows_that_were_rejected() -> None:
    refused = (Refusal("crm/contact/c1", "no such option"), Refusal("crm/task/k1", "the owner is inactive"))
    lines = list(render.report_lines(replace(REPORT, written={"rejected": 2}, refused=refused)))
    assert lines[-2:] == [
        "  rejected: crm/contact/c1: no such option",
        "  rejected: crm/task/k1: the owner is inactive",
    ]


def test_a_report_without_an_instant_or_a_plan_is_short() -> None:
    report = RunReport("acme", 1, "pull", status="incomplete", message="daily limit reached")
    assert list(render.report_lines(report)) == [
        "Run 1 of acme (pull): incomplete.",
        "  daily limit reached",
        "  read 0 records in 0 streams with 0 calls",
    ]


@pytest.mark.parametrize(("written", "warned"), [({"done": 2}, True), ({}, False)])
def test_an_undo_that_wrote_warns_that_the_next_run_wants_it_all_again(written: dict[str, int], warned: bool) -> None:
    lines = list(render.report_lines(replace(REPORT, kind="undo", written=written)))
    assert ("  The next run will want the same changes again unless rules or data change first." in lines) == warned


LOST = Told("acme", "crm", Severity.WARNING, "r.yaml", 5, "contact.roles", "the field does not exist", "Run it.")
SCOPE = Told("acme", "crm", Severity.ERROR, "r.yaml", 7, "scope", "crm.objects.read is missing.", "Grant it.")


def test_findings_are_told_with_place_cause_and_fix_and_a_verdict() -> None:
    assert list(render.finding_lines([SCOPE, LOST])) == [
        "r.yaml:7: error: acme/crm scope: crm.objects.read is missing. Grant it.",
        "r.yaml:5: warning: acme/crm contact.roles: The field does not exist. Run it.",
        "1 error, 1 warning: a run would fail.",
    ]
    assert list(render.finding_lines([LOST]))[-1] == "Everything a run needs is there; 1 warning."
    assert list(render.finding_lines([])) == ["Everything a run needs is there."]


def test_findings_are_no_wider_than_a_hundred_columns() -> None:
    lines = list(render.finding_lines([replace(LOST, cause="it is " + "very " * 60 + "long", where="x" * 40)]))
    assert len(lines) > 4
    assert max(map(len, lines)) <= 100
    assert all(line.startswith("    ") for line in lines[1:-1])


def test_a_table_of_findings_holds_every_word_at_a_hundred_columns() -> None:
    from rich.console import Console

    console = Console(width=100, record=True, file=StringIO())
    console.print(render.finding_table([SCOPE, LOST]))
    text = console.export_text()
    assert max(map(len, text.splitlines())) <= 100
    for word in ("error", "warning", "acme/crm", "scope", "Grant", "it.", "r.yaml:7", "r.yaml:5", "contact.roles"):
        assert word in text


def test_provisioning_lists_what_was_needed() -> None:
    steps = [
        ProvisionStep("field a", done=True, detail="text"),
        ProvisionStep("field b", done=False),
        ProvisionStep("field c", done=True),
    ]
    assert list(render.provision_lines("acme", "crm", steps, dry_run=False)) == [
        "acme/crm: done: field a text",
        "acme/crm: done: field c",
        "acme/crm: 2 steps of 3 done.",
    ]
    assert list(render.provision_lines("acme", "crm", steps[:1], dry_run=True)) == [
        "acme/crm: would do: field a text",
        "acme/crm: 1 step of 1 needed.",
    ]


# --- published results -----------------------------------------------------------------------------------------------


def account(name: str, **values: str) -> Dossier:
    return Dossier("account", "crm", name.lower(), name, name, {"values": values, "sentences": [], "records": []})


def test_accounts_are_listed_worst_first_with_actual_and_required_numbers() -> None:
    accounts = [
        account("Fine", coverage_status="covered", coverage_score="100"),
        account("Dark", coverage_status="cannot tell"),
        account("Better", coverage_status="gap", coverage_score="40"),
        account("Worst", coverage_status="gap", coverage_score="10", missing_roles="buyer;champion"),
        account("Half", coverage_status="partial", coverage_score="50", buyers_actual="1", buyers_required="2"),
        account("New"),
    ]
    lines = render.coverage_lines(accounts)
    assert [line.split()[0] for line in lines[2:]] == ["Worst", "Better", "Half", "Dark", "Fine", "New"]
    assert lines[2].endswith("buyer, champion")
    assert "1/2" in lines[4]
    assert lines[7].split() == ["New", "-", "-", "-", "-", "-/-", "-/-", "-/-"]


def test_the_tasks_a_run_opened_are_counted_and_listed() -> None:
    tasks = [{"source": "crm", "due": "2023-11-22", "subject": "Find a champion"}]
    assert render.task_lines(tasks) == [
        "Tasks opened: 1",
        "crm  due         subject",
        "---  ----------  ---------------",
        "crm  2023-11-22  Find a champion",
    ]
    assert render.task_lines([]) == ["Tasks opened: 0"]


def test_the_log_shows_what_was_written_or_what_went_wrong() -> None:
    row = {"kind": "run", "started_at": NOON, "digest": None, "report": None, "error": None}
    written = {"written": {"rejected": 1, "done": 20}}
    lines = render.log_lines(
        [
            {**row, "number": 10, "status": "failed", "error": "no answer"},
            {**row, "number": 9, "status": "ok", "digest": "abc", "report": written},
            {**row, "number": 8, "status": "running"},
        ]
    )
    assert lines[2:] == [
        " 10  run   2023-11-15 12:00 UTC  failed   -     no answer",
        "  9  run   2023-11-15 12:00 UTC  ok       abc   20 done, 1 rejected",
        "  8  run   2023-11-15 12:00 UTC  running  -     -",
    ]


def dossier(source: str, record_id: str, *sentences: str, company: str | None = "Globex") -> Dossier:
    body = {"sentences": list(sentences), "records": [f"{source}/activity/e1"]}
    return Dossier("contact", source, record_id, "Ann", company, body)


def test_a_person_is_explained_in_sentences_with_the_records_they_rest_on() -> None:
    assert list(render.dossier_lines("ann", [dossier("crm", "c1", "Buyer, likely.", "Depth 3.")])) == [
        "Ann at Globex  (crm/contact/c1)",
        "  Buyer, likely.",
        "  Depth 3.",
        "  Records: crm/activity/e1",
        "",
    ]


def test_records_that_say_the_same_of_the_same_person_are_told_once() -> None:
    told = list(render.dossier_lines("ann", [dossier("crm", "c1", "Buyer."), dossier("hub", "9", "Buyer.")]))
    assert told[0] == "Ann at Globex  (crm/contact/c1, hub/contact/9)"
    assert told.count("  Buyer.") == 1


def test_namesakes_at_different_companies_are_told_apart() -> None:
    told = list(render.dossier_lines("ann", [dossier("crm", "c1", "A."), dossier("crm", "c2", "A.", company=None)]))
    assert [line for line in told if line.startswith("Ann")] == [
        "Ann at Globex  (crm/contact/c1)",
        "Ann  (crm/contact/c2)",
    ]


def test_a_search_without_a_hit_says_what_can_be_searched() -> None:
    (line,) = render.dossier_lines("nobody", [])
    assert line.startswith('Nothing is published about "nobody".')


def test_each_sentence_names_its_rule_and_its_records_or_why_there_is_none() -> None:
    reasons = [
        {
            "text": "Tier high.",
            "rule": "touch tiers",
            "part": "segments",
            "records": ["crm/account/a1"],
            "no_record": "",
        },
        {"text": "Live buyers: nobody.", "rule": "live", "part": "coverage", "records": [], "no_record": "nobody"},
    ]
    body = {"sentences": ["Tier high.", "Live buyers: nobody."], "records": ["crm/account/a1"], "reasons": reasons}
    lines = list(render.dossier_lines("Acme", [Dossier("account", "crm", "a1", "Acme", "Acme", body)]))
    assert lines[1:5] == [
        "  Tier high.",
        "      [touch tiers, rules show segments] crm/account/a1",
        "  Live buyers: nobody.",
        "      [live, rules show coverage] no record: nobody",
    ]
