"""Associations between records: the types that exist, and who is linked to whom under which labels.

Both directions are always stored. Pure state and rules; record existence is checked by `crm.Crm`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from typing import NamedTuple

from .object_types import ObjectTypes
from .refusals import invalid, missing
from .wire import data_file

HUBSPOT_DEFINED = "HUBSPOT_DEFINED"
USER_DEFINED = "USER_DEFINED"
LABEL_LIMIT = 10
"""Custom labels per pair of object types."""

Pair = tuple[str, str]
"""Names of the object types a link goes from and to."""


class Tie(NamedTuple):
    """Two records that are linked, or to be."""

    pair: Pair
    here: int
    there: int

    @property
    def back(self) -> "Tie":
        """The same seen from the other end."""
        return Tie(self.pair[::-1], self.there, self.here)


@dataclass(frozen=True, slots=True)
class LinkType:
    """One association type in one direction."""

    id: int
    label: str | None
    name: str
    inverse: int
    category: str = HUBSPOT_DEFINED
    sole: bool = False
    """A record has at most one link of this type (a contact's primary company)."""

    @property
    def custom(self) -> bool:
        """Whether it is a label of the portal's own; the unlabelled type of a custom object is none."""
        return self.category == USER_DEFINED and self.label is not None

    def render(self) -> dict[str, object]:
        """Form the type's JSON."""
        return {"category": self.category, "typeId": self.id, "label": self.label}


class Targets(dict[int, dict[int, set[int]]]):
    """From id -> to id -> type ids. A portal over a file has one that finds there what it does not hold itself."""

    def at(self, here: int) -> dict[int, set[int]]:
        """Whom a record is linked to, to be changed."""
        return self.setdefault(here, {})

    def peek(self, here: int) -> Mapping[int, Set[int]]:
        """Whom a record is linked to, for reading only."""
        return self.get(here, {})

    def warm(self, heres: Iterable[int]) -> None:
        """Get ready for many reads."""

    def __reduce__(self) -> tuple[Callable[..., "Targets"], tuple[dict[int, dict[int, set[int]]]]]:
        """How a snapshot makes it again: of its links."""
        return targets, (dict(self),)


def targets(held: dict[int, dict[int, set[int]]]) -> Targets:
    """Links as they were."""
    return Targets(held)


@dataclass(slots=True)
class _Links:
    """Links of one ordered pair of object types."""

    types: dict[int, LinkType] = field(default_factory=dict)
    of: Targets = field(default_factory=Targets)


class Associations:
    """All association types and links of a portal."""

    def __init__(self, kinds: ObjectTypes) -> None:
        self._kinds = kinds
        self._pairs: dict[Pair, _Links] = {}
        for row in data_file("association_types.json"):
            there = LinkType(row["typeId"], row.get("label"), row["name"], row["inverse"], sole=row.get("sole", False))
            back_label = row.get("inverseLabel", row.get("label"))
            back = LinkType(row["inverse"], back_label, row.get("inverseName", row["name"]), row["typeId"])
            self.define((row["from"], row["to"]), there, back)

    def define(self, pair: Pair, there: LinkType, back: LinkType) -> None:
        """Add a type in both directions."""
        self._links(pair).types[there.id] = there
        self._links(pair[::-1]).types[back.id] = back

    def _links(self, pair: Pair) -> _Links:
        found = self._pairs.get(pair)
        if found is None:
            found = self._pairs[pair] = _Links()
        return found

    # --- types ----------------------------------------------------------------------------------------------------

    def types(self, pair: Pair) -> list[LinkType]:
        """List the types from one object type to another."""
        return list(self._links(pair).types.values())

    def type(self, pair: Pair, type_id: int) -> LinkType:
        """Find a type of this direction or raise RefusedError (400)."""
        found = self._links(pair).types.get(type_id)
        if found is None:
            ids = " to ".join(self._kinds[name].id for name in pair)
            raise invalid(f"No association type exists with id {type_id} from {ids}.")
        return found

    def target(self, origin: str, type_id: int, category: str) -> Pair:
        """Find where a type leads, for a create body that names only the type. Raises RefusedError (400)."""
        for pair, links in self._pairs.items():
            if pair[0] == origin and type_id in links.types and links.types[type_id].category == category:
                return pair
        raise invalid(f"No association type exists with id {type_id} from {self._kinds[origin].id}.")

    def unlabelled(self, pair: Pair) -> LinkType:
        """Find the default type of a pair or raise RefusedError (400) when the two cannot be associated."""
        for found in self._links(pair).types.values():
            if found.label is None:
                return found
        raise invalid(f"Associations from {pair[0]} to {pair[1]} are not supported.")

    def add_label(
        self, pair: Pair, label: str, name: str, back: str | None = None, ids: tuple[int, int] | None = None
    ) -> list[LinkType]:
        """Define a custom label in both directions and answer the two types. Raises RefusedError (400)."""
        self.unlabelled(pair)
        mine = [t for t in self.types(pair) if t.custom]
        if any(t.label == label or t.name == name for t in mine):
            raise invalid(f"A label named {label} already exists.")
        if len({t.name for t in mine}) >= LABEL_LIMIT:
            raise invalid(f"The limit of {LABEL_LIMIT} association labels between these objects has been reached.")
        there_id, back_id = ids or self.free_ids()
        there = LinkType(there_id, label, name, back_id, USER_DEFINED)
        inverse = LinkType(back_id, back or label, name, there_id, USER_DEFINED)
        self.define(pair, there, inverse)
        return [there, inverse]

    def free_ids(self, above: int = 0) -> tuple[int, int]:
        """Choose two type ids that no type of any pair has."""
        top = max(above, *(type_id for links in self._pairs.values() for type_id in links.types))
        return top + 1, top + 2

    def rename_label(self, pair: Pair, type_id: int, label: str) -> None:
        """Give a custom label other words. Raises RefusedError: 404, or 400 for one of HubSpot's."""
        old = self._custom(pair, type_id)
        self._links(pair).types[type_id] = LinkType(old.id, label, old.name, old.inverse, USER_DEFINED)

    def drop_label(self, pair: Pair, type_id: int) -> None:
        """Remove a custom label in both directions and from all links. Raises RefusedError as `rename_label`."""
        old = self._custom(pair, type_id)
        for way, gone in ((pair, old.id), (pair[::-1], old.inverse)):
            links = self._links(way)
            del links.types[gone]
            for targets in links.of.values():
                for held in targets.values():
                    held.discard(gone)

    def _custom(self, pair: Pair, type_id: int) -> LinkType:
        found = self._links(pair).types.get(type_id)
        if found is None:
            raise missing()
        if not found.custom:
            raise invalid("Association types defined by HubSpot cannot be changed.")
        return found

    def lay(self, pair: Pair, targets: Targets) -> None:
        """Let a pair's links be those of a file."""
        self._links(pair).of = targets

    def targets(self, pair: Pair) -> Targets:
        """Where a pair's links are held."""
        return self._links(pair).of

    def warm(self, pair: Pair, heres: Iterable[int]) -> None:
        """Read the links of many records together that are about to be asked for one by one."""
        self._links(pair).of.warm(heres)

    def held(self, pair: Pair, here: int) -> bool:
        """Whether a record's links are held in memory, as those are that were written."""
        return here in self._links(pair).of

    def defined(self) -> list[tuple[Pair, LinkType]]:
        """List the unlabelled types of all pairs."""
        return [(pair, kind) for pair, links in self._pairs.items() for kind in links.types.values() if not kind.label]

    def undefine(self, pair: Pair) -> None:
        """Forget all types and links between two object types."""
        self._pairs.pop(pair, None)
        self._pairs.pop(pair[::-1], None)

    def forget(self, name: str) -> None:
        """Forget all types and links of one object type."""
        for pair in [pair for pair in self._pairs if name in pair]:
            self.undefine(pair)

    # --- links ----------------------------------------------------------------------------------------------------

    def put(self, pair: Pair, here: int, there: int, types: Iterable[int], *, keep: bool = False) -> list[LinkType]:
        """Link two records under these types and the unlabelled one; labels not named go, unless `keep`."""
        chosen = [self.type(pair, type_id) for type_id in types]
        every = [self.unlabelled(pair), *(t for t in chosen if t.label is not None)]
        for kind in every:
            self._make_sole(pair, kind, here)
            self._make_sole(pair[::-1], self.type(pair[::-1], kind.inverse), there)
        self._write(pair, here, there, {t.id for t in every}, keep=keep)
        self._write(pair[::-1], there, here, {t.inverse for t in every}, keep=keep)
        return every

    def _write(self, pair: Pair, here: int, there: int, ids: set[int], *, keep: bool) -> None:
        targets = self._links(pair).of.at(here)
        before = targets.get(there, set())
        targets[there] = before | ids if keep else ids

    def _make_sole(self, pair: Pair, kind: LinkType, here: int) -> None:
        """Take a sole type (Primary) away from the link of `here` that had it."""
        if kind.sole:
            for there, held in self._links(pair).of.at(here).items():
                held.discard(kind.id)
                self._links(pair[::-1]).of.at(there)[here].discard(kind.inverse)

    def linked(self, pair: Pair, here: int, there: int) -> bool:
        """Whether two records are linked under any type."""
        return there in self._links(pair).of.peek(here)

    def remove(self, pair: Pair, here: int, there: int) -> bool:
        """Unlink two records; answers whether they were linked."""
        found = self._links(pair).of.at(here).pop(there, None)
        self._links(pair[::-1]).of.at(there).pop(here, None)
        return found is not None

    def remove_labels(self, pair: Pair, here: int, there: int, types: Iterable[int]) -> None:
        """Take labels from a link; taking the unlabelled type unlinks the two. Raises RefusedError (400)."""
        chosen = [self.type(pair, type_id) for type_id in types]
        if any(t.label is None for t in chosen):
            self.remove(pair, here, there)
            return
        self._links(pair).of.at(here).get(there, set()).difference_update(t.id for t in chosen)
        self._links(pair[::-1]).of.at(there).get(here, set()).difference_update(t.inverse for t in chosen)

    def of(self, pair: Pair, here: int) -> list[tuple[int, list[LinkType]]]:
        """List whom a record is linked to, by ascending id, and under which types."""
        links = self._links(pair)
        targets = links.of.peek(here)
        return [(there, [links.types[i] for i in sorted(targets[there])]) for there in sorted(targets)]

    def with_type(self, pair: Pair, here: int, type_id: int) -> int | None:
        """Find the first record linked under a type, for example the primary company."""
        targets = self._links(pair).of.peek(here)
        return next((there for there in sorted(targets) if type_id in targets[there]), None)

    def neighbours(self, name: str, here: int) -> Iterator[tuple[Pair, int]]:
        """List everything a record of one type is linked to."""
        for pair, links in list(self._pairs.items()):
            if pair[0] == name:
                yield from [(pair, there) for there in links.of.peek(here)]

    def move(self, name: str, loser: int, winner: int) -> None:
        """Give all links of a merged record to the winner."""
        for pair, there in self.neighbours(name, loser):
            held = set(self._links(pair).of.at(loser)[there])
            self.remove(pair, loser, there)
            if there != winner or pair[0] != pair[1]:
                self._inherit(pair, winner, there, held)

    def _inherit(self, pair: Pair, winner: int, there: int, held: set[int]) -> None:
        primary = [t for t in self.types(pair) if t.sole and self.with_type(pair, winner, t.id) is not None]
        self.put(pair, winner, there, held - {t.id for t in primary}, keep=True)


def spec(category: str, type_id: int) -> dict[str, object]:
    """Form an association type as bodies name it."""
    return {"associationCategory": category, "associationTypeId": type_id}
