"""The calls to Salesforce this package makes, built by simple-salesforce and carried by our transport.

simple-salesforce forms addresses, query strings and bodies. What it does badly is kept from it:
it forces https and loses the port of an address (the transport rewrites both), has no timeout and no retry, signs in
once per thread and drops headers when it does, repeats a refused session without end in `SFType` (so `SFType` is not
used), throws the server's total away in `query_all` (so pages are followed here), and parses with the slow json module
(`wire.Reply.json` ignores its hooks). It never sees a failure: the transport raises first.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast
from urllib.parse import quote

import requests
from simple_salesforce.api import Salesforce

from connectors.budget import Allowance
from connectors.errors import Rejected, RetryLater, Unusable
from connectors.salesforce.soql import Query, epoch
from connectors.transport import Transport, Unanswered
from connectors.wire import Reply, encode

Record = Mapping[str, Any]
PAGE = {"Sforce-Query-Options": "batchSize=2000"}
OVERRIDE = {"Sforce-Duplicate-Rule-Header": "allowSave=true"}
SUBREQUESTS = 25
"""Requests that one composite batch may hold; it counts as one call."""


@dataclass(frozen=True, slots=True)
class Result:
    """A page of a bulk result as it came: how many records it claims to hold, and where the next one begins."""

    content: bytes
    rows: int
    locator: str | None


@dataclass(frozen=True, slots=True)
class Deletions:
    """What the log of deletions knows: ids, from when on it is kept and how far it has come, where it says so."""

    ids: Sequence[str]
    since: int | None = None
    until: int | None = None


class Client:
    """One Salesforce organisation at one API version (for example ``62.0``)."""

    def __init__(self, transport: Transport, version: str) -> None:
        self.transport = transport
        self.version = version
        self._path = f"/services/data/v{version}"
        self._sf = self._library(version)
        self._raw = self._library(version)
        self._raw.parse_result_to_json = lambda reply: reply.data

    def _library(self, version: str) -> Any:
        found = Salesforce(
            session_id="signed by the transport",
            instance_url=self.transport.base,
            version=version,
            session=self.transport.session(),
            object_pairs_hook=None,
        )
        found.headers["X-PrettyPrint"] = "0"
        return found

    def server_time(self) -> int:
        """Read the organisation's clock (epoch seconds) from an authenticated call."""
        return self.transport.request("GET", self._path + "/").server_time()

    def versions(self) -> Sequence[str]:
        """List the API versions the organisation serves, oldest first; empty where it does not tell."""
        try:
            answer = self.transport.request("GET", "/services/data").json()
        except (Rejected, Unusable):
            return ()
        return [str(entry.get("version")) for entry in answer] if isinstance(answer, list) else ()

    def allowance(self) -> Allowance | None:
        """Ask what is left of the day's calls; None for a user who may not know, who learns it from every answer."""
        try:
            answer = self.transport.request("GET", f"{self._path}/limits").json()
        except (Rejected, Unusable):
            return None
        told = (answer.get("DailyApiRequests") or {}) if isinstance(answer, dict) else {}
        return Allowance(told["Max"], told["Remaining"]) if {"Max", "Remaining"} <= told.keys() else None

    def counts(self, queries: Sequence[Query]) -> list[int | None]:
        """Count what queries find, 25 of them a call; None where Salesforce cannot tell (no access, too many rows)."""
        found: list[int | None] = []
        for start in range(0, len(queries), SUBREQUESTS):
            asked = [
                {"method": "GET", "url": f"v{self.version}/queryAll?q={quote(query.text())}"}
                for query in queries[start : start + SUBREQUESTS]
            ]
            reply = self.transport.request("POST", f"{self._path}/composite/batch", json={"batchRequests": asked})
            answer = cast("Record", reply.json())
            found += [_total(part) for part in answer.get("results", ())]
        return found

    def describe(self, name: str) -> Record | None:
        """Describe an object, or None when the organisation has none of that name, or hides it."""
        try:
            described: Record | None = self._sf.restful(f"sobjects/{name}/describe")
        except Rejected as error:
            if error.code in {"NOT_FOUND", "INVALID_TYPE"}:
                return None
            raise
        return described

    def pages(self, query: Query, *, everything: bool = False) -> Iterator[Record]:
        """Yield the answers of a query page by page; `everything` includes deleted and archived records."""
        page: Record = self._sf.query(query.text(), include_deleted=everything, headers=PAGE)
        yield page
        while not page["done"]:
            page = self._sf.query_more(page["nextRecordsUrl"], identifier_is_url=True)
            yield page

    def records(self, query: Query, *, everything: bool = False) -> Iterator[Record]:
        """Yield the records of a query."""
        for page in self.pages(query, everything=everything):
            yield from page["records"]

    def page(self, query: Query) -> bytes:
        """Give the first page of a query as it came, deleted and archived records included."""
        body: bytes = self._raw.query(query.text(), include_deleted=True, headers=PAGE)
        return body

    def more(self, address: str) -> bytes:
        """Give the page that another one names as the next."""
        body: bytes = self._raw.query_more(address, identifier_is_url=True)
        return body

    def count(self, query: Query) -> int:
        """Count the records of a query, deleted and archived ones included."""
        answer: Record = self._sf.query(replace(query, fields=["COUNT()"]).text(), include_deleted=True)
        return int(answer["totalSize"])

    def job(self, method: str, path: str, json: object = None) -> Record:
        """Start, look at or change a job of Bulk API 2.0; `path` begins with ``query`` or ``ingest``.

        Raises Unanswered when the answer tells of no job.
        """
        found = self.transport.request(method, f"{self._path}/jobs/{path}", json=json).json()
        if not isinstance(found, dict) or "state" not in found or (method == "POST" and "id" not in found):
            raise Unanswered("Salesforce was asked about a job and told of none. Run again later.")
        return found

    def result(self, job: str, locator: str | None, rows: int) -> Result:
        """Give a page of at most `rows` records of a query job's result."""
        params = {"maxRecords": str(rows), **({"locator": locator} if locator else {})}
        reply = self.transport.request("GET", f"{self._path}/jobs/query/{job}/results", params=params)
        more, counted = reply.headers.get("Sforce-Locator"), reply.headers.get("Sforce-NumberOfRecords", "")
        return Result(reply.data, int(counted) if counted.isdecimal() else -1, None if more in {None, "null"} else more)

    def ingest_jobs(self) -> Iterator[Record]:
        """List the ingest jobs that Salesforce still knows, with whoever made them."""
        path: str | None = f"{self._path}/jobs/ingest?jobType=V2Ingest"
        while path:
            page: Any = self.transport.request("GET", path).json()
            yield from page["records"]
            path = page.get("nextRecordsUrl")

    def upload(self, job: str, content: bytes) -> None:
        """Give an ingest job its rows."""
        address = f"{self.transport.base}{self._path}/jobs/ingest/{job}/batches"
        headers = {"Content-Type": "text/csv; charset=UTF-8"}
        self.transport.send(requests.Request("PUT", address, headers, data=content).prepare())

    def ingest_result(self, job: str, name: str) -> bytes:
        """Give one of the three lists of what became of the rows of an ingest job, as CSV."""
        return self.transport.request("GET", f"{self._path}/jobs/ingest/{job}/{name}/").data

    def parents(self, name: str, field: str, ids: Sequence[str]) -> Mapping[str, str]:
        """Tell what a field of up to 2,000 records points at."""
        body = {"ids": list(ids), "fields": ["Id", field]}
        found = _listed(self.transport.request("POST", f"{self._path}/composite/sobjects/{name}", json=body))
        return {str(record["Id"]): str(record[field]) for record in found if record.get(field)}

    def deleted(self, name: str, start: str, end: str) -> Deletions:
        """List the records deleted between two moments, as far as the replication log knows them by now."""
        answer = self._sf.restful(f"sobjects/{name}/deleted/", {"start": start, "end": end}) or {}
        ids = [row["id"] for row in answer.get("deletedRecords", ())]
        return Deletions(ids, epoch(answer.get("earliestDateAvailable")), epoch(answer.get("latestDateCovered")))

    def collection(self, method: str, records: Sequence[Record], *, override: bool = False) -> list[Record]:
        """Create (POST) or update (PATCH) up to 200 records; the answers come in the order of the records.

        `override` saves in spite of duplicate rules that only alert; jobs of Bulk API 2.0 know no such header.

        Raises Unanswered when they are not one a record: which of them were carried out is then open. The library is
        left out, it fails on an empty answer.
        """
        body = encode({"allOrNone": False, "records": records})
        headers = {"Content-Type": "application/json", **(OVERRIDE if override else {})}
        address = f"{self.transport.base}{self._path}/composite/sobjects"
        reply = self.transport.send(requests.Request(method, address, headers, data=body).prepare())
        answers = _listed(reply)
        if len(answers) != len(records):
            raise Unanswered(
                f"Salesforce answered for {len(answers)} of {len(records)} records; "
                "the next run looks what became of them."
            )
        return answers

    def remove(self, name: str, record_id: str) -> None:
        """Delete one record."""
        self._sf.restful(f"sobjects/{name}/{record_id}", method="DELETE")

    def create(self, name: str, record: Record) -> str:
        """Create one record and return its id."""
        answer: Record = self._sf.restful(f"sobjects/{name}/", method="POST", data=encode(record)) or {}
        return str(answer["id"])

    def update(self, name: str, record_id: str, values: Record) -> None:
        """Update one record."""
        self._sf.restful(f"sobjects/{name}/{record_id}", method="PATCH", data=encode(values))

    def create_field(self, full_name: str, metadata: Record) -> None:
        """Create a custom field through the Tooling API, for example ``Contact.Rapport_Depth__c``."""
        body = {"FullName": full_name, "Metadata": dict(metadata)}
        self._sf.toolingexecute("sobjects/CustomField/", method="POST", data=body)


def _total(part: Record) -> int | None:
    """Read the count out of one answer of a composite batch."""
    result = part.get("result")
    return result.get("totalSize") if part.get("statusCode") == 200 and isinstance(result, dict) else None


def _listed(reply: Reply) -> list[Record]:
    """Read a list of objects; anything else is none."""
    try:
        found = reply.json()
    except RetryLater:
        return []
    return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []
