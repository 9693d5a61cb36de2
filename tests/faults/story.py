"""A small story that can be played again and again from the same moment, and what it left behind, by value.

Both CRMs are emulated in another process and stand at one frozen moment; a scene is a snapshot of them beside a copy of
the desk (settings, stage, ledger). The run is the product's own, put together by its composition root; the tests change
only how it waits: nothing sleeps, and a silent server is left after part of a second.
"""

import functools
import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import zip_longest
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import quote_plus

import duckdb
import pytest
import requests
import sqlalchemy as sa

from connectors.transport import Network
from mapping.metadata import FIELDS
from mapping.spec import load_rules
from sync import pipeline
from sync.app import EXPECTED, App
from sync.arrival import TABLES
from sync.demo import ORG, settings
from sync.journal import open_entries
from sync.ledger import APPLIED, JOURNAL, RUNS, TASKS
from sync.telemetry import silent
from tests.e2e import excerpt

NOON = datetime(2026, 3, 11, 12, tzinfo=UTC)
"""A Wednesday."""
DAY = 86_400
LATER = 10
"""Seconds of the CRMs between two runs: long enough for the index of a search, too short for a value to decay."""
READ_TIMEOUT = 3.0
"""Seconds until a silent server is left; a fault that hangs sets its own."""
ACCOUNTS = frozenset({"Kingsferry Parcel", "Obsidian Rail", "Ironwood Telecom"})
"""In both CRMs, with gaps in Salesforce, with gaps in HubSpot."""
OURS = ("Account", "Contact", "Task")
THEIRS = ("companies", "contacts", "tasks")
STAMPS = {
    *("SystemModstamp", "LastModifiedDate", "LastActivityDate", "LastViewedDate", "LastReferencedDate", "CreatedDate"),
    *("hs_lastmodifieddate", "lastmodifieddate", "hs_createdate", "createdate", "hubspot_owner_assigneddate"),
    *("attributes", "updatedAt", "createdAt"),
}
"""When something was touched, which a run that was disturbed may do at another second."""

Json = dict[str, Any]
State = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended: its status (or `failed`), what it said, and whether it left rows for the next one."""

    status: str
    said: str = ""
    error: type[BaseException] | None = None
    rejected: int = 0
    sent: int = 0

    @property
    def whole(self) -> bool:
        """Tell whether nothing is left to do."""
        return self.status in {"ok", "nothing"} and not self.rejected

    @property
    def clear(self) -> bool:
        """Tell whether it did everything, or says in words that it did not."""
        return self.status in {"ok", "nothing"} or (self.status == "incomplete" and len(self.said) > 20)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A kind of request that a run sends: vendor, method, path with everything of one call left out, and object."""

    vendor: str
    method: str
    path: str
    object: str = ""
    count: int = field(default=1, compare=False)

    def __str__(self) -> str:
        """Name it in a report."""
        return f"{self.method} {self.path}{f' {self.object}' if self.object else ''}"

    def aim(self) -> Json:
        """Aim a fault at it."""
        pattern = self.path.replace("{id}", "[^/]+")
        return {"vendor": self.vendor, "method": self.method, "path": f"^{pattern}$"} | (
            {"object": self.object} if self.object else {}
        )


def at_once(_seconds: float) -> None:
    """Stand in for a pause."""


