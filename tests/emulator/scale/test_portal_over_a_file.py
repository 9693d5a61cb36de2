"""A portal over a file answers every request as one that holds the same records does."""

from typing import Any

import pytest

from tests.emulator.scale.sites import Sites

V3 = "/crm/v3/objects"
FIRST = 2_000_000_001
PROPERTIES = "email,firstname,jobtitle,nps_score,associatedcompanyid,hs_object_id,no_such_property"
KINDS = ("contacts", "companies", "deals", "emails", "calls", "meetings", "notes", "tasks")


def _search(*filters: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"filterGroups": [{"filters": [each]} for each in filters], "properties": ["email", "jobtitle"], **more}


def _where(name: str, operator: str, value: Any = None, **more: Any) -> dict[str, Any]:
    given = {"values" if isinstance(value, list) else "value": value} if value is not None else {}
    return {"propertyName": name, "operator": operator, **given, **more}


SEARCHES: dict[str, list[dict[str, Any]]] = {
    "contacts": [
        _search(),
        _search(limit=200, after="200"),
        _search(_where("jobtitle", "EQ", "vp sales")),
        _search(_where("jobtitle", "NEQ", "VP Sales"), limit=200),
        _search(_where("jobtitle", "IN", ["vp sales", "VP Legal"])),
        _search(_where("lifecyclestage", "IN", ["customer"]), sorts=["-email"]),
        _search(_where("lifecyclestage", "NOT_IN", ["customer", "lead"])),
        _search(_where("hs_buying_role", "EQ", "DECISION_MAKER")),
        _search(_where("hs_buying_role", "NOT_IN", ["CHAMPION", "END_USER"]), limit=50),
        _search(_where("nps_score", "GTE", "9"), sorts=[{"propertyName": "nps_score", "direction": "DESCENDING"}]),
        _search(_where("nps_score", "BETWEEN", "2", highValue="4.5"), sorts=["nps_score"]),
        _search(_where("nps_date", "LT", "2026-01-01"), sorts=["nps_date"]),
        _search(_where("createdate", "GT", "1767225600000"), sorts=["-createdate"]),
        _search(_where("nps_score", "NOT_HAS_PROPERTY"), _where("jobtitle", "HAS_PROPERTY"), limit=200),
        _search(_where("email", "CONTAINS_TOKEN", "a*")),
        _search(_where("company", "NOT_CONTAINS_TOKEN", "inc")),
        _search(_where("associations.company", "EQ", "1000000050")),
        _search(_where("email", "EQ", "nobody@nowhere.example"), query="x"),
        _search(query="bj\u00f6rn"),
        _search(query="berg inc", sorts=["lastname"]),
        _search(_where("rapport_do_not_task", "NEQ", "true"), limit=5),
        _search(_where("nps_score", "EQ", "many")),
        _search(_where("nothing", "EQ", "1")),
        _search(limit=0),
    ],
    "deals": [
        _search(_where("amount", "GT", "50000"), sorts=["-amount"]),
        _search(_where("hs_is_closed", "EQ", "true")),
    ],
    "calls": [
        _search(_where("associations.contact", "EQ", "2000000007"), sorts=["-hs_timestamp"]),
        _search(_where("hs_timestamp", "BETWEEN", "2026-01-01", highValue="2026-02-01"), limit=100),
    ],
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_list_is_the_same_to_its_end(read_only_sites: Sites, kind: str) -> None:
    associated = "contacts,companies" if kind != "contacts" else "companies,deals,notes"
    found = read_only_sites.listed(f"{V3}/{kind}?limit=100&properties={PROPERTIES}&associations={associated}")
    assert len(found) == len(read_only_sites.plain.crm.tables[kind])


@pytest.mark.parametrize(
    "query",
    [
        "limit=7",
        f"limit=7&after={FIRST + 995}",
        "limit=3&after=99999999999",
        "archived=true",
        "limit=0",
        "limit=5&after=x",
        "limit=2&propertiesWithHistory=email",
        f"limit=3&properties={PROPERTIES}&after=17",
        "limit=3&associations=emails",
    ],
)
def test_a_page_is_the_same_whatever_is_asked(read_only_sites: Sites, query: str) -> None:
    read_only_sites.same("GET", f"{V3}/contacts?{query}")
    read_only_sites.same("GET", f"/crm/objects/2026-03/contacts?{query}")


def test_more_links_than_a_record_shows_come_with_a_link_to_the_rest(read_only_sites: Sites) -> None:
    for portal in (read_only_sites.filed, read_only_sites.plain):
        portal.settings["inline_associations"] = 2
    found = read_only_sites.listed(f"{V3}/companies?limit=50&associations=contacts")
    assert any("paging" in row["associations"]["contacts"] for row in found)
    for portal in (read_only_sites.filed, read_only_sites.plain):
        portal.settings["inline_associations"] = 100


@pytest.mark.parametrize(("kind", "body"), [(kind, body) for kind, bodies in SEARCHES.items() for body in bodies])
def test_a_search_finds_the_same(read_only_sites: Sites, kind: str, body: dict[str, Any]) -> None:
    read_only_sites.same("POST", f"{V3}/{kind}/search", body)


def test_records_are_read_by_id_and_by_email(read_only_sites: Sites) -> None:
    email = read_only_sites.same("GET", f"{V3}/contacts/{FIRST}?properties=email")["properties"]["email"]
    read_only_sites.same("GET", f"{V3}/contacts/{email.upper()}?idProperty=email")
    read_only_sites.same("GET", f"{V3}/contacts/{FIRST - 1}")
    inputs = [{"id": str(FIRST + each)} for each in (3, 999, 1000, 5)]
    read_only_sites.same("POST", f"{V3}/contacts/batch/read", {"inputs": inputs, "properties": ["email"]})
    inputs = [{"id": email}, {"id": "nobody@nowhere.example"}]
    read_only_sites.same("POST", f"{V3}/contacts/batch/read", {"inputs": inputs, "idProperty": "email"})


def test_links_are_read_one_by_one_and_in_batches(read_only_sites: Sites) -> None:
    read_only_sites.same("GET", f"/crm/v4/objects/contacts/{FIRST}/associations/companies")
    inputs = [{"id": str(FIRST + each)} for each in (0, 4, 2000)]
    for other in ("companies", "emails", "tickets"):
        read_only_sites.same("POST", f"/crm/v4/associations/contacts/{other}/batch/read", {"inputs": inputs})


def test_links_of_a_batch_are_those_of_records_that_live(sites: Sites) -> None:
    pair = "/crm/v4/associations/contacts/companies/batch/read"
    close = [{"id": str(FIRST + each)} for each in range(8)]
    sites.same("DELETE", f"{V3}/contacts/{FIRST + 3}")
    sites.same("POST", f"{V3}/contacts/merge", {"primaryObjectId": str(FIRST), "objectIdToMerge": str(FIRST + 1)})
    found = sites.same("POST", pair, {"inputs": [*close, {"id": "12"}, {"id": "nobody"}]})
    named = [row["from"]["id"] for row in found["results"]]
    assert str(FIRST + 1) in named
    assert {str(FIRST + 3), "12", "nobody"}.isdisjoint(named)


def test_an_update_is_seen_by_the_list_at_once_and_by_search_when_it_has_caught_up(sites: Sites) -> None:
    sites.same("GET", f"{V3}/contacts?limit=10&properties=jobtitle")
    changed = [{"id": str(FIRST + each), "properties": {"jobtitle": "Queen"}} for each in (1, 50, 999)]
    sites.same("POST", f"{V3}/contacts/batch/update", {"inputs": changed})
    found = sites.listed(f"{V3}/contacts?limit=100&properties=jobtitle")
    assert [row["id"] for row in found if row["properties"]["jobtitle"] == "Queen"] == [row["id"] for row in changed]
    body = _search(_where("jobtitle", "EQ", "queen"))
    assert sites.same("POST", f"{V3}/contacts/search", body)["total"] == 0
    sites.wait(6)
    assert sites.same("POST", f"{V3}/contacts/search", body)["total"] == 3
    for each in SEARCHES["contacts"]:
        sites.same("POST", f"{V3}/contacts/search", each)


def test_a_property_that_the_file_does_not_have_is_written_listed_and_found(sites: Sites) -> None:
    made = {"name": "rapport_depth", "label": "Depth", "type": "number", "fieldType": "number",
            "groupName": "contactinformation"}  # fmt: skip
    for portal in (sites.filed, sites.plain):
        assert portal.crm.schemas["contacts"].get("rapport_depth") is None
    sites.same("POST", "/crm/v3/properties/contacts", made)
    sites.listed(f"{V3}/contacts?limit=100&properties=rapport_depth")
    inputs = [{"id": str(FIRST + each), "properties": {"rapport_depth": str(each % 4)}} for each in range(100, 200)]
    sites.same("POST", f"{V3}/contacts/batch/update", {"inputs": inputs})
    found = sites.listed(f"{V3}/contacts?limit=100&properties=rapport_depth")
    assert sum(row["properties"]["rapport_depth"] == "3" for row in found) == 25
    sites.wait(6)
    sites.same("POST", f"{V3}/contacts/search", _search(_where("rapport_depth", "GT", "1"), sorts=["-rapport_depth"]))
    sites.same("POST", f"{V3}/contacts/search", _search(_where("rapport_depth", "NOT_HAS_PROPERTY"), limit=10))


def test_new_records_stand_behind_those_of_the_file_and_show_their_links(sites: Sites) -> None:
    link = {"to": {"id": str(FIRST)}, "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 204}]}
    task = {"properties": {"hs_timestamp": "2026-11-03T09:00:00Z", "hs_task_subject": "New"}, "associations": [link]}
    made = sites.same("POST", f"{V3}/tasks", task)
    found = sites.listed(f"{V3}/tasks?limit=100&properties=hs_task_subject&associations=contacts")
    assert found[-1]["id"] == made["id"]
    assert found[-1]["associations"]["contacts"]["results"][0]["id"] == str(FIRST)
    sites.same("GET", f"{V3}/contacts?limit=2&associations=tasks&properties=email")


def test_what_is_archived_leaves_the_list_and_the_links(sites: Sites) -> None:
    sites.same("DELETE", f"{V3}/contacts/{FIRST + 3}")
    found = sites.listed(f"{V3}/contacts?limit=100&associations=companies")
    assert str(FIRST + 3) not in [row["id"] for row in found]
    sites.listed(f"{V3}/companies?limit=100&properties=num_associated_contacts&associations=contacts")
    sites.same("GET", f"{V3}/contacts?archived=true")
    sites.wait(6)
    sites.same("POST", f"{V3}/contacts/search", _search(limit=200))


def test_pages_pass_over_a_run_of_archived_records_and_show_those_written_beside_it(sites: Sites) -> None:
    gone = [str(FIRST + number) for number in range(2, 9)]
    sites.same("POST", f"{V3}/contacts/batch/archive", {"inputs": [{"id": each} for each in gone]})
    sites.same("PATCH", f"{V3}/contacts/{FIRST + 9}", {"properties": {"jobtitle": 'Head of "IT"'}})
    first = sites.same("GET", f"{V3}/contacts?limit=3&properties=jobtitle")
    assert [row["id"] for row in first["results"]] == [str(FIRST + number) for number in (0, 1, 9)]
    assert first["results"][2]["properties"]["jobtitle"] == 'Head of "IT"'
    assert first["paging"]["next"]["after"] == str(FIRST + 10)
    found = sites.listed(f"{V3}/contacts?limit=3&properties=jobtitle")
    assert not {row["id"] for row in found} & set(gone)


def test_an_email_is_taken_by_a_record_of_the_file_until_that_gives_it_up(sites: Sites) -> None:
    email = sites.same("GET", f"{V3}/contacts/{FIRST}?properties=email")["properties"]["email"]
    sites.same("POST", f"{V3}/contacts", {"properties": {"email": email}})
    sites.same("PATCH", f"{V3}/contacts/{FIRST}", {"properties": {"email": "other@nowhere.example"}})
    sites.same("POST", f"{V3}/contacts", {"properties": {"email": email}})
    inputs = [{"id": email, "idProperty": "email", "properties": {"firstname": "Ups"}}]
    sites.same("POST", f"{V3}/contacts/batch/upsert", {"inputs": inputs})


def test_a_merge_moves_the_links_of_the_file(sites: Sites) -> None:
    sites.same("POST", f"{V3}/contacts/merge", {"primaryObjectId": str(FIRST), "objectIdToMerge": str(FIRST + 1)})
    for other in ("companies", "emails", "calls"):
        sites.same("GET", f"/crm/v4/objects/contacts/{FIRST}/associations/{other}")
    sites.listed(f"{V3}/calls?limit=100&associations=contacts")
    sites.same("GET", f"{V3}/contacts/{FIRST + 1}")


def test_links_are_made_labelled_and_cut(sites: Sites) -> None:
    there = "/associations/companies/1000000070"
    spec = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 1}]
    sites.same("PUT", f"/crm/v4/objects/contacts/{FIRST}{there}", spec)
    sites.same("GET", f"{V3}/contacts?limit=2&associations=companies&properties=associatedcompanyid")
    sites.same("DELETE", f"/crm/v4/objects/contacts/{FIRST}{there}")
    sites.same("GET", "/crm/v4/objects/companies/1000000070/associations/contacts?limit=500")
    sites.same("GET", f"{V3}/contacts?limit=2&associations=companies")
