"""The org: schema, records, sessions and settings. `seeding` fills it; everything else reads and writes it."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from connectors.emulator.clock import Clock
from connectors.emulator.salesforce import moments
from connectors.emulator.salesforce.access import Access
from connectors.emulator.salesforce.errors import SalesforceError
from connectors.emulator.salesforce.schema import Schema, standard
from connectors.emulator.salesforce.soql.run import Result
from connectors.emulator.salesforce.store import Store
from connectors.emulator.wire import Json, JsonObject

if TYPE_CHECKING:
    from connectors.emulator.salesforce.columnar.reading import Columns

# What `/_emulator/limits` may change, with the values of a paid production org (sources: wire contract 3.2, 8).
SETTINGS: Mapping[str, Json] = {
    "daily_limit": 100_000,  # calls in 24 hours
    "daily_used": 0,
    "session_timeout_seconds": 7200,  # of inactivity
    "locator_seconds": 172_800,  # a query cursor lives two days
    "page_size": 2000,  # the server may give less than asked
    "short_pages": False,  # pages of a query vary between half and all of their size
    "open_cursors": 0,  # a user's queries that may be open at once, the oldest is dropped; 0 is any number
    "unordered": False,  # shuffle what no ORDER BY puts in order
    "soap_login": True,
    "password_login": True,
    "activity_unique": False,  # whether custom fields of Activity may be unique
    "activity_upsert": True,  # whether tasks and events may be upserted by external id
    "unknown_field_fails": "request",  # or "record": what an unknown field in a collection spoils
    "hidden_fields": [],  # "Contact.Title": taken away from the integration user
    "read_only_fields": [],
    "record_faults": [],  # see `rowfaults`
}
FEATURES = frozenset({"contacts_to_multiple_accounts"})
_ARCHIVED_AFTER = timedelta(days=365)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Credentials:
    """The secrets of the one connected app and its user; made new for every process."""

    client_id: str = field(default_factory=lambda: f"3MVG9{secrets.token_urlsafe(48)}")
    client_secret: str = field(default_factory=lambda: secrets.token_hex(32).upper())
    password: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    security_token: str = field(default_factory=lambda: secrets.token_urlsafe(18))
    refresh_token: str = field(default_factory=lambda: f"5Aep861{secrets.token_urlsafe(40)}")


@dataclass(slots=True)
class Session:
    """One access token: whose it is and when it was last used."""

    user: str
    used: datetime


@dataclass(frozen=True, slots=True)
class Cursor:
    """An open query: what it found, how many records a page has, and whose it is."""

    result: Result
    size: int
    opened: datetime
    user: str = ""


class Org:
    """Everything one Salesforce org holds. `public_key` is the PEM that JWT bearer assertions must be signed for."""

    def __init__(self, clock: Clock, public_key: bytes = b"") -> None:
        self.clock = clock
        self.public_key = public_key
        self.credentials = Credentials()
        self.clear(standard(), FEATURES)

    def clear(self, schema: Schema, features: frozenset[str]) -> None:
        """Forget everything but the credentials and begin with empty tables."""
        self.schema = schema
        self.features = features
        self.store = Store(schema)
        self.settings: dict[str, Json] = {key: _copied(value) for key, value in SETTINGS.items()}
        self.sessions: dict[str, Session] = {}
        self.cursors: dict[str, Cursor] = {}
        self.cursors_opened = 0
        self.fault_counts: dict[int, int] = {}
        self.columns: Columns | None = None
        self.user_id = self.username = self.org_id = ""
        self._swept = date.min
        self._day_began = self.clock.now()

    def now(self) -> str:
        """The present moment in the wire form, whole seconds."""
        return moments.stamp(self.clock.now())

    def access(self, user: str, *, tooling: bool = False) -> Access:
        """What a user may see and change at this moment."""
        hidden, locked = (frozenset(self.settings[key]) for key in ("hidden_fields", "read_only_fields"))
        return Access(self.schema, self.store, self.features, user, hidden, locked, tooling)

    def archive(self) -> None:
        """The nightly run that archives old activities; does its work once for each day of the clock."""
        today = self.clock.now().date()
        if today == self._swept:
            return
        self._swept, last = today, (today - _ARCHIVED_AFTER).isoformat()
        for name in ("Task", "Event"):
            self.store.age(name, last)
            fresh = [row for row in self.store.written(name) if not row.get("IsArchived")]
            for row in (each for each in fresh if _is_old(name, each, last)):
                self.store.put(name, {**row, "IsArchived": True})

    def count_call(self) -> None:
        """Count one call against the limit of 24 hours.

        Raises:
            SalesforceError: REQUEST_LIMIT_EXCEEDED when it is spent.
        """
        if self.clock.now() - self._day_began >= _DAY:
            self._day_began = self.clock.now()
            self.settings["daily_used"] = 0
        if self.settings["daily_used"] >= self.settings["daily_limit"]:
            raise SalesforceError("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", 403)
        self.settings["daily_used"] += 1


def _is_old(name: str, row: JsonObject, day: str) -> bool:
    """Whether an activity is due for the archive: events by their date, closed tasks by date or else by creation."""
    happened = row.get("ActivityDate") or (row["CreatedDate"][:10] if name == "Task" else None)
    return happened is not None and happened <= day and (name == "Event" or bool(row.get("IsClosed")))


def _copied(value: Json) -> Json:
    return list(value) if isinstance(value, list) else value
