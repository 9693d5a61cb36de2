"""The CRMs the contract suite runs against: one fixture for each, and one emulator process for all of them.

A vendor adds itself as a fixture ``<vendor>_harness`` and by its name in `VENDORS`.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from connectors.base import UpdateRecord
from connectors.memory import MemoryConnector
from tests.contract.harness import Harness

VENDORS = ["memory"]


@pytest.fixture(params=VENDORS)
def harness(request: pytest.FixtureRequest) -> Iterator[Harness]:
    """Yield each CRM in turn, freshly seeded, without our fields."""
    found: Harness = request.getfixturevalue(f"{request.param}_harness")
    yield found
    found.connector.close()


@pytest.fixture(scope="session")
def emulator() -> Iterator[dict[str, Any]]:
    """Start the emulator as the stranger it is; yields the line of addresses and credentials it prints."""
    command = [sys.executable, "-m", "connectors.emulator", "--port", "0", "--tls-port", "0", "--seed", "empty"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own command line
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
        process.terminate()


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
        delete_contact=lambda: crm.remove("contact", "c2"),
        rejected=UpdateRecord("contact", "c1", {"depth_name": "Bosom friend"}),
        rejected_words="Bosom friend",
        clock=lambda: crm.now,
        settle=lambda: None,
    )
