"""The rules of permission sets: what a FieldPermissions row may name, and what happens when it grants nothing."""

from connectors.emulator.salesforce.errors import rejected
from connectors.emulator.salesforce.org import Org
from connectors.emulator.salesforce.schema import SObject
from connectors.emulator.wire import JsonObject

# What may exist only once, by object.
OBJECTS = {
    "FieldPermissions": ("ParentId", "Field"),
    "ObjectPermissions": ("ParentId", "SobjectType"),
    "PermissionSetAssignment": ("PermissionSetId", "AssigneeId"),
}


def check(org: Org, entity: SObject, row: JsonObject) -> None:
    """Refuse a permission row that contradicts the schema or another row."""
    if entity.name in ("FieldPermissions", "ObjectPermissions"):
        _check_names(org, entity, row)
    keys = OBJECTS.get(entity.name)
    if keys is None:
        return
    for other in org.store.table(entity.name).values():
        if other["Id"] != row["Id"] and all(other[key] == row[key] for key in keys):
            text = f"duplicate value found: {keys[1]} duplicates value on record with id: {other['Id'][:15]}"
            raise rejected("DUPLICATE_VALUE", text)


def _check_names(org: Org, entity: SObject, row: JsonObject) -> None:
    target = org.schema.object(row["SobjectType"])
    if target is None:
        raise _bad_choice("SobjectType", row["SobjectType"])
    if entity.name == "ObjectPermissions":
        return
    home, _, name = row["Field"].partition(".")
    field = target.field(name)
    if field is None or home != target.name:
        raise _bad_choice("Field", row["Field"])
    if not field.permissionable or field.required or not (field.create or field.custom):
        message = f"You cannot set field permissions for {row['Field']}"
        raise rejected("FIELD_INTEGRITY_EXCEPTION", message, "Field")
    if row.get("PermissionsEdit") and field.formula is not None:
        message = f"You cannot set edit permission for the read-only field {row['Field']}"
        raise rejected("FIELD_INTEGRITY_EXCEPTION", message, "PermissionsEdit")
    if row.get("PermissionsEdit") and not row.get("PermissionsRead"):
        message = "Permission Edit depends on permission(s): Read"
        raise rejected("FIELD_INTEGRITY_EXCEPTION", message, "PermissionsEdit")


def settle(org: Org, entity: SObject, row: JsonObject) -> None:
    """A FieldPermissions row that does not even grant Read vanishes; whatever it was, describe tells another story."""
    if entity.name in OBJECTS:
        org.metadata_changed()
    if entity.name == "FieldPermissions" and not row.get("PermissionsRead"):
        org.store.remove(entity.name, row["Id"])


def _bad_choice(field: str, value: str) -> Exception:
    message = f"bad value for restricted picklist field: {value}"
    return rejected("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, field)
