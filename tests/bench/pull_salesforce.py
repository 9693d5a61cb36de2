"""Measures what a pull of Salesforce costs: one JSON object a line and figure, as `tests.bench.figures` writes them.

``python -m tests.bench.pull_salesforce [--contacts N] [--alone] [--memory]`` starts the emulator with a synthetic
organisation of N contacts (50,000) and as many activities and pulls it whole into a stage in memory, once by REST and
once by Bulk 2.0 jobs, beside: the floor of `tests.bench.floor` over the same pages; DuckDB's own `read_csv` over the
same results; simple-salesforce's own objects; and dlt's rest_api source, which lives in an environment of its own. The
last two read the first `SLICE` contacts only, dlt would take minutes. All in one run, medians of `ROUNDS`, one after
the other. CPU is that of the process that reads, without the emulator's; ratios are of CPU, rates of the wall.
``--memory`` compares the largest resident sizes of pulls of 100,000 and 1,000,000 contacts into a file instead. Exit
status 1 when a bar does not hold.
"""

import argparse
import json
import re
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory
from typing import Any
from urllib.parse import parse_qs, urlencode

import duckdb
import urllib3
from simple_salesforce.api import Salesforce as Library

from connectors.base import StreamEnd
from connectors.budget import parts
from connectors.open import open_connection
from connectors.options import SalesforceOptions
from connectors.salesforce.connector import Salesforce
from sync.stage import Stage
from tests.bench.emulated import emulator
from tests.bench.figures import Figure, shown
from tests.bench.floor import Record, Site, Spent, append, by_dlt, growth, median, peak, spent

CONTACTS, SLICE, ROUNDS = 50_000, 4_000, 5
SMALL, LARGE = 100_000, 1_000_000
REST_RATIO, BULK_RATIO, OVER_DLT, CALLS_RATIO, GROWTH_MB = 1.6, 1.5, 20.0, 1.02, 200.0
# What the profile of a bulk pull says (50,000 contacts, 163,800 records, 0.85 s CPU; floor 0.5 s, half of it types
# that DuckDB guesses): a third does not grow with the records (52 calls for the floor's ten, some 400 statements); of
# the rest fetching is a sixth, our `read_csv` a quarter, views and Arrow a third, the stage a quarter.
NEVER, ALWAYS = 1_000_000_000, 0
DATA = "/services/data/v62.0"
CALLS = Path(__file__).parents[2] / "docs" / "calls-salesforce.md"
BESIDE = frozenset({"EmailMessageRelation", "TaskRelation", "EventRelation"})
"""Objects of which a pull by jobs counts the records first."""


@dataclass(slots=True)
class Organisation:
    """The emulated organisation; `token` is a session of its own."""

    told: Mapping[str, Any]
    control: str
    token: str
    read: int = 0
    calls: int = 0
    _net: urllib3.PoolManager = field(default_factory=urllib3.PoolManager)

    @property
    def headers(self) -> dict[str, str]:
        """Give the headers of a query."""
        return {"Authorization": f"Bearer {self.token}", "Sforce-Query-Options": "batchSize=2000"}

    def connect(self, above: int) -> Salesforce:
        """Open a connection that reads more records than `above` by a job."""
        auth = {"flow": "client_credentials", "client_id": "env:client_id", "client_secret": "env:client_secret"}
        described = {"vendor": "salesforce", "url": self.told["http"], "auth": auth, "bulk_read_above": above}
        options = SalesforceOptions.model_validate(described)
        found = open_connection("crm", options, lambda name: str(self.told[name[4:]]), time.time)
        if not isinstance(found, Salesforce):
            raise TypeError
        return found

    def pull(self, above: int) -> None:
        """Pull everything into a new stage, foreseen as every run does."""
        connector = self.connect(above)
        connector.check()
        connector.forecast({})
        with Stage(":memory:") as stage:
            ends = {end.stream: end for end in stage.take("crm", connector.pull({}))}
        self.read = sum(end.read for end in ends.values() if isinstance(end, StreamEnd))
        self.calls = sum(connector.calls().values())
        connector.close()

    def asked(self) -> list[Mapping[str, Any]]:
        """List what was asked since the last time, oldest first."""
        address = f"{self.control}/requests?last=5000&reset=true"
        found: list[Mapping[str, Any]] = self._net.request("GET", address).json()["last"]
        return found

    def count(self, statements: Mapping[str, str]) -> dict[str, int]:
        """Count what queries find, by object."""
        found = {}
        for name, query in statements.items():
            asked = parse_qs(query)["q"][0].partition(" FROM ")[2].partition(" ORDER BY ")[0]
            body = self.get(f"{DATA}/queryAll?{urlencode({'q': f'SELECT COUNT() FROM {asked}'})}")
            found[name] = int(json.loads(body)["totalSize"])
        return found

    def get(self, path: str) -> bytes:
        """Fetch an answer as it is."""
        return self._net.request(
            "GET", self.told["http"] + path, headers={**self.headers, "Accept-Encoding": "gzip"}
        ).data


