"""Exports: asked for, waited for, fetched by a signed address that ends (contract section 19)."""

import csv
import io
import zipfile
from typing import Any

import pytest

from tests.emulator.hubspot.site import Site

pytestmark = pytest.mark.emulator

EXPORT = "/crm/v3/exports/export/async"
DATED = "/crm/exports/2026-09/export/async"
WISH = {
    "exportType": "VIEW",
    "format": "CSV",
    "exportName": "All contacts",
    "objectType": "CONTACT",
    "objectProperties": ["email", "hs_buying_role"],
    "language": "EN",
    "exportInternalValuesOptions": ["NAMES", "VALUES"],
}


def _start(site: Site, root: str = EXPORT, **changes: Any) -> str:
    key: str = site.json("POST", root, {**WISH, **changes}, status=202)["id"]
    return key


def _status(site: Site, key: str, root: str = EXPORT) -> Any:
    return site.get(f"{root}/tasks/{key}/status")


def _fetch(site: Site, url: str) -> Any:
    return site.call("GET", url.removeprefix(site.url), headers={"Authorization": ""})


def _rows(site: Site, key: str) -> list[list[str]]:
    content = _fetch(site, _status(site, key)["result"]).content.decode()
    return list(csv.reader(io.StringIO(content)))


def test_an_export_is_accepted_and_its_status_is_where_the_link_says(site: Site) -> None:
    started = site.json("POST", EXPORT, WISH, status=202)
    status = site.get(started["links"]["status"].removeprefix(site.url))
    assert status["status"] == "COMPLETE"
    assert {"requestedAt", "startedAt", "completedAt", "result"} <= status.keys()


@pytest.mark.parametrize("root", [EXPORT, DATED])
def test_the_file_is_csv_with_internal_names_and_values(site: Site, root: str) -> None:
    key = _start(site, root)
    assert _status(site, key, root)["status"] == "COMPLETE"
    assert _rows(site, key) == [
        ["Record ID", "email", "hs_buying_role"],
        ["201", "ann@acme.example", ""],
        ["202", "ben@acme.example", "CHAMPION;END_USER"],
        ["203", "cy@bolt.example", ""],
    ]


def test_labels_stand_where_internal_names_were_not_asked_for(site: Site) -> None:
    key = _start(site, exportInternalValuesOptions=[])
    assert _rows(site, key)[0] == ["Record ID", "Email", "Buying Role"]
    assert _rows(site, key)[2][2] == "Champion;End User"


def test_associated_records_stand_in_two_columns(site: Site) -> None:
    key = _start(site, associatedObjectType="COMPANY", objectProperties=["email"])
    assert _rows(site, key)[0] == ["Record ID", "email", "Associated Company IDs", "Associated Company"]
    assert _rows(site, key)[1] == ["201", "ann@acme.example", "9001", "Acme"]


def test_a_view_is_narrowed_by_flat_filters_or_groups(site: Site) -> None:
    own = {"propertyName": "nps_score", "operator": "GT", "value": "5"}
    for asked in ({"filters": [own]}, {"filterGroups": [{"filters": [own]}]}):
        key = _start(site, publicCrmSearchRequest={**asked, "query": "", "sorts": []})
        assert [row[0] for row in _rows(site, key)] == ["Record ID", "201"]


def test_a_list_is_exported(site: Site) -> None:
    new = {"name": "Two", "objectTypeId": "0-1", "processingType": "MANUAL"}
    chosen = site.json("POST", "/crm/v3/lists", new)["list"]["listId"]
    site.json("PUT", f"/crm/v3/lists/{chosen}/memberships/add", ["203", "201"])
    key = _start(site, exportType="LIST", listId=chosen)
    assert [row[0] for row in _rows(site, key)] == ["Record ID", "201", "203"]
    site.refused("POST", EXPORT, {**WISH, "exportType": "LIST", "listId": chosen, "objectType": "DEAL"})
    site.refused("POST", EXPORT, {**WISH, "exportType": "LIST", "listId": "999"}, status=404)


def test_records_are_exported_as_they_were_when_asked(site: Site) -> None:
    key = _start(site)
    site.json("PATCH", "/crm/v3/objects/contacts/201", {"properties": {"email": "new@acme.example"}})
    site.json("POST", "/crm/v3/objects/contacts", {"properties": {}}, status=201)
    assert [row[1] for row in _rows(site, key)[1:]] == ["ann@acme.example", "ben@acme.example", "cy@bolt.example"]


def test_the_address_needs_no_token_and_ends_after_five_minutes(site: Site) -> None:
    url = _status(site, _start(site))["result"]
    site.wait(300)
    assert _fetch(site, url).status_code == 200
    site.wait(1)
    expired = _fetch(site, url)
    assert (expired.status_code, "expired" in expired.text) == (403, True)


def test_another_signature_opens_nothing(site: Site) -> None:
    url = _status(site, _start(site))["result"]
    assert _fetch(site, url[:-4] + "0000").status_code == 403
    assert _fetch(site, url.replace("Expires=1", "Expires=2")).status_code == 403
    assert _fetch(site, url.partition("?")[0]).status_code == 403


def test_one_export_runs_at_a_time(site: Site) -> None:
    site.portal.settings["export_seconds"] = 60.0
    first, second = _start(site), _start(site)
    assert [_status(site, key)["status"] for key in (first, second)] == ["PROCESSING", "PENDING"]
    assert "result" not in _status(site, first)
    site.wait(60)
    assert [_status(site, key)["status"] for key in (first, second)] == ["COMPLETE", "PROCESSING"]
    site.wait(60)
    assert _status(site, second)["status"] == "COMPLETE"


def test_thirty_exports_fill_a_rolling_day(site: Site) -> None:
    for _ in range(30):
        _start(site)
    error = site.refused("POST", EXPORT, WISH, status=429)
    assert "30" in error["message"]
    site.wait(86_400)
    _start(site)


def test_a_large_csv_comes_zipped(site: Site) -> None:
    site.portal.settings["export_zip_bytes"] = 100
    answer = _fetch(site, _status(site, _start(site))["result"])
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        (name,) = archive.namelist()
        assert archive.read(name).decode().splitlines()[0] == '"Record ID","email","hs_buying_role"'


@pytest.mark.parametrize("form", ["XLSX", "XLS"])
def test_a_workbook_holds_the_rows_as_text(site: Site, form: str) -> None:
    site.json("PATCH", "/crm/v3/objects/contacts/201", {"properties": {"email": "a&b@acme.example"}})
    answer = _fetch(site, _status(site, _start(site, format=form))["result"])
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    assert "a&amp;b@acme.example" in sheet
    assert sheet.count("<row>") == 4


@pytest.mark.parametrize(
    "changes",
    [{"format": "PDF"}, {"exportType": "ALL"}, {"objectType": "GADGET"}, {"exportInternalValuesOptions": ["BOTH"]},
     {"exportName": ""}, {"associatedObjectType": "GADGET"},
     {"publicCrmSearchRequest": {"filters": [{"propertyName": "x", "operator": "EQ", "value": "1"}]}}],
)  # fmt: skip
def test_impossible_exports_are_400(site: Site, changes: dict[str, Any]) -> None:
    site.refused("POST", EXPORT, {**WISH, **changes})


def test_an_unknown_export_is_404_and_the_scope_is_asked_for(site: Site) -> None:
    site.refused("GET", f"{EXPORT}/tasks/77/status", status=404)
    site.portal.settings["scopes"].remove("crm.export")
    site.refused("POST", EXPORT, WISH, status=403)
