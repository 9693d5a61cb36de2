"""Search: filters, sorts and pages over what the index has caught up with.

`Query` is a request already read; `run` evaluates it. Filters of a group must all hold, one group suffices.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from .crm import Crm
from .object_types import ObjectType
from .records import Record, Test
from .refusals import RefusedError, invalid
from .schema import Property
from .values import split
from .wire import moment, number, stamp

GROUPS, FILTERS, FILTERS_IN_ALL = 5, 6, 18
PAGE = 200
BODY = 3_000
"""Characters a search's body may have."""

NEEDED = {
    "BETWEEN": ("value", "highValue"),
    "IN": ("values",),
    "NOT_IN": ("values",),
    "HAS_PROPERTY": (),
    "NOT_HAS_PROPERTY": (),
    **dict.fromkeys(("EQ", "NEQ", "LT", "LTE", "GT", "GTE", "CONTAINS_TOKEN", "NOT_CONTAINS_TOKEN"), ("value",)),
}
"""The operators and what each must be given."""

UNSEARCHABLE = {
    "hs_body_preview_html": None,
    "hs_email_html": "emails",
    "hs_body_preview": "emails",
}
"""Properties of activities that cannot be filtered; a name limits it to that type."""

LINKED = "associations."
"""Prefix of the pseudo-properties that ask whom a record is linked to."""

Sortable = tuple[Decimal, str]
"""A value in comparable form: numbers by size, moments and text by letters (stored moments have one length)."""
NOTHING = Decimal(0)
_DAY_LENGTH = len("2026-01-31")
_STAMP = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{12}Z")


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition."""

    name: str
    operator: str
    value: str | None = None
    high: str | None = None
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Query:
    """One search, its form checked."""

    groups: tuple[tuple[Filter, ...], ...]
    sort: tuple[str, bool] | None
    """Property and whether descending; None is by creation."""
    text: str
    limit: int
    after: int


@dataclass(frozen=True, slots=True)
class Found:
    """A page of results and how many there are in all."""

    total: int
    records: Sequence[Record]
    after: int | None


def check(query: Query, window: int) -> None:
    """Hold a query against the endpoint's limits. Raises RefusedError (400)."""
    count = sum(len(group) for group in query.groups)
    if len(query.groups) > GROUPS:
        raise _over("filterGroups", GROUPS, len(query.groups))
    if any(len(group) > FILTERS for group in query.groups):
        raise _over("filters", FILTERS, max(len(group) for group in query.groups))
    if count > FILTERS_IN_ALL:
        raise _over("filters in all filterGroups", FILTERS_IN_ALL, count)
    if not 0 <= query.limit <= PAGE:
        raise invalid(f"limit must be between 0 and {PAGE}, but was {query.limit}")
    if query.after < 0 or query.after + query.limit > window:
        raise invalid(f"Paging past {window} results of one search is not possible (after {query.after}).")


def _over(what: str, most: int, given: int) -> RefusedError:
    return invalid(f"A search takes at most {most} {what}, but {given} were given.")


class Index:
    """Evaluates queries; keeps the last result of each object type, so that its further pages cost nothing."""

    def __init__(self, crm: Crm) -> None:
        self._crm = crm
        self._last: dict[str, tuple[object, list[Record]]] = {}

    def run(self, kind: ObjectType, query: Query, horizon: float) -> Found:
        """Evaluate a query on the state as of `horizon`, epoch seconds. Raises RefusedError (400)."""
        found = self._found(kind, query, horizon)
        end = query.after + query.limit
        return Found(len(found), found[query.after : end], end if end < len(found) else None)

    def _found(self, kind: ObjectType, query: Query, horizon: float) -> list[Record]:
        table = self._crm.tables[kind.name]
        iso = self._crm.settings["iso_dates_in_search"]
        key = (query.groups, query.sort, query.text, table.revision, iso, self._definitions(kind, query))
        linked = any(item.name.startswith(LINKED) for group in query.groups for item in group)
        lasting = not linked and not table.unsettled(horizon)
        if lasting and self._last.get(kind.name, (None, []))[0] == key:
            return self._last[kind.name][1]
        found = _evaluate(self._crm, kind, query, horizon)
        if lasting:
            self._last[kind.name] = (key, found)
        return found

    def _definitions(self, kind: ObjectType, query: Query) -> tuple[Property | None, ...]:
        """What the named properties are at present: a result found under other definitions is stale."""
        names = {item.name for group in query.groups for item in group} | ({query.sort[0]} if query.sort else set())
        return tuple(self._crm.schemas[kind.name].get(name) for name in sorted(names))


