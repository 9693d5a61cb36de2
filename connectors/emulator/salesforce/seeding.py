"""Fills the org from the `salesforce` part of a seed (see docs/seed-format.md), relative moments already resolved.

Beyond that format a seed may have `objects` (custom objects in the words of `objects/*.yaml`). The user whose Username
begins with "integration" is the one whom all logins mean; without one it is added.
"""

from collections.abc import Mapping

from connectors.emulator.salesforce import activities, affiliations, customfields, ids, schema, values
from connectors.emulator.salesforce.derive import derive
from connectors.emulator.salesforce.errors import SalesforceError
from connectors.emulator.salesforce.org import FEATURES, Org
from connectors.emulator.salesforce.schema import Schema, SObject
from connectors.emulator.salesforce.store import Deletion
from connectors.emulator.wire import Json, JsonObject

INTEGRATION_USERNAME = "integration@rapport.example"
Fields = Mapping[str, list[JsonObject]]


def load(org: Org, seed: JsonObject) -> None:
    """Empty the org and fill it.

    Raises:
        ValueError: the seed names an object, field, value or id the org cannot hold.
    """
    described: Fields = seed.get("fields", {})
    org.clear(_schema(seed, described), _features(seed))
    for entity in org.schema.objects.values():
        _insert_all(org, entity, entity.rows)
    for name, rows in seed.get("records", {}).items():
        _insert_all(org, _known(org, name), rows)
    _list_custom_fields(org, described)
    _appoint(org)
    _complete(org)
    affiliations.complete(org)
    for name, gone in seed.get("deleted", {}).items():
        _delete(org, _known(org, name), gone)
    org.archive()


def _features(seed: JsonObject) -> frozenset[str]:
    named = seed.get("features", {})
    return frozenset(FEATURES - named.keys()) | {name for name, on in named.items() if on}


def _schema(seed: JsonObject, described: Fields) -> Schema:
    made = schema.standard()
    for name, text in seed.get("objects", {}).items():
        made.put_object(schema.sobject(name, text))
    for home, texts in described.items():
        for text in texts:
            made.put_field(home, customfields.from_seed(text))
    return made


def _known(org: Org, name: str) -> SObject:
    entity = org.schema.object(name)
    if entity is None:
        raise ValueError(f"the seed has records of an unknown object: {name}")
    return entity


def _insert_all(org: Org, entity: SObject, rows: list[JsonObject] | tuple[JsonObject, ...]) -> None:
    for given in rows:
        row = {name: _seeded(entity, name, value) for name, value in given.items() if name != "Id"}
        row["Id"] = _id(org, entity, given)
        org.store.put(entity.name, entity.blank() | _stamps(org, row) | row)


def _id(org: Org, entity: SObject, given: JsonObject) -> str:
    found = ids.canonical(given["Id"]) if given.get("Id") else org.store.new_id(entity)
    if found is None or org.store.kind(found) != entity.name:
        raise ValueError(f"the seed has no valid {entity.name} id: {given['Id']}")
    return found


def _seeded(entity: SObject, name: str, value: Json) -> Json:
    field = entity.field(name)
    if field is None or field.name != name:
        raise ValueError(f"the seed has an unknown field: {entity.name}.{name}")
    try:
        return values.stored(entity, field, value)
    except SalesforceError as error:
        raise ValueError(f"the seed has a bad value in {entity.name}.{name}: {error.message}") from error


def _stamps(org: Org, row: JsonObject) -> JsonObject:
    created = row.get("CreatedDate") or org.now()
    modified = row.get("LastModifiedDate") or row.get("SystemModstamp") or created
    return {"IsDeleted": False, "CreatedDate": created, "LastModifiedDate": modified, "SystemModstamp": modified}


def _list_custom_fields(org: Org, described: Fields) -> None:
    entity = org.schema.objects["customfield"]
    for home, texts in described.items():
        for text in texts:
            name = text["name"].removesuffix("__c")
            named = {"FullName": f"{home}.{text['name']}", "DeveloperName": name, "TableEnumOrId": home}
            _insert_all(org, entity, [{**named, "Metadata": text}])


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
