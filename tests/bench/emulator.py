"""Measures how fast the emulator answers at scale: ``{"name", "value", "unit", "bar", "holds"}`` a line and figure.

``python -m tests.bench.emulator [CONTACTS ACTIVITIES]`` (100,000 and 1,000,000 unless said) starts the emulator with a
synthetic CRM, made before the clock starts. The client is this process: one connection, bytes only, nothing parsed.
A bar of a rate is the least it may be, of a time or size the most. Exit status 1 when one does not hold.
"""

import http.client
import json
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests

from tests.bench.emulated import Emulated, emulator
from tests.bench.figures import Figure, shown

CONTACTS, ACTIVITIES = 100_000, 1_000_000
SECONDS = 6.0
_BEGINNING = 300
START_SECONDS, RESIDENT_GIB = 60.0, 6.0
QUERY_PAGES, LIST_PAGES, CSV_MB = 150.0, 400.0, 80.0
FIELDS = (
    "Id, AccountId, FirstName, LastName, Name, Salutation, Title, Department, Email, Phone, MobilePhone, LeadSource, "
    "MailingCity, MailingCountry, HasOptedOutOfEmail, DoNotCall, OwnerId, CreatedDate, LastModifiedDate, SystemModstamp"
)
TASK_FIELDS = (
    "Id, WhoId, WhatId, AccountId, OwnerId, Subject, ActivityDate, Status, Priority, Type, TaskSubtype, CallType, "
    "CallDurationInSeconds, Description, IsClosed, IsHighPriority, CompletedDateTime, CreatedDate, LastModifiedDate, "
    "SystemModstamp"
)
PROPERTIES = (
    "email,firstname,lastname,jobtitle,department,company,phone,mobilephone,city,country,website,lifecyclestage,"
    "hs_buying_role,active_days_30,last_active,nps_score,nps_date,hubspot_owner_id,associatedcompanyid,hs_email_domain"
)
OBJECTS = "/crm/v3/objects/contacts"
JOBS = "/services/data/v65.0/jobs/query"
CONTACT, CALL = 2_000_000_001, 5_000_000_001
CALL_PROPERTIES = "hs_timestamp,hs_call_title,hs_call_body,hs_call_direction,hs_call_status,hubspot_owner_id"


class Client:
    """One kept-alive connection that reads answers as bytes; `method` is the one its batches are sent by."""

    def __init__(self, url: str, token: str, method: str = "POST") -> None:
        self.method, self.url = method, url
        self.headers = {"Authorization": f"Bearer {token}"}
        host, _, port = url.removeprefix("http://").partition(":")
        self._connection = socket.create_connection((host, int(port)))
        self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._head = f"Host: {host}:{port}\r\nAuthorization: Bearer {token}\r\n"
        self._buffer = bytearray(1 << 22)

    def call(self, method: str, path: str, body: bytes = b"") -> tuple[bytes, int]:
        """Send one request; the beginning of the body of its 200 or 207, and how long the body is."""
        kind = "Content-Type: application/json\r\n" if body else ""
        head = f"{method} {path} HTTP/1.1\r\n{self._head}{kind}Content-Length: {len(body)}\r\n\r\n"
        self._connection.sendall(head.encode() + body)
        view, filled = memoryview(self._buffer), 0
        while (end := self._buffer.find(b"\r\n\r\n", 0, filled)) < 0:
            filled += self._connection.recv_into(view[filled:])
        top, body_at = bytes(view[:end]).lower(), end + 4
        assert top.startswith((b"http/1.1 200", b"http/1.1 207")), bytes(view[:filled])
        length = int(top.partition(b"content-length: ")[2].partition(b"\r\n")[0])
        while filled < body_at + min(length, _BEGINNING):
            filled += self._connection.recv_into(view[filled:])
        start, missing = bytes(view[body_at : body_at + min(length, _BEGINNING)]), length - (filled - body_at)
        while missing:
            missing -= self._connection.recv_into(view[: min(missing, len(view))])
        return start, length


def rate(pages: Iterator[int]) -> tuple[float, float]:
    """Read for some seconds; pages and megabytes a second."""
    began, count, size = time.perf_counter(), 0, 0
    for length in pages:
        count, size = count + 1, size + length
        if time.perf_counter() - began > SECONDS:
            break
    spent = time.perf_counter() - began
    return round(count / spent, 1), round(size / spent / 1e6, 1)


def query_pages(client: Client, soql: str) -> Iterator[int]:
    """Page through a query as often as it takes."""
    path = first = f"/services/data/v65.0/query?q={quote(soql)}"
    while True:
        start, length = client.call("GET", path)
        path = start.partition(b'"nextRecordsUrl":"')[2].partition(b'"')[0].decode() or first
        yield length


def list_pages(client: Client, kind: str, every: range, **query: str) -> Iterator[int]:
    """Read pages of a list of records with contiguous ids as often as it takes; `every` begins each page."""
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    while every:
        for after in every:
            yield client.call("GET", f"/crm/v3/objects/{kind}?limit=100&after={after}&{asked}")[1]


def batches(client: Client, path: str, body: Callable[[range], Any], every: range) -> Iterator[int]:
    """Post bodies about stretches of contiguous ids as often as it takes; `every` begins each stretch."""
    while every:
        for start in every:
            yield client.call(client.method, path, json.dumps(body(range(start, start + every.step))).encode())[1]


