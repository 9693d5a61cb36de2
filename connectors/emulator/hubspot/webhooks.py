"""Webhooks of the public app: subscriptions, and deliveries with real signatures, retries, doubles and disorder.

Events come from `Crm.events`; a pump of the running event loop posts them to the target address. When an attempt is
due is told by the emulated clock; how long an answer may take is real time, as a receiver is a real process.
"""

import asyncio
import base64
import hashlib
import hmac
import http.client
import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import orjson

from .crm import Clock
from .events import Event, Events
from .object_types import ObjectType
from .refusals import RefusedError, invalid, missing
from .wire import stamp

TYPES = ("creation", "deletion", "propertyChange", "merge", "restore", "associationChange", "privacyDeletion")
UNSUBSCRIBABLE = {"hs_lastmodifieddate"}
POLL = 0.02
"""Real seconds between looks at the emulated clock while something waits."""
_KEPT_ENCODED = frozenset(["%2F", "%3F", "%40", "%21", "%24", "%27", "%28", "%29", "%2A", "%2C", "%3B", "%3A"])


def signature(secret: str, method: str, uri: str, body: bytes, timestamp: str) -> str:
    """Sign a request as version 3 asks; `timestamp` in epoch milliseconds, `uri` as it is called."""
    source = f"{method}{decoded(uri)}".encode() + body + timestamp.encode()
    return base64.b64encode(hmac.new(secret.encode(), source, hashlib.sha256).digest()).decode()


def decoded(uri: str) -> str:
    """Decode the few characters of an address that the signature takes decoded."""
    parts = uri.split("%")
    whole = [parts[0]]
    for part in parts[1:]:
        code = f"%{part[:2].upper()}"
        whole.append(unquote(code) + part[2:] if code in _KEPT_ENCODED else f"%{part}")
    return "".join(whole)


@dataclass(frozen=True, slots=True)
class Subscription:
    """What the app wants to be told of."""

    id: int
    event_type: str
    """For example ``contact.propertyChange``."""
    property_name: str | None
    object_type_id: str | None
    active: bool
    created: datetime
    updated: datetime

    def render(self) -> dict[str, object]:
        """Form the subscription's JSON."""
        named = {"propertyName": self.property_name} if self.property_name else {}
        typed = {"objectTypeId": self.object_type_id} if self.object_type_id else {}
        return {
            "id": str(self.id),
            "eventType": self.event_type,
            **named,
            **typed,
            "active": self.active,
            "createdAt": stamp(self.created),
            "updatedAt": stamp(self.updated),
        }

    def wants(self, event: Event) -> bool:
        """Whether an event is one of those asked for."""
        word, _, what = self.event_type.partition(".")
        objects = word == event.kind.singular or (word == "object" and self.object_type_id == event.kind.id)
        named = what != "propertyChange" or self.property_name == event.told.get("propertyName")
        return self.active and objects and what == event.type and named


@dataclass(frozen=True, slots=True)
class Target:
    """Where deliveries go."""

    url: str
    most: int
    """Deliveries under way at once."""
    created: datetime
    updated: datetime

    def render(self) -> dict[str, object]:
        """Form the settings' JSON."""
        return {
            "targetUrl": self.url,
            "throttling": {"maxConcurrentRequests": self.most},
            "createdAt": stamp(self.created),
            "updatedAt": stamp(self.updated),
        }


@dataclass(slots=True)
class Delivery:
    """A batch of events on its way."""

    rows: list[dict[str, object]]
    due: datetime
    attempt: int = 0


Post = Callable[[str, bytes, Mapping[str, str], float], int]
"""Send a body and give the status, 0 when no answer came in time."""


