"""Takes the census of a Salesforce organisation: customers and who owns them, recent activity, what picklists offer.

About seven calls. A question that may not be asked is left open; what cannot be selected is the business of `check`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, cast

from connectors.budget import Budget, Terms
from connectors.census import MOST_KEEPERS, WINDOW_DAYS, Census, Keeper
from connectors.errors import Rejected
from connectors.options import SalesforceOptions
from connectors.salesforce.auth import SignIn
from connectors.salesforce.failures import DIALECT
from connectors.salesforce.soql import among, quoted
from connectors.transport import Network, Transport
from mapping import fields

Record = Mapping[str, Any]
DATED = {"Task": "CreatedDate", "Event": "CreatedDate", "EmailMessage": "MessageDate"}
"""Kinds of activity and the moment that says how recent one is."""


class Survey:
    """One organisation, asked in plain SOQL."""

    def __init__(self, transport: Transport, options: SalesforceOptions) -> None:
        self._transport = transport
        self._options = options
        self._path = f"/services/data/v{options.api_version}"
        self._mapped = fields.resolve("salesforce", options.fields, options.prefix)["account"]

    def census(self) -> Census:
        """Ask; raises a ConnectorError where the organisation cannot be asked at all."""
        described = {one["name"]: one for one in self._get("/sobjects/Account/describe").get("fields", ())}
        owned = self._owned(described)
        users = self._users(list(owned)) if owned else {}
        return Census(
            customers=None if owned is None else sum(owned.values()),
            keepers=[_keeper(user, count, users.get(user)) for user, count in (owned or {}).items()],
            activity={name: self._recent(name, column) for name, column in DATED.items()},
            choices=dict(_choices(self._mapped, described)),
            managers_known=True,
        )

    def _owned(self, described: Mapping[str, Record]) -> dict[str, int] | None:
        """Count customers by owner; None where nobody can tell."""
        column = self._mapped.get("customer", "")
        if column not in described:
            return None
        text = "SELECT OwnerId, COUNT(Id) customers FROM Account "
        where = f"WHERE {self._meant(column, described[column])} GROUP BY OwnerId LIMIT {MOST_KEEPERS}"
        found = self._asked(text + where)
        return None if found is None else {str(row["OwnerId"]): int(row["customers"]) for row in found}

    def _meant(self, column: str, described: Record) -> str:
        if described["type"] == "boolean":
            return f"{column} = TRUE"
        beginnings = [quoted(f"{beginning}%") for beginning in self._options.customer_types]
        return f"({' OR '.join(f'{column} LIKE {beginning}' for beginning in beginnings)})"

    def _users(self, ids: Sequence[str]) -> dict[str, Record]:
        found: dict[str, Record] = {}
        for start in range(0, len(ids), 200):
            part = among("Id", ids[start : start + 200])
            text = f"SELECT Id, Name, IsActive, ManagerId, Manager.IsActive FROM User WHERE {part}"
            found.update({str(one["Id"]): one for one in self._asked(text) or ()})
        return found

    def _recent(self, name: str, column: str) -> int | None:
        with suppress(Rejected):
            text = f"SELECT COUNT() FROM {name} WHERE {column} = LAST_N_DAYS:{WINDOW_DAYS}"
            total = self._get("/query", q=text).get("totalSize")
            return int(total) if isinstance(total, int) else None
        return None

    def _asked(self, text: str) -> list[Record] | None:
        with suppress(Rejected):
            return list(self._get("/query", q=text).get("records", ()))
        return None

    def _get(self, path: str, **params: str) -> Record:
        answer = self._transport.request("GET", self._path + path, params=params or None).json()
        return cast("Record", answer) if isinstance(answer, dict) else {}


def _keeper(user: str, customers: int, found: Record | None) -> Keeper:
    if found is None:
        return Keeper(user, user, customers, active=None)
    above = found.get("Manager") or {}
    manager, active = found.get("ManagerId"), above.get("IsActive")
    return Keeper(user, str(found["Name"]), customers, bool(found.get("IsActive")), manager, active)


def _choices(mapped: Mapping[str, str], described: Mapping[str, Record]) -> Iterator[tuple[str, Sequence[str]]]:
    for attribute, column in mapped.items():
        offered = described.get(column, {}).get("picklistValues") or ()
        if values := [str(one["value"]) for one in offered if one.get("active", True)]:
            yield attribute, values


def take(
    options: SalesforceOptions,
    secret: Callable[[str], str],
    now: Callable[[], float],
    keep: Callable[[str, str], None] | None = None,
) -> Census:
    """Open a connection for the length of a census; see `connectors.open.census`."""
    budget = Budget(DIALECT.vendor, Terms(**options.budget.model_dump()))
    network = Network(now, ca_file=options.ca_file, budget=budget)
    transport = Transport(DIALECT, options.url, SignIn(options, secret, now, keep), network)
    try:
        return Survey(transport, options).census()
    finally:
        transport.close()
