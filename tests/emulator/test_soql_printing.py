"""A law over whole trees: what is printed and read again is the same tree; and no text makes the parsers fall over."""

import zlib
from contextlib import suppress
from dataclasses import fields, is_dataclass, replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.emulator.salesforce.errors import SalesforceError
from connectors.emulator.salesforce.soql.parser import parse
from connectors.emulator.salesforce.soql.run import run
from connectors.emulator.salesforce.soql.sosl import parse_find
from connectors.emulator.salesforce.soql.tree import (
    Among,
    Call,
    Compare,
    DateLiteral,
    Every,
    Item,
    Join,
    Macro,
    Not,
    Order,
    Path,
    Picks,
    Query,
    Selected,
    Some,
    TypeOf,
)
from tests.emulator.soql_text import statement
from tests.emulator.test_soql_laws import LAW, bare, literal, view

NAMES = st.sampled_from(["Id", "Name", "Title", "Score__c", "Group", "x_1"])
ALIASES = st.sampled_from(["", "a", "n2", "Total"])
PATHS = st.lists(NAMES, min_size=1, max_size=4).map(lambda parts: Path(tuple(parts), 0))
COUNTS = st.builds(Call, st.sampled_from(["COUNT", "SUM", "MIN", "GROUPING"]), PATHS, st.just(0))
ZONED = st.builds(
    Call, st.just("CALENDAR_YEAR"), st.builds(Call, st.just("CONVERTTIMEZONE"), PATHS, st.just(0)), st.just(0)
)
SHOWN = st.builds(Call, st.just("FORMAT"), COUNTS | PATHS, st.just(0))
PARTS = st.builds(Call, st.sampled_from(["DAY_ONLY", "WEEK_IN_YEAR", "TOLABEL"]), PATHS, st.just(0))
OPERANDS = PATHS | COUNTS | ZONED | PARTS
CONSTANTS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**6), 10**6),
    st.dates().filter(lambda day: 1700 <= day.year <= 4000),
    st.text(max_size=12),
).map(lambda value: literal(value)[0])
SPANS = st.one_of(
    st.sampled_from(["TODAY", "LAST_90_DAYS", "THIS_FISCAL_QUARTER"]).map(lambda name: DateLiteral(name, 0, 0)),
    st.builds(DateLiteral, st.sampled_from(["LAST_N_DAYS", "N_FISCAL_YEARS_AGO"]), st.integers(0, 10**6), st.just(0)),
)
VALUES = CONSTANTS | SPANS
TEXTS = st.text(max_size=8).map(lambda text: literal(text)[0])
MANY: Any = {"min_size": 1, "max_size": 3}
ATOMS = st.one_of(
    st.builds(Compare, OPERANDS, st.sampled_from(["=", "!=", "<", "<=", ">", ">="]), VALUES),
    st.builds(Compare, OPERANDS, st.just("LIKE"), TEXTS),
    st.builds(Among, OPERANDS, st.booleans(), st.lists(VALUES, **MANY).map(tuple)),
    st.builds(Picks, OPERANDS, st.booleans(), st.lists(TEXTS, **MANY).map(tuple)),
)
CONDITIONS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(Every, st.lists(inner, min_size=2, max_size=3).map(tuple)),
        st.builds(Some, st.lists(inner, min_size=2, max_size=3).map(tuple)),
    ),
    max_leaves=5,
)
ORDERS = st.builds(Order, OPERANDS, st.booleans(), st.booleans())
CASES = st.lists(st.tuples(NAMES, st.lists(PATHS, **MANY).map(tuple)), **MANY).map(tuple)
ITEMS = st.one_of(
    st.builds(Item, OPERANDS | SHOWN, ALIASES),
    st.builds(Macro, st.sampled_from(["ALL", "STANDARD", "CUSTOM"]), st.just(0)),
    st.builds(TypeOf, PATHS, CASES, st.lists(PATHS, max_size=2).map(tuple)),
)


