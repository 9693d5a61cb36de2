"""sObject Collections: up to 200 records of any objects in one call, with one result for each in the order given."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from connectors.emulator.salesforce import ids
from connectors.emulator.salesforce.describe import entity_of
from connectors.emulator.salesforce.dispatch import Answer, Call
from connectors.emulator.salesforce.errors import SalesforceError, rejected, unreadable
from connectors.emulator.salesforce.records import AmbiguousKeyError, Writer
from connectors.emulator.salesforce.schema import SObject
from connectors.emulator.salesforce.sobjects import attributes_stripped, key_field, shaped, writer
from connectors.emulator.wire import Json, JsonObject

MOST_RECORDS, MOST_RETRIEVED, MOST_CHUNKS = 200, 2000, 10
_ROLLED_BACK = "Record rolled back because not all records were valid and the request was using AllOrNone header"
# Refusals that spoil the whole request, because Salesforce meets them while it still reads the body.
_WHOLE_REQUEST = frozenset({"JSON_PARSER_ERROR"})
Write = Callable[[], JsonObject]


@dataclass(frozen=True, slots=True)
class _Job:
    """One record of the request: what writes it, and the id its failure is reported with."""

    write: Write
    record_id: str | None = None


def create(call: Call) -> Answer:
    """POST composite/sobjects."""
    body = call.json_object()
    records = _records(body)
    write = writer(call)
    jobs = [_Job(_creation(write, _entity(write, each), each)) for each in records]
    return _run(call, jobs, all_or_none=bool(body.get("allOrNone", False)))


def update(call: Call) -> Answer:
    """PATCH composite/sobjects."""
    body = call.json_object()
    records = _records(body)
    call.org.store.warm(_given_id(each) for each in records)
    write = writer(call)
    jobs = [_Job(_change(write, _entity(write, each), each), _given_id(each)) for each in records]
    return _run(call, jobs, all_or_none=bool(body.get("allOrNone", False)))


def upsert(call: Call) -> Answer:
    """PATCH composite/sobjects/{entity}/{field}: each record carries its external id."""
    body, entity = call.json_object(), entity_of(call)
    key = key_field(entity, call.names["key"]).name
    write = writer(call)
    jobs = [_Job(_upsertion(write, entity, key, each)) for each in _records(body)]
    return _run(call, jobs, all_or_none=bool(body.get("allOrNone", False)))


def delete(call: Call) -> Answer:
    """DELETE composite/sobjects?ids=&allOrNone=."""
    given = [each for each in call.query.get("ids", "").split(",") if each]
    _limit(given, MOST_RECORDS)
    write = writer(call)
    jobs = [_Job(_deletion(write, each), each) for each in given]
    return _run(call, jobs, all_or_none=call.query.get("allOrNone", "false").lower() == "true")


def retrieve(call: Call) -> Answer:
    """GET or POST composite/sobjects/{entity}: records by id in the order asked; null for an id without one."""
    entity = entity_of(call)
    asked: Mapping[str, Json] = call.query if call.method == "GET" else call.json_object()
    chosen, fields = (_listed(asked.get(name)) for name in ("ids", "fields"))
    if not fields:
        raise SalesforceError("MALFORMED_QUERY", "The fields parameter is required")
    _limit(chosen, MOST_RETRIEVED)
    shape, table = shaped(call, entity, fields), call.org.store.table(entity.name)
    call.org.store.warm(chosen)
    rows = [table.get(ids.canonical(each) or "") for each in chosen]
    return Answer(body=[None if row is None or row.get("IsDeleted") else shape.render(row) for row in rows])


def _listed(value: Json) -> list[str]:
    if not isinstance(value, str | list | None) or not all(isinstance(each, str) for each in value or ()):
        raise unreadable("a list of strings is expected at [line:1, column:1]")
    return [each.strip() for each in value.split(",") if each.strip()] if isinstance(value, str) else list(value or ())


def _records(body: JsonObject) -> list[JsonObject]:
    records = body.get("records")
    if not isinstance(records, list) or not all(isinstance(each, dict) for each in records):
        raise unreadable("records: a list of sObjects is expected at [line:1, column:1]")
    _limit(records, MOST_RECORDS)
    kinds = [_kind(each) for each in records]
    chunks = sum(1 for place, kind in enumerate(kinds) if place == 0 or kind != kinds[place - 1])
    if chunks > MOST_CHUNKS:
        raise SalesforceError(
            "TOO_MANY_ENUM_VALUE", f"Cannot have more than {MOST_CHUNKS} chunks in a single operation."
        )
    return records


def _limit(given: Sequence[Json], most: int) -> None:
    if not given:
        raise SalesforceError("REQUIRED_FIELD_MISSING", "At least one record is required")
    if len(given) > most:
        raise SalesforceError("EXCEEDED_ID_LIMIT", f"record limit reached. cannot submit more than {most} records")


def _entity(writer: Writer, record: JsonObject) -> SObject:
    name = _kind(record)
    if not name:
        raise SalesforceError("INVALID_FIELD", "attributes.type: the type of the record is missing")
    entity = writer.access.object(str(name))
    if entity is None:
        raise SalesforceError("INVALID_TYPE", f"sObject type '{name}' is not supported.")
    return entity


def _kind(record: JsonObject) -> str | None:
    attributes = record.get("attributes") or {}
    kind = attributes.get("type") if isinstance(attributes, dict) else attributes
    if not isinstance(attributes, dict) or not isinstance(kind, str | None):
        raise unreadable("attributes: an object with the name of a type is expected at [line:1, column:1]")
    return kind


def _given_id(record: JsonObject) -> str | None:
    return next((str(value) for name, value in record.items() if name.lower() == "id" and value), None)


def _creation(writer: Writer, entity: SObject, record: JsonObject) -> Write:
    return lambda: {"id": writer.create(entity, record), "success": True, "errors": []}


def _change(writer: Writer, entity: SObject, record: JsonObject) -> Write:
    def write() -> JsonObject:
        record_id = _given_id(record)
        if not record_id:
            raise rejected("MISSING_ARGUMENT", "Id not specified in an update call")
        writer.update(entity, record_id, attributes_stripped(record))
        return {"id": ids.canonical(record_id), "success": True, "errors": []}

    return write


def _upsertion(writer: Writer, entity: SObject, key: str, record: JsonObject) -> Write:
    field = key_field(entity, key)

    def write() -> JsonObject:
        value = next((each for name, each in record.items() if name.lower() == key.lower()), None)
        if value in (None, ""):
            raise rejected("MISSING_ARGUMENT", f"{key} not specified")
        if (_kind(record) or entity.name).lower() != entity.name.lower():
            raise SalesforceError("INVALID_TYPE", f"record of type {_kind(record)} in an upsert of {entity.name}")
        given = {name: each for name, each in attributes_stripped(record).items() if name.lower() != key.lower()}
        try:
            made, created = writer.upsert(entity, field, str(value), given)
        except AmbiguousKeyError as several:
            text = f"{key}: more than one record found for external id field: [{', '.join(several.found)}]"
            raise rejected("DUPLICATE_EXTERNAL_ID", text) from several
        return {"id": made, "success": True, "errors": [], "created": created}

    return write


def _deletion(writer: Writer, given: str) -> Write:
    def write() -> JsonObject:
        found = ids.canonical(given)
        entity = writer.access.object(writer.org.store.kind(found)) if found else None
        if found is None or entity is None or not entity.prefix:
            raise rejected("MALFORMED_ID", f"bad id {given}")
        writer.delete(entity, found)
        return {"id": found, "success": True, "errors": []}

    return write


def _run(call: Call, jobs: Sequence[_Job], *, all_or_none: bool) -> Answer:
    with call.org.store.transaction() as take_back:
        results = [_result(call, job) for job in jobs]
        if all_or_none and not all(each["success"] for each in results):
            take_back()
            results = [_rolled_back(each) if each["success"] else each for each in results]
    return Answer(body=results)


def _result(call: Call, job: _Job) -> JsonObject:
    try:
        return job.write()
    except SalesforceError as error:
        if error.code in _WHOLE_REQUEST or _unknown_field(call, error):
            raise
        known = {"id": job.record_id} if job.record_id else {}
        return {**known, "success": False, "errors": [error.item()]}


def _unknown_field(call: Call, error: SalesforceError) -> bool:
    """Whether it is about a field nobody has, not about an external id nobody carries."""
    unknown = error.code == "INVALID_FIELD" and error.fields is None
    return unknown and call.org.settings["unknown_field_fails"] == "request"


def _rolled_back(result: JsonObject) -> JsonObject:
    error = {"statusCode": "ALL_OR_NONE_OPERATION_ROLLED_BACK", "message": _ROLLED_BACK, "fields": []}
    kept = {"id": result["id"]} if result.get("id") else {}
    return {**kept, "success": False, "errors": [error]}
