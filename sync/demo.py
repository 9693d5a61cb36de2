"""The demo: the main job, once, against an emulator that is started for it.

`rapport demo` (and `make demo`) calls `play`. What runs is what runs in production: the settings file beside the demo's
stores names two connections, and every byte goes over HTTP. Afterwards ``rapport -c FOLDER/rapport.yaml explain NAME``
and the other commands work on the results.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any, TextIO

import requests

from connectors.base import ProvisionStep
from mapping.metadata import FIELDS
from sync import pipeline, render, results
from sync.app import App, UsageError
from sync.pipeline import RunReport
from sync.telemetry import progress

ORG = "lumenworks"
"""The vendor of the demo story; see connectors/emulator/seeds/demo/README.md."""

Say = Callable[[Iterable[str]], None]


@contextmanager
def emulator(seed: str = "demo") -> Iterator[Mapping[str, Any]]:
    """Start an emulator as its own process, yield what its ready line says, end it afterwards."""
    command = [sys.executable, "-m", "connectors.emulator", "--port", "0", "--tls-port", "0", "--seed", seed]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            ready = process.stdout.readline() if process.stdout else ""
            if not ready:
                raise UsageError("the emulator ended before it was ready; start it alone to see why: rapport emulator")
            yield json.loads(ready)
        finally:
            process.terminate()


def running(address: str) -> Mapping[str, Any]:
    """Ask an emulator that runs already how to reach it; `address` is its base, for example http://127.0.0.1:8000."""
    try:
        answer = requests.get(f"{address.rstrip('/')}/_emulator/ready", timeout=10)
        answer.raise_for_status()
    except requests.RequestException as error:
        raise UsageError(f"no emulator answers at {address}; start one: rapport emulator --port 8000") from error
    return dict(answer.json())


def settings(folder: Path, ready: Mapping[str, Any]) -> Path:
    """Write the settings file and its secrets for an emulator that says it is ready; gives the file's path.

    What an earlier demo left in `folder` is removed; raises UsageError when something else is there.
    """
    template = files("sync").joinpath("demo.yaml").read_text(encoding="utf-8")
    _clear(folder, template.splitlines()[0])
    folder.mkdir(parents=True)
    secrets = {
        "salesforce-id": ready["salesforce"]["client_id"],
        "salesforce-secret": ready["salesforce"]["client_secret"],
        "hubspot-token": ready["hubspot"]["token"],
    }
    for name, secret in secrets.items():
        path = folder / name
        path.touch(mode=0o600)
        path.write_text(secret, encoding="utf-8")
    path = folder / "rapport.yaml"
    urls = {"salesforce_url": ready["salesforce"]["http"], "hubspot_url": ready["hubspot"]["url"]}
    path.write_text(Template(template).substitute(urls), encoding="utf-8")
    return path


def _clear(folder: Path, signature: str) -> None:
    """Remove an earlier demo, known by the first line of its settings, and nothing else."""
    if not folder.exists() or not any(folder.iterdir()):
        shutil.rmtree(folder, ignore_errors=True)
        return
    left = folder / "rapport.yaml"
    if not left.is_file() or not left.read_text(encoding="utf-8").startswith(signature):
        raise UsageError(f"{folder} holds something else than an earlier demo; choose another --folder")
    shutil.rmtree(folder)


def play(folder: Path, say: Say, stream: TextIO, *, once: bool, address: str | None = None) -> int:
    """Provision, run, show coverage and tasks, run again; gives the exit status.

    `say` prints lines of the answer, `stream` (standard error) gets the progress. Without `once` the emulator stays
    until the person at the terminal ends it; with an `address`, one that runs already is used.
    """
    with nullcontext(running(address)) if address else emulator() as ready:
        app = App(settings(folder, ready))
        say([f"An emulated Salesforce org and HubSpot portal listen at {ready['salesforce']['http']}."])
        say(_provisioned(app))
        first = _run(app, stream)
        say(render.report_lines(first))
        say(["", *render.coverage_lines(results.accounts(app.ledger, ORG))])
        say(["", *render.task_lines(results.opened_tasks(app.ledger, ORG, first.number))])
        second = _run(app, stream)
        say(["", f"second run: {sum(second.written.values())} changes"])
        say(_next_steps(app.config))
        if not once:
            _wait(say)
    return 0 if second.status == "nothing" else 1


def _provisioned(app: App) -> list[str]:
    with app.connections(ORG) as connections:
        return [
            _provision_line(source, list(connector.provision(FIELDS, dry_run=False)))
            for source, connector in connections.items()
        ]


def _provision_line(source: str, steps: list[ProvisionStep]) -> str:
    created = sum(step.done for step in steps)
    return f"Provisioned {source}: {created} of {len(steps)} steps were needed."


def _run(app: App, stream: TextIO) -> RunReport:
    with progress(stream) as shown, app.desk(ORG, shown) as desk:
        return pipeline.run(desk)


def _next_steps(config: Path) -> list[str]:
    return ["", "Look further:", f'  rapport -c {config} explain "NAME"', f"  rapport -c {config} status"]


def _wait(say: Say) -> None:
    """Keep the emulator for a person at a terminal; anybody else is done."""
    if sys.stdin.isatty():
        say(["", "The emulator keeps running for you to explore; Enter ends it."])
        sys.stdin.readline()
