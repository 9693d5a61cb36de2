"""The rules in force: every figure with where it stands, and what differs between two rule sets, in plain words."""

from pathlib import Path

import jsonschema
import pytest
import yaml

from mapping import spec
from mapping.rulebook import MISSING, Difference, Figure, differences, flat, in_force, schema_of, shown
from mapping.rulefile import SpecError, place, read
from mapping.spec import Rules, load_rules, schema

SHIPPED = Path(spec.__file__).parent / "rules"


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """Write an organisation's rule file that changes a figure, a list and a cell."""
    path = tmp_path / "rules.yaml"
    path.write_text(
        "depth:\n"
        "  half_life_days: 45\n"
        "identity:\n"
        "  gone_markers: [weg]\n"
        "coverage:\n"
        "  needs:\n"
        "    workgroup:\n"
        "      SMB: {buyers: 2}\n",
        encoding="utf-8",
    )
    return path


def named(figures: tuple[Figure, ...], name: str) -> Figure:
    (found,) = [figure for figure in figures if figure.name == name]
    return found


def test_without_a_file_of_ones_own_every_figure_is_our_default_and_names_its_line() -> None:
    figures = in_force()
    assert len(figures) > 300
    assert all(figure.ours and figure.source == "our default" for figure in figures)
    half_life = named(figures, "depth.half_life_days")
    assert (half_life.value, half_life.file) == (60, "rules/depth.yaml")
    line = (SHIPPED / "depth.yaml").read_text(encoding="utf-8").splitlines()[half_life.line - 1]
    assert line.startswith("half_life_days: 60")


def test_a_figure_of_ones_own_names_file_and_line_and_keeps_our_default(own: Path) -> None:
    figures = in_force(own)
    theirs = {figure.name: (figure.value, figure.default, figure.line) for figure in figures if not figure.ours}
    assert set(theirs) == {"depth.half_life_days", "identity.gone_markers", "coverage.needs.workgroup.SMB.buyers"}
    assert theirs["depth.half_life_days"] == (45, 60, 2)
    assert theirs["coverage.needs.workgroup.SMB.buyers"] == (2, 1, 8)
    assert named(figures, "depth.half_life_days").source == f"{own}:2"


def test_what_stands_beside_a_figure_of_ones_own_stays_our_default(own: Path) -> None:
    figures = in_force(own)
    assert named(figures, "coverage.needs.workgroup.SMB.champions").ours
    assert named(figures, "coverage.needs.workgroup.SMB.outside").ours  # written nowhere: the model's own default


def test_names_that_hold_a_full_stop_are_found_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text("departments:\n  spellings:\n    R. and D: [lab]\n", encoding="utf-8")
    found = named(in_force(path), "departments.spellings.R. and D")
    assert (found.value, found.default, found.line) == (["lab"], MISSING, 3)


def test_rules_that_cannot_be_used_are_refused_with_their_line(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text("depth:\n  half_life_days: 0\n", encoding="utf-8")
    with pytest.raises(SpecError, match=r"rules\.yaml:2: "):
        in_force(path)


def test_the_place_of_what_nobody_wrote_is_unknown() -> None:
    tree = read("a:\n  b: [1, 2]\n", "x.yaml")
    assert place(tree, ["a", "b"]) == ("x.yaml", 2)
    assert place(tree, ["a", "c"]) is None


@pytest.mark.parametrize(
    ("difference", "words"),
    [
        (Difference("depth.half_life_days", 60, 45), "depth.half_life_days: 60 -> 45"),
        (Difference("coverage.turnover", 0.25, 0.3), "coverage.turnover: 0.25 -> 0.3"),
        (Difference("evidence.high", 60.0, 61.0), "evidence.high: 60 -> 61"),
        (Difference(name="x", before=True, after=None), "x: true -> null"),
        (Difference("w", ["a", "b"], ["b", "c"]), "w: [c] added, [a] taken out"),
        (Difference("w", ["a", "b"], ["b", "a"]), "w: the same entries in another order"),
        (Difference("w", [{"low": 1}], []), 'w: [{"low":1}] taken out'),
        (Difference("n", MISSING, 3), "n: 3 is new"),
        (Difference("n", "vp", MISSING), "n: vp is gone"),
    ],
)
def test_a_difference_reads_as_plain_words(difference: Difference, words: str) -> None:
    assert difference.words == words


def test_equal_rule_sets_do_not_differ_and_others_only_where_they_do(own: Path) -> None:
    ours, theirs = flat(load_rules()), flat(load_rules(own))
    assert differences(ours, ours) == ()
    assert [found.name for found in differences(ours, theirs)] == [
        "coverage.needs.workgroup.SMB.buyers",
        "depth.half_life_days",
        "identity.gone_markers",
    ]
    assert [(found.after, found.before) for found in differences(theirs, ours)] == [
        (found.before, found.after) for found in differences(ours, theirs)
    ]


def test_a_long_list_is_shown_by_its_first_entries() -> None:
    assert shown(["a", "b", "c", "d"]) == "[a, b, c, d]"
    assert shown(["a", "b", "c", "d", "e", "f"]) == "[a, b, c, d, and 2 more]"


@pytest.mark.parametrize("section", list(Rules.model_fields))
def test_every_shipped_rule_file_follows_its_schema(section: str) -> None:
    rules = yaml.safe_load((SHIPPED / f"{section}.yaml").read_text(encoding="utf-8"))
    checker = jsonschema.Draft202012Validator(schema_of(section))
    assert [error.message for error in checker.iter_errors(rules)] == []
    assert list(checker.iter_errors({**rules, "unheard_of": 1}))


def test_the_schema_of_ones_own_file_takes_a_part_and_refuses_a_misspelling(own: Path) -> None:
    checker = jsonschema.Draft202012Validator(schema())
    assert list(checker.iter_errors(yaml.safe_load(own.read_text(encoding="utf-8")))) == []
    assert [error.message for error in checker.iter_errors({"depth": {"half_life": 1}})]
    assert [error.message for error in checker.iter_errors({"depth": {"half_life_days": "long"}})]


def test_only_a_rule_file_has_a_schema_of_its_own() -> None:
    with pytest.raises(KeyError):
        schema_of("digest")