def pages(site: Site, statement: str) -> Iterator[Sequence[Record]]:
    """Follow a query to its end."""
    path: str | None = f"{DATA}/queryAll?{statement}"
    while path:
        page = site.get(path)
        yield [{name: value for name, value in one.items() if name != "attributes"} for one in page["records"]]
        path = page.get("nextRecordsUrl")


def rest_floor(organisation: Organisation, statements: Mapping[str, str]) -> None:
    """Read the same pages and append them."""
    site = Site(organisation.told["http"], organisation.headers)
    append({name: pages(site, statement) for name, statement in statements.items()})


def bulk_floor(organisation: Organisation, results: Sequence[str]) -> None:
    """Fetch the same results and read them with DuckDB's own reader into tables."""
    with duckdb.connect() as duck:
        duck.execute("SET threads TO 1")
        for number, path in enumerate(results):
            with NamedTemporaryFile(suffix=".csv") as file:
                file.write(organisation.get(path))
                file.flush()
                duck.execute(f"CREATE TABLE t{number} AS FROM READ_CSV('{file.name}')")


def library(organisation: Organisation, query: str) -> None:
    """Read contacts into simple-salesforce's own objects."""
    host = str(organisation.told["http"])
    client = Library(instance_url=host, session_id=organisation.token, version="62.0")
    client.base_url, client.headers = f"{host}{DATA}/", {**client.headers, **organisation.headers}
    found = client.query(query)
    while not found["done"]:  # its own query_more insists on https
        found = client.restful(str(found["nextRecordsUrl"]).removeprefix(f"{DATA}/"))


def dlt(organisation: Organisation, query: str) -> Spent:
    """Let dlt load contacts, following nextRecordsUrl, which is a path and no whole address."""
    client = {
        "base_url": f"{organisation.told['http']}{DATA}/",
        "headers": {"Sforce-Query-Options": "batchSize=2000"},
        "auth": {"type": "bearer", "token": organisation.token},
        "paginator": {"type": "json_link", "next_url_path": "nextRecordsUrl"},
    }
    endpoint = {"path": "queryAll", "params": {"q": query}, "data_selector": "records"}
    return by_dlt({"client": client, "resources": [{"name": "contacts", "endpoint": endpoint}]})


def figures(organisation: Organisation, *, alone: bool) -> Iterator[Figure]:
    """Measure both ways against their floors, then the others."""
    rates, rows = {}, dict[str, int]()
    for way, above, bar in (("REST", NEVER, REST_RATIO), ("Bulk 2.0", ALWAYS, BULK_RATIO)):
        organisation.asked()
        organisation.pull(above)
        asked = organisation.asked()
        rows = rows or organisation.count(_statements(asked))
        stated = _stated(rows, by_job=not above)
        floor = partial(bulk_floor, organisation, _results(asked)) if not above else None
        floor = floor or partial(rest_floor, organisation, _statements(asked))
        both = _both(partial(organisation.pull, above), floor)
        rates[way] = both[0].cpu / organisation.read
        yield from _told(way, organisation, both, bar, stated)
    if not alone:
        (query,) = parse_qs(_statements(_asked_by_rest(organisation))["Contact"])["q"]
        yield from _others(organisation, f"{query} LIMIT {SLICE}", rates["REST"])


def _both(pull: Callable[[], None], floor: Callable[[], None]) -> tuple[Spent, Spent]:
    pulls, floors = [], []
    for _ in range(ROUNDS):
        floors.append(spent(floor))
        pulls.append(spent(pull))
    return median(pulls), median(floors)


