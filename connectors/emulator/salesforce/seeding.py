"""Fills the org from the `salesforce` part of a seed (see docs/seed-format.md), relative moments already resolved.

The user whose Username begins with "integration" is the one whom all logins mean; without one it is added.
"""

from dataclasses import replace

from connectors.emulator.salesforce import activities, affiliations, computing, customfields, ids, schema, values
from connectors.emulator.salesforce.derive import derive
from connectors.emulator.salesforce.errors import SalesforceError
from connectors.emulator.salesforce.org import FEATURES, Org
from connectors.emulator.salesforce.schema import Schema, SObject
from connectors.emulator.salesforce.store import Deletion
from connectors.emulator.wire import Json, JsonObject

INTEGRATION_USERNAME = "integration@rapport.example"


def load(org: Org, seed: JsonObject) -> None:
    """Empty the org and fill it.

    Raises:
        ValueError: the seed names an object, field, value or id the org cannot hold. The org is empty then.
    """
    try:
        _begin(org, _features(seed))
        _fill(org, seed)
    except Exception:
        _begin(org, FEATURES)
        _appoint(org)
        raise


def _begin(org: Org, features: frozenset[str]) -> None:
    org.clear(schema.standard(), features)
    for entity in list(org.schema.objects.values()):
        _insert_all(org, entity, entity.rows)


def _fill(org: Org, seed: JsonObject) -> None:
    extend(org, seed)
    for name, rows in seed.get("records", {}).items():
        _insert_all(org, _known(org, name), rows)
    _appoint(org)
    _complete(org)
    affiliations.complete(org)
    for name, gone in seed.get("deleted", {}).items():
        _delete(org, _known(org, name), gone)
    org.archive()


def _features(seed: JsonObject) -> frozenset[str]:
    named = seed.get("features", {})
    return frozenset(FEATURES - named.keys()) | {name for name, on in named.items() if on}


def extend(org: Org, part: JsonObject) -> None:
    """Add what a schema part declares: objects, fields, picklist values, record types and rules.

    Called for every seed, and by the control interface on an org that runs.

    Raises:
        ValueError: it contradicts itself or the org.
    """
    for name, text in part.get("objects", {}).items():
        org.add_object(made := schema.sobject(name, {"prefix": _free_prefix(org.schema, name), **text}))
        _insert_all(org, made, made.rows)
    for home, texts in part.get("fields", {}).items():
        for text in texts:
            org.schema.put_field(home, customfields.from_seed(text))
        _list_custom_fields(org, home, texts)
    for full_name, choices in part.get("picklists", {}).items():
        _offer(org, full_name, choices)
    for name, types in part.get("recordTypes", {}).items():
        _divide(org, _known(org, name), types)
    org.rules.add(part)
    _check_formulas(org)
    org.metadata_changed()


def _free_prefix(known: Schema, name: str) -> str:
    """The key prefix the object has, or the first of the customers' own that is free."""
    if (entity := known.object(name)) is not None:
        return entity.prefix
    return next(made for serial in range(1000) if known.by_prefix(made := f"a{serial:02X}") is None)


def _offer(org: Org, full_name: str, choices: list[str]) -> None:
    """Replace the values of a picklist."""
    name, _, field_name = full_name.partition(".")
    field = _known(org, name).field(field_name)
    if field is None or not all(isinstance(each, str) for each in choices):
        raise ValueError(f"the seed has values of an unknown field, or no texts: {full_name}")
    org.schema.put_field(name, replace(field, values=tuple(choices)))


def _divide(org: Org, entity: SObject, types: list[JsonObject]) -> None:
    """Give an object record types; new records get the one marked as default."""
    known = org.schema.objects["recordtype"]
    default = None
    for text in types:
        own = {"Name": text["DeveloperName"], "IsActive": True, **text, "SobjectType": entity.name}
        row_id = _insert(org, known, {name: value for name, value in own.items() if name != "default"})
        default = row_id if text.get("default") else default
    field = {"to": ["RecordType"], "permissionable": False, "default": default}
    [made] = schema.fields({"RecordTypeId": field})
    org.schema.put_field(entity.name, made)


