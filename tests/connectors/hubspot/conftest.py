"""A HubSpot whose every answer a test writes itself, and the connection to it; time is the test's own."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests
import responses

from connectors.hubspot.auth import SignIn, with_token
from connectors.hubspot.client import Client
from connectors.hubspot.connector import HubSpot
from connectors.hubspot.failures import DIALECT
from connectors.hubspot.provision import declaration
from connectors.hubspot.schema import OBJECT_TYPES
from connectors.options import HubSpotOptions
from connectors.transport import Network, Transport
from mapping.metadata import FIELDS
from tests.connectors.hubspot.crm import Crm
from tests.connectors.hubspot.story import Story

URL = "http://127.0.0.1:8099"
OPTIONS = HubSpotOptions.model_validate(
    {"vendor": "hubspot", "url": URL, "auth": {"flow": "token", "access_token": "env:TOKEN"}}
)
Answer = tuple[int, Mapping[str, str], str]
Handler = Callable[[requests.PreparedRequest], Answer]


class Raw(str):
    """The text of an answer that calls itself JSON, whatever it says."""

    __slots__ = ()


@dataclass(slots=True)
class Time:
    """A clock that moves only when somebody sleeps."""

    now: float = 1_795_300_000.0
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.slept.append(seconds)
        self.now += seconds


@dataclass(slots=True)
class Portal:
    """Scripted answers by method and path; what was asked is kept in order."""

    scripted: responses.RequestsMock
    time: Time = field(default_factory=Time)
    asked: list[tuple[str, str, Any]] = field(default_factory=list)

    def answers(self, method: str, path: str, *given: object) -> None:
        """Answer a path with one reply after the other, the last one again and again.

        A reply is a JSON value, ``(status, JSON value or text)``, or an exception of the network.
        """
        left = list(given)
        self.decides(method, path, lambda _: left.pop(0) if len(left) > 1 else left[0])

    def decides(self, method: str, path: str, decide: Callable[[Any], object]) -> None:
        """Answer a path with what `decide` makes of the request's body; see `answers` for the forms."""

        def reply(request: requests.PreparedRequest) -> Answer:
            body = request.body.decode() if isinstance(request.body, bytes) else request.body or "null"
            asked = json.loads(body) if body[:1] in "[{n" else body
            self.asked.append((method, str(request.path_url), asked))
            found = decide(asked)
            if isinstance(found, Exception):
                raise found
            status, value = found if isinstance(found, tuple) else (200, found)
            kind = "text/html" if isinstance(value, str) and not isinstance(value, Raw) else "application/json"
            text = value if isinstance(value, str) else "" if value is None else json.dumps(value)
            return status, {"Content-Type": kind, "Date": "Sun, 22 Nov 2026 06:00:00 GMT"}, text

        self.scripted.add_callback(method, URL + path, callback=reply, content_type=None)

    def provisioned(self, **changes: Mapping[str, object]) -> None:
        """Answer the schema requests as a portal that holds all our properties; `changes` by property name."""
        for object_name, object_type in OBJECT_TYPES.items():
            held = [declaration(one, "Rapport") for one in FIELDS if one.object == object_name]
            held = [{**one, **changes.get(one["name"], {})} for one in held]
            self.answers("GET", f"/crm/properties/2026-09/{object_type}", {"results": held})
        self.answers("GET", "/crm/properties/2026-09/deals", {"results": []})
        for pair in ("contacts/companies", "deals/contacts"):
            self.answers("GET", f"/crm/associations/2026-09/{pair}/labels", {"results": []})

    def connect(self, sign_in: SignIn | None = None, options: HubSpotOptions = OPTIONS) -> HubSpot:
        """Open a connection to this portal."""
        network = Network(lambda: self.time.now, sleep=self.time.sleep)
        transport = Transport(DIALECT, URL, sign_in or with_token("pat-na1-test", URL), network)
        return HubSpot("hs", options, Client(transport, options.api))

    def paths(self, method: str = "") -> list[str]:
        """List the paths that were asked for, without their queries."""
        return [path.partition("?")[0] for verb, path, _ in self.asked if method in {"", verb}]


@pytest.fixture
def portal() -> Iterator[Portal]:
    """Yield a portal that knows nothing yet."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as scripted:
        yield Portal(scripted)


@pytest.fixture
def story(emulator: dict[str, Any]) -> Iterator[Story]:
    """Begin with a first pull, an hour before anything else happens."""
    told = Story(Crm(emulator))
    told.pull()
    told.later()
    yield told
    told.connection.close()
    told.crm.control("reset", {})
