"""Takes the census of a HubSpot portal: customers and who owns them, recent activity, what enumerations offer.

About twelve calls. A question that may not be asked is left open; what cannot be read is the business of `check`.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, cast

from connectors.budget import Budget, Terms
from connectors.census import WINDOW_DAYS, Census, Keeper
from connectors.errors import Rejected
from connectors.hubspot.auth import sign_in
from connectors.hubspot.failures import DIALECT
from connectors.hubspot.pace import HubSpotPace
from connectors.hubspot.paths import ROUTES
from connectors.hubspot.records import full_name
from connectors.options import HubSpotOptions
from connectors.transport import Network, Transport
from mapping.fields import resolve

Json = Mapping[str, Any]
KINDS = ("emails", "calls", "meetings", "notes", "tasks")
PAGE = 200
"""Records of a search page; so many customers are looked at for their owners."""
OWNERS = 500
"""Owners of a page."""
DAY = 86_400


class Survey:
    """One portal, asked by search; `now` is our clock in epoch seconds."""

    def __init__(self, transport: Transport, options: HubSpotOptions, now: int) -> None:
        self._transport = transport
        self._options = options
        self._route = ROUTES[options.api]
        self._now = now
        self._mapped = resolve("hubspot", options.fields, options.prefix)["account"]

    def census(self) -> Census:
        """Ask; raises a ConnectorError where the portal cannot be asked at all."""
        customers, owned = self._owned()
        owners = [*self._owners(archived=True), *self._owners(archived=False)]
        known = {str(one["id"]): one for one in owners}
        return Census(
            customers=customers,
            keepers=[_keeper(owner, count, known.get(owner)) for owner, count in owned.items()],
            activity={kind: self._recent(kind) for kind in KINDS},
            choices=dict(self._choices()),
            colleagues=frozenset(str(one["email"]).lower() for one in owners if one.get("email")),
        )

    def _owned(self) -> tuple[int | None, Counter[str]]:
        """Count customers, and by owner those of the first page."""
        stages = list(self._options.customer_stages)
        asked = {"propertyName": self._mapped.get("customer"), "operator": "IN", "values": stages}
        found = self._search("companies", asked, PAGE) if asked["propertyName"] and stages else None
        if found is None:
            return None, Counter()
        owners = (one["properties"].get("hubspot_owner_id") for one in found["results"])
        return _total(found), Counter(str(owner) for owner in owners if owner)

    def _recent(self, kind: str) -> int | None:
        since = str((self._now - WINDOW_DAYS * DAY) * 1000)
        found = self._search(kind, {"propertyName": "hs_timestamp", "operator": "GTE", "value": since}, 1)
        return None if found is None else _total(found)

    def _search(self, object_type: str, filters: Json, limit: int) -> Json | None:
        """Search with one filter; None where the token may not, or the property is none that can be searched."""
        body = {"filterGroups": [{"filters": [filters]}], "properties": ["hubspot_owner_id"], "limit": limit}
        try:
            return self._send("POST", f"/crm/v3/objects/{object_type}/search", body)
        except Rejected:
            return None

    def _owners(self, *, archived: bool) -> Iterator[Json]:
        after = ""
        while True:
            path = f"/crm/v3/owners?limit={OWNERS}&archived={str(archived).lower()}{after}"
            page = self._sent("GET", path)
            yield from page.get("results", ())
            following = ((page.get("paging") or {}).get("next") or {}).get("after")
            if following is None:
                return
            after = f"&after={following}"

    def _choices(self) -> Iterator[tuple[str, Sequence[str]]]:
        held = {one["name"]: one for one in self._sent("GET", "/crm/v3/properties/companies").get("results", ())}
        for attribute, name in self._mapped.items():
            offered = held.get(name, {}).get("options") or ()
            if values := [str(one["value"]) for one in offered if not one.get("hidden")]:
                yield attribute, values

    def _sent(self, method: str, path: str) -> Json:
        """Ask what a token may not be allowed to see; then there is nothing."""
        try:
            return self._send(method, path)
        except Rejected:
            return {}

    def _send(self, method: str, path: str, body: object = None) -> Json:
        bare, _, query = path.partition("?")
        routed = self._route(bare) + (f"?{query}" if query else "")
        answer = self._transport.request(method, routed, json=body).json()
        return cast("Json", answer) if isinstance(answer, dict) else {}


def _total(found: Json) -> int | None:
    """Read how many records a search found; an answer that does not say so says nothing."""
    total = found.get("total")
    return int(total) if isinstance(total, int) else None


def _keeper(owner: str, customers: int, found: Json | None) -> Keeper:
    if found is None:
        return Keeper(owner, owner, customers, active=None)
    teams = sorted(found.get("teams") or [], key=lambda team: not team.get("primary"))
    name = full_name(found.get("firstName"), found.get("lastName")) or found.get("email") or owner
    return Keeper(owner, name, customers, not found.get("archived"), team=teams[0]["name"] if teams else None)


def take(
    options: HubSpotOptions,
    secret: Callable[[str], str],
    now: Callable[[], float],
    keep: Callable[[str, str], None] | None = None,
) -> Census:
    """Open a connection for the length of a census; see `connectors.open.census`."""
    budget = Budget(DIALECT.vendor, Terms(**options.budget.model_dump()))
    network = Network(now, options.ca_file, budget=budget)
    transport = Transport(DIALECT, options.url, sign_in(options, secret, now, keep), network, HubSpotPace(now))
    try:
        return Survey(transport, options, int(now())).census()
    finally:
        transport.close()
