"""A small Salesforce organisation in the emulator: its records, how to connect to it and how to act in it."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast
from urllib.parse import quote_plus

import requests

from connectors.base import UpdateRecord
from connectors.open import open_connection
from connectors.options import SalesforceOptions
from connectors.salesforce.connector import Salesforce
from connectors.salesforce.soql import id18
from tests.contract.harness import Harness


def key(prefix: str, number: int) -> str:
    """Make the 18-character identifier of the nth record of an object."""
    return id18(f"{prefix}LW{number:010d}")


CLOCK = time.time
ADA, MAX = key("005", 1), key("005", 2)
ACCOUNT = key("001", 1)
SNOOZE_FIELD = "Rapport_Snooze_Until__c"
CONTACTS = (key("003", 1), key("003", 2), key("003", 3))
SEED: dict[str, Any] = {
    "salesforce": {
        "features": {"shared_activities": True},
        "records": {
            "User": [
                {
                    "Id": ADA,
                    "Name": "Ada King",
                    "FirstName": "Ada",
                    "LastName": "King",
                    "Username": "integration@lumenworks.example",
                    "Email": "Ada@Vendor.example",
                    "IsActive": True,
                },
                {
                    "Id": MAX,
                    "Name": "Max Osei",
                    "FirstName": "Max",
                    "LastName": "Osei",
                    "Username": "max@lumenworks.example",
                    "Email": "max@vendor.example",
                    "IsActive": True,
                },
            ],
            "Account": [{"Id": ACCOUNT, "Name": "Müller & Söhne", "OwnerId": ADA, "Type": "Customer - Direct"}],
            "Contact": [
                {"Id": contact, "FirstName": name, "LastName": "Ng", "AccountId": ACCOUNT, "OwnerId": ADA}
                for contact, name in zip(CONTACTS, ("Zoë", "Tom", "Eva"), strict=True)
            ],
            "AccountContactRelation": [
                {
                    "Id": key("07k", number),
                    "ContactId": contact,
                    "AccountId": ACCOUNT,
                    "IsDirect": True,
                    "IsActive": True,
                }
                for number, contact in enumerate(CONTACTS)
            ],
        },
    }
}


@dataclass(frozen=True, slots=True)
class Org:
    """The emulator from outside: its control interface and, with a token of its own, the REST API."""

    told: Mapping[str, Any]
    control: str

    def load(self, seed: Mapping[str, Any]) -> None:
        """Start anew with a seed, at the present moment."""
        self.tell("clock", {"freeze": False, "now": datetime.fromtimestamp(CLOCK(), UTC).isoformat()})
        requests.post(f"{self.control}/reset", timeout=10).raise_for_status()
        self.tell("seed", seed)

    def tell(self, what: str, body: object) -> Any:
        """Send something to the control interface: seed, faults, clock, limits."""
        answer = requests.post(f"{self.control}/{what}", json=body, timeout=10)
        assert answer.ok, answer.text
        return answer.json()

    def clear_faults(self) -> None:
        """Let everything work again."""
        requests.delete(f"{self.control}/faults", timeout=10).raise_for_status()

    def asked(self) -> list[Mapping[str, Any]]:
        """List the latest requests the emulator saw."""
        answer = requests.get(f"{self.control}/requests", params={"last": "500"}, timeout=10).json()
        return cast("list[Mapping[str, Any]]", answer["last"])

    def as_person(self, method: str, path: str, body: object = None) -> Any:
        """Do something in the organisation that Rapport did not do."""
        form = {
            "grant_type": "client_credentials",
            "client_id": self.told["client_id"],
            "client_secret": self.told["client_secret"],
        }
        token = requests.post(f"{self.told['http']}/services/oauth2/token", data=form, timeout=10).json()
        headers = {"Authorization": f"Bearer {token['access_token']}"}
        address = f"{self.told['http']}/services/data/v62.0/{path}"
        answer = requests.request(method, address, json=body, headers=headers, timeout=10)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def connect(self, *, secrets: Mapping[str, Any] | None = None, **more: Any) -> Salesforce:
        """Open a connection as the settings would describe it; secrets are those the emulator printed."""
        auth = {"flow": "client_credentials", "client_id": "env:client_id", "client_secret": "env:client_secret"}
        described = {"vendor": "salesforce", "url": self.told["http"], "auth": auth, **more}
        options = SalesforceOptions.model_validate(described)
        kept = secrets or self.told
        found = open_connection("salesforce", options, lambda reference: str(kept[reference[4:]]), CLOCK)
        assert isinstance(found, Salesforce)
        return found


def salesforce(emulator: Mapping[str, Any]) -> Harness:
    """Load the small organisation and connect to it."""
    org = Org(emulator["salesforce"], emulator["control"])
    org.load(SEED)
    return Harness(
        connector=org.connect(),
        account_id=ACCOUNT,
        contact_id=CONTACTS[0],
        spare_contact_id=CONTACTS[1],
        owner_id=ADA,
        manager_id=MAX,
        delete_contact=lambda: org.as_person("DELETE", f"sobjects/Contact/{CONTACTS[1]}"),
        rejected=UpdateRecord("contact", CONTACTS[0], {"depth_name": "Bosom friend"}),
        rejected_words="Bosom friend",
        clock=CLOCK,
        settle=lambda: None,
        snooze=lambda task, day: _snooze(org, task, day),
        finish=lambda task: org.as_person("PATCH", f"sobjects/Task/{task}", {"Status": "Completed"}),
    )


def _snooze(org: Org, task: str, day: str | None) -> None:
    """Let the people of the organisation edit the field, which Rapport itself may only read, and set it."""
    asked = f"SELECT Id FROM FieldPermissions WHERE Field = 'Task.{SNOOZE_FIELD}'"
    (grant,) = org.as_person("GET", f"query?q={quote_plus(asked)}")["records"]
    org.as_person("PATCH", f"sobjects/FieldPermissions/{grant['Id']}", {"PermissionsEdit": True})
    org.as_person("PATCH", f"sobjects/Task/{task}", {SNOOZE_FIELD: day})
