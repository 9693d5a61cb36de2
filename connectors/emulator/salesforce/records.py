"""Writing records: create, update, upsert, delete and undelete, with the checks and side effects of the org."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from connectors.emulator.salesforce import activities, affiliations, ids, permissions, rowfaults, values
from connectors.emulator.salesforce.access import Access
from connectors.emulator.salesforce.automation import NO_OPTIONS, Options, before_save, run_triggers
from connectors.emulator.salesforce.derive import derive
from connectors.emulator.salesforce.errors import SalesforceError, deleted, not_found, rejected
from connectors.emulator.salesforce.org import Org
from connectors.emulator.salesforce.rules import Operation
from connectors.emulator.salesforce.schema import Field, SObject
from connectors.emulator.salesforce.store import Deletion
from connectors.emulator.wire import Json, JsonObject


@dataclass(frozen=True, slots=True)
class AmbiguousKeyError(Exception):
    """An external id that several records carry: status 300. `found` are their ids."""

    found: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes on behalf of one user."""

    org: Org
    access: Access
    options: Options = NO_OPTIONS

    def create(self, entity: SObject, given: Mapping[str, Json]) -> str:
        """Insert a record; its id."""
        if not entity.create:
            raise SalesforceError(
                "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", f"entity type {entity.name} is not insertable"
            )
        changes = self._changes(entity, given, create=True)
        self._begin(entity, "create", changes)
        row = entity.blank() | changes
        if entity.field("OwnerId"):
            row.setdefault("OwnerId", self._owner(entity))
        self._require(entity, row, [each for each in entity.fields.values() if each.required])
        row["Id"] = self.org.store.new_id(entity)
        now = self.org.now()
        row |= {"IsDeleted": False, "CreatedDate": now, "CreatedById": self.access.user}
        with self.org.store.transaction():
            self._store(entity, row, changes, {})
        record_id: str = row["Id"]
        return record_id

    def update(self, entity: SObject, record_id: str, given: Mapping[str, Json]) -> None:
        """Change fields of a record."""
        row = self.existing(entity, record_id)
        if not entity.update:
            raise SalesforceError(
                "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", f"entity type {entity.name} is not updateable"
            )
        changes = self._changes(entity, given, create=False)
        self._begin(entity, "update", row | changes)
        merged = row | changes
        if entity.name == "Event" and changes.keys() & _MOVES and "EndDateTime" not in changes:
            merged["EndDateTime"] = None
        self._require(entity, merged, [field for name in changes if (field := entity.field(name)) and field.required])
        with self.org.store.transaction():
            self._store(entity, merged, changes, row)

    def upsert(self, entity: SObject, key: Field, value: str, given: Mapping[str, Json]) -> tuple[str, bool]:
        """Update the record that carries an external id, or create it; its id and whether it was created.

        Raises:
            AmbiguousKeyError: several records carry the value.
        """
        if entity.name in ("Task", "Event") and not self.org.settings["activity_upsert"]:
            raise SalesforceError("INVALID_FIELD", f"Upsert is not allowed for {entity.name}")
        found = self.by_key(entity, key, value)
        if len(found) > 1:
            raise AmbiguousKeyError(tuple(found))
        if found:
            self.update(entity, found[0], given)
            return found[0], False
        if key.type == "id":
            raise not_found("Provided external ID field does not exist or is not accessible: Id")
        return self.create(entity, {**given, key.name: value}), True

    def delete(self, entity: SObject, record_id: str, *, hard: bool = False) -> None:
        """Put a record into the recycle bin, with the records that live by it, or delete them all for good."""
        row = self.existing(entity, record_id)
        if not entity.delete:
            raise SalesforceError("INSUFFICIENT_ACCESS_OR_READONLY", f"entity type {entity.name} is not deletable")
        self._begin(entity, "delete", row)
        before = len(self.org.store.deletions)
        with self.org.store.transaction():
            run_triggers(self.org, entity, row, row, ("before", "delete"))
            self._bury(entity, row["Id"])
            run_triggers(self.org, entity, row, row, ("after", "delete"))
            for each in self.org.store.deletions[before:] if hard else ():
                self.org.store.remove(each.entity, each.record_id)

    def undelete(self, entity: SObject, record_id: str) -> None:
        """Take a record out of the recycle bin, with what went there by its deletion; only the SOAP API can.

        Raises:
            SalesforceError: UNDELETE_FAILED, it is not in the bin or was merged into another.
        """
        row = self.org.store.table(entity.name).get(ids.canonical(record_id) or "")
        if row is None or not row.get("IsDeleted") or row.get("MasterRecordId"):
            raise SalesforceError("UNDELETE_FAILED", "Entity is not in the recycle bin")
        with self.org.store.transaction():
            self._unbury(entity, row)

    def merge(self, entity: SObject, winner: str, losers: Iterable[str]) -> None:
        """Merge records into one, as the SOAP API can: what pointed at a loser points at the winner."""
        if entity.name not in MERGEABLE:
            raise SalesforceError("INVALID_TYPE", f"entity type {entity.name} cannot be merged")
        master = self.existing(entity, winner)["Id"]
        with self.org.store.transaction():
            for each in losers:
                loser = self.existing(entity, each)["Id"]
                if loser == master:
                    raise rejected("INVALID_ID_FIELD", f"cannot merge with itself: {loser[:15]}", "Id")
                affiliations.hand_over(self.org, entity, loser, master)
                self._repoint(entity, loser, master)
                self._bury(entity, loser, master)
            self._touch(entity.name, self.org.store.table(entity.name)[master])

    def existing(self, entity: SObject, record_id: str) -> JsonObject:
        """The live record of an id in 15 or 18 characters.

        Raises:
            SalesforceError: MALFORMED_ID, NOT_FOUND or ENTITY_IS_DELETED.
        """
        found = ids.canonical(record_id)
        if found is None or not found.startswith(entity.prefix):
            raise SalesforceError(
                "MALFORMED_ID", f"{entity.label} ID: id value of incorrect type: {record_id}", 400, ()
            )
        row = self.org.store.table(entity.name).get(found)
        if row is None:
            raise not_found()
        if row.get("IsDeleted"):
            raise deleted(())
        return row

    def by_key(self, entity: SObject, key: Field, value: str) -> list[str]:
        """The ids of live records whose key field holds the value, without regard to case."""
        table = self.org.store.table(entity.name)
        if key.type == "id":
            found = ids.canonical(value)
            if found is None:
                raise SalesforceError(
                    "MALFORMED_ID", f"{entity.label} ID: id value of incorrect type: {value}", 400, ()
                )
            matching = [found] if found in table else []
        else:
            text = str(values.stored(entity, key, value)) if key.numeric else value
            matching = self.org.store.matching(entity.name, key.name, text)
        return [each for each in matching if not table[each].get("IsDeleted")]

    def _changes(self, entity: SObject, given: Mapping[str, Json], *, create: bool) -> JsonObject:
        """The given values by the schema's names, each in its stored form."""
        changes: JsonObject = {}
        for name, value in given.items():
            if name == "attributes" or (name.lower() == "id" and not create):
                continue
            if name.lower() == "id":
                raise rejected("INVALID_FIELD_FOR_INSERT_UPDATE", "cannot specify Id in an insert call", "Id")
            if isinstance(value, dict) and (reference := self._relationship(entity, name)) is not None:
                changes[reference.name] = self._by_foreign_key(reference, value)
                continue
            field = self._field(entity, name)
            self._allow(entity, field, create=create)
            changes[field.name] = values.stored(entity, field, value)
        return changes

    def _field(self, entity: SObject, name: str) -> Field:
        field = entity.field(name)
        if field is None:
            raise SalesforceError("INVALID_FIELD", f"No such column '{name}' on sobject of type {entity.name}")
        return field

    def _allow(self, entity: SObject, field: Field, *, create: bool) -> None:
        allowed = field.create if create else field.update
        if allowed and self.access.editable(entity, field):
            return
        message = f"Unable to create/update fields: {field.name}. Please check the security settings of this field and"
        hint = "verify that it is read/write for your profile or permission set."
        raise rejected("INVALID_FIELD_FOR_INSERT_UPDATE", f"{message} {hint}", field.name)

    def _relationship(self, entity: SObject, name: str) -> Field | None:
        return next((each for each in entity.references() if each.relationship.lower() == name.lower()), None)

    def _by_foreign_key(self, reference: Field, value: JsonObject) -> str:
        """The id of the record a nested `{"Key__c": "value"}` names."""
        pairs = [(name, each) for name, each in value.items() if name != "attributes"]
        named = (value.get("attributes") or {}).get("type") if isinstance(value.get("attributes"), dict) else None
        entity = self.access.object(named if named in reference.to else reference.to[0])
        if len(pairs) != 1 or entity is None or (field := entity.field(pairs[0][0])) is None:
            raise SalesforceError("INVALID_FIELD", f"{reference.relationship}: a single external id field is expected")
        found = self.by_key(entity, field, str(pairs[0][1]))
        if len(found) != 1:
            message = f"Foreign key external ID: {pairs[0][1]} not found for field {field.name} in entity {entity.name}"
            raise rejected("INVALID_FIELD", message)
        return found[0]

    def _require(self, entity: SObject, row: JsonObject, fields: Iterable[Field]) -> None:
        missing = [each.name for each in fields if row.get(each.name) is None]
        if entity.name == "Event" and not (row.get("StartDateTime") or row.get("ActivityDateTime")):
            missing.append("StartDateTime")
        if missing:
            message = f"Required fields are missing: [{', '.join(missing)}]"
            raise rejected("REQUIRED_FIELD_MISSING", message, *missing)

    def _store(self, entity: SObject, row: JsonObject, changes: JsonObject, before: JsonObject) -> None:
        self._check_references(entity, changes)
        self._check_unique(entity, row, changes)
        permissions.check(self.org, entity, row)
        now = self.org.now()
        row |= {"LastModifiedDate": now, "LastModifiedById": self.access.user, "SystemModstamp": now}
        derive(entity.name, row, self.org.store, now)
        before_save(self.org, entity, row, before, self.options)
        # Triggers may have changed what others are derived from.
        derive(entity.name, row, self.org.store, now)
        self.org.store.put(entity.name, row)
        activities.relate(self.org, entity, row, before)
        affiliations.affiliate(self.org, entity, row, before)
        permissions.settle(self.org, entity, row)
        run_triggers(self.org, entity, row, before, ("after", "update" if before else "create"))

    def _check_references(self, entity: SObject, changes: JsonObject) -> None:
        for name, value in changes.items():
            field = entity.field(name)
            if field is None or not field.to or not value:
                continue
            target = self.org.store.find(value)
            if self.org.store.kind(value) not in field.to:
                message = f"{field.label} ID: id value of incorrect type: {value}"
                raise rejected("FIELD_INTEGRITY_EXCEPTION", message, name)
            if target is None:
                raise rejected("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
            if target.get("IsDeleted"):
                raise deleted((), 400)
            if name == "RecordTypeId" and not (target["IsActive"] and target["SobjectType"] == entity.name):
                message = f"Record Type ID: this ID value isn't valid for the user: {value}"
                raise rejected("INVALID_CROSS_REFERENCE_KEY", message, name)
            if name == "OwnerId" and target.get("IsActive") is False:
                message = f"operation performed with inactive user [{value[:15]}] as owner of {entity.label.lower()}"
                raise rejected("INACTIVE_OWNER_OR_USER", message, name)

    def _check_unique(self, entity: SObject, row: JsonObject, changes: JsonObject) -> None:
        for name, value in changes.items():
            field = entity.field(name)
            if field is None or not field.unique or value is None:
                continue
            others = [each for each in self.by_key(entity, field, str(value)) if each != row["Id"]]
            if others:
                message = f"duplicate value found: {name} duplicates value on record with id: {others[0][:15]}"
                raise rejected("DUPLICATE_VALUE", message)

    def _begin(self, entity: SObject, operation: Operation, row: JsonObject) -> None:
        """What may stop a record before it is looked at, and what writing it costs."""
        org = self.org
        if operation == "create" and org.storage_used() >= org.settings["storage_mb"]:
            raise SalesforceError(
                "STORAGE_LIMIT_EXCEEDED", "storage limit exceeded", org.settings["storage_status"], ()
            )
        if entity.name == "Lead" and operation == "update" and row.get("IsConverted"):
            raise rejected("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")
        rowfaults.strike(org, entity.name, operation)
        if org.settings["row_locks"]:
            parents = [row.get(each.name) for each in entity.references() if "User" not in each.to]
            org.workshop.hold(each for each in (row.get("Id"), *parents) if each)
        org.workshop.spend(org.settings["row_milliseconds"])

    def _owner(self, entity: SObject) -> str:
        """Whose a new record is when nobody says: the assignment rule's choice, or its author's."""
        assigned = self.org.rules.assignments.get(entity.name) if self.options.auto_assign else None
        return assigned or self.access.user

    def _repoint(self, entity: SObject, loser: str, master: str) -> None:
        touched = []
        for child, reference in self.org.schema.children(entity.name):
            table = self.org.store.table(child.name)
            for row in [table[each] for each in self.org.store.matching(child.name, reference.name, loser)]:
                if reference.name != "MasterRecordId":
                    self._touch(child.name, row | {reference.name: master})
                    touched.append((child.name, row["Id"]))
        # What is derived may come from another record that moved, so it waits until all of them have.
        for name, record_id in touched:
            changed = dict(self.org.store.table(name)[record_id])
            derive(name, changed, self.org.store, self.org.now())
            self.org.store.put(name, changed)

    def _touch(self, name: str, row: JsonObject) -> None:
        now = self.org.now()
        stamps = {"LastModifiedDate": now, "LastModifiedById": self.access.user, "SystemModstamp": now}
        self.org.store.put(name, row | stamps)

    def _bury(self, entity: SObject, record_id: str, master: str | None = None) -> None:
        store = self.org.store
        row = store.table(entity.name)[record_id]
        store.deletions.append(Deletion(entity.name, record_id, self.org.now()))
        if entity.name in _WITHOUT_BIN:
            store.remove(entity.name, record_id)
        else:
            self._touch(entity.name, row | {"IsDeleted": True} | ({"MasterRecordId": master} if master else {}))
        for child, reference in self.org.schema.children(entity.name):
            if reference.cascade:
                self._bury_children(child, reference, record_id)
        if entity.name == "TaskRelation":
            activities.show_people(self.org, row["TaskId"])
        if entity.name in permissions.OBJECTS:
            self.org.metadata_changed()

    def _unbury(self, entity: SObject, row: JsonObject) -> None:
        gone = next(each for each in self.org.store.deletions if each.record_id == row["Id"])
        self.org.store.deletions.remove(gone)
        self._touch(entity.name, row | {"IsDeleted": False})
        for child, reference in self.org.schema.children(entity.name):
            for each in list(self.org.store.table(child.name).values()) if reference.cascade else ():
                together = Deletion(child.name, each["Id"], gone.at) in self.org.store.deletions
                if each.get(reference.name) == row["Id"] and each.get("IsDeleted") and together:
                    self._unbury(child, each)

    def _bury_children(self, child: SObject, reference: Field, parent: str) -> None:
        table = self.org.store.table(child.name)
        for row in [table[each] for each in self.org.store.matching(child.name, reference.name, parent)]:
            if not row.get("IsDeleted"):
                self._bury(child, row["Id"])


MERGEABLE = frozenset({"Account", "Contact", "Lead"})
# Fields whose change moves the end of an event that does not name its end.
_MOVES = frozenset({"StartDateTime", "DurationInMinutes"})
# Objects whose deleted rows leave no trace but in getDeleted().
_WITHOUT_BIN = frozenset(
    {
        "TaskRelation",
        "EventRelation",
        "PermissionSet",
        "PermissionSetAssignment",
        "FieldPermissions",
        "ObjectPermissions",
    }
)
