"""Whole stories through the command line; the demo is run once and read by many tests."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import duckdb
import pytest
import requests

from sync.app import clock
from sync.demo import emulator, settings
from tests import exports as exporting
from tests.e2e import excerpt

RAPPORT = Path(sys.executable).with_name("rapport")


@dataclass(frozen=True, slots=True)
class Result:
    """What a command came to."""

    code: int
    out: str
    err: str


def rapport(*words: str, cwd: Path | None = None, environment: Mapping[str, str] | None = None) -> Result:
    """Run the installed command line as a person would, with at most the environment that is handed in added."""
    known = {**os.environ, **(environment or {})}
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


@dataclass(frozen=True, slots=True)
class Exported:
    """A person with exports of both CRMs instead of access to them, and a settings file that names them."""

    folder: Path

    def ask(self, *words: str) -> Result:
        """Run a command in the folder."""
        return rapport(*words, cwd=self.folder)


@pytest.fixture(scope="session")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Exported]:
    """Export the demo's CRMs in two forms: by internal names, and as zip and by labels."""
    place = tmp_path_factory.mktemp("exports")
    with emulator() as ready:
        exporting.touch_hubspot(ready["hubspot"])
        exporting.export_salesforce(ready["salesforce"], place / "plain" / "salesforce")
        exporting.export_hubspot(ready["hubspot"], place / "plain" / "hubspot")
        words = exporting.export_hubspot(ready["hubspot"], place / "other" / "hubspot", labelled=True)
    zipped = exporting.packed(shutil.copytree(place / "plain" / "salesforce", place / "other" / "WE_00DLW0000000001"))
    shutil.rmtree(zipped.with_suffix(""))
    folders = {form: {"hubspot": place / form / "hubspot"} for form in ("plain", "other")}
    exporting.file_settings(place / "plain", {**folders["plain"], "salesforce": place / "plain" / "salesforce"})
    exporting.file_settings(place / "other", {**folders["other"], "salesforce": zipped}, words)
    return {form: Exported(place / form) for form in folders}


