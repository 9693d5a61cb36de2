"""Sends a batch, halves it when HubSpot refuses it, and tells the outcome of each row."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from connectors.base import AssignTask, Outcome, SetTaskState, UpdateRecord, WriteResult
from connectors.errors import Conflict, Rejected
from connectors.hubspot.failures import FORBIDDEN, sentence

Json = dict[str, Any]
ById = TypeVar("ById", bound=UpdateRecord | SetTaskState | AssignTask)
OMITTED = "HubSpot left this record out of its answer: it was merged or deleted meanwhile."


def halved(batch: Sequence[ById], send: Callable[[Sequence[ById]], Json]) -> Iterator[WriteResult]:
    """Send writes that carry a record's `id`; a refused batch is sent again in halves."""
    if not batch:
        return
    try:
        answer = send(batch)
    except (Rejected, Conflict) as error:
        if len(batch) == 1 or _concerns_all(error):
            yield from (WriteResult(write, Outcome.REJECTED, write.id, str(error)) for write in batch)
            return
        middle = len(batch) // 2
        yield from halved(batch[:middle], send)
        yield from halved(batch[middle:], send)
    else:
        yield from outcomes(batch, answer)


def _concerns_all(error: Rejected | Conflict) -> bool:
    """Tell a refusal that no row is to blame for."""
    return isinstance(error, Rejected) and error.code in FORBIDDEN


def outcomes(batch: Sequence[ById], answer: Json) -> Iterator[WriteResult]:
    """Match the rows of an answer with the writes by id; HubSpot keeps neither their order nor their number."""
    done = {str(record["id"]) for record in answer.get("results", ())}
    refused = _refusals(answer.get("errors", ()))
    for write in batch:
        if write.id in done:
            yield WriteResult(write, Outcome.DONE, write.id)
        else:
            yield WriteResult(write, Outcome.REJECTED, write.id, refused.get(write.id, OMITTED))


def _refusals(errors: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    return {
        str(record_id): sentence(error) for error in errors for record_id in error.get("context", {}).get("ids", ())
    }
