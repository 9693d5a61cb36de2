"""Runs an ingest job: its rows go one by one through the same writer as every other write."""

from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from itertools import islice

from connectors.emulator.salesforce import ids, values
from connectors.emulator.salesforce.bulk import upload
from connectors.emulator.salesforce.bulk.jobs import IngestJob, Outcome
from connectors.emulator.salesforce.bulk.upload import UnreadableError, Upload
from connectors.emulator.salesforce.errors import SalesforceError, rejected
from connectors.emulator.salesforce.org import Org
from connectors.emulator.salesforce.records import AmbiguousKeyError, Writer
from connectors.emulator.salesforce.schema import Field, SObject
from connectors.emulator.wire import Json, JsonObject

_CLEARED = "#N/A"
_FLAGS = {"1": True, "0": False}
# Since this version a failed row says which record it was about.
_FAILURES_NAMED_FROM = 53.0
Written = tuple[str, bool]
Put = Callable[[JsonObject, str], None]


def run(org: Org, job: IngestJob) -> Generator[None]:
    """Write the rows of the job that are not yet processed and note what becomes of each; a pause behind each batch.

    The rows that nobody touches, because the job fails or is given up in a pause, go to `rest`.

    Raises:
        UnreadableError: the job fails as a whole. What was written before stays written.
    """
    data = _begun(job)
    try:
        yield from _Run(org, job, data).batches()
    finally:
        job.rest.extend(_readable(data))
        job.content = None


def give_up(job: IngestJob) -> None:
    """The rows of a job that will not be run, or not any further, are unprocessed."""
    if job.work is not None:
        job.work.close()
        return
    try:
        data = _begun(job)
    except UnreadableError:
        return
    job.rest.extend(_readable(data))
    job.content = None


def _begun(job: IngestJob) -> Upload:
    """The upload, read up to the rows that are not yet processed."""
    data = upload.read(job.content or b"", job.dialect)
    job.header, job.width = data.header, len(data.names)
    return replace(data, rows=islice(data.rows, job.processed, None))


def _readable(data: Upload) -> Iterator[list[str]]:
    """The rows that are left, as far as they can be read."""
    try:
        yield from data.rows
    except UnreadableError:
        return


