"""Whole stories through the command line; the demo is run once and read by many tests."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

RAPPORT = Path(sys.executable).with_name("rapport")


@dataclass(frozen=True, slots=True)
class Result:
    """What a command came to."""

    code: int
    out: str
    err: str


def rapport(*words: str, cwd: Path | None = None, environment: Mapping[str, str] | None = None) -> Result:
    """Run the installed command line as a person would, with at most the environment that is handed in added."""
    known = {**os.environ, **(environment or {})}  # noqa: TID251 - a child process inherits it
    done = subprocess.run(
        [RAPPORT, *words], capture_output=True, text=True, cwd=cwd, env=known, timeout=180, check=False
    )
    return Result(done.returncode, done.stdout, done.stderr)


@dataclass(frozen=True, slots=True)
class Demo:
    """The demo after it was played once: its folder and what it printed. The emulator is gone."""

    folder: Path
    result: Result

    @property
    def config(self) -> str:
        """Name the settings file."""
        return str(self.folder / "rapport.yaml")

    def ask(self, *words: str) -> Result:
        """Run a command on the demo's results."""
        return rapport("-c", self.config, *words)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """Play the demo once."""
    folder = tmp_path_factory.mktemp("demo") / "state"
    return Demo(folder, rapport("demo", "--once", "--folder", str(folder)))


@pytest.fixture(scope="session")
def stage(demo: Demo) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the stage the demo left, with every derived table of its second run."""
    with duckdb.connect(str(demo.folder / "lumenworks.duckdb"), read_only=True) as connection:
        yield connection
