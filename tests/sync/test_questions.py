"""Commands that only ask: rules in force, differences, schemas for editors."""

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from sync.ledger import Ledger
from sync.settings import editor_schemas
from sync.terminal import Exit
from tests.sync.asking import SETTINGS, Ask
from tests.sync.world import World

WITH_RULES = SETTINGS.replace("  acme:\n", "  acme:\n    rules: own.yaml\n")
OWN = "# ours\ndepth:\n  half_life_days: 45\n  daily_cap: 4\n"


@pytest.fixture
def ask(ask: Ask) -> Ask:
    """Let the organisation have rules of its own."""
    Path("rapport.yaml").write_text(WITH_RULES, encoding="utf-8")
    Path("own.yaml").write_text(OWN, encoding="utf-8")
    return ask


# --- rules ------------------------------------------------------------------------------------------------------------


def test_rules_show_lists_each_figure_with_its_source(ask: Ask) -> None:
    done = ask("rules", "show", "depth")
    assert done.exit_code == Exit.DONE
    lines = {line.split()[0]: " ".join(line.split()[1:]) for line in done.stdout.splitlines() if line}
    assert lines["depth.half_life_days"] == "45 own.yaml:3 (our default: 60)"
    assert lines["depth.answer_days"] == "14 our default (rules/depth.yaml:8)"
    assert "; 2 from your file, the others are our defaults." in done.stdout


def test_rules_show_changed_lists_only_ones_own(ask: Ask) -> None:
    told = json.loads(ask("rules", "show", "--changed", "--json").stdout)
    assert [(found["name"], found["value"], found["default"], found["source"]) for found in told["figures"]] == [
        ("depth.half_life_days", 45, 60, "own.yaml:3"),
        ("depth.daily_cap", 4, 3, "own.yaml:4"),
    ]
    assert len(told["digest"]) == 64


def test_rules_show_of_a_part_that_is_not_there_names_the_sections(ask: Ask) -> None:
    done = ask("rules", "show", "depht")
    assert done.exit_code == Exit.ERROR
    assert done.stderr.startswith("rapport: no figure begins with depht; there are: identity, titles, ")


def test_rules_that_are_wrong_are_told_with_their_line(ask: Ask) -> None:
    Path("own.yaml").write_text("depth:\n  half_life_days: long\n", encoding="utf-8")
    done = ask("rules", "show")
    assert done.exit_code == Exit.ERROR
    assert "own.yaml:2: depth.half_life_days: " in done.stderr


def test_rules_diff_tells_our_defaults_from_ones_own(ask: Ask) -> None:
    lines = ask("rules", "diff").stdout.splitlines()
    assert lines[0].startswith("2 figures differ: our defaults -> today (")
    assert lines[1:] == ["  depth.daily_cap: 3 -> 4", "  depth.half_life_days: 60 -> 45"]
    Path("own.yaml").write_text("# nothing\n", encoding="utf-8")
    assert ask("rules", "diff").stdout.startswith("No figure differs between our defaults and today (")


def test_rules_diff_tells_a_past_run_from_today_also_in_the_settings(ask: Ask, ledger: Ledger) -> None:
    told = json.loads(ask("rules", "show", "--json").stdout)
    past = {found["name"]: found["value"] for found in told["figures"]}
    past |= {"depth.half_life_days": 30, "settings.organisation": "acme", "settings.sources": ["crm"]}
    past |= {"settings.managers": {}, "settings.own_domains": ["acme.example"]}
    past |= {"settings.products": [{"name": "default", "sold_to": [], "consumed_in": [], "breadth": None}]}
    ledger.note_rules("acme", "feed" * 16, 1, past)
    number = ledger.begin_run("acme", "plan", 1)
    ledger.note_run("acme", number, report={"rules": "feed" * 16})
    for which in (str(number), "feedfeed"):
        lines = ask("rules", "diff", which).stdout.splitlines()
        assert lines[0].startswith(f"2 figures differ: {which} (feedfeedfeed) -> today (")
        assert lines[1:] == ["  depth.half_life_days: 30 -> 45", "  settings.own_domains: [acme.example] taken out"]
    words = [found["words"] for found in json.loads(ask("rules", "diff", "feedfeed", "--json").stdout)]
    assert words[0] == "depth.half_life_days: 30 -> 45"


