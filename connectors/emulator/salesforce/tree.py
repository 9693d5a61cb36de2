"""composite/tree: records with their children, created together or not at all."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from connectors.emulator.salesforce.describe import entity_of
from connectors.emulator.salesforce.dispatch import Answer, Call
from connectors.emulator.salesforce.errors import SalesforceError, unreadable
from connectors.emulator.salesforce.records import Writer
from connectors.emulator.salesforce.schema import Field, SObject
from connectors.emulator.salesforce.sobjects import writer
from connectors.emulator.wire import Json, JsonObject

MOST_RECORDS, MOST_LEVELS = 200, 5


@dataclass(frozen=True, slots=True)
class _Node:
    """One record of the request: its fields, and by which field of it it hangs on its parent."""

    entity: SObject
    reference: str
    fields: Mapping[str, Json]
    parent: str = ""
    link: Field | None = None


def create(call: Call) -> Answer:
    """POST composite/tree/{entity}: 201 with an id for each reference, or 400 with what is wrong."""
    write = writer(call)
    nodes = list(_nodes(call, entity_of(call), call.json_object().get("records"), _Node(entity_of(call), "", {}), 1))
    references = [each.reference for each in nodes]
    if len(nodes) > MOST_RECORDS:
        raise SalesforceError("LIMIT_EXCEEDED", f"The limit of {MOST_RECORDS} records is exceeded")
    if len(set(references)) < len(references):
        raise SalesforceError("INVALID_INPUT", "The referenceId of a record must be unique")
    with call.org.store.transaction() as take_back:
        made, wrong = _create_all(write, nodes)
        if wrong:
            take_back()
            return Answer(400, {"hasErrors": True, "results": wrong})
    results = [{"referenceId": reference, "id": record_id} for reference, record_id in made.items()]
    return Answer(201, {"hasErrors": False, "results": results})


def _create_all(write: Writer, nodes: list[_Node]) -> tuple[dict[str, str], list[JsonObject]]:
    made: dict[str, str] = {}
    wrong: list[JsonObject] = []
    for node in nodes:
        link = {node.link.name: made.get(node.parent)} if node.link else {}
        try:
            if not node.link or node.parent in made:
                made[node.reference] = write.create(node.entity, {**node.fields, **link})
        except SalesforceError as error:
            wrong.append({"referenceId": node.reference, "errors": [error.item()]})
    return made, wrong


def _nodes(call: Call, entity: SObject, records: Json, above: _Node, level: int) -> Iterator[_Node]:
    """The records in the order they can be created, parents first."""
    if not isinstance(records, list) or not all(isinstance(each, dict) for each in records):
        raise unreadable("records: a list of sObjects is expected at [line:1, column:1]")
    if level > MOST_LEVELS:
        raise SalesforceError("LIMIT_EXCEEDED", f"The limit of {MOST_LEVELS} levels is exceeded")
    for each in records:
        attributes = each.get("attributes")
        reference = attributes.get("referenceId") if isinstance(attributes, dict) else None
        if not isinstance(reference, str) or not reference:
            raise SalesforceError("INVALID_INPUT", "attributes: every record needs a type and a referenceId")
        children = {name: value for name, value in each.items() if isinstance(value, dict) and "records" in value}
        fields = {name: value for name, value in each.items() if name not in children}
        yield _Node(entity, reference, fields, above.reference, above.link)
        for name, value in children.items():
            child, link = _child(call, entity, name)
            yield from _nodes(call, child, value["records"], _Node(entity, reference, {}, "", link), level + 1)


def _child(call: Call, parent: SObject, relationship: str) -> tuple[SObject, Field]:
    for entity, reference in call.org.schema.children(parent.name):
        seen = call.access().object(entity.name)
        if seen is not None and reference.children.lower() == relationship.lower():
            return seen, reference
    raise SalesforceError("INVALID_FIELD", f"No such column '{relationship}' on sobject of type {parent.name}")
