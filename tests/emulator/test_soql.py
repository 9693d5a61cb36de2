"""SOQL's parser, date literals and ids as pure functions."""

from datetime import date

import pytest

from connectors.emulator.salesforce import ids
from connectors.emulator.salesforce.errors import SalesforceError
from connectors.emulator.salesforce.soql import spans
from connectors.emulator.salesforce.soql.parser import parse
from connectors.emulator.salesforce.soql.tree import (
    Among,
    Call,
    Compare,
    DateLiteral,
    Every,
    Item,
    Literal,
    Macro,
    Not,
    Order,
    Path,
    Picks,
    Query,
    Some,
    TypeOf,
)

TODAY = date(2026, 5, 20)  # a Wednesday


def where(text: str) -> object:
    """The tree of a condition."""
    return parse(f"SELECT Id FROM X WHERE {text}").where


def test_a_query_has_all_its_clauses() -> None:
    terms = "d DESC NULLS LAST, e ASC NULLS FIRST, f"
    text = f"SELECT Id, a.B.C FROM Contact a WHERE x = 1 ORDER BY {terms} LIMIT 10 OFFSET 20"
    query = parse(text)
    assert query.select == (Item(Path(("Id",), 7), ""), Item(Path(("a", "B", "C"), 11), ""))
    assert (query.source.parts, query.alias, query.limit, query.offset) == (("Contact",), "a", 10, 20)
    orders = [(each.descending, each.nulls_last) for each in query.order]
    assert orders == [(True, True), (False, False), (False, False)]
    assert query.order[0] == Order(Path(("d",), text.index(terms)), descending=True, nulls_last=True)


@pytest.mark.parametrize(
    "text", ["select id from x", "SELECT\n\tId\nFROM  X ", "SELECT Id FROM X USING SCOPE mine FOR VIEW"]
)
def test_keywords_have_no_case_and_space_has_no_size(text: str) -> None:
    query = parse(text)
    assert (query.source.parts[0].lower(), len(query.select)) == ("x", 1)


def test_conditions_nest_by_parentheses() -> None:
    tree = where("(a = 1 OR (NOT b = 2)) AND c IN ('x', 'y')")
    assert isinstance(tree, Every)
    either, among = tree.parts
    assert isinstance(either, Some)
    assert isinstance(either.parts[1], Not)
    assert isinstance(among, Among)
    assert isinstance(among.choices, tuple)
    assert [each.value for each in among.choices if isinstance(each, Literal)] == ["x", "y"]


@pytest.mark.parametrize("text", ["a = 1 AND b = 2 OR c = 3", "a = 1 OR b = 2 AND c = 3"])
def test_and_and_or_may_not_be_mixed(text: str) -> None:
    with pytest.raises(SalesforceError) as refused:
        where(text)
    assert refused.value.code == "MALFORMED_QUERY"


@pytest.mark.parametrize("sign", ["=", "!=", "<", "<=", ">", ">=", "LIKE"])
def test_every_comparison_is_kept(sign: str) -> None:
    tree = where(f"a {sign} 'x'")
    assert isinstance(tree, Compare)
    assert tree.operator == sign


def test_the_old_sign_for_unequal_is_understood() -> None:
    tree = where("a <> 'x'")
    assert isinstance(tree, Compare)
    assert tree.operator == "!="


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("'it\\'s \\\"x\\\" \\\\ \\n'", "string", 'it\'s "x" \\ \n'),
        ("-12.5", "number", -12.5),
        ("+3", "number", 3.0),
        ("TRUE", "boolean", True),
        ("null", "null", None),
        ("2024-02-29", "date", "2024-02-29"),
        ("2024-05-01T12:00:00Z", "datetime", "2024-05-01T12:00:00.000+0000"),
        ("2024-05-01T12:00:00.250+02:00", "datetime", "2024-05-01T10:00:00.250+0000"),
        ("2024-05-01T12:00:00-0800", "datetime", "2024-05-01T20:00:00.000+0000"),
    ],
)
def test_constants_have_their_kind_and_value(text: str, kind: str, value: object) -> None:
    tree = where(f"a = {text}")
    assert isinstance(tree, Compare)
    assert isinstance(tree.value, Literal)
    assert (tree.value.kind, tree.value.value) == (kind, value)