@pytest.mark.parametrize("which", ["abcdef", "7"])
def test_rules_diff_with_what_nobody_noted_says_so(ask: Ask, which: str) -> None:
    done = ask("rules", "diff", which)
    assert done.exit_code == Exit.ERROR
    assert "`rapport log`" in done.stderr or "see: rapport log" in done.stderr


def test_a_plan_notes_the_figures_behind_its_digest_once_and_names_it(world: World) -> None:
    report = world.plan()
    assert report.rules == "rules-1"
    assert world.ledger.rules("acme", "rules-1") is not None
    again = world.run()
    assert again.rules == "rules-1"
    assert (world.ledger.run("acme", again.number) or {})["report"]["rules"] == "rules-1"
    undone = world.undo(again.number)
    assert undone.rules.startswith("undo ")
    assert world.ledger.rules("acme", undone.rules) is None


# --- schemas ----------------------------------------------------------------------------------------------------------


def test_a_schema_is_printed_by_name(ask: Ask) -> None:
    assert json.loads(ask("schema", "rules").stdout)["properties"].keys() >= {"depth", "coverage"}
    assert json.loads(ask("schema", "depth").stdout)["properties"]["half_life_days"]["type"] == "integer"
    refused = ask("schema", "weather")
    assert refused.exit_code == Exit.ERROR
    assert refused.stderr.startswith("rapport: there is no schema weather; there are: settings, rules, identity, ")


def test_what_init_writes_follows_the_schemas_it_names(ask: Ask) -> None:
    done = ask("-c", "new/rapport.yaml", "init")
    assert done.stdout.splitlines()[1].startswith("Beside it: rules.yaml, rapport.schema.json, rules.schema.json")
    for name in ("rapport", "rules"):
        text = Path(f"new/{name}.yaml").read_text(encoding="utf-8")
        assert text.splitlines()[0] == f"# yaml-language-server: $schema={name}.schema.json"
        checker = jsonschema.Draft202012Validator(json.loads(Path(f"new/{name}.schema.json").read_bytes()))
        assert [error.message for error in checker.iter_errors(yaml.safe_load(text) or {})] == []


def test_init_never_replaces_a_rule_file(ask: Ask) -> None:
    Path("rules.yaml").write_text(OWN, encoding="utf-8")
    done = ask("init", "--force")
    assert done.exit_code == Exit.DONE
    assert "rules.yaml" not in done.stdout.splitlines()[1].split(",")[0]
    assert Path("rules.yaml").read_text(encoding="utf-8") == OWN


def test_the_starters_examples_are_rules_that_can_be_used(ask: Ask) -> None:
    ask("-c", "new/rapport.yaml", "init")
    text = Path("new/rules.yaml").read_text(encoding="utf-8").partition("For example:\n")[2]
    Path("own.yaml").write_text(text.replace("# ", ""), encoding="utf-8")
    assert "coverage.needs.department.Enterprise.buyers: 2 -> 3" in ask("rules", "diff").stdout


def test_the_schema_of_settings_takes_a_duration_in_words_and_refuses_a_misspelling() -> None:
    checker = jsonschema.Draft202012Validator(editor_schemas()["settings"])
    settings = yaml.safe_load(WITH_RULES)
    settings["organisations"]["acme"]["schedule"] = {"every": "6h"}
    assert list(checker.iter_errors(settings)) == []
    settings["organisations"]["acme"]["shedule"] = {"every": "6h"}
    assert len(list(checker.iter_errors(settings))) == 1
