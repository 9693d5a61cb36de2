"""Carries writes out in batches of 100 and tells what became of each one.

A batch that HubSpot refuses as a whole is halved until the poisoned rows stand alone. Writes of one record keep their
order: a record is never twice in one batch.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, assert_never

from connectors.base import AssignTask, CreateTask, DeleteTask, Outcome, SetTaskState, UpdateRecord, Write, WriteResult
from connectors.errors import Conflict, ConnectorError, Rejected
from connectors.hubspot.batch import SILENT, halved, holds
from connectors.hubspot.client import PAGE, Client
from connectors.hubspot.schema import OBJECT_TYPES, Schema
from connectors.hubspot.tasks import TaskWriter
from mapping.metadata import results

Json = dict[str, Any]


@dataclass(slots=True)
class Lane:
    """Writes that wait for a batch of their own kind, each record once."""

    flush: Callable[[list[Any]], Iterator[WriteResult]]
    waiting: dict[str, Any] = field(default_factory=dict)

    def add(self, record_id: str, write: Write) -> Iterator[WriteResult]:
        """Put a write into the batch; yields what a full batch, or one that holds the record already, became."""
        if record_id in self.waiting or len(self.waiting) >= PAGE:
            yield from self.empty()
        self.waiting[record_id] = write

    def empty(self) -> Iterator[WriteResult]:
        """Send what waits; writes still open when the connection fails are reported unknown before the error."""
        batch, self.waiting = list(self.waiting.values()), {}
        known: list[Write] = []
        try:
            for result in self.flush(batch) if batch else ():
                known.append(result.write)
                yield result
        except (Rejected, Conflict) as error:
            yield from _left_open(batch, known, Outcome.REJECTED, str(error))
        except ConnectorError as error:
            yield from _left_open(batch, known, Outcome.UNKNOWN, str(error))
            raise
        else:
            yield from _left_open(batch, known, Outcome.UNKNOWN, SILENT)


def _left_open(batch: Iterable[Write], known: Iterable[Write], outcome: Outcome, said: str) -> Iterator[WriteResult]:
    told = {id(write) for write in known}
    yield from (WriteResult(write, outcome, message=said) for write in batch if id(write) not in told)


def target(result: WriteResult) -> tuple[str, str | None]:
    """Name the object and, where it is known, the record that a write was about."""
    write = result.write
    match write:
        case UpdateRecord():
            return write.object, write.id
        case CreateTask():
            return "task", result.id
        case _:
            return "task", write.id


class Writer:
    """Writes to one portal; `schema` says which options it allows."""

    def __init__(self, client: Client, schema: Schema) -> None:
        self._client = client
        self._schema = schema
        tasks = TaskWriter(client, schema)
        self._lanes = {
            "contact": Lane(self._update),
            "account": Lane(self._update),
            "create": Lane(tasks.create),
            "change": Lane(tasks.change),
            "delete": Lane(tasks.delete),
        }

    def write(self, writes: Iterable[Write]) -> Iterator[WriteResult]:
        """Yield one result a write, batch by batch."""
        for write in writes:
            match write:
                case UpdateRecord():
                    yield from self._checked(write)
                case CreateTask():
                    yield from self._lanes["create"].add(write.key, write)
                case SetTaskState() | AssignTask():
                    yield from self._lanes["change"].add(write.id, write)
                case DeleteTask():
                    yield from self._lanes["change"].empty()
                    yield from self._lanes["delete"].add(write.id, write)
                case _:
                    assert_never(write)
        for lane in self._lanes.values():
            yield from lane.empty()

    def _checked(self, write: UpdateRecord) -> Iterator[WriteResult]:
        """Refuse here what HubSpot would refuse for the whole batch: a field or an option that does not exist."""
        fields = {declared.name: declared for declared in results(write.object)}
        unknown = sorted(write.values.keys() - fields.keys())
        reasons = [f"{write.object} has no field of ours named {name}." for name in unknown]
        known = [(fields[name], value) for name, value in write.values.items() if name in fields]
        reasons += [reason for declared, value in known if (reason := self._schema.refusal(declared, value))]
        if reasons:
            yield WriteResult(write, Outcome.REJECTED, write.id, " ".join(reasons))
        else:
            yield from self._lanes[write.object].add(write.id, write)

    def _update(self, batch: list[UpdateRecord]) -> Iterator[WriteResult]:
        object_type = OBJECT_TYPES[batch[0].object]
        names = {declared.name: declared.hubspot_name(self._schema.prefix) for declared in results(batch[0].object)}

        def values(write: UpdateRecord) -> dict[str, str]:
            return {names[name]: value or "" for name, value in write.values.items()}

        def send(part: Sequence[UpdateRecord]) -> Json:
            return self._client.update(object_type, [{"id": one.id, "properties": values(one)} for one in part])

        def held(part: Sequence[UpdateRecord]) -> Mapping[str, bool]:
            sent = {one.id: values(one) for one in part}
            found = self._client.read(object_type, list(sent), list(names.values()))
            return {one["id"]: holds(one, sent[one["id"]]) for one in found}

        yield from halved(batch, send, held)