@pytest.mark.parametrize("text", ["2023-02-29", "2024-13-01T00:00:00Z"])
def test_a_day_that_never_was_is_refused(text: str) -> None:
    with pytest.raises(SalesforceError) as refused:
        where(f"a = {text}")
    assert refused.value.message.endswith(f"\nInvalid {'datetime' if 'T' in text else 'date'}: {text}")


def test_the_other_conditions_and_selections() -> None:
    picks = where("a EXCLUDES ('x;y', 'z')")
    assert isinstance(picks, Picks)
    assert (picks.negated, [each.value for each in picks.choices]) == (True, ["x;y", "z"])
    semi = where("Id NOT IN (SELECT ContactId FROM Y WHERE z = TODAY)")
    assert isinstance(semi, Among)
    assert isinstance(semi.choices, Query)
    query = parse(
        "SELECT COUNT(Id) n, FIELDS(CUSTOM), (SELECT Id FROM Cs), TYPEOF W WHEN A THEN B, C ELSE D END FROM X"
    )
    count, macro, children, choice = query.select
    assert count == Item(Call("COUNT", Path(("Id",), 13), 7), "n")
    assert isinstance(macro, Macro)
    assert isinstance(children, Query)
    assert isinstance(choice, TypeOf)
    assert [(name, [each.parts for each in paths]) for name, paths in choice.cases] == [("A", [("B",), ("C",)])]


@pytest.mark.parametrize(
    ("text", "place", "token"),
    [
        ("SELECT Id", "Row:1:Column:9", "<EOF>"),
        ("SELECT Id FROM X\nWHERE = 1", "Row:2:Column:6", "="),
        ("SELECT Id FROM X WHERE a = 'b' c", "Row:1:Column:31", "c"),
        ("SELECT Id FROM X LIMIT -1", "Row:1:Column:23", "-1"),
        ("SELECT Id FROM X WHERE a IN ( )", "Row:1:Column:23", "a IN ( )"),
        ("SELECT Id FROM X WHERE a ! 1", "Row:1:Column:25", "!"),
        ("DELETE FROM X", "Row:1:Column:0", "DELETE"),
    ],
)
def test_a_mistake_is_shown_at_its_place(text: str, place: str, token: str) -> None:
    with pytest.raises(SalesforceError) as refused:
        parse(text)
    assert refused.value.code == "MALFORMED_QUERY"
    assert refused.value.message.endswith(f"ERROR at {place}\nunexpected token: '{token}'")


def test_a_refusal_shows_few_words_of_a_long_line() -> None:
    text = f"SELECT {', '.join(f'Field_{number}__c' for number in range(20))}, ! FROM X"
    with pytest.raises(SalesforceError) as refused:
        parse(text)
    _, excerpt, caret, *_ = refused.value.message.split("\n")
    assert excerpt == "Field_17__c, Field_18__c, Field_19__c, ! FROM X"
    assert excerpt[len(caret)] == "!"


def test_bind_variables_too_long_strings_and_too_long_statements_are_refused() -> None:
    for text in ("a = :x", "a = b", f"a = '{'x' * 4001}'", f"a = '{'x' * 99_999}'"):
        with pytest.raises(SalesforceError) as refused:
            where(text)
        assert refused.value.code == "MALFORMED_QUERY"


