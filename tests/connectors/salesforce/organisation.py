"""An emulated organisation with many people, a connection to it that never sleeps, and a stage its pulls go into."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from connectors.base import StreamEnd
from connectors.options import SalesforceOptions
from connectors.salesforce.auth import SignIn
from connectors.salesforce.connector import Salesforce
from connectors.salesforce.failures import DIALECT
from connectors.transport import Network, Transport
from sync.arrival import TABLES
from sync.stage import Stage
from tests.contract.org import ACCOUNT, ADA, CLOCK, SEED, Org, key

ALWAYS, NEVER = 0, 1_000_000
"""Settings of `bulk_read_above` and `bulk_write_above`."""
Rows = set[tuple[object, ...]]


def people(count: int, **more: Any) -> list[dict[str, Any]]:
    """Make contacts of the one account."""
    return [
        {"Id": key("003", number), "LastName": f"Ng {number}", "AccountId": ACCOUNT, "OwnerId": ADA, **more}
        for number in range(1, count + 1)
    ]


def seed(records: Mapping[str, Any], fields: Mapping[str, Any] | None = None, *, shared: bool = True) -> Any:
    """Make a seed of the small organisation with other records in it; ties to several accounts only if it has some."""
    base = {"User": SEED["salesforce"]["records"]["User"], "Account": SEED["salesforce"]["records"]["Account"]}
    features = {"shared_activities": shared, "contacts_to_multiple_accounts": "AccountContactRelation" in records}
    told = {"features": features, "fields": dict(fields or {}), "records": {**base, **records}}
    return {"salesforce": told}


@dataclass(slots=True)
class Site:
    """The organisation, the stage, and how long anybody would have slept."""

    org: Org
    stage: Stage
    slept: list[float] = field(default_factory=list)
    ends: list[StreamEnd] = field(default_factory=list)

    def load(self, records: Mapping[str, Any], fields: Mapping[str, Any] | None = None) -> None:
        """Fill the organisation, an hour ago."""
        self.org.load(seed(records, fields))
        self.later(3_600)

    def later(self, seconds: float) -> None:
        """Let time pass."""
        self.org.tell("clock", {"advance": seconds})

    def limits(self, **settings: Any) -> None:
        """Turn switches of the organisation."""
        self.org.tell("limits", {"salesforce": settings})

    def fault(self, **rule: Any) -> None:
        """Let something fail."""
        self.org.tell("faults", rule)

    def refuse(self, path: str, code: str, status: int = 400, said: str = "", **when: Any) -> None:
        """Let requests to a path be refused with a code."""
        body = [{"errorCode": code, "message": said or f"refused: {code}"}]
        self.fault(action="status", path=path, status=status, body=body, **when)

    def connect(self, **more: Any) -> Salesforce:
        """Open a connection as a new process would; `more` are settings."""
        auth = {"flow": "client_credentials", "client_id": "env:client_id", "client_secret": "env:client_secret"}
        told = self.org.told
        options = SalesforceOptions.model_validate(
            {"vendor": "salesforce", "url": told["http"], "auth": auth, "bulk_read_above": NEVER, **more}
        )
        sign_in = SignIn(options, lambda reference: str(told[reference[4:]]), CLOCK)
        network = Network(CLOCK, sleep=self.slept.append)
        return Salesforce("sf", options, Transport(DIALECT, options.url, sign_in, network), sign_in)

    def pull(self, **more: Any) -> "Site":
        """Pull into the stage with a connection of its own."""
        connector = self.connect(**more)
        self.ends.clear()
        for end in self.stage.take("sf", connector.pull(self.stage.cursors("sf"))):
            self.ends.append(end)
        connector.close()
        return self

    def end(self, stream: str) -> StreamEnd:
        """Give the last end of a stream in the last pull."""
        return [end for end in self.ends if end.stream == stream][-1]

    def rows(self, table: str, *columns: str) -> Rows:
        """Read columns of a staged table."""
        names = columns or TABLES[table].column_names()
        return set(self.stage.connection.execute(f"SELECT {', '.join(names)} FROM {table}").fetchall())

    def everything(self) -> dict[str, Rows]:
        """Read every staged table."""
        return {name: self.rows(name) for name in TABLES}

    def asked(self) -> "Asked":
        """Give what was asked since the last time."""
        import requests

        address = f"{self.org.control}/requests"
        told = requests.get(address, params={"last": "5000", "reset": "true"}, timeout=10).json()["last"]
        return Asked([entry for entry in told if entry["vendor"] == "salesforce"])


@dataclass(frozen=True, slots=True)
class Asked:
    """What the organisation was asked."""

    entries: Sequence[Mapping[str, Any]]

    def __iter__(self) -> Iterator[str]:
        return (f"{entry['method']} {entry['path'].partition('/services/data/v62.0/')[2]}" for entry in self.entries)

    def count(self, call: str) -> int:
        """Count the calls that begin so, for example ``POST jobs/query``."""
        return sum(1 for asked in self if asked.startswith(call))

    def queries(self) -> list[str]:
        """List the statements sent by REST."""
        found = (parse_qs(entry["query"]).get("q", [""])[0] for entry in self.entries)
        return [query for query in found if query]

    def objects(self) -> Counter[str]:
        """Count the statements by object."""
        return Counter(query.partition(" FROM ")[2].split()[0] for query in self.queries())
