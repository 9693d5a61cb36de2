"""The resources of query jobs: make, look at, list, abort and delete them, and read their results page by page."""

import base64
import binascii
import re
from collections.abc import Iterator

from connectors.emulator.salesforce.bulk import progress, rendering, resources
from connectors.emulator.salesforce.bulk.dialect import dialect_of, one_of
from connectors.emulator.salesforce.bulk.jobs import FINISHED, QueryJob
from connectors.emulator.salesforce.bulk.statement import extract
from connectors.emulator.salesforce.dispatch import Answer, Call
from connectors.emulator.salesforce.errors import SalesforceError
from connectors.emulator.salesforce.org import Org
from connectors.emulator.salesforce.reading import View

_FIRST_VERSION, _FIRST_WITH_PAGES = 47.0, 58.0
_MOST_LINKS = 5
_COUNT = re.compile(r"[1-9]\d{0,8}", re.ASCII)
_OFFSET = re.compile(rb"\d{1,9}")
_MEGABYTE = 1_000_000
_KILOBYTES_IN_MEGABYTE = 1024


def create(call: Call) -> Answer:
    """POST jobs/query."""
    resources.since(call, _FIRST_VERSION)
    body, org = call.json_object(), call.org
    operation = one_of("operation", body.get("operation"), ("query", "queryAll"))
    text, dialect = body.get("query"), dialect_of(body)
    if not isinstance(text, str) or not text.strip():
        raise SalesforceError("MALFORMED_QUERY", "SOQL query is missing: the query property is required")
    org.archive()
    found = extract(View(org, call.access(), everything=operation == "queryAll"), text, call.url)
    _spend(org)
    now = org.clock.now()
    job = QueryJob(
        org.jobs.new_id(),
        operation,
        found.entity,
        call.user,
        call.version,
        dialect,
        created=now,
        changed=now,
        state="UploadComplete",
        queued=now,
        extract=found,
    )
    org.jobs.add(job)
    return Answer(body={**job.brief(), **job.format()})


def info(call: Call) -> Answer:
    """GET jobs/query/{job}: each look lets the job go on."""
    job = resources.find(call, QueryJob)
    progress.look(call.org, job)
    return Answer(body=job.info())


def listing(call: Call) -> Answer:
    """GET jobs/query."""
    resources.since(call, _FIRST_VERSION)
    return resources.listing(call, QueryJob, "/jobs/query")


def update(call: Call) -> Answer:
    """PATCH jobs/query/{job}: abort it."""
    job = resources.find(call, QueryJob)
    resources.wanted_state(call, ("Aborted",))
    resources.abort(call, job)
    return Answer(body=job.brief())


def delete(call: Call) -> Answer:
    """DELETE jobs/query/{job}."""
    return resources.delete(call, resources.find(call, QueryJob), FINISHED)


def results(call: Call) -> Answer:
    """GET jobs/query/{job}/results: one page as CSV, and in `Sforce-Locator` where the next one begins."""
    job = _complete(call)
    start, total = _start(call, job), len(job.extract.rows)
    stop = min(start + _size(call), total)
    locator = _locator(stop) if stop < total else "null"
    headers = {"Sforce-NumberOfRecords": str(stop - start), "Sforce-Locator": locator}
    page = rendering.table(job.extract, start, stop, job.dialect)
    if stop > job.stored or not job.stored:
        job.stored = stop
        page = _counted(call.org, page)
    return Answer(headers={**resources.csv_headers(call), **headers}, stream=page)


def result_pages(call: Call) -> Answer:
    """GET jobs/query/{job}/resultPages: addresses of pages to be read side by side."""
    resources.since(call, _FIRST_WITH_PAGES)
    job = _complete(call)
    total, size = len(job.extract.rows), int(call.org.settings["bulk_page_records"])
    starts = list(range(_start(call, job), max(total, 1), size))
    path = f"{call.base}/jobs/query/{job.id}"
    pages = [{"resultUrl": f"{path}/results?locator={_locator(each)}"} for each in starts[:_MOST_LINKS]]
    rest = starts[_MOST_LINKS:]
    more = f"{path}/resultPages?locator={_locator(rest[0])}" if rest else None
    return Answer(body={"resultPages": pages, "nextRecordsUrl": more, "done": not rest})


def _complete(call: Call) -> QueryJob:
    """The job, whose results must be there and be asked for in the version it was made with."""
    job = resources.find(call, QueryJob)
    if job.state != "JobComplete":
        raise SalesforceError("INVALIDJOBSTATE", f"The results of a job in the state {job.state} cannot be read")
    if call.version != job.version:
        message = f"The job was created with API version {job.version}, its results are read with {call.version}"
        raise SalesforceError("INVALIDVERSION", message, 409)
    return job


def _locator(offset: int) -> str:
    return base64.b64encode(str(offset).encode()).decode().rstrip("=")


def _start(call: Call, job: QueryJob) -> int:
    """The record a page begins with, by the locator in the address."""
    given = call.query.get("locator", "")
    if not given:
        return 0
    start = _decoded(given)
    if start is None or start >= max(len(job.extract.rows), 1):
        raise SalesforceError("INVALID_QUERY_LOCATOR", "invalid query locator")
    return start


def _decoded(locator: str) -> int | None:
    try:
        text = base64.b64decode(f"{locator}{'=' * (-len(locator) % 4)}", validate=True)
    except (binascii.Error, ValueError):
        return None
    offset = int(text) if _OFFSET.fullmatch(text) else None
    return offset if offset is not None and _locator(offset) == locator else None


def _size(call: Call) -> int:
    """How many records a page has: as many as asked for, but no more than the org gives."""
    most, asked = int(call.org.settings["bulk_page_records"]), call.query.get("maxRecords")
    if asked is None:
        return most
    if not _COUNT.fullmatch(asked):
        raise SalesforceError("API_ERROR", f"Invalid maxRecords: {asked}")
    return min(most, int(asked))


def _spend(org: Org) -> None:
    """Count a new job against the allowances of the day."""
    most = org.settings["bulk_query_mb_limit"]
    if org.left("bulk_query_mb") <= 0:
        kilobytes = most * _KILOBYTES_IN_MEGABYTE
        text = f"Max bulk v2 query result size stored ({kilobytes}) kb per 24 hrs has been exceeded"
        raise SalesforceError("LIMIT_EXCEEDED", text)
    if not org.spend("bulk_query_jobs"):
        limit, used = (org.settings[f"bulk_query_jobs_{each}"] for each in ("limit", "used"))
        text = f"Max bulk v2 query jobs ({limit}) per 24 hrs has been reached ({used})"
        raise SalesforceError("LIMIT_EXCEEDED", text)


def _counted(org: Org, page: Iterator[bytes]) -> Iterator[bytes]:
    """The page, its size counted against the storage of the day while it is read for the first time."""
    for piece in page:
        org.settings["bulk_query_mb_used"] += len(piece) / _MEGABYTE
        yield piece
