"""A portal on a loopback port, for the conformance tests: real HTTP, a clock that stands still until told to move."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import requests
import uvicorn
from starlette.applications import Starlette

from connectors.emulator.clock import Clock
from connectors.emulator.hubspot import Portal, routes

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


class Site:
    """One portal and how to call it; each test gets it freshly seeded."""

    def __init__(self, url: str, portal: Portal, clock: Clock) -> None:
        self.url = url
        self.portal = portal
        self.clock = clock
        self.token = portal.credentials()["token"]
        self._session = requests.Session()

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
        self.clock.set(NOW)
        self.portal.reset()
        self.portal.load(SEED)

    def wait(self, seconds: float) -> None:
        """Let emulated time pass."""
        self.clock.advance(seconds)

    def later(self, seconds: float) -> str:
        """Write the moment `seconds` after `NOW` as the wire does."""
        return (NOW + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S.000Z")


@contextmanager
def served() -> Iterator[Site]:
    """Serve a portal from a thread of this process until the block ends."""
    clock = Clock(NOW)
    clock.freeze()
    clock.set(NOW)
    portal = Portal(clock)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(Starlette(routes=routes(portal)), log_level="warning", ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    ready = threading.Event()
    thread.start()
    while not server.started:
        ready.wait(0.01)
    yield Site(f"http://127.0.0.1:{listener.getsockname()[1]}", portal, clock)
    server.should_exit = True
    thread.join(10)
    listener.close()
