"""What this user can see of the organisation: describes, read once a pull, and what is missing from the mapping.

A field hidden by field-level security is absent from describe and fails a whole query, so only the intersection of what
is mapped and what is visible is ever selected; the rest is reported.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from connectors.errors import Forbidden
from connectors.salesforce.client import Record


class Describer(Protocol):
    """Knows the fields of an object: the organisation's client, or an export of it."""

    def describe(self, name: str) -> Record | None:
        """Describe an object as Salesforce does, or None where there is none of that name."""
        ...


@dataclass(slots=True)
class Schema:
    """Describes of the objects asked for so far; make a new one for every pull, check or provisioning.

    `forbidden` says in Salesforce's words why an object may not be described; one that does not exist is not in it.
    """

    client: Describer
    forbidden: dict[str, str] = field(default_factory=dict)
    _described: dict[str, Mapping[str, Record] | None] = field(default_factory=dict)

    def fields(self, name: str) -> Mapping[str, Record] | None:
        """Map the visible fields of an object to their describe, or None when the object itself is not visible."""
        if name not in self._described:
            answer = self._describe(name)
            visible = None if answer is None else {entry["name"]: entry for entry in answer["fields"]}
            self._described[name] = visible
        return self._described[name]

    @property
    def described(self) -> int:
        """Count the objects asked for so far: a call each."""
        return len(self._described)

    def _describe(self, name: str) -> Record | None:
        try:
            return self.client.describe(name)
        except Forbidden as error:
            self.forbidden[name] = str(error)
            return None

    def exists(self, name: str) -> bool:
        """Tell whether the object is visible."""
        return self.fields(name) is not None

    def visible(self, name: str, wanted: Sequence[str]) -> list[str]:
        """Keep the wanted fields that can be selected, each once, in their order."""
        known = self.fields(name) or {}
        return [entry for entry in dict.fromkeys(wanted) if entry in known]

    def hidden(self, name: str, wanted: Sequence[str]) -> list[str]:
        """Name the wanted fields that cannot be selected."""
        known = self.fields(name) or {}
        return [entry for entry in dict.fromkeys(wanted) if entry not in known]

    def forget(self, name: str) -> None:
        """Describe the object anew when it is asked for next: its fields have changed."""
        self._described.pop(name, None)

    def calculated(self, name: str, wanted: Sequence[str]) -> list[str]:
        """Name the wanted fields that are formulas or roll-ups: these change without touching SystemModstamp."""
        known = self.fields(name) or {}
        return [entry for entry in dict.fromkeys(wanted) if entry in known and known[entry].get("calculated")]

    def relationship(self, name: str, entry: str) -> str | None:
        """Name the way from a record to the one that a field of it points at."""
        found = (self.fields(name) or {}).get(entry, {}).get("relationshipName")
        return str(found) if found else None

    def updateable(self, name: str, entry: str) -> bool:
        """Tell whether this user may write the field."""
        known = self.fields(name) or {}
        return entry in known and bool(known[entry].get("updateable"))

    def choices(self, name: str, entry: str) -> list[str]:
        """List the picklist values of a field, inactive ones included."""
        known = self.fields(name) or {}
        return [value["value"] for value in known.get(entry, {}).get("picklistValues") or ()]
