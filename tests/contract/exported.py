"""Small exports of both dialects, written by hand as the vendors write them, and the connectors over them."""

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from connectors.base import UpdateRecord
from connectors.files.connector import Files, open_files
from connectors.files.tasks import new_id
from connectors.options import FilesOptions
from tests.contract.harness import Harness
from tests.contract.org import ACCOUNT, ADA, CONTACTS, MAX, SNOOZE_FIELD, key
from tests.exports import write

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC).timestamp()
"""When the product is run."""
MADE = datetime(2026, 11, 21, 18, 30, tzinfo=UTC).timestamp()
"""The newest moment of modification in the exports."""


def connect(dialect: str, folder: Path, **more: object) -> Files:
    """Open an export as the settings would describe it."""
    described = {"vendor": "files", "dialect": dialect, "folder": str(folder), **more}
    return open_files(dialect, FilesOptions.model_validate(described), lambda: NOW)


# --- the person at the CRM ----------------------------------------------------------------------------------------

Row = dict[str, str]
Sheets = Mapping[str, tuple[Sequence[str], Sequence[Sequence[str]]]]


@dataclass(frozen=True, slots=True)
class Clerk:
    """Imports our new tasks, works on tasks as people do, and lays a newer export of them there.

    `export` and `ours` are the files; `taken` makes the nth row of an export of an imported one, `finished` is what a
    completed task holds. `later` is the export after a contact was deleted.
    """

    export: Path
    ours: Path
    id_header: str
    key_header: str
    snooze_header: str
    finished: Row
    taken: Callable[[int, Row], Row]
    later: Sheets

    def delete_contact(self) -> None:
        """Delete a contact and export again."""
        lay(self.export.parent, self.later)

    def snooze(self, task: str, day: str | None) -> None:
        """Put a date into our field, or take it out."""
        self.edit(task, {self.snooze_header: day or ""})

    def finish(self, task: str) -> None:
        """Complete a task."""
        self.edit(task, self.finished)

    def take(self) -> list[Row]:
        """Import what is new; gives all tasks of the CRM."""
        held = read(self.export)
        known = {row.get(self.key_header) for row in held}
        imported = [self.taken(number, row) for number, row in enumerate(read(self.ours))]
        held += [row for row in imported if row[self.key_header] not in known]
        self._export(held)
        return held

    def edit(self, task: str, values: Row) -> None:
        """Change values of a task, by the names of the export."""
        held = self.take()
        for row in held:
            ours = row.get(self.key_header)
            if ours and task in {row[self.id_header], new_id(ours)}:
                row.update(values)
        self._export(held)

    def _export(self, held: Sequence[Row]) -> None:
        header = list(dict.fromkeys(name for row in held for name in row))
        write(self.export, header, ([row.get(name, "") for name in header] for row in held))


