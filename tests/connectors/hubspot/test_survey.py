"""The census of a portal: what HubSpot does not say is open, and never none."""

import pytest

from connectors.hubspot.survey import KINDS, Survey
from tests.connectors.hubspot.conftest import OPTIONS, URL, Portal

OBJECTS = "/crm/objects/2026-09"


def census_of(portal: Portal, found: object) -> Survey:
    """Answer every search with the same, and the other questions with nothing."""
    for name in ("companies", *KINDS):
        portal.answers("POST", f"{OBJECTS}/{name}/search", found)
    portal.answers("GET", "/crm/owners/2026-09", {"results": []})
    portal.answers("GET", "/crm/properties/2026-09/companies", {"results": []})
    return Survey(portal.connect()._client.transport, OPTIONS, int(portal.time.now))


def test_a_search_without_a_total_leaves_customers_and_activity_open(portal: Portal) -> None:
    told = census_of(portal, {"results": []}).census()
    assert (told.customers, set(told.activity.values())) == (None, {None})


def test_a_total_of_nothing_says_that_there_is_none(portal: Portal) -> None:
    told = census_of(portal, {"total": 0, "results": []}).census()
    assert (told.customers, set(told.activity.values())) == (0, {0})


@pytest.mark.parametrize("paging", [None, {"next": None}, {"next": {"after": None}}])
def test_a_last_page_of_owners_may_say_so_by_nothing(portal: Portal, paging: object) -> None:
    survey = census_of(portal, {"total": 0, "results": []})
    page = {"results": [{"id": "1", "email": "Ada@vendor.example"}], "paging": paging}
    portal.scripted.remove("GET", f"{URL}/crm/owners/2026-09")
    portal.answers("GET", "/crm/owners/2026-09", page)
    assert survey.census().colleagues == {"ada@vendor.example"}


def test_a_question_that_may_not_be_asked_is_left_open(portal: Portal) -> None:
    told = census_of(portal, (403, {"category": "MISSING_SCOPES", "message": "no"})).census()
    assert (told.customers, set(told.activity.values())) == (None, {None})
