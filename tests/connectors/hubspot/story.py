"""A portal that is worth searching, four hundred people and e-mails, and what happens in it between two pulls."""

from typing import Any

import requests

from tests.connectors.hubspot.crm import Crm
from tests.contract.harness import Mirror

PEOPLE = [str(number) for number in range(10_001, 10_401)]
MAILS = [str(number) for number in range(20_001, 20_401)]
LONG_AGO = "2026-01-05T09:00:00Z"
OBJECTS = "/crm/objects/2026-09"
FIXED = 20
"""Calls of a quiet pull of the portal below: see `connectors.hubspot.read`."""


def old(
    properties: dict[str, str], modified: str = "hs_lastmodifieddate", created: str = "hs_createdate"
) -> dict[str, str]:
    return {modified: LONG_AGO, created: LONG_AGO, **properties}


def person(key: str, modified: str = LONG_AGO) -> dict[str, Any]:
    properties = {"email": f"p{key}@acme.example", "lastname": f"P{key}", "createdate": LONG_AGO}
    return {"id": key, "properties": {**properties, "lastmodifieddate": modified}}


def mail(key: str) -> dict[str, Any]:
    return {"id": key, "properties": old({"hs_timestamp": LONG_AGO, "hs_email_direction": "EMAIL"})}


SEED: dict[str, Any] = {
    "portal_id": 48120733,
    "properties": {},
    "labels": [{"from": "contacts", "to": "companies", "typeId": 101, "label": "Decision maker"}],
    "owners": [{"id": "4101", "email": "ada@vendor.example", "firstName": "Ada", "lastName": "King", "userId": 91}],
    "records": {
        "companies": [
            {"id": key, "properties": old({"name": name}, created="createdate")}
            for key, name in (("9001", "Acme"), ("9002", "Bolt"))
        ],
        "contacts": [person(key) for key in PEOPLE],
        "emails": [mail(key) for key in MAILS],
    },
    "associations": [
        *({"from": f"contacts/{key}", "to": "companies/9001", "types": [1, 279]} for key in PEOPLE),
        {"from": f"contacts/{PEOPLE[0]}", "to": "companies/9002", "types": [279, 101]},
        *(
            {"from": f"emails/{mail}", "to": f"contacts/{who}", "types": [198]}
            for mail, who in zip(MAILS, PEOPLE, strict=True)
        ),
    ],
}


class Story:
    """A portal of 400 people and e-mails that was pulled once, long after anything in it changed."""

    def __init__(self, crm: Crm) -> None:
        self.crm = crm.load(SEED)
        crm.control("clock", {"freeze": False})
        crm.limits(search_limit=100_000)
        self.connection = crm.connect()
        self.mirror = Mirror()

    def pull(self) -> Mirror:
        """Pull, and begin counting requests anew."""
        self.log()
        return self.mirror.pull(self.connection)

    def later(self, seconds: float = 3_600) -> None:
        """Let time pass in the portal."""
        self.crm.control("clock", {"advance": seconds})

    def log(self) -> dict[str, int]:
        """Tell the requests since the last time, by route."""
        told = requests.get(f"{self.crm.told['control']}/requests", params={"reset": "true"}, timeout=10).json()
        return {route: one["count"] for route, one in told["routes"].items()}

    def edit(self, object_type: str, key: str, **properties: str) -> None:
        """Change a record by hand."""
        self.crm.by_hand("PATCH", f"{OBJECTS}/{object_type}/{key}", {"properties": properties})

    def whole(self, stream: str) -> bool:
        """Tell whether the last pull listed a stream in full."""
        return next(end.whole for end in self.mirror.ends if end.stream == stream)

    def read(self, stream: str) -> int:
        """Tell how many records the last pull read of a stream."""
        return next(end.read for end in self.mirror.ends if end.stream == stream)

    def listed_afresh(self) -> dict[str, list[str]]:
        """Tell what a first pull of the portal holds now."""
        return held(Mirror().pull(self.crm.connect()))


def held(mirror: Mirror) -> dict[str, list[str]]:
    return {name: sorted(map(repr, rows)) for name, rows in mirror.rows.items()}


def title(story: Story, key: str) -> object:
    return story.mirror.one("contact", id=key)["title"]
