"""The rows behind Shared Activities: who and what a task or event is about, kept in step with WhoId and WhatId."""

from connectors.emulator.salesforce.org import Org
from connectors.emulator.salesforce.schema import SObject
from connectors.emulator.wire import JsonObject

_RELATIONS = {"Task": ("TaskRelation", "TaskId"), "Event": ("EventRelation", "EventId")}


def relate(org: Org, entity: SObject, row: JsonObject) -> None:
    """Make sure a stored task or event has its relation rows; without Shared Activities there are none."""
    if entity.name not in _RELATIONS or "shared_activities" not in org.features:
        return
    name, key = _RELATIONS[entity.name]
    present = {each["RelationId"] for each in org.store.table(name).values() if each[key] == row["Id"]}
    for record_id, is_what in ((row.get("WhoId"), False), (row.get("WhatId"), True)):
        if record_id and record_id not in present:
            org.store.put(name, _relation(org, name, key, row, record_id) | {"IsWhat": is_what})


def _relation(org: Org, name: str, key: str, row: JsonObject, record_id: str) -> JsonObject:
    copied = ("LastModifiedDate", "LastModifiedById", "SystemModstamp", "AccountId")
    made = {"Id": org.store.new_id(org.schema.objects[name.lower()]), key: row["Id"], "RelationId": record_id}
    stamps = {"IsDeleted": False, "CreatedDate": row["LastModifiedDate"], "CreatedById": row["LastModifiedById"]}
    return made | stamps | {each: row.get(each) for each in copied}
