"""Associations v4 and dated: single, batch, labels, directions (contract section 16)."""

from typing import Any

import pytest

from tests.emulator.hubspot.site import Site

pytestmark = pytest.mark.emulator

PAIR = "/crm/v4/associations/contacts/companies"
OF_ANN = "/crm/v4/objects/contacts/201/associations/companies"
DECISION_MAKER = {"associationCategory": "USER_DEFINED", "associationTypeId": 101}
PRIMARY = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 1}
UNLABELLED = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 279}


def _labels(site: Site, path: str = OF_ANN) -> dict[int, set[str | None]]:
    rows = site.get(path)["results"]
    return {row["toObjectId"]: {kind["label"] for kind in row["associationTypes"]} for row in rows}


def test_one_record_s_associations_have_numbers_and_types(site: Site) -> None:
    assert site.get("/crm/v4/objects/contacts/202/associations/companies") == {
        "results": [
            {
                "toObjectId": 9001,
                "associationTypes": [{"category": "HUBSPOT_DEFINED", "typeId": 279, "label": None}],
            }
        ]
    }


def test_the_unlabelled_type_is_always_there_beside_labels(site: Site) -> None:
    assert _labels(site) == {9001: {"Primary", "Decision maker", None}}


def test_the_inverse_direction_has_inverse_types(site: Site) -> None:
    rows = site.get("/crm/v4/objects/companies/9001/associations/contacts")["results"]
    types = {row["toObjectId"]: {kind["typeId"] for kind in row["associationTypes"]} for row in rows}
    assert types == {201: {280, 2, 102}, 202: {280}}


DEFAULT_TYPES = [
    ("contacts", "contacts", 449, 449), ("contacts", "companies", 279, 280), ("contacts", "deals", 4, 3),
    ("contacts", "calls", 193, 194), ("contacts", "emails", 197, 198), ("contacts", "meetings", 199, 200),
    ("contacts", "notes", 201, 202), ("contacts", "tasks", 203, 204), ("contacts", "communications", 82, 81),
    ("companies", "companies", 450, 450), ("companies", "deals", 342, 341), ("companies", "calls", 181, 182),
    ("companies", "emails", 185, 186), ("companies", "meetings", 187, 188), ("companies", "notes", 189, 190),
    ("companies", "tasks", 191, 192), ("companies", "communications", 88, 87), ("deals", "deals", 451, 451),
    ("deals", "calls", 205, 206), ("deals", "emails", 209, 210), ("deals", "meetings", 211, 212),
    ("deals", "notes", 213, 214), ("deals", "tasks", 215, 216), ("deals", "communications", 86, 85),
]  # fmt: skip


@pytest.mark.parametrize(("start", "end", "there", "back"), DEFAULT_TYPES)
def test_default_types_per_direction(site: Site, start: str, end: str, there: int, back: int) -> None:
    for origin, target, wanted in ((start, end, there), (end, start, back)):
        rows = site.get(f"/crm/v4/associations/{origin}/{target}/labels")["results"]
        unlabelled = [row["typeId"] for row in rows if row["label"] is None and row["category"] == "HUBSPOT_DEFINED"]
        assert unlabelled == [wanted]


@pytest.mark.parametrize(
    ("pair", "type_id"),
    [("contacts/companies", 1), ("companies/contacts", 2), ("deals/companies", 5), ("companies/deals", 6)],
)
def test_primary_types_per_direction(site: Site, pair: str, type_id: int) -> None:
    rows = site.get(f"/crm/v4/associations/{pair}/labels")["results"]
    assert {"category": "HUBSPOT_DEFINED", "typeId": type_id, "label": "Primary"} in rows


def test_activities_cannot_be_linked_to_each_other(site: Site) -> None:
    task = site.json("POST", "/crm/v3/objects/tasks", {"properties": {"hs_timestamp": "1"}}, status=201)["id"]
    site.refused("PUT", f"/crm/v4/objects/emails/5001/associations/default/tasks/{task}")


# --- single writes ----------------------------------------------------------------------------------------------------


def test_a_put_is_201_and_replaces_the_labels(site: Site) -> None:
    assert site.json("PUT", f"{OF_ANN}/9001", [DECISION_MAKER], status=201) == {
        "fromObjectTypeId": "0-1",
        "fromObjectId": 201,
        "toObjectTypeId": "0-2",
        "toObjectId": 9001,
        "labels": ["Decision maker"],
    }
    assert _labels(site) == {9001: {"Decision maker", None}}


