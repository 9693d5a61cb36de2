"""Rules: every problem with its file and line, all at once; overrides; the digest; the figures of the domain."""

from pathlib import Path
from typing import Any

import pytest

from mapping.rulefile import Reason, SpecError, merge, read, validate
from mapping.spec import Frozen, Product, Profile, Rules, figures, listing, load_rules, schema


def override(folder: Path, text: str) -> Path:
    """Write an organisation's rule file."""
    path = folder / "acme.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def problems(folder: Path, text: str) -> list[tuple[int, str]]:
    """Load an override that is wrong; give line and message of each reason, after checking that each names the file."""
    path = override(folder, text)
    with pytest.raises(SpecError) as caught:
        load_rules(path)
    assert {reason.file for reason in caught.value.reasons} == {str(path)}
    return [(reason.line, reason.message) for reason in caught.value.reasons]


# --- the shipped rules ----------------------------------------------------------------------------------------------


def test_the_shipped_figures_are_those_of_the_domain(rules: Rules) -> None:
    assert (rules.depth.half_life_days, rules.depth.answer_days, rules.depth.daily_cap) == (60, 14, 3)
    assert (rules.depth.one_way_cap, rules.depth.confirmed_days) == (15, 180)
    assert (rules.evidence.high, rules.evidence.positive, rules.evidence.negative) == (60, 30, -30)
    assert (rules.evidence.endorses, rules.evidence.frequent_days) == (60, 8)
    assert (rules.gaps.tasks_per_day, rules.gaps.tasks_per_week, rules.gaps.chronic_days) == (2, 5, 90)
    assert (rules.equity.lifetime_years, rules.equity.lifetime_value_high_from) == (5, 250_000)
    assert (rules.coverage.turnover, rules.segments.high_share, rules.segments.low_share) == (0.25, 0.5, 0.8)


def test_only_numbers_that_drift_have_a_band(rules: Rules) -> None:
    assert rules.damping.bands() == {
        ("contact", "tie_strength"): 15,
        ("account", "coverage_score"): 10,
        ("account", "equity"): 10,
    }


def test_a_band_can_be_set_and_never_on_a_fact(tmp_path: Path) -> None:
    exact = load_rules(override(tmp_path, "damping:\n  contact:\n    tie_strength: 0\n"))
    assert exact.damping.bands()["contact", "tie_strength"] == 0
    assert [line for line, _ in problems(tmp_path, "damping:\n  contact:\n    depth: 1\n")] == [3]
    assert [line for line, _ in problems(tmp_path, "damping:\n  account:\n    equity: 101\n")] == [3]


@pytest.mark.parametrize(
    ("breadth", "segment", "numbers"),
    [
        ("workgroup", "SMB", (1, 1, 2, 0, False, 0)),
        ("workgroup", "Mid-Market", (1, 2, 3, 1, False, 0)),
        ("workgroup", "Enterprise", (2, 4, 4, 2, True, 0)),
        ("department", "SMB", (1, 1, 4, 0, False, 0)),
        ("department", "Mid-Market", (1, 2, 6, 0, False, 0)),
        ("department", "Enterprise", (2, 4, 8, 1, False, 0)),
        ("company-wide", "SMB", (1, 1, 8, 0, False, 0)),
        ("company-wide", "Mid-Market", (2, 3, 10, 0, False, 2)),
        ("company-wide", "Enterprise", (2, 5, 12, 0, False, 3)),
    ],
)
def test_the_nine_cells_hold_the_numbers_of_the_domain(
    rules: Rules, breadth: Any, segment: Any, numbers: tuple[int, int, int, int, bool, int]
) -> None:
    need = rules.coverage.needs[breadth][segment]
    assert tuple(need.model_dump().values()) == numbers


def test_rules_cannot_be_changed_in_place(rules: Rules) -> None:
    with pytest.raises(ValueError, match="frozen"):
        rules.evidence.high = 10


# --- an organisation's own file -------------------------------------------------------------------------------------