def resident(pid: int) -> float:
    """The most memory a process has held, in GiB."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return round(int(status.partition("VmHWM:")[2].split()[0]) / 2**20, 2)


def salesforce(client: Client) -> Iterator[Figure]:
    """Measure the query resource."""
    for name, soql in (
        ("contacts", f"SELECT {FIELDS} FROM Contact"),
        ("tasks", f"SELECT {TASK_FIELDS} FROM Task ORDER BY Id"),
        ("contacts with account", f"SELECT {FIELDS}, Account.Name FROM Contact"),
        ("contacts, sorted", f"SELECT {FIELDS} FROM Contact ORDER BY LastName, Id"),
    ):
        pages, megabytes = rate(query_pages(client, soql))
        bar = QUERY_PAGES if name in ("contacts", "tasks") else None
        yield Figure(f"salesforce pages of 2,000 {name}", pages, "pages/s", bar, least=True)
        yield Figure(f"salesforce bytes of {name}", megabytes, "MB/s")


def salesforce_updates(client: Client) -> Figure:
    """Measure updates of 200 contacts by the collections resource."""
    found = requests.get(f"{client.url}/services/data/v65.0/query", {"q": "SELECT Id FROM Contact LIMIT 2000"},
                         headers=client.headers, timeout=30).json()["records"]  # fmt: skip
    names = [row["Id"] for row in found]
    path = "/services/data/v65.0/composite/sobjects"
    updates = batches(client, path, lambda places: _patch(names[places.start : places.stop]), range(0, len(names), 200))
    return Figure("salesforce updates of 200 contacts", rate(updates)[0], "calls/s")


def _patch(names: list[str]) -> Any:
    changed = {"attributes": {"type": "Contact"}, "Title": "Changed"}
    return {"records": [{**changed, "id": each} for each in names]}


def bulk(found: Emulated) -> Iterator[Figure]:
    """Measure the CSV of Bulk API 2.0: the results of a query job, read whole in one answer."""
    host = found.told["salesforce"]["http"].removeprefix("http://")
    headers = {"Authorization": f"Bearer {found.salesforce_token()}", "Content-Type": "application/json"}
    for name, soql in (("contacts", f"SELECT {FIELDS} FROM Contact"), ("tasks", f"SELECT {TASK_FIELDS} FROM Task")):
        body = {"operation": "query", "query": soql}
        connection = http.client.HTTPConnection(host)
        connection.request("POST", JOBS, json.dumps(body), headers)
        job = json.loads(connection.getresponse().read())["id"]
        megabytes = rate(results(connection, f"{JOBS}/{job}/results", headers))[1]
        yield Figure(f"salesforce bulk CSV of {name}", megabytes, "MB/s", CSV_MB, least=True)


def results(connection: http.client.HTTPConnection, path: str, headers: dict[str, str]) -> Iterator[int]:
    """Read the results of a job as often as it takes, some at a time."""
    while True:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        assert answer.status == 200, answer.read()
        while piece := answer.read(1 << 20):
            yield len(piece)


def hubspot(client: Client, contacts: int, activities: int) -> Iterator[Figure]:
    """Measure lists, batches, searches and updates."""
    every = range(CONTACT, CONTACT + contacts // 2 - 100, 100)
    calls = range(CALL, CALL + activities // 10 - 100, 100)
    links = range(CONTACT, CONTACT + contacts // 2 - 1_000, 1_000)
    listed = list_pages(client, "contacts", every, properties=PROPERTIES)
    yield Figure("hubspot list pages of 100 contacts", rate(listed)[0], "pages/s", LIST_PAGES, least=True)
    tied = list_pages(client, "calls", calls, properties=CALL_PROPERTIES, associations="contacts,companies")
    yield Figure("hubspot list pages of 100 calls with associations", rate(tied)[0], "pages/s")
    for name, path, body, stretches in (
        ("batch reads of 100 contacts", f"{OBJECTS}/batch/read", _read, every),
        ("reads of 1,000 contacts' companies", "/crm/v4/associations/contacts/companies/batch/read", _ids, links),
        ("searches for 100 contacts", f"{OBJECTS}/search", _search, every),
        ("updates of 100 contacts", f"{OBJECTS}/batch/update", _update, every),
    ):
        yield Figure(f"hubspot {name}", rate(batches(client, path, body, stretches))[0], "calls/s")
    yield Figure("hubspot list pages of 100 contacts after the updates", rate(listed)[0], "pages/s")


def _ids(ids: range) -> Any:
    return {"inputs": [{"id": str(each)} for each in ids]}


def _read(ids: range) -> Any:
    return {**_ids(ids), "properties": PROPERTIES.split(",")}


def _search(_: range) -> Any:
    wanted = {"propertyName": "jobtitle", "operator": "EQ", "value": "vp sales"}
    return {"filterGroups": [{"filters": [wanted]}], "limit": 100}


def _update(ids: range) -> Any:
    return {"inputs": [{"id": str(each), "properties": {"jobtitle": "Changed"}} for each in ids]}


def figures(contacts: int, activities: int) -> Iterator[Figure]:
    """Measure everything."""
    with emulator(contacts, activities):
        pass  # made, if it was not
    with emulator(contacts, activities) as found:
        yield Figure(f"start with {contacts:,} contacts, {activities:,} activities", found.seconds, "s", START_SECONDS)
        found.unlimited()
        hosts = found.told["salesforce"]["http"], found.told["hubspot"]["url"]
        yield from salesforce(Client(hosts[0], found.salesforce_token()))
        yield from bulk(found)
        yield salesforce_updates(Client(hosts[0], found.salesforce_token(), "PATCH"))
        yield from hubspot(Client(hosts[1], found.told["hubspot"]["token"]), contacts, activities)
        yield Figure("resident memory at most", resident(found.pid), "GiB", RESIDENT_GIB)


if __name__ == "__main__":
    sys.exit(shown(figures(*map(int, sys.argv[1:3])) if len(sys.argv) > 2 else figures(CONTACTS, ACTIVITIES)))
