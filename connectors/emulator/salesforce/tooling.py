"""The Tooling API as far as custom fields go: make, change, look up and delete CustomField, and query it."""

from connectors.emulator.salesforce import computing, cursors, customfields, ids
from connectors.emulator.salesforce.describe import entity_of
from connectors.emulator.salesforce.dispatch import Answer, Call
from connectors.emulator.salesforce.errors import SalesforceError, not_found, rejected
from connectors.emulator.salesforce.query import execute
from connectors.emulator.salesforce.schema import HOMES, Field
from connectors.emulator.salesforce.sobjects import shaped
from connectors.emulator.wire import Json, JsonObject

_ENTITY = "CustomField"
_SINGLE_ROW = frozenset({"Metadata", "FullName"})


def create(call: Call) -> Answer:
    """POST tooling/sobjects/CustomField: the field exists at once, and nobody may see it yet."""
    _custom_field(call)
    body = call.json_object()
    home, name = _full_name(body.get("FullName"))
    home = _known_home(call, home)
    if any(row["FullName"].lower() == f"{home}.{name}".lower() for row in _rows(call)):
        message = f"There is already a field named {name.removesuffix('__c')} on {home}."
        raise rejected("DUPLICATE_DEVELOPER_NAME", message, "DeveloperName")
    _install(call, home, name, body.get("Metadata"))
    row_id = call.org.store.new_id(call.org.schema.objects["customfield"])
    stamps = {"CreatedDate": call.org.now(), "CreatedById": call.user, "IsDeleted": False}
    call.org.store.put(_ENTITY, _row(call, row_id, home, name, body["Metadata"]) | stamps)
    return Answer(201, {"id": row_id, "success": True, "errors": [], "warnings": [], "infos": []})


def update(call: Call) -> Answer:
    """PATCH tooling/sobjects/CustomField/{id} with the whole Metadata."""
    row, body = _existing(call), call.json_object()
    home, name = _full_name(row["FullName"])
    _install(call, home, name, body.get("Metadata"))
    call.org.store.put(_ENTITY, row | _row(call, row["Id"], home, name, body["Metadata"]))
    return Answer(204)


def retrieve(call: Call) -> Answer:
    """GET tooling/sobjects/CustomField/{id}."""
    return Answer(body=shaped(call, entity_of(call), ()).render(_existing(call)))


def delete(call: Call) -> Answer:
    """DELETE tooling/sobjects/CustomField/{id}: the field, its values and its permissions are gone."""
    row = _existing(call)
    home, name = _full_name(row["FullName"])
    call.org.schema.drop_field(home, name)
    call.org.metadata_changed()
    call.org.store.remove(_ENTITY, row["Id"])
    for owner in HOMES.get(home, (home,)):
        _forget(call, owner, name)
    return Answer(204)


def query(call: Call) -> Answer:
    """GET tooling/query?q=: one page, in the tooling envelope."""
    result = execute(call, call.query.get("q", ""), everything=False)
    records = cursors.everything(call, result)
    if len(records) > 1 and any(_SINGLE_ROW & record.keys() for record in records):
        message = (
            "When retrieving results with Metadata or FullName fields, the query qualifications must specify no more"
        )
        raise SalesforceError("MALFORMED_QUERY", f"{message} than one row for retrieval. Result size: {len(records)}")
    body = {
        "size": len(records),
        "totalSize": result.total,
        "done": True,
        "queryLocator": None,
        "entityTypeName": result.entity,
        "records": records,
    }
    return Answer(body=body)


def _custom_field(call: Call) -> None:
    if call.names["entity"].lower() != _ENTITY.lower():
        raise not_found()


def _rows(call: Call) -> list[JsonObject]:
    return list(call.org.store.table(_ENTITY).values())


def _existing(call: Call) -> JsonObject:
    _custom_field(call)
    row = call.org.store.table(_ENTITY).get(ids.canonical(call.names["id"]) or "")
    if row is None:
        raise not_found()
    return row


def _full_name(text: Json) -> tuple[str, str]:
    home, dot, name = str(text or "").partition(".")
    if not dot:
        raise rejected("REQUIRED_FIELD_MISSING", "Required fields are missing: [FullName]", "FullName")
    return home, name


def _known_home(call: Call, given: str) -> str:
    """The object's own spelling of its name; Task and Event have their custom fields from Activity."""
    entity = call.org.schema.object(given)
    home = entity.name if entity else given.capitalize()
    if home not in HOMES and (entity is None or home in HOMES["Activity"]):
        message = f"Entity Enumeration Or ID: bad value for restricted picklist field: {given}"
        raise rejected("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, "TableEnumOrId")
    return home


def _install(call: Call, home: str, name: str, given: Json) -> None:
    metadata = customfields.read(name, given, home)
    if home == "Activity" and metadata.unique and not call.org.settings["activity_unique"]:
        raise rejected("FIELD_INTEGRITY_EXCEPTION", "Activity custom fields cannot be unique", "Metadata")
    if metadata.type == "Lookup" and metadata.reference_to not in (
        each.name for each in call.org.schema.objects.values()
    ):
        message = f"referenceTo value of '{metadata.reference_to}' does not resolve to a valid sObject type"
        raise rejected("FIELD_INTEGRITY_EXCEPTION", message, "Metadata")
    owner = call.org.schema.objects[HOMES.get(home, (home,))[0].lower()]
    before = owner.field(name)
    granted = before is not None and before.granted
    made = customfields.field(name, metadata, granted=granted)
    _check_formula(call, owner.name, made)
    call.org.schema.put_field(home, made)
    call.org.metadata_changed()


def _check_formula(call: Call, owner: str, made: Field) -> None:
    try:
        if made.formula is not None:
            computing.check(call.org, owner, made.formula)
    except ValueError as error:
        raise rejected("FIELD_INTEGRITY_EXCEPTION", str(error), "Metadata") from error


def _row(call: Call, row_id: str, home: str, name: str, metadata: JsonObject) -> JsonObject:
    now = call.org.now()
    return {
        "Id": row_id,
        "FullName": f"{home}.{name}",
        "TableEnumOrId": home,
        "DeveloperName": name.removesuffix("__c"),
        "Metadata": metadata,
        "Description": metadata.get("description"),
        "InlineHelpText": metadata.get("inlineHelpText"),
        "Length": metadata.get("length"),
        "Precision": metadata.get("precision"),
        "Scale": metadata.get("scale"),
        "ManageableState": "unmanaged",
        "LastModifiedDate": now,
        "LastModifiedById": call.user,
        "SystemModstamp": now,
    }


def _forget(call: Call, owner: str, name: str) -> None:
    store = call.org.store
    for row in list(store.table("FieldPermissions").values()):
        if row["Field"] == f"{owner}.{name}":
            store.remove("FieldPermissions", row["Id"])
    for row in store.having(owner, name):
        store.put(owner, {key: value for key, value in row.items() if key != name})
