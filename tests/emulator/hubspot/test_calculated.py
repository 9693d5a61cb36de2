"""What HubSpot works out by itself, that it moves last-modified, and what history says of who wrote (section 14)."""

from typing import Any

import pytest

from tests.emulator.hubspot.site import Site

pytestmark = pytest.mark.emulator

COMPANY = "/crm/v3/objects/companies/9001"
CONTACT = "/crm/v3/objects/contacts/201"
DEAL = "/crm/v3/objects/deals/7001"


def _patch(site: Site, path: str, **values: object) -> None:
    site.json("PATCH", path, {"properties": values})


def _link(site: Site, start: str, end: str) -> None:
    (kind, key), (other, there) = start.split("/"), end.split("/")
    site.json("PUT", f"/crm/v4/objects/{kind}/{key}/associations/default/{other}/{there}")


def _log(site: Site, kind: str, type_id: int, to: str, **values: str) -> str:
    spec = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": type_id}
    body = {"properties": values, "associations": [{"to": {"id": to}, "types": [spec]}]}
    key: str = site.json("POST", f"/crm/v3/objects/{kind}", body, status=201)["id"]
    return key


# --- rollups ----------------------------------------------------------------------------------------------------------


def test_a_company_counts_its_contacts_and_their_buying_roles(site: Site) -> None:
    names = (
        "num_associated_contacts",
        "hs_num_decision_makers",
        "hs_num_contacts_with_buying_roles",
        "hs_num_blockers",
    )
    assert [site.properties(COMPANY, *names)[name] for name in names] == ["2", "0", "1", "0"]
    site.wait(60)
    _patch(site, CONTACT, hs_buying_role="DECISION_MAKER;BLOCKER")
    assert [site.properties(COMPANY, *names)[name] for name in names] == ["2", "1", "2", "1"]
    assert site.get(COMPANY)["updatedAt"] == site.later(60)


def test_a_contact_that_goes_is_counted_no_more(site: Site) -> None:
    site.json("DELETE", CONTACT, status=204)
    assert site.properties(COMPANY, "num_associated_contacts")["num_associated_contacts"] == "1"


def test_a_company_sums_its_won_deals(site: Site) -> None:
    _link(site, "deals/7001", "companies/9001")
    names = ("num_associated_deals", "hs_num_open_deals", "total_revenue", "recent_deal_amount")
    assert [site.properties(COMPANY, *names)[name] for name in names] == ["1", "1", None, None]
    _patch(site, DEAL, amount="1200.50", closedate="2026-11-01T00:00:00Z", dealstage="closedwon")
    assert [site.properties(COMPANY, *names)[name] for name in names] == ["1", "0", "1200.50", "1200.50"]
    when = site.properties(COMPANY, "recent_deal_close_date")["recent_deal_close_date"]
    assert when == "2026-11-01T00:00:00.000Z"


def test_a_contact_counts_its_deals(site: Site) -> None:
    site.wait(30)
    _link(site, "deals/7001", "contacts/201")
    held = site.properties(CONTACT, "num_associated_deals", "first_deal_created_date", "lastmodifieddate")
    assert (held["num_associated_deals"], held["first_deal_created_date"]) == ("1", site.later(0))
    assert held["lastmodifieddate"] == site.later(30)


def test_parents_and_children_mirror_each_other(site: Site) -> None:
    spec = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 14}]
    site.json("PUT", f"{COMPANY.replace('v3', 'v4')}/associations/companies/9002", spec, status=201)
    assert site.properties(COMPANY, "hs_parent_company_id")["hs_parent_company_id"] == "9002"
    other = site.properties(COMPANY.replace("9001", "9002"), "hs_num_child_companies")
    assert other["hs_num_child_companies"] == "1"


# --- of one record ----------------------------------------------------------------------------------------------------


def test_a_deal_tells_what_its_stage_means(site: Site) -> None:
    _patch(site, DEAL, amount="1000", dealstage="qualifiedtobuy", closedate="2026-11-12T10:00:00Z")
    held = site.properties(DEAL, "hs_forecast_amount", "hs_is_closed", "days_to_close", "hs_closed_won_date")
    told = (held["hs_forecast_amount"], held["hs_is_closed"], held["days_to_close"], held["hs_closed_won_date"])
    assert told == ("400.0", "false", "10", None)
    site.wait(5)
    _patch(site, DEAL, dealstage="closedwon")
    assert site.properties(DEAL, "hs_closed_won_date")["hs_closed_won_date"] == site.later(5)


def test_an_owner_is_assigned_at_a_moment(site: Site) -> None:
    site.wait(5)
    _patch(site, CONTACT, hubspot_owner_id="4102")
    held = site.properties(CONTACT, "hubspot_owner_assigneddate", "hs_all_owner_ids")
    assert (held["hubspot_owner_assigneddate"], held["hs_all_owner_ids"]) == (site.later(5), "4102")


