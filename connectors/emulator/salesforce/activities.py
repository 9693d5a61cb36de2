"""The rows behind Shared Activities: who and what a task or event is about, kept in step with WhoId and WhatId."""

from connectors.emulator.salesforce.org import Org
from connectors.emulator.salesforce.schema import SObject
from connectors.emulator.wire import JsonObject

_RELATIONS = {"Task": ("TaskRelation", "TaskId"), "Event": ("EventRelation", "EventId")}


Pair = tuple[str, str]


def relate(org: Org, entity: SObject, row: JsonObject, before: JsonObject) -> None:
    """Give a stored task or event its relation rows, as far as WhoId and WhatId differ from those `before`.

    Without Shared Activities there are none.
    """
    if entity.name not in _RELATIONS or "shared_activities" not in org.features:
        return
    name, key = _RELATIONS[entity.name]
    for field in ("WhoId", "WhatId"):
        if row.get(field) != before.get(field):
            _replace(org, name, (key, row["Id"]), before.get(field))
            if row.get(field):
                org.store.put(name, _relation(org, name, key, row, row[field]) | {"IsWhat": field == "WhatId"})


def pairs(org: Org, name: str) -> set[tuple[str, str]]:
    """The activity and record ids that relation rows already connect, for one kind of activity."""
    relation, key = _RELATIONS[name]
    return {(row[key], row["RelationId"]) for row in org.store.table(relation).values()}


def _replace(org: Org, name: str, activity: Pair, record_id: str | None) -> None:
    key, activity_id = activity
    for row in list(org.store.table(name).values()) if record_id else ():
        if row[key] == activity_id and row["RelationId"] == record_id:
            org.store.deletions.append(Deletion(name, row["Id"], org.now()))
            org.store.remove(name, row["Id"])


def _relation(org: Org, name: str, key: str, row: JsonObject, record_id: str) -> JsonObject:
    copied = ("LastModifiedDate", "LastModifiedById", "SystemModstamp", "AccountId")
    made = {"Id": org.store.new_id(org.schema.objects[name.lower()]), key: row["Id"], "RelationId": record_id}
    stamps = {"IsDeleted": False, "CreatedDate": row["LastModifiedDate"], "CreatedById": row["LastModifiedById"]}
    return made | stamps | {each: row.get(each) for each in copied}
