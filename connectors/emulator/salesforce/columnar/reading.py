"""Answers plain SOQL of an org whose rows lie in a file: one object, fields of it and of its parents, no functions.

Called by `query.execute` before `soql.run`, which answers whatever is not plain.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from connectors.emulator.salesforce.columnar.base import SCHEMA, Base
from connectors.emulator.salesforce.columnar.found import Records, Statement
from connectors.emulator.salesforce.columnar.layered import Layered
from connectors.emulator.salesforce.columnar.mirror import Mirror
from connectors.emulator.salesforce.columnar.shape import Shape
from connectors.emulator.salesforce.columnar.sources import Sources, UnplainError
from connectors.emulator.salesforce.columnar.where import Where
from connectors.emulator.salesforce.org import Org
from connectors.emulator.salesforce.reading import View
from connectors.emulator.salesforce.soql import grouping
from connectors.emulator.salesforce.soql.bind import Scope
from connectors.emulator.salesforce.soql.run import Result, run
from connectors.emulator.salesforce.soql.tree import Order, Query
from connectors.emulator.wire import JsonObject

if TYPE_CHECKING:
    import duckdb

_PLAIN = frozenset({"text", "select", "source", "alias", "where", "order", "limit", "offset", "joins", "purposes"})
_HIDING = ("IsDeleted", "IsArchived")
UrlOf = Callable[[str, str], str]


@dataclass(frozen=True, slots=True)
class _Bare(View):
    """A view without rows, over which a statement costs nothing but is refused as over any other."""

    def rows(self, _name: str) -> Iterable[JsonObject]:
        return ()


def lay(org: Org, connection: "duckdb.DuckDBPyConnection") -> None:
    """Put the rows of a file, attached as `made`, under the org's empty tables of the same names."""
    names = "SELECT table_name FROM duckdb_tables() WHERE database_name || '.' || schema_name = $1"
    for (name,) in connection.execute(names, [SCHEMA]).fetchall():
        if (entity := org.schema.object(name)) is not None:
            org.store.lay(entity, Layered(Base(connection, name, entity.prefix)))
    org.columns = Columns(connection, org)


class Columns:
    """The file and what was written since, for one org."""

    def __init__(self, connection: "duckdb.DuckDBPyConnection", org: Org) -> None:
        self._connection = connection
        self._org = org
        self._mirror = Mirror(connection, org.store)

    def answer(self, query: Query, view: View, url: UrlOf) -> Result | None:
        """The result of a plain statement over an object of the file, whose `rows` are Records; else None.

        Raises:
            SalesforceError: what `soql.run` refuses.
        """
        entity = view.object(query.source.parts[0])
        if entity is None or self._mirror.base(entity) is None or not _is_plain(query, view):
            return None
        bare = run(query, _Bare(view.org, view.access, view.everything), url)
        try:
            return self._found(query, Scope.of(query, view, entity), url, wide=bare.wide)
        except UnplainError:
            return None

    def _found(self, query: Query, scope: Scope, url: UrlOf, *, wide: bool) -> Result:
        chosen = Sources(scope, self._mirror)
        condition, order = self._condition(query, chosen), _order(query.order, chosen)
        counting = grouping.counts_all(query)
        shown = Sources(scope, self._mirror)
        shape = Shape(() if counting else query.select, shown, url)
        moment = self._mirror.moment([*chosen.entities(), *shown.entities()])
        scanned = not chosen.joined() and not shown.joined() and not self._mirror.changed(scope.entity)
        if scanned:
            self._condition(query, shown)  # one scan then tests and renders, so it reads the fields of both
        statement = Statement(
            tables=chosen.root(moment) + chosen.parents(moment),
            condition=condition,
            order=order,
            limit=query.limit,
            offset=query.offset,
            scanned=scanned,
            read=shown.root(moment),
            parents=shown.parents(moment),
        )
        records = Records(self._connection, statement, shape)
        rows: Sequence[JsonObject] = () if counting else records
        return Result(len(records), rows, _as_it_is, scope.entity.name, wide)

    def _condition(self, query: Query, sources: Sources) -> str:
        """WHERE, and what the resource does not show."""
        conditions = [Where(sources).sql(query.where)] if query.where is not None else []
        view = sources.scope.catalog
        hiding = not (isinstance(view, View) and view.everything)
        whole = self._org.schema.objects[sources.scope.entity.name.lower()]
        hidden = [field for name in _HIDING if hiding and (field := whole.field(name)) is not None]
        conditions += [f"NOT {sources.own(field)}" for field in hidden]
        return " AND ".join(conditions) or "TRUE"


def _is_plain(query: Query, view: View) -> bool:
    """Whether nothing stands in a statement but what is understood here; a clause to come is not."""
    spoken = {each.name for each in fields(query) if getattr(query, each.name) != each.default}
    return spoken <= _PLAIN and not view.org.settings["unordered"]


def _order(terms: Sequence[Order], sources: Sources) -> str:
    """ORDER BY; empty where the records' own order is meant."""
    if len(terms) == 1 and not terms[0].descending and sources.by_serial(sources.bind(terms[0].by)):
        return ""
    where = Where(sources)
    sorted_by = []
    for term in terms:
        direction = "DESC" if term.descending else "ASC"
        nulls = "LAST" if term.nulls_last else "FIRST"
        sorted_by.append(f"{where.comparable(sources.bind(term.by))} {direction} NULLS {nulls}")
    return ", ".join(sorted_by)


def _as_it_is(row: JsonObject) -> JsonObject:
    return row
