"""Measures the computation at scale: a JSON object a line and figure, ``{"name", "value", "unit", "bar", "holds"}``.

``python -m tests.bench.scale [CONTACTS]`` stages a made-up organisation (100,000 contacts and 2,000,000 activities
unless said; both CRMs, the second half of the contacts in both), computes it and makes the first plan, the one that
fills every field. Each size has processes of its own and a stage as the product opens it. Machines differ, so the bars
are shares of the *floor*: bare tie strength, hand-written, on the same stage (see floor.sql), the faster of two passes.
From a million contacts on the tenth of that size is measured too, for how the time grows. Exit status 1 when a bar does
not hold.
"""

import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import duckdb

from mapping.compute import DECLARED, STEPS, compute
from mapping.explain import render
from mapping.metadata import results
from mapping.records import Rows, Table
from mapping.spec import Product, Profile, listing, load_rules
from mapping.statements import blocks, execute, load
from sync.ledger import Ledger
from sync.plan import OBJECTS, Request, plan
from sync.stage import Stage
from tests.bench.figures import Figure, shown

AS_OF = 1_790_000_000
CONTACTS = 100_000
MANY = 1_000_000
SLOWEST = 12
SOURCES = ("salesforce", "hubspot")
PROFILE = Profile(
    organisation="scale", products=(Product(sold_to=("Operations",), consumed_in=("Operations", "Finance")),)
)

TIMES_FLOOR = 4.0
MEMORY_GIB = 6.0
GROWTH = 12.0


@dataclass(frozen=True, slots=True)
class Timed:
    """A block, the seconds it took and the seconds of processor time it used."""

    step: str
    sentence: str
    seconds: float
    work: float


@dataclass(slots=True)
class Measured:
    """Everything that one size gave. Times in seconds, memory in GiB."""

    contacts: int
    floor: float = 0.0
    floor_work: float = 0.0
    blocks: list[Timed] = field(default_factory=list)
    plan: float = 0.0
    plan_work: float = 0.0
    memory: float = 0.0
    rows: dict[str, int] = field(default_factory=dict)

    def compute(self) -> float:
        """Add up the time from resolve to desire."""
        return sum(block.seconds for block in self.blocks)


def stage(path: Path, contacts: int) -> None:
    """Fill a stage with `contacts` people: 20 an account, 20 activities each, every tenth one missing."""
    with Stage(path) as opened:
        load(opened.connection, [size(contacts)])
        execute(opened.connection, "scale", "tests.bench")


def measure(path: Path, contacts: int) -> Measured:
    """Measure floor, computation and plan on a filled stage, in the order in which they disturb each other least."""
    found = Measured(contacts)
    with Stage(path) as opened, Ledger(f"sqlite:///{path}.sqlite") as ledger:
        connection = opened.connection
        floors = [_timed(lambda: execute(connection, "floor", "tests.bench")) for _ in range(2)]
        found.floor, found.floor_work = map(min, zip(*floors, strict=True))
        connection.execute("DROP TABLE bare_tie")
        found.blocks = list(_computed(connection))
        found.plan, found.plan_work = _timed(lambda: plan(connection, ledger, request(AS_OF), render))
        found.rows = {name: _count(connection, name) for name in (*DECLARED, "plan_change", "plan_task")}
    found.memory = (
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 2**30
    )
    return found


def figures(found: Measured) -> Iterator[Figure]:
    """Name what was measured, the bars first, then each step, the slowest blocks and the sizes."""
    size = f"{found.contacts:,} contacts"
    yield Figure(f"floor {size}", round(found.floor, 3), "s")
    yield Figure(f"compute {size}", round(found.compute(), 3), "s")
    yield Figure(f"compute / floor {size}", round(found.compute() / found.floor, 2), "times", TIMES_FLOOR)
    work = sum(block.work for block in found.blocks)
    yield Figure(f"compute / floor {size}, processor time", round(work / found.floor_work, 2), "times")
    yield Figure(f"plan / floor {size}", round(found.plan / found.floor, 2), "times", TIMES_FLOOR)
    yield Figure(f"plan / floor {size}, processor time", round(found.plan_work / found.floor_work, 2), "times")
    yield Figure(f"peak memory {size}", round(found.memory, 2), "GiB", MEMORY_GIB)
    for step in STEPS:
        yield Figure(
            f"step {step.name}", round(sum(one.seconds for one in found.blocks if one.step == step.name), 3), "s"
        )
    yield Figure("plan, first run", round(found.plan, 3), "s")
    for one in sorted(found.blocks, key=lambda one: -one.seconds)[:SLOWEST]:
        yield Figure(f"block {one.step}: {one.sentence}", round(one.seconds, 3), "s")
    for name in ("touch", "depth", "evidence", "gap", "plan_change", "plan_task"):
        yield Figure(f"rows of {name}", found.rows[name], "rows")


def growth(small: Measured, large: Measured) -> Figure:
    """Tell how many times longer ten times the contacts take."""
    name = f"compute {small.contacts:,} -> {large.contacts:,} contacts"
    return Figure(name, round(large.compute() / small.compute(), 2), "times", GROWTH)


def _computed(connection: duckdb.DuckDBPyConnection) -> Iterator[Timed]:
    """Compute block by block."""
    rules = load_rules()
    compute(connection, rules, PROFILE, AS_OF, ())
    for step in STEPS:
        load(connection, step.tables(rules, PROFILE))
        for block in blocks(step.name):
            seconds, work = _timed(partial(connection.execute, block))
            yield Timed(step.name, _sentence(block), seconds, work)
        if step.fill is not None:
            yield Timed(step.name, "filled in Python", *_timed(partial(step.fill, connection, rules)))


def _timed(job: Callable[[], object]) -> tuple[float, float]:
    began, work = time.perf_counter(), time.process_time()
    job()
    return time.perf_counter() - began, time.process_time() - work


def request(as_of: int) -> Request:
    """Ask for a plan that may write every field of ours in both CRMs."""
    fields = {name: frozenset(output.name for output in results(name)) for name in (*OBJECTS, "task")}
    return Request("scale", as_of, "rules", dict.fromkeys(SOURCES, fields), bands=load_rules().damping.bands())


def _count(connection: duckdb.DuckDBPyConnection, name: str) -> int:
    return int((connection.execute(f"SELECT COUNT(*) FROM {name}").fetchone() or (0,))[0])


def _sentence(block: str) -> str:
    return block.splitlines()[0].removeprefix("-- ")


def size(contacts: int) -> tuple[Table, Rows]:
    """Give the one row that scale.sql and floor.sql read."""
    return listing("size", "contacts BIGINT, as_of BIGINT", [(contacts, AS_OF)])


def alone(contacts: int) -> Measured:
    """Stage and measure a size, each in a process that does nothing else and ends: so its memory is its own."""
    with (
        tempfile.TemporaryDirectory() as folder,
        ProcessPoolExecutor(1, get_context("spawn"), max_tasks_per_child=1) as processes,
    ):
        path = Path(folder) / "stage.duckdb"
        processes.submit(stage, path, contacts).result()
        return processes.submit(measure, path, contacts).result()


def main() -> int:
    """Print every figure."""
    contacts = int(sys.argv[1]) if len(sys.argv) > 1 else CONTACTS
    large = alone(contacts)
    found = list(figures(large))
    if contacts >= MANY:
        found.insert(0, growth(alone(contacts // 10), large))
    return shown(found)


if __name__ == "__main__":
    sys.exit(main())
