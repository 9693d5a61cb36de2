"""The CRMs the contract suite runs against: one fixture for each.

A vendor adds itself as a fixture ``<vendor>_harness`` and by its name in `VENDORS`.
"""

import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from connectors.base import UpdateRecord
from connectors.hubspot.connector import open_hubspot
from connectors.memory import MemoryConnector
from connectors.options import HubSpotOptions
from tests.contract.exported import hubspot_export, salesforce_export
from tests.contract.harness import Harness
from tests.contract.org import SEED, Org, salesforce

VENDORS = ["memory", "hubspot", "salesforce", "salesforce_files", "hubspot_files"]


WALL = time.time


@pytest.fixture(params=VENDORS)
def harness(request: pytest.FixtureRequest) -> Iterator[Harness]:
    """Yield each CRM in turn, freshly seeded, without our fields."""
    found: Harness = request.getfixturevalue(f"{request.param}_harness")
    yield found
    found.connector.close()


def emulated_time(control: str) -> float:
    """Tell the emulator's clock in epoch seconds; tests may have moved it away from the wall's."""
    told = requests.get(f"{control}/clock", timeout=10).json()
    return datetime.fromisoformat(told["now"]).timestamp()


@pytest.fixture
def memory_harness() -> Harness:
    """Hold a small CRM in memory."""
    crm = MemoryConnector("memory", now=1_795_300_000, batch=3, page_size=2)
    crm.put("user_account", {"id": "u1", "name": "Ada King", "email": "ada@vendor.example", "active": True})
    crm.put("account", {"id": "a1", "name": "Müller & Söhne", "owner_id": "u1", "customer": True})
    for contact in ("c1", "c2", "c3"):
        crm.put("contact", {"id": contact, "name": contact, "account_id": "a1"})
        crm.put("affiliation", {"id": f"{contact}:a1", "contact_id": contact, "account_id": "a1", "direct": True})
    crm.put("activity", {"id": "e1", "kind": "email", "happened_at": 1_795_000_000, "account_id": "a1"})
    crm.put("participant", {"activity_id": "e1", "contact_id": "c1", "part": "to"})
    return Harness(
        connector=crm,
        account_id="a1",
        contact_id="c1",
        spare_contact_id="c2",
        owner_id="u1",
        manager_id="u2",
        delete_contact=lambda: crm.remove("contact", "c2"),
        rejected=UpdateRecord("contact", "c1", {"depth_name": "Bosom friend"}),
        rejected_words="Bosom friend",
        clock=lambda: crm.now,
        settle=lambda: None,
        snooze=lambda task, day: crm.snooze_task(task, None if day is None else midnight(day)),
        finish=crm.finish_task,
    )


def midnight(day: str) -> int:
    """Give the epoch second a day begins with, UTC."""
    return int(datetime.fromisoformat(f"{day}T00:00:00+00:00").timestamp())


HUBSPOT_SEED = {
    "hubspot": {
        "portal_id": 48120733,
        "properties": {},
        "labels": [{"from": "contacts", "to": "companies", "typeId": 101, "label": "Decision maker"}],
        "owners": [
            {"id": "4101", "email": "ada@vendor.example", "firstName": "Ada", "lastName": "King", "userId": 91},
            {"id": "4102", "email": "max@vendor.example", "firstName": "Max", "lastName": "Osei", "userId": 92},
        ],
        "records": {
            "companies": [{"id": "9001", "properties": {"name": "Müller & Söhne", "lifecyclestage": "customer"}}],
            "contacts": [
                {"id": "201", "properties": {"email": "zoe@acme.example", "firstname": "Zoë", "lastname": "Ng"}},
                {"id": "202", "properties": {"email": "tom@acme.example", "firstname": "Tom", "lastname": "Ek"}},
                {"id": "203", "properties": {"email": "eva@acme.example", "firstname": "Eva", "lastname": "Ro"}},
            ],
            "emails": [
                {
                    "id": "301",
                    "properties": {
                        "hs_timestamp": "@-3dT09:30",
                        "hs_email_direction": "INCOMING_EMAIL",
                        "hs_email_subject": "A question",
                    },
                }
            ],
        },
        "associations": [
            {"from": "contacts/201", "to": "companies/9001", "types": [1, 279]},
            {"from": "contacts/202", "to": "companies/9001", "types": [1, 279, 101]},
            {"from": "emails/301", "to": "contacts/201", "types": [198]},
        ],
    }
}


@pytest.fixture
def hubspot_harness(emulator: dict[str, Any]) -> Harness:
    """Load a small portal into the emulator and connect to it."""
    control, told = emulator["control"], emulator["hubspot"]
    requests.post(f"{control}/reset", timeout=10).raise_for_status()
    requests.post(f"{control}/seed", json=HUBSPOT_SEED, timeout=10).raise_for_status()
    patient = {"hubspot": {"ten_secondly_limit": 100_000, "association_limit": 100_000}}
    requests.post(f"{control}/limits", json=patient, timeout=10).raise_for_status()
    described = {"vendor": "hubspot", "url": told["url"], "auth": {"flow": "token", "access_token": "env:TOKEN"}}

    def by_hand(method: str, record: str, **properties: str) -> None:
        headers = {"Authorization": f"Bearer {told['token']}"}
        address = f"{told['url']}/crm/objects/2026-09/{record}"
        body = {"properties": properties} if properties else None
        requests.request(method, address, json=body, headers=headers, timeout=10).raise_for_status()

    return Harness(
        connector=open_hubspot("hubspot", HubSpotOptions.model_validate(described), lambda _: told["token"], WALL),
        account_id="9001",
        contact_id="201",
        spare_contact_id="202",
        owner_id="4101",
        manager_id="4102",
        delete_contact=lambda: by_hand("DELETE", "contacts/202"),
        rejected=UpdateRecord("contact", "201", {"depth": "rather deep"}),
        rejected_words="rapport_depth",
        clock=lambda: emulated_time(control),
        settle=lambda: None,
        snooze=lambda task, day: by_hand("PATCH", f"tasks/{task}", rapport_snooze_until=day or ""),
        finish=lambda task: by_hand("PATCH", f"tasks/{task}", hs_task_status="COMPLETED"),
    )


@pytest.fixture
def salesforce_harness(emulator: dict[str, Any]) -> Harness:
    """Load a small organisation into the emulator and connect to it."""
    return salesforce(emulator)


@pytest.fixture
def salesforce_files_harness(tmp_path: Path) -> Harness:
    """Write a small Salesforce export into a folder and connect to that."""
    return salesforce_export(tmp_path / "export")


@pytest.fixture
def hubspot_files_harness(tmp_path: Path) -> Harness:
    """Write small HubSpot exports, by labels, into a folder and connect to that."""
    return hubspot_export(tmp_path / "export")


@pytest.fixture
def org(emulator: dict[str, Any]) -> Org:
    """Hand out the emulated organisation itself, freshly loaded."""
    found = Org(emulator["salesforce"], emulator["control"])
    found.load(SEED)
    return found
