"""Writes our follow-up tasks: one key, one task, also when an answer was lost.

A task is created together with what it is tied to, in one request: whoever dies behind it leaves no task that nobody
finds. The key is a property that HubSpot itself keeps unique, so a task that is there is found by it at once and never
made again. In a portal that refuses such a property it is looked for among the tasks of its company and contact, which
an association names at once: a search would find it only after moments, and a second process would make it again.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from connectors.base import AssignTask, CreateTask, DeleteTask, Outcome, SetTaskState, WriteResult
from connectors.errors import Conflict, Rejected
from connectors.hubspot.batch import halved, holds
from connectors.hubspot.client import Client
from connectors.hubspot.engagements import COMPLETED
from connectors.hubspot.read import task_key
from connectors.hubspot.schema import Schema

Json = dict[str, Any]

TASKS = "tasks"
TO_CONTACT, TO_COMPANY = 204, 192
"""HubSpot's type ids of task -> contact and task -> company."""
LONGEST_BODY = 65_536
"""Characters of a task's body (our default: HubSpot names it for notes); a note that finds no room is left out, since
HubSpot would refuse it together with what it is about."""
DUE, OWNER = "hs_timestamp", "hubspot_owner_id"
GONE = "The task no longer exists in HubSpot."


class TaskWriter:
    """Creates, changes and deletes our tasks in one portal."""

    def __init__(self, client: Client, schema: Schema) -> None:
        self._client = client
        self._key = task_key(schema.prefix)
        self._unique = schema.key_is_unique()

    def create(self, batch: list[CreateTask]) -> Iterator[WriteResult]:
        """Create the tasks whose key is not there yet, with their ties; tie those that are there once more."""
        known = self._existing(batch)
        missing = [write for write in batch if write.key not in known]
        refused: dict[str, str] = {}
        made: set[str] = set()
        if missing and self._unique:
            made |= self._create_all(missing, known)
        for write in missing:
            if write.key not in known and self._create_one(write, known, refused):
                made.add(write.key)
        untied = self._tie([write for write in batch if write.key in known.keys() - made], known)
        for write in batch:
            if write.key in known:
                yield WriteResult(write, Outcome.DONE, known[write.key], untied.get(known[write.key], ""))
            else:
                yield WriteResult(write, Outcome.REJECTED, message=refused[write.key])

    def change(self, batch: list[SetTaskState | AssignTask]) -> Iterator[WriteResult]:
        """Complete, reopen or assign tasks and append their notes."""
        held = {
            str(task["id"]): task["properties"].get("hs_task_body") or ""
            for task in self._client.read(TASKS, [write.id for write in batch], ("hs_task_body",))
        }
        present = [write for write in batch if write.id in held]
        yield from (WriteResult(write, Outcome.REJECTED, write.id, GONE) for write in batch if write.id not in held)
        rows = {write.id: _changed(write, held[write.id]) for write in present}

        def holding(part: Sequence[SetTaskState | AssignTask]) -> Mapping[str, bool]:
            names = sorted({name for one in part for name in rows[one.id]["properties"]})
            found = self._client.read(TASKS, [one.id for one in part], names)
            return {one["id"]: holds(one, rows[one["id"]]["properties"]) for one in found}

        yield from halved(present, lambda part: self._client.update(TASKS, [rows[one.id] for one in part]), holding)

    def delete(self, batch: list[DeleteTask]) -> Iterator[WriteResult]:
        """Move tasks to the recycle bin; one that is there already is as wanted."""
        self._client.archive(TASKS, [write.id for write in batch])
        yield from (WriteResult(write, Outcome.DONE, write.id) for write in batch)

    def _existing(self, batch: Sequence[CreateTask]) -> dict[str, str]:
        """Find tasks by key: exactly where the key is unique, else among those of the same companies and contacts."""
        keys = {write.key for write in batch}
        if self._unique:
            found = self._client.read(TASKS, sorted(keys), (self._key,), by=self._key)
        else:
            found = self._client.read(TASKS, self._tied_to(batch), (self._key,))
        held = ((task["properties"].get(self._key), str(task["id"])) for task in found)
        return {key: task_id for key, task_id in held if key in keys}

    def _tied_to(self, batch: Sequence[CreateTask]) -> list[str]:
        """List the tasks of the companies and contacts that a batch is about."""
        companies = {write.account_id for write in batch if write.account_id}
        contacts = {write.contact_id for write in batch if write.contact_id}
        asked = (("companies", companies), ("contacts", contacts))
        found = (self._client.associations(kind, TASKS, sorted(ids)) for kind, ids in asked if ids)
        return sorted({str(tie["toObjectId"]) for ties in found for held in ties.values() for tie in held})

    def _create_all(self, missing: Sequence[CreateTask], known: dict[str, str]) -> set[str]:
        """Create a batch and tell which keys it made; one that is refused is left to single creates, which name the
        row to blame.
        """
        try:
            answer = self._client.create_all(TASKS, [self._whole(write) for write in missing])
        except (Rejected, Conflict):
            return set()
        told = {task["properties"].get(self._key): str(task["id"]) for task in answer.get("results", ())}
        made = {write.key: told[write.key] for write in missing if write.key in told}
        known.update(made)
        if silent := [write for write in missing if write.key not in told]:
            known.update(self._existing(silent))
        return set(made)

    def _create_one(self, write: CreateTask, known: dict[str, str], refused: dict[str, str]) -> bool:
        """Create a task and tell whether it was made; one that somebody made meanwhile is taken."""
        try:
            known[write.key] = str(self._client.create(TASKS, self._whole(write))["id"])
        except Conflict as error:
            known.update(self._existing([write]) or self._named(error.ref, write.key))
            if write.key not in known:
                refused[write.key] = str(error)
            return False
        except Rejected as error:
            refused[write.key] = str(error)
            return False
        return True

    def _whole(self, write: CreateTask) -> Json:
        return {"properties": self._properties(write), "associations": _ties(write)}

    def _named(self, task_id: str | None, key: str) -> dict[str, str]:
        """Take the task a conflict names, if it is the one with our key."""
        found = self._client.read(TASKS, [task_id], (self._key,)) if task_id else ()
        keys = ((task["properties"].get(self._key), str(task["id"])) for task in found)
        return {held: found_id for held, found_id in keys if held == key}

    def _tie(self, batch: Sequence[CreateTask], known: dict[str, str]) -> dict[str, str]:
        """Tie tasks to company and contact; tells by task id what HubSpot refused."""
        untied: dict[str, str] = {}
        companies = [(known[write.key], write.account_id) for write in batch if write.account_id]
        contacts = [(known[write.key], write.contact_id) for write in batch if write.contact_id]
        for to_type, pairs in (("companies", companies), ("contacts", contacts)):
            try:
                self._client.associate(TASKS, to_type, pairs)
            except (Rejected, Conflict):
                untied.update(self._tied_singly(to_type, pairs))
        return untied

    def _tied_singly(self, to_type: str, pairs: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
        for pair in pairs:
            try:
                self._client.associate(TASKS, to_type, [pair])
            except (Rejected, Conflict) as error:
                yield pair[0], f"The task exists but is not tied to {to_type} {pair[1]}: {error}"

    def _properties(self, write: CreateTask) -> Json:
        return {
            self._key: write.key,
            "hs_task_subject": write.subject,
            "hs_task_body": write.body,
            DUE: str(write.due_at * 1000),
            "hs_task_status": "NOT_STARTED",
            "hs_task_type": "TODO",
            **({OWNER: write.owner_id} if write.owner_id else {}),
        }


def _ties(write: CreateTask) -> list[Json]:
    wanted = [(write.account_id, TO_COMPANY), (write.contact_id, TO_CONTACT)]
    return [
        {"to": {"id": to}, "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": kind}]}
        for to, kind in wanted
        if to
    ]


def _changed(write: SetTaskState | AssignTask, body: str) -> Json:
    """Describe a task with what the write sets; a note that is there already, from an attempt whose answer was lost,
    is not repeated.
    """
    properties = {}
    if isinstance(write, SetTaskState):
        properties["hs_task_status"] = "NOT_STARTED" if write.open else COMPLETED
        if write.due_at is not None:
            properties[DUE] = str(write.due_at * 1000)
    if write.owner_id:
        properties[OWNER] = write.owner_id
    noted = f"{body}\n{write.note}".strip()
    if write.note and not body.endswith(write.note) and len(noted) <= LONGEST_BODY:
        properties["hs_task_body"] = noted
    return {"id": write.id, "properties": properties}
