"""The emulator as benchmarks run it: a process of its own with a synthetic CRM that is made once and kept."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

RNG = 1
CACHE = Path.home() / ".cache" / "rapport" / "synthetic"


@dataclass(frozen=True, slots=True)
class Emulated:
    """A running emulator: what it announced, its process id and the seconds it took to start."""

    told: Mapping[str, Any]
    pid: int
    seconds: float

    def unlimited(self) -> None:
        """Take the vendors' limits away."""
        names = ("ten_secondly_limit", "daily_limit", "search_limit", "association_limit", "association_daily_limit")
        settings = {"salesforce": {"daily_limit": 10**9}, "hubspot": dict.fromkeys(names, 10**9)}
        requests.post(f"{self.told['control']}/limits", json=settings, timeout=30).raise_for_status()

    def salesforce_token(self) -> str:
        """Log in to Salesforce by client credentials."""
        keys = self.told["salesforce"]
        form, auth = {"grant_type": "client_credentials"}, (keys["client_id"], keys["client_secret"])
        answer = requests.post(f"{keys['http']}/services/oauth2/token", data=form, auth=auth, timeout=30)
        return str(answer.json()["access_token"])


@contextmanager
def emulator(contacts: int, activities: int) -> Iterator[Emulated]:
    """Run an emulator with so many of each in both CRMs together: each has half of them."""
    size = ["--contacts", str(contacts), "--activities", str(activities), "--rng", str(RNG), "--cache", str(CACHE)]
    command = [sys.executable, "-m", "connectors.emulator", "--port", "0", "--tls-port", "0", "--seed", "synthetic"]
    began = time.perf_counter()
    with subprocess.Popen([*command, *size], stdout=subprocess.PIPE, text=True) as process:
        if process.stdout is None:
            raise RuntimeError("the emulator says nothing")
        try:
            told = json.loads(process.stdout.readline())
            yield Emulated(told, process.pid, round(time.perf_counter() - began, 2))
        finally:
            process.terminate()
            process.wait(10)
