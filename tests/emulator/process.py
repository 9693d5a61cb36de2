"""The emulator as its own process, and its control interface."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import requests


@dataclass(slots=True)
class Emulator:
    """A running emulator: what it printed when it was ready, and one session for all plain calls.

    `holds` names what it was last filled with; whoever may change it empties the name, so that the next one fills anew.
    """

    announced: dict[str, Any]
    pid: int
    session: requests.Session = field(default_factory=requests.Session)
    holds: str = ""
    token: str = ""

    def control(self, method: str, name: str, body: object = None, **query: str) -> Any:
        """Call the control interface; its JSON."""
        url = f"{self.announced['control']}/{name}"
        answer = self.session.request(method, url, json=body, params=query, timeout=10)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def fault(self, **rule: object) -> None:
        """Set one fault."""
        self.control("POST", "faults", rule)

    def settings(self, **changes: object) -> None:
        """Change settings of the Salesforce org."""
        self.control("POST", "limits", {"salesforce": changes})


@contextmanager
def running(*arguments: str) -> Iterator[Emulator]:
    """Start the emulator on free ports and end it afterwards."""
    command = [sys.executable, "-m", "connectors.emulator", "--port", "0", "--tls-port", "0", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        emulator = Emulator(json.loads(process.stdout.readline()), process.pid)
        emulator.session.trust_env = False
        try:
            yield emulator
        finally:
            emulator.session.close()
            process.terminate()
            process.wait(10)
