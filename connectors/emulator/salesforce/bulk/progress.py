"""When a job goes on. Nothing runs by itself: a job is run by the next request that comes once its time is up.

`bulk_polls` is how many looks at a job find it unfinished, `bulk_seconds` how long it takes by the emulated clock.
A job that writes goes on by one batch of rows with each request, so that nobody waits long for a large one.
"""

from datetime import timedelta

from connectors.emulator.salesforce.bulk import rows
from connectors.emulator.salesforce.bulk.jobs import IngestJob, QueryJob
from connectors.emulator.salesforce.bulk.upload import UnreadableError
from connectors.emulator.salesforce.org import Org

# How long an ingest job may stay open.
_OPEN = timedelta(days=1)
_NO_MORE = object()


def look(org: Org, job: QueryJob | IngestJob) -> None:
    """Count a look at a job, and run it if this look is the one that it waited for."""
    waited = not _due(org, job)
    job.looks += 1
    if job.state == "UploadComplete":
        job.enter("InProgress", org.clock.now())
    if waited:
        catch_up(org)


def catch_up(org: Org) -> None:
    """Run every job whose time is up."""
    for job in [each for each in org.jobs.waiting.values() if _due(org, each)]:
        _run(org, job)


def close_forgotten(org: Org) -> None:
    """End the jobs left open too long, and forget those whose results are too old to be kept."""
    now = org.clock.now()
    org.jobs.expire(timedelta(seconds=org.settings["bulk_kept_seconds"]), now)
    for job in [each for each in org.jobs.by_id.values() if each.state == "Open" and now - each.created > _OPEN]:
        job.error = "Timeout : The job was open for more than 24 hours"
        org.jobs.finish(job, "Failed", now)


def _due(org: Org, job: QueryJob | IngestJob) -> bool:
    polls, taken = org.settings["bulk_polls"], org.clock.now() - job.queued
    return (not polls or job.looks > polls) and taken >= timedelta(seconds=org.settings["bulk_seconds"])


def _run(org: Org, job: QueryJob | IngestJob) -> None:
    try:
        done = _write(org, job) if isinstance(job, IngestJob) else _read(org, job)
    except UnreadableError as failure:
        job.error, done = failure.message, True
    if done:
        org.jobs.finish(job, "Failed" if job.error else "JobComplete", org.clock.now())


def _write(org: Org, job: IngestJob) -> bool:
    """Write one more batch of rows; whether it was the last."""
    if job.work is None:
        job.work = rows.run(org, job)
    if job.state == "UploadComplete":
        job.enter("InProgress", org.clock.now())
    return next(job.work, _NO_MORE) is _NO_MORE


def _read(org: Org, job: QueryJob) -> bool:
    """What a query job does: its records are there already, unless it is set to fail."""
    if org.settings["bulk_job_error"]:
        raise UnreadableError(org.settings["bulk_job_error"])
    job.processed = len(job.extract.rows)
    return True
