"""The records as a query sees them: through the user's access, with or without what query hides."""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connectors.emulator.salesforce.access import Access
from connectors.emulator.salesforce.computing import computed
from connectors.emulator.salesforce.org import Org
from connectors.emulator.salesforce.schema import Field, SObject
from connectors.emulator.salesforce.soql.functions import Calendar
from connectors.emulator.wire import Json, JsonObject


@dataclass(frozen=True, slots=True)
class View:
    """The catalog that SOQL reads. `everything` is queryAll: the recycle bin and archived activities too."""

    org: Org
    access: Access
    everything: bool = False

    def object(self, name: str) -> SObject | None:
        """A queryable object as the user sees it."""
        entity = self.access.object(name)
        return entity if entity is not None and entity.query else None

    def entity(self, name: str) -> SObject:
        """An object at the end of a relationship; the schema's own references never lead nowhere."""
        return self.access.object(name) or self.org.schema.objects[name.lower()]

    def child(self, parent: str, relationship: str) -> tuple[SObject, Field] | None:
        """The object and field behind a child relationship the user can see."""
        for entity, reference in self.org.schema.children(parent):
            if reference.children.lower() == relationship.lower():
                seen = self.object(entity.name)
                return (seen, reference) if seen and seen.field(reference.name) else None
        return None

    def rows(self, name: str) -> Iterable[JsonObject]:
        """The rows this resource shows, shuffled if the org is set to keep no order."""
        rows = self.org.store.table(name).values()
        shown = rows if self.everything else (row for row in rows if not _hidden(row))
        return sorted(shown, key=_scrambled) if self.org.settings["unordered"] else shown

    def row(self, record_id: str) -> JsonObject | None:
        """Any record, deleted or not."""
        return self.org.store.find(record_id)

    def kind(self, record_id: str) -> str:
        """The object an id belongs to."""
        return self.org.store.kind(record_id)

    def computed(self, entity: SObject, field: Field, row: JsonObject) -> Json:
        """The value of a formula field."""
        return computed(self.org, entity, field, row)

    def today(self) -> date:
        """The current day of the org's clock where the user is."""
        return self.org.clock.now().astimezone(self.calendar().zone).date()

    def calendar(self) -> Calendar:
        """The user's time zone and the org's fiscal year; what cannot be read is UTC and January."""
        user = self.org.store.find(self.me()) or {}
        org = next(iter(self.org.store.table("Organization").values()), {})
        try:
            zone = ZoneInfo(user.get("TimeZoneSidKey") or "GMT")
        except (ZoneInfoNotFoundError, ValueError):
            return Calendar(UTC, _month(org))
        return Calendar(zone, _month(org))

    def me(self) -> str:
        """The user's id."""
        return self.access.user


def _month(org: JsonObject) -> int:
    month = int(org.get("FiscalYearStartMonth") or 1)
    return month if 1 <= month <= 12 else 1


def _hidden(row: JsonObject) -> bool:
    return bool(row.get("IsDeleted") or row.get("IsArchived"))


def _scrambled(row: JsonObject) -> int:
    return zlib.crc32(row["Id"].encode())
