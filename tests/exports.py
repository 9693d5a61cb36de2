"""Exports the emulated CRMs over their APIs into CSV files, as the vendors' own exports would write them.

Used by the stories of the files connector and by the test of its how-to; the emulator is asked over HTTP only.
"""

import csv
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import requests
import yaml

import sync.demo

SALESFORCE = (
    *("User", "Account", "Contact", "AccountContactRelation", "Opportunity", "OpportunityContactRole"),
    *("Task", "Event", "EmailMessage", "TaskRelation", "EventRelation", "EmailMessageRelation"),
)
HUBSPOT: Mapping[str, tuple[str, ...]] = {
    "companies": (),
    "contacts": ("companies",),
    "deals": ("companies", "contacts"),
    **dict.fromkeys(("emails", "calls", "meetings", "notes", "communications", "tasks"), ("contacts", "companies")),
}
SINGULAR = {"companies": "Company", "contacts": "Contact", "deals": "Deal"}
PRIMARY = 1
Row = Sequence[str]


def write(path: Path, header: Row, rows: Iterable[Row]) -> None:
    """Write one CSV, every value in quotes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


# --- Salesforce: the zip of Data Export, unpacked ------------------------------------------------------------------


def export_salesforce(told: Mapping[str, Any], folder: Path) -> None:
    """Write one file an object with all its fields; checkboxes as 1 and 0."""
    form = {"grant_type": "client_credentials"}
    both = (told["client_id"], told["client_secret"])
    token = requests.post(f"{told['http']}/services/oauth2/token", data=form, auth=both, timeout=30).json()
    headers = {"Authorization": f"Bearer {token['access_token']}"}

    def ask(path: str, **query: str) -> Any:
        answer = requests.get(f"{told['http']}{path}", params=query, headers=headers, timeout=60)
        assert answer.ok, answer.text
        return answer.json()

    for name in SALESFORCE:
        described = ask(f"/services/data/v62.0/sobjects/{name}/describe")
        fields = [entry["name"] for entry in described["fields"] if entry.get("compoundFieldName") in {None, "Name"}]
        page = ask("/services/data/v62.0/queryAll", q=f"SELECT {', '.join(fields)} FROM {name}")
        records = list(page["records"])
        while not page["done"]:
            page = ask(page["nextRecordsUrl"])
            records += page["records"]
        write(folder / f"{name}.csv", fields, ([_cell(record.get(field)) for field in fields] for record in records))


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return str(int(value))
    return "" if value is None else str(value)


# --- HubSpot: one export an object ----------------------------------------------------------------------------------


def packed(folder: Path) -> Path:
    """Pack an export into a zip beside its folder."""
    return Path(shutil.make_archive(str(folder), "zip", folder))


def file_settings(place: Path, folders: Mapping[str, Path], words: Mapping[str, str] | None = None) -> Path:
    """Write the demo's settings with exports in place of the CRMs; gives the file's path.

    `folders` maps the name of a connection, which is its dialect too, to its export; `words` replaces names of columns.
    """
    template = Path(sync.demo.__file__).with_name("demo.yaml").read_text(encoding="utf-8")
    settings = yaml.safe_load(template.replace("$", ""))
    (organisation,) = settings["organisations"].values()
    for name, folder in folders.items():
        fields = {
            table: {attribute: (words or {}).get(column, column) for attribute, column in mapped.items()}
            for table, mapped in organisation["connections"][name]["fields"].items()
        }
        described = {"vendor": "files", "dialect": name, "folder": str(folder), "fields": fields}
        organisation["connections"][name] = described
    place.mkdir(parents=True, exist_ok=True)
    path = place / "rapport.yaml"
    path.write_text(yaml.safe_dump(settings, sort_keys=False), encoding="utf-8")
    return path


def export_hubspot(told: Mapping[str, Any], folder: Path, *, labelled: bool = False) -> dict[str, str]:
    """Write one file an object with all its properties and associations, by internal names or by labels.

    Returns what the columns are called in settings: internal name -> label as an internal name is made of it.
    """
    portal = _Portal(told, labelled)
    write(folder / "owners.csv", ["Owner ID", "Email", "First Name", "Last Name", "Team", "Archived"], portal.owners())
    for name, others in HUBSPOT.items():
        header, rows = portal.export(name, others)
        write(folder / f"hubspot-crm-exports-all-{name}-2026-11-22.csv", header, rows)
    return portal.words


class _Portal:
    """Asks a portal for everything it has."""

    def __init__(self, told: Mapping[str, Any], labelled: bool) -> None:
        self._url = told["url"]
        self._labelled = labelled
        self.words: dict[str, str] = {}
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {told['token']}"

    def _ask(self, method: str, path: str, query: Mapping[str, str] | None = None, json: object = None) -> Any:
        answer = self._session.request(method, f"{self._url}{path}", params=query, json=json, timeout=60)
        assert answer.ok, answer.text
        return answer.json()

    def _all(self, path: str, query: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        after: str | None = None
        while True:
            page = self._ask("GET", path, {**query, "limit": "100", **({"after": after} if after else {})})
            yield from page["results"]
            after = page.get("paging", {}).get("next", {}).get("after")
            if after is None:
                return

    def touch(self) -> None:
        """Write a value into a record that holds it already."""
        one = self._ask("GET", "/crm/v3/objects/companies", {"limit": "1", "properties": "name"})["results"][0]
        body = {"properties": {"phone": "+1 555 0100"}}
        self._ask("PATCH", f"/crm/v3/objects/companies/{one['id']}", json=body)

    def owners(self) -> Iterator[Row]:
        """List the owners, deactivated ones too."""
        for archived in ("true", "false"):
            for one in self._all("/crm/v3/owners", {"archived": archived}):
                teams = sorted(one.get("teams") or [], key=lambda team: not team.get("primary"))
                team = teams[0]["name"] if teams else ""
                names = (one.get("firstName") or "", one.get("lastName") or "")
                yield (str(one["id"]), one.get("email") or "", *names, team, archived)

    def export(self, name: str, others: Sequence[str]) -> tuple[Row, Sequence[Row]]:
        """Give header and rows of an object."""
        declared = [d for d in self._ask("GET", f"/crm/v3/properties/{name}")["results"] if d["name"] != "hs_object_id"]
        names = ",".join(d["name"] for d in declared)
        self.words |= {d["name"]: re.sub(r"[^a-z0-9]+", "_", d["label"].lower()).strip("_") for d in declared}
        found = list(self._all(f"/crm/v3/objects/{name}", {"properties": names}))
        ties = {other: self._ties(name, other, [one["id"] for one in found]) for other in others}
        columns = [(other, label) for other in others for label in _labels(ties[other])]
        header = ["Record ID", *(d["label"] if self._labelled else d["name"] for d in declared)]
        header += [f"Associated {SINGULAR[other]} IDs{f' ({label})' if label else ''}" for other, label in columns]
        rows = [
            [
                one["id"],
                *(self._shown(d, one["properties"].get(d["name"])) for d in declared),
                *(";".join(ties[other].get(one["id"], {}).get(label, ())) for other, label in columns),
            ]
            for one in found
        ]
        return header, rows

    def _ties(self, name: str, other: str, ids: Sequence[str]) -> dict[str, dict[str, list[str]]]:
        """Read associations: id -> label, or nothing for all of them -> other ids."""
        found: dict[str, dict[str, list[str]]] = {}
        for start in range(0, len(ids), 1000):
            inputs = [{"id": one} for one in ids[start : start + 1000]]
            path = f"/crm/v4/associations/{name}/{other}/batch/read"
            for result in self._ask("POST", path, json={"inputs": inputs})["results"]:
                of = found.setdefault(result["from"]["id"], {})
                for tie in result["to"]:
                    for label in dict.fromkeys(["", *(kind["label"] or "" for kind in tie["associationTypes"])]):
                        of.setdefault(label, []).append(str(tie["toObjectId"]))
        return found

    def _shown(self, declared: Mapping[str, Any], value: str | None) -> str:
        """Write a value as it is stored or, labelled, as people see it: labels of options, moments to the minute."""
        if not value or not self._labelled:
            return value or ""
        options = {option["value"]: option["label"] for option in declared.get("options") or ()}
        if declared["type"] == "datetime":
            return value[:16].replace("T", " ")
        many = declared["fieldType"] == "checkbox"
        return ";".join(options.get(part, part) for part in (value.split(";") if many else [value]))


def touch_hubspot(told: Mapping[str, Any]) -> None:
    """Let somebody edit a record just before the export, as in every portal where people work."""
    portal = _Portal(told, labelled=False)
    portal.touch()


def _labels(ties: Mapping[str, Mapping[str, Sequence[str]]]) -> list[str]:
    return ["", *sorted({label for of in ties.values() for label in of} - {""})]