@dataclass(slots=True)
class Stand:
    """The emulated CRMs as a test has them, and the folder of everything that is kept."""

    ready: Mapping[str, Any]
    place: Path
    fields: Mapping[str, Sequence[str]] = field(default_factory=dict)
    sleep: Callable[[float], None] = at_once
    """What the transport does where it would wait."""
    _ahead: float = 0.0
    _began: float = field(default_factory=time.time)

    # --- the CRMs ----------------------------------------------------------------------------------------------------

    def tell(self, method: str, what: str, body: object = None, **params: str) -> Any:
        """Speak to the control interface."""
        answer = requests.request(method, f"{self.ready['control']}/{what}", json=body, params=params, timeout=30)
        assert answer.ok, answer.text
        return answer.json()

    def salesforce(self, method: str, path: str, body: object = None) -> Any:
        """Call Salesforce as an administrator."""
        told = self.ready["salesforce"]
        pair = (told["client_id"], told["client_secret"])
        form = {"grant_type": "client_credentials"}
        token = requests.post(f"{told['http']}/services/oauth2/token", data=form, auth=pair, timeout=30).json()
        headers = {"Authorization": f"Bearer {token['access_token']}"}
        address = f"{told['http']}/services/data/v62.0{path}"
        answer = requests.request(method, address, json=body, headers=headers, timeout=30)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def query(self, soql: str) -> list[Json]:
        """Ask Salesforce."""
        found = self.salesforce("GET", f"/query?q={quote_plus(soql)}")
        assert found["done"]
        return list(found["records"])

    def hubspot(self, method: str, path: str, body: object = None) -> Any:
        """Call HubSpot with the portal's token."""
        told = self.ready["hubspot"]
        headers = {"Authorization": f"Bearer {told['token']}"}
        answer = requests.request(method, f"{told['url']}{path}", json=body, headers=headers, timeout=30)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def wait(self, seconds: float) -> None:
        """Let time pass in both CRMs and here."""
        self.tell("POST", "clock", {"advance": seconds})
        self._ahead += seconds

    def now(self) -> float:
        """Tell the time as the product reads it: that of the CRMs, moving on."""
        return NOON.timestamp() + self._ahead + time.time() - self._began

    def asked(self) -> int:
        """Count the requests that were carried out since the log was emptied."""
        return int(self.tell("GET", "requests", last="0")["total"])

    def settled(self, sent: int, patience: float | None = None) -> None:
        """Wait until the emulator has finished what was asked: somebody who hung up does not end it.

        Who was killed may have sent less than it meant to; then `patience` seconds are enough.
        """
        until = time.time() + (patience or 20)
        while self.asked() < sent:
            if time.time() > until:
                assert patience, "requests are lost"
                return

    # --- the scenes --------------------------------------------------------------------------------------------------

    @property
    def desk(self) -> Path:
        """Name the folder the run works in."""
        return self.place / "desk"

    def keep(self, scene: str) -> None:
        """Remember CRMs and desk as they are now."""
        self.tell("POST", "snapshot", {"folder": str(self.place / scene / "crm")})
        shutil.copytree(self.desk, self.place / scene / "desk", dirs_exist_ok=True)
        (self.place / scene / "ahead").write_text(str(self._ahead), encoding="utf-8")

    def begin(self, scene: str) -> None:
        """Put CRMs and desk back to what was kept, without faults and with an empty log."""
        self.tell("DELETE", "faults")
        self.tell("POST", "restore", {"folder": str(self.place / scene / "crm")})
        self.tell("GET", "requests", reset="true")
        shutil.rmtree(self.desk)
        shutil.copytree(self.place / scene / "desk", self.desk)
        self._ahead = float((self.place / scene / "ahead").read_text(encoding="utf-8"))

    def hand_all_to_jobs(self) -> None:
        """Set in the settings that no number of records is too small for a job of the Bulk API."""
        file = self.desk / "rapport.yaml"
        small = "vendor: salesforce\n        bulk_read_above: 0\n        bulk_write_above: 0\n"
        file.write_text(file.read_text(encoding="utf-8").replace("vendor: salesforce\n", small), encoding="utf-8")

    # --- running -----------------------------------------------------------------------------------------------------

    @contextmanager
    def app(self, timeout: float = READ_TIMEOUT) -> Iterator[App]:
        """Open the product on the desk, with a transport that never sleeps unless it is told how."""
        quick = functools.partial(Network, sleep=self.sleep, timeout=(2.0, timeout))
        with (
            mock.patch("connectors.salesforce.connector.Network", quick),
            mock.patch("connectors.hubspot.connector.Network", quick),
            mock.patch("sync.app.clock", self.now),
            mock.patch("sync.app.load_rules", _rules),
        ):
            app = App(self.desk / "rapport.yaml")
            try:
                yield app
            finally:
                app.ledger.close()

    def run(
        self, timeout: float = READ_TIMEOUT, work: Callable[[pipeline.Desk], pipeline.RunReport] = pipeline.run
    ) -> Ended:
        """Run once; an end in good order is told, anything else is raised."""
        try:
            with self.app(timeout) as app, app.desk(ORG, silent) as desk:
                return _ended(desk, work)
        except EXPECTED as error:
            return Ended("failed", str(error), type(error))

    def until_done(self, most: int = 5) -> list[Ended]:
        """Run again and again, as a schedule does, until there is nothing left to do."""
        ends: list[Ended] = []
        while not ends or ends[-1].status != "nothing":
            assert len(ends) < most, f"it never comes to an end: {ends}"
            self.wait(LATER)
            ends.append(self.run())
        return ends

    def meant_to_write(self) -> bool:
        """Tell whether the last run came as far as to note what it would write."""
        with self.app() as app, app.ledger.engine.connect() as database:
            last = sa.select(sa.func.max(RUNS.c.number)).scalar_subquery()
            return bool(database.execute(sa.select(sa.func.count()).where(JOURNAL.c.run == last)).scalar())

    def endpoints(self) -> list[Endpoint]:
        """List what was asked since the log was emptied; nobody writes this list by hand."""
        found: dict[Endpoint, int] = {}
        for entry in self.tell("GET", "requests", last="5000")["last"]:
            one = endpoint(entry)
            found[one] = found.get(one, 0) + 1
        named = sorted(found.items(), key=lambda pair: (pair[0].vendor, str(pair[0])))
        return [Endpoint(one.vendor, one.method, one.path, one.object, count) for one, count in named]

    # --- what is left behind -----------------------------------------------------------------------------------------

    def crm(self) -> State:
        """Read every record we write to, with all its fields and ties; a task of ours is known by its key."""
        state: dict[str, list[Json]] = {}
        for name in OURS:
            rows = self.query(f"SELECT {', '.join(self.fields[name])} FROM {name} ORDER BY Id")
            state[name] = [_clean(row, row.get("Rapport_Key__c"), row.get("Id")) for row in rows]
        for name in THEIRS:
            state[name] = [self._portal_row(row) for row in self._listed(name)]
        return {name: sorted(json.dumps(row, sort_keys=True) for row in rows) for name, rows in state.items()}

    def own_tasks(self) -> dict[str, str]:
        """Map the ids of our tasks to their keys."""
        here = self.query("SELECT Id, Rapport_Key__c FROM Task WHERE Rapport_Key__c != null")
        there = [one for one in self._listed("tasks") if one["properties"].get("rapport_key")]
        named = {str(one["id"]): one["properties"]["rapport_key"] for one in there}
        return {one["Id"]: one["Rapport_Key__c"] for one in here} | named

    def stage(self) -> State:
        """Read every staged row."""
        keys = self.own_tasks()
        state: dict[str, list[str]] = {}
        with duckdb.connect(str(self.desk / f"{ORG}.duckdb"), read_only=True) as connection:
            for name in TABLES:
                rows = connection.execute(f"SELECT * FROM {name}").fetchall()
                state[name] = sorted(repr(tuple(keys.get(str(value), value) for value in row)) for row in rows)
        return state

    def ledger(self) -> State:
        """Read what we remember of our own writes; which second a task was opened at is nobody's business."""
        keys = self.own_tasks()
        with self.app() as app:
            with app.ledger.engine.connect() as database:
                applied = [tuple(row) for row in database.execute(sa.select(APPLIED))]
                tasks = [dict(row) for row in database.execute(sa.select(TASKS)).mappings()]
            still = [repr(entry) for entry in open_entries(app.ledger, ORG)]
        known = [{**task, "id": keys.get(task["id"], task["id"]), "opened_at": None} for task in tasks]
        rows = sorted(repr(sorted(task.items())) for task in known)
        return {"applied": sorted(map(repr, applied)), "tasks": rows, "open": still}

    def everything(self) -> Mapping[str, State]:
        """Read all there is to compare."""
        return {"crm": self.crm(), "stage": self.stage(), "ledger": self.ledger()}

    def _listed(self, name: str) -> list[Json]:
        names = ",".join(self.fields[name])
        ties = "&associations=" + {"tasks": "contacts,companies", "contacts": "companies"}.get(name, "contacts")
        found = self.hubspot("GET", f"/crm/v3/objects/{name}?limit=100&properties={names}{ties}")
        assert "paging" not in found
        return list(found["results"])

    def _portal_row(self, row: Json) -> Json:
        ties = {
            kind: sorted({str(tie["id"]) for tie in told["results"]}) if kind != "tasks" else []
            for kind, told in row.get("associations", {}).items()
        }
        held = {name: value for name, value in row["properties"].items() if value is not None}
        return {**_clean(held, held.get("rapport_key"), row["id"]), "ties": ties}


