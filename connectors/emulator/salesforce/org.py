"""The org: schema, records, sessions and settings. `seeding` fills it; everything else reads and writes it."""

import secrets
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from connectors.emulator.clock import Clock
from connectors.emulator.salesforce import moments
from connectors.emulator.salesforce.access import Access
from connectors.emulator.salesforce.bulk.jobs import Jobs
from connectors.emulator.salesforce.errors import SalesforceError
from connectors.emulator.salesforce.locks import Workshop
from connectors.emulator.salesforce.rules import Rules
from connectors.emulator.salesforce.schema import Schema, SObject, standard
from connectors.emulator.salesforce.settings import defaults
from connectors.emulator.salesforce.soql.run import Result
from connectors.emulator.salesforce.store import Store
from connectors.emulator.wire import Json, JsonObject

if TYPE_CHECKING:
    from connectors.emulator.salesforce.columnar.reading import Columns

# What is counted by the day: `<name>_used` of `<name>_limit`.
_DAILY = ("daily", "bulk_query_jobs", "bulk_query_mb", "bulk_batches")
# What an org has unless its seed says otherwise; `shared_activities` it has only when the seed says so.
FEATURES = frozenset({"contacts_to_multiple_accounts", "buyer_attributes"})
_ARCHIVED_AFTER = timedelta(days=365)
_DAY = timedelta(days=1)
_KB_OF_A_RECORD = 2


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
    """One access token: whose it is, when it was made and when last used."""

    user: str
    opened: datetime
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
        self.settings: dict[str, Json] = defaults()
        self.rules = Rules()
        self.workshop = Workshop()
        self.sessions: dict[str, Session] = {}
        self.refresh_tokens = {self.credentials.refresh_token}
        self.cursors: dict[str, Cursor] = {}
        self.cursors_opened = 0
        self.jobs = Jobs()
        self.fault_counts: dict[int, int] = {}
        self.wrong_passwords = 0
        self.logins: list[datetime] = []
        self.columns: Columns | None = None
        self.user_id = self.username = self.org_id = ""
        self.described = self._opened = self._day_began = self.clock.now()
        self._swept = date.min

    def add_object(self, entity: SObject) -> None:
        """Add an object without records."""
        self.schema.put_object(entity)
        self.store.add(entity)

    def metadata_changed(self) -> None:
        """What describe tells may be another from now on."""
        self.described = self.clock.now()

    def now(self) -> str:
        """The present moment in the wire form, whole seconds."""
        return moments.stamp(self.clock.now())

    def access(self, user: str, *, tooling: bool = False) -> Access:
        """What a user may see and change at this moment."""
        hidden, locked = (frozenset(self.settings[key]) for key in ("hidden_fields", "read_only_fields"))
        hidden |= frozenset(self.settings["hidden_objects"])
        return Access(self.schema, self.store, self.features, user, hidden, locked, tooling)

    def archive(self) -> None:
        """The nightly run that archives old activities and empties the bin; works once for each day of the clock."""
        today = self.clock.now().date()
        if today == self._swept:
            return
        self._swept, last = today, (today - _ARCHIVED_AFTER).isoformat()
        for name in ("Task", "Event"):
            self.store.age(name, last)
            fresh = [row for row in self.store.written(name) if not row.get("IsArchived")]
            for row in (each for each in fresh if _is_old(name, each, last)):
                self.store.put(name, {**row, "IsArchived": True})
        self._empty_bin()

    def storage_used(self) -> float:
        """The data storage that records take, in MB."""
        return self.store.size() * _KB_OF_A_RECORD / 1024

    def _empty_bin(self) -> None:
        """What the seed already brought as deleted counts from the moment it was loaded."""
        last = self.clock.now() - timedelta(days=self.settings["recycle_bin_days"])
        if last < self._opened:
            return
        for gone in self.store.deletions:
            row = self.store.table(gone.entity).get(gone.record_id)
            if row is not None and row.get("IsDeleted") and gone.at <= moments.stamp(last):
                self.store.remove(gone.entity, gone.record_id)

    def count_call(self) -> None:
        """Count one call against the limit of 24 hours.

        Raises:
            SalesforceError: REQUEST_LIMIT_EXCEEDED when it is spent.
        """
        if not self.spend("daily"):
            raise SalesforceError("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", 403)

    def spend(self, name: str) -> bool:
        """Take one of what is counted by the day; False when nothing is left."""
        if self.left(name) <= 0:
            return False
        self.settings[f"{name}_used"] += 1
        return True

    def left(self, name: str) -> int:
        """How much is left today of what is counted by the day."""
        if self.clock.now() - self._day_began >= _DAY:
            self._day_began = self.clock.now()
            self.settings.update({f"{each}_used": 0 for each in _DAILY})
        return max(0, int(self.settings[f"{name}_limit"] - self.settings[f"{name}_used"]))


def _is_old(name: str, row: JsonObject, day: str) -> bool:
    """Whether an activity is due for the archive: events by their date, closed tasks by date or else by creation."""
    happened = row.get("ActivityDate") or (row["CreatedDate"][:10] if name == "Task" else None)
    return happened is not None and happened <= day and (name == "Event" or bool(row.get("IsClosed")))
