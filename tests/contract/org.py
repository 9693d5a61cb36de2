"""A small Salesforce organisation in the emulator: its records, how to connect to it and how to act as a person in it."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import requests

from connectors.base import UpdateRecord
from connectors.open import open_connection
from connectors.options import SalesforceOptions
from connectors.salesforce.connector import Salesforce
from tests.contract.harness import Harness

ADA = "005LW0000000001YAA"
ACCOUNT = "001LW0000000001YAA"
CONTACTS = ("003LW0000000001YAA", "003LW0000000002YAA", "003LW0000000003YAA")
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
                }
            ],
            "Account": [{"Id": ACCOUNT, "Name": "Müller & Söhne", "OwnerId": ADA, "Type": "Customer - Direct"}],
            "Contact": [
                {"Id": key, "FirstName": name, "LastName": "Ng", "AccountId": ACCOUNT, "OwnerId": ADA}
                for key, name in zip(CONTACTS, ("Zoë", "Tom", "Eva"), strict=True)
            ],
            "AccountContactRelation": [
                {
                    "Id": f"07kLW000000000{number}YAA",
                    "ContactId": key,
                    "AccountId": ACCOUNT,
                    "IsDirect": True,
                    "IsActive": True,
                }
                for number, key in enumerate(CONTACTS)
            ],
        },
    }
}


@dataclass(frozen=True, slots=True)
class Org:
    """The emulator from outside: its control interface and, with a token of its own, the REST API as a person uses it."""

    told: Mapping[str, Any]
    control: str

    def load(self, seed: Mapping[str, Any]) -> None:
        """Start anew with a seed."""
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

    def connect(self, **more: Any) -> Salesforce:
        """Open a connection as the settings would describe it."""
        secrets = {"env:ID": self.told["client_id"], "env:SECRET": self.told["client_secret"]}
        auth = {"flow": "client_credentials", "client_id": "env:ID", "client_secret": "env:SECRET"}
        described = {"vendor": "salesforce", "url": self.told["http"], "auth": auth, **more}
        options = SalesforceOptions.model_validate(described)
        found = open_connection("salesforce", options, secrets.__getitem__, time.time)
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
        delete_contact=lambda: org.as_person("DELETE", f"sobjects/Contact/{CONTACTS[1]}"),
        rejected=UpdateRecord("contact", CONTACTS[0], {"depth_name": "Bosom friend"}),
        rejected_words="Bosom friend",
        clock=time.time,
        settle=lambda: None,
    )
