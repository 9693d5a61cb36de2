"""The rules of semi-joins and anti-joins, `field IN (SELECT ...)`: what Salesforce does not let them say."""

from collections.abc import Iterator

from connectors.emulator.salesforce.schema import Field, SObject
from connectors.emulator.salesforce.soql import complaints
from connectors.emulator.salesforce.soql.bind import Scope
from connectors.emulator.salesforce.soql.tree import Among, Condition, Every, Item, Not, Operand, Path, Query, Some

MOST = 2
_CLOSED = frozenset({"ActivityHistory", "Attachment", "Event", "EventAttendee", "Note", "OpenActivity", "Task"})


def check_places(query: Query) -> None:
    """Semi-joins stand alone or under AND at the top of WHERE, at most two of them, and never inside each other.

    Raises:
        SalesforceError: MALFORMED_QUERY.
    """
    if query.having is not None and _found(query.having):
        raise _nested_place()
    joins = list(_found(query.where)) if query.where else []
    if isinstance(query.where, Some) and joins:
        raise complaints.plain("Semi join sub-selects are not allowed with the 'OR' operator")
    top = query.where.parts if isinstance(query.where, Every) else (query.where,)
    if any(all(join is not each for each in top) for join, _ in joins):
        raise _nested_place()
    if len(joins) > MOST:
        raise complaints.plain(f"Maximum {MOST} semi join sub-selects are allowed")
    if any(inner.where and _found(inner.where) for _, inner in joins):
        raise complaints.plain("Nesting of semi join sub-selects is not supported")


def check_fields(outer: Scope, operand: Operand, inner: Query, entity: SObject) -> Path:
    """The field a semi-join selects, after both of its sides were found to be ids of the same object.

    Raises:
        SalesforceError: MALFORMED_QUERY or INVALID_FIELD at the place.
    """
    text, source = inner.text, inner.source.at
    if entity.name in _CLOSED:
        raise complaints.malformed(f"Entity '{entity.name}' is not supported for semi join inner selects", text, source)
    if entity.name == outer.entity.name:
        message = "The inner and outer selects should not be on the same object type"
        raise complaints.malformed(message, text, source)
    selected = inner.select[0]
    if len(inner.select) != 1 or not isinstance(selected, Item):
        raise complaints.malformed("semi join sub-selects can only query one id field", text, source)
    left = _id_field(outer, operand, "left operand")
    scope = Scope.of(inner, outer.catalog, entity)
    right = _id_field(scope, selected.what, "inner select field")
    if not _targets(left, outer) & _targets(right, scope):
        message = (
            f"The selected field '{right.name}' in the subquery and the left operand field in the where expression"
        )
        message += f" in the outer query '{left.name}' should point to the same object type"
        raise complaints.malformed(message, text, operand.at)
    return Path((right.name,), selected.what.at)


def _found(condition: Condition) -> list[tuple[Among, Query]]:
    return list(_walk(condition))


def _walk(condition: Condition) -> Iterator[tuple[Among, Query]]:
    match condition:
        case Every(parts) | Some(parts):
            for part in parts:
                yield from _walk(part)
        case Not(part):
            yield from _walk(part)
        case Among(choices=Query() as inner):
            yield condition, inner
        case _:
            pass


def _nested_place() -> Exception:
    message = "Semi join sub-selects are only allowed at the top level WHERE expressions and not in nested WHERE"
    return complaints.plain(f"{message} expressions.")


def _id_field(scope: Scope, operand: Operand, role: str) -> Field:
    said = operand.function if not isinstance(operand, Path) else ".".join(operand.parts)
    if not isinstance(operand, Path):
        raise _not_an_id(said, scope, operand)
    bound = scope.path(operand)
    if bound.hops:
        message = f"The {role} '{said}' cannot have more than one level of relationships"
        raise complaints.malformed(message, scope.text, operand.at)
    if bound.field.type not in ("id", "reference"):
        raise _not_an_id(said, scope, operand)
    return bound.field


def _not_an_id(said: str, scope: Scope, operand: Operand) -> Exception:
    message = f"Semi join sub-selects can only query id fields, cannot use: '{said}'"
    return complaints.malformed(message, scope.text, operand.at)


def _targets(field: Field, scope: Scope) -> frozenset[str]:
    return frozenset(field.to or (scope.entity.name,))
