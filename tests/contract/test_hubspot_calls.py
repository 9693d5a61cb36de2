"""What a later pull of HubSpot reads and asks for, by the figures that docs/calls-hubspot.md states."""

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import requests

from connectors.hubspot.engagements import ENGAGEMENTS
from tests.connectors.hubspot.crm import Crm
from tests.contract.harness import Mirror

pytestmark = pytest.mark.emulator

PAGE = Path(__file__).parents[2] / "docs" / "calls-hubspot.md"
FIXED = {
    name: int(calls) for name, calls in re.findall(r"^\| (\w+) \| (\d+) \|", PAGE.read_text("utf-8"), re.MULTILINE)
}
TIES = {"companies": 0, "contacts": 1, "deals": 2}
"""Kinds of association that are read for changed records; of engagements two."""
EACH, CHANGED = 300, 3
LONG_AGO = "2026-01-05T09:00:00Z"
OBJECTS = ("companies", "contacts", "deals", *(one.object_type for one in ENGAGEMENTS))


def record(object_type: str, number: int) -> dict[str, Any]:
    """Make up a record that changed long ago."""
    own = object_type in {"companies", "contacts", "deals"}
    moments = ("lastmodifieddate" if object_type == "contacts" else "hs_lastmodifieddate",)
    held = dict.fromkeys((*moments, "createdate" if own else "hs_createdate"), LONG_AGO)
    return {"id": str(number), "properties": held if own else {**held, "hs_timestamp": LONG_AGO}}


SEED: dict[str, Any] = {
    "portal_id": 48120733,
    "properties": {},
    "labels": [],
    "owners": [{"id": "4101", "email": "ada@vendor.example", "firstName": "Ada", "lastName": "King", "userId": 91}],
    "records": {
        name: [record(name, 10_000 * (place + 1) + number) for number in range(EACH)]
        for place, name in enumerate(OBJECTS)
    },
    "associations": [],
}


class Portal:
    """A portal with so many records of each object that none is cheaper listed, pulled once an hour ago."""

    def __init__(self, crm: Crm) -> None:
        self.crm = crm.load(SEED)
        crm.control("clock", {"freeze": False})
        crm.limits(search_limit=100_000)
        self._connection = crm.connect()
        self.mirror = Mirror()
        self.pull()
        crm.control("clock", {"advance": 3_600})

    def pull(self) -> Mapping[str, int]:
        """Pull, and count the calls by what they were about."""
        self._routes()
        self.mirror.pull(self._connection)
        return self._routes()

    def read(self) -> int:
        """Tell how many records of objects were read."""
        return sum(end.read for end in self.mirror.ends if end.stream in OBJECTS)

    def _routes(self) -> Counter[str]:
        told = requests.get(
            f"{self.crm.told['control']}/requests", params={"last": "5000", "reset": "true"}, timeout=10
        )
        return Counter(_about(one["path"]) for one in told.json()["last"] if not one["path"].startswith("/_emulator"))


def _about(path: str) -> str:
    for area in ("properties", "owners"):
        if f"/{area}" in path:
            return area
    if "/associations/" in path:
        return "labels" if path.endswith("/labels") else "ties"
    return next(name for name in OBJECTS if f"/{name}" in path)


@pytest.fixture
def portal(emulator: dict[str, Any]) -> Iterator[Portal]:
    """Lend the portal."""
    lent = Portal(Crm(emulator))
    yield lent
    lent.crm.control("reset", {})


def test_the_documentation_names_every_object() -> None:
    assert set(OBJECTS) <= FIXED.keys()


def test_a_quiet_run_costs_the_fixed_calls_alone(portal: Portal) -> None:
    assert portal.pull() == FIXED
    assert portal.read() == 0


def test_a_run_after_one_percent_changed_reads_at_most_three_percent_and_asks_for_their_pages(portal: Portal) -> None:
    full = portal.read()
    assert full == EACH * len(OBJECTS)
    for name in OBJECTS:
        for one in SEED["records"][name][:CHANGED]:
            path = f"/crm/objects/2026-09/{name}/{one['id']}"
            portal.crm.by_hand("PATCH", path, {"properties": {"hubspot_owner_id": "4101"}})
    portal.crm.control("clock", {"advance": 3_600})
    sent = portal.pull()
    assert portal.read() == CHANGED * len(OBJECTS) <= 0.03 * full
    pages = {name: FIXED[name] + math.ceil(CHANGED / 100) for name in OBJECTS}
    ties = sum(TIES.get(name, 2) for name in OBJECTS)
    assert sent == {**FIXED, **pages, "ties": ties}
