"""The command line: answers, exit statuses, wrong usage; with a CRM in memory behind the port where a run is needed."""

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from connectors.base import Page, StreamEnd
from connectors.errors import RetryLater, Unusable
from connectors.memory import Fault, MemoryConnector
from mapping.metadata import FIELDS
from sync import app
from sync.cli import main
from sync.ledger import Dossier, Ledger
from sync.terminal import Exit, TerminatedError
from tests.sync.asking import SETTINGS, Ask
from tests.sync.world import DAY, NOON

RAPPORT = Path(sys.executable).with_name("rapport")

TWO = (
    SETTINGS
    + """\
  globex:
    connections:
      crm: {vendor: hubspot, auth: {flow: token, access_token: "env:CRM_TOKEN"}}
"""
)


@pytest.fixture
def both(ask: Ask) -> Ask:
    """Give commands where the settings hold two organisations."""
    Path("rapport.yaml").write_text(TWO, encoding="utf-8")
    return ask


# --- before there is anything ----------------------------------------------------------------------------------------


def test_init_writes_a_settings_file_and_says_what_comes_next(ask: Ask) -> None:
    done = ask("-c", "new/rapport.yaml", "init")
    assert done.exit_code == Exit.DONE
    assert done.stdout.splitlines()[0] == "Wrote new/rapport.yaml. Put the secrets where it says, then: rapport check"
    assert "organisations:" in Path("new/rapport.yaml").read_text(encoding="utf-8")


def test_init_replaces_a_file_only_when_forced(ask: Ask) -> None:
    refused = ask("init")
    assert (refused.exit_code, refused.stdout) == (Exit.ERROR, "")
    assert refused.stderr == "rapport: rapport.yaml exists already; --force replaces it\n"
    assert Path("rapport.yaml").read_text(encoding="utf-8") == SETTINGS
    assert ask("init", "--force").exit_code == Exit.DONE
    assert Path("rapport.yaml").read_text(encoding="utf-8") != SETTINGS


def test_init_where_nothing_can_be_written_says_so(ask: Ask) -> None:
    done = ask("-c", "rapport.yaml/new.yaml", "init")
    assert done.exit_code == Exit.ERROR
    assert done.stderr.startswith("rapport: rapport.yaml/new.yaml cannot be written: ")


def test_status_of_an_empty_ledger_shows_empty_tables(ask: Ask) -> None:
    done = ask("status")
    assert done.exit_code == Exit.DONE
    assert [line.split()[0] for line in done.stdout.splitlines() if line] == ["run", "---", "account", "-------"]


def test_status_of_an_empty_ledger_as_json(ask: Ask) -> None:
    assert json.loads(ask("status", "--json").stdout) == {"acme": {"run": None, "accounts": []}}


def test_log_of_an_empty_ledger(ask: Ask) -> None:
    assert len(ask("log").stdout.splitlines()) == 2
    assert json.loads(ask("log", "--json").stdout) == []


def test_explain_on_an_empty_ledger_says_when_results_appear_and_ends_with_1(ask: Ask) -> None:
    done = ask("explain", "Ann")
    assert done.exit_code == Exit.ERROR
    assert done.stdout == (
        'Nothing is published about "Ann". Names and ids are matched by any part; results appear after a run.\n'
    )
    assert json.loads(ask("explain", "Ann", "--json").stdout) == []


def test_a_missing_settings_file_points_to_init(ask: Ask) -> None:
    done = ask("-c", "none.yaml", "status")
    assert (done.exit_code, done.stdout) == (Exit.ERROR, "")
    assert done.stderr == "rapport: none.yaml:1: there is no such file (write one with: rapport init)\n"


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("    connections:", "    rules: nowhere.yaml\n    connections:", "nowhere.yaml"),
        ("stage: .", "stage: rapport.yaml/stages", "the folder of the stage"),
        ("ledger.db", "rapport.yaml/ledger.db", "the folder of the ledger"),
    ],
)
@pytest.mark.usefixtures("crm")
def test_what_a_run_needs_besides_the_crm_is_checked_and_told_in_a_line(
    ask: Ask, before: str, after: str, said: str
) -> None:
    Path("rapport.yaml").write_text(SETTINGS.replace(before, after), encoding="utf-8")
    done = ask("run")
    assert done.exit_code == Exit.ERROR
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    checked = ask("check", "--json")
    assert (checked.exit_code, checked.stderr) == (Exit.ERROR, "")
    (finding,) = [one for one in json.loads(checked.stdout)["findings"] if one["severity"] == "error"]
    assert said in f"{finding['file']} {finding['cause']}"


