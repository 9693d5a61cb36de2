"""Search: operators, limits, order, lag (contract section 15)."""

from typing import Any

import pytest

from tests.emulator.hubspot.site import Site

pytestmark = pytest.mark.emulator

CONTACTS = "/crm/v3/objects/contacts"


def _filter(name: str, operator: str, *values: str, **more: Any) -> dict[str, Any]:
    given: dict[str, Any] = {"value": values[0]} if values else {}
    match operator:
        case "IN" | "NOT_IN":
            given = {"values": list(values)}
        case "BETWEEN":
            given = dict(zip(("value", "highValue"), values, strict=False))
    return {"propertyName": name, "operator": operator, **given, **more}


def _search(site: Site, *filters: dict[str, Any], kind: str = "contacts", **more: Any) -> Any:
    body = {"filterGroups": [{"filters": list(filters)}] if filters else [], **more}
    return site.json("POST", f"/crm/v3/objects/{kind}/search", body)


def _ids(answer: Any) -> list[str]:
    return [row["id"] for row in answer["results"]]


@pytest.mark.parametrize(
    ("name", "operator", "values", "found"),
    [
        ("email", "EQ", ["ANN@acme.example"], ["201"]),
        ("email", "NEQ", ["ann@acme.example"], ["202", "203"]),
        ("email", "IN", ["ann@acme.example", "cy@bolt.example"], ["201", "203"]),
        ("email", "IN", ["ANN@acme.example"], []),
        ("email", "NOT_IN", ["ann@acme.example"], ["202", "203"]),
        ("nps_score", "GT", ["3"], ["201"]),
        ("nps_score", "GTE", ["3"], ["201", "202"]),
        ("nps_score", "LT", ["9.0"], ["202"]),
        ("nps_score", "LTE", ["9.0"], ["201", "202"]),
        ("nps_score", "EQ", ["9.0"], ["201"]),
        ("nps_score", "BETWEEN", ["3", "5"], ["202"]),
        ("nps_score", "HAS_PROPERTY", [], ["201", "202"]),
        ("nps_score", "NOT_HAS_PROPERTY", [], ["203"]),
        ("lastmodifieddate", "GTE", ["1790841600000"], ["201", "202", "203"]),
        ("lastmodifieddate", "GT", ["2026-10-02T08:00:00Z"], ["203"]),
        ("lastmodifieddate", "BETWEEN", ["2026-10-02T00:00:00Z", "2026-10-03T00:00:00Z"], ["202"]),
        ("email", "CONTAINS_TOKEN", ["*@acme.example"], ["201", "202"]),
        ("email", "CONTAINS_TOKEN", ["acm"], []),
        ("email", "NOT_CONTAINS_TOKEN", ["acme"], ["203"]),
        ("hs_buying_role", "EQ", ["CHAMPION"], ["202"]),
        ("hs_buying_role", "IN", ["BLOCKER", "END_USER"], ["202"]),
        ("hs_buying_role", "EQ", ["champion"], []),
        ("hubspot_owner_id", "EQ", ["4101"], ["201"]),
        ("hs_object_id", "GT", ["201"], ["202", "203"]),
        ("associations.company", "EQ", ["9001"], ["201", "202"]),
        ("associations.0-2", "IN", ["9002"], []),
    ],
)
def test_operators(site: Site, name: str, operator: str, values: list[str], found: list[str]) -> None:
    assert _ids(_search(site, _filter(name, operator, *values))) == found


def test_filters_of_a_group_must_all_hold_and_one_group_suffices(site: Site) -> None:
    both = [_filter("email", "CONTAINS_TOKEN", "acme"), _filter("nps_score", "GT", "5")]
    other = [_filter("firstname", "EQ", "cy")]
    body = {"filterGroups": [{"filters": both}, {"filters": other}]}
    assert _ids(site.json("POST", f"{CONTACTS}/search", body)) == ["201", "203"]


def test_text_is_looked_for_in_the_usual_properties(site: Site) -> None:
    assert _ids(_search(site, query="ACME ben")) == ["202"]
    assert _ids(_search(site, query="bolt", kind="companies")) == ["9002"]


def test_the_answer_has_total_results_and_paging_until_the_last_page(site: Site) -> None:
    first = _search(site, limit=2, properties=["nps_score", "no_such"])
    assert first["total"] == 3
    assert first["paging"] == {"next": {"after": "2"}}
    assert first["results"][0]["properties"].keys() == {"nps_score", "hs_object_id", "createdate", "lastmodifieddate"}
    second = _search(site, limit=2, after=first["paging"]["next"]["after"])
    assert (_ids(second), second["total"]) == (["203"], 3)
    assert "paging" not in second


@pytest.mark.parametrize(
    ("sort", "found"),
    [
        ({"propertyName": "nps_score", "direction": "ASCENDING"}, ["202", "201", "203"]),
        ({"propertyName": "nps_score", "direction": "DESCENDING"}, ["201", "202", "203"]),
        ("-createdate", ["203", "202", "201"]),
        ("createdate", ["201", "202", "203"]),
        ("-firstname", ["203", "202", "201"]),
    ],
)
def test_sorting_puts_empty_values_last(site: Site, sort: object, found: list[str]) -> None:
    assert _ids(_search(site, sorts=[sort])) == found


