"""Measures what a pull of Salesforce costs: one JSON object a line and figure, as `tests.bench.main_job` prints them.

``python tests/bench/pull_salesforce.py [CONTACTS]`` fills an emulator with a made-up organisation and pulls it whole,
once by REST and once by Bulk 2.0 jobs, into a stage in memory. Figures are CPU seconds of this process, medians of
`ROUNDS`, and their ratio to a floor: the same answers fetched with urllib3 and, by REST, parsed with orjson and
appended to DuckDB tables of text, by jobs read with DuckDB's own CSV reader into tables. Exit status 1 when a bar does
not hold.
"""

import gc
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from tempfile import NamedTemporaryFile
from typing import Any
from urllib.parse import parse_qs

import arro3.core as arrow
import duckdb
import orjson
import urllib3

from connectors.open import open_connection
from connectors.options import SalesforceOptions
from connectors.salesforce.soql import id18
from sync.stage import Stage
from tests.bench.main_job import Figure

CONTACTS = 40_000
ROUNDS = 5
REST_RATIO, BULK_RATIO = 1.6, 1.5
NEVER, ALWAYS = 1_000_000_000, 0
DATA = "/services/data/v62.0"
TEXT = arrow.DataType.string()
NET = urllib3.PoolManager()


def record_id(prefix: str, number: int) -> str:
    """Make the identifier of the nth record of an object."""
    return id18(f"{prefix}{number:012d}")