def test_a_contact_has_one_primary_company_and_mirrors_it(site: Site) -> None:
    shown = site.properties("/crm/v3/objects/contacts/201", "associatedcompanyid")
    assert shown["associatedcompanyid"] == "9001"
    site.wait(60)
    site.json("PUT", f"{OF_ANN}/9002", [PRIMARY], status=201)
    assert _labels(site) == {9001: {"Decision maker", None}, 9002: {"Primary", None}}
    shown = site.properties("/crm/v3/objects/contacts/201", "associatedcompanyid")
    assert (shown["associatedcompanyid"], shown["lastmodifieddate"]) == ("9002", site.later(60))


def test_primary_is_also_moved_from_the_company_s_side(site: Site) -> None:
    spec = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 2}
    site.json("PUT", "/crm/v4/objects/companies/9002/associations/contacts/201", [spec], status=201)
    assert _labels(site) == {9001: {"Decision maker", None}, 9002: {"Primary", None}}


def test_a_default_put_is_200_and_keeps_labels(site: Site) -> None:
    answer = site.json("PUT", "/crm/v4/objects/contacts/201/associations/default/companies/9001")
    assert answer["status"] == "COMPLETE"
    assert [row["associationSpec"]["associationTypeId"] for row in answer["results"]] == [279, 280]
    assert answer["results"][0]["from"] == {"id": "201"}
    assert _labels(site) == {9001: {"Primary", "Decision maker", None}}


def test_a_delete_is_204_and_removes_both_directions(site: Site) -> None:
    for _ in range(2):
        site.json("DELETE", f"{OF_ANN}/9001", status=204)
    assert _labels(site) == {}
    assert 201 not in _labels(site, "/crm/v4/objects/companies/9001/associations/contacts")


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        (f"{OF_ANN}/999", [DECISION_MAKER], 404),
        ("/crm/v4/objects/contacts/999/associations/companies/9001", [DECISION_MAKER], 404),
        (f"{OF_ANN}/9001", [{"associationCategory": "USER_DEFINED", "associationTypeId": 31337}], 400),
        (f"{OF_ANN}/9001", [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 101}], 400),
        (f"{OF_ANN}/9001", [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 280}], 400),
        (f"{OF_ANN}/9001", {"labels": []}, 400),
    ],
)
def test_impossible_puts(site: Site, path: str, body: Any, status: int) -> None:
    site.refused("PUT", path, body, status=status)


# --- batches ----------------------------------------------------------------------------------------------------------


def test_a_batch_read_tells_strings_numbers_and_who_has_none(site: Site) -> None:
    answer = site.json("POST", f"{PAIR}/batch/read", {"inputs": [{"id": "202"}, {"id": "203"}]}, status=207)
    assert answer["results"] == [
        {
            "from": {"id": "202"},
            "to": [
                {
                    "toObjectId": 9001,
                    "associationTypes": [{"category": "HUBSPOT_DEFINED", "typeId": 279, "label": None}],
                }
            ],
        }
    ]
    assert answer["numErrors"] == 1
    assert answer["errors"][0]["category"] == "NO_ASSOCIATIONS_FOUND"
    assert answer["errors"][0]["context"] == {"fromObjectId": ["203"]}


def test_a_batch_read_without_gaps_is_200(site: Site) -> None:
    answer = site.json("POST", f"{PAIR}/batch/read", {"inputs": [{"id": 201}, {"id": "202"}]})
    assert [row["from"]["id"] for row in answer["results"]] == ["201", "202"]
    assert "errors" not in answer


@pytest.mark.parametrize(
    ("action", "row", "most"),
    [
        ("read", {"id": "201"}, 1000),
        ("create", {"from": {"id": "201"}, "to": {"id": "9001"}, "types": [DECISION_MAKER]}, 2000),
    ],
)
def test_batch_sizes(site: Site, action: str, row: Any, most: int) -> None:
    assert site.call("POST", f"{PAIR}/batch/{action}", {"inputs": [row] * most}).status_code < 300
    site.refused("POST", f"{PAIR}/batch/{action}", {"inputs": [row] * (most + 1)})


def _crowd(site: Site, size: int) -> list[str]:
    """Give company 9002 this many contacts."""
    ids: list[str] = []
    for start in range(0, size, 100):
        rows = [{"properties": {"firstname": f"P{n}"}} for n in range(start, min(start + 100, size))]
        made = site.json("POST", "/crm/v3/objects/contacts/batch/create", {"inputs": rows}, status=201)
        ids += [row["id"] for row in made["results"]]
    inputs = [{"from": {"id": key}, "to": {"id": "9002"}} for key in ids]
    site.json("POST", f"{PAIR}/batch/associate/default", {"inputs": inputs})
    return ids