@pytest.mark.parametrize(
    ("word", "count", "first", "after"),
    [
        ("TODAY", 0, date(2026, 5, 20), date(2026, 5, 21)),
        ("YESTERDAY", 0, date(2026, 5, 19), date(2026, 5, 20)),
        ("TOMORROW", 0, date(2026, 5, 21), date(2026, 5, 22)),
        ("THIS_WEEK", 0, date(2026, 5, 17), date(2026, 5, 24)),
        ("LAST_WEEK", 0, date(2026, 5, 10), date(2026, 5, 17)),
        ("NEXT_MONTH", 0, date(2026, 6, 1), date(2026, 7, 1)),
        ("LAST_90_DAYS", 0, date(2026, 2, 19), date(2026, 5, 21)),
        ("LAST_N_DAYS", 7, date(2026, 5, 13), date(2026, 5, 21)),
        ("NEXT_N_DAYS", 7, date(2026, 5, 21), date(2026, 5, 28)),
        ("N_DAYS_AGO", 7, date(2026, 5, 13), date(2026, 5, 14)),
        ("LAST_N_MONTHS", 6, date(2025, 11, 1), date(2026, 5, 1)),
        ("THIS_QUARTER", 0, date(2026, 4, 1), date(2026, 7, 1)),
        ("LAST_QUARTER", 0, date(2026, 1, 1), date(2026, 4, 1)),
        ("THIS_FISCAL_YEAR", 0, date(2026, 1, 1), date(2027, 1, 1)),
        ("NEXT_N_YEARS", 2, date(2027, 1, 1), date(2029, 1, 1)),
        ("N_QUARTERS_AGO", 2, date(2025, 10, 1), date(2026, 1, 1)),
        ("N_YEARS_AGO", 1, date(2025, 1, 1), date(2026, 1, 1)),
        ("LAST_N_FISCAL_QUARTERS", 2, date(2025, 10, 1), date(2026, 4, 1)),
        ("NEXT_N_FISCAL_YEARS", 1, date(2027, 1, 1), date(2028, 1, 1)),
        ("N_FISCAL_QUARTERS_AGO", 2, date(2025, 10, 1), date(2026, 1, 1)),
        ("NEXT_90_DAYS", 0, date(2026, 5, 21), date(2026, 8, 19)),
    ],
)
def test_date_literals_span_whole_days(word: str, count: int, first: date, after: date) -> None:
    assert spans.known(word)
    assert spans.resolve(word, count, TODAY) == (first, after)


def test_a_counted_literal_carries_its_number() -> None:
    tree = where("a > LAST_N_DAYS:30")
    assert isinstance(tree, Compare)
    assert tree.value == DateLiteral("LAST_N_DAYS", 30, 27)


@pytest.mark.parametrize(
    ("word", "count", "first", "after"),
    [
        ("THIS_FISCAL_QUARTER", 0, date(2026, 5, 1), date(2026, 8, 1)),
        ("LAST_FISCAL_QUARTER", 0, date(2026, 2, 1), date(2026, 5, 1)),
        ("THIS_FISCAL_YEAR", 0, date(2026, 2, 1), date(2027, 2, 1)),
        ("LAST_N_FISCAL_YEARS", 2, date(2024, 2, 1), date(2026, 2, 1)),
        ("THIS_QUARTER", 0, date(2026, 4, 1), date(2026, 7, 1)),
    ],
)
def test_fiscal_spans_follow_the_orgs_first_month(word: str, count: int, first: date, after: date) -> None:
    assert spans.resolve(word, count, TODAY, 2) == (first, after)


@pytest.mark.parametrize(
    "word",
    [
        "LAST_FISCAL_MONTH",
        "N_FISCAL_DAYS_AGO",
        "LAST_N_90_DAYS",
        "LAST_DAY",
        "THIS_N_WEEKS",
        "LAST_N_DAY",
        "LAST_MONTHS",
        "SOMEDAY",
    ],
)
def test_words_that_are_no_date_literals(word: str) -> None:
    assert not spans.known(word)


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("001000000000000", "001000000000000AAA"),
        ("0015g000001AcMe", "0015g000001AcMeAAK"),
        ("ABCDEabcde01234", "ABCDEabcde012345AA"),
    ],
)
def test_ids_have_three_check_characters(short: str, long: str) -> None:
    assert ids.to18(short) == long
    assert ids.canonical(long.lower()) == long
    assert ids.canonical(short) == long


@pytest.mark.parametrize("text", ["", "001", "001-00000000000", "0015g000001AcMeZZZ", "0015g000001AcMe999"])
def test_what_cannot_be_an_id_is_none(text: str) -> None:
    assert ids.canonical(text) is None


def test_new_ids_are_unique_and_valid() -> None:
    made = [ids.make("00T", serial) for serial in range(1, 200)]
    assert len(set(made)) == 199
    assert all(ids.canonical(each) == each and each.startswith("00T") for each in made)
