"""Creates our fields in Salesforce and makes them visible to the integration user.

A custom field that nobody was granted is invisible even to its creator: it is absent from describe and fails every
query. So each field comes with read (and for results edit) permission in a permission set of ours, assigned to the
user we run as. Whatever is there already stays as it is.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from connectors.base import ProvisionStep
from connectors.errors import Conflict, Rejected, Unusable
from connectors.salesforce.client import Client
from connectors.salesforce.schema import Schema
from connectors.salesforce.soql import Query, quoted
from mapping.metadata import TASK_KEY, Field, Kind

OBJECTS = {"contact": "Contact", "account": "Account", "task": "Task"}
DEFINED_ON = {"Task": "Activity"}
"""Custom fields of tasks are defined on Activity and granted on Task."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its sentence, whether it is needed, and how it is done."""

    what: str
    needed: bool
    do: Callable[[], object]


class Provisioning:
    """One run of provisioning; `user_id` is the integration user."""

    def __init__(self, client: Client, prefix: str, user_id: str) -> None:
        self._client = client
        self._prefix = prefix
        self._user_id = user_id
        self._schema = Schema(client)
        self._set_id = self._find("PermissionSet", [f"Name = {quoted(prefix)}"])

    def run(self, fields: Sequence[Field], *, dry_run: bool) -> Iterator[ProvisionStep]:
        """Do, or with `dry_run` announce, what is missing; raises Unusable when a field stays invisible."""
        did = False
        for step in self._steps(fields):
            if step.needed and not dry_run:
                _carry_out(step)
                did = True
            yield ProvisionStep(step.what, step.needed, "" if step.needed else "is there already")
        if did:
            self._verify(fields)

    def _steps(self, fields: Sequence[Field]) -> Iterator[Step]:
        for entry in fields:
            yield self._field(entry)
        yield Step(f"permission set {self._prefix}", self._set_id is None, self._create_set)
        yield Step("assignment to the integration user", not self._assigned(), self._assign)
        granted = self._granted()
        for entry in fields:
            name = f"{OBJECTS[entry.object]}.{entry.salesforce_name(self._prefix)}"
            edit = not entry.override
            needed = granted.get(name) not in ({True} if edit else {True, False})
            yield Step(f"permission on {name}", needed, self._granting(name, edit=edit))

    def _field(self, entry: Field) -> Step:
        on = OBJECTS[entry.object]
        name = entry.salesforce_name(self._prefix)
        full = f"{DEFINED_ON.get(on, on)}.{name}"
        missing = not self._schema.visible(on, [name])
        return Step(f"field {full}", missing, lambda: self._create_field(full, entry))

    def _create_field(self, full_name: str, entry: Field) -> None:
        try:
            self._client.create_field(full_name, metadata(entry))
        except Conflict:
            return  # it exists and nobody may see it yet; the permission below changes that

    def _find(self, name: str, where: Sequence[str]) -> str | None:
        return next((str(record["Id"]) for record in self._client.records(Query(name, ["Id"], where, "Id", 1))), None)

    def _create_set(self) -> None:
        body = {"Name": self._prefix, "Label": self._prefix, "Description": "Read and write the fields of Rapport."}
        self._set_id = self._client.create("PermissionSet", body)

    def _assigned(self) -> bool:
        if self._set_id is None:
            return False
        where = [f"PermissionSetId = {quoted(self._set_id)}", f"AssigneeId = {quoted(self._user_id)}"]
        return self._find("PermissionSetAssignment", where) is not None

    def _assign(self) -> None:
        self._client.create("PermissionSetAssignment", {"PermissionSetId": self._set_id, "AssigneeId": self._user_id})

    def _granted(self) -> Mapping[str, bool]:
        """Map fields granted by our permission set to whether they may be edited."""
        if self._set_id is None:
            return {}
        where = [f"ParentId = {quoted(self._set_id)}"]
        found = self._client.records(Query("FieldPermissions", ["Field", "PermissionsEdit"], where))
        return {str(record["Field"]): bool(record["PermissionsEdit"]) for record in found}

    def _granting(self, field: str, *, edit: bool) -> Callable[[], object]:
        def grant() -> str:
            body = {
                "ParentId": self._set_id,
                "SobjectType": field.partition(".")[0],
                "Field": field,
                "PermissionsRead": True,
                "PermissionsEdit": edit,
            }
            return self._client.create("FieldPermissions", body)

        return grant

    def _verify(self, fields: Sequence[Field]) -> None:
        """Look with the integration user's own eyes."""
        seen = Schema(self._client)
        hidden = [
            f"{OBJECTS[entry.object]}.{name}"
            for entry in fields
            if not seen.visible(OBJECTS[entry.object], [name := entry.salesforce_name(self._prefix)])
        ]
        if hidden:
            raise Unusable(
                f"Salesforce created the fields but still hides {', '.join(hidden)} from the integration user. "
                f"Check the permission set {self._prefix} and its assignment."
            )


def _carry_out(step: Step) -> None:
    try:
        step.do()
    except Rejected as error:
        raise Unusable(
            f"Provisioning stopped at the {step.what}: {error}. "
            "The integration user needs Customize Application and Manage Permission Sets, or deploy our metadata."
        ) from error


def metadata(entry: Field) -> Mapping[str, object]:
    """Describe a field of ours as the Tooling API wants it."""
    common = {"label": entry.label, "inlineHelpText": entry.help, "description": entry.help}
    return {**common, **_FORMS[entry.kind](entry)}


_FORMS: Mapping[Kind, Callable[[Field], Mapping[str, object]]] = {
    Kind.TEXT: lambda entry: {"type": "Text", "length": entry.length, "externalId": entry.name == TASK_KEY},
    Kind.LONG_TEXT: lambda entry: {"type": "LongTextArea", "length": entry.length, "visibleLines": 5},
    Kind.NUMBER: lambda entry: {"type": "Number", "precision": 18, "scale": entry.scale},
    Kind.DATE: lambda _: {"type": "Date"},
    Kind.FLAG: lambda _: {"type": "Checkbox", "defaultValue": "false"},
    Kind.CHOICE: lambda entry: {"type": "Picklist", "valueSet": _values(entry)},
    Kind.CHOICES: lambda entry: {"type": "MultiselectPicklist", "visibleLines": 5, "valueSet": _values(entry)},
}
"""The key is an external id, which gives it an index; not every organisation allows `unique` on Activity."""


def _values(entry: Field) -> Mapping[str, object]:
    values = [{"fullName": choice, "label": choice, "default": False} for choice in entry.choices]
    return {"restricted": True, "valueSetDefinition": {"sorted": False, "value": values}}
