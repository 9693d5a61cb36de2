"""Canonical columns from fields, whether a record came as JSON or as CSV."""

from collections.abc import Callable
from typing import Any

import pytest

from connectors import columns
from connectors.salesforce.columns import reference, table, text
from connectors.salesforce.workbench import Head
from connectors.workbench import Expression
from mapping.metadata import Field, Kind
from tests.connectors.salesforce.conftest import Table

HOLDER = {str: ("user_account", "name"), int: ("opportunity", "close_at"), float: ("opportunity", "amount")}
"""A canonical column for each type of value."""


def value(laid: Table, expression: Expression, kind: type) -> Any:
    """Read the one value on the workbench through an expression."""
    name, column = ("user_account", "active") if kind is bool else HOLDER[kind]
    (found,) = laid.bench.read(name, {column: expression}).column(column).to_pylist()
    return found


READ = [
    (text, "NA", "NA"),
    (text, "null", "null"),
    (text, "None", "None"),
    (text, 'a "b", c\nd\u2028e\'f', 'a "b", c\nd\u2028e\'f'),
    (text, "", None),
    (text, None, None),
    (columns.lowered, " Ada@Acme.Example ", "ada@acme.example"),
    (columns.lowered, "\ufeffZoë@Acme.Example\u00a0\u2003", "zoë@acme.example"),
    (reference, "001D000000IRFma", "001D000000IRFmaIAH"),
    (reference, "001D000000IRFmaIAH", "001D000000IRFmaIAH"),
    (columns.number, 0, 0.0),
    (columns.number, "12.5", 12.5),
    (columns.number, "1.2E7", 12_000_000.0),
    (columns.number, "a dozen", None),
    (columns.number, "NaN", None),
    (columns.number, "Infinity", None),
    (columns.whole, 12.0, 12),
    (columns.whole, -3.7, -3),
    (columns.whole, "1e30", None),
    (columns.whole, None, None),
    (columns.flag, False, False),
    (columns.flag, "Yes", True),
    (columns.flag, "No", False),
    (columns.flag, "perhaps", None),
    (columns.flag, None, None),
    (columns.instant, "2026-01-01", 1_767_225_600),
    (columns.instant, "2026-01-01T00:00:01.999+0000", 1_767_225_601),
    (columns.instant, "2026-01-01T00:00:01.000Z", 1_767_225_601),
    (columns.instant, "2026-01-01T02:00:00.000+0200", 1_767_225_600),
    (columns.instant, "1969-12-31T23:59:59.500+0000", -1),
    (columns.instant, "infinity", None),
    (columns.instant, "spring of 2019", None),
    (columns.domain, "https://www.Acme.example/en?x=1", "acme.example"),
    (columns.domain, "acme.example:8080", "acme.example"),
    (columns.domain, "http://ada:secret@acme.example/", "acme.example"),
    (columns.domain, "http://[broken", None),
    (columns.domain, None, None),
    (columns.customer, "Customer - Direct", True),
    (columns.customer, "customer - channel", True),
    (columns.customer, "Prospect", False),
    (columns.customer, True, True),
    (columns.customer, False, False),
    (columns.customer, None, None),
]
TYPES: dict[Any, type] = {
    columns.number: float,
    columns.whole: int,
    columns.instant: int,
    columns.flag: bool,
    columns.customer: bool,
}


@pytest.mark.parametrize("way", ["REST", "job"])
@pytest.mark.parametrize(("reader", "raw", "canonical"), READ)
def test_14_a_value_is_read_as_what_it_is_and_only_nothing_is_unknown(
    laid: Table, way: str, reader: Callable[[str], Expression], raw: object, canonical: object
) -> None:
    (laid.lay if way == "REST" else laid.lay_csv)(["Id", "F"], [{"Id": "1", "F": raw}])
    assert value(laid, reader("F"), TYPES.get(reader, str)) == canonical