@st.composite
def queries(draw: st.DrawFn, depth: int = 2) -> Query:
    """A whole query; its children are a little simpler."""
    select: list[Selected] = draw(st.lists(ITEMS, **MANY))
    if depth and draw(st.booleans()):
        select.append(draw(queries(depth - 1)))
    group = tuple(draw(st.lists(OPERANDS, max_size=2)))
    return Query(
        text="",
        select=tuple(select),
        source=draw(PATHS),
        alias=draw(ALIASES),
        where=draw(st.none() | CONDITIONS),
        group=group,
        having=draw(st.none() | CONDITIONS) if group else None,
        order=tuple(draw(st.lists(ORDERS, max_size=2))),
        limit=draw(st.none() | st.integers(0, 10**6)),
        offset=draw(st.integers(0, 2000)),
        joins=tuple(draw(st.lists(st.builds(Join, PATHS, ALIASES), max_size=1))),
        grouping=draw(st.sampled_from(["", "ROLLUP", "CUBE"])) if group else "",
        scope=draw(st.sampled_from(["", "MINE", "EVERYTHING"])),
        mode=draw(st.sampled_from(["", "USER_MODE", "SECURITY_ENFORCED"])),
        purposes=tuple(draw(st.lists(st.sampled_from(["VIEW", "REFERENCE", "UPDATE"]), max_size=2))),
        all_rows=draw(st.booleans()),
    )


@settings(LAW, max_examples=60)
@given(queries())
def test_a_printed_tree_is_read_back(query: Query) -> None:
    assert bare(parse(statement(query))) == bare(query)


@LAW
@given(queries(depth=1))
def test_what_was_read_prints_the_same_again(query: Query) -> None:
    printed = statement(query)
    assert statement(parse(printed)) == printed


REAL = ["Id", "Name", "Title", "Score__c", "CreatedDate", "Birthdate", "Tags__c", "DoNotCall", "AccountId", "Notes__c",
        "Account.Name", "Account.Parent.Industry", "Owner.Name", "ReportsTo.Email", "Description"]  # fmt: skip


def real(node: Any, *, relationship: bool = False) -> Any:
    """A tree about fields and objects that exist, chosen by the names it was drawn with."""
    if isinstance(node, tuple):
        return tuple(real(each, relationship=True) for each in node)
    if isinstance(node, Path):
        return Path(tuple(REAL[zlib.crc32(".".join(node.parts).encode()) % len(REAL)].split(".")), node.at)
    if not is_dataclass(node) or isinstance(node, type):
        return node
    made = replace(
        node, **{each.name: real(getattr(node, each.name), relationship=relationship) for each in fields(node)}
    )
    if isinstance(made, Query):
        return replace(made, source=Path(("Contacts" if relationship else "Contact",), 0), joins=(), all_rows=False)
    return made


@LAW
@given(queries(depth=1))
def test_every_statement_over_real_fields_is_answered_or_refused(query: Query) -> None:
    text = statement(real(query))
    with suppress(SalesforceError):
        result = run(parse(text), view(), lambda *_: "")
        rendered = [result.render(row) for row in result.rows]
        assert result.total >= len(rendered)


def refused_as(search: str) -> str:
    """The code a search is refused with, empty when it can be read."""
    try:
        parse_find(search)
    except SalesforceError as refusal:
        return refusal.code
    return ""


@settings(LAW, max_examples=300)
@given(st.text(alphabet=' FIND{}()"*?andornot\\|&INALLFIELDSRETURNINGContact,LIMIT19', max_size=60))
def test_no_text_breaks_the_search_parser(text: str) -> None:
    codes = {"", "MALFORMED_SEARCH", "INVALID_SEARCH", "QUERY_TOO_COMPLICATED", "NUMBER_OUTSIDE_VALID_RANGE"}
    for search in (text, f"FIND {{{text}}}", f"FIND {{ann}} {text}", f"FIND {{ann}} RETURNING Contact({text})"):
        assert refused_as(search) in codes