def _check_formulas(org: Org) -> None:
    for name, formula in org.rules.formulas():
        computing.check(org, name, formula)
    for entity in org.schema.objects.values():
        for field in entity.fields.values():
            if field.formula is not None:
                computing.check(org, entity.name, field.formula)


def _known(org: Org, name: str) -> SObject:
    entity = org.schema.object(name)
    if entity is None:
        raise ValueError(f"the seed speaks of an unknown object: {name}")
    return entity


def _insert_all(org: Org, entity: SObject, rows: list[JsonObject] | tuple[JsonObject, ...]) -> None:
    for given in rows:
        _insert(org, entity, given)


def _insert(org: Org, entity: SObject, given: JsonObject) -> str:
    row = {name: _seeded(entity, name, value) for name, value in given.items() if name != "Id"}
    row["Id"] = record_id = _id(org, entity, given)
    org.store.put(entity.name, entity.blank() | _stamps(org, row) | row)
    return record_id


def _id(org: Org, entity: SObject, given: JsonObject) -> str:
    found = ids.canonical(given["Id"]) if given.get("Id") else org.store.new_id(entity)
    if found is None or org.store.kind(found) != entity.name:
        raise ValueError(f"the seed has no valid {entity.name} id: {given['Id']}")
    return found


def _seeded(entity: SObject, name: str, value: Json) -> Json:
    field = entity.field(name)
    if field is None or field.name != name or field.formula is not None:
        raise ValueError(f"the seed has an unknown field: {entity.name}.{name}")
    try:
        return values.stored(entity, field, value)
    except SalesforceError as error:
        raise ValueError(f"the seed has a bad value in {entity.name}.{name}: {error.message}") from error


def _stamps(org: Org, row: JsonObject) -> JsonObject:
    created = row.get("CreatedDate") or org.now()
    modified = row.get("LastModifiedDate") or row.get("SystemModstamp") or created
    return {"IsDeleted": False, "CreatedDate": created, "LastModifiedDate": modified, "SystemModstamp": modified}


def _list_custom_fields(org: Org, home: str, texts: list[JsonObject]) -> None:
    for text in texts:
        name = text["name"].removesuffix("__c")
        named = {"FullName": f"{home}.{text['name']}", "DeveloperName": name, "TableEnumOrId": home}
        _insert(org, org.schema.objects["customfield"], {**named, "Metadata": text})


def _appoint(org: Org) -> None:
    """Find or add the integration user."""
    users = org.store.table("User").values()
    if not any(_integrates(row) for row in users):
        user = {"Name": "Integration User", "FirstName": "Integration", "LastName": "User", "IsActive": True}
        contact = {"Username": INTEGRATION_USERNAME, "Email": INTEGRATION_USERNAME}
        _insert_all(org, org.schema.objects["user"], [user | contact])
    row = next(row for row in users if _integrates(row))
    org.user_id, org.username = row["Id"], row["Username"]
    org.org_id = next(iter(org.store.table("Organization")))


def _integrates(row: JsonObject) -> bool:
    return str(row.get("Username") or "").startswith("integration")


def _complete(org: Org) -> None:
    """Owners, authors, derived fields and relation rows, wherever the seed left them out."""
    for entity in list(org.schema.objects.values()):
        persons = [name for name in ("OwnerId", "CreatedById", "LastModifiedById") if entity.field(name)]
        present = activities.pairs(org, entity.name)
        for row in list(org.store.table(entity.name).values()):
            filled = row | {name: row.get(name) or org.user_id for name in persons}
            derive(entity.name, filled, org.store, row.get("LastModifiedDate") or org.now())
            org.store.put(entity.name, filled)
            activities.relate(org, entity, filled, {}, present)


def _delete(org: Org, entity: SObject, gone: list[str]) -> None:
    for each in gone:
        row = org.store.table(entity.name).get(ids.canonical(each) or "")
        if row is None:
            raise ValueError(f"the seed deletes an unknown {entity.name}: {each}")
        org.store.put(entity.name, {**row, "IsDeleted": True})
        org.store.deletions.append(Deletion(entity.name, row["Id"], row["SystemModstamp"]))