# --- wrong usage -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        ["rnu"],
        ["run", "--nonsense"],
        ["apply"],
        ["undo"],
        ["undo", "last"],
        ["explain"],
        ["log", "--last", "0"],
        ["completion", "tcsh"],
        ["run", "acme"],
        ["worker", "--health-port", "http"],
    ],
)
def test_wrong_usage_ends_with_2_and_says_how_it_is_used(ask: Ask, words: list[str]) -> None:
    done = ask(*words)
    assert (done.exit_code, done.stdout) == (Exit.USAGE, "")
    assert "Usage: " in done.stderr


@pytest.mark.parametrize(
    "words", [["status"], ["log"], ["plan"], ["run"], ["check"], ["apply", "abcdef"], ["undo", "1"]]
)
def test_an_unknown_organisation_is_answered_with_those_there_are(both: Ask, words: list[str]) -> None:
    done = both(*words, "--org", "initech")
    assert done.exit_code == Exit.ERROR
    assert done.stderr == "rapport: there is no organisation initech in rapport.yaml; there are: acme, globex\n"


@pytest.mark.parametrize("words", [["apply", "abcdef"], ["undo", "1"], ["explain", "Ann"], ["log"], ["plan", "--json"]])
def test_where_one_organisation_is_meant_and_several_exist_it_must_be_named(both: Ask, words: list[str]) -> None:
    done = both(*words)
    assert done.exit_code == Exit.ERROR
    assert done.stderr == "rapport: say which organisation is meant: --org acme | globex\n"


def test_status_tells_of_every_organisation_unless_one_is_named(both: Ask) -> None:
    assert list(json.loads(both("status", "--json").stdout)) == ["acme", "globex"]
    assert list(json.loads(both("status", "--json", "--org", "globex").stdout)) == ["globex"]


