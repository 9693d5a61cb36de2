"""Associations that lie in a file: the links of one pair of object types in one direction."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Set
from typing import TYPE_CHECKING

from connectors.emulator.hubspot.associations import Associations, Targets
from connectors.emulator.hubspot.columnar.base import SCHEMA

if TYPE_CHECKING:
    import duckdb

_KEPT = 20_000
_CLOSE = 4
"""Ids are read as a range where at most so many lie between two of them on the mean."""


class FiledTargets(Targets):
    """Holds the links of records that were written, taken over from the file; all others are looked up there."""

    def __init__(self, connection: "duckdb.DuckDBPyConnection", pair: int, types: Iterable[int]) -> None:
        super().__init__()
        self._connection = connection
        self.pair = pair
        self.types = frozenset(types)
        self._kept: OrderedDict[int, Mapping[int, Set[int]]] = OrderedDict()

    def at(self, here: int) -> dict[int, set[int]]:
        """As `Targets.at`."""
        if here not in self:
            self[here] = {there: set(types) for there, types in self._filed(here).items()}
        return self[here]

    def peek(self, here: int) -> Mapping[int, Set[int]]:
        """As `Targets.peek`."""
        return self[here] if here in self else self._filed(here)

    def warm(self, heres: Iterable[int]) -> None:
        """Read the links of many records together."""
        missing = {each for each in heres if each not in self._kept}
        if not missing:
            return
        found: dict[int, dict[int, Set[int]]] = {each: {} for each in missing}
        sql = f"SELECT here, there FROM {SCHEMA}.link WHERE pair = {self.pair} AND {_among(missing)}"
        for here, there in self._connection.execute(sql).fetchall():
            if here in found:
                found[here][there] = self.types
        self._kept.update(found)
        while len(self._kept) > max(_KEPT, len(missing)):
            self._kept.popitem(last=False)

    def _filed(self, here: int) -> Mapping[int, Set[int]]:
        if here not in self._kept:
            self.warm([here])
        return self._kept[here]


def _among(heres: Set[int]) -> str:
    """Write which records are meant: ids that lie close together as a range, a part of the file."""
    first, last = min(heres), max(heres)
    if last - first < _CLOSE * len(heres):
        return f"here BETWEEN {first} AND {last}"
    return f"here IN ({', '.join(map(str, heres))})"


def lay(associations: Associations, connection: "duckdb.DuckDBPyConnection") -> None:
    """Let the links of every pair in the file be found there."""
    pairs = connection.execute(f"SELECT pair, origin, target, types FROM {SCHEMA}.link_pair").fetchall()
    for pair, origin, target, types in pairs:
        associations.lay((origin, target), FiledTargets(connection, pair, types))
