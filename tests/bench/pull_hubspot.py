"""Measures what a pull of HubSpot costs: one JSON object a line and figure, as `tests.bench.figures` writes them.

``python -m tests.bench.pull_hubspot [--contacts N] [--rounds N]`` starts an emulator with a synthetic portal of so many
contacts (50,000 unless said) and hardly any activity, and pulls it whole into a stage in memory. Beside it three others
read the same records with the same properties and associations: the floor of `tests.bench.floor` over the same pages,
hubspot-api-client's own objects over the same pages, and dlt's rest_api source, which lives in a virtual environment of
its own. dlt takes the associations of contacts and deals from the lists, since its source asks for no thousand records
at once. Rates are records a second on the wall, in which the emulator's own time counts for each of them alike; CPU is
this process's (dlt's: that of its process, without its start); medians of `ROUNDS`. ``--memory`` compares the memory of
a pull of 100,000 contacts into a file with that of 1,000,000 instead. Exit status 1 when a bar does not hold.
"""

import argparse
import math
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import parse_qs, urlsplit

import hubspot

from connectors.base import Connector
from connectors.open import open_connection
from connectors.options import HubSpotOptions
from mapping.metadata import FIELDS
from sync.stage import Stage
from tests.bench.emulated import Emulated, emulator
from tests.bench.figures import Figure, shown
from tests.bench.floor import Record, Site, Spent, append, by_dlt, growth, median, peak, spent

CONTACTS, ROUNDS = 50_000, 5
ACTIVITIES = 200
SMALL, LARGE = 100_000, 1_000_000
"""Contacts of the portals whose memory is compared."""
PAGE, TIES = 100, 1_000
FIXED = 40
"""Calls that do not grow with the records: see docs/calls-hubspot.md."""
CPU_RATIO, OVER_CLIENT, OVER_DLT, CALLS_RATIO, GROWTH_MB = 1.6, 6.0, 20.0, 1.02, 200.0
TIED: Mapping[str, Sequence[str]] = {"contacts": ("companies",), "deals": ("companies", "contacts")}
"""Objects whose associations are read with their labels, and the other ends; those of engagements come in the lists."""
Told = Mapping[str, Any]


@contextmanager
def portal(contacts: int) -> Iterator[Emulated]:
    """Run an emulator whose portal holds `contacts` people and our fields, as every portal that is pulled does.

    Half of the people an emulator is asked for are in Salesforce.
    """
    with emulator(2 * contacts, ACTIVITIES) as found:
        found.unlimited()
        connection = connect(found.told)
        list(connection.provision(FIELDS, dry_run=False))
        connection.close()
        yield found


def connect(told: Told) -> Connector:
    """Open our connection to the portal."""
    portal = told["hubspot"]
    auth = {"flow": "token", "access_token": "env:token"}
    options = HubSpotOptions.model_validate({"vendor": "hubspot", "url": portal["url"], "auth": auth})
    return open_connection("crm", options, lambda name: str(portal[name[4:]]), time.time)


def pull(told: Told, path: str | Path = ":memory:") -> Mapping[str, Any]:
    """Pull the portal into a new stage, in memory unless told where; tells the records read and the calls sent."""
    connection = connect(told)
    try:
        with Stage(path) as stage:
            read = {end.stream: end.read for end in stage.take("crm", connection.pull({}))}
        return {"read": read, "calls": dict(connection.calls())}
    finally:
        connection.close()


def lists(told: Told) -> Mapping[str, str]:
    """Map each object type that a pull listed to the path and query of its first page."""
    asked = Site(told["control"], {}).get("/requests?last=5000")["last"]
    read = [one for one in asked if one["method"] == "GET" and "/objects/" in one["path"] and one["status"] == 200]
    return {one["path"].rpartition("/")[2]: f"{one['path']}?{one['query']}" for one in reversed(read)}


def parameters(told: Told) -> Mapping[str, Mapping[str, Sequence[str]]]:
    """Map each object type that a pull listed to the properties and associations it asked for."""
    return {
        name: {key: ",".join(values).split(",") for key, values in parse_qs(urlsplit(first).query).items()}
        for name, first in lists(told).items()
    }


class Floor:
    """The same pages, fetched and appended and nothing else."""

    def __init__(self, told: Told) -> None:
        self._site = Site(told["hubspot"]["url"], {"Authorization": f"Bearer {told['hubspot']['token']}"})
        self._first = lists(told)

    def read(self) -> int:
        """Read every list, then the associations of contacts and deals."""
        ids: dict[str, list[str]] = {}
        tables: dict[str, Iterator[Sequence[Record]]] = {}
        for name, first in self._first.items():
            tables[name] = self._list(first, ids.setdefault(name, []))
        for name, others in TIED.items():
            for other in others:
                tables[f"{name}_{other}"] = self._ties(name, other, ids[name])
        return append(tables)

    def _list(self, path: str | None, ids: list[str]) -> Iterator[Sequence[Record]]:
        first = path
        while path:
            page = self._site.get(path)
            ids += [one["id"] for one in page["results"]]
            yield [one["properties"] for one in page["results"]]
            after = page.get("paging", {}).get("next", {}).get("after")
            path = f"{first}&after={after}" if after else None

    def _ties(self, name: str, other: str, ids: Sequence[str]) -> Iterator[Sequence[Record]]:
        for start in range(0, len(ids), TIES):
            asked = {"inputs": [{"id": one} for one in ids[start : start + TIES]]}
            page = self._site.post(f"/crm/associations/2026-09/{name}/{other}/batch/read", asked)
            yield [{"from": one["from"]["id"], "to": tie["toObjectId"]} for one in page["results"] for tie in one["to"]]