@pytest.mark.enable_socket  # a port of loopback is taken
def test_a_worker_whose_health_port_is_taken_says_so(ask: Ask) -> None:
    Path("rapport.yaml").write_text(SETTINGS + "    schedule: {every: 6h}\n", encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = ask("worker", "--health-port", str(taken.getsockname()[1]))
    assert done.exit_code == Exit.ERROR
    assert "choose another --health-port" in done.stderr


def test_a_worker_without_a_schedule_says_so(ask: Ask) -> None:
    done = ask("worker")
    assert done.exit_code == Exit.ERROR
    assert "no organisation in rapport.yaml has a schedule" in done.stderr


def test_every_command_has_a_line_of_help() -> None:
    shown = CliRunner().invoke(main, ["--help"]).stdout
    for command in ("init", "check", "provision", "pull", "plan", "apply", "run", "undo", "status", "log", "explain"):
        assert f"\n  {command} " in shown


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script_of_the_shell(shell: str) -> None:
    done = CliRunner().invoke(main, ["completion", shell])
    assert done.exit_code == Exit.DONE
    assert "_RAPPORT_COMPLETE" in done.stdout


# --- settings and secrets --------------------------------------------------------------------------------------------


def test_a_missing_secret_is_named_by_its_place(ask: Ask) -> None:
    done = ask("run")
    assert done.exit_code == Exit.ERROR
    assert "CRM_TOKEN" in done.stderr


def test_all_missing_secrets_are_told_at_once(ask: Ask) -> None:
    auth = "flow: refresh_token, client_id: 'env:OUR_ID', client_secret: 'file:secret', refresh_token: 'env:OUR_ID'"
    Path("rapport.yaml").write_text(
        SETTINGS.replace('flow: token, access_token: "env:CRM_TOKEN"', auth), encoding="utf-8"
    )
    done = ask("run")
    assert done.exit_code == Exit.ERROR
    assert done.stderr.splitlines() == [
        "rapport: a secret is missing: set the environment variable OUR_ID",
        "a secret is missing: write the secret into secret",
    ]


def test_a_secret_is_never_printed(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("token").write_text("pat-na1-very-secret", encoding="utf-8")
    settings = SETTINGS.replace("env:CRM_TOKEN", "file:token").replace("auth:", 'url: "http://127.0.0.1:9", auth:')
    Path("rapport.yaml").write_text(settings, encoding="utf-8")
    for command in (["check"], ["run"], ["provision"], ["plan", "--json"], ["log", "--json"], ["status"]):
        done = ask(*command)
        assert "very-secret" not in done.output
        assert not isinstance(done.exception, AssertionError)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("not an address at all://hunter2@x", "address cannot be read"),
        ("postgresql+nodriver://u:hunter2@db/x", "cannot be read"),
        ("sqlite:////proc/nowhere/ledger.db", "the folder of the ledger cannot be made"),
        ("sqlite:////proc/ledger.db", "unable to open database file"),
    ],
)
def test_a_ledger_that_cannot_be_opened_is_told_without_its_address(ask: Ask, address: str, words: str) -> None:
    Path("address").write_text(address, encoding="utf-8")
    Path("rapport.yaml").write_text(SETTINGS.replace("sqlite:///ledger.db", "file:address"), encoding="utf-8")
    done = ask("status")
    assert done.exit_code == Exit.ERROR
    assert words in done.stderr
    assert "hunter2" not in done.output


# --- readers ---------------------------------------------------------------------------------------------------------


def publish(ledger: Ledger) -> None:
    values = {"coverage_status": "gap", "coverage_score": "33", "segment": "SMB", "missing_roles": "champion;buyer"}
    body = {"values": values, "sentences": ["Coverage is 33 of 100."], "records": ["crm/account/a1"]}
    ledger.publish("acme", [Dossier("account", "crm", "a1", "Globex", "Globex", body)])


def test_status_shows_the_published_coverage(ask: Ask, ledger: Ledger) -> None:
    publish(ledger)
    (line,) = [line for line in ask("status").stdout.splitlines() if line.startswith("Globex")]
    assert line.split()[:5] == ["Globex", "SMB", "-", "gap", "33"]
    assert line.endswith("champion, buyer")


def test_explain_prints_sentences_and_records(ask: Ask, ledger: Ledger) -> None:
    publish(ledger)
    done = ask("explain", "glob")
    assert done.exit_code == Exit.DONE
    assert done.stdout == "Globex  (crm/account/a1)\n  Coverage is 33 of 100.\n  Records: crm/account/a1\n\n"
    (told,) = json.loads(ask("explain", "glob", "--json").stdout)
    assert (told["name"], told["body"]["sentences"]) == ("Globex", ["Coverage is 33 of 100."])


FIGURES = {
    "accounts": 3,
    "arr": 604000.0,
    "covered": 1,
    "partly": 1,
    "uncovered": 1,
    "untold": 0,
    "score": 71.4,
    "equity": None,
    "renewed": 2,
    "lost": 1,
    "gaps": 5,
    "chronic": 1,
}


def slices(ledger: Ledger) -> None:
    found = [("segment", "SMB"), ("csm", "Odo"), ("portfolio", "all")]
    ledger.publish("acme", [Dossier("slice", kind, name, name, None, {"values": FIGURES}) for kind, name in found])


def test_portfolio_lays_coverage_beside_renewals_the_whole_first(ask: Ask, ledger: Ledger) -> None:
    slices(ledger)
    lines = ask("portfolio").stdout.splitlines()[2:]
    assert [line.split()[:2] for line in lines] == [["portfolio", "all"], ["segment", "SMB"], ["csm", "Odo"]]
    assert lines[0].split()[2:] == ["3", "604,000", "1", "1", "1", "0", "71", "-", "2", "1", "5", "1"]


