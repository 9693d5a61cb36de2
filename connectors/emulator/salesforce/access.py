"""Who may see and change which field.

Standard fields and fields of the seed are everybody's. A field made through the Tooling API is nobody's until a
FieldPermissions row of a permission set that is assigned to the user grants it.
"""

from dataclasses import dataclass, field, replace

from connectors.emulator.salesforce.schema import Field, Schema, SObject
from connectors.emulator.salesforce.store import Store


@dataclass(slots=True)
class Access:
    """One user's view of the schema, valid for one request.

    `hidden` and `locked` name fields as `Contact.Title`, `hidden` objects too.
    """

    schema: Schema
    store: Store
    features: frozenset[str]
    user: str
    hidden: frozenset[str] = frozenset()
    locked: frozenset[str] = frozenset()
    tooling: bool = False
    _seen: dict[str, SObject | None] = field(default_factory=dict)
    _rights: dict[str, bool] | None = None

    def object(self, name: str) -> SObject | None:
        """The object with the fields the user may read, or None where the org does not have it."""
        key = name.lower()
        if key not in self._seen:
            self._seen[key] = self._look(key)
        return self._seen[key]

    def readable(self, entity: SObject, each: Field) -> bool:
        """Whether the user may read the field."""
        full = f"{entity.name}.{each.name}"
        granted = each.granted or full in self._granted()
        return granted and full not in self.hidden and self._exists(each.feature)

    def editable(self, entity: SObject, each: Field) -> bool:
        """Whether the user may write the field, as far as permissions go."""
        full = f"{entity.name}.{each.name}"
        return (each.granted or self._granted().get(full, False)) and full not in self.locked

    def _look(self, key: str) -> SObject | None:
        entity = self.schema.object(key)
        if entity is None or (entity.tooling != self.tooling and not _shared(entity)):
            return None
        if entity.name in self.hidden or not self._exists(entity.feature):
            return None
        if not self.hidden and all(each.granted and self._exists(each.feature) for each in entity.fields.values()):
            return entity
        kept = {key: each for key, each in entity.fields.items() if self.readable(entity, each)}
        return replace(entity, fields=kept)

    def _exists(self, feature: str) -> bool:
        return not feature or feature in self.features

    def _granted(self) -> dict[str, bool]:
        """Fields granted by permission sets, with whether they may be edited."""
        if self._rights is None:
            self._rights = dict(sorted(self._permissions(), key=lambda right: right[1]))
        return self._rights

    def _permissions(self) -> list[tuple[str, bool]]:
        assigned = {
            row["PermissionSetId"]
            for row in self.store.table("PermissionSetAssignment").values()
            if row["AssigneeId"] == self.user and not row.get("IsDeleted")
        }
        return [
            (row["Field"], bool(row.get("PermissionsEdit")))
            for row in self.store.table("FieldPermissions").values()
            if row["ParentId"] in assigned and row.get("PermissionsRead")
        ]


def _shared(entity: SObject) -> bool:
    return entity.name in ("User", "Organization", "Name")
