"""What the pull benchmarks share: CPU seconds, memory, dlt, and a floor that does no more than it must.

The floor fetches pages with urllib3, parses them with orjson and appends them to a DuckDB table of text, ten thousand
rows at a time: whoever reads records into a table spends at least that.
"""

import gc
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import arro3.core as arrow
import duckdb
import orjson
import urllib3

from tests.bench.figures import Figure
from tests.contract.third_party.conftest import dlt_python

BATCH = 10_000
"""Rows appended at a time; page by page alone costs two and a half times as much."""
TEXT = arrow.DataType.string()
Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Spent:
    """What a piece of work took: CPU seconds of this process with all its threads, and seconds on the wall."""

    cpu: float
    wall: float


def spent(work: Callable[[], object]) -> Spent:
    """Measure `work` once."""
    gc.collect()
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return Spent(time.process_time() - cpu, time.perf_counter() - wall)


def median(measured: Sequence[Spent]) -> Spent:
    """Take the median of each."""
    return Spent(statistics.median(one.cpu for one in measured), statistics.median(one.wall for one in measured))


def by_dlt(source: Mapping[str, Any]) -> Spent:
    """Let dlt load what the configuration of its rest_api source says; it measures itself, without its start."""
    environment = {**os.environ, "BENCH": json.dumps(source), "RUNTIME__DLTHUB_TELEMETRY": "false"}
    command = [dlt_python(), str(Path(__file__).with_name("load_by_dlt.py"))]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=1800)
    return Spent(**json.loads(done.stdout.splitlines()[-1]))


def peak() -> float:
    """Tell the largest resident size of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def growth(module: str, small: int, large: int, most: float) -> Iterator[Figure]:
    """Compare the memory of a benchmark's ``--resident``, told a number of contacts, in processes of their own."""
    peaks = []
    for contacts in (small, large):
        words = [sys.executable, "-m", module, "--contacts", str(contacts), "--resident"]
        done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=3600)
        peaks.append(float(done.stdout.splitlines()[-1]))
        yield Figure(f"memory of {contacts:,} contacts", round(peaks[-1]), "MB")
    yield Figure("growth", round(peaks[1] - peaks[0]), "MB", most)


def append(tables: Mapping[str, Iterable[Sequence[Record]]]) -> int:
    """Append pages of records (name to value) to a table of text each; gives the number of records."""
    total = 0
    with duckdb.connect() as duck:
        for name, pages in tables.items():
            created = False
            for batch in _batches(pages):
                total += len(batch)
                _append(duck, name, batch, created=created)
                created = True
    return total


def _batches(pages: Iterable[Sequence[Record]]) -> Iterator[list[Record]]:
    held: list[Record] = []
    for page in pages:
        held += page
        if len(held) >= BATCH:
            yield held
            held = []
    if held:
        yield held


def _append(duck: duckdb.DuckDBPyConnection, name: str, batch: Sequence[Record], *, created: bool) -> None:
    columns: dict[str, Any] = {
        column: arrow.Array([None if (v := one[column]) is None else str(v) for one in batch], type=TEXT)
        for column in batch[0]
    }
    duck.register("page", arrow.Table(columns))
    duck.execute(f"INSERT INTO {name} FROM page" if created else f"CREATE TABLE {name} AS FROM page")
    duck.unregister("page")


class Site:
    """One site over one connection pool, read with urllib3 and parsed with orjson."""

    def __init__(self, base: str, headers: Mapping[str, str]) -> None:
        self._base = base
        self._pool = urllib3.PoolManager(headers={**headers, "Accept-Encoding": "gzip, deflate"})

    def get(self, path: str) -> Any:
        """Fetch a JSON value."""
        return self._parsed(self._pool.request("GET", self._base + path))

    def post(self, path: str, body: object) -> Any:
        """Post a JSON value and give the answer."""
        headers = {**self._pool.headers, "Content-Type": "application/json"}
        return self._parsed(self._pool.request("POST", self._base + path, body=orjson.dumps(body), headers=headers))

    @staticmethod
    def _parsed(answer: urllib3.BaseHTTPResponse) -> Any:
        if answer.status >= 300:
            raise RuntimeError(answer.data[:500].decode())
        return orjson.loads(answer.data)
