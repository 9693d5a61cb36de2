"""What a bulk job is, what the API says of it, and the org's list of jobs."""

from collections.abc import Generator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar, Literal, TypeAlias

from connectors.emulator.salesforce import ids, moments
from connectors.emulator.salesforce.bulk.dialect import Dialect
from connectors.emulator.salesforce.bulk.extract import Extract
from connectors.emulator.wire import JsonObject

State: TypeAlias = Literal["Open", "UploadComplete", "InProgress", "JobComplete", "Failed", "Aborted"]
QUEUED: frozenset[State] = frozenset({"UploadComplete", "InProgress"})
FINISHED: frozenset[State] = frozenset({"JobComplete", "Failed", "Aborted"})
_PREFIX = "750"
# Milliseconds that a job says it took: some for itself, some for each thousand records.
_OVERHEAD, _EACH_THOUSAND = 90, 250


@dataclass(slots=True)
class Job:
    """A job. `changed` is its SystemModstamp, `queued` when it was handed over, `looks` how often somebody looked."""

    kind: ClassVar[str]

    id: str
    operation: str
    entity: str
    user: str
    version: str
    dialect: Dialect
    created: datetime
    changed: datetime
    state: State
    queued: datetime
    looks: int = 0
    processed: int = 0
    error: str = ""

    @property
    def milliseconds(self) -> int:
        """How long it says it worked, once it has."""
        return _OVERHEAD + self.processed * _EACH_THOUSAND // 1000 if self.state in FINISHED else 0

    def enter(self, state: State, now: datetime) -> None:
        """Change the state."""
        self.state, self.changed = state, now

    def brief(self) -> JsonObject:
        """What every answer about a job begins with."""
        return {
            "id": self.id,
            "operation": self.operation,
            "object": self.entity,
            "createdById": self.user,
            "createdDate": moments.stamp(self.created),
            "systemModstamp": moments.stamp(self.changed),
            "state": self.state,
            "concurrencyMode": "Parallel",
            "contentType": "CSV",
            "apiVersion": float(self.version),
        }

    def format(self) -> JsonObject:
        """The dialect in the API's words."""
        return {"lineEnding": self.dialect.ending_name, "columnDelimiter": self.dialect.delimiter_name}


@dataclass(slots=True)
class QueryJob(Job):
    """A job that reads. `extract` is what it found, `stored` how many of its records have been given out."""

    kind: ClassVar[str] = "V2Query"

    extract: Extract = field(kw_only=True)
    stored: int = 0

    def listed(self) -> JsonObject:
        """The job as a row of the list of jobs."""
        return {**self.brief(), "jobType": self.kind, **self.format()}

    def info(self) -> JsonObject:
        """All there is to say."""
        error = {"errorMessage": self.error} if self.error else {}
        counts = {"numberRecordsProcessed": self.processed, "retries": 0, "totalProcessingTime": self.milliseconds}
        return {**self.listed(), **counts, **error, "isPkChunkingSupported": self.extract.chunkable}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one row of an upload; `error` is empty where it was written."""

    row: list[str]
    record_id: str
    created: bool = False
    error: str = ""


@dataclass(slots=True)
class IngestJob(Job):
    """A job that writes. `header` is the upload's first line as it came, `rest` the rows nobody touched.

    `work` is what goes on writing its rows, a batch at a time, once it has begun. A snapshot does not keep it; another
    one begins behind the rows that are `processed`.
    """

    kind: ClassVar[str] = "V2Ingest"

    external_id: str = ""
    content: bytes | None = None
    header: str = ""
    width: int = 0
    work: Generator[None] | None = None
    outcomes: list[Outcome] = field(default_factory=list)
    rest: list[list[str]] = field(default_factory=list)

    @property
    def content_url(self) -> str:
        """Where the data goes: a path without a leading slash, as Salesforce gives it."""
        return f"services/data/v{self.version}/jobs/ingest/{self.id}/batches"

    def opened(self) -> JsonObject:
        """The answer to its creation."""
        return {**self.brief(), **self._external(), "contentUrl": self.content_url, **self.format()}

    def listed(self) -> JsonObject:
        """The job as a row of the list of jobs."""
        url = {"contentUrl": self.content_url} if self.state == "Open" else {}
        return {**self.brief(), "jobType": self.kind, **self._external(), **url, **self.format()}

    def info(self) -> JsonObject:
        """All there is to say."""
        failed = sum(1 for each in self.outcomes if each.error)
        error = {"errorMessage": self.error} if self.error else {}
        return {
            **self.listed(),
            "numberRecordsProcessed": self.processed,
            "numberRecordsFailed": failed,
            "retries": 0,
            "totalProcessingTime": self.milliseconds,
            "apiActiveProcessingTime": max(0, self.milliseconds - _OVERHEAD),
            "apexProcessingTime": 0,
            **error,
        }

    def _external(self) -> JsonObject:
        return {"externalIdFieldName": self.external_id} if self.external_id else {}


@dataclass(slots=True)
class Jobs:
    """All jobs of the org by id, in the order they were made, and which of them still wait to be run."""

    by_id: dict[str, QueryJob | IngestJob] = field(default_factory=dict)
    waiting: dict[str, QueryJob | IngestJob] = field(default_factory=dict)
    serial: int = 0

    def new_id(self) -> str:
        """An id no job has."""
        self.serial += 1
        return ids.make(_PREFIX, self.serial)

    def add(self, job: QueryJob | IngestJob) -> None:
        """Take in a new job."""
        self.by_id[job.id] = job
        if job.state in QUEUED:
            self.waiting[job.id] = job

    def queue(self, job: IngestJob, now: datetime) -> None:
        """Hand an open job over to be run."""
        job.queued = now
        job.enter("UploadComplete", now)
        self.waiting[job.id] = job

    def finish(self, job: QueryJob | IngestJob, state: State, now: datetime) -> None:
        """End a job; nothing runs it any more."""
        job.enter(state, now)
        self.waiting.pop(job.id, None)

    def drop(self, job: QueryJob | IngestJob) -> None:
        """Forget a job and its data."""
        self.by_id.pop(job.id, None)
        self.waiting.pop(job.id, None)

    def expire(self, kept: timedelta, now: datetime) -> None:
        """Forget the jobs that ended longer ago than results are kept."""
        for job in [each for each in self.by_id.values() if each.state in FINISHED and now - each.changed > kept]:
            self.drop(job)