@pytest.mark.parametrize(("raw", "words"), [(48120733.0, "48120733"), (12.5, "12.5"), ("4.8E7", "48000000"), (7, "7")])
def test_a_number_in_a_column_of_text_has_no_fraction_it_does_not_need(laid: Table, raw: object, words: str) -> None:
    laid.lay(["F"], [{"F": raw}])
    assert value(laid, text("F", "double"), str) == words


def test_a_text_that_looks_like_a_number_stays_as_it_is(laid: Table) -> None:
    laid.lay(["F"], [{"F": "007.0"}])
    assert value(laid, text("F", "string"), str) == "007.0"


@pytest.mark.parametrize(
    ("kind", "scale", "raw"),
    [
        (Kind.NUMBER, 0, 4.0),
        (Kind.NUMBER, 0, "12"),
        (Kind.NUMBER, 2, 0.75),
        (Kind.NUMBER, 2, 3),
        (Kind.NUMBER, 0, 2.5),
        (Kind.NUMBER, 0, None),
        (Kind.FLAG, 0, True),
        (Kind.FLAG, 0, False),
        (Kind.DATE, 0, "2026-03-29"),
        (Kind.CHOICES, 0, "user;buyer;champion"),
        (Kind.CHOICES, 0, ""),
        (Kind.CHOICE, 0, "NA"),
        (Kind.LONG_TEXT, 0, "Why?\nBecause."),
    ],
)
def test_a_field_of_ours_is_read_in_the_form_in_which_plans_compare_it(
    laid: Table, kind: Kind, scale: int, raw: object
) -> None:
    entry = Field("contact", "x", "X", kind, "help", scale=scale)
    laid.lay(["F"], [{"F": raw}])
    assert value(laid, columns.observed(entry, "F"), str) == entry.canonical(raw)


def test_a_field_of_ours_that_holds_no_number_shows_what_it_holds(laid: Table) -> None:
    laid.lay(["F"], [{"F": "a few"}])
    assert value(laid, columns.observed(Field("contact", "x", "X", Kind.NUMBER, "help"), "F"), str) == "a few"


def test_a_field_that_was_not_selected_is_unknown(laid: Table) -> None:
    heap = laid.bench.heap("raw", ["Id", "Gone__c"], ["Id"])
    heap.add_pages([b'{"totalSize":1,"done":true,"records":[{"Id":"1","Gone__c":"here"}]}'])
    assert value(laid, text("Gone__c"), str) is None


@pytest.mark.parametrize(
    "answer",
    [
        b'{"totalSize":4000,"records":[{"Id":"1"}],"done":false,"nextRecordsUrl":"/next"}',
        b'{"done":false,"nextRecordsUrl":"/next","records":[{"Id":"1"}],"totalSize":4000}',
        b'{\n  "totalSize" : 4000,\n  "done" : false,\n  "nextRecordsUrl" : "/next",\n  "records" : [ {} ]\n}\n',
    ],
)
def test_what_an_answer_says_besides_its_records_may_stand_anywhere(answer: bytes) -> None:
    head = Head.of(answer)
    assert (head.total, head.next) == (4000, "/next")


@pytest.mark.parametrize("content", [b'\xef\xbb\xbf"Id","F"\n"1","x"\n', b"Id,F\n1,x\n", b'"Id","F"\n"1","x"'])
def test_the_names_of_a_result_are_read_with_a_mark_before_them_and_without_quotes(laid: Table, content: bytes) -> None:
    assert laid.bench.heap("raw", ["Id", "F"], ["Id", "F"]).add_csv(content) == 1
    assert (value(laid, columns.plain("Id"), str), value(laid, columns.plain("F"), str)) == ("1", "x")


def test_a_table_has_every_declared_column_in_order_and_unknown_where_nothing_is_given(laid: Table) -> None:
    laid.lay(["Id"], [{"Id": "005"}])
    built = laid.bench.read("user_account", {"id": columns.plain("Id")})
    assert built.column_names == ["source", "id", "name", "email", "manager_id", "team", "active"]
    assert built.column("team").to_pylist() == [None]
    assert table("user_account", "sf", 0, {}).num_rows == 0
