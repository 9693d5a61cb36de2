"""Owners, companies, contacts and deals become canonical rows."""

from collections.abc import Mapping
from typing import Any

import pytest

from connectors.hubspot import records
from connectors.hubspot.records import Reading, Rows
from connectors.hubspot.values import TABLES, Columns, row
from mapping.fields import resolve

PRIMARY = {"category": "HUBSPOT_DEFINED", "typeId": 1, "label": "Primary"}
UNLABELLED = {"category": "HUBSPOT_DEFINED", "typeId": 279, "label": None}
DECISION_MAKER = {"category": "USER_DEFINED", "typeId": 101, "label": "Decision maker"}


def reading(**chosen: Mapping[str, str | None]) -> Reading:
    return Reading(
        source="hs",
        mapped=resolve("hubspot", chosen),
        prefix="Rapport",
        customer_stages=frozenset({"customer"}),
        role_labels={"DECISION_MAKER": "Decision Maker"},
    )


def tie(company: int, *types: Mapping[str, object]) -> dict[str, Any]:
    return {"toObjectId": company, "associationTypes": list(types)}


def named(rows: Rows, table: str) -> list[dict[str, object]]:
    return [dict(zip(TABLES[name].column_names(), row, strict=True)) for name, row in rows if name == table]


def contact(properties: Mapping[str, str | None], *ties: dict[str, Any], **chosen: Mapping[str, str | None]) -> Rows:
    return flat(records.contacts(reading(**chosen), [{"id": "201", "properties": properties}], {"201": ties}))


def flat(tables: Mapping[str, Columns]) -> Rows:
    for name, columns in tables.items():
        size = len(columns["source"])
        named = ({column: values[place] for column, values in columns.items()} for place in range(size))
        yield from ((name, row(name, values)) for values in named)


def test_an_owner_is_a_colleague_of_the_primary_team() -> None:
    (row,) = named(
        records.owner(
            reading(),
            {
                "id": "4101",
                "email": "Ada@Vendor.example",
                "firstName": "Ada",
                "lastName": "King",
                "archived": False,
                "teams": [{"id": "8", "name": "All", "primary": False}, {"id": "7", "name": "West", "primary": True}],
            },
        ),
        "user_account",
    )
    assert row == {
        "source": "hs",
        "id": "4101",
        "name": "Ada King",
        "email": "ada@vendor.example",
        "manager_id": None,
        "team": "West",
        "active": True,
    }


def test_a_deactivated_owner_may_receive_nothing() -> None:
    (row,) = named(records.owner(reading(), {"id": "1", "email": "x@v.example", "archived": True}), "user_account")
    assert (row["active"], row["name"], row["team"]) == (False, "x@v.example", None)


def test_a_company_is_an_account_with_its_mapped_fields() -> None:
    held = {
        "name": "Acme",
        "domain": "https://www.Acme.example/",
        "hubspot_owner_id": "4101",
        "hs_parent_company_id": "",
        "lifecyclestage": "customer",
        "numberofemployees": "250",
        "contract_value": "48000.5",
        "renews_on": "2026-03-31",
        "rapport_coverage_score": "40",
    }
    chosen = {"account": {"arr": "contract_value", "renewal_at": "renews_on"}}
    rows = list(flat(records.companies(reading(**chosen), [{"id": "9001", "properties": held}])))
    (account,) = named(iter(rows), "account")
    expected = {
        "id": "9001",
        "name": "Acme",
        "domain": "acme.example",
        "owner_id": "4101",
        "parent_id": None,
        "customer": True,
        "arr": 48000.5,
        "employees": 250,
        "renewal_at": 1_774_915_200,
        "segment": None,
    }
    assert {name: account[name] for name in expected} == expected
    (observed,) = named(iter(rows), "observed_account")
    assert (observed["id"], observed["coverage_score"], observed["evidence"]) == ("9001", "40", None)


@pytest.mark.parametrize(("stage", "customer"), [("customer", True), ("lead", False), ("", None), (None, None)])
def test_an_empty_stage_is_unknown_and_not_no(stage: str | None, customer: bool | None) -> None:
    (row,) = named(
        flat(records.companies(reading(), [{"id": "1", "properties": {"lifecyclestage": stage}}])),
        "account",
    )
    assert row["customer"] is customer


def test_a_contact_belongs_to_the_primary_company_and_to_the_others() -> None:
    ties = (tie(9002, UNLABELLED), tie(9001, PRIMARY, UNLABELLED))
    rows = list(contact({"firstname": "Zoë", "lastname": "Ng", "email": "Zoe@Acme.example"}, *ties))
    (person,) = named(iter(rows), "contact")
    assert (person["name"], person["email"], person["account_id"]) == ("Zoë Ng", "zoe@acme.example", "9001")
    assert [
        (row["id"], row["account_id"], row["direct"], row["active"]) for row in named(iter(rows), "affiliation")
    ] == [
        ("201:9002", "9002", False, True),
        ("201:9001", "9001", True, True),
    ]


def test_the_only_company_is_the_primary_one_even_if_hubspot_names_none() -> None:
    (person,) = named(contact({}, tie(9002, UNLABELLED)), "contact")
    assert (person["account_id"], person["name"]) == ("9002", None)


def test_of_two_companies_without_a_primary_none_is_taken() -> None:
    (person,) = named(contact({}, tie(9002, UNLABELLED), tie(9003, UNLABELLED)), "contact")
    assert person["account_id"] is None