def read(path: Path) -> list[Row]:
    """Read a CSV."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# --- Salesforce ---------------------------------------------------------------------------------------------------

TIE = ("Id", "ContactId", "AccountId", "IsDirect", "IsActive", "Roles", "IsDeleted")


def salesforce_sheets(contacts: Sequence[str] = CONTACTS) -> Sheets:
    """Give header and rows of every file of a small Salesforce export with some of its contacts."""
    names = dict(zip(CONTACTS, ("Zoë", "Tom", "Eva"), strict=True))
    stamp = "2026-11-20T08:00:00.000Z"
    return {
        "User": (
            ("Id", "Name", "Email", "IsActive"),
            [(ADA, "Ada King", "Ada@Vendor.example", "1"), (MAX, "Max Osei", "max@vendor.example", "1")],
        ),
        "Account": (
            ("Id", "IsDeleted", "Name", "OwnerId", "Type", "SystemModstamp"),
            [(ACCOUNT, "0", "Müller & Söhne", ADA, "Customer - Direct", "2026-11-21T18:30:00.000Z")],
        ),
        "Contact": (
            ("Id", "IsDeleted", "FirstName", "LastName", "AccountId", "OwnerId", "SystemModstamp"),
            [
                (contact, str(int(contact not in contacts)), names[contact], "Ng", ACCOUNT, ADA, stamp)
                for contact in CONTACTS
            ],
        ),
        "AccountContactRelation": (
            TIE,
            [(key("07k", n), contact, ACCOUNT, "1", "1", "", "0") for n, contact in enumerate(CONTACTS)],
        ),
        "Task": (
            ("Id", "IsDeleted", "Subject", "Status", "IsClosed", "ActivityDate", "OwnerId", "AccountId", "WhoId"),
            [(key("00T", 1), "0", "Thanks", "Completed", "1", "2026-11-18", ADA, ACCOUNT, CONTACTS[0])],
        ),
    }


def lay(folder: Path, sheets: Sheets) -> None:
    """Write the files of an export."""
    for name, (header, rows) in sheets.items():
        write(folder / f"{name}.csv", header, rows)


def salesforce_export(folder: Path) -> Harness:
    """Connect to a small Salesforce export; a contact is deleted by the export that comes after."""
    lay(folder, salesforce_sheets())
    return _harness(connect("salesforce", folder), salesforce_clerk(folder), ACCOUNT, CONTACTS, (ADA, MAX))


def salesforce_clerk(folder: Path) -> Clerk:
    """Let somebody upsert our tasks with Data Loader and make the next Data Export."""

    def taken(number: int, row: Row) -> Row:
        closed = {"Not Started": "0", "Completed": "1"}[row["Status"]]
        return {**row, "Id": key("00T", 100 + number), "IsDeleted": "0", "IsClosed": closed}

    return Clerk(
        export=folder / "Task.csv",
        ours=folder / "rapport-out" / "Task-new.csv",
        id_header="Id",
        key_header="Rapport_Key__c",
        snooze_header=SNOOZE_FIELD,
        finished={"Status": "Completed", "IsClosed": "1", "CompletedDateTime": "2026-11-21T18:30:00.000Z"},
        taken=taken,
        later=salesforce_sheets((CONTACTS[0], CONTACTS[2])),
    )


# --- HubSpot ------------------------------------------------------------------------------------------------------


def hubspot_sheets(*contacts: str) -> Sheets:
    """Give header and rows of every file of small HubSpot exports with some of the contacts."""
    people = {"201": ("Zoë", "Ng"), "202": ("Tom", "Ek"), "203": ("Eva", "Ro")}
    return {
        "owners": (
            ("Owner ID", "Email", "First Name", "Last Name"),
            [("4101", "ada@vendor.example", "Ada", "King"), ("4102", "max@vendor.example", "Max", "Osei")],
        ),
        "hubspot-crm-exports-all-companies-2026-11-21": (
            ("Record ID", "Company name", "Company owner", "Lifecycle Stage", "Last Modified Date"),
            [("9001", "Müller & Söhne", "Ada King", "Customer", "2026-11-21 18:30")],
        ),
        "hubspot-crm-exports-all-contacts-2026-11-21": (
            ("Record ID", "First Name", "Last Name", "Email", "Contact owner", "Associated Company IDs"),
            [
                (one, *people[one], f"{people[one][0].lower()}@acme.example", "Ada King", "9001")
                for one in people
                if one in contacts
            ],
        ),
        "hubspot-crm-exports-all-emails-2026-11-21": (
            ("Record ID", "Activity date", "Email direction", "Email subject", "Associated Contact IDs"),
            [("301", "2026-11-19 09:30", "Incoming Email", "A question", "201")],
        ),
        "hubspot-crm-exports-all-tasks-2026-11-21": (
            ("Record ID", "Task Title", "Task status", "Due date", "Associated Contact IDs"),
            [("302", "Send the slides", "Completed", "2026-11-19 10:00", "201")],
        ),
    }


def hubspot_export(folder: Path) -> Harness:
    """Connect to small HubSpot exports; the export that comes after has a contact less."""
    lay(folder, hubspot_sheets("201", "202", "203"))
    people = ("201", "202", "203")
    return _harness(connect("hubspot", folder), hubspot_clerk(folder), "9001", people, ("4101", "4102"))


def hubspot_clerk(folder: Path) -> Clerk:
    """Let somebody import our tasks, and export all tasks by labels, with the names of their owners."""
    labels = {"rapport_key": "Rapport key", "hs_task_subject": "Task Title", "hs_timestamp": "Due date"}
    states = {"NOT_STARTED": "Not started", "COMPLETED": "Completed"}
    owners = {"4101": "Ada King", "4102": "Max Osei", "": ""}

    def taken(number: int, row: Row) -> Row:
        return {
            "Record ID": str(900 + number),
            **{label: row[name] for name, label in labels.items()},
            "Task status": states[row["hs_task_status"]],
            "Activity assigned to": owners[row["hubspot_owner_id"]],
        }

    return Clerk(
        export=folder / "hubspot-crm-exports-all-tasks-2026-11-21.csv",
        ours=folder / "rapport-out" / "tasks-new.csv",
        id_header="Record ID",
        key_header="Rapport key",
        snooze_header="Snooze until",
        finished={"Task status": "Completed", "Completed at": "2026-11-21 18:30"},
        taken=taken,
        later=hubspot_sheets("201", "203"),
    )


def _harness(
    connector: Files,
    clerk: Clerk,
    account: str,
    contacts: Sequence[str],
    colleagues: tuple[str, str],
) -> Harness:
    return Harness(
        connector=connector,
        account_id=account,
        contact_id=contacts[0],
        spare_contact_id=contacts[1],
        owner_id=colleagues[0],
        manager_id=colleagues[1],
        delete_contact=clerk.delete_contact,
        rejected=UpdateRecord("contact", contacts[0], {"depth_name": "Bosom friend"}),
        rejected_words="Bosom friend",
        clock=lambda: MADE,
        settle=lambda: None,
        snooze=clerk.snooze,
        finish=clerk.finish,
    )
