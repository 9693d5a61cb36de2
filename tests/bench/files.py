"""Measures how exports are read: one JSON object a line and figure, ``{"name", "value", "unit", "bar", "holds"}``.

``python -m tests.bench.files [ROWS]`` writes a Contact.csv (500,000 rows unless said), reads it as the files connector
does and compares the CPU time, that of all threads, with DuckDB's own ``read_csv`` of the same file into a table.
Reading has a bar; turning what was read into canonical rows has none, it is a row's work in Python as over the API.
Exit status 1 when the bar does not hold.
"""

import csv
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb

from connectors.files.connector import open_files
from connectors.files.salesforce import SalesforceExport
from connectors.options import FilesOptions
from tests.bench.figures import Figure, shown

ROWS = 500_000
ROUNDS = 5
BAR = 1.5
HEADER = (
    *("Id", "IsDeleted", "Name", "Email", "Title", "Department", "AccountId", "OwnerId", "ReportsToId"),
    *("CreatedDate", "LastModifiedDate", "SystemModstamp"),
)
STAMP = "2026-11-18T10:30:00.000+0000"


def write(path: Path, rows: int) -> None:
    """Write the file as Salesforce does: every value in quotes, now and then a line break in one."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow(HEADER)
        for number in range(rows):
            ids = (f"001LW{number // 10:010d}AAA", "005LW0000000001AAA", "")
            title = "Director,\nOperations" if number % 50 == 0 else "Director of Operations"
            who = (f"Person Number {number}", f"person.{number}@acme.example", title, "Operations")
            writer.writerow((f"003LW{number:010d}AAA", "0", *who, *ids, STAMP, STAMP, STAMP))


def cpu(work: Callable[[], object]) -> float:
    """Tell the CPU seconds of `work` in all threads."""
    began = time.process_time()
    work()
    return time.process_time() - began


def by_duckdb(path: Path) -> None:
    """Read the file into a table of a database on disk, as DuckDB does it by itself."""
    with (
        tempfile.TemporaryDirectory() as folder,
        duckdb.connect(str(Path(folder) / "plain.duckdb")) as connection,
    ):
        connection.execute(
            "CREATE OR REPLACE TABLE plain AS SELECT * FROM read_csv(?, all_varchar = true)", [str(path)]
        )


def by_connector(options: FilesOptions) -> None:
    """Read the file as an export is read, with every check."""
    export = SalesforceExport("bench", options)
    export.export.look()
    export.load()
    export.export.close()


def pulled(options: FilesOptions) -> None:
    """Read the file and turn it into pages of canonical rows."""
    connection = open_files("bench", options, time.time)
    for _ in connection.pull({}):
        pass
    connection.close()


def figures(folder: Path, rows: int) -> Iterator[Figure]:
    """Compare reading, then tell what a whole pull costs."""
    path = folder / "Contact.csv"
    write(path, rows)
    options = FilesOptions(vendor="files", dialect="salesforce", folder=str(folder))
    ratios = []
    for _ in range(ROUNDS):
        own = cpu(lambda: by_duckdb(path))
        ratios.append(cpu(lambda: by_connector(options)) / own)
    yield Figure("CSV read, CPU against DuckDB's read_csv", round(statistics.median(ratios), 2), "x", BAR)
    yield Figure("DuckDB's read_csv", round(own, 2), "CPU s")
    began = time.perf_counter()
    yield Figure("pull of an export", round(cpu(lambda: pulled(options)), 2), "CPU s")
    yield Figure("pull of an export", round(rows / (time.perf_counter() - began)), "rows/s")


def main() -> int:
    """Print every figure as soon as it is known."""
    with tempfile.TemporaryDirectory() as folder:
        return shown(figures(Path(folder), int(sys.argv[1]) if len(sys.argv) > 1 else ROWS))


if __name__ == "__main__":
    sys.exit(main())