def endpoint(entry: Json) -> Endpoint:
    """Tell which endpoint a request of the log went to."""
    from connectors.dialect import template

    words = entry["query"].replace("+", " ").replace("%20", " ").split()
    spoken = [words[place + 1] for place, word in enumerate(words[:-1]) if word.upper() == "FROM"]
    name = spoken[-1].partition("&")[0] if spoken and "/query" in entry["path"] else ""
    return Endpoint(entry["vendor"], entry["method"], template(entry["path"]), name)


def differences(found: Mapping[str, State], wanted: Mapping[str, State]) -> list[str]:
    """List what is lost, doubled or stale; empty when both are equal."""
    told: list[str] = []
    for part, tables in wanted.items():
        for table, rows in tables.items():
            mine = list(found[part][table])
            left = [row for row in rows if not _take(mine, row)]
            pairs = zip_longest(left, mine, fillvalue="nothing")
            told += [f"{part}.{table}: {_apart(old, new)}" for old, new in pairs]
    return told


def _apart(wanted: str, found: str) -> str:
    """Show two rows from where they differ."""
    same = next((place for place, (one, other) in enumerate(zip(wanted, found, strict=False)) if one != other), 0)
    start = max(0, same - 40)
    return f"wanted ...{wanted[start : start + 160]} but found ...{found[start : start + 160]} ({wanted[:60]})"


