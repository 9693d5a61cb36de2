"""Owners, account details and usage, pipelines (contract sections 13 and 19)."""

import pytest

from tests.emulator.hubspot.site import Site

pytestmark = pytest.mark.emulator


def test_an_owner_has_the_documented_form(site: Site) -> None:
    assert site.get("/crm/v3/owners/4101") == {
        "id": "4101",
        "email": "ada@us.example",
        "type": "PERSON",
        "firstName": "Ada",
        "lastName": "Byron",
        "userId": 91,
        "userIdIncludingInactive": 91,
        "createdAt": site.later(0),
        "updatedAt": site.later(0),
        "archived": False,
        "teams": [{"id": "7", "name": "West", "primary": True}],
    }


def test_owners_are_paged(site: Site) -> None:
    first = site.get("/crm/v3/owners/?limit=1")
    assert [row["id"] for row in first["results"]] == ["4101"]
    second = site.get(f"/crm/v3/owners/?limit=1&after={first['paging']['next']['after']}")
    assert [row["id"] for row in second["results"]] == ["4102"]
    assert "paging" not in second


def test_deactivated_owners_are_listed_as_archived_without_user(site: Site) -> None:
    (row,) = site.get("/crm/v3/owners?archived=True")["results"]
    assert (row["id"], row["userId"], row["userIdIncludingInactive"], row["archived"]) == ("4103", None, 93, True)


@pytest.mark.parametrize(
    ("path", "owner"),
    [("/crm/v3/owners/92?idProperty=userId", "4102"), ("/crm/v3/owners/4103?archived=true", "4103")],
)
def test_one_owner_by_user_id_and_archived(site: Site, path: str, owner: str) -> None:
    assert site.get(path)["id"] == owner


@pytest.mark.parametrize("path", ["/crm/v3/owners/91", "/crm/v3/owners/4103", "/crm/v3/owners/x"])
def test_an_unknown_owner_is_404(site: Site, path: str) -> None:
    site.refused("GET", path, status=404)


def test_owners_by_email(site: Site) -> None:
    rows = site.get("/crm/v3/owners?email=BOB@us.example")["results"]
    assert [row["id"] for row in rows] == ["4102"]


def test_account_details(site: Site) -> None:
    details = site.get("/account-info/v3/details")
    assert details["portalId"] == 48120733
    assert details["accountType"] == "STANDARD"
    assert details["timeZone"] == "US/Eastern"
    assert details["dataHostingLocation"] == "na1"


def test_daily_usage_counts_calls_and_tells_the_reset(site: Site) -> None:
    site.get("/crm/v3/owners")
    (row,) = site.get("/account-info/v3/api-usage/daily/private-apps")["results"]
    assert (row["name"], row["usageLimit"], row["currentUsage"]) == ("private-apps-api-calls-daily", 625_000, 2)
    assert (row["fetchStatus"], row["collectedAt"]) == ("SUCCESS", site.later(0))
    assert row["resetsAt"] == "2026-11-03T05:00:00.000Z"


def test_deal_pipelines_name_their_closed_stages(site: Site) -> None:
    (pipeline,) = site.get("/crm/v3/pipelines/deals")["results"]
    closed = {row["id"] for row in pipeline["stages"] if row["metadata"]["isClosed"] == "true"}
    assert (pipeline["id"], closed) == ("default", {"closedwon", "closedlost"})
    assert site.get("/crm/v3/pipelines/deals/default") == pipeline
    site.refused("GET", "/crm/v3/pipelines/deals/other", status=404)
    assert site.get("/crm/v3/pipelines/contacts")["results"] == []
