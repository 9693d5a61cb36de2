"""Lists: manual, snapshot and dynamic members, pages both ways, what lists refuse (contract section 19)."""

from typing import Any

import pytest

from tests.emulator.hubspot.site import Site

pytestmark = pytest.mark.emulator

LISTS = "/crm/v3/lists"
DATED = "/crm/lists/2026-09"


def _filters(name: str, operator: str, **operation: Any) -> dict[str, Any]:
    one = {"filterType": "PROPERTY", "property": name, "operation": {"operator": operator, **operation}}
    return {"filterBranchType": "OR", "filterBranches": [{"filterBranchType": "AND", "filters": [one]}]}


def _new(site: Site, name: str, processing: str = "MANUAL", root: str = LISTS, **more: Any) -> str:
    form = {"name": name, "objectTypeId": "0-1", "processingType": processing, **more}
    key: str = site.json("POST", root, form)["list"]["listId"]
    return key


def _members(site: Site, key: str, rest: str = "") -> list[str]:
    return [row["recordId"] for row in site.get(f"{LISTS}/{key}/memberships{rest}")["results"]]


def test_a_list_is_the_same_under_every_version(site: Site) -> None:
    key = _new(site, "Friends", root=DATED)
    shown = site.get(f"{LISTS}/{key}")["list"]
    assert shown == site.get(f"{DATED}/{key}")["list"]
    assert {"listId", "listVersion", "name", "objectTypeId", "processingType", "processingStatus"} <= shown.keys()


@pytest.mark.parametrize("root", [LISTS, DATED])
def test_members_are_paged_by_id_in_both_directions(site: Site, root: str) -> None:
    key = _new(site, "All")
    site.json("PUT", f"{root}/{key}/memberships/add", ["203", "201", "202"])
    first = site.get(f"{root}/{key}/memberships?limit=2")
    assert ([row["recordId"] for row in first["results"]], first["total"]) == (["201", "202"], 3)
    assert "prev" not in first["paging"]
    second = site.get(f"{root}/{key}/memberships?limit=2&after={first['paging']['next']['after']}")
    assert [row["recordId"] for row in second["results"]] == ["203"]
    assert "next" not in second["paging"]
    back = site.get(f"{root}/{key}/memberships?limit=2&before={second['paging']['prev']['before']}")
    assert [row["recordId"] for row in back["results"]] == ["202", "201"]
    assert site.get(f"{root}/{key}/memberships")["results"][0]["membershipTimestamp"] == site.later(0)
    assert "paging" not in site.get(f"{root}/{key}/memberships")


def test_members_are_paged_by_when_they_joined(site: Site) -> None:
    key = _new(site, "All")
    for record_id in ("203", "201", "202"):
        site.json("PUT", f"{LISTS}/{key}/memberships/add", [record_id])
        site.wait(1)
    first = site.get(f"{LISTS}/{key}/memberships/join-order?limit=2")
    assert [row["recordId"] for row in first["results"]] == ["203", "201"]
    after = first["paging"]["next"]["after"]
    second = site.get(f"{LISTS}/{key}/memberships/join-order?limit=2&after={after}")
    assert [row["recordId"] for row in second["results"]] == ["202"]
    before = second["paging"]["prev"]["before"]
    assert _members(site, key, f"/join-order?before={before}") == ["201", "203"]


@pytest.mark.parametrize("limit", ["0", "251", "x"])
def test_a_page_of_members_has_limits(site: Site, limit: str) -> None:
    key = _new(site, "All")
    site.refused("GET", f"{LISTS}/{key}/memberships?limit={limit}")


def test_adding_tells_whom_it_did_not_find(site: Site) -> None:
    key = _new(site, "All")
    told = site.json("PUT", f"{LISTS}/{key}/memberships/add", ["201", "201", "999", "x"])
    assert (told["recordIdsAdded"], told["recordIdsMissing"]) == (["201"], ["999", "x"])
    again = site.json("PUT", f"{LISTS}/{key}/memberships/add", ["201"])
    assert again["recordIdsAdded"] == []


def test_a_dynamic_list_follows_its_filters_as_late_as_search(site: Site) -> None:
    key = _new(site, "Heads", "DYNAMIC", filterBranch=_filters("jobtitle", "IS_EQUAL_TO", value="Head of IT"))
    assert _members(site, key) == ["201"]
    site.json("PATCH", "/crm/v3/objects/contacts/203", {"properties": {"jobtitle": "Head of IT"}})
    assert _members(site, key) == ["201"]
    site.wait(6)
    assert _members(site, key) == ["201", "203"]
    site.json("DELETE", "/crm/v3/objects/contacts/201", status=204)
    assert _members(site, key) == ["203"]


