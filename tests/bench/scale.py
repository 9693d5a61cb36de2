"""Measures the computation at scale: one JSON object a line and figure, ``{"name", "value", "unit", "bar", "holds"}``.

``python tests/bench/scale.py [CONTACTS]`` fills the staged tables with a made-up organisation (100,000 contacts and
2,000,000 activities unless said; both CRMs, the second half of the contacts in both) and computes it once. Every step
is timed, then the slowest blocks. No bar: the figures are there to be watched, and depend on the machine.
"""

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

import duckdb

from mapping.compute import DECLARED, STEPS, compute
from mapping.metadata import observed_tables
from mapping.records import STAGED, Rows, Table
from mapping.spec import Product, Profile, listing, load_rules
from mapping.statements import blocks, create, execute, load
from tests.bench.main_job import Figure

AS_OF = 1_790_000_000
CONTACTS = 100_000
SLOWEST = 12
PROFILE = Profile(
    organisation="scale", products=(Product(sold_to=("Operations",), consumed_in=("Operations", "Finance")),)
)


@dataclass(frozen=True, slots=True)
class Timed:
    """A block and the seconds it took."""

    step: str
    sentence: str
    seconds: float


def stage(connection: duckdb.DuckDBPyConnection, contacts: int) -> None:
    """Fill the staged tables with `contacts` people: 20 an account, 20 activities each, every tenth one missing."""
    for table in (*STAGED, *observed_tables()):
        create(connection, table)
    load(connection, [_size(contacts)])
    execute(connection, "scale", "tests.bench")


def timed(connection: duckdb.DuckDBPyConnection) -> Iterator[Timed]:
    """Compute block by block."""
    rules = load_rules()
    compute(connection, rules, PROFILE, AS_OF, ())
    for step in STEPS:
        load(connection, step.tables(rules, PROFILE))
        for block in blocks(step.name):
            began = time.perf_counter()
            connection.execute(block)
            yield Timed(step.name, _sentence(block), time.perf_counter() - began)


def figures(contacts: int) -> Iterator[Figure]:
    """Measure the whole, each step and the slowest blocks."""
    with duckdb.connect() as connection:
        stage(connection, contacts)
        times = list(timed(connection))
        made = {name: connection.execute(f"SELECT COUNT(*) FROM {name}").fetchone() for name in DECLARED}
    yield Figure(f"compute {contacts:,} contacts", round(sum(one.seconds for one in times), 3), "s")
    for step in STEPS:
        yield Figure(f"step {step.name}", round(sum(one.seconds for one in times if one.step == step.name), 3), "s")
    for one in sorted(times, key=lambda one: -one.seconds)[:SLOWEST]:
        yield Figure(f"block {one.step}: {one.sentence}", round(one.seconds, 3), "s")
    for name in ("touch", "depth", "evidence", "gap"):
        yield Figure(f"rows of {name}", (made[name] or (0,))[0], "rows")


def _sentence(block: str) -> str:
    return block.splitlines()[0].removeprefix("-- ")


def _size(contacts: int) -> tuple[Table, Rows]:
    return listing("size", "contacts BIGINT, as_of BIGINT", [(contacts, AS_OF)])


def main() -> int:
    """Print every figure."""
    contacts = int(sys.argv[1]) if len(sys.argv) > 1 else CONTACTS
    for figure in figures(contacts):
        sys.stdout.write(figure.line() + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
