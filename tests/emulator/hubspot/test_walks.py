"""Portals walked as strangers walk them: by following links only, with joined or repeated names, every page once."""

from collections.abc import Iterator
from typing import Any

import pytest

from connectors.emulator.hubspot.records import Reading, Table
from tests.emulator.hubspot.site import Site

pytestmark = pytest.mark.emulator

CONTACTS = "/crm/v3/objects/contacts"
SPEC = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 279}


def _pages(site: Site, path: str) -> Iterator[Any]:
    """Follow `paging.next.link` to the end; a walk that does not end fails."""
    for _ in range(50):
        page = site.get(path)
        yield page
        following = page.get("paging", {}).get("next")
        if following is None:
            return
        assert following["link"].startswith(site.url)
        path = following["link"].removeprefix(site.url)
    raise AssertionError(f"no end of {path}")


def _many(site: Site, count: int) -> list[str]:
    made: list[str] = []
    for start in range(0, count, 100):
        rows = [{"properties": {"firstname": f"P{number}"}} for number in range(start, min(start + 100, count))]
        answer = site.json("POST", f"{CONTACTS}/batch/create", {"inputs": rows}, status=201)
        made += [row["id"] for row in answer["results"]]
    return made


@pytest.mark.parametrize("root", ["/crm/v3/objects", "/crm/objects/2025-09", "/crm/objects/2026-09"])
@pytest.mark.parametrize(
    "query", ["limit=7", "limit=7&properties=email,firstname&archived=False&associations=companies"]
)
def test_links_lead_through_every_record_once(site: Site, root: str, query: str) -> None:
    made = _many(site, 25)
    pages = list(_pages(site, f"{root}/contacts?{query}"))
    ids = [row["id"] for page in pages for row in page["results"]]
    assert ids == sorted({"201", "202", "203", *made}, key=int)
    assert [len(page["results"]) for page in pages] == [7, 7, 7, 7]
    for page in pages:
        assert all(("firstname" in row["properties"]) for row in page["results"])


@pytest.mark.parametrize(
    "query",
    ["properties=email&properties=jobtitle", "properties=email,jobtitle", "properties=email&properties=jobtitle,email"],
)
def test_names_are_joined_or_repeated(site: Site, query: str) -> None:
    shown = site.get(f"{CONTACTS}/201?{query}")["properties"]
    assert set(shown) == {"email", "jobtitle", "hs_object_id", "createdate", "lastmodifieddate"}


@pytest.mark.parametrize("word", ["true", "True", "TRUE"])
def test_truth_is_written_in_any_case(site: Site, word: str) -> None:
    assert [row["id"] for row in site.get(f"{CONTACTS}?archived={word}")["results"]] == ["204"]


def test_associations_above_five_hundred_are_paged_by_link_and_by_batch(site: Site) -> None:
    site.portal.settings["inline_associations"] = 100
    made = _many(site, 600)
    rows = [{"from": {"id": key}, "to": {"id": "9002"}, "types": [SPEC]} for key in made]
    site.json("POST", "/crm/v4/associations/contacts/companies/batch/create", {"inputs": rows}, status=201)
    pages = list(_pages(site, "/crm/v4/objects/companies/9002/associations/contacts"))
    assert [len(page["results"]) for page in pages] == [500, 100]
    walked = [str(row["toObjectId"]) for page in pages for row in page["results"]]
    assert walked == made
    path = "/crm/v4/associations/companies/contacts/batch/read"
    (first,) = site.json("POST", path, {"inputs": [{"id": "9002"}]})["results"]
    after = first["paging"]["next"]["after"]
    (second,) = site.json("POST", path, {"inputs": [{"id": "9002", "after": after}]})["results"]
    assert [str(row["toObjectId"]) for row in (*first["to"], *second["to"])] == made
    assert "paging" not in second
    inside = site.get("/crm/v3/objects/companies/9002?associations=contacts")["associations"]["contacts"]
    rest = inside["paging"]["next"]["link"].removeprefix(site.url)
    found = [row["id"] for row in inside["results"]]
    found += [row["id"] for page in _pages(site, rest) for row in page["results"]]
    assert found == made
    assert (
        site.properties("/crm/v3/objects/companies/9002", "num_associated_contacts")["num_associated_contacts"] == "600"
    )


def test_a_search_is_walked_by_offsets(site: Site) -> None:
    made = _many(site, 25)
    site.wait(6)
    found: list[str] = []
    body: dict[str, Any] = {"filterGroups": [], "limit": 10, "after": "0"}
    while True:
        site.wait(1)
        page = site.json("POST", f"{CONTACTS}/search", body)
        found += [row["id"] for row in page["results"]]
        if "paging" not in page:
            break
        assert "link" not in page["paging"]["next"]
        body["after"] = page["paging"]["next"]["after"]
    assert (found, page["total"]) == (["201", "202", "203", *made], 28)


@pytest.mark.parametrize("path", ["/crm/v3/owners", "/crm/owners/2026-09", "/settings/v3/users"])
def test_other_collections_are_walked_by_link(site: Site, path: str) -> None:
    pages = list(_pages(site, f"{path}?limit=1"))
    assert [len(page["results"]) for page in pages] == [1, 1]


def test_members_of_a_list_are_walked_by_link(site: Site) -> None:
    made = _many(site, 25)
    new = {"name": "All", "objectTypeId": "0-1", "processingType": "MANUAL"}
    key = site.json("POST", "/crm/v3/lists", new)["list"]["listId"]
    site.json("PUT", f"/crm/v3/lists/{key}/memberships/add", made)
    for rest in ("memberships", "memberships/join-order"):
        pages = list(_pages(site, f"/crm/v3/lists/{key}/{rest}?limit=10"))
        assert [row["recordId"] for page in pages for row in page["results"]] == made


def test_head_answers_as_get_without_a_body(site: Site) -> None:
    answer = site.call("HEAD", f"{CONTACTS}/201")
    assert (answer.status_code, answer.content) == (200, b"")


def test_a_node_client_s_headers_are_fine(site: Site) -> None:
    headers = {"User-Agent": "hubspot-api-client-nodejs; 13.1.0", "Accept": "application/json, */*;q=0.8",
               "Content-Type": "application/json", "Accept-Encoding": "gzip,deflate"}  # fmt: skip
    assert site.call("GET", f"{CONTACTS}?limit=100&archived=false", headers=headers).status_code == 200


def test_what_is_read_is_read_through_the_narrow_interface() -> None:
    table: Reading = Table()
    assert (len(table), table.find(1), table.winner(1), table.by_unique("email", "x")) == (0, None, 1, None)
    assert (table.page(0, 5, archived=False), table.select(lambda _: True, 0.0)) == (([], None), [])
    assert (table.unique("email"), table.unsettled(0.0), table.aliases, table.revision) == (False, False, {}, 0)
