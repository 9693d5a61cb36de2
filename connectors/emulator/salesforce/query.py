"""The query resources: query, queryAll, the pages behind a query locator, and the plan of a query."""

from connectors.emulator.salesforce import cursors
from connectors.emulator.salesforce.dispatch import Answer, Call
from connectors.emulator.salesforce.errors import SalesforceError
from connectors.emulator.salesforce.reading import View
from connectors.emulator.salesforce.schema import SObject
from connectors.emulator.salesforce.soql.parser import parse
from connectors.emulator.salesforce.soql.run import Result, run
from connectors.emulator.salesforce.soql.tree import Among, Compare, Condition, Every, Path, Query
from connectors.emulator.wire import JsonObject

# What Salesforce keeps an index of besides ids, references and external ids.
_INDEXED = frozenset({"Name", "OwnerId", "CreatedDate", "SystemModstamp", "Email"})


def query(call: Call) -> Answer:
    """GET query?q=: live records only; query?explain= tells how it would be done."""
    if "explain" in call.query:
        return Answer(body=_plans(call, call.query["explain"]))
    return _answer(call, everything=False)


def query_all(call: Call) -> Answer:
    """GET queryAll?q=: deleted records and archived activities too."""
    return _answer(call, everything=True)


def more(call: Call) -> Answer:
    """GET query/{locator}: the next page of an open query."""
    return Answer(body=cursors.next_page(call, call.names["locator"]))


def execute(call: Call, text: str, *, everything: bool) -> Result:
    """Parse and run a statement for the caller."""
    return _run(call, parse(text), everything=everything)


def _run(call: Call, tree: Query, *, everything: bool) -> Result:
    call.org.archive()
    view = View(call.org, call.access(), everything)
    found = call.org.columns.answer(tree, view, call.url) if call.org.columns is not None else None
    return found or run(tree, view, call.url)


def _answer(call: Call, *, everything: bool) -> Answer:
    text = call.query.get("q")
    if text is None:
        raise SalesforceError("MALFORMED_QUERY", "A query string has to be specified")
    return Answer(body=cursors.first_page(call, execute(call, text, everything=everything)))


def _plans(call: Call, text: str) -> JsonObject:
    """Query performance feedback: one plan by an index where the filter has one, and one that reads the whole table."""
    tree = parse(text)
    found = _run(call, tree, everything=False).total
    view = View(call.org, call.access())
    entity = view.entity(tree.source.parts[0])
    rows = sum(1 for _ in view.rows(entity.name))
    plan = {
        "cardinality": found,
        "notes": [
            {
                "description": "Not considering filter for optimization because unindexed",
                "fields": ["IsDeleted"],
                "tableEnumOrId": entity.name,
            }
        ],
        "sobjectCardinality": rows,
        "sobjectType": entity.name,
    }
    scan = {**plan, "fields": [], "leadingOperationType": "TableScan", "relativeCost": 0.65}
    indexed = _indexed(tree.where, entity)
    index = {**plan, "fields": indexed, "leadingOperationType": "Index", "relativeCost": found / rows if rows else 0.0}
    return {"plans": [index, scan] if indexed else [scan], "sourceQuery": text}


def _indexed(condition: Condition | None, entity: SObject) -> list[str]:
    """The indexed fields that a filter compares at its top."""
    match condition:
        case Every(parts):
            return [name for part in parts for name in _indexed(part, entity)]
        case Compare(operand=Path(parts=parts), operator="=") | Among(operand=Path(parts=parts), negated=False):
            field = entity.field(parts[-1])
            kept = field and (field.type in ("id", "reference") or field.external_id or field.name in _INDEXED)
            return [field.name] if field and kept and len(parts) == 1 else []
        case _:
            return []