def test_portfolio_by_one_dimension_shows_the_whole_and_that(ask: Ask, ledger: Ledger) -> None:
    slices(ledger)
    found = json.loads(ask("portfolio", "--by", "csm", "--json").stdout)
    assert [one["source"] for one in found["acme"]] == ["portfolio", "csm"]


def test_explain_does_not_take_a_slice_for_a_record(ask: Ask, ledger: Ledger) -> None:
    slices(ledger)
    assert ask("explain", "SMB").exit_code == Exit.ERROR


def test_log_lists_the_latest_runs_and_at_most_as_many_as_asked(ask: Ask, ledger: Ledger) -> None:
    for kind in ("run", "plan", "undo"):
        ledger.begin_run("acme", kind, NOON)
    assert [line.split()[:2] for line in ask("log").stdout.splitlines()[2:]] == [
        ["3", "undo"],
        ["2", "plan"],
        ["1", "run"],
    ]
    assert [run["number"] for run in json.loads(ask("log", "--json", "--last", "2").stdout)] == [3, 2]


# --- runs ------------------------------------------------------------------------------------------------------------


class Crm(MemoryConnector):
    """A CRM in memory that may fail while it is read, and looks which threads are at work then."""

    def __init__(self) -> None:
        super().__init__("crm", NOON)
        self.failure: BaseException | None = None
        self.threads: list[str] = []

    def pull(self, cursors: Mapping[str, str]) -> Iterator[Page | StreamEnd]:
        self.threads = threads()
        if self.failure:
            raise self.failure
        yield from super().pull(cursors)


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate()]