def organisation(contacts: int) -> dict[str, Any]:
    """Make up an organisation: ten contacts an account, one activity of each kind for every other contact."""
    people = [
        {
            "Id": record_id("003", number),
            "FirstName": f"Zoë {number}",
            "LastName": f'Ng "{number}"',
            "Email": f"P{number}@acme-{number // 10}.example",
            "Title": ("Head of Operations", "Chief Financial Officer", "Analyst, Planning")[number % 3],
            "Department": "Operations" if number % 2 else None,
            "AccountId": record_id("001", number // 10),
        }
        for number in range(contacts)
    ]
    accounts = [
        {
            "Id": record_id("001", number),
            "Name": f"Acme {number}",
            "Website": f"https://www.acme-{number}.example/en",
            "Type": "Customer - Direct" if number % 3 else "Prospect",
            "NumberOfEmployees": number * 7,
        }
        for number in range(contacts // 10 + 1)
    ]
    tasks = [
        {
            "Id": record_id("00T", number),
            "Subject": f"Call {number}",
            "TaskSubtype": "Call",
            "CallType": "Outbound",
            "CallDurationInSeconds": number % 900,
            "Status": "Completed",
            "ActivityDate": f"2026-{number % 10 + 1:02d}-{number % 28 + 1:02d}",
            "WhoId": record_id("003", number * 2),
            "WhatId": record_id("001", number // 5),
        }
        for number in range(contacts // 2)
    ]
    records = {"Account": accounts, "Contact": people, "Task": tasks}
    return {"salesforce": {"features": {"shared_activities": False}, "records": records}}


def cpu(work: Callable[[], object]) -> float:
    """Measure the CPU seconds of `work`, once."""
    gc.collect()
    began = time.process_time()
    work()
    return time.process_time() - began


class Emulated:
    """The emulator with the organisation in it."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        self._told = told["salesforce"]
        self._control = told["control"]

    def load(self, seed: Mapping[str, Any]) -> None:
        """Fill it."""
        answer = NET.request("POST", f"{self._control}/seed", body=orjson.dumps(seed), timeout=600)
        if answer.status != 200:
            raise RuntimeError(answer.data[:500].decode())

    def pull(self, above: int) -> None:
        """Pull everything into a new stage; more records than `above` come by a job."""
        described = {
            "vendor": "salesforce",
            "url": self._told["http"],
            "auth": {"flow": "client_credentials", "client_id": "env:client_id", "client_secret": "env:client_secret"},
            "bulk_read_above": above,
        }
        options = SalesforceOptions.model_validate(described)
        connector = open_connection("crm", options, lambda name: str(self._told[name[4:]]), time.time)
        connector.check()
        with Stage(":memory:") as stage:
            list(stage.take("crm", connector.pull({})))
        connector.close()

    def asked(self) -> list[Mapping[str, Any]]:
        """List what was asked since the last time, oldest first."""
        address = f"{self._control}/requests?last=5000&reset=true"
        found: list[Mapping[str, Any]] = orjson.loads(NET.request("GET", address).data)["last"]
        return found

    def get(self, path: str) -> urllib3.BaseHTTPResponse:
        """Fetch an answer with the token of `sign_in`."""
        return NET.request("GET", self._told["http"] + path, headers=self._headers)

    def sign_in(self) -> None:
        """Get a token."""
        form = {name: self._told[name] for name in ("client_id", "client_secret")}
        fields = {"grant_type": "client_credentials", **form}
        answer = NET.request_encode_body(
            "POST", f"{self._told['http']}/services/oauth2/token", fields=fields, encode_multipart=False
        )
        token = orjson.loads(answer.data)["access_token"]
        self._headers = {
            "Authorization": f"Bearer {token}",
            "Accept-Encoding": "gzip, deflate",
            "Sforce-Query-Options": "batchSize=2000",
        }

    def rest_floor(self, queries: list[str]) -> None:
        """Fetch the same pages, parse them with orjson and append them to tables of text."""
        with duckdb.connect() as duck:
            duck.execute("SET threads TO 1")
            for number, query in enumerate(queries):
                self._append(duck, f"t{number}", f"{DATA}/queryAll?{query}")

    def _append(self, duck: duckdb.DuckDBPyConnection, table: str, path: str | None) -> None:
        created = False
        while path:
            page = orjson.loads(self.get(path).data)
            records, path = page["records"], page.get("nextRecordsUrl")
            if not records:
                continue
            names = [name for name in records[0] if name != "attributes"]
            columns = [
                arrow.Array([None if (v := r[name]) is None else str(v) for r in records], type=TEXT) for name in names
            ]
            duck.register("page", arrow.Table.from_arrays(columns, names=names))
            duck.execute(f"{'INSERT INTO' if created else 'CREATE TABLE'} {table} {'' if created else 'AS'} FROM page")
            duck.unregister("page")
            created = True

    def bulk_floor(self, results: list[str]) -> None:
        """Fetch the same results and read them with DuckDB's own reader into tables."""
        with duckdb.connect() as duck:
            duck.execute("SET threads TO 1")
            for number, path in enumerate(results):
                with NamedTemporaryFile(suffix=".csv") as file:
                    file.write(self.get(path).data)
                    file.flush()
                    duck.execute(f"CREATE TABLE t{number} AS FROM READ_CSV('{file.name}')")


def figures(emulated: Emulated, contacts: int) -> Iterator[Figure]:
    """Measure both ways against their floors."""
    emulated.load(organisation(contacts))
    emulated.sign_in()
    for name, above, bar in (("REST", NEVER, REST_RATIO), ("Bulk 2.0", ALWAYS, BULK_RATIO)):
        emulated.pull(above)
        asked = emulated.asked()
        queries = [one["query"] for one in asked if one["path"].endswith("/queryAll") and _read(one["query"])]
        results = [f"{one['path']}?{one['query']}" for one in asked if one["path"].endswith("/results")]
        pulls, floors = [], []
        for _ in range(ROUNDS):
            floors.append(
                cpu(lambda: emulated.rest_floor(queries) if above else emulated.bulk_floor(results))
            )
            pulls.append(cpu(lambda: emulated.pull(above)))
        pull, floor = statistics.median(pulls), statistics.median(floors)
        yield Figure(f"{name}: calls of a whole pull", len(asked), "calls")
        yield Figure(f"{name}: floor", round(floor, 3), "s CPU")
        yield Figure(f"{name}: pull into the stage", round(pull, 3), "s CPU")
        yield Figure(f"{name}: pull / floor", round(pull / floor, 2), "x", bar)


def _read(query: str) -> bool:
    """Tell whether a query reads records, and does not count them."""
    return "COUNT()" not in parse_qs(query)["q"][0]


def main() -> int:
    """Print every figure."""
    contacts = int(sys.argv[1]) if len(sys.argv) > 1 else CONTACTS
    command = [sys.executable, "-m", "connectors.emulator", "--port", "0", "--tls-port", "0", "--seed", "empty"]
    held = True
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        if process.stdout is None:
            raise RuntimeError("the emulator says nothing")
        try:
            for figure in figures(Emulated(json.loads(process.stdout.readline())), contacts):
                sys.stdout.write(figure.line() + "\n")
                held = held and (figure.bar is None or figure.value <= figure.bar)
        finally:
            process.terminate()
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