# --- activities -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "type_id", "values", "told"),
    [
        ("calls", 194, {}, {"num_notes": "1", "num_contacted_notes": "1"}),
        ("notes", 202, {}, {"num_notes": "1", "num_contacted_notes": None}),
        ("meetings", 200, {}, {"num_notes": "1", "hs_last_sales_activity_type": "MEETING_BOOKED"}),
        ("emails", 198, {"hs_email_direction": "EMAIL"}, {"num_notes": "1", "hs_last_sales_activity_type": None}),
        (
            "emails",
            198,
            {"hs_email_direction": "INCOMING_EMAIL"},
            {
                "hs_last_sales_activity_type": "EMAIL_REPLY",
                "hs_last_sales_activity_timestamp": "2026-11-01T09:00:00.000Z",
                "hs_sales_email_last_replied": "2026-11-01T09:00:00.000Z",
            },
        ),
        ("communications", 81, {}, {"num_contacted_notes": "1", "notes_last_contacted": "2026-11-01T09:00:00.000Z"}),
        ("tasks", 204, {}, {"num_notes": None, "notes_last_updated": None}),
    ],
)
def test_an_activity_is_told_on_the_contact(
    site: Site, kind: str, type_id: int, values: dict[str, str], told: dict[str, Any]
) -> None:
    _log(site, kind, type_id, "203", hs_timestamp="2026-11-01T09:00:00Z", **values)
    held = site.properties("/crm/v3/objects/contacts/203", *told)
    assert {name: held[name] for name in told} == told


def test_an_older_activity_does_not_hide_a_newer_one(site: Site) -> None:
    for day in ("2026-11-01", "2026-10-01"):
        _log(site, "calls", 194, "203", hs_timestamp=f"{day}T09:00:00Z")
    held = site.properties("/crm/v3/objects/contacts/203", "notes_last_contacted", "num_notes")
    assert (held["notes_last_contacted"], held["num_notes"]) == ("2026-11-01T09:00:00.000Z", "2")


def test_a_planned_activity_is_the_next_one(site: Site) -> None:
    for day in ("2026-11-20", "2026-11-10"):
        _log(site, "tasks", 204, "203", hs_timestamp=f"{day}T09:00:00Z")
    held = site.properties("/crm/v3/objects/contacts/203", "notes_next_activity_date", "notes_last_updated")
    assert (held["notes_next_activity_date"], held["notes_last_updated"]) == ("2026-11-10T09:00:00.000Z", None)


def test_linking_an_activity_again_counts_it_once(site: Site) -> None:
    key = _log(site, "calls", 194, "203", hs_timestamp="2026-11-01T09:00:00Z")
    _link(site, f"calls/{key}", "contacts/203")
    assert site.properties("/crm/v3/objects/contacts/203", "num_notes")["num_notes"] == "1"


# --- history ----------------------------------------------------------------------------------------------------------


def _history(site: Site, path: str, name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = site.get(f"{path}?propertiesWithHistory={name}")["propertiesWithHistory"][name]
    return rows


def test_history_says_which_app_wrote(site: Site) -> None:
    _patch(site, CONTACT, jobtitle="CIO")
    first, second = _history(site, CONTACT, "jobtitle")
    assert (first["sourceType"], first["sourceId"], first["sourceLabel"]) == ("INTEGRATION", "1048576", "Private app")
    assert (second["sourceType"], second["value"]) == ("CRM_UI", "Head of IT")


def test_history_tells_calculated_values_apart(site: Site) -> None:
    _link(site, "contacts/203", "companies/9001")
    assert _history(site, COMPANY, "num_associated_contacts")[0]["sourceType"] == "CALCULATED"
    _patch(site, DEAL, dealstage="closedwon")
    assert _history(site, DEAL, "hs_is_closed_won")[0]["sourceType"] == "CALCULATED"
    assert _history(site, DEAL, "dealstage")[0]["sourceType"] == "INTEGRATION"


def test_history_tells_what_a_merge_brought(site: Site) -> None:
    site.json("POST", "/crm/v3/objects/contacts/merge", {"primaryObjectId": "202", "objectIdToMerge": "201"})
    assert _history(site, "/crm/v3/objects/contacts/202", "jobtitle")[0]["sourceType"] == "MERGE_OBJECTS"


def test_a_property_without_a_value_has_no_history(site: Site) -> None:
    assert _history(site, "/crm/v3/objects/contacts/203", "jobtitle") == []
    _patch(site, "/crm/v3/objects/contacts/203", jobtitle="CIO")
    assert [row["value"] for row in _history(site, "/crm/v3/objects/contacts/203", "jobtitle")] == ["CIO"]
