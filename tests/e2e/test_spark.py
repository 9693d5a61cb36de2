"""The same SQL on Spark: every table that the computation makes of the demo story equals DuckDB's.

Deselected unless asked for, because PySpark is 400 MB: ``make spark`` installs it and runs this.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from mapping.compute import DECLARED, STEPS, VIEWS, compute
from mapping.records import REMEMBERED, STAGED
from mapping.spec import Profile, Rules, load_rules
from mapping.statements import create
from sync.settings import load_settings
from tests.e2e.conftest import Demo

pytestmark = [
    pytest.mark.spark,
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning", "ignore::FutureWarning"),
]

EXACT = 1e-9
COMPARED = [name for name in DECLARED if name != "sentence"]  # rendered for a plan, not computed


@dataclass(frozen=True, slots=True)
class Both:
    """The computation on both engines."""

    here: duckdb.DuckDBPyConnection
    there: Any
    statements: int

    def rows(self, name: str) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
        """Read a table from both, sorted by every column that is no figure."""
        table = DECLARED[name]
        columns = ", ".join(f"`{column.name}`" for column in table.columns)
        exact = [place for place, column in enumerate(table.columns) if column.type != "DOUBLE"]
        ours = self.here.execute(f"SELECT {columns.replace('`', chr(34))} FROM {name}").fetchall()
        theirs = [tuple(row) for row in self.there.sql(f"SELECT {columns} FROM {name}").collect()]

        def key(row: tuple[Any, ...]) -> list[str]:
            return [repr(row[place]) for place in exact]

        return sorted(ours, key=key), sorted(theirs, key=key)


def computed(stage: Path, rules: Rules, profile: Profile, folder: Path) -> duckdb.DuckDBPyConnection:
    """Compute on DuckDB from a copy of the stage, and export what a computation reads."""
    connection = duckdb.connect()
    connection.execute(f"ATTACH '{stage}' AS staged (READ_ONLY)")
    for table in STAGED:
        connection.execute(f"CREATE TABLE {table.name} AS FROM staged.{table.name}")
    for table in REMEMBERED:
        create(connection, table)
    ((as_of,),) = connection.execute("SELECT as_of FROM staged.run").fetchall()
    compute(connection, rules, profile, as_of)
    read = {table.name for table in STAGED} | {"run", "rule_source"}
    read |= {table.name for step in STEPS for table, _ in step.tables(rules, profile)}
    read |= {"title_reading"} | {table.name for table in REMEMBERED}  # made in Python, remembered by the ledger
    for name in read:
        connection.execute(f"COPY {name} TO '{folder / name}.parquet' (FORMAT parquet)")
    return connection


@pytest.fixture(scope="module")
def session() -> Iterator[Any]:
    """Start Spark with two threads, set for tables of a few thousand rows."""
    from pyspark.sql import SparkSession

    settings: Mapping[str, str] = {
        "spark.ui.enabled": "false",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "1",
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.codegen.wholeStage": "false",
    }
    builder = SparkSession.builder.master("local[2]").appName("rapport")
    for name, value in settings.items():
        builder = builder.config(name, value)
    started = builder.getOrCreate()
    started.sparkContext.setLogLevel("OFF")
    yield started
    started.stop()


@pytest.fixture(scope="module")
def both(demo: Demo, session: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    """Compute the demo story on both engines, from the same stage and rules."""
    from mapping.spark import Chain

    organisation = load_settings(demo.folder / "rapport.yaml").organisations["lumenworks"]
    rules, profile = load_rules(organisation.rules), organisation.profile("lumenworks")
    read, made = tmp_path_factory.mktemp("read"), tmp_path_factory.mktemp("made")
    with computed(demo.folder / "lumenworks.duckdb", rules, profile, read) as connection:
        for path in read.glob("*.parquet"):
            session.read.parquet(str(path)).createOrReplaceTempView(path.stem)
        chain = Chain(session, made)
        for name in DECLARED.keys() - VIEWS:
            chain.empty(DECLARED[name])
        yield Both(connection, session, sum(chain.run(step.name) for step in STEPS))


def test_every_statement_ran(both: Both) -> None:
    assert both.statements > 150


@pytest.mark.parametrize("name", COMPARED)
def test_a_table_is_the_same_on_both_engines(name: str, both: Both) -> None:
    ours, theirs = both.rows(name)
    assert len(ours) == len(theirs)
    different = [pair for pair in zip(ours, theirs, strict=True) if not all(map(same, *pair))]
    assert different == []


def test_the_story_fills_the_tables_that_are_compared(both: Both) -> None:
    filled = {name for name in COMPARED if both.rows(name)[0]}
    assert filled >= {
        "person",
        "touch",
        "evidence",
        "axis",
        "depth",
        "role",
        "coverage",
        "standing",
        "gap",
        "desired_task",
    }


def same(ours: object, theirs: object) -> bool:
    """Compare two values: figures to 1e-9, everything else exactly."""
    if isinstance(ours, float) and isinstance(theirs, float):
        return math.isclose(ours, theirs, rel_tol=0, abs_tol=EXACT)
    return ours == theirs
