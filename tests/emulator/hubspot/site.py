"""The emulator's portal, for the conformance tests: only HTTP, and a clock that stands still until told to move."""

from collections.abc import Iterator, MutableMapping
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from tests.emulator.process import Emulator

NOW = datetime(2026, 11, 2, 10, 0, tzinfo=UTC)

SEED: dict[str, Any] = {
    "portal_id": 48120733,
    "properties": {
        "contacts": [
            {"name": "nps_score", "label": "NPS", "type": "number", "fieldType": "number"},
            {"name": "nps_date", "label": "NPS date", "type": "date", "fieldType": "date"},
            {"name": "crm_key", "label": "Key", "type": "string", "fieldType": "text", "hasUniqueValue": True},
            {"name": "is_user", "label": "User", "type": "bool", "fieldType": "booleancheckbox"},
        ]
    },
    "labels": [{"from": "contacts", "to": "companies", "typeId": 101, "label": "Decision maker"}],
    "owners": [
        {"id": "4101", "email": "ada@us.example", "firstName": "Ada", "lastName": "Byron", "userId": 91,
         "teams": [{"id": "7", "name": "West", "primary": True}]},
        {"id": "4102", "email": "bob@us.example", "firstName": "Bob", "lastName": "Stone", "userId": 92},
        {"id": "4103", "email": "gone@us.example", "firstName": "Gone", "lastName": "Girl", "userId": 93,
         "archived": True},
    ],
    "records": {
        "contacts": [
            {"id": "201", "properties": {"email": "ann@acme.example", "firstname": "Ann", "lastname": "Lee",
                                         "jobtitle": "Head of IT", "hubspot_owner_id": "4101",
                                         "createdate": "2026-01-10T08:00:00Z",
                                         "lastmodifieddate": "2026-10-01T08:00:00Z", "nps_score": "9"}},
            {"id": "202", "properties": {"email": "ben@acme.example", "firstname": "Ben", "lastname": "Ode",
                                         "hs_buying_role": "CHAMPION;END_USER", "lifecyclestage": "customer",
                                         "createdate": "2026-02-10T08:00:00Z",
                                         "lastmodifieddate": "2026-10-02T08:00:00Z", "nps_score": "3"}},
            {"id": "203", "properties": {"email": "cy@bolt.example", "firstname": "Cy",
                                         "createdate": "2026-03-10T08:00:00Z",
                                         "lastmodifieddate": "2026-10-03T08:00:00Z"}},
            {"id": "204", "archived": True, "properties": {"email": "old@acme.example"}},
        ],
        "companies": [{"id": "9001", "properties": {"name": "Acme", "domain": "acme.example"}},
                      {"id": "9002", "properties": {"name": "Bolt", "domain": "bolt.example"}}],
        "deals": [{"id": "7001", "properties": {"dealname": "Renewal", "dealstage": "contractsent"}}],
        "emails": [{"id": "5001", "properties": {"hs_timestamp": "2026-10-20T09:00:00Z", "hs_email_subject": "Hi",
                                                 "hs_email_html": "<p>Hi</p>", "hs_email_direction": "EMAIL"}}],
    },
    "associations": [
        {"from": "contacts/201", "to": "companies/9001", "types": [1, 101]},
        {"from": "contacts/202", "to": "companies/9001", "types": [279]},
        {"from": "emails/5001", "to": "contacts/201", "types": [198]},
    ],
}  # fmt: skip


