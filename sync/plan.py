"""From what the rules want to a plan: the three-way diff as SQL, the decisions about tasks, the reasons.

`sync.pipeline` calls `plan` after the computation. It reads `desired_*`, `observed_*`, `own_task` and the memory tables
of `sync.memory`, and leaves the tables of `sync.plan_tables`; the same inputs give the same digest.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import duckdb

from connectors.base import Connector
from mapping.metadata import COMPANIONS, FIELDS, Field, results
from mapping.records import Column, Table
from mapping.statements import create, execute
from sync import memory
from sync.changes import Limits, Plan
from sync.ledger import Ledger
from sync.plan_tables import PLAN_TABLES, seal

OBJECTS = ("contact", "account")

PART = {"contact": 450_000, "account": 45_000}
"""Records of an object that are compared and explained at a time, at most. The texts of more would not fit the memory
DuckDB may use, and what it lays on disk instead took three times as long. Of 1.25 million, two parts took a third
longer than three, and four a seventh longer."""

Part = Mapping[str, tuple[int, int]]
"""Object -> the numbers of the records that are planned together, above the first one up to the second one."""

Explain = Callable[[duckdb.DuckDBPyConnection], None]
"""Renders `sentence` and `companion` for the records of `explained`; `mapping.explain.render` is one."""

Writable = Mapping[str, Mapping[str, frozenset[str]]]
"""Connection -> object (contact, account, task) -> attribute names we may write."""

Bands = Mapping[tuple[str, str], float]
"""Object and field -> points by which a number of ours may be off before it alone causes a write."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a plan depends on besides stage and memory. `as_of` is in epoch seconds, `rules` the digest of the rules."""

    org: str
    as_of: int
    rules: str
    writable: Writable
    limits: Limits = field(default_factory=Limits)
    takeover: bool = False
    bands: Bands = field(default_factory=dict)


def _text_table(name: str, columns: str) -> Table:
    return Table(name, name, (), tuple(Column(column, "TEXT", column) for column in columns.split()))


_OPTION = Table(
    "plan_option",
    "One row: what the settings allow.",
    (),
    (
        Column("takeover", "BOOLEAN", "replace values that humans wrote"),
        Column("tasks_per_day", "BIGINT", "new tasks per owner and calendar day"),
        Column("tasks_per_week", "BIGINT", "new tasks per owner and seven days"),
        Column("as_of", "BIGINT", "the only now of the run"),
    ),
)
_PLACE = Column("place", "BIGINT", "stands for object and field: a difference is judged by a number, not by texts")
_FIELD = Table(
    "plan_field",
    "Every field of ours: its form of nothing, and by how much a number may be off.",
    (),
    (_PLACE, *_text_table("", "object name empty").columns, Column("band", "DOUBLE", "NULL: not at all")),
)
_WRITABLE = Table(
    "plan_writable", "What may be written.", (), (*_text_table("", "source object field").columns, _PLACE)
)
_EXPLAINED = _text_table("explained", "object source id")
_EXPLAIN = (
    "INSERT INTO explained SELECT DISTINCT object, source, id FROM plan_value WHERE verdict IN ('ours', 'take over')"
)
_SENTENCE = _text_table("sentence", "object source id field text")
_COMPANION = _text_table("companion", "object source id evidence computed_on")

_VALUE = _text_table("plan_value", "source object id field before after verdict")

_PLACES = {place: number for number, place in enumerate(memory.EMPTY)}
"""Object and field -> the number that stands for both."""


def plan(connection: duckdb.DuckDBPyConnection, ledger: Ledger, request: Request, explain: Explain) -> Plan:
    """Fill the plan tables and give the plan. Writes no tables but ``plan_*`` and those of `explain`.

    Only what is read again later is written into the file; what leads to it is temporary: compressing and writing the
    steps in between took as long as computing them.
    """
    for table in PLAN_TABLES:
        create(connection, table)
    _load_request(connection, request)
    memory.load(connection, ledger, request.org, request.as_of)
    with _written_fast(connection):
        for part in _parts(_paired(connection)):
            _plan_values(connection, ledger, request.org, part)
            _plan_companions(connection, explain)
            execute(connection, "sql/plan_reasons", "sync")
    execute(connection, "sql/plan_keys", "sync")
    execute(connection, "sql/plan_tasks", "sync")
    return seal(connection, request.org, request.as_of, request.rules)