@pytest.fixture
def crm(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> Crm:
    """Put a CRM with one customer and one buyer behind the settings' connection."""
    crm = Crm()
    list(crm.provision(FIELDS, dry_run=False))
    crm.put("user_account", {"id": "u1", "name": "Cleo", "email": "cleo@ours.example", "active": True})
    account = {"id": "a1", "name": "Globex", "customer": True, "owner_id": "u1"}
    crm.put("account", {**account, "segment": "SMB", "breadth": "workgroup"})
    crm.put("contact", {"id": "c1", "name": "Ann", "account_id": "a1", "title": "VP Finance"})
    crm.put("affiliation", {"id": "f1", "contact_id": "c1", "account_id": "a1", "direct": True, "active": True})
    crm.put("coverage_of_source", {"fact": "activity", "available": True, "since_at": NOON - 400 * DAY})
    monkeypatch.setattr(app, "open_connection", lambda *_: crm)
    monkeypatch.setattr(app, "take_census", lambda *_: None)
    monkeypatch.setenv("CRM_TOKEN", "pat-na1-there")
    return crm


def planned(ask: Ask) -> dict[str, Any]:
    return dict(json.loads(ask("plan", "--json").stdout))


def test_a_plan_shows_old_and_new_with_the_reason_and_ends_with_3(ask: Ask, crm: Crm) -> None:
    done = ask("plan")
    assert done.exit_code == Exit.PENDING, done.output
    lines = done.stdout.splitlines()
    assert lines[0].startswith("Plan ")
    assert "of acme, as of 2023-11-15 12:00 UTC: set " in lines[0]
    place = lines.index("contact Ann  (crm/contact/c1)")
    (roles,) = [number for number, line in enumerate(lines) if number > place and line.startswith("  roles ")]
    assert lines[roles] == "  roles                - -> buyer"
    assert lines[roles + 1].strip().startswith("because ")
    assert crm.values == {}


def test_an_approved_plan_is_applied_and_the_next_plan_is_empty(ask: Ask, crm: Crm) -> None:
    digest = planned(ask)["digest"]
    done = ask("apply", digest, "--json")
    assert done.exit_code == Exit.DONE, done.output
    (report,) = json.loads(done.stdout)
    assert (report["digest"], report["status"], set(report["written"])) == (digest, "ok", {"done"})
    assert crm.values["contact", "c1"]["roles"] == "buyer"
    after = ask("plan")
    assert after.exit_code == Exit.DONE
    assert after.stdout.splitlines()[0].endswith(": no changes.")


def test_an_unknown_plan_is_refused_with_1(ask: Ask, crm: Crm) -> None:
    done = ask("apply", "ffffffff")
    assert done.exit_code == Exit.ERROR
    assert "rapport: no plan ffffffff is known for acme" in done.stderr


def test_a_plan_beyond_a_limit_is_shown_with_its_refusal_and_a_run_is_refused(ask: Ask, crm: Crm) -> None:
    Path("rapport.yaml").write_text(SETTINGS + "    limits: {max_changes: 1}\n", encoding="utf-8")
    shown = ask("plan")
    assert shown.exit_code == Exit.PENDING
    assert "this plan will be refused: the plan asks for " in shown.stdout.splitlines()[1]
    assert "contact Ann  (crm/contact/c1)" in shown.stdout
    assert "refused" in planned(ask)["message"]
    refused = ask("run")
    assert (refused.exit_code, crm.values) == (Exit.ERROR, {})
    assert "limits.max_changes: 1" in refused.stderr


def test_a_run_tells_what_it_did_and_a_second_that_there_was_nothing(ask: Ask, crm: Crm) -> None:
    first, second = ask("run"), ask("run")
    assert (first.exit_code, second.exit_code) == (Exit.DONE, Exit.DONE)
    assert first.stdout.splitlines()[0] == "Run 1 of acme (run), as of 2023-11-15 12:00 UTC: ok."
    assert second.stdout.splitlines()[0] == "Run 2 of acme (run), as of 2023-11-15 12:00 UTC: nothing."


def test_a_pull_writes_nothing_and_plans_nothing(ask: Ask, crm: Crm) -> None:
    done = ask("pull")
    assert (done.exit_code, crm.values) == (Exit.DONE, {})
    assert "planned" not in done.stdout


def test_rows_the_crm_rejects_are_shown_with_its_message_on_every_run(ask: Ask, crm: Crm) -> None:
    crm.faults = {0: Fault.REJECTED}
    first = ask("run")
    assert first.exit_code == Exit.DONE
    assert f"rejected: crm/account/a1: {Fault.REJECTED.value}" in first.stdout
    assert "1 rejected" in ask("log").stdout
    (report,) = json.loads(ask("run", "--json").stdout)
    assert report["written"] == {"done": 1}


def test_a_vendor_that_asks_for_patience_ends_a_run_with_4_and_when_to_come_back(ask: Ask, crm: Crm) -> None:
    crm.failure = RetryLater("daily limit reached", at=NOON + 3600)
    done = ask("run")
    assert done.exit_code == Exit.INCOMPLETE
    assert done.stdout.splitlines()[:2] == [
        "Run 1 of acme (run), as of 2023-11-15 12:00 UTC: incomplete.",
        "  daily limit reached",
    ]


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_a_plan_that_could_not_be_made_tells_why_and_shows_no_older_one(ask: Ask, crm: Crm, form: list[str]) -> None:
    ask("plan")
    crm.failure = RetryLater("daily limit reached")
    done = ask("plan", *form)
    assert done.exit_code == Exit.INCOMPLETE
    assert "daily limit reached" in done.stdout
    assert "buyer" not in done.stdout


def test_a_connection_that_cannot_be_used_is_one_message_and_1(ask: Ask, crm: Crm) -> None:
    crm.failure = Unusable("the token was revoked; connect again")
    done = ask("run")
    assert (done.exit_code, done.stdout) == (Exit.ERROR, "")
    assert done.stderr.splitlines()[-1] == "rapport: the token was revoked; connect again"


@pytest.fixture
def one_of_two_fails(crm: Crm, both: Ask) -> Ask:
    """Give commands where acme's secret is missing and globex can be used."""
    Path("rapport.yaml").write_text(TWO.replace("CRM_TOKEN", "NO_SUCH_TOKEN", 1), encoding="utf-8")
    return both


def test_an_organisation_that_fails_does_not_keep_the_others_from_their_run(one_of_two_fails: Ask) -> None:
    done = one_of_two_fails("run")
    assert done.exit_code == Exit.ERROR
    assert done.stdout.splitlines()[0] == "Run 1 of globex (run), as of 2023-11-15 12:00 UTC: ok."
    assert done.stderr.splitlines()[-1] == (
        "rapport: acme: a secret is missing: set the environment variable NO_SUCH_TOKEN"
    )


def test_what_was_done_before_a_failure_is_told_as_json_too(one_of_two_fails: Ask) -> None:
    done = one_of_two_fails("run", "--json")
    assert done.exit_code == Exit.ERROR
    assert [(report["org"], report["status"]) for report in json.loads(done.stdout)] == [("globex", "ok")]


def test_a_plan_of_several_organisations_is_shown_though_one_fails(one_of_two_fails: Ask) -> None:
    done = one_of_two_fails("plan")
    assert done.exit_code == Exit.ERROR
    assert " of globex, as of " in done.stdout.splitlines()[0]


def test_sigterm_ends_a_run_with_143_and_notes_it(ask: Ask, crm: Crm, ledger: Ledger) -> None:
    crm.failure = TerminatedError()
    done = ask("run")
    assert done.exit_code == Exit.TERMINATED
    assert done.stderr.splitlines()[-1].startswith("rapport: stopped; what was done is noted")
    assert ledger.runs("acme")[0]["status"] == "interrupted"
    assert ledger.holder("acme") is None


def test_ctrl_c_leaves_a_clean_message_130_and_an_organisation_that_is_free(ask: Ask, crm: Crm, ledger: Ledger) -> None:
    crm.failure = KeyboardInterrupt()
    done = ask("run")
    assert (done.exit_code, done.stdout) == (Exit.STOPPED, "")
    assert done.stderr.splitlines()[-1] == (
        "rapport: stopped; what was done is noted, and the next run goes on from there"
    )
    assert ledger.holder("acme") is None
    (run,) = ledger.runs("acme")
    assert (run["status"], run["error"]) == ("interrupted", "stopped by hand")


def test_a_second_run_says_who_holds_the_organisation(ask: Ask, crm: Crm, ledger: Ledger) -> None:
    ledger.lease("acme", "host-7:4711", int(app.clock()), 300)
    done = ask("run")
    assert done.exit_code == Exit.ERROR
    assert "host-7:4711 (host and process) is working on acme" in done.stderr


@pytest.mark.parametrize("failure", [None, Unusable("the portal is closed"), RetryLater("later", at=NOON)])
def test_a_heartbeat_is_beside_a_run_and_ends_with_it(ask: Ask, crm: Crm, failure: BaseException | None) -> None:
    crm.failure = failure
    ask("run")
    assert crm.threads.count("heartbeat") == 1
    assert "heartbeat" not in threads()


def test_undo_takes_a_run_back_and_warns_of_the_next(ask: Ask, crm: Crm) -> None:
    ask("run")
    done = ask("undo", "1")
    assert (done.exit_code, crm.values["contact", "c1"]) == (Exit.DONE, {})
    assert done.stdout.splitlines()[-1] == (
        "  The next run will want the same changes again unless rules or data change first."
    )


def test_an_undo_can_be_shown_first_and_ends_with_3(ask: Ask, crm: Crm) -> None:
    ask("run")
    shown = ask("undo", "1", "--dry-run")
    assert shown.exit_code == Exit.PENDING
    assert "  roles                buyer -> -" in shown.stdout
    assert "because Undo of run 1." in shown.stdout
    assert crm.values["contact", "c1"]["roles"] == "buyer"


def test_an_undo_with_nothing_left_to_take_back_ends_with_0(ask: Ask, crm: Crm) -> None:
    ask("run")
    ask("undo", "1")
    shown = ask("undo", "1", "--dry-run")
    assert shown.exit_code == Exit.DONE
    done = ask("undo", "1")
    assert done.exit_code == Exit.DONE
    assert "The next run" not in done.stdout


def test_the_shown_plan_of_an_undo_is_not_applied_as_if_it_were_ordinary(ask: Ask, crm: Crm) -> None:
    ask("run")
    digest = json.loads(ask("undo", "1", "--dry-run", "--json").stdout)["digest"]
    done = ask("apply", digest)
    assert done.exit_code == Exit.ERROR
    assert f"the plan {digest} takes a run back; carry it out with: rapport undo 1" in done.stderr


def test_a_run_that_never_was_cannot_be_undone(ask: Ask, crm: Crm) -> None:
    done = ask("undo", "9")
    assert (done.exit_code, "acme has no run 9" in done.stderr) == (Exit.ERROR, True)


def test_progress_goes_to_standard_error_as_json_lines(ask: Ask, crm: Crm) -> None:
    done = ask("run", "--json")
    json.loads(done.stdout)
    events = [json.loads(line) for line in done.stderr.splitlines()]
    steps = [event["step"] for event in events]
    assert list(dict.fromkeys(steps)) == ["pull", "compute", "diff", "plan", "apply"]


def test_check_lists_what_is_missing_and_provision_creates_it_once(ask: Ask, crm: Crm) -> None:
    crm._fields.clear()
    checked = ask("check")
    assert checked.exit_code == Exit.DONE
    shown = " ".join(checked.stdout.split())
    assert "rapport.yaml:5: warning: acme/crm contact.roles, contact.buyer_type, " in shown
    assert f" and {len(FIELDS) - 5} more: The field does not exist. Run: rapport provision" in shown
    assert checked.stdout.splitlines()[-1] == "Everything a run needs is there; 1 warning."
    wanted = ask("provision", "--dry-run").stdout
    assert "acme/crm: would do: field contact.roles" in wanted
    assert f"acme/crm: {len(FIELDS)} steps of {len(FIELDS)} needed." in wanted
    assert f"acme/crm: {len(FIELDS)} steps of {len(FIELDS)} done." in ask("provision").stdout
    assert ask("provision").stdout == f"acme/crm: 0 steps of {len(FIELDS)} done.\n"
    assert ask("check").stdout == "Everything a run needs is there.\n"


# --- as a process ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [["completion", "bash"], ["log"], ["status", "--json"]])
def test_a_reader_that_goes_away_early_is_no_error_to_shout_about(ask: Ask, words: list[str]) -> None:
    with subprocess.Popen([RAPPORT, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""


def test_titles_of_standard_input_are_answered_line_by_line() -> None:
    typed = "VP, Sales Operations\r\n\nEx-CEO\nLeiterin\tEinkauf\n\xff\n".encode("latin-1")
    done = CliRunner().invoke(main, ["title"], input=typed)
    assert done.exit_code == 0
    assert done.stdout_bytes.decode().split("\n") == [
        "VP, Sales Operations\tvp\tSales\t",
        "\t\t\t",
        "Ex-CEO\t\t\tformer",
        "Leiterin Einkauf\tdirector\tProcurement\t",
        "\ufffd\t\t\t",
        "",
    ]


def test_titles_of_a_file_are_read_with_rules_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "titles.txt").write_text("Chief Happiness Officer\n", encoding="utf-8")
    rules = tmp_path / "rules.yaml"
    rules.write_text("titles:\n  own:\n    Chief Happiness Officer: {level: manager, function: Human Resources}\n")
    done = CliRunner().invoke(main, ["title", str(tmp_path / "titles.txt"), "--rules", str(rules)])
    assert done.stdout == "Chief Happiness Officer\tmanager\tHuman Resources\t\n"


def test_rules_that_cannot_be_used_for_titles_are_named_with_their_line(tmp_path: Path) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text("titles:\n  own:\n    Chief Vibes: {level: emperor}\n")
    done = CliRunner().invoke(main, ["title", "--rules", str(rules)], input="CEO\n")
    assert done.exit_code == 1
    assert f"{rules}:3: titles.own.Chief Vibes.level" in done.stderr