def test_more_than_500_associations_are_paged_everywhere(site: Site) -> None:
    ids = [int(key) for key in _crowd(site, 501)]
    path = "/crm/v4/objects/companies/9002/associations/contacts"
    first = site.get(path)
    assert [row["toObjectId"] for row in first["results"]] == ids[:500]
    second = site.get(f"{path}?after={first['paging']['next']['after']}")
    assert [row["toObjectId"] for row in second["results"]] == ids[500:]
    assert "paging" not in second
    site.refused("GET", f"{path}?limit=501")
    batch = "/crm/v4/associations/companies/contacts/batch/read"
    (row,) = site.json("POST", batch, {"inputs": [{"id": "9002"}]})["results"]
    assert len(row["to"]) == 500
    following = {"id": "9002", "after": row["paging"]["next"]["after"]}
    (rest,) = site.json("POST", batch, {"inputs": [following]})["results"]
    assert [link["toObjectId"] for link in rest["to"]] == ids[500:]


def test_a_batch_create_is_201_and_tells_each_link(site: Site) -> None:
    row = {"from": {"id": "203"}, "to": {"id": "9002"}, "types": [PRIMARY, DECISION_MAKER]}
    answer = site.json("POST", f"{PAIR}/batch/create", {"inputs": [row]}, status=201)
    assert answer["results"][0]["labels"] == ["Primary", "Decision maker"]
    lost = {**row, "to": {"id": "999"}}
    answer = site.json("POST", f"{PAIR}/batch/create", {"inputs": [row, lost]}, status=207)
    assert (len(answer["results"]), answer["errors"][0]["context"]["toObjectId"]) == (1, ["999"])


def test_a_batch_archive_is_204(site: Site) -> None:
    body = {"inputs": [{"from": {"id": "201"}, "to": [{"id": "9001"}, {"id": "9002"}]}]}
    site.json("POST", f"{PAIR}/batch/archive", body, status=204)
    assert _labels(site) == {}


@pytest.mark.parametrize(
    ("types", "left"), [([DECISION_MAKER], {9001: {"Primary", None}}), ([UNLABELLED], {}), ([PRIMARY, UNLABELLED], {})]
)
def test_removing_labels_and_the_default_type_which_removes_all(site: Site, types: Any, left: Any) -> None:
    body = {"inputs": [{"from": {"id": "201"}, "to": {"id": "9001"}, "types": types}]}
    site.json("POST", f"{PAIR}/batch/labels/archive", body, status=204)
    assert _labels(site) == left


# --- labels -----------------------------------------------------------------------------------------------------------


def test_a_new_label_is_told_in_both_directions_and_used(site: Site) -> None:
    body = {"label": "Champion", "name": "champion", "inverseLabel": "Championed by"}
    there, back = site.json("POST", f"{PAIR}/labels", body)["results"]
    assert (there["category"], there["label"], back["label"]) == ("USER_DEFINED", "Champion", "Championed by")
    spec = {"associationCategory": "USER_DEFINED", "associationTypeId": there["typeId"]}
    site.json("PUT", f"{OF_ANN}/9001", [spec], status=201)
    assert _labels(site) == {9001: {"Champion", None}}
    other = _labels(site, "/crm/v4/objects/companies/9001/associations/contacts")
    assert other[201] == {"Championed by", None}


def test_a_label_is_renamed_and_removed(site: Site) -> None:
    site.json("PUT", f"{PAIR}/labels", {"associationTypeId": 101, "label": "Decider"}, status=204)
    assert _labels(site) == {9001: {"Primary", "Decider", None}}
    site.json("DELETE", f"{PAIR}/labels/101", status=204)
    assert _labels(site) == {9001: {"Primary", None}}
    site.refused("DELETE", f"{PAIR}/labels/101", status=404)


@pytest.mark.parametrize("name", ["has-hyphen", "1st", ""])
def test_a_label_s_name_has_rules(site: Site, name: str) -> None:
    site.refused("POST", f"{PAIR}/labels", {"label": "X", "name": name})


def test_labels_of_a_pair_are_distinct_and_at_most_ten(site: Site) -> None:
    site.refused("POST", f"{PAIR}/labels", {"label": "Decision maker", "name": "other"})
    for number in range(9):
        site.json("POST", f"{PAIR}/labels", {"label": f"L{number}", "name": f"l{number}"})
    site.refused("POST", f"{PAIR}/labels", {"label": "L10", "name": "l10"})


@pytest.mark.parametrize("type_id", ["279", "1", "x"])
def test_hubspot_s_own_types_cannot_be_removed(site: Site, type_id: str) -> None:
    site.refused("DELETE", f"{PAIR}/labels/{type_id}")