def _take(rows: list[str], row: str) -> bool:
    if row in rows:
        rows.remove(row)
        return True
    return False


def _clean(row: Json, key: str | None, record_id: object) -> Json:
    """Leave out what names no value of the record; our tasks are known by their key."""
    kept = {name: value for name, value in row.items() if name not in STAMPS}
    return {name: key if key and str(value) == str(record_id) else value for name, value in kept.items()}


def _ended(desk: pipeline.Desk, work: Callable[[pipeline.Desk], pipeline.RunReport]) -> Ended:
    desk.stage.connection.execute("SET threads TO 1")
    try:
        report = work(desk)
    except EXPECTED as error:
        return Ended("failed", str(error), type(error), sent=_sent(desk))
    said = f"{report.reason}: {report.message}"
    return Ended(report.status, said, None, report.written.get("rejected", 0), _sent(desk))


def _sent(desk: pipeline.Desk) -> int:
    return sum(sum(connector.calls().values()) for connector in desk.connectors.values())


_rules = functools.cache(load_rules)


def raise_curtain(ready: Mapping[str, Any], place: Path) -> Stand:
    """Set both CRMs to the beginning of the story, provision our fields and lay the desk."""
    stand = Stand(ready, place)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(excerpt, "ACCOUNTS", ACCOUNTS)
        seed = excerpt.write(place / "seed", NOON.timestamp())
    stand.tell("POST", "clock", {"freeze": True, "now": NOON.isoformat()})
    stand.tell("POST", "seed", {"name": str(seed)})
    free = {"ten_secondly_limit": 100_000, "association_limit": 100_000, "search_limit": 100_000}
    stand.tell("POST", "limits", {"hubspot": free})
    settings(stand.desk, ready)
    with stand.app() as app, app.connections(ORG) as connections:
        for connector in connections.values():
            list(connector.provision(FIELDS, dry_run=False))
    fields = {
        name: [one["name"] for one in stand.salesforce("GET", f"/sobjects/{name}/describe")["fields"]] for name in OURS
    }
    fields |= {
        name: [one["name"] for one in stand.hubspot("GET", f"/crm/v3/properties/{name}")["results"]] for name in THEIRS
    }
    stand.fields = fields
    stand.wait(LATER)
    return stand
