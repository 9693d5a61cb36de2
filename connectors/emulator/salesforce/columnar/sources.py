"""The tables a statement reads: its object as `s`, and each parent it goes through, joined under a name of its own."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from connectors.emulator.salesforce.columnar.mirror import TYPES, Mirror, Moment
from connectors.emulator.salesforce.schema import Field, SObject
from connectors.emulator.salesforce.soql.bind import Bound, Scope
from connectors.emulator.salesforce.soql.tree import Operand, Path

ROOT = "s"


class UnplainError(Exception):
    """A statement that has no plain form in SQL and is left to Python."""


def quoted(text: str) -> str:
    """A constant of SQL."""
    if "\0" in text:
        raise UnplainError
    return "'" + text.replace("'", "''") + "'"


@dataclass(slots=True)
class _Source:
    """One table: the reference that leads to it (None for the first) and from where, and the fields read of it."""

    alias: str
    entity: SObject
    child: str = ""
    reference: Field | None = None
    fields: dict[str, Field] = field(default_factory=dict)


class Sources:
    """Grows while a clause is turned into SQL; then `root` and `parents` join what was used."""

    def __init__(self, scope: Scope, mirror: Mirror) -> None:
        self.scope = scope
        self._mirror = mirror
        self._sources: dict[tuple[str, ...], _Source] = {(): _Source(ROOT, scope.entity)}

    def bind(self, operand: Operand) -> Bound:
        """A field or field path tied to the schema; functions are not plain."""
        if not isinstance(operand, Path):
            raise UnplainError
        return self.scope.path(operand)

    def column(self, bound: Bound) -> str:
        """The SQL of a bound field."""
        return self.named(self.through(bound.hops), bound.field)

    def named(self, source: _Source, wanted: Field) -> str:
        """The SQL of a field of a source."""
        # A formula has no value of its own to read. Fields of some types are kept in forms that SQL does not know.
        if wanted.type not in TYPES or getattr(wanted, "formula", None) is not None:
            raise UnplainError
        source.fields[wanted.name] = wanted
        return f'{source.alias}."{wanted.name}"'

    def through(self, hops: tuple[Field, ...]) -> _Source:
        """The source at the end of a path of references."""
        key = tuple(hop.name for hop in hops)
        if key not in self._sources:
            *before, last = hops
            if last.polymorphic:
                raise UnplainError
            child = self.through(tuple(before))
            self.named(child, last)
            made = _Source(f"p{len(self._sources)}", self.scope.catalog.entity(last.to[0]), child.alias, last)
            self.id_of(made)
            self._sources[key] = made
        return self._sources[key]

    def id_of(self, source: _Source) -> str:
        """The SQL of a source's id."""
        return self.named(source, source.entity.fields["id"])

    def own(self, wanted: Field) -> str:
        """The SQL of a field of the statement's object."""
        return self.named(self._sources[()], wanted)

    def own_id(self) -> str:
        """The SQL of the record's id."""
        return self.id_of(self._sources[()])

    def by_serial(self, bound: Bound) -> bool:
        """Whether a field is the record's own id, by whose serial the file's rows lie in order."""
        return not bound.hops and bound.field.type == "id" and self._mirror.base(self.scope.entity) is not None

    def place(self, record_id: str) -> int | None:
        """The serial of an id of the statement's object."""
        base = self._mirror.base(self.scope.entity)
        return base.place(record_id) if base else None

    def entities(self) -> Iterator[SObject]:
        """The objects read."""
        return (source.entity for source in self._sources.values())

    def joined(self) -> bool:
        """Whether more than the statement's object is read."""
        return len(self._sources) > 1

    def root(self, moment: Moment) -> str:
        """The statement's object."""
        return f"{self._subquery(self._sources[()], moment)} AS {ROOT}"

    def parents(self, moment: Moment) -> str:
        """The joins of all others to it."""
        joins = ""
        for each in self._sources.values():
            if each.reference is not None:
                on = f'{each.alias}."Id" = {each.child}."{each.reference.name}"'
                joins += f" LEFT JOIN {self._subquery(each, moment)} AS {each.alias} ON {on}"
        return joins

    def _subquery(self, source: _Source, moment: Moment) -> str:
        return self._mirror.source(source.entity, source.fields.values(), moment)
