"""Batch writes: success codes, 207 rows, all or nothing (contract section 14)."""

from typing import Any

import pytest

from tests.emulator.hubspot.site import Site

pytestmark = pytest.mark.emulator

CONTACTS = "/crm/v3/objects/contacts"
TASKS = "/crm/v3/objects/tasks"


def _row(**properties: Any) -> dict[str, Any]:
    return {"properties": properties}


def _post(site: Site, action: str, rows: list[dict[str, Any]], status: int) -> Any:
    return site.json("POST", f"{CONTACTS}/batch/{action}", {"inputs": rows}, status=status)


def test_a_batch_create_is_201_in_the_order_given(site: Site) -> None:
    answer = _post(site, "create", [_row(firstname="A"), _row(firstname="B")], 201)
    assert [row["properties"]["firstname"] for row in answer["results"]] == ["A", "B"]
    assert answer["status"] == "COMPLETE"
    assert answer["startedAt"] == answer["completedAt"] == site.later(0)
    assert "numErrors" not in answer


def test_a_batch_create_links_its_records(site: Site) -> None:
    spec = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 204}
    rows = [
        {"properties": {"hs_timestamp": "1777593600000"}, "associations": [{"to": {"id": key}, "types": [spec]}]}
        for key in ("201", "202")
    ]
    made = site.json("POST", f"{TASKS}/batch/create", {"inputs": rows}, status=201)["results"]
    for key, row in zip(("201", "202"), made, strict=True):
        linked = site.get(f"/crm/v4/objects/tasks/{row['id']}/associations/contacts")["results"]
        assert [link["toObjectId"] for link in linked] == [int(key)]


@pytest.mark.parametrize(
    ("bad", "status"),
    [(_row(missing=1), 400), (_row(nps_score="x"), 400), (_row(email="ann@acme.example"), 409)],
)
def test_one_bad_row_fails_the_whole_create(site: Site, bad: dict[str, Any], status: int) -> None:
    before = site.get(f"{CONTACTS}?limit=100")["results"]
    site.refused("POST", f"{CONTACTS}/batch/create", {"inputs": [_row(firstname="A"), bad]}, status=status)
    assert site.get(f"{CONTACTS}?limit=100")["results"] == before


def test_the_same_email_twice_in_one_batch_fails_it(site: Site) -> None:
    rows = [_row(email="twin@acme.example"), _row(email="Twin@acme.example")]
    site.refused("POST", f"{CONTACTS}/batch/create", {"inputs": rows}, status=409)
    assert len(site.get(CONTACTS)["results"]) == 3


def test_with_trace_ids_every_row_stands_alone(site: Site) -> None:
    rows = [{**_row(firstname="A"), "objectWriteTraceId": "t1"}, {**_row(missing="x"), "objectWriteTraceId": "t2"},
            {**_row(email="ann@acme.example"), "objectWriteTraceId": "t3"}]  # fmt: skip
    answer = _post(site, "create", rows, 207)
    assert [row["objectWriteTraceId"] for row in answer["results"]] == ["t1"]
    assert answer["numErrors"] == 2
    first, second = answer["errors"]
    assert (first["status"], first["category"]) == ("error", "VALIDATION_ERROR")
    assert first["context"] == {"objectWriteTraceId": ["t2"]}
    assert '"error":"PROPERTY_DOESNT_EXIST","name":"missing"' in first["message"]
    assert (second["category"], second["context"]) == ("CONFLICT", {"objectWriteTraceId": ["t3"]})


def test_a_trace_id_on_some_rows_only_does_not_help(site: Site) -> None:
    rows = [_row(firstname="A"), {**_row(missing="x"), "objectWriteTraceId": "t2"}]
    site.refused("POST", f"{CONTACTS}/batch/create", {"inputs": rows})


def test_a_batch_update_is_200_and_tells_lost_ids(site: Site) -> None:
    rows = [{"id": "201", **_row(jobtitle="CIO")}, {"id": "999", **_row(jobtitle="x")}]
    assert [row["id"] for row in _post(site, "update", rows[:1], 200)["results"]] == ["201"]
    answer = _post(site, "update", rows, 207)
    assert [row["id"] for row in answer["results"]] == ["201"]
    assert (answer["errors"][0]["category"], answer["errors"][0]["context"]) == ("OBJECT_NOT_FOUND", {"ids": ["999"]})


