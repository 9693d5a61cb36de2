"""How a record is written: as the JSON of the query resource, or as a line of CSV. Both as one SQL expression."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from connectors.emulator.salesforce.columnar.sources import Sources, UnplainError, quoted
from connectors.emulator.salesforce.schema import Field
from connectors.emulator.salesforce.soql.bind import Bound
from connectors.emulator.salesforce.soql.tree import Item, Macro, Path, Selected

UrlOf = Callable[[str, str], str]
_NUMBERS = frozenset({"double", "currency", "percent"})


@dataclass(slots=True)
class _Branch:
    """The selected parts of one record in order: fields by name, and parents, which are branches of their own."""

    hops: tuple[Field, ...]
    parts: "dict[str, Field | _Branch]" = field(default_factory=dict)


class Shape:
    """The selected fields of a statement that has been checked before. `json` is the SQL of a record's JSON."""

    def __init__(self, selected: Iterable[Selected], sources: Sources, url: UrlOf) -> None:
        self._sources = sources
        self._url = url
        self._root = _Branch(())
        self._columns: list[Bound] = []
        for item in selected:
            for path in self._paths(item):
                self._add(sources.bind(path))
        self.json = _concat(self._record(self._root))

    def csv(self, delimiter: str) -> str:
        """The SQL of a record's line without its end, every value quoted."""
        between = quoted(f'"{delimiter}"')
        values = [self._cell(bound) for bound in self._columns]
        return f"""concat('"', {f", {between}, ".join(values)}, '"')"""

    def _paths(self, item: Selected) -> list[Path]:
        match item:
            case Item(what=Path() as path):
                return [path]
            case Macro(kind=kind, at=at):
                fields = self._sources.scope.entity.fields.values()
                return [Path((each.name,), at) for each in fields if kind == "ALL" or each.custom == (kind == "CUSTOM")]
            case _:
                raise UnplainError

    def _add(self, bound: Bound) -> None:
        branch = self._root
        for depth, hop in enumerate(bound.hops, 1):
            inner = branch.parts.setdefault(hop.relationship, _Branch(bound.hops[:depth]))
            if not isinstance(inner, _Branch):
                raise UnplainError
            branch = inner
        branch.parts[bound.field.name] = bound.field
        self._columns.append(bound)

    def _record(self, branch: _Branch) -> list[str]:
        """The pieces of a record's JSON, which `_concat` joins: constants and columns."""
        source = self._sources.through(branch.hops)
        before, after = self._url(source.entity.name, "\n").split("\n")
        head = f'{{"attributes":{{"type":"{source.entity.name}","url":"{before}'
        pieces = [quoted(head), self._sources.id_of(source), quoted(f'{after}"}}')]
        for name, part in branch.parts.items():
            pieces += [quoted(f',"{name}":'), *self._value(branch, part)]
        return [*pieces, quoted("}")]

    def _value(self, branch: _Branch, part: "Field | _Branch") -> list[str]:
        if isinstance(part, _Branch):
            found = self._sources.id_of(self._sources.through(part.hops))
            return [f"CASE WHEN {found} IS NULL THEN 'null' ELSE {_concat(self._record(part))} END"]
        column = self._sources.named(self._sources.through(branch.hops), part)
        if part.type == "id":
            return [quoted('"'), column, quoted('"')]
        return [f"coalesce(CAST(to_json({column}) AS VARCHAR), 'null')"]

    def _cell(self, bound: Bound) -> str:
        column = self._sources.column(bound)
        if bound.field.type in _NUMBERS:
            text = _double(column)
        elif bound.field.type == "datetime":
            text = f"replace({column}, '+0000', 'Z')"
        elif bound.field.type in ("id", "reference", "boolean", "int", "date"):
            text = f"CAST({column} AS VARCHAR)"
        else:
            text = f"""replace({column}, '"', '""')"""
        return f"coalesce({text}, '')"


def _concat(pieces: Iterable[str]) -> str:
    """One call for all pieces: a chain of `||` copies what it has at every step and takes three times as long."""
    return f"concat({', '.join(_merged(pieces))})"


def _merged(pieces: Iterable[str]) -> list[str]:
    """The pieces with constants that follow each other joined into one."""
    merged: list[str] = []
    for piece in pieces:
        if merged and piece.startswith("'") and merged[-1].startswith("'"):
            merged[-1] = merged[-1][:-1] + piece[1:]
        else:
            merged.append(piece)
    return merged


def _double(column: str) -> str:
    """A double as Java spells it: with an exponent from ten million on and below a thousandth."""
    text = f"CAST({column} AS VARCHAR)"
    whole = f"split_part(ltrim({text}, '-'), '.', 1)"
    digits = f"rtrim(replace(ltrim({text}, '-'), '.', ''), '0')"
    rest = f"coalesce(nullif(substr({digits}, 2), ''), '0')"
    sign = f"CASE WHEN {column} < 0 THEN '-' ELSE '' END"
    large = f"concat({sign}, substr({digits}, 1, 1), '.', {rest}, 'E', length({whole}) - 1)"
    plain = f"({column} = 0 OR abs({column}) >= 0.001 AND abs({column}) < 1e7)"
    return f"CASE WHEN {column} IS NULL THEN NULL WHEN {plain} THEN {text} ELSE {large} END"