@pytest.mark.parametrize(
    ("operator", "operation", "found"),
    [
        ("IS_GREATER_THAN", {"value": 3}, ["201"]),
        ("IS_LESS_THAN_OR_EQUAL_TO", {"value": 3}, ["202"]),
        ("IS_BETWEEN", {"lowerBound": 1, "upperBound": 5}, ["202"]),
        ("IS_KNOWN", {}, ["201", "202"]),
        ("IS_UNKNOWN", {}, ["203"]),
        ("IS_GREATER_THAN", {"value": 3, "includeObjectsWithNoValueSet": True}, ["201", "203"]),
    ],
)
def test_filters_mean_what_search_means(site: Site, operator: str, operation: Any, found: list[str]) -> None:
    key = _new(site, "Scores", "DYNAMIC", filterBranch=_filters("nps_score", operator, **operation))
    assert _members(site, key) == found


def test_branches_are_joined_by_and_and_or(site: Site) -> None:
    first, second = (_filters("nps_score", "IS_KNOWN"), _filters("firstname", "IS_ANY_OF", values=["ann", "cy"]))
    either = {"filterBranchType": "OR", "filterBranches": [first, second]}
    both = {"filterBranchType": "AND", "filterBranches": [first, second]}
    assert _members(site, _new(site, "Either", "DYNAMIC", filterBranch=either)) == ["201", "202", "203"]
    assert _members(site, _new(site, "Both", "DYNAMIC", filterBranch=both)) == ["201"]


def test_a_snapshot_stays_as_it_was_taken(site: Site) -> None:
    key = _new(site, "Then", "SNAPSHOT", filterBranch=_filters("nps_score", "IS_KNOWN"))
    site.json("PATCH", "/crm/v3/objects/contacts/203", {"properties": {"nps_score": 5}})
    site.wait(6)
    assert _members(site, key) == ["201", "202"]
    assert site.json("PUT", f"{LISTS}/{key}/memberships/add", ["203"])["recordIdsAdded"] == ["203"]


@pytest.mark.parametrize(
    "form",
    [
        {"name": "A", "objectTypeId": "0-1", "processingType": "MAGIC"},
        {"name": "A", "objectTypeId": "0-99", "processingType": "MANUAL"},
        {"name": "A", "objectTypeId": "0-1", "processingType": "DYNAMIC"},
        {"name": "Taken", "objectTypeId": "0-1", "processingType": "MANUAL"},
        {"name": " ", "objectTypeId": "0-1", "processingType": "MANUAL"},
        {"name": "A", "objectTypeId": "0-1", "processingType": "DYNAMIC",
         "filterBranch": {"filterBranchType": "OR", "filters": [{"filterType": "IN_LIST"}]}},
        {"name": "A", "objectTypeId": "0-1", "processingType": "DYNAMIC", "filterBranch": {"filterBranchType": "XOR"}},
        {"name": "A", "objectTypeId": "0-1", "processingType": "DYNAMIC",
         "filterBranch": {"filterBranchType": "OR", "filters": "all"}},
    ],
)  # fmt: skip
def test_impossible_lists_are_400(site: Site, form: dict[str, Any]) -> None:
    _new(site, "Taken")
    site.refused("POST", LISTS, form)


def test_members_of_a_dynamic_list_are_not_added_by_hand(site: Site) -> None:
    key = _new(site, "Known", "DYNAMIC", filterBranch=_filters("nps_score", "IS_KNOWN"))
    site.refused("PUT", f"{LISTS}/{key}/memberships/add", ["203"])
    manual = _new(site, "Manual")
    site.refused("PUT", f"{LISTS}/{manual}/update-list-filters", {"filterBranch": _filters("email", "IS_KNOWN")})


def test_lists_are_searched_page_by_page(site: Site) -> None:
    for name in ("Red one", "Red two", "Blue one"):
        _new(site, name)
    _new(site, "Red dynamic", "DYNAMIC", filterBranch=_filters("email", "IS_KNOWN"))
    body = {"query": "red", "count": 2, "offset": 0}
    page = site.json("POST", f"{LISTS}/search", body)
    assert ([row["name"] for row in page["lists"]], page["hasMore"], page["offset"], page["total"]) == (
        ["Red one", "Red two"], True, 2, 3)  # fmt: skip
    rest = site.json("POST", f"{LISTS}/search", {**body, "offset": 2})
    assert ([row["name"] for row in rest["lists"]], rest["hasMore"]) == (["Red dynamic"], False)
    manual = site.json("POST", f"{LISTS}/search", {**body, "count": 9, "processingTypes": ["MANUAL"]})
    assert [row["name"] for row in manual["lists"]] == ["Red one", "Red two"]


def test_a_deleted_list_comes_back(site: Site) -> None:
    key = _new(site, "Friends")
    site.json("DELETE", f"{LISTS}/{key}", status=204)
    site.refused("GET", f"{LISTS}/{key}", status=404)
    site.json("PUT", f"{LISTS}/{key}/restore", status=204)
    assert site.get(f"{LISTS}/{key}")["list"]["name"] == "Friends"


@pytest.mark.parametrize(("method", "scope"), [("GET", "crm.lists.read"), ("POST", "crm.lists.write")])
def test_lists_need_their_scopes(site: Site, method: str, scope: str) -> None:
    site.portal.settings["scopes"].remove(scope)
    error = site.refused(method, LISTS, {} if method == "POST" else None, status=403)
    assert scope in error["errors"][0]["context"]["requiredGranularScopes"]
