"""Measures the main job: one JSON object a line and figure, ``{"name", "value", "unit", "bar", "holds"}``.

`make bench` runs it. Wall times are whole processes on a warm environment, medians of `ROUNDS`; calls are counted by
the transport of each connection. A figure without a bar is there to be watched. Exit status 1 when a bar does not hold.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.bench.figures import Figure, shown

RAPPORT = str(Path(sys.executable).with_name("rapport"))
ROUNDS = 5

DEMO_SECONDS = 30.0
HELP_SECONDS = 0.4


def seconds(work: Callable[[], object]) -> float:
    """Time `work` once."""
    began = time.perf_counter()
    work()
    return round(time.perf_counter() - began, 3)


def command(*words: str) -> str:
    """Run the command line and give what it printed; a failure ends the benchmark."""
    return subprocess.run([RAPPORT, *words], capture_output=True, text=True, check=True, timeout=300).stdout


def help_time() -> Figure:
    """Time `rapport --help`, which imports as little as possible."""
    command("--help")
    return Figure(
        "help", statistics.median(seconds(lambda: command("--help")) for _ in range(ROUNDS)), "s", HELP_SECONDS
    )


def demo_figures(folder: Path) -> Iterator[Figure]:
    """Play the demo `ROUNDS` times for its wall time; the calls are those of the last."""
    times = [seconds(lambda: command("demo", "--once", "--folder", str(folder))) for _ in range(ROUNDS)]
    yield Figure("demo wall time", statistics.median(times), "s", DEMO_SECONDS)
    quiet, first = json.loads(command("-c", str(folder / "rapport.yaml"), "log", "--json"))
    yield from calls("first run", first)
    yield from calls("no-change run", quiet)


def calls(name: str, run: dict[str, Any]) -> Iterator[Figure]:
    """List the calls of a run: the total of each connection, then by endpoint."""
    for source, endpoints in run["report"]["calls"].items():
        yield Figure(f"{name}: {source} calls", sum(endpoints.values()), "calls")
        for endpoint, count in sorted(endpoints.items()):
            yield Figure(f"{name}: {source} {endpoint}", count, "calls")


def main() -> int:
    """Print every figure as soon as it is known."""
    with tempfile.TemporaryDirectory() as folder:
        return shown(figures(Path(folder) / "demo"))


def figures(folder: Path) -> Iterator[Figure]:
    """Measure everything."""
    yield help_time()
    yield from demo_figures(folder)


if __name__ == "__main__":
    sys.exit(main())