def _evaluate(crm: Crm, kind: ObjectType, query: Query, horizon: float) -> list[Record]:
    found = crm.tables[kind.name].select(matcher(crm, kind, query), horizon)
    sort(crm, kind, found, query.sort)
    return found


def matcher(crm: Crm, kind: ObjectType, query: Query) -> Test:
    """Make the one test of a query. Raises RefusedError (400)."""
    tests = [[_test(crm, kind, item) for item in group] for group in query.groups]
    words = query.text.lower().split()

    def matches(record: Record) -> bool:
        held = not tests or any(all(test(record) for test in group) for group in tests)
        return held and (not words or _mentions(kind, record, words))

    return matches


def sort(crm: Crm, kind: ObjectType, found: list[Record], by: tuple[str, bool] | None) -> None:
    """Bring results into order in place; without `by`, by creation."""
    if by is None:
        found.sort(key=lambda record: (record.created, record.id))
        return
    name, descending = by
    definition = searchable(crm, kind, name)
    found.sort(key=lambda record: record.id)
    keys = [(_sortable(definition, record.properties.get(name)), record) for record in found]
    having = [(key, record) for key, record in keys if key is not None]
    having.sort(key=lambda pair: pair[0], reverse=descending)
    found[:] = [record for _, record in having] + [record for key, record in keys if key is None]


def _mentions(kind: ObjectType, record: Record, words: Sequence[str]) -> bool:
    held = " ".join(record.properties.get(name) or "" for name in kind.text).lower()
    return all(word in held for word in words)


def searchable(crm: Crm, kind: ObjectType, name: str) -> Property:
    """Find a property that may be filtered and sorted by. Raises RefusedError (400)."""
    definition = crm.schemas[kind.name].get(name)
    if definition is None:
        raise invalid(f"Property {name} does not exist for object type {kind.id}.")
    if name in UNSEARCHABLE and UNSEARCHABLE[name] in {None, kind.name}:
        raise invalid(f"Property {name} is not searchable.")
    return definition


def _sortable(definition: Property, stored: str | None) -> Sortable | None:
    """Bring a stored value into comparable form; None for no value, or one the property's new type cannot read."""
    if not stored:
        return None
    match definition.type:
        case "number":
            return _size(stored)
        case "date" | "datetime":
            at = f"{stored}T00:00:00.000Z" if len(stored) == _DAY_LENGTH else stored
            return (NOTHING, at) if _STAMP.fullmatch(at) else None
        case _:
            return (NOTHING, stored.lower())


def _size(stored: str) -> Sortable | None:
    try:
        return (number(stored), "")
    except ValueError:
        return None


def bound(definition: Property, given: str) -> Sortable:
    """Bring a filter's value into comparable form. Raises RefusedError (400) for an impossible one."""
    try:
        match definition.type:
            case "date" | "datetime":
                return (NOTHING, stamp(moment(given)))
            case "number":
                return (number(given), "")
            case _:
                return (NOTHING, given.lower())
    except ValueError:
        raise invalid(f"{given} is not a valid value for property {definition.name}.") from None


def _test(crm: Crm, kind: ObjectType, item: Filter) -> Test:
    for field in NEEDED[item.operator]:
        given = {"value": item.value, "highValue": item.high, "values": item.values}[field]
        if given in {None, ()}:
            raise invalid(f"operator {item.operator} requires {field} (property {item.name}).")
    if item.name.startswith(LINKED):
        return _linked(crm, kind, item)
    definition = searchable(crm, kind, item.name)
    if definition.type in {"date", "datetime"} and not crm.settings["iso_dates_in_search"]:
        _check_epochs(item)
    return _held(definition, item)


