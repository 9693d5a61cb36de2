"""Single records: create, retrieve, update, upsert, delete, and the replication resources updated and deleted."""

from collections.abc import Iterable, Sized
from datetime import datetime, timedelta

from connectors.emulator.salesforce import ids, moments
from connectors.emulator.salesforce.automation import Options
from connectors.emulator.salesforce.conditions import conditional
from connectors.emulator.salesforce.describe import entity_of
from connectors.emulator.salesforce.dispatch import Answer, Call
from connectors.emulator.salesforce.errors import SalesforceError, not_found
from connectors.emulator.salesforce.reading import View
from connectors.emulator.salesforce.records import AmbiguousKeyError, Writer
from connectors.emulator.salesforce.schema import Field, SObject
from connectors.emulator.salesforce.soql.bind import Scope
from connectors.emulator.salesforce.soql.shape import Shape
from connectors.emulator.salesforce.soql.tree import Path
from connectors.emulator.wire import Json, JsonObject

_UPSERT_TELLS = 46


def writer(call: Call) -> Writer:
    """What writes for the caller, as its headers ask."""
    duplicates = _options(call, "sforce-duplicate-rule-header").get("allowsave") == "true"
    assign = call.headers.get("sforce-auto-assign", "true").strip().lower() != "false"
    return Writer(call.org, call.access(), Options(duplicates, assign))


def create(call: Call) -> Answer:
    """POST sobjects/{entity}."""
    entity = entity_of(call)
    made = writer(call).create(entity, call.json_object())
    return Answer(201, {"id": made, "success": True, "errors": []}, {"Location": call.url(entity.name, made)})


def retrieve(call: Call) -> Answer:
    """GET sobjects/{entity}/{id}, with ?fields= to choose."""
    entity = entity_of(call)
    return _record(call, entity, writer(call).existing(entity, call.names["id"]))


def update(call: Call) -> Answer:
    """PATCH sobjects/{entity}/{id}."""
    writer(call).update(entity_of(call), call.names["id"], call.json_object())
    return Answer(204)


def delete(call: Call) -> Answer:
    """DELETE sobjects/{entity}/{id}."""
    writer(call).delete(entity_of(call), call.names["id"])
    return Answer(204)


def retrieve_by_key(call: Call) -> Answer:
    """GET sobjects/{entity}/{field}/{value}, or sobjects/{entity}/{id}/{relationship}."""
    entity = entity_of(call)
    if entity.field(call.names["key"]) is None and (ids.canonical(call.names["key"]) or "").startswith(entity.prefix):
        return _related(call, entity)
    found = writer(call).by_key(entity, key_field(entity, call.names["key"]), call.names["value"])
    if len(found) > 1:
        return _several(call, entity, found)
    if not found:
        raise not_found()
    return _record(call, entity, call.org.store.table(entity.name)[found[0]])


def upsert(call: Call) -> Answer:
    """PATCH sobjects/{entity}/{field}/{value}: 201 when created, 200 when updated, 300 when several records match.

    Before version 46 an update answers 204.
    """
    entity = entity_of(call)
    key, body = key_field(entity, call.names["key"]), call.json_object()
    if key.name.lower() in (name.lower() for name in body):
        message = f"The {key.name} field should not be specified in the sobject data."
        raise SalesforceError("INVALID_FIELD", message)
    try:
        made, created = writer(call).upsert(entity, key, call.names["value"], body)
    except AmbiguousKeyError as several:
        return _several(call, entity, several.found)
    if not created and float(call.version) < _UPSERT_TELLS:
        return Answer(204)
    location = {"Location": call.url(entity.name, made)} if created else {}
    return Answer(201 if created else 200, {"id": made, "success": True, "errors": [], "created": created}, location)


def delete_by_key(call: Call) -> Answer:
    """DELETE sobjects/{entity}/{field}/{value}."""
    entity = entity_of(call)
    found = writer(call).by_key(entity, key_field(entity, call.names["key"]), call.names["value"])
    if len(found) > 1:
        return _several(call, entity, found)
    if not found:
        raise not_found()
    writer(call).delete(entity, found[0])
    return Answer(204)


def updated(call: Call) -> Answer:
    """GET sobjects/{entity}/updated: ids of live records whose stamp lies in the window."""
    entity = entity_of(call)
    start, end, covered = _window(call, entity)
    rows = call.org.store.table(entity.name).values()
    found = [row["Id"] for row in rows if not row.get("IsDeleted") and start <= row["SystemModstamp"] < end]
    _check_number(call, found)
    return Answer(body={"ids": found, "latestDateCovered": covered})


def deleted(call: Call) -> Answer:
    """GET sobjects/{entity}/deleted: what was deleted in the window, also rows that keep no trace elsewhere."""
    entity = entity_of(call)
    start, end, covered = _window(call, entity)
    log = [each for each in call.org.store.deletions if each.entity == entity.name and start <= each.at < end]
    _check_number(call, log)
    body = {
        "deletedRecords": [{"id": each.record_id, "deletedDate": each.at} for each in log],
        "earliestDateAvailable": moments.stamp(_earliest(call)),
        "latestDateCovered": covered,
    }
    return Answer(body=body)