def _stated(rows: Mapping[str, int], *, by_job: bool) -> int:
    """Count the calls that docs/calls-salesforce.md allows for so many records of each object."""
    told = re.findall(r"^\| (describes|since|run) \| (\d+) \|", CALLS.read_text("utf-8"), re.MULTILINE)
    fixed = sum(int(calls) for _, calls in told)
    if not by_job:
        return fixed + sum(max(1, parts(found, 2_000)) for found in rows.values())
    jobs = sum(2 + parts(found, 100_000) if found else 1 for found in rows.values())
    return fixed + jobs + sum(name in BESIDE for name in rows)


def _told(way: str, organisation: Organisation, both: tuple[Spent, Spent], bar: float, stated: int) -> Iterator[Figure]:
    pull, least = both
    yield Figure(f"{way}: records read", organisation.read, "records")
    yield Figure(f"{way}: pull into the stage", round(organisation.read / pull.wall), "records/s")
    yield Figure(f"{way}: floor", round(least.cpu, 3), "s CPU")
    yield Figure(f"{way}: pull into the stage", round(pull.cpu, 3), "s CPU")
    yield Figure(f"{way}: pull / floor", round(pull.cpu / least.cpu, 2), "x", bar)
    yield Figure(f"{way}: calls of a whole pull", organisation.calls, "calls")
    ratio = organisation.calls / stated
    yield Figure(f"{way}: calls / pages and fixed calls", round(ratio, 3), "x", CALLS_RATIO)


def _others(organisation: Organisation, query: str, ours: float) -> Iterator[Figure]:
    clients = median([spent(partial(library, organisation, query)) for _ in range(ROUNDS)])
    loads = median([dlt(organisation, query) for _ in range(ROUNDS)])
    for name, taken, bar in (("simple-salesforce's objects, in no table", clients, None), ("dlt", loads, OVER_DLT)):
        yield Figure(f"{name}: contacts", round(SLICE / taken.wall), "records/s")
        yield Figure(f"{name}: CPU of a record / ours", round(taken.cpu / SLICE / ours, 1), "x", bar, least=True)


def _asked_by_rest(organisation: Organisation) -> list[Mapping[str, Any]]:
    organisation.pull(NEVER)
    return organisation.asked()


def _statements(asked: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Give the queries that read records, and do not count them, by object."""
    found: dict[str, str] = {}
    counts: defaultdict[str, int] = defaultdict(int)
    for one in asked:
        if one["path"].rstrip("/").endswith("/queryAll"):
            query = parse_qs(one["query"])["q"][0]
            name = query.partition(" FROM ")[2].split()[0]
            counts[name] += 1
            if "COUNT()" not in query and "LIMIT 1" not in query:
                found[name if counts[name] == 1 else f"{name}{counts[name]}"] = str(one["query"])
    return found


def _results(asked: Sequence[Mapping[str, Any]]) -> list[str]:
    return [f"{one['path']}?{one['query']}" for one in asked if one["path"].endswith("/results")]


@contextmanager
def organised(contacts: int, activities: int) -> Iterator[Organisation]:
    """Start the emulator with so many of each in Salesforce alone, which has half of them."""
    with emulator(2 * contacts, 2 * activities) as found:
        yield Organisation(found.told["salesforce"], found.told["control"], found.salesforce_token())


def measure_resident(contacts: int) -> float:
    """Pull once into a file, by jobs where there are many, and tell the largest resident size of this process in MB."""
    with organised(contacts, 100) as organisation, TemporaryDirectory() as folder:
        connector = organisation.connect(50_000)
        connector.check()
        with Stage(Path(folder, "stage.duckdb")) as stage:
            for _ in stage.take("crm", connector.pull({})):
                pass
        connector.close()
    return peak()


def main() -> int:
    """Print every figure."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--contacts", type=int, default=CONTACTS)
    asked.add_argument("--alone", action="store_true", help="leave the client's objects and dlt out")
    asked.add_argument("--memory", action="store_true", help="compare memory only")
    asked.add_argument("--resident", action="store_true", help=argparse.SUPPRESS)
    wanted = asked.parse_args()
    if wanted.resident:
        sys.stdout.write(f"{measure_resident(wanted.contacts)}\n")
        return 0
    if wanted.memory:
        return shown(growth("tests.bench.pull_salesforce", SMALL, LARGE, GROWTH_MB))
    with organised(wanted.contacts, wanted.contacts) as organisation:
        return shown(figures(organisation, alone=wanted.alone))


if __name__ == "__main__":
    sys.exit(main())
