"""Which CRM field feeds which attribute."""

import pytest

from mapping.fields import ATTRIBUTES, Chosen, Vendor, attributes, problems, resolve
from mapping.records import STAGED

COLUMNS = {table.name: set(table.column_names()) for table in STAGED}


def test_every_attribute_is_a_column_of_its_table_or_a_part_of_a_signal() -> None:
    for attribute in ATTRIBUTES:
        assert attribute.table == "signal" or attribute.name in COLUMNS[attribute.table], attribute.name


def test_standard_fields_are_the_defaults_of_each_vendor() -> None:
    assert resolve("salesforce", {})["contact"]["title"] == "Title"
    assert resolve("hubspot", {})["contact"]["title"] == "jobtitle"
    assert resolve("salesforce", {})["account"]["employees"] == "NumberOfEmployees"
    assert "segment" not in resolve("salesforce", {})["account"]


@pytest.mark.parametrize(
    ("vendor", "field"), [("salesforce", "Acme_Confirmed_On__c"), ("hubspot", "acme_confirmed_on")]
)
def test_overrides_are_read_from_our_own_fields_with_the_chosen_prefix(vendor: Vendor, field: str) -> None:
    assert resolve(vendor, {}, "Acme")["contact"]["confirmed_at"] == field


def test_a_chosen_field_replaces_the_default_and_none_turns_it_off() -> None:
    chosen: Chosen = {"contact": {"title": "Job__c", "department": None}, "usage": {"active_days": "Active_Days_30__c"}}
    mapped = resolve("salesforce", chosen)
    assert mapped["contact"]["title"] == "Job__c"
    assert "department" not in mapped["contact"]
    assert mapped["usage"] == {"active_days": "Active_Days_30__c"}


def test_no_problem_is_found_in_a_mapping_of_every_attribute() -> None:
    tables = {attribute.table for attribute in ATTRIBUTES}
    assert list(problems({table: {entry.name: "X__c" for entry in attributes(table)} for table in tables})) == []
