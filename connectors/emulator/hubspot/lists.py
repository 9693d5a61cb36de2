"""Lists of records: manual and snapshot ones hold members, dynamic ones hold whoever fulfils their filters.

Filters are those of property values; they see what search sees, so a dynamic list follows a write as late as search.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .crm import Crm
from .object_types import ObjectType
from .records import Record, Test
from .refusals import RefusedError, invalid, missing
from .search import Filter, Query, matcher
from .wire import stamp

MANUAL, DYNAMIC, SNAPSHOT = "MANUAL", "DYNAMIC", "SNAPSHOT"
KINDS = (MANUAL, DYNAMIC, SNAPSHOT)

OPERATORS = {
    "IS_EQUAL_TO": "EQ",
    "IS": "EQ",
    "IS_NOT_EQUAL_TO": "NEQ",
    "IS_GREATER_THAN": "GT",
    "IS_GREATER_THAN_OR_EQUAL_TO": "GTE",
    "IS_LESS_THAN": "LT",
    "IS_LESS_THAN_OR_EQUAL_TO": "LTE",
    "IS_AFTER": "GT",
    "IS_BEFORE": "LT",
    "IS_ANY_OF": "IN",
    "IS_NONE_OF": "NOT_IN",
    "CONTAINS": "CONTAINS_TOKEN",
    "DOES_NOT_CONTAIN": "NOT_CONTAINS_TOKEN",
    "IS_KNOWN": "HAS_PROPERTY",
    "IS_UNKNOWN": "NOT_HAS_PROPERTY",
    "IS_BETWEEN": "BETWEEN",
}
"""Operators of property filters and those of search that mean the same."""


@dataclass(slots=True)
class List:
    """One list; `members` are record ids and when each joined."""

    id: int
    name: str
    kind: ObjectType
    processing: str
    created: datetime
    updated: datetime
    branch: Mapping[str, Any] | None = None
    version: int = 1
    deleted: datetime | None = None
    members: dict[int, datetime] = field(default_factory=dict)

    def render(self, *, filters: bool = False) -> dict[str, object]:
        """Form the list's JSON."""
        return {
            "listId": str(self.id),
            "listVersion": self.version,
            "name": self.name,
            "objectTypeId": self.kind.id,
            "processingType": self.processing,
            "processingStatus": "COMPLETE",
            "createdAt": stamp(self.created),
            "updatedAt": stamp(self.updated),
            "filtersUpdatedAt": stamp(self.updated),
            "createdById": "0",
            "updatedById": "0",
            "size": len(self.members),
            **({"deletedAt": stamp(self.deleted)} if self.deleted else {}),
            **({"filterBranch": self.branch} if filters and self.branch else {}),
        }