def test_a_custom_label_with_the_number_of_primary_is_not_primary() -> None:
    imposter = {"category": "USER_DEFINED", "typeId": 1, "label": "Friend"}
    rows = list(contact({}, tie(9002, imposter, UNLABELLED), tie(9003, PRIMARY, UNLABELLED)))
    assert named(iter(rows), "contact")[0]["account_id"] == "9003"
    assert [row["role"] for row in named(iter(rows), "contact_role")] == ["Friend"]


def test_roles_come_from_labels_and_from_the_buying_role_as_people_see_it() -> None:
    held = {"hs_buying_role": "DECISION_MAKER;ROI_SKEPTIC"}
    rows = named(contact(held, tie(9001, PRIMARY, UNLABELLED, DECISION_MAKER)), "contact_role")
    assert [(row["id"], row["role"], row["account_id"], row["origin"]) for row in rows] == [
        ("company-label:201:9001:101", "Decision maker", "9001", "company association label"),
        ("buying-role:201:DECISION_MAKER", "Decision Maker", None, "hs_buying_role"),
        ("buying-role:201:ROI_SKEPTIC", "ROI_SKEPTIC", None, "hs_buying_role"),
    ]


def test_overrides_are_read_from_our_properties() -> None:
    held = {
        "rapport_confirmed_role": "champion",
        "rapport_confirmed_depth": "4",
        "rapport_confirmed_on": "2026-01-01",
        "rapport_not_a_champion": "true",
        "rapport_do_not_task": None,
    }
    (row,) = named(contact(held), "contact")
    assert [
        row[name] for name in ("confirmed_role", "confirmed_depth", "confirmed_at", "not_a_champion", "do_not_task")
    ] == ["champion", 4, 1_767_225_600, True, None]


def test_usage_and_surveys_are_read_from_mapped_properties() -> None:
    held = {"days_active": "0", "nps": "9", "nps_on": "2026-01-01", "advocacy": "reference", "csat": None}
    chosen: dict[str, Mapping[str, str | None]] = {
        "usage": {"active_days": "days_active"},
        "signal": {"nps": "nps", "nps_at": "nps_on", "csat": "csat", "advocacy": "advocacy"},
    }
    rows = list(contact(held, **chosen))
    (usage,) = named(iter(rows), "usage")
    assert (usage["contact_id"], usage["product"], usage["active_days"], usage["last_active_at"]) == (
        "201",
        "default",
        0,
        None,
    )
    assert [(row["kind"], row["score"], row["what"], row["happened_at"]) for row in named(iter(rows), "signal")] == [
        ("nps", 9.0, None, 1_767_225_600),
        ("advocacy", None, "reference", None),
    ]


def test_without_mapped_usage_there_is_no_usage_row() -> None:
    assert named(contact({"days_active": "3"}), "usage") == []
    assert named(contact({"days_active": ""}, usage={"active_days": "days_active"}), "usage") == []


@pytest.mark.parametrize(
    ("held", "closed", "won"),
    [
        ({"dealstage": "closedwon"}, True, True),
        ({"dealstage": "closedlost"}, True, False),
        ({"dealstage": "contractsent"}, False, False),
        ({"dealstage": "901", "hs_is_closed": "true", "hs_is_closed_won": "true"}, True, True),
        ({"dealstage": "902", "hs_is_closed": "true", "hs_is_closed_won": "false"}, True, False),
        ({"dealstage": "closedwon", "hs_is_closed": "false", "hs_is_closed_won": "false"}, False, False),
        ({}, False, False),
    ],
)
def test_hubspots_flags_decide_over_a_deal_else_the_usual_stages(held: dict[str, str], closed: bool, won: bool) -> None:
    (row,) = named(records.deal(reading(), {"id": "5", "properties": held}, [], []), "opportunity")
    assert (row["closed"], row["won"]) == (closed, won)


def test_a_deal_names_its_primary_company_and_the_roles_on_it() -> None:
    held = {
        "dealname": "Renewal",
        "amount": "1200",
        "closedate": "2026-01-01T00:00:00Z",
        "hs_deal_stage_probability": "0.8",
        "hubspot_owner_id": "4101",
    }
    companies = [
        tie(9002, {"category": "HUBSPOT_DEFINED", "typeId": 341, "label": None}),
        tie(9001, {"category": "HUBSPOT_DEFINED", "typeId": 5, "label": "Primary"}),
    ]
    contacts = [tie(201, {"category": "HUBSPOT_DEFINED", "typeId": 3, "label": None}, DECISION_MAKER), tie(202)]
    rows = list(records.deal(reading(), {"id": "5", "properties": held}, companies, contacts))
    (row,) = named(iter(rows), "opportunity")
    assert (row["name"], row["amount"], row["probability"], row["account_id"], row["owner_id"], row["close_at"]) == (
        "Renewal",
        1200.0,
        80.0,
        "9001",
        "4101",
        1_767_225_600,
    )
    (role,) = named(iter(rows), "contact_role")
    assert role == {
        "source": "hs",
        "id": "deal-label:5:201:101",
        "contact_id": "201",
        "account_id": "9001",
        "opportunity_id": "5",
        "role": "Decision maker",
        "origin": "deal association label",
    }


def test_the_properties_asked_for_are_the_fixed_the_mapped_and_our_own_each_once() -> None:
    names = list(reading(account={"domain": "name"}).properties(records.COMPANY, "account"))
    assert len(names) == len(set(names))
    assert {"name", "lifecyclestage", "numberofemployees", "rapport_coverage_score"} <= set(names)
    assert "rapport_key" not in names
