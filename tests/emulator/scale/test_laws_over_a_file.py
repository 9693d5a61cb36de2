"""Laws: whatever is filtered and sorted, SQL over the file and Python over the same rows find the same."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.emulator.scale.sites import Sites
from tests.emulator.scale.twins import Twins

FIRST = 2_000_000_001
_TEXTS = ["", "VP Sales", "vp sales", "Legal", "%a_", "Zo\u00eb", "O'Hara", "1", "null", '"', "\\"]
_DATES = ["TODAY", "LAST_N_DAYS:200", "THIS_QUARTER", "2026-03-01"]
_COMPARED: dict[str, list[str]] = {
    "Title": [],
    "Department": [],
    "LastName": [],
    "Account.Name": [],
    "Account.Industry": [],
    "NPS_Score__c": ["0", "5", "9.5", "-1", "null"],
    "Account.NumberOfEmployees": ["100", "2000.5", "null"],
    "DoNotCall": ["true", "false", "null"],
    "NPS_Date__c": [*_DATES, "null"],
    "SystemModstamp": ["TODAY", "LAST_N_MONTHS:3", "2026-03-01T12:00:00Z", "null"],
    "Id": ["'003Rp000000000GIAQ'", "'003Rp0000000ZZZ'", "'001Rp0000000003IAA'", "null"],
    "AccountId": ["'001Rp0000000003IAA'", "null"],
}


def _literal(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


@st.composite
def _condition(draw: st.DrawFn) -> str:
    field = draw(st.sampled_from(sorted(_COMPARED)))
    values = _COMPARED[field] or [_literal(text) for text in _TEXTS]
    signs = ["=", "!="] if field == "DoNotCall" else ["=", "!=", "<", "<=", ">", ">="]
    signs += ["IN", "NOT IN"] + ([] if _COMPARED[field] else ["LIKE"])
    sign = draw(st.sampled_from(signs))
    if "IN" in sign and sign != "LIKE":
        chosen = draw(st.lists(st.sampled_from(values), min_size=1, max_size=3))
        return f"{field} {sign} ({', '.join(chosen)})"
    return f"{field} {sign} {draw(st.sampled_from(values))}"


_CONDITIONS = st.recursive(
    _condition(),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["AND", "OR"]), inner).map(lambda parts: f"({' '.join(parts)})"),
        inner.map(lambda part: f"(NOT {part})"),
    ),
    max_leaves=4,
)
_ORDERS = st.lists(
    st.tuples(st.sampled_from(sorted(_COMPARED)), st.sampled_from(["", " DESC", " NULLS LAST", " DESC NULLS FIRST"])),
    max_size=2,
    unique_by=lambda term: term[0],
).map(lambda terms: f" ORDER BY {', '.join(map(''.join, terms))}" if terms else "")
_CUTS = st.sampled_from(["", " LIMIT 3", " LIMIT 700 OFFSET 11", " OFFSET 990"])


@pytest.fixture(scope="module")
def written(made: Path) -> Iterator[Twins]:
    """Both orgs with some rows changed, new and gone."""
    with duckdb.connect() as connection:
        twins = Twins.over(made, connection)
        for org in twins.both():
            writer, contact = twins.write(org), org.schema.objects["contact"]
            for place in range(40, 60):
                writer.update(
                    contact, twins.serial("003", place), {"Title": "vp sales", "LastName": f"O'Hara {place % 3}"}
                )
            for place in range(5):
                writer.create(contact, {"LastName": f"New {place}", "AccountId": twins.serial("001", 3)})
            writer.delete(contact, twins.serial("003", 70))
            writer.update(org.schema.objects["account"], twins.serial("001", 3), {"Name": "Legal", "Industry": None})
        yield twins


@given(_CONDITIONS, _ORDERS, _CUTS)
@settings(max_examples=150, deadline=None)
def test_sql_and_the_evaluator_find_the_same_records(written: Twins, condition: str, order: str, cut: str) -> None:
    soql = f"SELECT Id, Name, Title, Account.Name FROM Contact WHERE {condition}{order}{cut}"
    assert written.answer(soql) == written.by_hand(soql)


_PROPERTIES: dict[str, list[str]] = {
    "jobtitle": ["VP Sales", "vp sales", "", "head of*"],
    "lifecyclestage": ["customer", "lead", "LEAD"],
    "hs_buying_role": ["CHAMPION", "BUDGET_HOLDER", "none"],
    "nps_score": ["0", "7", "9.5", "-3"],
    "nps_date": ["2026-03-01", "1772323200000"],
    "createdate": ["2023-01-01", "1767225600000"],
    "hs_email_domain": ["nowhere.example"],
    "left_company_on": ["2026-01-01"],
}


@st.composite
def _filter(draw: st.DrawFn) -> dict[str, Any]:
    name = draw(st.sampled_from(sorted(_PROPERTIES)))
    operators = [
        "EQ",
        "NEQ",
        "LT",
        "GTE",
        "BETWEEN",
        "IN",
        "NOT_IN",
        "HAS_PROPERTY",
        "NOT_HAS_PROPERTY",
        "CONTAINS_TOKEN",
    ]
    values = st.sampled_from(_PROPERTIES[name])
    chosen = draw(st.lists(values, min_size=1, max_size=3))
    return {
        "propertyName": name,
        "operator": draw(st.sampled_from(operators)),
        "value": draw(values),
        "highValue": draw(values),
        "values": chosen,
    }


@pytest.fixture(scope="module")
def written_sites(made: Path) -> Iterator[Sites]:
    """Both portals with some records changed, new and gone, all of it old enough to be found."""
    with duckdb.connect() as connection:
        sites = Sites.over(made, connection)
        changed = [{"id": str(FIRST + each), "properties": {"jobtitle": "VP Sales"}} for each in range(60)]
        sites.same("POST", "/crm/v3/objects/contacts/batch/update", {"inputs": changed})
        sites.same("DELETE", f"/crm/v3/objects/contacts/{FIRST + 70}")
        for each in range(3):
            sites.same(
                "POST", "/crm/v3/objects/contacts", {"properties": {"lastname": f"New {each}", "nps_score": "7"}}
            )
        sites.wait(6)
        yield sites


@given(
    st.lists(st.lists(_filter(), min_size=1, max_size=3), max_size=2),
    st.sampled_from([None, *(f"{sign}{name}" for name in sorted(_PROPERTIES) for sign in ("", "-"))]),
    st.sampled_from([0, 5, 600]),
)
@settings(max_examples=60, deadline=None)
def test_a_search_by_sql_finds_the_same_records(
    written_sites: Sites, groups: list[list[dict[str, Any]]], sort: str | None, after: int
) -> None:
    body = {
        "filterGroups": [{"filters": filters} for filters in groups],
        "sorts": [sort] if sort else [],
        "limit": 20,
        "after": str(after),
        "properties": ["jobtitle", "nps_score"],
    }
    written_sites.same("POST", "/crm/v3/objects/contacts/search", body)
