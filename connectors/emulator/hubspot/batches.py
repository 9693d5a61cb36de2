"""Batches of writes on one object type: when one bad input spoils all, and what a 207 says of each.

With an `objectWriteTraceId` on every input each stands alone; otherwise a bad value fails the whole batch, and only
ids that lead nowhere are told row by row.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from .crm import Crm
from .object_types import ObjectType
from .records import Author, Record
from .refusals import RefusedError, invalid, missing

NOT_FOUND = "Could not get some {word} objects, they may be deleted or not exist. Check that ids are valid."


@dataclass(frozen=True, slots=True)
class Input:
    """One row of a batch write."""

    values: Mapping[str, object]
    id: str | None = None
    by: str | None = None
    """Identifying property that `id` is a value of."""
    trace: str | None = None
    position: int = 0
    """Place in the batch."""


@dataclass(frozen=True, slots=True)
class Written:
    """One record a batch wrote."""

    position: int
    record: Record
    new: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a batch did: records written and error rows."""

    written: Sequence[Written]
    errors: Sequence[dict[str, object]]


Act = Callable[[Input], tuple[Record, bool]]


def write(crm: Crm, kind: ObjectType, inputs: Sequence[Input], act: Act) -> Outcome:
    """Run `act` on each input. Raises RefusedError when the batch as a whole fails."""
    crm.warm(kind, [row.id or "" for row in inputs])
    if inputs and all(row.trace for row in inputs):
        return _each_alone(inputs, act)
    with crm.together():
        return _as_one(kind, inputs, act)


def _each_alone(inputs: Sequence[Input], act: Act) -> Outcome:
    written, errors = [], []
    for position, row in enumerate(inputs):
        try:
            record, new = act(row)
            written.append(Written(position, record, new))
        except RefusedError as refused:
            errors.append(refused.row({"objectWriteTraceId": [row.trace or ""]}))
    return Outcome(written, errors)


def _as_one(kind: ObjectType, inputs: Sequence[Input], act: Act) -> Outcome:
    written, lost = [], []
    for position, row in enumerate(inputs):
        try:
            record, new = act(row)
            written.append(Written(position, record, new))
        except RefusedError as refused:
            if refused.status != 404:
                raise
            lost.append(row.id or "")
    return Outcome(written, not_found(kind, lost))


def not_found(kind: ObjectType, ids: Sequence[str]) -> list[dict[str, object]]:
    """Form the one error row that names all ids that lead nowhere."""
    refused = missing()
    refused.message = NOT_FOUND.format(word=kind.singular.upper())
    return [refused.row({"ids": list(ids)})] if ids else []


def check_ids(inputs: Sequence[Input], *, twice: bool) -> None:
    """Refuse a batch with a row that names no record, or one that names a record again unless `twice` is fine (400)."""
    if any(not (row.id or "").strip() for row in inputs):
        raise invalid("Invalid input JSON: inputs: every input needs an id")
    keys = Counter(_key(row) for row in inputs)
    again = sorted({row.id or "" for row in inputs if keys[_key(row)] > 1})
    if again and not twice:
        raise invalid(
            f"Duplicate IDs found in batch input: [{', '.join(again)}]. IDs must be unique", context={"ids": again}
        )


def _key(row: Input) -> tuple[str, str]:
    """What a row names, so that two rows with the same key are one record."""
    return row.by or "hs_object_id", (row.id or "").strip().lower()


def updater(crm: Crm, kind: ObjectType, by: Author) -> Act:
    """Make the act of batch/update: an old id of a merged record is not followed."""

    def act(row: Input) -> tuple[Record, bool]:
        if row.by == "hs_object_id":
            raise invalid(
                f"Unable to perform update/upsert by non-unique {kind.singular.upper()} property hs_object_id"
            )
        found = crm.find(kind, row.id or "", row.by, merged=False)
        if found is None:
            raise missing()
        return crm.update(kind, found, row.values, by), False

    return act


def upserter(crm: Crm, kind: ObjectType, by: Author) -> Act:
    """Make the act of batch/upsert: by an identifying property, made when not there."""

    def act(row: Input) -> tuple[Record, bool]:
        if row.by is None or row.by == "hs_object_id":
            found = crm.find(kind, row.id or "", merged=False)
            if found is None:
                raise missing()
            return crm.update(kind, found, row.values, by), False
        found = crm.find(kind, row.id or "", row.by)
        if found is not None:
            return crm.update(kind, found, row.values, by), False
        return crm.create(kind, {row.by: row.id, **row.values}, by=by), True

    return act
