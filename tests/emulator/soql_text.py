"""A SOQL tree as text: what the parser should read back."""

from collections.abc import Iterable

from connectors.emulator.salesforce.soql.tree import (
    Among,
    Compare,
    Condition,
    DateLiteral,
    Every,
    Item,
    Literal,
    Macro,
    Not,
    Operand,
    Order,
    Path,
    Picks,
    Query,
    Selected,
    Some,
    TypeOf,
    Value,
)

_ESCAPES = {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}


def quoted(text: str) -> str:
    """A string constant."""
    return "'" + "".join(_ESCAPES.get(each, each) for each in text) + "'"


def statement(query: Query) -> str:
    """A whole query."""
    clauses = [f"SELECT {listed(map(selected, query.select))} FROM {source(query)}"]
    clauses += [f"USING SCOPE {query.scope}"] if query.scope else []
    clauses += [f"WHERE {condition(query.where)}"] if query.where else []
    clauses += [f"WITH {query.mode}"] if query.mode else []
    if query.group:
        keys = listed(map(operand, query.group))
        clauses.append(f"GROUP BY {query.grouping}({keys})" if query.grouping else f"GROUP BY {keys}")
    clauses += [f"HAVING {condition(query.having)}"] if query.having else []
    clauses += [f"ORDER BY {listed(map(order, query.order))}"] if query.order else []
    clauses += [f"LIMIT {query.limit}"] if query.limit is not None else []
    clauses += [f"OFFSET {query.offset}"] if query.offset else []
    clauses += [f"FOR {each}" for each in query.purposes]
    return " ".join(clauses + ["ALL ROWS"] * query.all_rows)


def source(query: Query) -> str:
    """What follows FROM."""
    names = [(query.source, query.alias), *((each.path, each.alias) for each in query.joins)]
    return listed(f"{operand(path)} {alias}".strip() for path, alias in names)


def selected(each: Selected) -> str:
    """One element of the SELECT list."""
    match each:
        case Item(what, alias):
            return f"{operand(what)} {alias}".strip()
        case Macro(kind):
            return f"FIELDS({kind})"
        case TypeOf(relationship, cases, otherwise):
            whens = " ".join(f"WHEN {name} THEN {listed(map(operand, paths))}" for name, paths in cases)
            rest = f" ELSE {listed(map(operand, otherwise))}" if otherwise else ""
            return f"TYPEOF {operand(relationship)} {whens}{rest} END"
        case Query():
            return f"({statement(each)})"


def operand(each: Operand) -> str:
    """A field or a function."""
    if isinstance(each, Path):
        return ".".join(each.parts)
    return f"{each.function}({operand(each.argument) if each.argument else ''})"


def condition(each: Condition) -> str:
    """A condition; its parts stand in parentheses."""
    match each:
        case Compare(left, sign, right):
            return f"{operand(left)} {sign} {value(right)}"
        case Among(left, negated, choices):
            inside = statement(choices) if isinstance(choices, Query) else listed(map(value, choices))
            return f"{operand(left)} {'NOT IN' if negated else 'IN'} ({inside})"
        case Picks(left, negated, choices):
            return f"{operand(left)} {'EXCLUDES' if negated else 'INCLUDES'} ({listed(map(value, choices))})"
        case Every(parts):
            return " AND ".join(f"({condition(part)})" for part in parts)
        case Some(parts):
            return " OR ".join(f"({condition(part)})" for part in parts)
        case Not(part):
            return f"NOT ({condition(part)})"


def order(term: Order) -> str:
    """One term of ORDER BY."""
    return f"{operand(term.by)} {'DESC' if term.descending else 'ASC'} NULLS {'LAST' if term.nulls_last else 'FIRST'}"


def value(each: Value) -> str:
    """A constant or a date literal."""
    if isinstance(each, DateLiteral):
        return f"{each.name}:{each.count}" if "N_" in each.name else each.name
    return quoted(str(each.value)) if isinstance(each, Literal) and each.kind == "string" else each.raw


def listed(texts: Iterable[str]) -> str:
    """Texts with commas between."""
    return ", ".join(texts)
