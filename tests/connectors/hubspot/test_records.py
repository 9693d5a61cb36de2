"""Owners, companies, contacts and deals become canonical rows."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from connectors.errors import RetryLater
from connectors.hubspot import records
from connectors.hubspot.records import Reading, Tables
from connectors.hubspot.values import TABLES
from connectors.hubspot.workbench import Workbench, listed, tied
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


def rows_of(tables: Tables, name: str) -> list[dict[str, Any]]:
    columns = {column: tables[name].column(column).to_pylist() for column in tables[name].column_names}
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def read(
    how: Callable[[Reading, Workbench], Tables],
    reading: Reading,
    record: Mapping[str, object],
    properties: Sequence[str],
    **ties: Sequence[Mapping[str, object]],
) -> Tables:
    """Read one record on a workbench, asked for these properties and tied to these others."""
    with Workbench(reading.source, reading.customer_stages, reading.role_labels) as bench:
        bench.lay([*properties, records.MERGED_IDS], [listed([record])])
        for other, to in ties.items():
            bench.tie(other, [tied({str(record["id"]): to})])
        return how(reading, bench)


def contact(properties: Mapping[str, str | None], *ties: dict[str, Any], **chosen: Mapping[str, str | None]) -> Tables:
    how = reading(**chosen)
    asked = how.properties(records.CONTACT, "contact", "usage", "signal")
    return read(records.contacts, how, {"id": "201", "properties": properties}, asked, companies=ties)


def company(properties: Mapping[str, str | None], **chosen: Mapping[str, str | None]) -> Tables:
    how = reading(**chosen)
    asked = how.properties(records.COMPANY, "account")
    return read(records.companies, how, {"id": "9001", "properties": properties}, asked)


def deal(
    properties: Mapping[str, str], companies: Sequence[dict[str, Any]] = (), contacts: Sequence[dict[str, Any]] = ()
) -> Tables:
    asked = reading().properties(records.DEAL, "opportunity")
    record = {"id": "5", "properties": properties}
    return read(records.deals, reading(), record, asked, companies=companies, contacts=contacts)


def colleague(record: Mapping[str, object]) -> dict[str, object]:
    ((_, values),) = records.owner(reading(), record)
    return dict(zip(TABLES["user_account"].column_names(), values, strict=True))


def test_an_owner_is_a_colleague_of_the_primary_team() -> None:
    row = colleague(
        {
            "id": "4101",
            "email": "Ada@Vendor.example",
            "firstName": "Ada",
            "lastName": "King",
            "archived": False,
            "teams": [{"id": "8", "name": "All", "primary": False}, {"id": "7", "name": "West", "primary": True}],
        }
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
    row = colleague({"id": "1", "email": "x@v.example", "archived": True})
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
    found = company(held, **chosen)
    (account,) = rows_of(found, "account")
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
    (observed,) = rows_of(found, "observed_account")
    assert (observed["id"], observed["coverage_score"], observed["evidence"]) == ("9001", "40", None)


@pytest.mark.parametrize(("stage", "customer"), [("customer", True), ("lead", False), ("", None), (None, None)])
def test_an_empty_stage_is_unknown_and_not_no(stage: str | None, customer: bool | None) -> None:
    (row,) = rows_of(company({"lifecyclestage": stage}), "account")
    assert row["customer"] is customer


def test_a_contact_belongs_to_the_primary_company_and_to_the_others() -> None:
    ties = (tie(9002, UNLABELLED), tie(9001, PRIMARY, UNLABELLED))
    found = contact({"firstname": "Zoë", "lastname": "Ng", "email": "Zoe@Acme.example"}, *ties)
    (person,) = rows_of(found, "contact")
    assert (person["name"], person["email"], person["account_id"]) == ("Zoë Ng", "zoe@acme.example", "9001")
    assert [(row["id"], row["account_id"], row["direct"], row["active"]) for row in rows_of(found, "affiliation")] == [
        ("201:9002", "9002", False, True),
        ("201:9001", "9001", True, True),
    ]


def test_blanks_around_a_name_or_an_address_are_nobodys() -> None:
    held = {"firstname": "\u00a0Zoë ", "lastname": "\t", "email": "Zoe@Acme.example\u00a0"}
    (person,) = rows_of(contact(held), "contact")
    assert (person["name"], person["email"]) == ("Zoë", "zoe@acme.example")


def test_the_only_company_is_the_primary_one_even_if_hubspot_names_none() -> None:
    (person,) = rows_of(contact({}, tie(9002, UNLABELLED)), "contact")
    assert (person["account_id"], person["name"]) == ("9002", None)


def test_of_two_companies_without_a_primary_none_is_taken() -> None:
    (person,) = rows_of(contact({}, tie(9002, UNLABELLED), tie(9003, UNLABELLED)), "contact")
    assert person["account_id"] is None


def test_a_custom_label_with_the_number_of_primary_is_not_primary() -> None:
    imposter = {"category": "USER_DEFINED", "typeId": 1, "label": "Friend"}
    found = contact({}, tie(9002, imposter, UNLABELLED), tie(9003, PRIMARY, UNLABELLED))
    assert rows_of(found, "contact")[0]["account_id"] == "9003"
    assert [row["role"] for row in rows_of(found, "contact_role")] == ["Friend"]


def test_roles_come_from_labels_and_from_the_buying_role_as_people_see_it() -> None:
    held = {"hs_buying_role": "DECISION_MAKER;ROI_SKEPTIC"}
    rows = rows_of(contact(held, tie(9001, PRIMARY, UNLABELLED, DECISION_MAKER)), "contact_role")
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
    (row,) = rows_of(contact(held), "contact")
    assert [
        row[name] for name in ("confirmed_role", "confirmed_depth", "confirmed_at", "not_a_champion", "do_not_task")
    ] == ["champion", 4, 1_767_225_600, True, None]


def test_usage_and_surveys_are_read_from_mapped_properties() -> None:
    held = {"days_active": "0", "nps": "9", "nps_on": "2026-01-01", "advocacy": "reference", "csat": None}
    chosen: dict[str, Mapping[str, str | None]] = {
        "usage": {"active_days": "days_active"},
        "signal": {"nps": "nps", "nps_at": "nps_on", "csat": "csat", "advocacy": "advocacy"},
    }
    found = contact(held, **chosen)
    (usage,) = rows_of(found, "usage")
    assert (usage["contact_id"], usage["product"], usage["active_days"], usage["last_active_at"]) == (
        "201",
        "default",
        0,
        None,
    )
    assert [(row["kind"], row["score"], row["what"], row["happened_at"]) for row in rows_of(found, "signal")] == [
        ("nps", 9.0, None, 1_767_225_600),
        ("advocacy", None, "reference", None),
    ]


@pytest.mark.parametrize("figure", ["", "n/a", None])
def test_what_is_no_figure_of_usage_makes_no_usage_row(figure: str | None) -> None:
    assert rows_of(contact({"days_active": "3"}), "usage") == []
    assert rows_of(contact({"days_active": figure}, usage={"active_days": "days_active"}), "usage") == []


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
    (row,) = rows_of(deal(held), "opportunity")
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
    found = deal(held, companies, contacts)
    (row,) = rows_of(found, "opportunity")
    assert (row["name"], row["amount"], row["probability"], row["account_id"], row["owner_id"], row["close_at"]) == (
        "Renewal",
        1200.0,
        80.0,
        "9001",
        "4101",
        1_767_225_600,
    )
    (role,) = rows_of(found, "contact_role")
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


@pytest.mark.parametrize(
    "garbled",
    [
        b'{"results": [{"id": "1", "prop',
        b'{"results": [{"properties": {"name": "Acme"}}]}',
        b'{"results": [\xff]}',
        b"",
    ],
)
def test_an_answer_that_was_garbled_asks_for_patience_and_repeats_nothing_of_it(garbled: bytes) -> None:
    with Workbench("hs", (), {}) as bench, pytest.raises(RetryLater, match="garbled") as refused:
        bench.lay(["name", records.MERGED_IDS], [listed([{"id": "1", "properties": {}}]), garbled])
    assert "Acme" not in str(refused.value)


@pytest.mark.parametrize(
    "garbled",
    [{"from": None, "to": [{"toObjectId": 1}]}, {"from": {"id": "1"}, "to": [{"toObjectId": None}]}],
)
def test_a_tie_without_its_ends_asks_for_patience(garbled: Mapping[str, object]) -> None:
    with Workbench("hs", (), {}) as bench:
        bench.lay([records.MERGED_IDS], [listed([{"id": "1", "properties": {}}])])
        with pytest.raises(RetryLater, match="garbled"):
            bench.tie("companies", [listed([garbled])])


def test_ties_of_records_that_were_not_asked_for_are_nobodys() -> None:
    asked = [*reading().properties(records.CONTACT, "contact"), records.MERGED_IDS]
    with Workbench("hs", (), {}) as bench:
        bench.lay(asked, [listed([{"id": "1", "properties": {}}])])
        bench.tie("companies", [tied({"1": [tie(9001, PRIMARY)], "2": [tie(9001, PRIMARY, DECISION_MAKER)]})])
        found = records.contacts(reading(), bench)
    assert [row["id"] for row in rows_of(found, "affiliation")] == ["1:9001"]
    assert rows_of(found, "contact_role") == []


def test_names_that_differ_in_their_capitals_alone_are_one_property() -> None:
    with Workbench("hs", (), {}) as bench:
        bench.lay(["Name", "name", records.MERGED_IDS], [listed([{"id": "1", "properties": {"name": "Acme"}}])])
        assert bench.read("account", {"id": records.ID, "name": '"Name"'}).column("name").to_pylist() == ["Acme"]


def test_a_workbench_may_be_used_again() -> None:
    bench = Workbench("hs", (), {})
    for _ in range(2):
        with bench:
            bench.lay([records.MERGED_IDS], [listed([{"id": "1", "properties": {records.MERGED_IDS: "2;\t3"}}])])
            assert bench.merged() == [("2", "1"), ("3", "1")]


def test_of_a_record_that_comes_twice_the_later_state_counts() -> None:
    pages = [listed([{"id": "9001", "properties": {"name": name}}]) for name in ("Acme", "Acme Ltd")]
    with Workbench("hs", (), {}) as bench:
        assert list(bench.lay([*reading().properties(records.COMPANY, "account"), records.MERGED_IDS], pages)) == [
            "9001"
        ]
        found = records.companies(reading(), bench)
    assert [row["name"] for row in rows_of(found, "account")] == ["Acme Ltd"]


def test_who_was_taken_up_by_a_merge_lives_on_as_the_winner() -> None:
    found = company({records.MERGED_IDS: "9002;9003; 9001"})
    assert [(row["id"], row["winner_id"]) for row in rows_of(found, "merged_account")] == [
        ("9002", "9001"),
        ("9003", "9001"),
    ]


def test_records_created_until_a_moment_are_counted_by_the_millisecond() -> None:
    created = ["2026-01-01T00:00:00Z", "2026-01-01T00:00:00.001Z", "1767225600000", "", None]
    held = [{"id": str(place), "properties": {"createdate": text}} for place, text in enumerate(created)]
    with Workbench("hs", (), {}) as bench:
        bench.lay(["createdate", records.MERGED_IDS], [listed(held)])
        assert bench.created("createdate", 1_767_225_600) == 4
