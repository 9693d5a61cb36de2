"""Foreign clients in their own processes, unmodified, told the emulator's addresses and nothing else."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.contract.third_party import story

HERE = Path(__file__).parent
MODULES, LOCK = HERE / "node_modules", HERE / "package-lock.json"
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


@pytest.fixture(scope="session")
def node() -> str:
    """Find Node and install the locked clients once for each lock file."""
    found, npm = shutil.which("node"), shutil.which("npm")
    if found is None or npm is None:
        pytest.skip("Node and npm are not on this machine: jsforce and @hubspot/api-client did not judge")
    lock = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    stamp = MODULES / ".of-lock"
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != lock:
        subprocess.run([npm, "ci", "--silent"], cwd=HERE, check=True, timeout=300)
        stamp.write_text(lock, encoding="utf-8")
    return found