def client_objects(told: Told, asked: Mapping[str, Mapping[str, Sequence[str]]]) -> None:
    """Read lists and associations as users of hubspot-api-client do, with its objects."""
    crm = hubspot.HubSpot(access_token=told["hubspot"]["token"], host=told["hubspot"]["url"]).crm
    ids = {name: [one.id for one in client_list(crm, name, kept)] for name, kept in asked.items()}
    for name, others in TIED.items():
        for start in range(0, len(ids[name]), TIES):
            inputs = [{"id": one} for one in ids[name][start : start + TIES]]
            for other in others:
                crm.associations.v4.batch_api.get_page(name, other, {"inputs": inputs})


def client_list(crm: Any, name: str, asked: Mapping[str, Sequence[str]]) -> Iterator[Any]:
    """Page through the objects of a type."""
    after, kept = None, {key: list(asked[key]) for key in ("properties", "associations") if key in asked}
    while True:
        page = crm.objects.basic_api.get_page(name, limit=PAGE, after=after, **kept)
        yield from page.results
        if page.paging is None:
            return
        after = page.paging.next.after


def dlt(told: Told, asked: Mapping[str, Mapping[str, Sequence[str]]]) -> Spent:
    """Let dlt load the same records; the associations of contacts and deals come in its lists."""
    wanted = {
        name: {**kept, "associations": TIED.get(name) or kept.get("associations", ())} for name, kept in asked.items()
    }
    client = {
        "base_url": told["hubspot"]["url"],
        "auth": {"type": "bearer", "token": told["hubspot"]["token"]},
        "paginator": {"type": "cursor", "cursor_path": "paging.next.after", "cursor_param": "after"},
    }
    return by_dlt({"client": client, "resources": [_resource(name, kept) for name, kept in wanted.items()]})


def _resource(name: str, kept: Mapping[str, Sequence[str]]) -> Mapping[str, Any]:
    chosen = {key: ",".join(kept[key]) for key in ("properties", "associations") if kept.get(key)}
    endpoint = {"path": f"crm/v3/objects/{name}", "params": {"limit": PAGE, **chosen}, "data_selector": "results"}
    return {"name": name, "endpoint": endpoint}


def figures(contacts: int, rounds: int, *, others: bool) -> Iterator[Figure]:
    """Measure all of them in turns, so that a busy machine slows each alike."""
    with portal(contacts) as found:
        told = found.told
        done = pull(told)
        records = sum(done["read"].values())
        floor, asked = Floor(told), parameters(told)
        yield from calls(done)
        pulls, floors, clients, loads = [], [], [], []
        for _ in range(rounds):
            floors.append(spent(floor.read))
            pulls.append(spent(lambda: pull(told)))
            if others:
                clients.append(spent(lambda: client_objects(told, asked)))
                loads.append(dlt(told, asked))
        ours, least = median(pulls), median(floors)
        yield Figure("records of a whole pull", records, "records")
        yield Figure("floor", round(least.cpu, 3), "s CPU")
        yield Figure("pull into the stage", round(ours.cpu, 3), "s CPU")
        yield Figure("pull / floor", round(ours.cpu / least.cpu, 2), "x CPU", CPU_RATIO)
        yield Figure("floor", round(records / least.wall), "records/s")
        yield Figure("pull into the stage", round(records / ours.wall), "records/s")
        for name, measured, bar in (("hubspot-api-client", clients, OVER_CLIENT), ("dlt", loads, OVER_DLT)):
            if measured:
                theirs = median(measured)
                yield Figure(name, round(theirs.cpu, 3), "s CPU")
                yield Figure(name, round(records / theirs.wall), "records/s")
                yield Figure(f"pull / {name}", round(theirs.wall / ours.wall, 1), "x", bar, least=True)
                yield Figure(f"pull / {name}", round(theirs.cpu / ours.cpu, 1), "x CPU")


def calls(done: Mapping[str, Any]) -> Iterator[Figure]:
    """Compare the calls with what the pages alone ask for."""
    read = done["read"]
    ties = math.ceil(read["contacts"] / TIES) + 2 * math.ceil(read["deals"] / TIES)
    needed = sum(math.ceil(count / PAGE) for count in read.values()) + ties
    sent = sum(done["calls"].values())
    yield Figure("calls of a whole pull", sent, "calls", math.floor(CALLS_RATIO * needed) + FIXED)


def main() -> int:
    """Print every figure."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--contacts", type=int, default=CONTACTS)
    asked.add_argument("--rounds", type=int, default=ROUNDS)
    asked.add_argument("--memory", action="store_true")
    asked.add_argument("--alone", action="store_true", help="leave the client's objects and dlt out")
    asked.add_argument("--resident", action="store_true", help=argparse.SUPPRESS)
    told = asked.parse_args()
    if told.resident:
        with portal(told.contacts) as found, TemporaryDirectory() as folder:
            pull(found.told, Path(folder, "stage.duckdb"))
        sys.stdout.write(f"{peak()}\n")
        return 0
    if told.memory:
        return shown(growth("tests.bench.pull_hubspot", SMALL, LARGE, GROWTH_MB))
    return shown(figures(told.contacts, told.rounds, others=not told.alone))


if __name__ == "__main__":
    sys.exit(main())
