"""How one record looks on the wire: `attributes`, then the selected fields, with parents nested."""

from collections.abc import Callable, Mapping

from connectors.emulator.salesforce.schema import Field
from connectors.emulator.salesforce.soql.bind import Catalog, Getter, Row
from connectors.emulator.wire import JsonObject

UrlOf = Callable[[str, str], str]


class Shape:
    """The selected fields of one object, in order; parents are shapes of their own."""

    def __init__(self, kind: str, url: UrlOf, catalog: Catalog) -> None:
        self._kind = kind
        self._url = url
        self._catalog = catalog
        self._parts: dict[str, Getter] = {}
        self._branches: dict[str, Shape] = {}

    def add(self, name: str, get: Getter) -> bool:
        """Add a value under `name`; False when the name is taken."""
        if name in self._parts:
            return False
        self._parts[name] = get
        return True

    def branch(self, hops: tuple[Field, ...]) -> "Shape":
        """The shape of the parent at the end of `hops`, made on first use."""
        if not hops:
            return self
        hop = hops[0]
        if hop.relationship not in self._branches:
            child = Shape("Name" if hop.polymorphic else hop.to[0], self._url, self._catalog)
            self._branches[hop.relationship] = child
            self._parts[hop.relationship] = self._through(hop, lambda _row: child)
        return self._branches[hop.relationship].branch(hops[1:])

    def add_choice(self, hop: Field, cases: Mapping[str, "Shape"], otherwise: "Shape | None") -> bool:
        """Add a parent whose shape depends on its type, by lower-case name; without any it is null."""

        def choose(row: Row) -> "Shape | None":
            kind = self._catalog.kind(row["Id"])
            return cases.get(kind.lower()) or (otherwise.named(kind) if otherwise else None)

        return self.add(hop.relationship, self._through(hop, choose))

    def named(self, kind: str) -> "Shape":
        """The same shape under another type's name."""
        twin = Shape(kind, self._url, self._catalog)
        twin._parts, twin._branches = self._parts, self._branches
        return twin

    def render(self, row: Row) -> JsonObject:
        """The record as JSON."""
        kind = self._kind if self._kind != "Name" else self._catalog.kind(row["Id"])
        attributes = {"type": self._kind, "url": self._url(kind, row["Id"])}
        return {"attributes": attributes, **{name: get(row) for name, get in self._parts.items()}}

    def _through(self, hop: Field, shape_of: Callable[[Row], "Shape | None"]) -> Getter:
        def get(row: Row) -> JsonObject | None:
            target = self._catalog.row(row.get(hop.name) or "")
            shape = None if target is None else shape_of(target)
            return None if shape is None or target is None else shape.render(target)

        return get