MANY = [_filter("email", "HAS_PROPERTY")]


@pytest.mark.parametrize(
    "body",
    [
        {"filterGroups": [{"filters": MANY}] * 6},
        {"filterGroups": [{"filters": MANY * 7}]},
        {"filterGroups": [{"filters": MANY * 6}] * 3 + [{"filters": MANY}]},
        {"limit": 201},
        {"limit": -1},
        {"after": "9991"},
        {"after": "x"},
        {"sorts": ["email", "firstname"]},
        {"sorts": [{"propertyName": "email", "direction": "UP"}]},
        {"sorts": ["no_such"]},
        {"query": "x" * 3001},
        {"filterGroups": [{"filters": [_filter("email", "LIKE", "x")]}]},
        {"filterGroups": [{"filters": [_filter("email", "EQ")]}]},
        {"filterGroups": [{"filters": [_filter("email", "BETWEEN", "a")]}]},
        {"filterGroups": [{"filters": [_filter("email", "IN")]}]},
        {"filterGroups": [{"filters": [_filter("no_such", "EQ", "x")]}]},
        {"filterGroups": [{"filters": [_filter("nps_score", "GT", "many")]}]},
        {"filterGroups": [{"filters": [_filter("nps_score", "GT", "NaN")]}]},
        {"filterGroups": [{"filters": [_filter("closedate", "GT", "soon")]}]},
        {"filterGroups": [{"filters": [_filter("associations.gadget", "EQ", "1")]}]},
        {"filterGroups": [{"filters": [_filter("associations.company", "GT", "1")]}]},
    ],
)
def test_what_search_does_not_take_is_400(site: Site, body: Any) -> None:
    assert site.refused("POST", f"{CONTACTS}/search", body)["category"] == "VALIDATION_ERROR"


def test_the_limits_themselves_are_allowed(site: Site) -> None:
    _search(site, limit=200, after="9800")
    site.json("POST", f"{CONTACTS}/search", {"filterGroups": [{"filters": MANY * 3}] * 5})
    site.json("POST", f"{CONTACTS}/search", {"filterGroups": [{"filters": MANY * 6}] * 3})


@pytest.mark.parametrize("name", ["hs_email_html", "hs_body_preview", "hs_body_preview_html"])
def test_some_properties_of_emails_cannot_be_searched(site: Site, name: str) -> None:
    body = {"filterGroups": [{"filters": [_filter(name, "HAS_PROPERTY")]}]}
    site.refused("POST", "/crm/v3/objects/emails/search", body)


def test_a_new_record_is_found_only_after_the_lag(site: Site) -> None:
    site.json("POST", CONTACTS, {"properties": {"firstname": "Dora"}}, status=201)
    wanted = _filter("firstname", "EQ", "dora")
    site.wait(4)
    assert _search(site, wanted)["total"] == 0
    site.wait(2)
    assert _search(site, wanted)["total"] == 1


def test_within_the_lag_search_still_tells_the_old_value(site: Site) -> None:
    site.json("PATCH", f"{CONTACTS}/201", {"properties": {"jobtitle": "CIO"}})
    site.wait(2)
    site.json("PATCH", f"{CONTACTS}/201", {"properties": {"jobtitle": "CEO"}})
    told = []
    for _ in range(3):
        told.append(_search(site, _filter("hs_object_id", "EQ", "201"), properties=["jobtitle"]))
        site.wait(3)
    assert [row["results"][0]["properties"]["jobtitle"] for row in told] == ["Head of IT", "CIO", "CEO"]
    assert site.properties(f"{CONTACTS}/201", "jobtitle")["jobtitle"] == "CEO"


def test_a_failed_batch_never_shows_in_search(site: Site) -> None:
    rows = [{"id": "201", "properties": {"jobtitle": "Ghost"}}, {"id": "202", "properties": {"missing": 1}}]
    site.refused("POST", f"{CONTACTS}/batch/update", {"inputs": rows})
    site.wait(3)
    site.json("PATCH", f"{CONTACTS}/201", {"properties": {"firstname": "Anna"}})
    site.wait(3)
    assert _search(site, _filter("jobtitle", "EQ", "Ghost"))["total"] == 0


def test_archived_records_are_gone_at_once(site: Site) -> None:
    site.json("DELETE", f"{CONTACTS}/201", status=204)
    assert _ids(_search(site)) == ["202", "203"]


def test_the_lag_is_a_setting(site: Site) -> None:
    site.portal.settings["search_lag"] = 0
    site.json("POST", CONTACTS, {"properties": {"firstname": "Dora"}}, status=201)
    assert _search(site)["total"] == 4


def test_further_pages_of_a_quiet_portal_follow_the_first(site: Site) -> None:
    pages = [_ids(_search(site, limit=1, after=str(n), sorts=["-hs_object_id"])) for n in range(3)]
    assert pages == [["203"], ["202"], ["201"]]
    site.json("PATCH", f"{CONTACTS}/201", {"properties": {"nps_score": 1}})
    site.wait(10)
    assert _ids(_search(site, _filter("nps_score", "LT", "2"))) == ["201"]
