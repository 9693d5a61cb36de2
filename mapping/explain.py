"""Renders why a value is what it is: one sentence a field, with the records it rests on (see explain.sql).

`sync.plan` calls `render` for the records that a plan writes; publishing and ``rapport explain`` read `dossiers`. Both
work on the connection that `mapping.compute` left its tables on, and render nothing for records that nobody asks for.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import duckdb

from mapping.metadata import FIELDS, results
from mapping.records import Table
from mapping.spec import Rows, listing
from mapping.statements import execute, load
from mapping.whatif import imagine

ROLE_AXES = (
    ("buyer", "buying_authority", None),
    ("champion", "influence", None),
    ("champion", "process_authority", None),
    ("champion", "attitude", None),
    ("power user", "product_importance", None),
    ("power user", "usage_frequency", None),
    ("user", "usage_frequency", None),
    ("guardian", "influence", "title"),
    *((role, "role", f"human: {role}") for role in ("buyer", "champion", "power user", "user", "guardian")),
)
"""Which evidence a role rests on: the axis and, where only one kind of fact speaks for it, that rule."""

SHARED = frozenset({"role_confidence", "depth_name", "missing_text"})
"""Fields whose sentence is the one of the field before them; a text that lists all sentences has it once."""

FURTHER = (
    ("contact", "colleagues", "tie_strength"),
    ("contact", "what_if", "counted"),
    ("account", "engagement", "stage"),
    ("account", "voice", "power_users_actual"),
    ("account", "gap_age", "next_best_action"),
)
"""Sentences about what no field holds: object, name, the field whose sentence they follow."""

BATCH = 10_000
"""Records fetched at a time; a dossier is a few kilobytes."""


@dataclass(frozen=True, slots=True)
class Dossier:
    """All we say about one CRM record, for people to read."""

    object: str
    """contact or account"""
    source: str
    id: str
    name: str
    account_name: str
    home: bool
    """Stands for its company or person where each is listed once: the record in the home CRM, else the first one."""
    values: Mapping[str, str]
    """Result field -> canonical text; empty fields left out."""
    sentences: tuple[str, ...]
    """In the order they are read."""
    records: tuple[str, ...]
    """``source/object/id`` of the records they rest on, sorted."""


def render(connection: duckdb.DuckDBPyConnection) -> None:
    """Make `sentence` and `companion` for the records named by the table ``explained(object, source, id)``.

    `companion` holds, a row a record, `evidence` (the sentences, cut at the end of the last one that fits the field)
    and `computed_on` (the date of `as_of`).
    """
    load(connection, _tables())
    imagine(connection)
    execute(connection, "explain")


def dossiers(connection: duckdb.DuckDBPyConnection) -> Iterator[Dossier]:
    """Explain every account, and every contact that holds a role or had any contact with us.

    Replaces `explained`, `sentence` and `companion`; the connection serves nothing else while this iterates.
    """
    execute(connection, "dossiers")
    render(connection)
    execute(connection, "dossier_rows")
    for object_name in ("account", "contact"):
        yield from _read(connection, object_name)


def _read(connection: duckdb.DuckDBPyConnection, object_name: str) -> Iterator[Dossier]:
    found = connection.execute(f"SELECT * FROM dossier_{object_name} ORDER BY source, id")
    names = [column[0] for column in found.description or ()]
    while rows := found.fetchmany(BATCH):
        for row in rows:
            yield _dossier(object_name, dict(zip(names, row, strict=True)))


def _dossier(object_name: str, row: dict[str, Any]) -> Dossier:
    values = {field.name: text for field in results(object_name) if (text := row[field.name]) is not None}
    return Dossier(
        object=object_name,
        source=row["source"],
        id=row["id"],
        name=row["name"],
        account_name=row["account_name"],
        home=row["home"],
        values=values,
        sentences=tuple(row["sentences"] or ()),
        records=tuple(row["records"] or ()),
    )


def _tables() -> Iterator[tuple[Table, Rows]]:
    """Give the axes behind each role, the order of the fields, and the room of the evidence field."""
    yield listing("rule_role_axis", "role TEXT, axis TEXT, rule TEXT", list(ROLE_AXES))
    order = [(field.object, field.name, 2 * place) for place, field in enumerate(FIELDS) if field.name not in SHARED]
    places = {(object_name, name): place for object_name, name, place in order}
    further = [(object_name, name, places[object_name, after] + 1) for object_name, name, after in FURTHER]
    yield listing("rule_sentence", "object TEXT, field TEXT, place BIGINT", [*order, *further])
    room = [(field.object, field.length) for field in FIELDS if field.name == "evidence"]
    yield listing("rule_companion", "object TEXT, length BIGINT", list(room))