def test_an_override_changes_only_what_it_names(tmp_path: Path, rules: Rules) -> None:
    changed = load_rules(override(tmp_path, "evidence:\n  titles:\n    director:\n      buying_authority: 65\n"))
    assert changed.evidence.titles["director"].buying_authority == 65
    assert changed.evidence.titles["director"].influence == 60
    assert changed.evidence.titles["vp"] == rules.evidence.titles["vp"]
    assert changed.depth == rules.depth


def test_lists_of_an_override_replace_the_shipped_ones(tmp_path: Path) -> None:
    assert load_rules(override(tmp_path, "identity: {gone_markers: [weg]}")).identity.gone_markers == ("weg",)


def test_an_empty_override_changes_nothing(tmp_path: Path, rules: Rules) -> None:
    assert load_rules(override(tmp_path, "# nothing yet\n")).digest == rules.digest


def test_every_problem_is_reported_at_once_with_its_line(tmp_path: Path) -> None:
    text = "\n".join(
        [
            "evidence:",
            "  weights:",
            "    title: 1.5",
            "  high: tall",
            "  hihg: 60",
            "depth:",
            "  half_life_days: 0",
            "coverage:",
            "  needs:",
            "    workgroup:",
            "      Gigantic: {buyers: 1, champions: 1, power_users: 1}",
            "moods: []",
        ]
    )
    found = problems(tmp_path, text)
    assert [line for line, _ in found] == [3, 4, 5, 7, 11, 12]
    assert found[0][1] == "evidence.weights.title: Input should be less than or equal to 1"
    assert found[2][1] == "evidence.hihg: Extra inputs are not permitted"


def test_a_value_inside_a_list_is_found_too(tmp_path: Path) -> None:
    bands = "- {kind: nps, low: 0, high: 6, points: -60}\n    - {kind: mood, low: 0, high: 6, points: -60}\n"
    assert [line for line, _ in problems(tmp_path, f"evidence:\n  surveys:\n    {bands}")] == [4]


def test_a_missing_value_is_reported_where_it_should_stand(tmp_path: Path) -> None:
    text = "evidence:\n  surveys:\n    - kind: nps\n      low: 0\n      high: 6\n"
    assert problems(tmp_path, text) == [(3, "evidence.surveys.0.points: Field required")]


def test_a_key_that_stands_twice_is_a_problem(tmp_path: Path) -> None:
    text = "depth:\n  answer_days: 14\n  answer_days: 7\nevidence:\n  high: 60\ndepth:\n  daily_cap: 3\n"
    assert problems(tmp_path, text) == [(3, "answer_days: named twice"), (6, "depth: named twice")]


@pytest.mark.parametrize(
    ("text", "line"),
    [("depth: [1, 2", 1), ("depth:\n\tanswer_days: 1", 2), ("a: b: c", 1), ("depth: &x 1\ntitles: *y", 2)],
)
def test_text_that_is_no_yaml_names_its_line(tmp_path: Path, text: str, line: int) -> None:
    found = problems(tmp_path, text)
    assert [place for place, _ in found] == [line]
    assert found[0][1].startswith("not YAML: ")


def test_a_name_that_is_no_text_is_a_problem(tmp_path: Path) -> None:
    assert problems(tmp_path, "depth:\n  ? [a, b]\n  : 1\n") == [(2, "a name must be plain text")]


def test_an_alias_that_leads_back_to_itself_is_no_endless_loop(tmp_path: Path) -> None:
    assert {line for line, _ in problems(tmp_path, "depth: &all\n  answer_days: *all\n")} == {2}


@pytest.mark.parametrize("text", ["- depth", "depth", "42"])
def test_a_file_that_is_no_mapping_says_so(tmp_path: Path, text: str) -> None:
    assert problems(tmp_path, text) == [(1, "expected a mapping of names to values")]


def test_a_file_that_cannot_be_read_is_a_reason_like_the_others(tmp_path: Path) -> None:
    with pytest.raises(SpecError) as caught:
        load_rules(tmp_path / "nowhere.yaml")
    assert str(caught.value).startswith(f"{tmp_path / 'nowhere.yaml'}:1: cannot be read: ")


def test_a_yaml_tag_never_makes_an_object(tmp_path: Path) -> None:
    found = problems(tmp_path, "depth:\n  answer_days: !!python/name:os.system ''\n")
    assert found == [(2, "tag tag:yaml.org,2002:python/name:os.system is not allowed")]


