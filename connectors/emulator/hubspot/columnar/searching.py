"""Searches over a file: filters as SQL, with the rules of `search` for missing values, letters and numbers.

A filter that SQL cannot say exactly (words within a text) makes a search unplain: `search` then tests the records one
by one.
"""

from collections.abc import Iterable

from connectors.emulator.hubspot import search
from connectors.emulator.hubspot.columnar.layered import LayeredTable
from connectors.emulator.hubspot.crm import Crm
from connectors.emulator.hubspot.object_types import ObjectType
from connectors.emulator.hubspot.schema import Property
from connectors.emulator.hubspot.search import LINKED, Filter, Found, Query

_SIGNS = {"LT": "<", "LTE": "<=", "GT": ">", "GTE": ">="}


class UnplainError(Exception):
    """A search that SQL cannot answer exactly."""


def run(crm: Crm, kind: ObjectType, query: Query, horizon: float) -> Found | None:
    """The page of a search over a table with a file; None where Python has to do it.

    Raises:
        RefusedError: as `search.Index.run`.
    """
    table = crm.tables[kind.name]
    if not isinstance(table, LayeredTable):
        return None
    written = table.select_written(search.matcher(crm, kind, query), horizon)
    try:
        condition, order = _Clauses(crm, kind, table).of(query)
    except UnplainError:
        return None
    end = query.after + query.limit
    count, filed = table.filed(condition, order, end)
    found = [*filed, *written]
    search.sort(crm, kind, found, query.sort)
    total = count + len(written)
    return Found(total, found[query.after : end], end if end < total else None)


class _Clauses:
    """WHERE and ORDER BY of one search."""

    def __init__(self, crm: Crm, kind: ObjectType, table: LayeredTable) -> None:
        self._crm = crm
        self._kind = kind
        self._table = table

    def of(self, query: Query) -> tuple[str, str]:
        """Both.

        Raises:
            UnplainError: a filter has no exact form.
        """
        groups = [f"({' AND '.join(self._filter(item) for item in group)})" for group in query.groups]
        words = [self._mentioned(word) for word in query.text.lower().split()]
        condition = " AND ".join([f"({' OR '.join(groups) or 'TRUE'})", *words])
        if query.sort is None:
            return condition, f'"{self._kind.created}", id'
        name, descending = query.sort
        definition = search.searchable(self._crm, self._kind, name)
        return condition, f"{self._sortable(definition)} {'DESC' if descending else 'ASC'} NULLS LAST, id"

    def _mentioned(self, word: str) -> str:
        held = ", ".join(f"coalesce({self._table.base.column(name)}, '')" for name in self._kind.text)
        return f"contains(lower(concat_ws(' ', {held})), {_quoted(word)})"

    def _filter(self, item: Filter) -> str:
        if item.name.startswith(LINKED):
            return self._linked(item)
        definition = search.searchable(self._crm, self._kind, item.name)
        operator = item.operator.removeprefix("NOT_")
        match operator:
            case "NEQ":
                return f"(NOT {self._among(definition, [item.value or ''], raw=False)})"
            case "EQ":
                return self._among(definition, [item.value or ""], raw=False)
            case "IN":
                found = self._among(definition, item.values, raw=True)
            case "HAS_PROPERTY":
                found = f"coalesce({self._table.base.column(item.name)} <> '', FALSE)"
            case "CONTAINS_TOKEN":
                raise UnplainError
            case _:
                found = self._range(definition, item)
        return f"(NOT {found})" if operator != item.operator else found

    def _linked(self, item: Filter) -> str:
        """Who is linked to some records: asked from their side."""
        other = self._crm.kinds.infer(item.name.partition(".")[2])
        wanted = {int(each) for each in (item.value, *item.values) if each and each.isascii() and each.isdecimal()}
        pair = (other.name, self._kind.name)
        heres = {here for there in wanted for here, _ in self._crm.associations.of(pair, there)}
        return f"(id IN ({', '.join(map(str, heres)) or '-1'}))"

    def _among(self, definition: Property, values: Iterable[str], *, raw: bool) -> str:
        """As `search._among`: options exactly, texts in any case; the values of IN are taken as they are."""
        column = self._table.base.column(definition.name)
        if definition.type == "enumeration":
            listed = ", ".join(map(_quoted, values))
            parts = f"list_transform(string_split({column}, ';'), lambda part: trim(part))"
            held = f"list_has_any({parts}, [{listed}])" if definition.many else f"{column} IN ({listed})"
            return f"coalesce({held}, FALSE)"
        if definition.many:
            raise UnplainError
        as_given = raw and definition.type == "string"
        bounds = ", ".join(_quoted(value) if as_given else _constant(definition, value) for value in values)
        return f"coalesce({self._sortable(definition)} IN ({bounds}), FALSE)"

    def _range(self, definition: Property, item: Filter) -> str:
        value = self._sortable(definition)
        low = _constant(definition, item.value or "")
        if item.operator == "BETWEEN":
            return f"coalesce({value} BETWEEN {low} AND {_constant(definition, item.high or '')}, FALSE)"
        return f"coalesce({value} {_SIGNS[item.operator]} {low}, FALSE)"

    def _sortable(self, definition: Property) -> str:
        """A value in comparable form; null for none."""
        column = f"nullif({self._table.base.column(definition.name)}, '')"
        match definition.type:
            case "number":
                return f"TRY_CAST({column} AS DOUBLE)"
            case "date" | "datetime":
                return f"CASE length({column}) WHEN 10 THEN {column} || 'T00:00:00.000Z' ELSE {column} END"
            case _:
                return f"lower({column})"


def _constant(definition: Property, given: str) -> str:
    size, text = search.bound(definition, given)
    return f"CAST({_quoted(str(size))} AS DOUBLE)" if definition.type == "number" else _quoted(text)


def _quoted(text: str) -> str:
    if "\0" in text:
        raise UnplainError
    return "'" + text.replace("'", "''") + "'"
