"""Canonical columns from records as JSON gives them."""

from collections.abc import Callable

import pytest

from connectors.salesforce import columns
from connectors.salesforce.columns import Reader


@pytest.mark.parametrize(
    ("reader", "raw", "canonical"),
    [
        (columns.text, "NA", "NA"),
        (columns.text, "null", "null"),
        (columns.text, "None", "None"),
        (columns.text, "", None),
        (columns.text, None, None),
        (columns.lowered, " Ada@Acme.Example ", "ada@acme.example"),
        (columns.number, 0, 0.0),
        (columns.number, "12.5", 12.5),
        (columns.number, "a dozen", None),
        (columns.whole, 12.0, 12),
        (columns.whole, None, None),
        (columns.flag, False, False),
        (columns.flag, "Yes", True),
        (columns.flag, "No", False),
        (columns.flag, None, None),
        (columns.instant, "2026-01-01", 1_767_225_600),
        (columns.domain, "https://www.Acme.example/en?x=1", "acme.example"),
        (columns.domain, "acme.example:8080", "acme.example"),
        (columns.domain, "http://[broken", None),
        (columns.domain, None, None),
    ],
)
def test_14_a_value_is_read_as_what_it_is_and_only_empty_is_unknown(
    reader: Callable[[str], Reader], raw: object, canonical: object
) -> None:
    assert reader("F")([{"F": raw}]) == [canonical]


def test_a_field_that_was_not_selected_is_unknown() -> None:
    assert columns.text("Gone__c")([{"Id": "1"}]) == [None]


@pytest.mark.parametrize(
    ("kind", "customer"),
    [("Customer - Direct", True), ("customer - channel", True), ("Prospect", False), (None, None), ("", None)],
)
def test_customer_types_are_beginnings_and_case_does_not_count(kind: str | None, customer: bool | None) -> None:
    assert columns.begins("Type", ["Customer"])([{"Type": kind}]) == [customer]


def test_a_table_has_every_declared_column_in_order_and_unknown_where_nothing_is_given() -> None:
    built = columns.read("user_account", "sf", [{"Id": "005"}], {"id": columns.text("Id")})
    assert built.column_names == ["source", "id", "name", "email", "manager_id", "team", "active"]
    assert built.column("team").to_pylist() == [None]
    assert columns.read("user_account", "sf", [], {"id": columns.text("Id")}).num_rows == 0
