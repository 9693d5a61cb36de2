"""@hubspot/api-client, unmodified: what it saw is the story."""

from typing import Any

import pytest

from tests.contract.third_party import story
from tests.contract.third_party.conftest import Judge

pytestmark = pytest.mark.emulator
STAMP = "2026-03-02T09:00:00.000Z"


@pytest.fixture(scope="module")
def saw(node_judge: Judge) -> Any:
    return node_judge("hubspot.mjs")


def test_a_list_comes_in_pages_by_ascending_id_and_the_last_has_no_paging(saw: Any) -> None:
    assert [len(page) for page in saw["pages"]] == [100, 100, 50]
    assert [tuple(row) for page in saw["pages"] for row in page] == list(story.EMAILS.items())
    assert saw["page"]["paging"]["next"]["after"] == "1101"
    assert saw["all"] == list(story.EMAILS)
    assert saw["archived"] == [story.GONE]


def test_a_record_has_strings_moments_history_and_associations(saw: Any) -> None:
    record = saw["byId"]
    always = {"hs_object_id": "1001", "createdate": "2026-01-10T08:00:00.000Z"}
    changed = {"lastmodifieddate": "2026-02-01T08:00:00.000Z"}
    assert record["properties"] == {"email": "p1001@acme.example", "nps": "0", "jobtitle": None} | always | changed
    assert (record["createdAt"], record["archived"]) == ("2026-01-10T08:00:00.000Z", False)
    assert [each["value"] for each in record["propertiesWithHistory"]["nps"]] == ["0"]
    assert {each["id"] for each in record["associations"]["companies"]["results"]} == {"9001"}
    assert saw["byEmail"]["id"] == "1002"


def test_a_batch_read_with_a_lost_id_is_partly_an_error(saw: Any) -> None:
    assert [row["id"] for row in saw["batch"]["results"]] == ["1001", "1002"]
    assert (saw["batch"]["status"], saw["batch"]["numErrors"]) == ("COMPLETE", 1)
    [error] = saw["batch"]["errors"]
    assert (error["category"], error["context"]) == ("OBJECT_NOT_FOUND", {"ids": ["999999"]})


def test_search_finds_by_value_in_the_order_asked(saw: Any) -> None:
    assert saw["search"]["total"] == len(story.PROMOTERS)
    assert [row["id"] for row in saw["search"]["results"]] == story.PROMOTERS
    assert {row["properties"]["nps"] for row in saw["search"]["results"]} == {"10"}
    assert "paging" not in saw["search"]


def test_records_are_made_changed_upserted_archived_and_merged(saw: Any) -> None:
    assert (saw["made"]["properties"]["firstname"], saw["made"]["createdAt"]) == ("Nea", STAMP)
    assert saw["changed"] == "Neo"
    assert saw["batchMade"]["status"] == "COMPLETE"
    assert saw["batchChanged"]["results"][0]["properties"]["firstname"] == "B"
    assert saw["upserted"]["results"][0]["_new"] is True
    assert (saw["gone"]["code"], saw["gone"]["body"]["category"]) == (404, "OBJECT_NOT_FOUND")
    assert (saw["merged"], saw["followed"]) == ("1003", "1003")


def test_associations_of_version_4_carry_their_labels(saw: Any) -> None:
    [link] = saw["links"]["results"]
    assert link["toObjectId"] == 9001
    assert {(kind["typeId"], kind["label"]) for kind in link["associationTypes"]} == {
        (1, "Primary"),
        (101, "Decision maker"),
        (279, None),
    }
    by_person = {row["_from"]["id"]: row["to"][0]["associationTypes"] for row in saw["linksBatch"]["results"]}
    assert {key: sorted(kind["typeId"] for kind in kinds) for key, kinds in by_person.items()} == {
        "1001": [1, 101, 279],
        "1002": [279],
    }
    assert saw["linked"]["labels"] == ["Decision maker"]
    assert saw["unlinked"] == []
    assert {101, 279, 1} <= {label["typeId"] for label in saw["labels"]}


def test_owners_and_properties_are_described(saw: Any) -> None:
    assert {row["id"]: row["email"] for row in saw["owners"]["results"]} == story.OWNERS
    assert (saw["owner"]["id"], saw["owner"]["userId"]) == ("4101", 91)
    assert {"email", "firstname", "nps", "hubspot_owner_id", "hs_object_id"} <= set(saw["properties"])
    assert (saw["property"]["type"], saw["property"]["hubspotDefined"]) == ("number", False)
    assert (saw["propertyMade"]["name"], saw["propertyMade"]["groupName"]) == ("tie", "contactinformation")
    assert saw["task"]["properties"]["hs_task_subject"] == "Call"


@pytest.mark.parametrize(
    ("case", "code", "category", "message"),
    [
        ("token", 401, "INVALID_AUTHENTICATION", "Authentication credentials not found."),
        ("missing", 404, "OBJECT_NOT_FOUND", "resource not found"),
        ("property", 400, "VALIDATION_ERROR", "Property values were not valid: [{"),
        ("conflict", 409, "CONFLICT", "Contact already exists. Existing ID: 1001"),
        ("limit", 400, "VALIDATION_ERROR", ""),
        ("filter", 400, "VALIDATION_ERROR", ""),
    ],
)
def test_a_refusal_carries_the_vendor_s_body(saw: Any, case: str, code: int, category: str, message: str) -> None:
    refused = saw["errors"][case]
    assert refused["code"] == code
    assert (refused["body"]["status"], refused["body"]["category"]) == ("error", category)
    assert refused["body"]["message"].startswith(message)
    assert len(refused["body"]["correlationId"]) == 36
