"""The resources of ingest jobs: make one, upload its data, close it, look at it and read what became of its rows."""

from collections.abc import Iterable, Iterator
from zlib import crc32

from connectors.emulator.salesforce.bulk import multipart, progress, rendering, resources, rows
from connectors.emulator.salesforce.bulk.dialect import Dialect, dialect_of, one_of
from connectors.emulator.salesforce.bulk.jobs import FINISHED, IngestJob, Outcome
from connectors.emulator.salesforce.dispatch import Answer, Call
from connectors.emulator.salesforce.errors import SalesforceError
from connectors.emulator.wire import JsonObject

_FIRST_VERSION = 41.0
_OPERATIONS = ("insert", "update", "upsert", "delete", "hardDelete")
_MOST_MULTIPART = 100_000
_DELETABLE = FINISHED | {"UploadComplete"}


def create(call: Call) -> Answer:
    """POST jobs/ingest; a multipart body brings the data along, and the job is closed at once."""
    resources.since(call, _FIRST_VERSION)
    kind = call.headers.get("content-type", "")
    if not multipart.is_multipart(kind):
        return Answer(body=_open(call, call.json_object()).opened())
    parts = multipart.parts(call.content, kind)
    content = parts.get("content")
    if content is None or len(content) > _MOST_MULTIPART:
        message = f"The request needs a part named content of at most {_MOST_MULTIPART} characters"
        raise SalesforceError("CLIENTINPUTERROR", message)
    job = _open(call, multipart.described(parts))
    job.content = content
    call.org.jobs.queue(job, call.org.clock.now())
    return Answer(body={**job.brief(), **job.format()})


def upload(call: Call) -> Answer:
    """PUT jobs/ingest/{job}/batches: all the data, once."""
    job, most = resources.find(call, IngestJob), int(call.org.settings["bulk_upload_bytes"])
    if not call.headers.get("content-type", "").startswith("text/csv"):
        raise SalesforceError("UNSUPPORTED_MEDIA_TYPE", "The data of a job is text/csv", 415)
    if job.state != "Open":
        raise resources.wrong_state(job, "Uploading to")
    if job.content is not None:
        cure = "please 'Close' / 'Abort' / 'Delete' the current Job then create a new Job and make sure you only do"
        message = f"Found multiple contents for job: <{job.id[:15]}>, {cure} 'PUT' once on a given Job."
        raise SalesforceError("BULK_API_ERROR", message)
    if len(call.content) > most:
        message = f"The data of {len(call.content)} bytes is larger than the maximum of {most} bytes for a job"
        raise SalesforceError("CLIENTINPUTERROR", message)
    job.content = call.content
    return Answer(201)


def update(call: Call) -> Answer:
    """PATCH jobs/ingest/{job}: close it, so that it is run, or abort it."""
    job, now = resources.find(call, IngestJob), call.org.clock.now()
    if resources.wanted_state(call, ("UploadComplete", "Aborted")) == "Aborted":
        resources.abort(call, job)
        rows.give_up(job)
    elif job.state != "Open":
        raise resources.wrong_state(job, "Closing")
    else:
        call.org.jobs.queue(job, now)
    return Answer(body=job.brief())


def info(call: Call) -> Answer:
    """GET jobs/ingest/{job}: each look lets the job go on."""
    job = resources.find(call, IngestJob)
    progress.look(call.org, job)
    return Answer(body=job.info())


def listing(call: Call) -> Answer:
    """GET jobs/ingest."""
    resources.since(call, _FIRST_VERSION)
    return resources.listing(call, IngestJob, "/jobs/ingest")


def delete(call: Call) -> Answer:
    """DELETE jobs/ingest/{job}."""
    return resources.delete(call, resources.find(call, IngestJob), _DELETABLE)


def successful(call: Call) -> Answer:
    """GET jobs/ingest/{job}/successfulResults."""
    job = _finished(call)
    kept = _ordered(call, [each for each in job.outcomes if not each.error])
    cells = ([each.record_id, "true" if each.created else "false", *each.row] for each in kept)
    return _csv(call, job, ("sf__Id", "sf__Created"), cells)


def failed(call: Call) -> Answer:
    """GET jobs/ingest/{job}/failedResults."""
    job = _finished(call)
    kept = _ordered(call, [each for each in job.outcomes if each.error])
    return _csv(call, job, ("sf__Id", "sf__Error"), ([each.record_id, each.error, *each.row] for each in kept))


def unprocessed(call: Call) -> Answer:
    """GET jobs/ingest/{job}/unprocessedrecords."""
    job = _finished(call)
    return _csv(call, job, (), job.rest)


def _open(call: Call, body: JsonObject) -> IngestJob:
    """A new job in the list, as its description asks."""
    one_of("contentType", body.get("contentType") or "CSV", ("CSV",))
    operation, dialect = one_of("operation", body.get("operation"), _OPERATIONS), dialect_of(body)
    name, external_id = body.get("object"), body.get("externalIdFieldName") or ""
    entity = call.access().object(name) if isinstance(name, str) else None
    if entity is None:
        raise SalesforceError("INVALIDJOB", f"InvalidJob : Unable to find object: {name}")
    if entity.name in call.org.settings["bulk_unsupported"]:
        raise SalesforceError("INVALIDENTITY", f"Entity '{entity.name}' is not supported by the Bulk API.")
    if operation == "upsert" and not (isinstance(external_id, str) and external_id):
        message = f"External ID was blank for {entity.name}. An External ID must be specified for upsert."
        raise SalesforceError("INVALIDJOB", f"InvalidJob : {message}")
    if operation == "hardDelete" and not call.org.settings["bulk_hard_delete"]:
        needed = "hardDelete operation requires special user profile permission"
        raise SalesforceError("FEATURENOTENABLED", f"{needed}, please contact your system administrator")
    return _made(call, entity.name, operation, dialect, external_id if operation == "upsert" else "")


def _made(call: Call, entity: str, operation: str, dialect: Dialect, external_id: str) -> IngestJob:
    jobs, now = call.org.jobs, call.org.clock.now()
    job = IngestJob(
        jobs.new_id(),
        operation,
        entity,
        call.user,
        call.version,
        dialect,
        created=now,
        changed=now,
        state="Open",
        queued=now,
        external_id=external_id,
    )
    jobs.add(job)
    return job


def _finished(call: Call) -> IngestJob:
    """The job, which must have ended."""
    job = resources.find(call, IngestJob)
    if job.state not in FINISHED:
        raise SalesforceError("INVALIDJOBSTATE", f"The results of a job in the state {job.state} cannot be read")
    return job


def _ordered(call: Call, outcomes: list[Outcome]) -> list[Outcome]:
    """The order of the upload, or any other where the org is set to keep none."""
    return sorted(outcomes, key=_scrambled) if call.org.settings["unordered"] else outcomes


def _scrambled(outcome: Outcome) -> int:
    return crc32(repr(outcome.row).encode())


def _csv(call: Call, job: IngestJob, added: Iterable[str], cells: Iterable[list[str]]) -> Answer:
    """Rows behind the first line of the upload, which comes back as it was, with the added names before it."""
    names = [*(f'"{each}"' for each in added), *([job.header] if job.header else [])]
    return Answer(headers=resources.csv_headers(call), stream=_lines(job, names, cells))


def _lines(job: IngestJob, names: list[str], cells: Iterable[list[str]]) -> Iterator[bytes]:
    yield f"{job.dialect.delimiter.join(names)}{job.dialect.ending}".encode()
    yield from rendering.pieces(cells, job.dialect)
