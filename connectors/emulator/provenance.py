"""What is known of each route: which the emulator serves, which the contract names, and where the knowledge comes from.

`provenance.yaml` is written by hand, what is served is read from the route tables of both vendors; `coverage` prints
the two side by side, and the control interface tells them to whoever wants to try every route.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

import yaml
from starlette.routing import Route

from connectors.emulator import hubspot
from connectors.emulator.clock import Clock
from connectors.emulator.salesforce import http, rest
from connectors.emulator.salesforce.org import Org
from connectors.emulator.wire import JsonObject

DATA = "/services/data/v{version}"
TAGS = {
    "DOC": "the vendor's documentation",
    "SPEC": "HubSpot's public OpenAPI descriptions",
    "SRC": "read in the source of a published client",
    "RUN": "seen by running a published client",
    "3P": "other people's code or recordings of real traffic",
    "MEM": "common knowledge, unverified: a default that a setting changes",
}
_ALL = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
_VERSION = re.compile(r"v\d+|\d{4}-\d{2}|\{date\}")


@dataclass(frozen=True, slots=True)
class Known:
    """One route of the contract. `path` has no version of HubSpot's in it; `lacks` says what of it is not built."""

    vendor: str
    title: str
    method: str
    path: str
    tag: str
    setting: str = ""
    lacks: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """What a served route is found by."""
        return self.vendor, self.method, shape(self.path)


@dataclass(slots=True)
class Served:
    """One route of the emulator: its templates as they are reached, and the versions among them."""

    vendor: str
    method: str
    templates: list[str] = field(default_factory=list)

    @property
    def versions(self) -> list[str]:
        """HubSpot's versions that have the route; a date stands for all dates."""
        found = [part for template in self.templates for part in template.split("/") if _VERSION.fullmatch(part)]
        return sorted({"dated" if part.startswith("2") else part for part in found}, key=lambda each: (len(each), each))


def shape(path: str) -> str:
    """A path without versions and without the names of its parameters, in lower case."""
    parts = [part for part in path.rstrip("/").split("/") if not _VERSION.fullmatch(part)]
    return re.sub(r"\{[^}]*\}", "{}", "/".join(parts)).lower()


@cache
def contract() -> tuple[Known, ...]:
    """Every route of the contract in the order of provenance.yaml."""
    text = yaml.safe_load(files("connectors.emulator").joinpath("provenance.yaml").read_text(encoding="utf-8"))
    return tuple(
        _known(vendor, title, route, what)
        for vendor, titles in text.items()
        for title, routes in titles.items()
        for route, what in routes.items()
    )


def _known(vendor: str, title: str, route: str, what: str | dict[str, str]) -> Known:
    method, path = route.split(" ")
    said = {"tag": str(what)} if not isinstance(what, dict) else what
    return Known(vendor, title, method, DATA + path[1:] if path.startswith(".") else path, **said)


@cache
def served() -> dict[tuple[str, str, str], Served]:
    """Every route of the emulator by vendor, method and shape."""
    found: dict[tuple[str, str, str], Served] = {}
    for vendor, method, template in (*_salesforce(), *_hubspot()):
        entry = found.setdefault((vendor, method, shape(template)), Served(vendor, method))
        if template not in entry.templates:
            entry.templates.append(template)
    return found


def _salesforce() -> Iterator[tuple[str, str, str]]:
    for route in http.routes(Org(Clock())):
        # Below a version lies one endpoint for everything; its own table says more.
        if isinstance(route, Route) and not route.path.startswith(DATA):
            yield from (("salesforce", method, route.path) for method in _methods(route))
    for resource in rest.TABLE:
        template = DATA + resource.template.replace(":path", "")
        yield from (("salesforce", method, template) for method in resource.methods)


def _methods(route: Route) -> list[str]:
    """The methods a route is for; one that takes all and refuses most by itself is for those the contract names."""
    found = (route.methods or set()) - {"HEAD"}
    if not found >= _ALL:
        return sorted(found)
    named = sorted(each.method for each in contract() if shape(each.path) == shape(route.path))
    return named or ["ANY"]


def _hubspot() -> Iterator[tuple[str, str, str]]:
    for route in hubspot.routes(hubspot.Portal(Clock())):
        if isinstance(route, Route) and not route.path.endswith("/"):
            # All methods of a path are one ASGI application, which Starlette does not look into.
            methods: JsonObject = getattr(route.endpoint, "methods", {})
            yield from (("hubspot", method, route.path) for method in methods)


def untagged() -> list[str]:
    """The routes that the emulator serves and the contract's list does not know."""
    known = {each.key for each in contract()}
    return sorted(f"{vendor}: {method} {path}" for vendor, method, path in served().keys() - known)


def routes() -> frozenset[str]:
    """Every served route as one word: `GET /crm/v3/owners`."""
    return frozenset(f"{route.method} {template}" for route in served().values() for template in route.templates)


def told() -> list[JsonObject]:
    """Every served route as the control interface lists it."""
    by_key = {each.key: each for each in contract()}
    return [
        {
            "vendor": route.vendor,
            "method": route.method,
            "templates": route.templates,
            "tag": by_key[key].tag if key in by_key else None,
        }
        for key, route in served().items()
    ]
