"""The rules of a portal's records: what a write accepts, what follows from it, what merging and archiving mean.

No HTTP here: `api` calls these methods and turns RefusedError into answers. All state of the portal's CRM hangs here.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol

from . import derived
from .associations import Associations, Pair
from .object_types import OBJECT_TYPES, ObjectType
from .owners import Owner
from .pipelines import Pipelines
from .records import Record, Table, changed
from .refusals import Problem, RefusedError, conflict, invalid, invalid_values, missing
from .schema import Property, Schema
from .values import BadValueError, normalise, split, text
from .wire import stamp

Link = tuple[Pair, int, list[int]]
"""Whom a new record is linked to: the pair of types, the other's id, association type ids."""

INTEGRATION = "INTEGRATION"
"""Source of every value written through the API."""


class Clock(Protocol):
    """Whoever tells the emulated time."""

    def now(self) -> datetime:
        """Tell the emulated moment, aware UTC."""
        ...


class Crm:
    """Records, properties, associations, owners and pipelines of one portal."""

    def __init__(self, clock: Clock, settings: Mapping[str, Any]) -> None:
        self.portal_id = 48_000_000
        self.associations = Associations()
        self.owners: dict[int, Owner] = {}
        self.pipelines = Pipelines()
        self._clock = clock
        self._settings = settings
        self._next_id = 100_001
        self._written: list[tuple[Table, int, Record | None]] | None = None
        born = clock.now()
        self.schemas = {name: Schema(kind, born) for name, kind in OBJECT_TYPES.items()}
        self.tables = {name: Table() for name in OBJECT_TYPES}
        self.tables["contacts"].index("email")

    def now(self) -> datetime:
        """Tell the emulated moment."""
        return self._clock.now()

    def new_id(self, *, at_least: int = 0) -> int:
        """Hand out a record id nobody has had; with `at_least` keep away from a seed's ids."""
        self._next_id = max(self._next_id, at_least) + 1
        return self._next_id - 1

    # --- reading --------------------------------------------------------------------------------------------------

    def find(
        self, kind: ObjectType, key: str, by: str | None = None, *, archived: bool = False, merged: bool = True
    ) -> Record | None:
        """Find a record by id, or by the unique property `by`; with `merged` an old id leads to the winner."""
        table = self.tables[kind.name]
        if by is not None and by != "hs_object_id":
            definition = self.identifying(kind, by)
            return None if archived else table.by_unique(by, _as_stored(definition, key))
        if not (key.isascii() and key.isdecimal()) or len(key) > 19:
            return None
        record_id = int(key)
        return table.find(table.winner(record_id) if merged else record_id, archived=archived)

    def read(self, kind: ObjectType, key: str, by: str | None = None, *, archived: bool = False) -> Record:
        """Find a record as `find` or raise RefusedError (404)."""
        found = self.find(kind, key, by, archived=archived)
        if found is None:
            raise missing()
        return found

    def identifying(self, kind: ObjectType, name: str) -> Property:
        """Find a property that identifies records; raises RefusedError (400)."""
        definition = self.schemas[kind.name].get(name)
        if definition is None:
            raise invalid_values([_unknown(name)], self.portal_id)
        if not self.tables[kind.name].unique(name):
            raise invalid(f"Unable to perform update/upsert by non-unique {kind.singular.upper()} property {name}")
        return definition

    # --- writing --------------------------------------------------------------------------------------------------

    @contextmanager
    def together(self) -> Iterator[None]:
        """Keep all record writes inside, or none when RefusedError leaves the block."""
        self._written = []
        try:
            yield
        except RefusedError:
            for table, record_id, before in reversed(self._written):
                if before is None:
                    table.drop(record_id)
                else:
                    table.put(before)
            raise
        finally:
            self._written = None

    def _put(self, kind: ObjectType, record: Record) -> Record:
        table = self.tables[kind.name]
        before = table.put(record)
        if self._written is not None:
            self._written.append((table, record.id, before))
        return record

    def create(self, kind: ObjectType, given: Mapping[str, object], links: Sequence[Link] = ()) -> Record:
        """Make a record. Raises RefusedError: 400 for its values, 409 when its email is taken."""
        values = self._accept(kind, given, None)
        if kind.activity and not values.get("hs_timestamp"):
            word = kind.singular.upper()
            message = f"Error creating {word}. Some required properties were not set."
            raise invalid(message, context={"properties": ["hs_timestamp"]})
        now = self.now()
        record_id = self.new_id()
        born = {"hs_createdate": stamp(now), kind.created: stamp(now), "hs_object_source": INTEGRATION}
        properties = {**born, **values, **self._moved(kind, now), "hs_object_id": str(record_id)}
        made = Record(record_id, properties, now, now, written=now.timestamp())
        self._put(kind, self._derive(kind, made, now))
        self.link(record_id, links)
        return self.tables[kind.name].find(record_id) or made

    def update(self, kind: ObjectType, record: Record, given: Mapping[str, object]) -> Record:
        """Write values on a record. Raises RefusedError: 400 for its values, 409 when its email is taken."""
        values = self._accept(kind, given, record)
        return self._write(kind, record, values)

    def _write(self, kind: ObjectType, record: Record, values: Mapping[str, str | None]) -> Record:
        now = self.now()
        written = changed(record, values, now, INTEGRATION)
        moved = replace(written, properties={**written.properties, **self._moved(kind, now)})
        return self._put(kind, self._derive(kind, moved, now))

    def _moved(self, kind: ObjectType, now: datetime) -> dict[str, str | None]:
        return {"hs_lastmodifieddate": stamp(now), kind.modified: stamp(now)}

    def _derive(self, kind: ObjectType, record: Record, now: datetime) -> Record:
        return replace(record, properties=derived.values(kind, record.properties, self.pipelines, now))

    def archive(self, kind: ObjectType, key: str) -> None:
        """Move a record to the recycle bin; an unknown id is no error. An email is gone for good."""
        record = self.find(kind, key)
        if record is None:
            return
        self._unlink_all(kind, record.id)
        record = self.read(kind, key)
        if kind.name == "emails":
            self.tables[kind.name].drop(record.id)
            return
        now = self.now()
        self._put(kind, replace(record, archived_at=now, updated=now, written=now.timestamp()))

    def purge(self, kind: ObjectType, key: str, by: str | None) -> None:
        """Delete a record and its content for good, as the GDPR asks."""
        record = self.find(kind, key, by) or self.find(kind, key, archived=True)
        if record is not None:
            self._unlink_all(kind, record.id)
            self.tables[kind.name].drop(record.id)

    def merge(self, kind: ObjectType, primary: str, other: str) -> Record:
        """Merge `other` into `primary`. Raises RefusedError: 400, 404, or 414 past the limit of identities."""
        winner, loser = self.read(kind, primary), self.read(kind, other)
        if winner.id == loser.id:
            raise invalid("Cannot merge an object with itself.")
        merged = derived.merged(kind, winner, loser)
        if len(list(split(merged["hs_merged_object_ids"]))) > self._settings["merge_limit"]:
            limit = self._settings["merge_limit"]
            raise RefusedError(414, "VALIDATION_ERROR", f"Cannot have more than {limit} identities on a profile")
        table = self.tables[kind.name]
        linked = list(self.associations.neighbours(kind.name, loser.id))
        table.drop(loser.id)
        table.aliases[loser.id] = winner.id
        self.associations.move(kind.name, loser.id, winner.id)
        self._write(kind, winner, merged)
        for pair, there in linked:
            self.unlinked(pair, winner.id, there)
        return self.tables[kind.name].find(winner.id) or winner

    # --- what a write accepts -------------------------------------------------------------------------------------

    def _accept(self, kind: ObjectType, given: Mapping[str, object], held: Record | None) -> dict[str, str | None]:
        values: dict[str, str | None] = {}
        problems: list[Problem] = []
        for name, raw in given.items():
            if kind.activity and not self._writable(kind, name):
                continue  # activity endpoints ignore what they cannot write
            before = held.properties.get(name) if held else None
            match self._value(kind, name, raw, before):
                case Problem() as problem:
                    problems.append(problem)
                case value:
                    values[name] = value
        if problems:
            raise invalid_values(problems, self.portal_id)
        self._check_unique(kind, values, held)
        return values if held is None else self._only_forward(kind, values, held)

    def _writable(self, kind: ObjectType, name: str) -> bool:
        definition = self.schemas[kind.name].get(name)
        return definition is not None and not definition.read_only

    def _value(self, kind: ObjectType, name: str, raw: object, held: str | None) -> str | Problem | None:
        definition = self.schemas[kind.name].get(name)
        if definition is None:
            return _unknown(name)
        if definition.read_only:
            return Problem(name, "READ_ONLY_VALUE", f'"{name}" is a read only property; its value cannot be set.')
        if name == "hubspot_owner_id" and not self._is_owner(text(raw)):
            return Problem(name, "INVALID_OWNER", f"Owner {text(raw)} does not exist.")
        try:
            return normalise(definition, raw, held)
        except BadValueError as error:
            return Problem(name, error.code, str(error))

    def _is_owner(self, given: str) -> bool:
        return not given or (given.isascii() and given.isdecimal() and len(given) < 20 and int(given) in self.owners)

    def _check_unique(self, kind: ObjectType, values: Mapping[str, str | None], held: Record | None) -> None:
        table = self.tables[kind.name]
        for name, value in values.items():
            other = table.by_unique(name, value) if value else None
            if other is not None and (held is None or other.id != held.id):
                if name == "email":
                    raise conflict(f"Contact already exists. Existing ID: {other.id}")
                message = f"Cannot set {name}={value}. {other.id} already has that value."
                raise invalid_values([Problem(name, "CONFLICTING_UNIQUE_VALUE", message)], self.portal_id)

    def _only_forward(self, kind: ObjectType, values: dict[str, str | None], held: Record) -> dict[str, str | None]:
        """Drop a lifecycle stage that lies before the present one: HubSpot ignores it silently."""
        definition = self.schemas[kind.name].get("lifecyclestage")
        before, after = held.properties.get("lifecyclestage"), values.get("lifecyclestage")
        if definition is None or not before or not after:
            return values
        order = [option.value for option in definition.options]
        if before in order and order.index(after) < order.index(before):
            return {name: value for name, value in values.items() if name != "lifecyclestage"}
        return values

    # --- associations ---------------------------------------------------------------------------------------------

    def check_links(self, kind: ObjectType, wanted: Iterable[tuple[str, list[tuple[str, int]]]]) -> list[Link]:
        """Resolve the `associations` of a create body: (to id, [(category, type id)]). Raises RefusedError (400)."""
        links: list[Link] = []
        for key, types in wanted:
            for category, type_id in types:
                pair = self.associations.target(kind.name, type_id, category)
                links.append((pair, self.linkable(pair[1], key), [type_id]))
        return links

    def linkable(self, name: str, key: str) -> int:
        """Find the record an association is to lead to. Raises RefusedError (400)."""
        kind = OBJECT_TYPES[name]
        found = self.find(kind, key)
        if found is None:
            word = kind.singular.upper()
            raise invalid(f"{word}={key} is not valid", subCategory="crm.associations.INVALID_OBJECT_IDS",
                          context={word: [key]})  # fmt: skip
        return found.id

    def link(self, record_id: int, links: Iterable[Link]) -> None:
        """Link a record under further types, keeping those it has."""
        for pair, other, types in links:
            self.associations.put(pair, record_id, other, types, keep=True)
            self.linked(pair, record_id, other)

    def linked(self, pair: Pair, here: int, there: int) -> None:
        """Let follow what follows from a new or changed link: last-modified moves, mirrors and activity dates."""
        self._touch(pair, here, self._told(pair, here, there))
        self._touch(pair[::-1], there, self._told(pair[::-1], there, here))

    def unlinked(self, pair: Pair, here: int, there: int) -> None:
        """Let follow what follows from a link that is gone, or that a merge has moved."""
        self._touch(pair, here, {})
        self._touch(pair[::-1], there, {})

    def _touch(self, pair: Pair, record_id: int, told: Mapping[str, str | None]) -> None:
        kind = OBJECT_TYPES[pair[0]]
        record = self.tables[kind.name].find(record_id)
        if record is not None and not kind.activity:
            mirrors = derived.from_links(kind, record.id, self.associations)
            self._write(kind, record, {**mirrors, **told})

    def _told(self, pair: Pair, here: int, there: int) -> Mapping[str, str | None]:
        other = OBJECT_TYPES[pair[1]]
        activity, record = self.tables[other.name].find(there), self.tables[pair[0]].find(here)
        if activity is None or record is None or not other.activity:
            return {}
        return derived.from_activity(other, record.properties, activity.properties, self.now())

    def _unlink_all(self, kind: ObjectType, record_id: int) -> None:
        for pair, there in list(self.associations.neighbours(kind.name, record_id)):
            self.associations.remove(pair, record_id, there)
            self.unlinked(pair, record_id, there)


def _as_stored(definition: Property, key: str) -> str:
    """Bring an identifying value into the form records hold it in."""
    try:
        return normalise(definition, key) or ""
    except BadValueError:
        return key


def _unknown(name: str) -> Problem:
    return Problem(name, "PROPERTY_DOESNT_EXIST", f'Property "{name}" does not exist')
