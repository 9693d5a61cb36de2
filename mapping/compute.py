"""The pure steps in their order: staged tables and rules in, desired values and tasks out.

`sync.pipeline` and the tests call `compute` with a DuckDB connection on which every staged table exists (see
`mapping.records`). Nothing here reads a clock, the network or the environment: equal stage, rules, profile and `as_of`
give equal tables.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import duckdb

from mapping import (
    activity,
    coverage,
    departure,
    depth,
    desired,
    engagement,
    equity,
    evidence,
    gaps,
    identity,
    lifecycle,
    network,
    portfolio,
    products,
    roles,
    titles,
)
from mapping.metadata import desired_tables
from mapping.records import DERIVED, REMEMBERED, Table
from mapping.spec import Profile, Rows, Rules, listing
from mapping.statements import create, execute, load

RuleTables = Iterator[tuple[Table, Rows]]


@dataclass(frozen=True, slots=True)
class Step:
    """One step: the ``.sql`` file it runs, the rule tables that file joins, the declared tables that stand after it.

    `fill` makes what no SQL can, from what the file left on the connection.
    """

    name: str
    tables: Callable[[Rules, Profile], RuleTables]
    makes: tuple[str, ...] = ()
    fill: Callable[[duckdb.DuckDBPyConnection, Rules], None] | None = None


def no_tables(_rules: Rules, _profile: Profile) -> RuleTables:
    """Give nothing: the step joins what the step before it has loaded."""
    yield from ()


STEPS = (
    Step("titles", titles.tables, fill=titles.fill),
    Step("identity", identity.tables, ("person", "company", "ambiguity", "member")),
    Step("lifecycle", lifecycle.tables, ("customer",)),
    Step("activity", activity.tables, ("touch",)),
    Step("tie", depth.tables),
    Step("strength", no_tables),
    Step("depth", no_tables, ("depth",)),
    Step("departure", departure.tables),
    Step("network", network.tables, ("shared_meeting",)),
    Step("evidence", evidence.tables, ("evidence", "axis")),
    Step("profile", no_tables),
    Step("roles", roles.tables, ("role", "stance")),
    Step("products", products.tables, fill=products.spread),
    Step("coverage", coverage.tables),
    Step("shortfall", no_tables, ("credit", "need", "coverage", "offer"), fill=products.fold),
    Step("equity", equity.tables, ("standing",)),
    Step("engagement", engagement.tables, ("voice", "colleague", "csm", "engagement", "workload")),
    Step("gaps", gaps.tables, ("undecided", "gap")),
    Step("portfolio", portfolio.tables, ("slice",)),
    Step("desired", desired.tables, ("desired_contact", "desired_account", "desired_task", "also_right")),
)
"""Every step in order. Titles come first because a person's department may rest on the title."""


class ShapeError(AssertionError):
    """A step's SQL made a table that differs from its declaration; a fault of ours, never of the data."""


def compute(
    connection: duckdb.DuckDBPyConnection,
    rules: Rules,
    profile: Profile,
    as_of: int,
    steps: Iterable[Step] = STEPS,
) -> None:
    """Run `steps` on `connection`; `as_of` is the CRM's server time when the pull began, epoch seconds.

    What is remembered of earlier runs stands in the tables `mapping.records.REMEMBERED`; missing ones count as empty.
    Leaves the derived tables of `mapping.records` and `mapping.metadata.desired_tables` on the connection.
    """
    load(connection, _run(profile, as_of))
    for name in DECLARED.keys() - VIEWS:
        create(connection, DECLARED[name])
    for table in REMEMBERED:
        if not connection.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = ?", [table.name]).fetchall():
            create(connection, table)
    for step in steps:
        load(connection, step.tables(rules, profile))
        execute(connection, step.name)
        if step.fill is not None:
            step.fill(connection, rules)
        for name in step.makes:
            check(connection, DECLARED[name])


def check(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    """Compare a table's columns and types with its declaration; raises ShapeError naming both."""
    found = [
        (row[0], row[1].replace("VARCHAR", "TEXT")) for row in connection.execute(f"DESCRIBE {table.name}").fetchall()
    ]
    declared = [(column.name, column.type) for column in table.columns]
    if found != declared:
        raise ShapeError(f"{table.name}: declared {declared}, made {found}")


def _run(profile: Profile, as_of: int) -> RuleTables:
    """Say what is the same for the whole run: the moment, the organisation, its sources in home order."""
    yield listing("run", "as_of BIGINT, organisation TEXT", [(as_of, profile.organisation)])
    order = [(source, place) for place, source in enumerate(dict.fromkeys(profile.sources))]
    yield listing("rule_source", "source TEXT, place BIGINT", order)


VIEWS = frozenset({"touch"})
"""Declared tables that their step makes as views of its intermediate tables; they live as long as the connection."""

DECLARED = {table.name: table for table in (*DERIVED, *desired_tables())}
