"""Runs the statement of a query job, within what Bulk API 2.0 supports of SOQL.

Salesforce checks a statement when the job is made, so it is run there too.
"""

from collections.abc import Callable, Iterator

from connectors.emulator.salesforce.bulk.extract import Column, Extract, Hops
from connectors.emulator.salesforce.columnar.found import Records
from connectors.emulator.salesforce.errors import SalesforceError
from connectors.emulator.salesforce.reading import View
from connectors.emulator.salesforce.soql.bind import Bound, Getter, Row, Scope
from connectors.emulator.salesforce.soql.parser import parse
from connectors.emulator.salesforce.soql.run import run
from connectors.emulator.salesforce.soql.tree import Item, Macro, Path, Query, Selected, TypeOf, is_aggregate

_COMPOUND = frozenset({"address", "location"})


def extract(view: View, text: str, url: Callable[[str, str], str]) -> Extract:
    """Run the statement of a job.

    Raises:
        SalesforceError: the statement is wrong, or more than Bulk API 2.0 supports.
    """
    query = parse(text)
    _refuse_unsupported(query)
    entity = view.object(query.source.parts[0])
    if entity is not None and entity.name in view.org.settings["bulk_unsupported"]:
        raise SalesforceError("INVALIDENTITY", f"entity type {entity.name} does not support query")
    columnar = view.org.columns
    found = (columnar.answer(query, view, url) if columnar is not None else None) or run(query, view, url)
    scope = Scope(view, view.entity(found.entity), query.alias, query.text)
    columns = tuple(column for each in query.select for column in _columns(scope, each))
    paths = tuple(dict.fromkeys(each.hops for each in columns if each.hops))
    climbed = () if isinstance(found.rows, Records) or not paths else found.rows
    parents = [tuple(_climb(view, row, hops) for hops in paths) for row in climbed]
    return Extract(found.entity, columns, found.rows, paths, parents, query.limit is None and not query.order)


def _refuse_unsupported(query: Query) -> None:
    if any(isinstance(each, Query) for each in query.select):
        raise _unsupported("Aggregate Relationships not supported in Bulk V2 Query with CSV content type")
    if query.group or query.having or any(is_aggregate(each) for each in query.select):
        raise _unsupported("Aggregate functions and GROUP BY not supported in Bulk V2 Query")
    if query.offset:
        raise _unsupported("OFFSET not supported in Bulk V2 Query")
    if any(isinstance(each, TypeOf) for each in query.select):
        raise _unsupported("TYPEOF not supported in Bulk V2 Query")
    if any(isinstance(each, Macro) and each.kind != "STANDARD" for each in query.select):
        raise _unsupported("FIELDS(ALL) and FIELDS(CUSTOM) not supported in Bulk V2 Query")


def _unsupported(message: str) -> SalesforceError:
    # Vendor's wording for subqueries and compound fields; the rest follows its form, for want of a recording.
    return SalesforceError("API_ERROR", message)


def _columns(scope: Scope, selected: Selected) -> Iterator[Column]:
    if isinstance(selected, Macro):
        standard = (each for each in scope.entity.fields.values() if not each.custom and each.type not in _COMPOUND)
        yield from (_column(scope, Item(Path((each.name,), selected.at), "")) for each in standard)
    elif isinstance(selected, Item):
        yield _column(scope, selected)


def _column(scope: Scope, item: Item) -> Column:
    bound = scope.bind(item.what)
    if bound.field.type in _COMPOUND:
        raise _unsupported("Selecting compound data not supported in Bulk Query")
    if not isinstance(item.what, Path):
        return Column(item.alias or bound.field.name, bound.field.type, (), bound.get)
    header = ".".join([*(hop.relationship for hop in bound.hops), bound.field.name])
    return Column(header, bound.field.type, bound.hops, _local(scope, bound))


def _local(scope: Scope, bound: Bound) -> Getter:
    """The getter from the record that holds the field itself."""
    return Scope(scope.catalog, bound.entity, "", "").path(Path((bound.field.name,), 0)).get


def _climb(view: View, row: Row, hops: Hops) -> Row | None:
    record: Row | None = row
    for hop in hops:
        record = view.row(record.get(hop.name) or "") if record is not None else None
    return record