def post(url: str, body: bytes, headers: Mapping[str, str], timeout: float) -> int:
    """Post to a receiver on this machine."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=timeout)
    place = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request("POST", place, body, dict(headers))
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


@dataclass(slots=True)
class Webhooks:
    """The webhooks of one app on one portal; `portal_id` and `secret` are asked when a delivery is made."""

    clock: Clock
    settings: Mapping[str, Any]
    app: int
    secret: str
    portal_id: Callable[[], int]
    events: Events
    """Listened to while there is a target, so that writes cost nothing more in a portal without webhooks."""
    target: Target | None = None
    subscriptions: dict[int, Subscription] = field(default_factory=dict)
    waiting: list[Delivery] = field(default_factory=list)
    _fresh: list[dict[str, object]] = field(default_factory=list)
    _under_way: int = 0
    _numbers: int = 0
    _closed: bool = False
    _pump: asyncio.Task[None] | None = None
    _sends: set[asyncio.Task[None]] = field(default_factory=set)

    # --- what is asked for ----------------------------------------------------------------------------------------

    def aim(self, url: str, most: int) -> Target:
        """Set where deliveries go. Raises RefusedError (400) for an address that is not on this machine."""
        now = self.clock.now()
        if not _on_loopback(url):
            raise invalid(f"targetUrl {url} must be an http or https address on this machine; no other is called.")
        if not 5 < most <= 500:
            raise invalid(f"maxConcurrentRequests must be more than 5 and at most 500, but was {most}")
        self.target = Target(url, most, self.target.created if self.target else now, now)
        self.events.listener = self.hear
        return self.target

    def aim_nowhere(self) -> None:
        """Deliver nothing more until there is a target again."""
        self.target = None
        self.events.listener = None

    def read(self, key: str) -> Subscription:
        """Find a subscription or raise RefusedError (404)."""
        found = self.subscriptions.get(int(key)) if key.isascii() and key.isdecimal() and len(key) < 19 else None
        if found is None:
            raise missing()
        return found

    def subscribe(self, event_type: str, kind: ObjectType | None, name: str | None, *, active: bool) -> Subscription:
        """Add a subscription; `kind` is the type of a generic ``object.`` one. Raises RefusedError (400)."""
        what = event_type.partition(".")[2]
        if what not in TYPES:
            raise invalid(f"{event_type} is not an event type.")
        if (what == "propertyChange") is not bool(name):
            raise invalid("propertyName is required for propertyChange subscriptions and for no others.")
        if name in UNSUBSCRIBABLE:
            raise invalid(f"Property {name} cannot be subscribed to.")
        type_id = kind.id if kind else None
        if any((s.event_type, s.property_name, s.object_type_id) == (event_type, name, type_id) for s in self._all()):
            raise RefusedError(409, "CONFLICT", f"A subscription to {event_type} exists already.")
        now = self.clock.now()
        made = Subscription(self._number(), event_type, name, type_id, active, now, now)
        self.subscriptions[made.id] = made
        return made

    def switch(self, key: str, *, active: bool) -> Subscription:
        """Pause or resume a subscription. Raises RefusedError (404)."""
        made = replace(self.read(key), active=active, updated=self.clock.now())
        self.subscriptions[made.id] = made
        return made

    def _all(self) -> list[Subscription]:
        return list(self.subscriptions.values())

    def _number(self) -> int:
        self._numbers += 1
        return self._numbers

    # --- what happened --------------------------------------------------------------------------------------------

    def hear(self, event: Event) -> None:
        """Take note of an event; it is delivered soon after, if someone asked for it."""
        if not self.settings["webhooks"]:
            return
        for subscription in self._all():
            if subscription.wants(event):
                self._fresh += [self._row(subscription, event)] * (2 if self.settings["webhook_duplicates"] else 1)
        if self._fresh:
            self._start()

    def _row(self, subscription: Subscription, event: Event) -> dict[str, object]:
        return {
            "eventId": self._number(),
            "subscriptionId": subscription.id,
            "portalId": self.portal_id(),
            "appId": self.app,
            "occurredAt": int(event.at.timestamp() * 1000),
            "subscriptionType": subscription.event_type,
            "attemptNumber": 0,
            "objectId": event.object_id,
            "changeSource": event.by.source,
            "sourceId": event.by.id,
            "objectTypeId": event.kind.id,
            **event.told,
        }

    # --- deliveries -----------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Deliver nothing more."""
        self._closed = True

    def _start(self) -> None:
        if self._pump is None or self._pump.done():
            self._pump = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        """Send what is due until nothing waits."""
        while not self._closed and (self._fresh or self.waiting or self._under_way):
            self._gather()
            now = self.clock.now()
            for delivery in [each for each in self.waiting if each.due <= now]:
                if self.target is None or self._under_way >= self.target.most:
                    break
                self.waiting.remove(delivery)
                self._under_way += 1
                task = asyncio.create_task(self._deliver(self.target, delivery))
                self._sends.add(task)
                task.add_done_callback(self._sends.discard)
            await asyncio.sleep(POLL)

    def _gather(self) -> None:
        """Make deliveries of the events that came since the last look."""
        rows, self._fresh = self._fresh, []
        if self.settings["webhook_disorder"]:
            rows.reverse()
        size = max(1, min(int(self.settings["webhook_batch"]), 100))
        self.waiting += [Delivery(rows[at : at + size], self.clock.now()) for at in range(0, len(rows), size)]

    async def _deliver(self, target: Target, delivery: Delivery) -> None:
        body = orjson.dumps([{**row, "attemptNumber": delivery.attempt} for row in delivery.rows])
        timestamp = str(int(self.clock.now().timestamp() * 1000))
        headers = self._headers(target.url, body, timestamp)
        status = await asyncio.to_thread(post, target.url, body, headers, float(self.settings["webhook_timeout"]))
        self._under_way -= 1
        if not 200 <= status < 400 and delivery.attempt < self.settings["webhook_retries"]:
            wait = timedelta(seconds=self.settings["webhook_retry_seconds"])
            self.waiting.append(Delivery(delivery.rows, self.clock.now() + wait, delivery.attempt + 1))

    def _headers(self, url: str, body: bytes, timestamp: str) -> dict[str, str]:
        plain = hashlib.sha256(self.secret.encode() + body).hexdigest()
        return {
            "Content-Type": "application/json",
            "User-Agent": "HubSpot Connect 2.0 (http://dev.hubspot.com/) - WebHooks",
            "X-HubSpot-Signature": plain,
            "X-HubSpot-Signature-Version": "v1",
            "X-HubSpot-Signature-v3": signature(self.secret, "POST", url, body, timestamp),
            "X-HubSpot-Request-Timestamp": timestamp,
        }


def _on_loopback(url: str) -> bool:
    spelt = quote(url, safe=":/?#[]@!$&'()*+,;=%~-._") == url
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        local = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
    return local and spelt and parts.scheme in {"http", "https"} and port != 0
