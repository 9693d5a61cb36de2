"""The rows behind Shared Activities: who and what a task or event is about, kept in step with WhoId and WhatId."""

from collections.abc import Set

from connectors.emulator.salesforce.org import Org
from connectors.emulator.salesforce.schema import SObject
from connectors.emulator.salesforce.store import Deletion
from connectors.emulator.wire import JsonObject

_RELATIONS = {"Task": ("TaskRelation", "TaskId"), "Event": ("EventRelation", "EventId")}
Pair = tuple[str, str]


def pairs(org: Org, name: str) -> frozenset[Pair]:
    """The (activity, record) ids that relation rows already connect, for one kind of activity."""
    if name not in _RELATIONS:
        return frozenset()
    relation, key = _RELATIONS[name]
    return frozenset((row[key], row["RelationId"]) for row in org.store.table(relation).values())


def relate(org: Org, entity: SObject, row: JsonObject, before: JsonObject, present: Set[Pair] = frozenset()) -> None:
    """Give a stored task or event its relation rows, as far as WhoId and WhatId differ from those `before`.

    Without Shared Activities there are none. `present` are pairs that need no row.
    """
    if "shared_activities" not in org.features:
        return
    if entity.name == "TaskRelation":
        show_people(org, row["TaskId"])
    if entity.name not in _RELATIONS:
        return
    for field in ("WhoId", "WhatId"):
        if row.get(field) != before.get(field):
            _part(org, entity, row["Id"], before.get(field))
            if row.get(field) and (row["Id"], row[field]) not in present:
                _join(org, entity, row, field)
    if entity.name == "Task":
        show_people(org, row["Id"])


def show_people(org: Org, task_id: str) -> None:
    """Bring TaskWhoRelation, the view of a task's relations with people only, up to date."""
    store, people, view = org.store, "TaskRelation", "TaskWhoRelation"
    relations = [store.table(people)[each] for each in store.matching(people, "TaskId", task_id)]
    wanted = {row["RelationId"]: row for row in relations if not row["IsWhat"]}
    shown = {store.table(view)[each]["RelationId"]: each for each in store.matching(view, "TaskId", task_id)}
    for relation in shown.keys() - wanted.keys():
        store.remove(view, shown[relation])
    for relation in wanted.keys() - shown.keys():
        made = {"Id": store.new_id(org.schema.objects[view.lower()]), "Type": store.kind(relation)}
        kept = {name: value for name, value in wanted[relation].items() if name not in ("Id", "IsWhat")}
        store.put(view, kept | made)


def _part(org: Org, entity: SObject, activity_id: str, record_id: str | None) -> None:
    name, key = _RELATIONS[entity.name]
    for row in list(org.store.table(name).values()) if record_id else ():
        if row[key] == activity_id and row["RelationId"] == record_id:
            org.store.deletions.append(Deletion(name, row["Id"], org.now()))
            org.store.remove(name, row["Id"])


def _join(org: Org, entity: SObject, row: JsonObject, field: str) -> None:
    name, key = _RELATIONS[entity.name]
    relation = org.schema.objects[name.lower()]
    parent = {"IsParent": True} if relation.field("IsParent") else {}
    made = {
        "Id": org.store.new_id(relation),
        key: row["Id"],
        "RelationId": row[field],
        "IsWhat": field == "WhatId",
        "IsDeleted": False,
        "CreatedDate": row["LastModifiedDate"],
        "CreatedById": row["LastModifiedById"],
    }
    copied = ("LastModifiedDate", "LastModifiedById", "SystemModstamp", "AccountId")
    org.store.put(name, relation.blank() | parent | made | {each: row.get(each) for each in copied})