def key_field(entity: SObject, name: str) -> Field:
    """The field records of the object can be looked up by.

    Raises:
        SalesforceError: NOT_FOUND when it is not marked as an external id (or may not be seen).
    """
    field = entity.field(name)
    if field is None or not (field.external_id or field.unique or field.type == "id"):
        raise not_found(f"Provided external ID field does not exist or is not accessible: {name}")
    return field


def shaped(call: Call, entity: SObject, names: Iterable[str]) -> Shape:
    """The wire shape of records with the given fields, or with all of them when there are none."""
    view = View(call.org, call.access(), everything=True)
    scope, shape = Scope(view, entity, "", ""), Shape(entity.name, call.url, view)
    for name in list(names) or [each.name for each in entity.fields.values()]:
        path = tuple(name.split("."))
        if len(path) == 1 and entity.field(name) is None:
            raise SalesforceError("INVALID_FIELD", f"No such column '{name}' on sobject of type {entity.name}")
        bound = scope.path(Path(path, 0))
        leaf = Scope(view, bound.entity, "", "").path(Path((bound.field.name,), 0))
        shape.branch(bound.hops).add(bound.field.name, leaf.get)
    return shape


def attributes_stripped(record: Json) -> JsonObject:
    """A record of a collection without its `attributes` and id."""
    return {name: value for name, value in record.items() if name.lower() not in ("attributes", "id")}


def _chosen(call: Call) -> list[str]:
    return [each.strip() for each in call.query.get("fields", "").split(",") if each.strip()]


def _options(call: Call, header: str) -> dict[str, str]:
    """The pairs of a header like `a=b; c=d`, in lower case."""
    pairs = (each.partition("=") for each in call.headers.get(header, "").lower().replace(",", ";").split(";"))
    return {name.strip(): value.strip() for name, _, value in pairs}


def _record(call: Call, entity: SObject, row: JsonObject) -> Answer:
    """A record as it is now, or that it has not changed since."""
    moment = moments.parse_datetime(row["SystemModstamp"])
    return conditional(call, moment, lambda: shaped(call, entity, _chosen(call)).render(row))


def _related(call: Call, entity: SObject) -> Answer:
    """The parent or the children at the end of a relationship of a record."""
    row, name, view = (
        writer(call).existing(entity, call.names["key"]),
        call.names["value"],
        View(call.org, call.access()),
    )
    reference = next((each for each in entity.references() if each.relationship.lower() == name.lower()), None)
    if reference is not None:
        target = view.row(row.get(reference.name) or "")
        kind = call.access().object(view.kind(target["Id"])) if target else None
        if target is None or kind is None or target.get("IsDeleted"):
            raise not_found()
        return _record(call, kind, target)
    child = view.child(entity.name, name)
    if child is None:
        raise not_found(f"The relationship {name} does not exist")
    shape = shaped(call, child[0], _chosen(call))
    found = [shape.render(each) for each in view.rows(child[0].name) if each.get(child[1].name) == row["Id"]]
    return Answer(body={"totalSize": len(found), "done": True, "records": found})


def _several(call: Call, entity: SObject, found: Iterable[str]) -> Answer:
    return Answer(300, [call.url(entity.name, each) for each in found])


def _window(call: Call, entity: SObject) -> tuple[str, str, str]:
    """Start, end and the last moment covered, in the wire form; seconds are ignored, as in Salesforce."""
    if not entity.query:
        raise SalesforceError("INVALID_TYPE", f"sObject type '{entity.name}' is not replicateable")
    start, end = (_minute(call.query.get(name, "")) for name in ("start", "end"))
    now = call.org.clock.now()
    if start is None or end is None or end - start < timedelta(minutes=1):
        message = "startDate must be at least one minute before endDate"
        raise SalesforceError("INVALID_REPLICATION_DATE", message)
    if start < _earliest(call):
        days = call.org.settings["replication_log_days"]
        message = f"startDate before org's replication availability: {days} days"
        raise SalesforceError("INVALID_REPLICATION_DATE", message)
    return moments.stamp(start), moments.stamp(end), moments.stamp(min(end, now))


def _earliest(call: Call) -> datetime:
    """How far back changes are known."""
    return call.org.clock.now() - timedelta(days=call.org.settings["replication_log_days"])


def _check_number(call: Call, found: Sized) -> None:
    most = call.org.settings["replication_ids"]
    if len(found) > most:
        message = f"The limit of {most} ids is exceeded: choose a shorter span between start and end"
        raise SalesforceError("EXCEEDED_ID_LIMIT", message)


def _minute(text: str) -> datetime | None:
    moment = moments.parse_datetime(text)
    return moment.replace(second=0, microsecond=0) if moment else None
