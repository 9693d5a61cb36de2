"""Small exports of both dialects, written by hand as the vendors write them, and the connectors over them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from connectors.base import UpdateRecord
from connectors.files.connector import Files, open_files
from connectors.options import FilesOptions
from tests.contract.harness import Harness
from tests.contract.org import ACCOUNT, ADA, CONTACTS, key
from tests.exports import write

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC).timestamp()
"""When the product is run."""
MADE = datetime(2026, 11, 21, 18, 30, tzinfo=UTC).timestamp()
"""The newest moment of modification in the exports."""


def connect(dialect: str, folder: Path, **more: object) -> Files:
    """Open an export as the settings would describe it."""
    described = {"vendor": "files", "dialect": dialect, "folder": str(folder), **more}
    return open_files(dialect, FilesOptions.model_validate(described), lambda: NOW)


# --- Salesforce ---------------------------------------------------------------------------------------------------

Sheets = Mapping[str, tuple[Sequence[str], Sequence[Sequence[str]]]]
TIE = ("Id", "ContactId", "AccountId", "IsDirect", "IsActive", "Roles", "IsDeleted")


def salesforce_sheets(contacts: Sequence[str] = CONTACTS) -> Sheets:
    """Give header and rows of every file of a small Salesforce export with some of its contacts."""
    names = dict(zip(CONTACTS, ("Zoë", "Tom", "Eva"), strict=True))
    stamp = "2026-11-20T08:00:00.000Z"
    return {
        "User": (("Id", "Name", "Email", "IsActive"), [(ADA, "Ada King", "Ada@Vendor.example", "1")]),
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
    left = (CONTACTS[0], CONTACTS[2])
    return _harness(connect("salesforce", folder), ACCOUNT, CONTACTS, ADA, lambda: lay(folder, salesforce_sheets(left)))


# --- HubSpot ------------------------------------------------------------------------------------------------------


def hubspot_sheets(*contacts: str) -> Sheets:
    """Give header and rows of every file of small HubSpot exports with some of the contacts."""
    people = {"201": ("Zoë", "Ng"), "202": ("Tom", "Ek"), "203": ("Eva", "Ro")}
    return {
        "owners": (("Owner ID", "Email", "First Name", "Last Name"), [("4101", "ada@vendor.example", "Ada", "King")]),
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
    return _harness(
        connect("hubspot", folder), "9001", people, "4101", lambda: lay(folder, hubspot_sheets("201", "203"))
    )


def _harness(
    connector: Files, account: str, contacts: Sequence[str], owner: str, delete_contact: Callable[[], None]
) -> Harness:
    return Harness(
        connector=connector,
        account_id=account,
        contact_id=contacts[0],
        spare_contact_id=contacts[1],
        owner_id=owner,
        delete_contact=delete_contact,
        rejected=UpdateRecord("contact", contacts[0], {"depth_name": "Bosom friend"}),
        rejected_words="Bosom friend",
        clock=lambda: MADE,
        settle=lambda: None,
    )