class Settings(MutableMapping[str, Any]):
    """The portal's switches; what is set goes over the control interface at once. A list got from here is a copy."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator

    def _all(self) -> dict[str, Any]:
        found: dict[str, Any] = self._emulator.control("GET", "limits")["hubspot"]
        return found

    def __getitem__(self, name: str) -> Any:
        return self._all()[name]

    def __setitem__(self, name: str, value: object) -> None:
        self._emulator.control("POST", "limits", {"hubspot": {name: value}})

    def __delitem__(self, name: str) -> None:
        raise TypeError(f"a portal never loses its switch {name}")

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def __ior__(self, changes: Any) -> "Settings":
        self._emulator.control("POST", "limits", {"hubspot": changes})
        return self


class Portal:
    """The portal from outside: its switches and what it holds, through the control interface."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._seed: dict[str, Any] = {}
        self._settings = Settings(emulator)

    @property
    def settings(self) -> Settings:
        """The switches."""
        return self._settings

    @settings.setter
    def settings(self, same: Settings) -> None:
        """Let `settings |= {...}` be said."""
        assert same is self._settings

    def credentials(self) -> dict[str, str]:
        """What the emulator announced."""
        return dict(self._emulator.announced["hubspot"])

    def webhooks(self) -> dict[str, Any]:
        """The deliveries that wait and the events the portal noticed."""
        found: dict[str, Any] = self._emulator.control("GET", "webhooks")
        return found

    def start(self, seed: dict[str, Any]) -> None:
        """Hold only this seed, with the first switches."""
        self._seed = seed
        self._emulator.control("POST", "seed", {"hubspot": seed})

    def refusal(self, seed: dict[str, Any]) -> str:
        """What is said of a seed that cannot be."""
        url = f"{self._emulator.announced['control']}/seed"
        answer = self._emulator.session.post(url, json={"hubspot": seed}, timeout=10)
        assert answer.status_code == 400, answer.text
        return str(answer.json()["error"])

    def reset(self) -> None:
        """An empty portal with its first switches."""
        self.start({})

    def load(self, more: dict[str, Any]) -> None:
        """Hold this seed too; what was written since is gone, the switches stay."""
        self._seed = _joined(self._seed, more)
        kept = dict(self.settings)
        self._emulator.control("POST", "seed", {"hubspot": self._seed})
        self.settings |= kept


def _joined(held: Any, more: Any) -> Any:
    """Lists grow, mappings are joined key by key, anything else is replaced."""
    match held, more:
        case list(), list():
            return [*held, *more]
        case dict(), dict():
            return {**held, **{key: _joined(held[key], each) if key in held else each for key, each in more.items()}}
        case _:
            return deepcopy(more)


class Site:
    """One portal and how to call it; each test gets it freshly seeded."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self.portal = Portal(emulator)
        self.url = emulator.announced["hubspot"]["url"]
        self.token = emulator.announced["hubspot"]["token"]
        self._session = emulator.session
        self._templates: list[str] = []

    def call(self, method: str, path: str, body: Any = None, **options: Any) -> requests.Response:
        """Send one authenticated request; `body` goes as JSON."""
        headers = {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}
        given = {} if body is None else {"json": body}
        return self._session.request(method, self.url + path, headers=headers, timeout=10, **given, **options)

    def json(self, method: str, path: str, body: Any = None, *, status: int = 200) -> Any:
        """Send one request, expect a status, give its JSON."""
        answer = self.call(method, path, body)
        assert answer.status_code == status, (answer.status_code, answer.text)
        return answer.json() if answer.content else None

    def get(self, path: str) -> Any:
        """GET, expecting 200."""
        return self.json("GET", path)

    def properties(self, path: str, *names: str) -> dict[str, str | None]:
        """Read some properties of the record at `path`."""
        found: dict[str, str | None] = self.get(f"{path}?properties={','.join(names)}")["properties"]
        return found

    def refused(self, method: str, path: str, body: Any = None, *, status: int = 400) -> Any:
        """Send one request and give the error body of the expected status, its common keys checked."""
        error = self.json(method, path, body, status=status)
        assert error["status"] == "error"
        assert error["message"]
        assert len(error["correlationId"]) == 36
        return error

    def fresh(self) -> None:
        """Go back to the seed and to `NOW`."""
        self._emulator.control("POST", "clock", {"freeze": True, "now": NOW.isoformat()})
        self.portal.start(SEED)

    def without_scope(self, scope: str) -> None:
        """Take one scope from the app."""
        self.portal.settings["scopes"] = [each for each in self.portal.settings["scopes"] if each != scope]

    def templates(self) -> list[str]:
        """The path of every route, with its parameters in braces."""
        if not self._templates:
            rows = (row for row in self._emulator.control("GET", "routes") if row["vendor"] == "hubspot")
            self._templates.extend(sorted({template for row in rows for template in row["templates"]}))
        return self._templates

    def wait(self, seconds: float) -> None:
        """Let emulated time pass."""
        self._emulator.control("POST", "clock", {"advance": seconds})

    def later(self, seconds: float) -> str:
        """Write the moment `seconds` after `NOW` as the wire does."""
        return (NOW + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