def test_one_bad_value_fails_the_whole_update(site: Site) -> None:
    rows = [{"id": "201", **_row(jobtitle="CIO")}, {"id": "202", **_row(nps_score="x")}]
    site.wait(60)
    site.refused("POST", f"{CONTACTS}/batch/update", {"inputs": rows})
    held = site.properties(f"{CONTACTS}/201", "jobtitle")
    assert (held["jobtitle"], held["lastmodifieddate"]) == ("Head of IT", "2026-10-01T08:00:00.000Z")


def test_a_record_named_twice_is_400(site: Site) -> None:
    rows = [{"id": "201", **_row(jobtitle="a")}, {"id": "201", **_row(jobtitle="b")}]
    site.refused("POST", f"{CONTACTS}/batch/update", {"inputs": rows})


def test_an_update_by_a_unique_property(site: Site) -> None:
    site.json("PATCH", f"{CONTACTS}/203", {"properties": {"crm_key": "K-3"}})
    rows = [{"id": "K-3", "idProperty": "crm_key", **_row(jobtitle="CIO")}]
    assert [row["id"] for row in _post(site, "update", rows, 200)["results"]] == ["203"]


@pytest.mark.parametrize("name", ["hs_object_id", "firstname", "no_such"])
def test_an_update_by_what_is_not_unique_is_400(site: Site, name: str) -> None:
    rows = [{"id": "201", "idProperty": name, **_row(jobtitle="x")}]
    site.refused("POST", f"{CONTACTS}/batch/update", {"inputs": rows})


def test_an_upsert_tells_new_from_known(site: Site) -> None:
    rows = [{"id": "ann@acme.example", "idProperty": "email", **_row(jobtitle="CIO")},
            {"id": "dora@acme.example", "idProperty": "email", **_row(firstname="Dora")}]  # fmt: skip
    known, new = _post(site, "upsert", rows, 200)["results"]
    assert (known["id"], known["new"], new["new"]) == ("201", False, True)
    assert site.properties(f"{CONTACTS}/{new['id']}", "email")["email"] == "dora@acme.example"
    assert all(row["new"] is False for row in _post(site, "upsert", rows, 200)["results"])


def test_an_upsert_by_email_is_never_partial(site: Site) -> None:
    good = {"id": "eve@acme.example", "idProperty": "email", "objectWriteTraceId": "a", **_row(firstname="Eve")}
    rows = [good, {"id": "fay@acme.example", "idProperty": "email", "objectWriteTraceId": "b", **_row(missing=1)}]
    site.refused("POST", f"{CONTACTS}/batch/upsert", {"inputs": rows})
    assert len(site.get(CONTACTS)["results"]) == 3


def _task_key(site: Site, status: int = 201) -> Any:
    body = {"groupName": "task", "name": "rapport_key", "label": "Key", "type": "string", "fieldType": "text",
            "hasUniqueValue": True}  # fmt: skip
    return site.json("POST", "/crm/v3/properties/tasks", body, status=status)


def test_tasks_are_upserted_by_a_unique_property(site: Site) -> None:
    _task_key(site)
    rows = [{"id": "k1", "idProperty": "rapport_key", **_row(hs_timestamp="1777593600000", hs_task_subject="A")}]
    (made,) = site.json("POST", f"{TASKS}/batch/upsert", {"inputs": rows})["results"]
    (again,) = site.json("POST", f"{TASKS}/batch/upsert", {"inputs": rows})["results"]
    assert (made["new"], again["new"], made["id"] == again["id"]) == (True, False, True)
    assert site.properties(f"{TASKS}/{made['id']}", "rapport_key")["rapport_key"] == "k1"


def test_a_portal_may_refuse_upserts_and_unique_properties_on_tasks(site: Site) -> None:
    site.portal.settings["unique_properties_on_tasks"] = False
    _task_key(site, status=400)
    site.portal.settings["upsert_on_tasks"] = False
    site.refused("POST", f"{TASKS}/batch/upsert", {"inputs": []})


def test_a_batch_archive_is_204_also_for_unknown_ids(site: Site) -> None:
    _body = {"inputs": [{"id": "201"}, {"id": "999"}]}
    assert site.json("POST", f"{CONTACTS}/batch/archive", _body, status=204) is None
    assert [row["id"] for row in site.get(CONTACTS)["results"]] == ["202", "203"]