def test_a_group_of_crm_roles_needs_points(tmp_path: Path) -> None:
    found = problems(tmp_path, "roles:\n  spellings:\n    sponsor: [patron]\n")
    assert found == [(1, "roles: Value error, groups need spellings and points: sponsor")]


def test_a_spelling_of_value_received_means_one_thing(tmp_path: Path) -> None:
    found = problems(tmp_path, "equity:\n  values_received:\n    full: [some, full, Full, done]\n")
    assert found == [(1, "equity: Value error, a spelling means one thing: some")]


def test_the_years_of_a_lifetime_are_more_than_none(tmp_path: Path) -> None:
    assert [line for line, _ in problems(tmp_path, "equity:\n  lifetime_years: 0\n")] == [2]


def test_points_are_given_to_axes_that_exist(tmp_path: Path) -> None:
    assert [line for line, _ in problems(tmp_path, "roles:\n  points:\n    buyer:\n      charm: 10\n")] == [4]


def test_reasons_are_listed_in_file_order_and_once() -> None:
    error = SpecError(
        [Reason("b.yaml", 1, "x"), Reason("a.yaml", 9, "x"), Reason("a.yaml", 2, "y"), Reason("b.yaml", 1, "x")]
    )
    assert str(error) == "a.yaml:2: y\na.yaml:9: x\nb.yaml:1: x"


# --- digest and schema ----------------------------------------------------------------------------------------------


def test_equal_rules_have_an_equal_digest_whatever_they_came_from(tmp_path: Path, rules: Rules) -> None:
    assert load_rules(override(tmp_path, "evidence: {high: 60.0}")).digest == load_rules().digest == rules.digest
    assert len(rules.digest) == 64


@pytest.mark.parametrize("text", ["evidence: {high: 61}", "titles: {retired: []}", "coverage: {both_count_in: []}"])
def test_a_changed_rule_changes_the_digest(tmp_path: Path, rules: Rules, text: str) -> None:
    assert load_rules(override(tmp_path, text)).digest != rules.digest


def test_the_schema_names_every_section_and_requires_only_whole_entries_of_lists() -> None:
    exported: dict[str, Any] = schema()
    assert set(exported["properties"]) == set(Rules.model_fields)
    assert exported["additionalProperties"] is False
    assert "required" not in exported
    assert {name for name, part in exported["$defs"].items() if "required" in part} == {"SurveyBand"}


# --- tables for the SQL ---------------------------------------------------------------------------------------------


def test_single_figures_become_one_row_and_lists_stay_out(rules: Rules) -> None:
    table, rows = figures("rule_x", rules.evidence)
    row = dict(zip(table.column_names(), rows[0], strict=True))
    assert row["high"] == 60
    assert row["process_authority_inside_only"] is True
    assert "surveys" not in row
    assert {column.name: column.type for column in table.columns}["frequent_days"] == "BIGINT"


def test_a_rule_table_is_declared_with_its_columns() -> None:
    table, rows = listing("rule_y", "word TEXT, points DOUBLE", [("a", 1.0)])
    assert [(column.name, column.type) for column in table.columns] == [("word", "TEXT"), ("points", "DOUBLE")]
    assert rows == [("a", 1.0)]


def test_a_profile_has_one_product_and_both_crms_unless_said() -> None:
    profile = Profile(organisation="acme")
    assert profile.sources == ("salesforce", "hubspot")
    assert profile.products == (Product(name="default"),)
    with pytest.raises(ValueError, match="Extra inputs"):
        Profile.model_validate({"organisation": "acme", "organization": "acme"})


def test_trees_of_settings_are_validated_in_the_same_way() -> None:
    class Settings(Frozen):
        """A stranger's model."""

        port: int
        hosts: tuple[str, ...] = ()

    tree = merge(read("port: 1\nhosts: [a]", "base.yaml"), read("port: none", "over.yaml"))
    with pytest.raises(SpecError, match=r"^over\.yaml:1: port: "):
        validate(Settings, tree)
    assert validate(Settings, merge(read("port: 1", "base.yaml"), read("hosts: [b]", "over.yaml"))).hosts == ("b",)