class _Run:
    """One job while it runs."""

    def __init__(self, org: Org, job: IngestJob, data: Upload) -> None:
        access = org.access(job.user)
        entity = access.object(job.entity)
        if entity is None:
            raise UnreadableError(f"InvalidJob : Unable to find object: {job.entity}")
        self._org, self._job, self._data, self._entity = org, job, data, entity
        self._writer = Writer(org, access)
        self._columns = [self._column(each) for each in data.names]
        self._key = self._required_column()
        operations: dict[str, Callable[[JsonObject], Written]] = {
            "insert": self._insert,
            "update": self._update,
            "upsert": self._upsert,
            "delete": self._delete,
            "hardDelete": self._delete,
        }
        self._write = operations[job.operation]

    def batches(self) -> Generator[None]:
        """Every row, in the order of the upload; each batch counts against the day."""
        job, size = self._job, int(self._org.settings["bulk_batch_records"])
        for place, row in enumerate(self._data.rows, job.processed):
            if (reason := self._stop(place, row)) is not None:
                job.rest.append(row)
                raise UnreadableError(reason)
            job.outcomes.append(self._outcome(row + [""] * (job.width - len(row))))
            job.processed += 1
            if job.processed % size == 0:
                yield

    def _stop(self, place: int, row: list[str]) -> str | None:
        """Why the job must end before this row, if it must."""
        settings = self._org.settings
        if settings["bulk_job_error"] and place >= settings["bulk_job_error_row"]:
            return str(settings["bulk_job_error"])
        if len(row) > self._job.width:
            return f"InvalidBatch : A row has {len(row)} columns, but the header has {self._job.width}"
        if place % settings["bulk_batch_records"] == 0 and not self._org.spend("bulk_batches"):
            return "ExceededQuota : The daily allocation of batches is used up"
        return None

    def _outcome(self, row: list[str]) -> Outcome:
        record: JsonObject = {}
        try:
            for put, text in zip(self._columns, row, strict=True):
                put(record, text)
            record_id, created = self._write(record)
        except AmbiguousKeyError as several:
            message = f"{self._key.name}: more than one record found for external id field: "
            refusal = rejected("DUPLICATE_EXTERNAL_ID", f"{message}[{', '.join(several.found)}]")
            return Outcome(row, self._named(record), error=_told(refusal))
        except SalesforceError as refusal:
            return Outcome(row, self._named(record), error=_told(refusal))
        return Outcome(row, record_id, created)

    def _named(self, record: JsonObject) -> str:
        """The id of the record that a failed row is about, if there is one."""
        found = ids.canonical(str(record.get("Id") or ""))
        known = found is not None and self._org.store.find(found) is not None
        return found if found and known and float(self._job.version) >= _FAILURES_NAMED_FROM else ""

    def _insert(self, record: JsonObject) -> Written:
        return self._writer.create(self._entity, record), True

    def _update(self, record: JsonObject) -> Written:
        record_id = self._id(record, "an update")
        self._writer.update(self._entity, record_id, record)
        return ids.canonical(record_id) or "", False

    def _upsert(self, record: JsonObject) -> Written:
        value = next((each for name, each in record.items() if name == self._key.name), None)
        given = {name: each for name, each in record.items() if name != self._key.name}
        if value is None and self._key.type == "id":
            return self._writer.create(self._entity, given), True
        if value is None:
            raise rejected("MISSING_ARGUMENT", f"{self._key.name} not specified")
        return self._writer.upsert(self._entity, self._key, str(value), given)

    def _delete(self, record: JsonObject) -> Written:
        record_id = self._id(record, "a delete")
        self._writer.delete(self._entity, record_id, hard=self._job.operation == "hardDelete")
        return ids.canonical(record_id) or "", False

    def _id(self, record: JsonObject, call: str) -> str:
        if not record.get("Id"):
            raise rejected("MISSING_ARGUMENT", f"Id not specified in {call} call")
        return str(record["Id"])

    def _required_column(self) -> Field:
        """The field by which records are found, which must be a column of every upload but an insert's."""
        name = self._job.external_id if self._job.operation == "upsert" else "Id"
        field = self._entity.field(name)
        if field is None or not (field.external_id or field.unique or field.type == "id"):
            known = "does not match an External ID, Salesforce Id, or indexed field for"
            raise UnreadableError(f"InvalidBatch : Field name provided, {name} {known} {self._entity.name}")
        present = any(field.name.lower() == each.lower() for each in self._data.names)
        # Rows without an Id column are all new to an upsert by Id.
        optional = self._job.operation == "insert" or (self._job.operation == "upsert" and field.type == "id")
        if not (present or optional):
            raise _unknown(field.name)
        return field

    def _column(self, header: str) -> Put:
        """How a column's text gets into a record."""
        if "." in header:
            return self._parent_column(header)
        field = self._entity.field(header)
        if field is None:
            raise _unknown(header)

        def put(record: JsonObject, text: str) -> None:
            if text:
                record[field.name] = None if text == _CLEARED else _typed(self._entity, field, text)

        return put

    def _parent_column(self, header: str) -> Put:
        """A column `Relationship.Field`, or `Type:Relationship.Field` where several types are possible."""
        kind, _, path = header.rpartition(":")
        relationship, _, name = path.partition(".")
        found = (each for each in self._entity.references() if each.relationship.lower() == relationship.lower())
        reference = next(found, None)
        targets = self._targets(reference, kind, name) if reference else []
        if reference is None or not targets:
            raise _unknown(header)

        def put(record: JsonObject, text: str) -> None:
            if text == _CLEARED:
                record[reference.name] = None
            elif text:
                by_key = self._writer.by_key
                match = (each for each, key in targets if by_key(each, key, text))
                target = next(match, None) or targets[0][0]
                record[reference.relationship] = {"attributes": {"type": target.name}, name: text}

        return put

    def _targets(self, reference: Field, kind: str, name: str) -> list[tuple[SObject, Field]]:
        """The objects that a parent column may mean, with the field in each: the one named, or all that have it."""
        kinds = [each for each in reference.to if kind.lower() in ("", each.lower())]
        seen = [entity for each in kinds if (entity := self._writer.access.object(each)) is not None]
        return [(each, field) for each in seen if (field := each.field(name)) is not None]


def _typed(entity: SObject, field: Field, text: str) -> Json:
    """The text as a value of the field's type; other mistakes than of type are found by the writer."""
    if field.type == "boolean" and text in _FLAGS:
        return _FLAGS[text]
    if field.type == "id":
        return text
    try:
        return values.stored(entity, field, text.removesuffix("Z") if field.type == "date" else text)
    except SalesforceError as refusal:
        if refusal.code != "JSON_PARSER_ERROR":
            raise
        message = f"{field.label}: value not of required type: {text}"
        raise rejected("INVALID_TYPE_ON_FIELD_IN_RECORD", message, field.name) from refusal


def _told(refusal: SalesforceError) -> str:
    """A refusal in the one form failedResults has: `CODE:message:fields--`."""
    if refusal.code == "NOT_FOUND":
        return "INVALID_CROSS_REFERENCE_KEY:invalid cross reference id:--"
    return f"{refusal.code}:{refusal.message}:{','.join(refusal.fields or ())}--"


def _unknown(column: str) -> UnreadableError:
    return UnreadableError(f"InvalidBatch : Field name not found : {column}")