def _check_epochs(item: Filter) -> None:
    """Hold a filter of dates against portals that take epoch milliseconds only. Raises RefusedError (400)."""
    for given in (item.value, item.high, *item.values):
        if given and not given.removeprefix("-").isdecimal():
            raise invalid(f"{given} is not a valid value for property {item.name}: epoch milliseconds are expected.")


def _held(definition: Property, item: Filter) -> Test:
    negated = item.operator.removeprefix("NOT_") if item.operator.startswith("NOT_") else None
    if item.operator == "NEQ" or negated:
        holds = _held(definition, replace(item, operator=negated or "EQ"))
        return lambda record: not holds(record)
    match item.operator:
        case "HAS_PROPERTY":
            return lambda record: bool(record.properties.get(item.name))
        case "CONTAINS_TOKEN":
            return _token(item)
        case "EQ" | "IN":
            return _among(definition, item)
        case _:
            return _range(definition, item)


def _linked(crm: Crm, kind: ObjectType, item: Filter) -> Test:
    """Test the pseudo-property ``associations.contact`` with EQ or IN."""
    associations, other = crm.associations, crm.kinds.infer(item.name.partition(".")[2])
    wanted = {int(v) for v in (item.value, *item.values) if v and v.isascii() and v.isdecimal()}
    pair = (kind.name, other.name)
    match item.operator:
        case "EQ" | "IN":
            return lambda record: not wanted.isdisjoint(there for there, _ in associations.of(pair, record.id))
        case _:
            raise invalid(f"Operator {item.operator} is not supported for {item.name}.")


def _token(item: Filter) -> Test:
    """Match whole words of a text, with ``*`` for any letters."""
    patterns = [_wildcard(word) for word in (item.value or "").split()]

    def holds(record: Record) -> bool:
        held = record.properties.get(item.name) or ""
        return bool(held) and all(pattern.search(held) for pattern in patterns)

    return holds


def _wildcard(word: str) -> re.Pattern[str]:
    """Compile a word with ``*``; each part but the last is matched once, at its first place, so time stays bounded."""
    first, *rest = (re.escape(part) for part in re.sub(r"\*+", "*", word).split("*"))
    middle = "".join(rf"(?>[^\s]*?{part})" for part in rest[:-1])
    last = rf"[^\s]*{rest[-1]}" if rest else ""
    return re.compile(rf"(?<!\w){first}{middle}{last}(?!\w)", re.IGNORECASE)


def _among(definition: Property, item: Filter) -> Test:
    """Match one of some values: an option exactly, a multiple choice by any of its options, a text in any case.

    The values of IN and NOT_IN are not brought to lower case, so those with capitals match no text, as at HubSpot.
    """
    given = item.values if item.operator == "IN" else (item.value or "",)
    exact = definition.type == "enumeration"
    raw = exact or (definition.type == "string" and item.operator == "IN")
    wanted = {(NOTHING, value) if raw else bound(definition, value) for value in given}

    def holds(record: Record) -> bool:
        held = record.properties.get(item.name)
        if not held:
            return False
        parts = split(held) if definition.many else (held,)
        return any(((NOTHING, part) if exact else _sortable(definition, part)) in wanted for part in parts)

    return holds


_ORDERS: Mapping[str, Callable[[Sortable, Sortable], bool]] = {
    "LT": lambda held, bound: held < bound,
    "LTE": lambda held, bound: held <= bound,
    "GT": lambda held, bound: held > bound,
    "GTE": lambda held, bound: held >= bound,
}


def _range(definition: Property, item: Filter) -> Test:
    low = bound(definition, item.value or "")
    high = bound(definition, item.high or "") if item.operator == "BETWEEN" else low
    compare = _ORDERS.get(item.operator)

    def holds(record: Record) -> bool:
        value = _sortable(definition, record.properties.get(item.name))
        if value is None:
            return False
        return compare(value, low) if compare else low <= value <= high

    return holds