@contextmanager
def _written_fast(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Have texts packed as they come: a plan is read once, and finding the best form of its texts took a third more."""
    connection.execute("SET force_compression = 'zstd'")
    try:
        yield
    finally:
        connection.execute("RESET force_compression")


def _load_request(connection: duckdb.DuckDBPyConnection, request: Request) -> None:
    fields = [(_PLACES[place], *place, empty, request.bands.get(place)) for place, empty in memory.EMPTY.items()]
    create(connection, _FIELD, fields)
    create(connection, _WRITABLE, sorted(_writable_rows(request.writable)))
    limits = request.limits
    create(connection, _OPTION, [(request.takeover, limits.tasks_per_day, limits.tasks_per_week, request.as_of)])


def _writable_rows(writable: Writable) -> Iterator[tuple[str, str, str, int]]:
    for source, objects in writable.items():
        for object_name, names in objects.items():
            yield from ((source, object_name, name, _PLACES.get((object_name, name), -1)) for name in names)


def _paired(connection: duckdb.DuckDBPyConnection) -> Mapping[str, int]:
    """Lay what is observed beside what is desired, record by record, and count the records of each object."""
    for object_name in OBJECTS:
        connection.execute(_pairs(object_name))
    counts = " UNION ALL ".join(f"SELECT '{name}', COUNT(*) FROM plan_pair_{name}" for name in OBJECTS)
    return dict(connection.execute(counts).fetchall())


def _parts(records: Mapping[str, int]) -> Iterator[Part]:
    """Spread the records evenly over as few parts as may be: each reads the large tables, also for a small rest."""
    parts = max(-(-count // PART[name]) for name, count in records.items())
    for part in range(parts):
        yield {name: (count * part // parts, count * (part + 1) // parts) for name, count in records.items()}


def _plan_values(connection: duckdb.DuckDBPyConnection, ledger: Ledger, org: str, part: Part) -> None:
    """Compare every field that may cause a write by itself."""
    create(connection, _VALUE, temporary=True)
    compared = [output for name in OBJECTS for output in results(name) if output.name not in COMPANIONS]
    _look_at_differences(connection, (_difference(output, part) for output in compared))
    memory.load_applied(connection, ledger, org)
    execute(connection, "sql/plan_values", "sync")


def _plan_companions(connection: duckdb.DuckDBPyConnection, explain: Explain) -> None:
    """Render the records that change, then compare the fields that are written only in company."""
    create(connection, _EXPLAINED)
    connection.execute(_EXPLAIN)
    create(connection, _SENTENCE, temporary=True)
    create(connection, _COMPANION, temporary=True)
    explain(connection)
    companions = (output for output in FIELDS if output.name in COMPANIONS)
    _look_at_differences(connection, map(_companion_difference, companions))
    execute(connection, "sql/plan_values", "sync")


def _look_at_differences(connection: duckdb.DuckDBPyConnection, selects: Iterable[str]) -> None:
    """Compare every field in one statement: planning dozens costs more than running them.

    A view: on their way into `plan_value` the differences of a first run need not stand in memory.
    """
    connection.execute(f"CREATE OR REPLACE TEMP VIEW plan_difference AS {' UNION ALL '.join(selects)}")


def _pairs(object_name: str) -> str:
    """Write the join of observed and desired once, for all fields of an object."""
    names = [output.name for output in results(object_name) if output.name not in COMPANIONS]
    columns = ", ".join(f"o.{name} AS observed_{name}, d.{name} AS desired_{name}" for name in names)
    return (
        f"CREATE OR REPLACE TEMP TABLE plan_pair_{object_name} AS"
        f" SELECT ROW_NUMBER() OVER () AS number,"
        f" COALESCE(o.source, d.source) AS source, COALESCE(o.id, d.id) AS id, {columns}"
        f" FROM observed_{object_name} AS o"
        f" FULL JOIN desired_{object_name} AS d ON d.source = o.source AND d.id = o.id"
    )


def _difference(output: Field, part: Part) -> str:
    above, to = part[output.object]
    observed, desired = _filled(output, f"observed_{output.name}"), _filled(output, f"desired_{output.name}")
    return (
        f"SELECT source, '{output.object}' AS object, id, '{output.name}' AS field, {_place(output)} AS place,"
        f" {observed} AS observed, {desired} AS desired"
        f" FROM plan_pair_{output.object}"
        f" WHERE number > {above} AND number <= {to} AND {observed} IS DISTINCT FROM {desired}"
    )


def _companion_difference(output: Field) -> str:
    observed, desired = f"o.{output.name}", f"c.{output.name}"
    same = "{0}.source = e.source AND {0}.id = e.id"
    return (
        f"SELECT e.source, '{output.object}' AS object, e.id, '{output.name}' AS field, {_place(output)} AS place,"
        f" {observed} AS observed, {desired} AS desired"
        f" FROM explained AS e"
        f" LEFT JOIN observed_{output.object} AS o ON {same.format('o')}"
        f" LEFT JOIN companion AS c ON c.object = e.object AND {same.format('c')}"
        f" WHERE e.object = '{output.object}' AND {observed} IS DISTINCT FROM {desired}"
    )


def _place(output: Field) -> int:
    return _PLACES[output.object, output.name]


def _filled(output: Field, column: str) -> str:
    empty = memory.EMPTY[output.object, output.name]
    return column if empty is None else f"COALESCE({column}, '{empty}')"


def writable(connectors: Mapping[str, Connector]) -> Writable:
    """Ask every connection what it may write; may raise a `ConnectorError`."""
    return {
        source: {name: connector.writable(name) for name in (*OBJECTS, "task")}
        for source, connector in connectors.items()
    }
