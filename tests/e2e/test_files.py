"""The story of a customer without API access: exports go in, files to import come out, the next export shows them."""

import csv
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.e2e.conftest import Exported

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def desk(exports: Mapping[str, Exported], tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """Lay a copy of the exports on a desk of its own, with settings that name them."""
    folder = tmp_path_factory.mktemp("customer") / "desk"
    shutil.copytree(exports["plain"].folder, folder, ignore=shutil.ignore_patterns("*.duckdb*", "*.sqlite*"))
    settings = folder / "rapport.yaml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace(str(exports["plain"].folder), str(folder)), encoding="utf-8")
    return Exported(folder)


@pytest.fixture(scope="module")
def written(desk: Exported) -> Exported:
    """Provision and run."""
    assert desk.ask("provision").code == 0
    ran = desk.ask("run")
    assert ran.code == 0, ran.err
    return desk


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def out(desk: Exported) -> Iterator[Path]:
    for name in ("salesforce", "hubspot"):
        yield from (path for path in (desk.folder / name / "rapport-out").glob("*.csv") if path.name != "fields.csv")


def test_the_story_of_an_export_from_first_plan_to_undo(desk: Exported) -> None:
    checked = desk.ask("check")
    assert checked.code == 0, checked.out + checked.err
    planned = desk.ask("plan")
    assert (planned.code, "not writable" in planned.out) == (0, True), planned.err
    assert "Marsh" in desk.ask("explain", "Tilda Marsh").out

    assert desk.ask("provision").code == 0
    first = desk.ask("run")
    assert (first.code, "rejected" in first.out) == (0, False), first.out + first.err
    contacts = rows(desk.folder / "salesforce" / "rapport-out" / "Contact.csv")
    assert any(row["Rapport_Roles__c"] == "champion" and row["Rapport_Depth__c"] for row in contacts)
    assert rows(desk.folder / "salesforce" / "rapport-out" / "Task-new.csv")
    assert rows(desk.folder / "hubspot" / "rapport-out" / "companies.csv")

    second = desk.ask("run")
    assert "no changes" in second.out, second.out + second.err

    _import_into_salesforce(desk.folder / "salesforce")
    third = desk.ask("run")
    assert "no changes" in third.out, third.out + third.err
    assert [path.name for path in out(desk) if path.parts[-3] == "salesforce" and rows(path)] == []

    undone = desk.ask("undo", "2")
    assert undone.code == 0, undone.out + undone.err
    back = rows(desk.folder / "salesforce" / "rapport-out" / "Contact.csv")
    assert len(back) == len(contacts)
    assert {row["Rapport_Depth_Name__c"] for row in back} == {"#N/A"}
    assert rows(desk.folder / "salesforce" / "rapport-out" / "Task-delete.csv")
    assert [path.name for path in out(desk) if path.parts[-3] == "hubspot" and rows(path)] == []


def _import_into_salesforce(folder: Path) -> None:
    """Do what Data Loader and the next Data Export do: our values are in the CRM's own files now, our tasks too."""
    for name in ("Account", "Contact"):
        _joined(folder / f"{name}.csv", {row["Id"]: row for row in rows(folder / "rapport-out" / f"{name}.csv")})
    new = rows(folder / "rapport-out" / "Task-new.csv")
    closed = {"Not Started": "0", "Completed": "1"}
    tasks = [
        {**row, "Id": f"00TNEW{number:09d}AAA", "IsDeleted": "0", "IsClosed": closed[row["Status"]]}
        for number, row in enumerate(new)
    ]
    _saved(folder / "Task.csv", [*rows(folder / "Task.csv"), *tasks])


def _joined(path: Path, imported: Mapping[str, dict[str, str]]) -> None:
    ours = [name for name in next(iter(imported.values())) if name != "Id"]
    _saved(path, [{**row, **{name: imported.get(row["Id"], {}).get(name, "") for name in ours}} for row in rows(path)])


def _saved(path: Path, found: list[dict[str, str]]) -> None:
    header = list(dict.fromkeys(name for row in found for name in row))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, header, restval="", quoting=csv.QUOTE_ALL)
        writer.writeheader()
        writer.writerows(found)