@pytest.fixture(scope="session", params=["over HTTP", "plain", "other"])
def stage(request: pytest.FixtureRequest) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the stage a run of the demo story left with every derived table: over HTTP, and from two forms of export."""
    if request.param == "over HTTP":
        path = request.getfixturevalue("demo").folder / "lumenworks.duckdb"
    else:
        desk: Exported = request.getfixturevalue("exports")[request.param]
        planned = desk.ask("plan")
        assert planned.code in {0, 3}, planned.err
        path = desk.folder / "lumenworks.duckdb"
    with duckdb.connect(str(path), read_only=True) as connection:
        yield connection


class Crms:
    """Both emulated CRMs as a person with a browser has them: what the records hold, and changing them by hand."""

    def __init__(self, ready: Mapping[str, Any]) -> None:
        self.ready = ready
        self._base = ready["salesforce"]["http"]
        self._token = ""
        self._ahead = 0

    def reset(self) -> None:
        """Begin the story again, at the present moment."""
        self.wait(days=-self._ahead)
        requests.post(f"{self.ready['control']}/reset", timeout=30).raise_for_status()
        self._token = self._sign_in()
        self.forget_requests()

    def wait(self, days: int) -> None:
        """Let days pass in both CRMs; `reset` takes them back."""
        moved = requests.post(f"{self.ready['control']}/clock", json={"advance": days * 86_400}, timeout=30)
        moved.raise_for_status()
        self._ahead += days
        self._token = self._sign_in()

    def today(self, days: int = 0) -> str:
        """Name the CRMs' present day, or one so many days from it."""
        told = requests.get(f"{self.ready['control']}/clock", timeout=30).json()
        return (datetime.fromisoformat(told["now"]) + timedelta(days=days)).date().isoformat()

    def tasks(self) -> dict[str, dict[str, Any]]:
        """Read our tasks of both CRMs as they are there, by key; the record's id stands in ``id``."""
        fields = "Id, Rapport_Key__c, OwnerId, Status, ActivityDate, Description"
        here = self.query(f"SELECT {fields} FROM Task WHERE Rapport_Key__c != null")
        names = "rapport_key,hubspot_owner_id,hs_task_status,hs_timestamp,hs_task_body"
        there = self.hubspot("GET", f"/crm/v3/objects/tasks?limit=100&properties={names}")["results"]
        found = {one["Rapport_Key__c"]: {**one, "id": one["Id"]} for one in here}
        ours = [one for one in there if one["properties"]["rapport_key"]]
        return found | {one["properties"]["rapport_key"]: {**one["properties"], "id": one["id"]} for one in ours}

    def edit_hubspot(self, record: str, **properties: str) -> None:
        """Change a HubSpot record, given as type/id, by hand."""
        self.hubspot("PATCH", f"/crm/v3/objects/{record}", {"properties": properties})

    def forget_requests(self) -> None:
        """Empty the request log."""
        requests.get(f"{self.ready['control']}/requests", params={"reset": "true"}, timeout=30).raise_for_status()

    def writes(self) -> dict[str, int]:
        """Count the requests since the log was emptied that may have changed a record, by route."""
        log = requests.get(f"{self.ready['control']}/requests", timeout=30).json()
        reading = ("/search", "/batch/read", "/composite/batch", "/oauth")
        return {
            route: told["count"]
            for route, told in log["routes"].items()
            if not route.startswith("GET ") and not any(word in route for word in reading)
        }

    def merge(self, object_name: str, winner: str, loser: str) -> None:
        """Merge two Salesforce records, as a person does in its pages."""
        body = {"object": object_name, "winner": winner, "losers": [loser]}
        requests.post(f"{self.ready['control']}/merge", json=body, timeout=30).raise_for_status()

    def limit(self, vendor: str, **changes: object) -> None:
        """Change what a vendor allows; `reset` takes it back."""
        requests.post(f"{self.ready['control']}/limits", json={vendor: changes}, timeout=30).raise_for_status()

    def query(self, soql: str) -> list[dict[str, Any]]:
        """Ask Salesforce."""
        path = f"/services/data/v62.0/query?q={quote_plus(soql)}"
        return list(self.salesforce("GET", path)["records"])

    def salesforce(self, method: str, path: str, body: object = None) -> Any:
        """Call Salesforce as an administrator."""
        headers = {"Authorization": f"Bearer {self._token}"}
        answer = requests.request(method, self._base + path, json=body, headers=headers, timeout=30)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def edit(self, object_name: str, record: str, **values: object) -> None:
        """Change a Salesforce record by hand."""
        self.salesforce("PATCH", f"/services/data/v62.0/sobjects/{object_name}/{record}", values)

    def hubspot(self, method: str, path: str, body: object = None) -> Any:
        """Call HubSpot with the portal's token."""
        headers = {"Authorization": f"Bearer {self.ready['hubspot']['token']}"}
        answer = requests.request(method, self.ready["hubspot"]["url"] + path, json=body, headers=headers, timeout=30)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def _sign_in(self) -> str:
        credentials = self.ready["salesforce"]
        form = {"grant_type": "client_credentials"}
        both = (credentials["client_id"], credentials["client_secret"])
        answer = requests.post(f"{self._base}/services/oauth2/token", data=form, auth=both, timeout=30)
        answer.raise_for_status()
        return str(answer.json()["access_token"])


@pytest.fixture(scope="session")
def emulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crms]:
    """Start one emulator with an excerpt of the demo story for all stories."""
    seed = excerpt.write(tmp_path_factory.mktemp("seed") / "excerpt", clock())
    with emulator(str(seed)) as ready:
        yield Crms(ready)


@dataclass(frozen=True, slots=True)
class Desk:
    """A person with a settings file in a folder, and the CRMs it names."""

    folder: Path
    crms: Crms

    def ask(self, *words: str) -> Result:
        """Run a command in the folder."""
        return rapport(*words, cwd=self.folder)

    def rewrite(self, old: str, new: str) -> None:
        """Change the settings file."""
        path = self.folder / "rapport.yaml"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture
def desk(tmp_path: Path, emulated: Crms) -> Desk:
    """Begin the story again in a new folder, with the demo's settings; nothing is provisioned yet."""
    emulated.reset()
    settings(tmp_path / "desk", emulated.ready)
    return Desk(tmp_path / "desk", emulated)


@pytest.fixture
def provisioned(desk: Desk) -> Desk:
    """Create our fields, as RevOps does once."""
    assert desk.ask("provision").code == 0
    desk.crms.forget_requests()
    return desk
