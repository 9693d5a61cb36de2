"""Where records of HubSpot become canonical rows (see `connectors.workbench`): lists and associations as they came.

A batch of records lies in the temporary table `raw`: the property texts under their names, the record's own id and
moment of creation as `@id` and `@created`; what the records are tied to lies in `tie` (see ``sql/ties.sql``).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Self

import duckdb
import orjson

from connectors import workbench
from connectors.base import Ids
from connectors.errors import RetryLater
from connectors.hubspot.client import GARBLED
from connectors.workbench import named, quoted, texts

Again = Callable[[int], Iterable[bytes]]
"""Asks once more for the answer at a place."""

KIND = {"category": "VARCHAR", "typeId": "VARCHAR", "label": "VARCHAR"}
TIES = {"from": {"id": "VARCHAR"}, "to": [{"toObjectId": "VARCHAR", "associationTypes": [KIND]}]}
"""What is read of an answer that tells associations."""


def _lists(record: Mapping[str, object]) -> str:
    """Write a select of the records in answers, in a column `told`; one without a list of them is an error."""
    shape = quoted(orjson.dumps({"results": [record]}).decode())
    return (
        "SELECT UNNEST(CASE WHEN held IS NULL THEN ERROR('no list') ELSE held END) AS told"
        f" FROM (SELECT FROM_JSON(body, {shape}).results AS held FROM arrived)"
    )


_TIE = (
    'INSERT INTO tie SELECT ?, id, tied."toObjectId",'
    ' LEN(LIST_FILTER(tied."associationTypes", lambda kind: is_primary(kind))) > 0,'
    ' LIST_FILTER(tied."associationTypes", lambda kind: is_role(kind)) FROM'
    f' (SELECT told."from".id AS id, UNNEST(told."to") AS tied FROM ({_lists(TIES)}))'
    ' WHERE id IS NULL OR id IN (SELECT "@id" FROM raw)'
)


class Workbench(workbench.Workbench):
    """One pull's workbench.

    `customer_stages` are the lifecycle stages that make a customer, `role_labels` map the internal value of a buying
    role to the label people see.
    """

    def __init__(self, source: str, customer_stages: Iterable[str], role_labels: Mapping[str, str]) -> None:
        super().__init__("connectors.hubspot", source)
        self._stages = sorted(customer_stages)
        self._labels = role_labels
        self._names: tuple[str, ...] = ()
        self._views: set[str] = set()

    def __enter__(self) -> Self:
        super().__enter__()
        self._names, self._views = (), set()
        self._duck.execute("SET VARIABLE customer_stages = ?::TEXT[]", [self._stages])
        super().prepare("labels")
        if self._labels:
            self._duck.executemany("INSERT INTO role_label VALUES (?, ?)", list(self._labels.items()))
        return self

    def lay(self, properties: Sequence[str], bodies: Sequence[bytes], again: Again | None = None) -> Ids:
        """Lay the records of answers out, with the properties that were asked for; gives their ids.

        Of a record that came twice the later state counts. Raises RetryLater when an answer cannot be read, nor the one
        that is had by asking `again`.
        """
        names = _apart(properties)
        if names != self._names:
            self._names, self._views = names, set()
        columns = ", ".join(f"{named(name)} TEXT" for name in names)
        self._duck.execute(f'CREATE OR REPLACE TEMP TABLE raw ("@id" TEXT NOT NULL, "@created" TEXT, {columns})')
        super().prepare("ties")
        record = {"id": "VARCHAR", "createdAt": "VARCHAR", "properties": dict.fromkeys(names, "VARCHAR")}
        told = f'SELECT told.id, told."createdAt", UNNEST(told.properties) FROM ({_lists(record)})'
        self._take(f"INSERT INTO raw {told}", bodies, again)
        ids = self._ids()
        if len(set(ids)) == len(ids):
            return ids
        super().prepare("latest")
        return self._ids()

    def _ids(self) -> Ids:
        return Ids(self._arrow('SELECT "@id" FROM raw').column(0))

    def prepare(self, name: str) -> None:
        """Lay views over `raw`, unless they are there: they stay as long as the same properties are read."""
        if name not in self._views:
            super().prepare(name)
            self._views.add(name)

    def tie(self, to: str, bodies: Sequence[bytes], again: Again | None = None) -> None:
        """Lay out what the records are tied to, of one object type, as associations are told; raises as `lay` does."""
        self._take(_TIE, bodies, again, to)

    def merged(self) -> list[tuple[str, str]]:
        """Pair the records that were taken up by one at hand with that one."""
        self.prepare("merged")
        return self._duck.execute("SELECT id, winner_id FROM merged").fetchall()

    def created(self, name: str, until: int) -> int:
        """Count the records that were created until an epoch second; `name` is the property that tells."""
        return self.count(f'milliseconds(COALESCE(worded({named(name)}), "@created")) <= {until * 1000}')

    def _take(self, statement: str, bodies: Sequence[bytes], again: Again | None, *values: object) -> None:
        """Take answers in, all of them or, where one is garbled, each by itself and that one as it comes again."""
        try:
            self._take_all(statement, bodies, values)
        except RetryLater:
            if again is None:
                raise
            for place, body in enumerate(bodies):
                self._take_one(statement, body, partial(again, place), values)

    def _take_one(
        self, statement: str, body: bytes, again: Callable[[], Iterable[bytes]], values: Sequence[object]
    ) -> None:
        try:
            self._take_all(statement, [body], values)
        except RetryLater:
            self._take_all(statement, list(again()), values)

    def _take_all(self, statement: str, bodies: Sequence[bytes], values: Sequence[object]) -> None:
        try:
            self._duck.register("arrived", texts(bodies))
            self._duck.execute(statement, values).fetchall()
        except (duckdb.InvalidInputException, duckdb.ConstraintException, UnicodeError) as error:
            raise RetryLater(GARBLED) from error
        finally:
            self._duck.unregister("arrived")


def _apart(properties: Sequence[str]) -> tuple[str, ...]:
    """Name each property once, whatever the case, as columns are named; HubSpot's own names have no capitals."""
    found: dict[str, str] = {}
    for name in properties:
        small = name.lower()
        found[small] = name if name == small else found.get(small, name)
    return tuple(found.values())


def listed(records: Sequence[Mapping[str, object]]) -> bytes:
    """Write records as a list of HubSpot tells them, for who has them otherwise."""
    return orjson.dumps({"results": records})


def tied(ties: Mapping[str, Sequence[Mapping[str, object]]]) -> bytes:
    """Write associations, by the id they start from, as HubSpot tells them, for who has them otherwise."""
    return orjson.dumps({"results": [{"from": {"id": key}, "to": to} for key, to in ties.items()]})
