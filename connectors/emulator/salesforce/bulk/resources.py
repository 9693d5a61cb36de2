"""What the resources of query jobs and of ingest jobs have in common: finding, listing, ending and deleting jobs."""

import re
from collections.abc import Collection
from typing import TypeVar

from connectors.emulator.salesforce import ids
from connectors.emulator.salesforce.bulk import progress
from connectors.emulator.salesforce.bulk.jobs import FINISHED, IngestJob, QueryJob
from connectors.emulator.salesforce.dispatch import Answer, Call
from connectors.emulator.salesforce.errors import SalesforceError, not_found, unreadable
from connectors.emulator.wire import JsonObject

AnyJob = TypeVar("AnyJob", QueryJob, IngestJob)
_LOCATOR = re.compile(r"01g\w{15}-(\d{1,9})", re.ASCII)
_TYPES = ("Classic", "V2Query", "V2Ingest", "BigObjectIngest")
_WORDS = {"JobComplete": "Completed", "UploadComplete": "Closed"}


def since(call: Call, version: float) -> None:
    """Refuse a call of an API version that did not have the resource yet."""
    if float(call.version) < version:
        raise not_found()


def find(call: Call, kind: type[AnyJob]) -> AnyJob:
    """The job a path names.

    Raises:
        SalesforceError: NOT_FOUND, also for a job of the other kind and one whose results are no longer kept.
    """
    progress.close_forgotten(call.org)
    job = call.org.jobs.by_id.get(ids.canonical(call.names["job"]) or "")
    if not isinstance(job, kind):
        raise not_found()
    return job


def listing(call: Call, kind: type[AnyJob], path: str) -> Answer:
    """GET a list of jobs: those of one kind, oldest first, up to `bulk_list_jobs` in an answer."""
    progress.close_forgotten(call.org)
    wanted = call.query.get("jobType", kind.kind)
    if wanted not in _TYPES:
        raise SalesforceError("API_ERROR", f"Invalid jobType: {wanted}")
    # We have no jobs of Bulk API 1.0, the only ones that a client can ask to be chunked by primary key.
    chunked = call.query.get("isPkChunkingEnabled", "false").lower() == "true"
    found = [] if chunked else [each for each in call.org.jobs.by_id.values() if each.kind == wanted]
    start, most = _start(call), int(call.org.settings["bulk_list_jobs"])
    done = start + most >= len(found)
    more = None if done else f"{call.base}{path}?queryLocator={ids.make('01g', 1)}-{start + most}"
    records = [each.listed() for each in found[start : start + most]]
    return Answer(body={"done": done, "records": records, "nextRecordsUrl": more})


def _start(call: Call) -> int:
    given = call.query.get("queryLocator", "")
    match = _LOCATOR.fullmatch(given)
    if given and match is None:
        raise SalesforceError("INVALID_QUERY_LOCATOR", "invalid query locator")
    return int(match[1]) if match else 0


def wanted_state(call: Call, known: Collection[str]) -> str:
    """The state a PATCH asks for.

    Raises:
        SalesforceError: JSON_PARSER_ERROR for a state no job can be put into.
    """
    state = call.json_object().get("state")
    if not isinstance(state, str) or state not in known:
        raise unreadable(f'Cannot deserialize value of state from "{state}" at [line:1, column:1]')
    return state


def abort(call: Call, job: QueryJob | IngestJob) -> None:
    """End a job before its time.

    Raises:
        SalesforceError: INVALIDJOBSTATE when it has ended.
    """
    refuse_finished(job, "Aborting")
    call.org.jobs.finish(job, "Aborted", call.org.clock.now())


def refuse_finished(job: QueryJob | IngestJob, doing: str) -> None:
    """Refuse to change a job that has ended."""
    if job.state in FINISHED:
        raise wrong_state(job, doing)


def wrong_state(job: QueryJob | IngestJob, doing: str) -> SalesforceError:
    """The refusal of a change that the state of a job does not allow."""
    word = _WORDS.get(job.state, job.state)
    return SalesforceError("INVALIDJOBSTATE", f"{doing} already {word} Job not allowed")


def delete(call: Call, job: QueryJob | IngestJob, deletable: frozenset[str]) -> Answer:
    """DELETE a job with its data."""
    if job.state not in deletable:
        message = "Error encountered when deleting the job because the job is not terminated"
        raise SalesforceError("API_ERROR", message)
    call.org.jobs.drop(job)
    return Answer(204)


def csv_headers(call: Call) -> JsonObject:
    """The content type of a CSV answer, with the charset unless the org is set to leave it away."""
    charset = ";charset=UTF-8" if call.org.settings["bulk_charset"] else ""
    return {"Content-Type": f"text/csv{charset}"}
