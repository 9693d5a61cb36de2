"""The records of a portal: how they are found, what follows from a write, what merging and archiving mean.

No HTTP here: `api` calls these methods and turns RefusedError into answers. All state of the portal's CRM hangs here.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol

from . import derived, rollups
from .accepting import accept, as_stored, check_required, unknown
from .associations import Associations, LinkType, Pair, Tie
from .events import Event, Events
from .object_types import ObjectType, ObjectTypes
from .owners import Owner
from .pipelines import Pipelines
from .records import CALCULATED, SEED_TIME, Author, Record, Table, changed
from .refusals import RefusedError, invalid, invalid_values, missing
from .schema import Property, Schema
from .values import split
from .wire import stamp

Link = tuple[Pair, int, list[int]]
"""Whom a new record is linked to: the pair of types, the other's id, association type ids."""

API = Author("INTEGRATION")
"""Writes through the API when nobody says more."""


class Clock(Protocol):
    """Whoever tells the emulated time."""

    def now(self) -> datetime:
        """Tell the emulated moment, aware UTC."""
        ...


class Crm:
    """Records, properties, associations, owners and pipelines of one portal."""

    def __init__(self, clock: Clock, settings: Mapping[str, Any]) -> None:
        self.portal_id = 48_000_000
        self.settings = settings
        self.kinds = ObjectTypes()
        self.associations = Associations(self.kinds)
        self.owners: dict[int, Owner] = {}
        self.events = Events()
        self._clock = clock
        self._next_id = 100_001
        self._written: list[tuple[Table, int, Record | None]] | None = None
        self.schemas: dict[str, Schema] = {}
        self.tables: dict[str, Table] = {}
        self.pipelines: dict[str, Pipelines] = {}
        for kind in self.kinds:
            self.furnish(kind)
        self.tables["contacts"].index("email")

    def furnish(self, kind: ObjectType) -> None:
        """Give an object type what each has: properties, a table, pipelines."""
        self.schemas[kind.name] = Schema(kind, self.now())
        self.tables[kind.name] = Table()
        self.pipelines[kind.name] = Pipelines(kind.name, kind.stages, self.now(), self.portal_id)
        self.use_pipelines(kind)

    def lay(self, kind: ObjectType, table: Table) -> None:
        """Replace an object type's empty table by one that has records in a file."""
        for name in self.tables[kind.name].uniques():
            table.index(name)
        self.tables[kind.name] = table

    def use_pipelines(self, kind: ObjectType) -> None:
        """Give the properties of pipeline and stage the options that the type's pipelines make."""
        schema = self.schemas[kind.name]
        for name, options in self.pipelines[kind.name].options().items():
            schema.put(replace(schema.read(name), options=options))

    def now(self) -> datetime:
        """Tell the emulated moment."""
        return self._clock.now()

    def new_id(self, *, at_least: int = 0) -> int:
        """Hand out a record id nobody has had; with `at_least` keep away from a seed's ids."""
        self._next_id = max(self._next_id, at_least) + 1
        return self._next_id - 1

    def is_owner(self, given: str) -> bool:
        """Whether a text names an owner, active or not, or nobody."""
        return not given or (given.isascii() and given.isdecimal() and len(given) < 20 and int(given) in self.owners)

    # --- reading --------------------------------------------------------------------------------------------------

    def find(
        self, kind: ObjectType, key: str, by: str | None = None, *, archived: bool = False, merged: bool = True
    ) -> Record | None:
        """Find a record by id, or by the unique property `by`; with `merged` an old id leads to the winner."""
        table = self.tables[kind.name]
        if by is not None and by != "hs_object_id":
            definition = self.identifying(kind, by)
            return None if archived else table.by_unique(by, as_stored(definition, key))
        record_id = _number(key)
        if record_id is None:
            return None
        return table.find(table.winner(record_id) if merged else record_id, archived=archived)

    def living(self, kind: ObjectType, key: str) -> int | None:
        """Tell the id of the live record that an id leads to, as `find` without reading the record."""
        table = self.tables[kind.name]
        record_id = _number(key)
        found = None if record_id is None else table.winner(record_id)
        return found if found is not None and table.holds(found) else None

    def warm(self, kind: ObjectType, keys: Iterable[str]) -> None:
        """Get ready for finding many records by their ids."""
        self.tables[kind.name].warm(_numbers(keys))

    def warm_links(self, pair: Pair, keys: Iterable[str]) -> None:
        """Get ready for reading the links of many records to one type."""
        self.associations.warm(pair, _numbers(keys))

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
            raise invalid_values([unknown(name)], self.portal_id)
        if not self.tables[kind.name].unique(name):
            raise invalid(f"Unable to perform update/upsert by non-unique {kind.singular.upper()} property {name}")
        return definition

    # --- writing --------------------------------------------------------------------------------------------------

    @contextmanager
    def together(self) -> Iterator[None]:
        """Keep all record writes inside, or none when RefusedError leaves the block."""
        self._written = []
        self.events.hold()
        happened = False
        try:
            yield
            happened = True
        except RefusedError:
            self._take_back()
            raise
        finally:
            self._written = None
            self.events.release(happened=happened)

    def _take_back(self) -> None:
        for table, record_id, before in reversed(self._written or []):
            if before is None:
                table.drop(record_id)
            else:
                table.put(before)

    def _put(self, kind: ObjectType, record: Record, by: Author) -> Record:
        table = self.tables[kind.name]
        before = table.put(record)
        if self._written is not None:
            self._written.append((table, record.id, before))
        self.events.stored(kind, before, record, self.now(), by)
        if before is not None:
            self._follow(kind, before, record)
        return record

    def _follow(self, kind: ObjectType, before: Record, after: Record) -> None:
        """Let the neighbours' rollups follow a changed record."""
        for name in rollups.dependents(kind.name, before.properties, after.properties):
            for there, _ in self.associations.of((kind.name, name), after.id):
                self._touch((name, kind.name), there, {})

    def create(
        self, kind: ObjectType, given: Mapping[str, object], links: Sequence[Link] = (), by: Author = API
    ) -> Record:
        """Make a record. Raises RefusedError: 400 for its values, 409 when its email is taken."""
        values = accept(self, kind, given, None, by)
        check_required(kind, values)
        now = self.now()
        record_id = self.new_id()
        source = {"hs_object_source": by.source, "hs_object_source_id": by.id, "hs_object_source_label": by.source}
        born = {"hs_createdate": stamp(now), kind.created: stamp(now), **source}
        properties = {**born, **values, **self._moved(kind, now), "hs_object_id": str(record_id)}
        properties |= _assigned({}, properties, now)
        properties |= derived.values(kind, properties, self.pipelines[kind.name], now)
        self._put(kind, Record(record_id, properties, now, now, written=now.timestamp(), maker=by), by)
        self.link(record_id, links, by)
        return self.read(kind, str(record_id))

    def update(self, kind: ObjectType, record: Record, given: Mapping[str, object], by: Author = API) -> Record:
        """Write values on a record. Raises RefusedError: 400 for its values, 409 when its email is taken."""
        return self._write(kind, record, accept(self, kind, given, record, by), by)

    def _write(self, kind: ObjectType, record: Record, values: Mapping[str, str | None], by: Author) -> Record:
        now = self.now()
        written = changed(record, values, now, by)
        follows = derived.values(kind, written.properties, self.pipelines[kind.name], now)
        follows |= _assigned(record.properties, written.properties, now)
        worked = changed(written, follows, now, CALCULATED)
        return self._put(kind, replace(worked, properties={**worked.properties, **self._moved(kind, now)}), by)

    def _moved(self, kind: ObjectType, now: datetime) -> dict[str, str | None]:
        return {"hs_lastmodifieddate": stamp(now), kind.modified: stamp(now)}

    def archive(self, kind: ObjectType, key: str, by: Author = API) -> None:
        """Move a record to the recycle bin; an unknown id is no error. An email is gone for good."""
        record = self.find(kind, key)
        if record is None:
            return
        self._unlink_all(kind, record.id, by)
        record = self.read(kind, key)
        now = self.now()
        self._put(kind, replace(record, archived_at=now, updated=now, written=now.timestamp()), by)
        if kind.name == "emails":
            self.tables[kind.name].drop(record.id)

    def purge(self, kind: ObjectType, key: str, name: str | None, by: Author = API) -> None:
        """Delete a record and its content for good, as the GDPR asks."""
        record = self.find(kind, key, name) or self.find(kind, key, archived=True)
        if record is not None:
            self._unlink_all(kind, record.id, by)
            self.tables[kind.name].drop(record.id)
            self.events.tell(Event(kind, "privacyDeletion", record.id, self.now(), by))

    def merge(self, kind: ObjectType, primary: str, other: str, by: Author = API) -> Record:
        """Merge `other` into `primary`. Raises RefusedError: 400, 404, or 414 past the limit of identities."""
        winner, loser = self.read(kind, primary), self.read(kind, other)
        if winner.id == loser.id:
            raise invalid("Cannot merge an object with itself.")
        merged = derived.merged(kind, winner, loser)
        if len(list(split(merged["hs_merged_object_ids"]))) > self.settings["merge_limit"]:
            limit = self.settings["merge_limit"]
            raise RefusedError(414, "VALIDATION_ERROR", f"Cannot have more than {limit} identities on a profile")
        table = self.tables[kind.name]
        linked = list(self.associations.neighbours(kind.name, loser.id))
        table.drop(loser.id)
        table.aliases[loser.id] = winner.id
        self.associations.move(kind.name, loser.id, winner.id)
        written = self._write(kind, winner, merged, Author("MERGE_OBJECTS", by.id))
        for pair, there in linked:
            self._touch_both(Tie(pair, winner.id, there))
        told = {"primaryObjectId": winner.id, "mergedObjectIds": [loser.id], "newObjectId": winner.id,
                "numberOfPropertiesMoved": len(merged)}  # fmt: skip
        self.events.tell(Event(kind, "merge", winner.id, self.now(), by, told))
        return table.find(winner.id) or written

    # --- associations ---------------------------------------------------------------------------------------------

    def check_links(self, kind: ObjectType, wanted: Iterable[tuple[str, list[tuple[str, int]]]]) -> list[Link]:
        """Resolve the `associations` of a create body: (to id, [(category, type id)]). Raises RefusedError (400)."""
        links: list[Link] = []
        for key, specs in wanted:
            for category, type_id in specs:
                pair = self.associations.target(kind.name, type_id, category)
                links.append((pair, self.linkable(pair[1], key), [type_id]))
        return links

    def linkable(self, name: str, key: str) -> int:
        """Find the record an association is to lead to. Raises RefusedError (400)."""
        kind = self.kinds[name]
        found = self.find(kind, key)
        if found is None:
            word = kind.singular.upper()
            raise invalid(f"{word}={key} is not valid", subCategory="crm.associations.INVALID_OBJECT_IDS",
                          context={word: [key]})  # fmt: skip
        return found.id

    def link(self, record_id: int, links: Iterable[Link], by: Author = API) -> None:
        """Link a record under further types, keeping those it has."""
        for pair, other, types in links:
            self.associate(Tie(pair, record_id, other), types, by, keep=True)

    def associate(self, tie: Tie, types: Iterable[int], by: Author = API, *, keep: bool = False) -> list[LinkType]:
        """Link two records as `Associations.put` does, and let follow what follows on both."""
        new = not self.associations.linked(*tie)
        made = self.associations.put(*tie, types, keep=keep)
        for end in (tie, tie.back):
            self._touch(end.pair, end.here, self._told(end, new=new))
        self._tell(tie, by, primary=any(t.sole for t in made), removed=False)
        return made

    def dissociate(self, tie: Tie, by: Author = API) -> None:
        """Unlink two records, if they were linked."""
        if self.associations.remove(*tie):
            self._touch_both(tie)
            self._tell(tie, by, primary=False, removed=True)

    def unlabel(self, tie: Tie, types: Iterable[int], by: Author = API) -> None:
        """Take labels from a link. Raises RefusedError (400) for types that do not exist."""
        if self.associations.linked(*tie):
            self.associations.remove_labels(*tie, types)
            self._touch_both(tie)
            self._tell(tie, by, primary=False, removed=not self.associations.linked(*tie))

    def _tell(self, tie: Tie, by: Author, *, primary: bool, removed: bool) -> None:
        for (name, other), here, there in (tie, tie.back) if self.events.listener else ():
            told = {
                "associationType": f"{self.kinds[name].singular}_to_{self.kinds[other].singular}".upper(),
                "fromObjectId": here,
                "toObjectId": there,
                "associationRemoved": removed,
                "isPrimaryAssociation": primary,
            }
            self.events.tell(Event(self.kinds[name], "associationChange", here, self.now(), by, told))

    def _touch_both(self, tie: Tie) -> None:
        for end in (tie, tie.back):
            self._touch(end.pair, end.here, {})

    def _touch(self, pair: Pair, record_id: int, told: Mapping[str, str | None]) -> None:
        """Work out anew what a record says of its links to one type; last-modified moves. Activities say nothing."""
        kind = self.kinds[pair[0]]
        record = self.tables[kind.name].find(record_id)
        if record is not None and not kind.activity:
            self._write(kind, record, {**self.rolled_up(kind, record_id, pair[1]), **told}, CALCULATED)

    def rolled_up(self, kind: ObjectType, record_id: int, other: str) -> dict[str, str | None]:
        """Work out a record's properties that depend on its links to one type."""
        return rollups.from_links(kind, record_id, other, self.associations, self._neighbours)

    def _neighbours(self, name: str, record_id: int, other: str) -> list[rollups.Values]:
        table, theres = self.tables[other], [there for there, _ in self.associations.of((name, other), record_id)]
        table.warm(theres)
        found = map(table.find, theres)
        return [record.properties for record in found if record is not None]

    def _told(self, tie: Tie, *, new: bool) -> Mapping[str, str | None]:
        other, schema = self.kinds[tie.pair[1]], self.schemas[tie.pair[0]]
        activity, record = self.tables[other.name].find(tie.there), self.tables[tie.pair[0]].find(tie.here)
        if activity is None or record is None or not other.activity:
            return {}
        told = rollups.from_activity(other, record.properties, activity.properties, self.now(), new=new)
        return {name: value for name, value in told.items() if schema.get(name)}

    def _unlink_all(self, kind: ObjectType, record_id: int, by: Author) -> None:
        for pair, there in list(self.associations.neighbours(kind.name, record_id)):
            self.dissociate(Tie(pair, record_id, there), by)

    def settle(self, kind: ObjectType, record: Record) -> None:
        """Give a seed's record what its links say, without moving last-modified."""
        found = {pair[1] for pair, _ in self.associations.neighbours(kind.name, record.id)}
        rolled: dict[str, str | None] = {}
        for other in found:
            rolled |= self.rolled_up(kind, record.id, other)
        if any(value != record.properties.get(name) for name, value in rolled.items() if value):
            properties = {**record.properties, **{name: value for name, value in rolled.items() if value}}
            self.tables[kind.name].put(replace(record, properties=properties, written=SEED_TIME))


def _assigned(
    before: Mapping[str, str | None], after: Mapping[str, str | None], now: datetime
) -> dict[str, str | None]:
    """Tell when an owner was set."""
    moved = before.get("hubspot_owner_id") != after.get("hubspot_owner_id")
    return {"hubspot_owner_assigneddate": stamp(now) if after.get("hubspot_owner_id") else None} if moved else {}


def _numbers(keys: Iterable[str]) -> list[int]:
    """The keys that may be ids."""
    return [number for key in keys if (number := _number(key)) is not None]


def _number(key: str) -> int | None:
    """The number of a key that may be an id."""
    return int(key) if key.isascii() and key.isdecimal() and len(key) < 20 else None
