"""The emulator that all suites but its own share: one process, put back into its first state after each test."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Generator, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from hypothesis import settings

settings.register_profile("rapport", deadline=None, derandomize=True)
settings.load_profile("rapport")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let `make faults` take every cell of the fault matrix instead of a seeded choice."""
    parser.addoption("--cells", type=int, default=14, help="cells of a scene (tests/faults); 0 for all")
    parser.addoption("--deaths", type=int, default=4, help="moments of death (tests/faults)")
    parser.addoption("--sequences", type=int, default=2, help="sequences of troubles (tests/faults)")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let a skipped test fail where everything it needs must be there: under `CI=true`."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("CI") == "true":
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome, report.longrepr = "failed", f"skipped, which CI does not allow: {reason}"
    return report


@pytest.fixture(scope="session")
def emulator_process() -> Iterator[dict[str, Any]]:
    """Start the emulator as the stranger it is; yields the line of addresses and credentials it prints."""
    command = [sys.executable, "-m", "connectors.emulator", "--port", "0", "--tls-port", "0", "--seed", "empty"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
        process.terminate()


@pytest.fixture(scope="session")
def first_limits(emulator_process: dict[str, Any]) -> Any:
    """Note how the switches stand before any test turns one."""
    return requests.get(f"{emulator_process['control']}/limits", timeout=10).json()


@pytest.fixture
def emulator(emulator_process: dict[str, Any], first_limits: Any) -> Iterator[dict[str, Any]]:
    """Lend the emulator to a test; afterwards it has no faults, its first switches and the time of the wall."""
    yield emulator_process
    control = emulator_process["control"]
    now = datetime.fromtimestamp(time.time(), UTC).isoformat()
    requests.delete(f"{control}/faults", timeout=10).raise_for_status()
    requests.post(f"{control}/clock", json={"freeze": False, "now": now}, timeout=10).raise_for_status()
    requests.post(f"{control}/limits", json=first_limits, timeout=10).raise_for_status()
