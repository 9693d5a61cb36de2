"""Fetches what belongs to the records of a stream but is another object: who took part, which task logs a message.

A polymorphic relation is never asked for along with its activity (such a query is too large before long), and never
record by record: for a whole stream the other object is read whole, for what changed it is asked by the change of its
parent, and a handful is asked for by id.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from connectors.salesforce.bulk import WAITING, QueryJob, Waiting
from connectors.salesforce.client import Client
from connectors.salesforce.fetch import Rest
from connectors.salesforce.soql import LONGEST_LIST, Query, among, lists
from connectors.salesforce.streams import Beside, Stream, World
from connectors.salesforce.workbench import Workbench

FEW = 10 * LONGEST_LIST
"""Keys asked for one list after the other; of more, everything is read once."""


@dataclass(slots=True)
class Besides:
    """What belongs to one stream of one pull.

    Of more records than `bulk_above` a job is made; `now` is the organisation's clock when the pull began; `known`
    names the tables of the workbench that are complete; `many` says that there are more records of the stream.
    """

    world: World
    client: Client
    bulk_above: int
    bench: Workbench
    stream: Stream
    now: int
    known: set[str]
    many: bool = False

    def begin(self) -> None:
        """Forget what belonged to the stream before."""
        for beside in self._there():
            if not beside.lasting:
                self.known.discard(beside.table)
                self.bench.forget(beside.table)

    def queries(self, since: str | None) -> Iterator[tuple[str, Query]]:
        """Name the queries that read what belongs to a whole stream, or to what changed `since` (a moment of SOQL)."""
        return queries(self.world, self.stream, since)

    def take(self, name: str, source: Rest | QueryJob) -> Iterator[Waiting]:
        """Read one of these queries, and say so where a job is waited for."""
        beside = next(found for found in self._there() if found.object == name and not found.lasting)
        yield from self._read(beside, source)
        self.known.add(beside.table)

    def bring(self, since: str | None) -> None:
        """Fetch what the batch on the workbench needs and nobody knows yet."""
        for beside in self._there():
            if beside.table in self.known:
                continue
            keys = list(self.bench.ids(beside.needed))
            for query in self._needed(beside, keys, since):
                list(self._read(beside, Rest(self.client, query, self.now)))

    def _there(self) -> list[Beside]:
        return _visible(self.world, self.stream)

    def _needed(self, beside: Beside, keys: list[str], since: str | None) -> Iterator[Query]:
        changed = None if beside.lasting else _changed(self.world, beside, since)
        if len(keys) > LONGEST_LIST and changed is not None:
            self.known.add(beside.table)
            yield _query(self.world, beside, changed)
        elif len(keys) > FEW and beside.lasting:
            self.known.add(beside.table)
            yield _query(self.world, beside, [])
        else:
            yield from (_query(self.world, beside, [among(beside.key, part)]) for part in lists(keys))

    def _read(self, beside: Beside, source: Rest | QueryJob) -> Iterator[Waiting]:
        heap = self.bench.heap("beside", _fields(beside), self.world.schema.visible(beside.object, _fields(beside)))
        for step in source.batches(heap):
            if step == WAITING:
                yield WAITING
            else:
                self.bench.note(beside.table, beside.columns, heap)


def queries(world: World, stream: Stream, since: str | None) -> Iterator[tuple[str, Query]]:
    """Name the queries that read what belongs to a whole stream, or to what changed `since` (a moment of SOQL)."""
    for beside in _visible(world, stream):
        changed = _changed(world, beside, since)
        if not beside.lasting and changed is not None:
            yield beside.object, _query(world, beside, changed)


def _visible(world: World, stream: Stream) -> list[Beside]:
    return [beside for beside in stream.beside if world.schema.visible(beside.object, [beside.key])]


def _changed(world: World, beside: Beside, since: str | None) -> list[str] | None:
    """Write that the parent has changed; None where the organisation names no way to the parent."""
    if since is None:
        return []
    way = world.schema.relationship(beside.object, beside.key)
    return [f"{way}.SystemModstamp >= {since}"] if way else None


def _query(world: World, beside: Beside, where: list[str]) -> Query:
    alive = ["IsDeleted = false"] if world.schema.visible(beside.object, ["IsDeleted"]) else []
    return Query(beside.object, world.schema.visible(beside.object, _fields(beside)), [*beside.where, *alive, *where])


def _fields(beside: Beside) -> list[str]:
    return ["Id", "SystemModstamp", *beside.columns.values()]
