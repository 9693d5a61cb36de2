"""Laws of SOQL's parser and evaluator over generated statements, in process and without HTTP.

A condition is drawn as a tree together with its text; the org is the library of the other SOQL tests.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.emulator.clock import Clock
from connectors.emulator.salesforce import ids, moments, seeding
from connectors.emulator.salesforce.errors import SalesforceError
from connectors.emulator.salesforce.org import Org
from connectors.emulator.salesforce.reading import View
from connectors.emulator.salesforce.soql import spans
from connectors.emulator.salesforce.soql.conditions import _like_pattern
from connectors.emulator.salesforce.soql.lexer import tokens
from connectors.emulator.salesforce.soql.parser import parse
from connectors.emulator.salesforce.soql.run import run
from connectors.emulator.salesforce.soql.tree import Among, Compare, Condition, Every, Literal, Not, Path, Picks, Some
from tests.emulator.library import LIBRARY
from tests.emulator.org import NOW
from tests.emulator.soql_text import condition, quoted

LAW = settings(max_examples=60, deadline=None, derandomize=True)
ONLY_WORDS = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Said:
    """A condition and the text that says it."""

    tree: Condition
    text: str


@cache
def view() -> View:
    """The library, in this process, as query sees it."""
    clock = Clock(datetime.fromisoformat(NOW))
    clock.freeze()
    org = Org(clock)
    seeding.load(org, LIBRARY["salesforce"])
    return View(org, org.access(org.user_id))


def found(rest: str, source: str = "Contact") -> list[str]:
    """The ids a statement ends up with."""
    return [row["Id"] for row in run(parse(f"SELECT Id FROM {source} {rest}"), view(), lambda *_: "").rows]


def ids_where(text: str) -> frozenset[str]:
    """The ids of the contacts that meet a condition."""
    return frozenset(found(f"WHERE {text}"))


EVERYBODY = ids_where("Id != null")


def literal(value: object) -> tuple[Literal, str]:
    """A constant and its text."""
    match value:
        case None:
            return Literal("null", None, "null", 0), "null"
        case bool():
            return Literal("boolean", value, str(value).lower(), 0), str(value).lower()
        case int() | float():
            return Literal("number", float(value), f"{value}", 0), f"{value}"
        case datetime():
            text = f"{value:%Y-%m-%dT%H:%M:%SZ}"
            return Literal("datetime", moments.wire(value), text, 0), text
        case date():
            return Literal("date", value.isoformat(), value.isoformat(), 0), value.isoformat()
        case _:
            text = quoted(str(value))
            return Literal("string", str(value), text[1:-1], 0), text


STRINGS = st.sampled_from(["Ash", "ASH", "cfo", "CTO", "", "Elm_x", "Fir", "zzz"])
NUMBERS = st.sampled_from([0, -2.25, 9.5, 100, 7])
DAYS = st.sampled_from([date(1980, 2, 29), date(1990, 12, 31), date(2000, 1, 1)])
MOMENTS = st.sampled_from([datetime(2026, 3, 2, 8, tzinfo=UTC), datetime(2025, 10, 15, tzinfo=UTC)])
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "LastName": STRINGS,
    "Title": STRINGS,
    "Account.Name": STRINGS,
    "ReportsTo.LastName": STRINGS,
    "Score__c": NUMBERS,
    "Birthdate": DAYS,
    "CreatedDate": MOMENTS,
    "DoNotCall": st.booleans(),
}
NAMES = st.sampled_from(sorted(VALUES))


@st.composite
def comparisons(draw: st.DrawFn) -> Said:
    """A field, an operator and a constant."""
    name = draw(NAMES)
    signs = ["=", "!="] if name == "DoNotCall" else ["=", "!=", "<", "<=", ">", ">="]
    sign = draw(st.sampled_from(signs))
    value, text = literal(draw(VALUES[name] | st.none()))
    return Said(Compare(Path(tuple(name.split(".")), 0), sign, value), f"{name} {sign} {text}")


@st.composite
def choices(draw: st.DrawFn) -> Said:
    """A field [NOT] IN (constants)."""
    name, negated = draw(NAMES), draw(st.booleans())
    pairs = [literal(each) for each in draw(st.lists(VALUES[name] | st.none(), min_size=1, max_size=3))]
    word = "NOT IN" if negated else "IN"
    path = Path(tuple(name.split(".")), 0)
    text = f"{name} {word} ({', '.join(said for _, said in pairs)})"
    return Said(Among(path, negated, tuple(value for value, _ in pairs)), text)


@st.composite
def picks(draw: st.DrawFn) -> Said:
    """Tags__c INCLUDES or EXCLUDES (sets)."""
    sets = draw(st.lists(st.sampled_from(["Blue", "Green;Red", "blue;red", "Grey"]), min_size=1, max_size=2))
    pairs, negated = [literal(each) for each in sets], draw(st.booleans())
    word = "EXCLUDES" if negated else "INCLUDES"
    text = f"Tags__c {word} ({','.join(said for _, said in pairs)})"
    return Said(Picks(Path(("Tags__c",), 0), negated, tuple(value for value, _ in pairs)), text)


def joined(kind: Callable[[tuple[Condition, ...]], Condition], word: str, parts: list[Said]) -> Said:
    """Conditions under AND or OR, each in parentheses."""
    return Said(kind(tuple(each.tree for each in parts)), f" {word} ".join(f"({each.text})" for each in parts))


ATOMS = st.one_of(comparisons(), choices(), picks())
CONDITIONS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        inner.map(lambda each: Said(Not(each.tree), f"NOT ({each.text})")),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: joined(Every, "AND", parts)),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: joined(Some, "OR", parts)),
    ),
    max_leaves=6,
)


def bare(tree: Any) -> Any:
    """A tree without its places and without the raw text of constants."""
    if isinstance(tree, tuple):
        return tuple(bare(each) for each in tree)
    if not is_dataclass(tree):
        return tree
    kept = [each.name for each in fields(tree) if each.name not in ("at", "raw", "text")]
    return (type(tree).__name__, *(bare(getattr(tree, name)) for name in kept))


@LAW
@given(CONDITIONS)
def test_a_condition_that_was_written_down_is_read_back(said: Said) -> None:
    assert bare(parse(f"SELECT Id FROM Contact WHERE {said.text}").where) == bare(said.tree)


@LAW
@given(CONDITIONS, st.sampled_from([" ", "\n", "\t  ", "\r\n"]))
def test_space_and_the_case_of_keywords_change_nothing(said: Said, space: str) -> None:
    statement = f"SELECT Id FROM Contact WHERE {said.text} ORDER BY Id"
    pieces = [each.text.lower() if each.kind == "name" else each.text for each in tokens(statement)][:-1]
    spaced = space.join(pieces)
    assert [row["Id"] for row in run(parse(spaced), view(), lambda *_: "").rows] == found(
        f"WHERE {said.text} ORDER BY Id"
    )


@LAW
@given(CONDITIONS)
def test_a_condition_and_its_opposite_share_everybody_out(said: Said) -> None:
    met, unmet = ids_where(said.text), ids_where(f"NOT ({said.text})")
    assert met | unmet == EVERYBODY
    assert not met & unmet


@LAW
@given(CONDITIONS)
def test_not_not_is_nothing(said: Said) -> None:
    assert ids_where(f"NOT (NOT ({said.text}))") == ids_where(said.text)


@LAW
@given(CONDITIONS, CONDITIONS)
def test_and_or_and_not_obey_de_morgan_with_nulls_too(left: Said, right: Said) -> None:
    both, either = f"({left.text}) AND ({right.text})", f"({left.text}) OR ({right.text})"
    assert ids_where(f"NOT ({both})") == ids_where(f"(NOT ({left.text})) OR (NOT ({right.text}))")
    assert ids_where(f"NOT ({either})") == ids_where(f"(NOT ({left.text})) AND (NOT ({right.text}))")


@LAW
@given(CONDITIONS, CONDITIONS)
def test_and_is_the_intersection_and_or_the_union(left: Said, right: Said) -> None:
    one, two = ids_where(left.text), ids_where(right.text)
    assert ids_where(f"({left.text}) AND ({right.text})") == one & two
    assert ids_where(f"({left.text}) OR ({right.text})") == one | two


@LAW
@given(choices())
def test_in_is_the_or_of_its_equalities(said: Said) -> None:
    tree = parse(f"SELECT Id FROM Contact WHERE {said.text}").where
    assert isinstance(tree, Among)
    assert isinstance(tree.choices, tuple)
    name, inside = said.text.split(" ")[0], said.text[said.text.index("(") :]
    raw = [f"'{each.raw}'" if each.kind == "string" else each.raw for each in tree.choices if isinstance(each, Literal)]
    equal = frozenset[str]().union(*(ids_where(f"{name} = {each}") for each in raw))
    assert ids_where(f"{name} IN {inside}") == equal
    assert ids_where(f"{name} NOT IN {inside}") == EVERYBODY - equal


@LAW
@given(comparisons())
def test_no_order_holds_for_null_and_equality_is_the_opposite_of_inequality(said: Said) -> None:
    assert isinstance(said.tree, Compare)
    name, sign, value = said.text.split(" ", 2)
    if sign in ("=", "!="):
        assert ids_where(f"{name} = {value}") == EVERYBODY - ids_where(f"{name} != {value}")
    else:
        assert not ids_where(said.text) & ids_where(f"{name} = null")


ORDERS = st.sampled_from(["Id", "LastName, Id", "Score__c DESC NULLS LAST, Id", "Account.Name, Id DESC"])


@LAW
@given(CONDITIONS, ORDERS, st.integers(0, 8), st.integers(0, 8))
def test_limit_and_offset_cut_a_slice(said: Said, order: str, limit: int, offset: int) -> None:
    rest = f"WHERE {said.text} ORDER BY {order}"
    assert found(f"{rest} LIMIT {limit} OFFSET {offset}") == found(rest)[offset : offset + limit]


@LAW
@given(st.sampled_from(["Score__c", "Title", "Birthdate", "Account.Name", "DoNotCall"]), st.booleans(), st.booleans())
def test_order_by_sorts_what_is_there_and_puts_nulls_together(field: str, descending: bool, last: bool) -> None:
    direction, nulls = "DESC" if descending else "ASC", "LAST" if last else "FIRST"
    listed = found(f"ORDER BY {field} {direction} NULLS {nulls}, Id")
    empty = [each for each in found("ORDER BY Id") if each in ids_where(f"{field} = null")]
    empty = [] if field == "DoNotCall" else empty
    filled = [each for each in listed if each not in empty]
    assert listed == (filled + empty if last else empty + filled)
    back = found(f"ORDER BY {field} {'ASC' if descending else 'DESC'} NULLS {nulls}, Id DESC")
    assert [each for each in back if each in filled] == filled[::-1]


@LAW
@given(CONDITIONS)
def test_a_count_counts_what_a_query_finds(said: Said) -> None:
    counted = run(parse(f"SELECT COUNT() FROM Contact WHERE {said.text}"), view(), lambda *_: "").total
    grouped = run(parse(f"SELECT COUNT(Id) n FROM Contact WHERE {said.text}"), view(), lambda *_: "")
    assert counted == grouped.render(grouped.rows[0])["n"] == len(ids_where(said.text))


@LAW
@given(st.text(alphabet="ab%_\\'\n", max_size=8))
def test_a_string_comes_back_from_its_constant(text: str) -> None:
    tree = parse(f"SELECT Id FROM X WHERE a = {quoted(text)}").where
    assert isinstance(tree, Compare)
    assert isinstance(tree.value, Literal)
    assert tree.value.value == text


def likes(pattern: str, text: str) -> bool:
    """LIKE by its definition, slowly."""
    if not pattern:
        return not text
    if pattern[0] == "%":
        return any(likes(pattern[1:], text[start:]) for start in range(len(text) + 1))
    step = 2 if pattern[0] == "\\" else 1
    matches = text[:1] != "" and (pattern[0] == "_" or pattern[step - 1] == text[0])
    return matches and likes(pattern[step:], text[1:])


@settings(LAW, max_examples=200)
@given(st.text(alphabet="ab%_", max_size=7), st.text(alphabet="ab_%", max_size=7), st.booleans())
def test_like_matches_by_its_definition(pattern: str, text: str, escaped: bool) -> None:
    pattern = pattern.replace("_", "\\_") if escaped else pattern
    assert (_like_pattern(pattern).fullmatch(text) is not None) == likes(pattern, text)


def refusal_of(statement: str) -> SalesforceError | None:
    """What the parser says against a statement."""
    try:
        parse(statement)
    except SalesforceError as refusal:
        return refusal
    return None


@settings(LAW, max_examples=300)
@given(st.text(alphabet=" SELECTFROMWHEREidnot()'=,.:%_<>!0129-TZ\n\\", max_size=60))
def test_no_text_breaks_the_parser(text: str) -> None:
    for statement in (text, f"SELECT Id FROM Contact WHERE {text}"):
        refusal = refusal_of(statement)
        if refusal is not None:
            assert refusal.code in {"MALFORMED_QUERY", "QUERY_TOO_COMPLICATED", "INVALID_FIELD"}
            assert "ERROR at Row:" in refusal.message or not statement.strip()


UNITS = ["DAY", "WEEK", "MONTH", "QUARTER", "YEAR"]


@LAW
@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)), st.sampled_from(UNITS), st.integers(1, 40))
def test_periods_touch_and_never_overlap(today: date, unit: str, count: int) -> None:
    last, ago = spans.resolve(f"LAST_N_{unit}S", count, today), spans.resolve(f"N_{unit}S_AGO", count, today)
    ahead = spans.resolve(f"NEXT_N_{unit}S", count, today)
    present = spans.resolve("TODAY" if unit == "DAY" else f"THIS_{unit}", 0, today)
    assert present[0] <= today < present[1]
    assert ago[0] == last[0] < last[1]
    assert last[1] == (present[1] if unit == "DAY" else present[0])
    assert ahead[0] == present[1]
    assert ago[1] - ago[0] <= timedelta(days=366)


@LAW
@given(st.text(alphabet=ONLY_WORDS + ONLY_WORDS.upper(), min_size=15, max_size=15))
def test_an_id_survives_its_long_form_in_any_case(short: str) -> None:
    long = ids.to18(short)
    assert long[:15] == short
    assert {ids.canonical(each) for each in (short, long, long.lower(), long.upper())} == {long}


@LAW
@given(st.integers(-8_520_249_600, 64_060_588_800), st.integers(-14 * 60, 14 * 60))
def test_a_moment_is_the_same_in_every_zone(seconds: int, minutes: int) -> None:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    sign, offset = "-" if minutes < 0 else "+", abs(minutes)
    local = (moment + timedelta(minutes=minutes)).replace(tzinfo=None)
    text = f"{local.isoformat()}{sign}{offset // 60:02}:{offset % 60:02}"
    parsed = moments.parse_datetime(text)
    assert parsed == moment
    assert moments.parse_datetime(moments.wire(moment)) == moment


@pytest.mark.parametrize(
    "text",
    ["2024-W01-1", "20240101", "2024-1-1", "2024-01-01 ", "1699-12-31", "4001-01-01", "2023-02-29", "\u0662024-01-01"],
)
def test_only_one_form_is_a_date(text: str) -> None:
    assert moments.parse_date(text) is None
    assert moments.parse_datetime(f"{text}T00:00:00Z") is None


# An oracle for conditions: what a person's record says, asked one after the other, as the contract words it.
PEOPLE = [each for each in LIBRARY["salesforce"]["records"]["Contact"] if each["LastName"] != "Gum"]
ACCOUNTS = {each["Id"]: each for each in LIBRARY["salesforce"]["records"]["Account"]}


def told(person: dict[str, Any], name: str) -> Any:
    """What a field of a person holds; text in small letters, moments as moments."""
    *through, last = name.split(".")
    for hop in through:
        table = ACCOUNTS if hop == "Account" else {each["Id"]: each for each in PEOPLE}
        person = table.get(person.get(f"{hop}Id"), {})
    value = person.get(last, False if last == "DoNotCall" else None)
    if last == "CreatedDate" and value:
        return moments.parse_datetime(value)
    return value.lower() if isinstance(value, str) else value


def meant(constant: Literal) -> Any:
    """What a constant of a condition means; the empty string is null."""
    if constant.kind == "datetime":
        return moments.parse_datetime(str(constant.value))
    return (constant.value.lower() or None) if isinstance(constant.value, str) else constant.value


def holds(tree: Condition, person: dict[str, Any]) -> bool:
    """Whether a person meets a condition."""
    match tree:
        case Every(parts):
            return all(holds(part, person) for part in parts)
        case Some(parts):
            return any(holds(part, person) for part in parts)
        case Not(part):
            return not holds(part, person)
        case Picks(Path(parts=name), negated, choices):
            chosen = set((told(person, ".".join(name)) or "").split(";"))
            return any(set(str(each.value).lower().split(";")) <= chosen for each in choices) != negated
        case Among(Path(parts=name), negated, tuple() as choices):
            return (told(person, ".".join(name)) in [equal(name, each) for each in choices]) != negated
        case Compare(Path(parts=name), sign, Literal() as constant):
            return compared(told(person, ".".join(name)), sign, equal(name, constant))
        case _:
            raise AssertionError(tree)


def equal(name: tuple[str, ...], constant: object) -> Any:
    """What a field is compared with; a checkbox is never null."""
    assert isinstance(constant, Literal)
    value = meant(constant)
    return False if value is None and name[-1] == "DoNotCall" else value


def compared(left: Any, sign: str, right: Any) -> bool:
    """SOQL's comparison; null equals null and has no order."""
    if sign in ("=", "!="):
        return bool(left == right) is (sign == "=")
    if left is None or right is None:
        return False
    return bool({"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[sign])


@settings(LAW, max_examples=200)
@given(CONDITIONS)
def test_a_filter_agrees_with_the_oracle(said: Said) -> None:
    expected = {ids.to18(each["Id"]) for each in PEOPLE if holds(said.tree, each)}
    assert ids_where(said.text) == expected


@LAW
@given(CONDITIONS)
def test_a_condition_printed_from_its_tree_is_read_back(said: Said) -> None:
    assert bare(parse(f"SELECT Id FROM Contact WHERE {condition(said.tree)}").where) == bare(said.tree)
