"""Foreign clients in their own processes, unmodified, told the emulator's addresses and nothing else."""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.contract.third_party import story

HERE = Path(__file__).parent
LOCK, MODULES = HERE / "package-lock.json", HERE / "node_modules"
REQUIRED, ENVIRONMENT = HERE / "dlt.txt", Path(sys.prefix) / "third-party-judges"
Judge = Callable[..., Any]
"""Takes a script of this folder and its arguments; gives the JSON it printed: what the client saw."""


@pytest.fixture(scope="module")
def told(emulator_process: dict[str, Any], first_limits: Any) -> Iterator[dict[str, Any]]:
    """Hand out what the emulator announced; afterwards it is as it was before."""
    yield emulator_process
    tell(emulator_process, "reset", {})
    tell(emulator_process, "clock", {"freeze": False})


def tell(told: dict[str, Any], what: str, body: object) -> None:
    """Say something to the control interface."""
    requests.post(f"{told['control']}/{what}", json=body, timeout=10).raise_for_status()


@pytest.fixture(scope="module")
def judge(told: dict[str, Any]) -> Judge:
    """Run a Python judge."""
    return lambda script, *arguments: visit([sys.executable, str(HERE / script), *arguments], told)


@pytest.fixture(scope="module")
def node_judge(told: dict[str, Any], node: str) -> Judge:
    """Run a Node judge."""
    return lambda script, *arguments: visit([node, str(HERE / script), *arguments], told)


def visit(command: list[str], told: dict[str, Any]) -> Any:
    """Tell the story anew and let one client come; it trusts the emulator's authority as it would a public one."""
    tell(told, "clock", {"freeze": True, "now": story.NOW})
    tell(told, "reset", {})
    tell(told, "seed", {"salesforce": story.SALESFORCE, "hubspot": story.HUBSPOT})
    tell(told, "limits", {"salesforce": {"page_size": story.PAGE}})
    authority = told["salesforce"]["ca"]
    environment = {
        **{name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")},
        "JUDGE": json.dumps(told),
        "NODE_EXTRA_CA_CERTS": authority,
        "REQUESTS_CA_BUNDLE": authority,
        "RUNTIME__DLTHUB_TELEMETRY": "false",
    }
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def dlt_judge(told: dict[str, Any], dlt: str) -> Judge:
    """Run a judge that needs dlt."""
    return lambda script, *arguments: visit([dlt, str(HERE / script), *arguments], told)


@pytest.fixture(scope="session")
def node() -> str:
    """Find Node and install the locked clients once for each lock file."""
    found, npm = shutil.which("node"), shutil.which("npm")
    if found is None or npm is None:
        pytest.skip("Node and npm are not on this machine: jsforce and @hubspot/api-client did not judge")
    with once(LOCK, MODULES) as needed:
        if needed:
            subprocess.run([npm, "ci", "--silent"], cwd=HERE, check=True, timeout=300)
    return found


@pytest.fixture(scope="session")
def dlt() -> str:
    """Hand out the Python that has dlt."""
    return dlt_python()


def dlt_python() -> str:
    """Install dlt once for each list, away from us: one of its libraries changes how requests reads JSON."""
    python = ENVIRONMENT / "bin" / "python"
    with once(REQUIRED, ENVIRONMENT) as needed:
        if needed:
            subprocess.run([sys.executable, "-m", "venv", "--clear", ENVIRONMENT], check=True, timeout=120)
            pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
            subprocess.run([*pip, "--requirement", str(REQUIRED)], check=True, timeout=300)
    return str(python)


@contextmanager
def once(wanted: Path, folder: Path) -> Iterator[bool]:
    """Say whether `folder` must be filled as the file `wanted` says; it is marked as done unless that fails.

    Of the processes that share the test files one fills it while the others wait.
    """
    digest, mark = hashlib.sha256(wanted.read_bytes()).hexdigest(), folder / ".made-of"
    with Path(sys.prefix, "third-party-judges.lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        needed = not mark.exists() or mark.read_text(encoding="utf-8") != digest
        yield needed
        if needed:
            mark.write_text(digest, encoding="utf-8")