class Lists:
    """All lists of a portal."""

    def __init__(self, crm: Crm, horizon: Callable[[], float]) -> None:
        self._crm = crm
        self._horizon = horizon
        self._lists: dict[int, List] = {}

    def live(self) -> list[List]:
        """Every list that is not deleted, oldest first, its members up to date."""
        found = [each for each in self._lists.values() if each.deleted is None]
        for each in found:
            self._refresh(each)
        return found

    def read(self, key: str, *, deleted: bool = False) -> List:
        """Find a list or raise RefusedError (404)."""
        found = self._lists.get(int(key)) if key.isascii() and key.isdecimal() and len(key) < 19 else None
        if found is None or (found.deleted is not None) is not deleted:
            raise RefusedError(404, "OBJECT_NOT_FOUND", f"List does not exist with ID {key}.")
        self._refresh(found)
        return found

    def named(self, kind: ObjectType, name: str) -> List:
        """Find a list by its name or raise RefusedError (404)."""
        found = next((each for each in self.live() if each.kind == kind and each.name == name), None)
        if found is None:
            raise missing()
        return found

    def create(self, kind: ObjectType, name: str, processing: str, branch: Mapping[str, Any] | None) -> List:
        """Make a list. Raises RefusedError (400)."""
        if processing not in KINDS:
            raise invalid(f"{processing} is not a processing type; they are {', '.join(KINDS)}.")
        if processing == DYNAMIC and not branch:
            raise invalid("A DYNAMIC list needs a filterBranch.")
        self._check_name(name)
        now = self._crm.now()
        made = List(len(self._lists) + 1, name, kind, processing, now, now, branch)
        if branch:
            made.members = self._matching(made)
        self._lists[made.id] = made
        return made

    def rename(self, key: str, name: str) -> List:
        """Give a list another name. Raises RefusedError: 404, 400."""
        found = self.read(key)
        if name != found.name:
            self._check_name(name)
        found.name, found.updated = name, self._crm.now()
        return found

    def filter(self, key: str, branch: Mapping[str, Any]) -> List:
        """Give a dynamic list other filters. Raises RefusedError: 404, 400."""
        found = self.read(key)
        if found.processing != DYNAMIC:
            raise invalid("Only the filters of a DYNAMIC list can be changed.")
        _tests(self._crm, found.kind, branch)
        found.branch, found.version, found.updated = branch, found.version + 1, self._crm.now()
        self._refresh(found)
        return found

    def change(self, key: str, add: Iterable[str], remove: Iterable[str]) -> tuple[list[int], list[int], list[str]]:
        """Add and remove members; answers who came, who went, and ids that lead nowhere. Raises RefusedError."""
        found = self.read(key)
        if found.processing == DYNAMIC:
            raise invalid(f"List {key} is DYNAMIC; its members follow from its filters.")
        known = [(word, self._crm.find(found.kind, word)) for word in dict.fromkeys(add)]
        lost = [word for word, record in known if record is None]
        came = [record.id for _, record in known if record and record.id not in found.members]
        went = [int(w) for w in dict.fromkeys(remove) if w.isascii() and w.isdecimal() and int(w) in found.members]
        found.members |= dict.fromkeys(came, self._crm.now())
        for record_id in went:
            del found.members[record_id]
        found.updated = self._crm.now()
        return came, went, lost

    def _check_name(self, name: str) -> None:
        if any(each.name == name for each in self._lists.values() if each.deleted is None):
            raise invalid(f"The list name {name} is already in use.", subCategory="ILS.DUPLICATE_LIST_NAMES")

    def _refresh(self, found: List) -> None:
        """Let a dynamic list follow its filters, and every list the records that are gone."""
        if found.processing == DYNAMIC:
            present = self._matching(found)
            found.members = {key: found.members.get(key, at) for key, at in present.items()}
        else:
            table = self._crm.tables[found.kind.name]
            found.members = {key: at for key, at in found.members.items() if table.find(key) is not None}

    def _matching(self, found: List) -> dict[int, datetime]:
        now = self._crm.now()
        test = _tests(self._crm, found.kind, found.branch or {})
        return dict.fromkeys((r.id for r in self._crm.tables[found.kind.name].select(test, self._horizon())), now)


def _tests(crm: Crm, kind: ObjectType, branch: Mapping[str, Any]) -> Test:
    """Make the test of a branch of filters. Raises RefusedError (400) for filters that are not emulated."""
    operator = str(branch.get("filterBranchType", "OR")).upper()
    if operator not in {"OR", "AND"}:
        raise invalid(f"Filter branches of type {operator} are not supported.")
    parts = [_tests(crm, kind, each) for each in _rows(branch, "filterBranches")]
    parts += [_test(crm, kind, each) for each in _rows(branch, "filters")]

    def holds(record: Record) -> bool:
        results = (part(record) for part in parts)
        return all(results) if operator == "AND" else any(results)

    return holds


def _rows(branch: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    rows = branch.get(name) or []
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise invalid(f"{name} must be a list of objects.")
    return rows


def _test(crm: Crm, kind: ObjectType, row: Mapping[str, Any]) -> Test:
    operation = row.get("operation")
    if row.get("filterType") != "PROPERTY" or not isinstance(operation, Mapping):
        raise invalid(f"Filters of type {row.get('filterType')} are not supported.")
    operator = OPERATORS.get(str(operation.get("operator")))
    if operator is None:
        raise invalid(f"Operator {operation.get('operator')} is not supported.")
    values = [str(value) for value in operation.get("values") or []]
    value = operation.get("value", operation.get("lowerBound", values[0] if values else None))
    high = operation.get("upperBound")
    item = Filter(str(row.get("property")), operator, _text(value), _text(high), tuple(values))
    empty = matcher(crm, kind, Query(((Filter(item.name, "NOT_HAS_PROPERTY"),),), None, "", 1, 0))
    test = matcher(crm, kind, Query(((item,),), None, "", 1, 0))
    return (lambda r: test(r) or empty(r)) if operation.get("includeObjectsWithNoValueSet") is True else test


def _text(value: object) -> str | None:
    return None if value is None else str(value)
