"""Pages of a list, rendered by SQL: what the file holds as texts made some thousand at a time, the rest one by one.

Where the time goes: HTTP costs half a millisecond a request, a statement of DuckDB one or two, and dictionaries of a
hundred records three. Texts rendered for twenty pages at once leave little but the HTTP. They stay right whatever is
written, because records that were taken over from the file are left out when a page is put together.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, islice

import orjson

from connectors.emulator.hubspot.columnar.base import SCHEMA, Base
from connectors.emulator.hubspot.columnar.layered import LayeredTable
from connectors.emulator.hubspot.columnar.links import FiledTargets
from connectors.emulator.hubspot.crm import Crm
from connectors.emulator.hubspot.object_types import ObjectType
from connectors.emulator.hubspot.records import Record
from connectors.emulator.hubspot.render import View

_AHEAD = 2_000
"""Width in ids of what is rendered at once."""
_KEPT = 16
"""So many stretches are kept, of different lists or readers."""
Stretch = list[tuple[int, str | None]]
"""Ids and texts of the file's records; None is a text that Python has to make."""


class Pages:
    """Renders the pages of one portal's lists."""

    def __init__(self, crm: Crm) -> None:
        self._crm = crm
        self._stretches: dict[tuple[str, int], Stretch] = {}

    def page(self, view: View, after: int, limit: int) -> tuple[bytes, int | None] | None:
        """The JSON array of a page of live records and the id the next one begins with; None for a table without file.

        Histories are left to Python.
        """
        table = self._crm.tables[view.kind.name]
        if not isinstance(table, LayeredTable) or view.with_history:
            return None
        written = ((record.id, self._by_hand(view, record)) for record in table.written(after, limit + 1))
        found = sorted([*written, *self._filed(view, table, after, limit + 1)])
        following = found[limit][0] if len(found) > limit else None
        return f"[{','.join(text for _, text in found[:limit])}]".encode(), following

    def _filed(self, view: View, table: LayeredTable, after: int, wanted: int) -> Iterator[tuple[int, str]]:
        """Up to `wanted` records that are still the file's."""
        pairs, held = [(view.kind.name, other.name) for other in view.associated], self._crm.associations.held
        for record_id, text in islice(self._texts(view, table, after, wanted), wanted):
            # A record whose links were written has another text than the file's.
            if text is None or (pairs and any(held(pair, record_id) for pair in pairs)):
                record = table.find(record_id)
                yield record_id, self._by_hand(view, record) if record else ""
            else:
                yield record_id, text

    def _texts(self, view: View, table: LayeredTable, after: int, wanted: int) -> Iterator[tuple[int, str | None]]:
        """The records that are still the file's with their texts, from an id on: all, or at least `wanted`."""
        base, taken = table.base, table.taken
        sql = _statement(self._crm, view, base)
        first = max(after, base.lowest) // _AHEAD
        for number in range(first, base.highest // _AHEAD + 1):
            rows = self._stretch(base, sql, number)
            start = bisect_left(rows, (after,))
            near = rows[start : start + wanted + len(taken)]
            yield from [row for row in near if row[0] not in taken] if taken else near

    def _by_hand(self, view: View, record: Record) -> str:
        return orjson.dumps(view.render(self._crm, record)).decode()

    def _stretch(self, base: Base, sql: str, number: int) -> Stretch:
        key = (sql, number)
        if key not in self._stretches:
            bounds = [number * _AHEAD, (number + 1) * _AHEAD]
            self._stretches[key] = base.connection.execute(sql, bounds).fetchall()
        self._stretches[key] = self._stretches.pop(key)
        while len(self._stretches) > _KEPT:
            del self._stretches[next(iter(self._stretches))]
        return self._stretches[key]


def _statement(crm: Crm, view: View, base: Base) -> str:
    """The SQL that renders the records from id $1 to before $2; it says all that their texts depend on."""
    blocks = [block for other in view.associated if (block := _Block(crm, view, other)).filed]
    joins = "".join(f" LEFT JOIN {block.source()} ON {block.name}.here = record.id" for block in blocks)
    fits = " AND ".join(["TRUE", *(f"coalesce({block.name}.many, 0) <= {view.inline}" for block in blocks)])
    text = f"concat({', '.join(_joined(_pieces(crm, view, base, blocks)))})"
    chosen = f"(SELECT * FROM {base.source} WHERE id >= $1 AND id < $2) AS record"
    return f"SELECT record.id, CASE WHEN {fits} THEN {text} END FROM {chosen}{joins} ORDER BY record.id"


class _Sql(str):
    """SQL, where another string is a constant text."""

    __slots__ = ()


def _joined(pieces: Iterable[str]) -> Iterator[str]:
    """The SQL of all pieces: texts beside each other as one, since each piece costs time for each record."""
    for computed, group in groupby(pieces, lambda piece: isinstance(piece, _Sql)):
        same = list(group)
        yield from same if computed else [_quoted("".join(same))]


def _pieces(crm: Crm, view: View, base: Base, blocks: "Sequence[_Block]") -> Iterator[str]:
    """What a record's text is put together from: constants and SQL."""
    yield from ('{"id":"', _Sql("record.id"), '","properties":{')
    for place, name in enumerate(view.known(crm)):
        yield f'{"," if place else ""}"{name}":'
        shown = name in base.columns and name not in view.withheld
        yield _Sql(f"coalesce(CAST(to_json({base.column(name)}) AS VARCHAR), 'null')") if shown else "null"
    yield from ('},"createdAt":"', _Sql(f'"{view.kind.created}"'), '","updatedAt":"', _Sql(f'"{view.kind.modified}"'))
    yield '","archived":false'
    if blocks:
        rows = f"concat_ws(',', {', '.join(block.text() for block in blocks)})"
        some = " OR ".join(f"{block.name}.here IS NOT NULL" for block in blocks)
        yield _Sql(f"""CASE WHEN {some} THEN concat(',"associations":{{', {rows}, '}}') ELSE '' END""")
    if view.urls:
        yield from (f',"url":"{view.url(crm, "")}', _Sql("record.id"), '"')
    yield "}"


class _Block:
    """The links of records to one other type, as their JSON shows them."""

    def __init__(self, crm: Crm, view: View, other: ObjectType) -> None:
        pair = (view.kind.name, other.name)
        targets = crm.associations.targets(pair)
        self.filed = isinstance(targets, FiledTargets)
        """Whether the file has such links."""
        self.name = f"to_{other.name.replace('-', '_')}"
        self._key = other.name
        self._pair, types = (targets.pair, targets.types) if isinstance(targets, FiledTargets) else (0, frozenset())
        self._names = [crm.associations.type(pair, each).name for each in sorted(types)]

    def source(self) -> str:
        """The subquery with a row for each record that has links: `here`, `many`, and `rows` as JSON."""
        rows = ", ',', ".join(f"""'{{"id":"', there, {_quoted(f'","type":"{name}"}}')}""" for name in self._names)
        listed = f"string_agg(concat({rows}), ',' ORDER BY there) AS rows"
        where = f"WHERE pair = {self._pair} AND here >= $1 AND here < $2 GROUP BY here"
        return f"(SELECT here, count(*) AS many, {listed} FROM {SCHEMA}.link {where}) AS {self.name}"

    def text(self) -> str:
        """The SQL of the links under their name; null where there are none."""
        return f"""'"{self._key}":{{"results":[' || {self.name}.rows || ']}}'"""


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
