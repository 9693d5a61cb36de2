"""Sends a batch, halves it when HubSpot refuses it, and tells the outcome of each row."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from connectors.base import AssignTask, Outcome, SetTaskState, UpdateRecord, WriteResult
from connectors.errors import Conflict, Forbidden, Rejected
from connectors.hubspot.failures import sentence
from connectors.hubspot.values import instant, number
from connectors.transport import Unanswered

Json = dict[str, Any]
ById = TypeVar("ById", bound=UpdateRecord | SetTaskState | AssignTask)
SILENT = "HubSpot did not say what became of this record; the next run looks before it writes again."
OMITTED = "HubSpot left this record out of its answer: it was merged or deleted meanwhile."


Held = Callable[[Sequence[ById]], Mapping[str, bool]]
"""Looks at records by id: whether each one that exists holds what its write sent."""


def halved(batch: Sequence[ById], send: Callable[[Sequence[ById]], Json], held: Held[ById]) -> Iterator[WriteResult]:
    """Send writes that carry a record's `id`; a refused batch is sent again in halves.

    Of a row the answer does not mention, `held` tells what became of it.
    """
    if not batch:
        return
    try:
        answer = send(batch)
    except (Rejected, Conflict) as error:
        if len(batch) == 1 or isinstance(error, Forbidden):  # no row is to blame for it
            yield from (WriteResult(write, Outcome.REJECTED, write.id, str(error)) for write in batch)
            return
        middle = len(batch) // 2
        yield from halved(batch[:middle], send, held)
        yield from halved(batch[middle:], send, held)
    except Unanswered:  # the records themselves tell
        yield from outcomes(batch, {}, held)
    else:
        yield from outcomes(batch, answer, held)


def outcomes(batch: Sequence[ById], answer: Json, held: Held[ById]) -> Iterator[WriteResult]:
    """Match the rows of an answer with the writes by id; HubSpot keeps neither their order nor their number."""
    done = {str(record["id"]) for record in answer.get("results", ())}
    refused = _refusals(answer.get("errors") or ())
    silent = [write for write in batch if write.id not in done and write.id not in refused]
    found = held(silent) if silent else {}
    for write in batch:
        if write.id in done or found.get(write.id):
            yield WriteResult(write, Outcome.DONE, write.id)
        elif write.id in found:
            yield WriteResult(write, Outcome.UNKNOWN, write.id, SILENT)
        else:
            yield WriteResult(write, Outcome.REJECTED, write.id, refused.get(write.id, OMITTED))


def holds(record: Json, sent: Mapping[str, str]) -> bool:
    """Tell whether a record holds what was sent, however HubSpot writes it down."""
    told = record["properties"]
    return all(_same(value, told.get(name)) for name, value in sent.items())


def _same(sent: str, told: str | None) -> bool:
    if sent == (told or ""):
        return True
    return any(read(sent) is not None and read(sent) == read(told) for read in (number, instant))


def _refusals(errors: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    return {
        str(record_id): sentence(error)
        for error in errors
        for record_id in (error.get("context") or {}).get("ids") or ()
    }
