"""Measures what time alone writes: a JSON object a line and figure, ``{"name", "value", "unit", "bar", "holds"}``.

``python -m tests.bench.quiet [CONTACTS]`` stages the organisation of ``scale.py`` (5,000 contacts unless said) with
the traffic of ``quiet.sql``, lets the first plan fill every field, and then lives 30 days on which nothing happens:
each day it computes, plans and takes the plan as applied. The bar is the share of records that get a write on the
median day. Exit status 1 when it does not hold.

What is assumed: 400 days of steady traffic, 20 acts a person on average, at any moment up to the first quiet day and
not in step; within an account by Zipf's law, so that few people are in touch every week and half of them once in forty
days or less. Every account is a customer, everybody belongs to one, nobody is dormant. Then all of them fall silent at
once for 30 days; usage and surveys stand still. So relationships really end. The *facts* are told beside what is
written: the records whose level, status, trend, roles or required and actual numbers change. They have to be written;
what is written beyond them is what damping could still spare. The *states* are what would be left of the facts if
numbers of heads were held back until something else of their account changes; docs/reference.md says why they are not.
"""

import statistics
import sys
from collections import Counter
from collections.abc import Iterator

import duckdb
import sqlalchemy as sa

from mapping.compute import compute
from mapping.metadata import COMPANIONS, results
from mapping.spec import load_rules
from mapping.statements import execute, load
from sync.ledger import APPLIED, Ledger
from sync.plan import OBJECTS, plan
from sync.stage import Stage
from tests.bench.figures import Figure, shown
from tests.bench.scale import AS_OF, PROFILE, request, size

CONTACTS = 5_000
DAYS = 30
DAY = 86_400
SHARE = 2.0

Written = Counter[tuple[str, str]]
"""Object and field -> records that a day's plan writes there; under the field "" whatever the field."""

FACTS, STATES = "facts", "states"
"""Stand for fields: records of which more is written than numbers that drift, and more than numbers at all."""
DRIFTING = frozenset({"next_best_action", *COMPANIONS, *(name for _, name in load_rules().damping.bands())})
COUNTING = frozenset(
    {"redundancy", "missing_text", *(f"{role}_actual" for role in ("buyers", "champions", "power_users"))}
)


def days(connection: duckdb.DuckDBPyConnection, ledger: Ledger) -> Iterator[Written]:
    """Live the first day and the quiet ones after it, each with what it wrote."""
    rules = load_rules()
    for day in range(DAYS + 1):
        as_of = AS_OF + day * DAY
        compute(connection, rules, PROFILE, as_of)
        plan(connection, ledger, request(as_of), lambda _connection: None)
        yield _written(connection)
        _apply(connection, ledger)


def _written(connection: duckdb.DuckDBPyConnection) -> Written:
    rows = connection.execute(
        "SELECT object, field, COUNT(*) FROM plan_change GROUP BY object, field"
        " UNION ALL SELECT object, '', COUNT(DISTINCT source || id) FROM plan_change GROUP BY object"
    ).fetchall()
    facts = _beyond(connection, FACTS, DRIFTING) + _beyond(connection, STATES, DRIFTING | COUNTING)
    return Counter({(object_name, name): count for object_name, name, count in rows}) + facts


def _apply(connection: duckdb.DuckDBPyConnection, ledger: Ledger) -> None:
    """Let the CRM hold, and the ledger remember, what the plan writes."""
    for object_name in OBJECTS:
        for output in results(object_name):
            if output.name not in COMPANIONS:
                connection.execute(
                    f"UPDATE observed_{object_name} AS o SET {output.name} = c.after FROM plan_change AS c"
                    f" WHERE c.object = '{object_name}' AND c.field = '{output.name}'"
                    " AND c.source = o.source AND c.id = o.id"
                )
    names = ("source", "object", "id", "field", "value")
    rows = connection.execute("SELECT source, object, id, field, after FROM plan_change").fetchall()
    if rows:
        same = [APPLIED.c[name] == sa.bindparam(f"the_{name}") for name in names[:-1]]
        with ledger.engine.begin() as database:
            database.execute(
                sa.delete(APPLIED).where(*same),
                [{f"the_{name}": value for name, value in zip(names[:-1], row, strict=False)} for row in rows],
            )
            database.execute(
                sa.insert(APPLIED), [{"org": "scale", **dict(zip(names, row, strict=True))} for row in rows]
            )


def _beyond(connection: duckdb.DuckDBPyConnection, told: str, left_out: frozenset[str]) -> Written:
    """Count the records of which other fields are written than these; the answer stands under `told`."""
    rows = connection.execute(
        "SELECT object, COUNT(DISTINCT source || id) FROM plan_change"
        " WHERE NOT LIST_CONTAINS(?, field) GROUP BY object",
        [sorted(left_out)],
    ).fetchall()
    return Counter({(object_name, told): count for object_name, count in rows})


def figures(contacts: int) -> Iterator[Figure]:
    """Give the share of each object's records that the median day writes, and the fields that are written most."""
    with Stage(":memory:") as stage, Ledger("sqlite://") as ledger:
        load(stage.connection, [size(contacts)])
        execute(stage.connection, "scale", "tests.bench")
        execute(stage.connection, "quiet", "tests.bench")
        for object_name in OBJECTS:
            stage.connection.execute(
                f"INSERT INTO observed_{object_name} (source, id) SELECT source, id FROM {object_name}"
            )
        first, *quiet = days(stage.connection, ledger)
    for object_name in OBJECTS:
        share = 100 * statistics.median(day[object_name, ""] for day in quiet) / first[object_name, ""]
        yield Figure(f"quiet day: {object_name}s written, median of {DAYS}", round(share, 2), "%", SHARE)
        for told in (FACTS, STATES):
            share = 100 * statistics.median(day[object_name, told] for day in quiet) / first[object_name, ""]
            yield Figure(f"quiet day: {object_name}s whose {told} change, median of {DAYS}", round(share, 2), "%")
    total: Written = sum(quiet, Counter())
    for (object_name, name), count in total.most_common():
        if name not in ("", FACTS, STATES):
            share = 100 * count / DAYS / first[object_name, ""]
            yield Figure(f"quiet day: {object_name} {name}, mean", round(share, 3), "%")


if __name__ == "__main__":
    sys.exit(shown(figures(int(sys.argv[1]) if len(sys.argv) > 1 else CONTACTS)))
