"""The org: schema, records, sessions and settings, and how a seed fills them."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from connectors.emulator.clock import Clock
from connectors.emulator.salesforce import customfields, ids, moments, schema, values
from connectors.emulator.salesforce.access import Access
from connectors.emulator.salesforce.derive import derive
from connectors.emulator.salesforce.errors import SalesforceError
from connectors.emulator.salesforce.schema import Field, SObject
from connectors.emulator.salesforce.soql.run import Result
from connectors.emulator.salesforce.store import Deletion, Store
from connectors.emulator.wire import Json, JsonObject

# What `/_emulator/limits` may change, with the values of a paid production org (sources: wire contract 3.2, 8).
SETTINGS: Mapping[str, Json] = {
    "daily_limit": 100_000,  # calls in 24 hours
    "daily_used": 0,
    "session_timeout_seconds": 7200,  # of inactivity
    "locator_seconds": 172_800,  # a query cursor lives two days
    "page_size": 2000,  # the server may give less than asked
    "unordered": False,  # shuffle what no ORDER BY puts in order
    "soap_login": True,
    "password_login": True,
    "activity_unique": False,  # whether custom fields of Activity may be unique
    "activity_upsert": True,  # whether tasks and events may be upserted by external id
    "unknown_field_fails": "request",  # or "record": what an unknown field in a collection spoils
    "hidden_fields": [],  # "Contact.Title": taken away from the integration user
    "read_only_fields": [],
    "record_faults": [],  # {"object", "operation"?, "times"?, "nth"?, "every"?, "statusCode", "message", "fields"?}
}
ARCHIVED_AFTER = timedelta(days=365)
INTEGRATION_USERNAME = "integration@rapport.example"


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


@dataclass(slots=True)
class Cursor:
    """An open query: what it found and how many records a page has."""

    result: Result
    size: int
    opened: datetime


class Org:
    """Everything one Salesforce org holds. `public_key` is the PEM that JWT bearer assertions must be signed for."""

    def __init__(self, clock: Clock, public_key: bytes = b"") -> None:
        self.clock = clock
        self.public_key = public_key
        self.credentials = Credentials()
        self.load({})

    def load(self, seed: JsonObject) -> None:
        """Forget everything and fill the org with the `salesforce` part of a resolved seed."""
        self.settings: dict[str, Json] = {key: _copied(value) for key, value in SETTINGS.items()}
        self.features = frozenset(name for name, on in seed.get("features", {}).items() if on)
        self.schema = schema.standard()
        self.sessions: dict[str, Session] = {}
        self.cursors: dict[str, Cursor] = {}
        self.fault_counts: dict[int, int] = {}
        for name, text in seed.get("objects", {}).items():
            self.schema.put_object(schema.sobject(name, text))
        self._add_fields(seed.get("fields", {}))
        self.store = Store(self.schema)
        self._fill(seed)
        self.user_id = self._integration_user()
        self.username: str = self.store.table("User")[self.user_id]["Username"]
        self.org_id: str = next(iter(self.store.table("Organization")))
        self._describe_custom_fields(seed.get("fields", {}))
        self._swept = date.min
        self.archive()

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
        self._swept = today
        for name in ("Task", "Event"):
            for row in list(self.store.table(name).values()):
                if not row.get("IsArchived") and _is_old(name, row, (today - ARCHIVED_AFTER).isoformat()):
                    self.store.put(name, {**row, "IsArchived": True})

    def count_call(self) -> None:
        """Count one call against the daily limit.

        Raises:
            SalesforceError: REQUEST_LIMIT_EXCEEDED when it is spent.
        """
        if self.settings["daily_used"] >= self.settings["daily_limit"]:
            raise SalesforceError("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", 403)
        self.settings["daily_used"] += 1

    def _add_fields(self, described: Mapping[str, list[JsonObject]]) -> None:
        for home, texts in described.items():
            for text in texts:
                self.schema.put_field(home, customfields.from_seed(text))

    def _fill(self, seed: JsonObject) -> None:
        gone = {ids.canonical(each) for listed in seed.get("deleted", {}).values() for each in listed}
        for entity in self.schema.objects.values():
            for row in entity.rows:
                self._insert(entity, row, gone)
        for name, rows in seed.get("records", {}).items():
            home = self.schema.object(name)
            if home is None:
                raise ValueError(f"the seed has records of an unknown object: {name}")
            for row in rows:
                self._insert(home, row, gone)
        for entity in list(self.schema.objects.values()):
            for row in list(self.store.table(entity.name).values()):
                self._derive(entity.name, row)

    def _insert(self, entity: SObject, given: JsonObject, gone: set[str | None]) -> None:
        row = {name: _seeded(entity, name, value) for name, value in given.items() if name != "Id"}
        row["Id"] = ids.canonical(given["Id"]) if given.get("Id") else self.store.new_id(entity)
        if row["Id"] is None or self.store.kind(row["Id"]) != entity.name:
            raise ValueError(f"the seed has no valid {entity.name} id: {given['Id']}")
        self.store.put(entity.name, _defaults(entity) | self._system(row) | row)
        if row["Id"] in gone:
            self._mark_deleted(entity.name, row["Id"])

    def _system(self, row: JsonObject) -> JsonObject:
        created = row.get("CreatedDate") or self.now()
        modified = row.get("LastModifiedDate") or row.get("SystemModstamp") or created
        return {
            "IsDeleted": False,
            "CreatedDate": created,
            "LastModifiedDate": modified,
            "SystemModstamp": modified,
        }

    def _mark_deleted(self, name: str, record_id: str) -> None:
        row = self.store.table(name)[record_id]
        self.store.put(name, {**row, "IsDeleted": True})
        self.store.deletions.append(Deletion(name, record_id, row["SystemModstamp"]))

    def _derive(self, name: str, row: JsonObject) -> None:
        filled = dict(row)
        derive(name, filled, self.store, row.get("LastModifiedDate") or self.now())
        self.store.put(name, filled)

    def _integration_user(self) -> str:
        users = self.store.table("User").values()
        found = next((row for row in users if (row.get("Username") or "").startswith("integration")), None)
        if found is None:
            entity = self.schema.objects["user"]
            text = {"LastName": "Integration", "Username": INTEGRATION_USERNAME, "Email": INTEGRATION_USERNAME}
            self._insert(entity, {"Id": self.store.new_id(entity), "Name": "Integration", **text}, set())
            return self._integration_user()
        user_id: str = found["Id"]
        self._own_everything(user_id)
        return user_id

    def _own_everything(self, user_id: str) -> None:
        """Records without an owner or author in the seed belong to the integration user."""
        for entity in self.schema.objects.values():
            names = [each for each in ("OwnerId", "CreatedById", "LastModifiedById") if entity.field(each)]
            for row in list(self.store.table(entity.name).values()):
                missing = {each: user_id for each in names if not row.get(each)}
                if missing:
                    self.store.put(entity.name, row | missing)

    def _describe_custom_fields(self, described: Mapping[str, list[JsonObject]]) -> None:
        for home, texts in described.items():
            for text in texts:
                full = f"{home}.{text['name']}"
                row = {"FullName": full, "TableEnumOrId": home, "DeveloperName": text["name"], "Metadata": text}
                self._insert(self.schema.objects["customfield"], row, set())


def default_of(field_: Field) -> Json:
    """What a field holds when nobody says anything."""
    if field_.default is not None:
        return field_.default
    return False if field_.type == "boolean" else None


def _defaults(entity: SObject) -> JsonObject:
    return {each.name: default_of(each) for each in entity.fields.values() if default_of(each) is not None}


def _seeded(entity: SObject, name: str, value: Json) -> Json:
    field_ = entity.field(name)
    if field_ is None or field_.name != name:
        raise ValueError(f"the seed has an unknown field: {entity.name}.{name}")
    try:
        return values.stored(entity, field_, value)
    except SalesforceError as error:
        raise ValueError(f"the seed has a bad value in {entity.name}.{name}: {error.message}") from error


def _is_old(name: str, row: JsonObject, day: str) -> bool:
    happened = row.get("ActivityDate") or (row["CreatedDate"][:10] if name == "Task" else None)
    return happened is not None and happened <= day and (name == "Event" or bool(row.get("IsClosed")))


def _copied(value: Json) -> Json:
    return list(value) if isinstance(value, list) else value
