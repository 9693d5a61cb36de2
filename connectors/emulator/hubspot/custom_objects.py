"""Object types a portal defines for itself: a name and an id in every path, properties, links to other types."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from .associations import USER_DEFINED, LinkType, Pair
from .crm import Crm
from .object_types import CUSTOM_SCOPE, ObjectType
from .refusals import RefusedError, invalid, missing
from .schema import custom
from .wire import stamp

ALWAYS_LINKED = ("calls", "emails", "meetings", "notes", "tasks", "communications", "postal_mail")
"""Types every custom object can be associated with."""
FIRST_ID = 10_000_001
_NOTHING: Mapping[str, Any] = {
    "labels": {},
    "primaryDisplayProperty": None,
    **dict.fromkeys(
        ("secondaryDisplayProperties", "requiredProperties", "searchableProperties", "properties", "associatedObjects"),
        (),
    ),
}
"""What a definition holds when a seed does not say."""


@dataclass(frozen=True, slots=True)
class Definition:
    """How a portal describes one of its types."""

    kind: ObjectType
    number: int
    singular: str
    plural: str
    primary: str | None
    secondary: tuple[str, ...]
    description: str
    created: datetime
    updated: datetime
    archived: bool = False


class CustomObjects:
    """The types a portal has added."""

    def __init__(self, crm: Crm) -> None:
        self._crm = crm
        self._definitions: dict[str, Definition] = {}
        self._next = FIRST_ID

    def all(self, *, archived: bool = False) -> list[Definition]:
        """List the definitions that are in use, or those that are archived."""
        return [each for each in self._definitions.values() if each.archived is archived]

    def read(self, word: str, *, archived: bool = False) -> Definition:
        """Find a definition by any name of its type or raise RefusedError (404)."""
        for each in self.all(archived=archived):
            if word.lower() in (*each.kind.words, each.kind.singular):
                return each
        raise missing()

    def define(self, given: Mapping[str, Any]) -> Definition:
        """Add a type: its properties, its links. Raises RefusedError: 400, or 409 when the name is taken."""
        form = {**_NOTHING, **given}
        name = form["name"].lower()
        if not (name.isascii() and name.replace("_", "").isalnum() and name[0].isalpha()):
            raise invalid(f"Object name {form['name']!r} must begin with a letter and hold letters, digits and _ only.")
        if any(each.kind.singular == name for each in self._definitions.values()):
            raise RefusedError(409, "CONFLICT", f"An object type named {name} already exists.")
        linked = [self._crm.kinds.infer(word) for word in form["associatedObjects"]]
        named = {row["name"] for row in form["properties"]}
        _check_named(form, named)
        made = self._made(name, form)
        self._crm.kinds.put(made.kind)
        self._crm.furnish(made.kind)
        try:
            self._add_properties(made.kind, form["properties"])
        except RefusedError:
            self._forget(made.kind)
            raise
        self._definitions[made.kind.name] = made
        for other in dict.fromkeys([*linked, *(self._crm.kinds[word] for word in ALWAYS_LINKED)]):
            self.link(made.kind, other, None)
        return made

    def _made(self, name: str, form: Mapping[str, Any]) -> Definition:
        now, number = self._crm.now(), self._next
        self._next += 1
        kind = ObjectType(
            name=f"p{self._crm.portal_id}_{name}",
            id=f"2-{number}",
            singular=name,
            scope=CUSTOM_SCOPE,
            created="hs_createdate",
            modified="hs_lastmodifieddate",
            shown=(),
            text=tuple(form["searchableProperties"]),
            required=tuple(form["requiredProperties"]),
            custom=True,
        )
        labels = form["labels"]
        return Definition(
            kind,
            number,
            singular=labels.get("singular") or name,
            plural=labels.get("plural") or name,
            primary=form["primaryDisplayProperty"],
            secondary=tuple(form["secondaryDisplayProperties"]),
            description=form.get("description") or "",
            created=now,
            updated=now,
        )

    def _add_properties(self, kind: ObjectType, rows: Iterable[Mapping[str, Any]]) -> None:
        schema, now = self._crm.schemas[kind.name], self._crm.now()
        usual = next(iter(schema.groups))
        for row in rows:
            given = {**row, "groupName": row.get("groupName") or usual}
            made = schema.add(custom(given, usual, now))
            if made.unique:
                self._crm.tables[kind.name].index(made.name)

    def change(self, word: str, form: Mapping[str, Any]) -> Definition:
        """Change words and display of a type. Raises RefusedError: 404, 400."""
        old = self.read(word)
        schema = self._crm.schemas[old.kind.name]
        known = {row.name for row in schema if not row.archived}
        given = {key: value for key, value in form.items() if value is not None}
        _check_named(given, known)
        kind = replace(
            old.kind,
            text=tuple(given.get("searchableProperties", old.kind.text)),
            required=tuple(given.get("requiredProperties", old.kind.required)),
        )
        labels = given.get("labels") or {}
        made = replace(
            old,
            kind=kind,
            singular=labels.get("singular") or old.singular,
            plural=labels.get("plural") or old.plural,
            primary=given.get("primaryDisplayProperty", old.primary),
            secondary=tuple(given.get("secondaryDisplayProperties", old.secondary)),
            description=given.get("description", old.description),
            updated=self._crm.now(),
        )
        self._crm.kinds.put(kind)
        schema.kind = kind
        self._definitions[kind.name] = made
        return made

    def archive(self, word: str) -> None:
        """Take a type out of use. Raises RefusedError: 404, or 400 while it has records."""
        old = self.read(word)
        records, _ = self._crm.tables[old.kind.name].page(0, 1, archived=False)
        if records:
            raise invalid(f"Object type {old.kind.id} still has records and cannot be deleted.")
        self._definitions[old.kind.name] = replace(old, archived=True, updated=self._crm.now())
        self._forget(old.kind)

    def purge(self, word: str) -> None:
        """Forget an archived type, so that its name is free. Raises RefusedError (404)."""
        del self._definitions[self.read(word, archived=True).kind.name]

    def _forget(self, kind: ObjectType) -> None:
        self._crm.kinds.drop(kind)
        self._crm.associations.forget(kind.name)

    # --- links ----------------------------------------------------------------------------------------------------

    def link(self, kind: ObjectType, other: ObjectType, name: str | None) -> LinkType:
        """Let records of two types be associated; a second name between them is no error."""
        crm, pair = self._crm, (kind.name, other.name)
        if any(found.label is None for found in crm.associations.types(pair)):
            return crm.associations.unlabelled(pair)
        there_id, back_id = crm.associations.free_ids()
        there = LinkType(there_id, None, name or f"{kind.singular}_to_{other.singular}", back_id, USER_DEFINED)
        back = LinkType(back_id, None, f"{other.singular}_to_{kind.singular}", there_id, USER_DEFINED)
        crm.associations.define(pair, there, back)
        return there

    def unlink(self, word: str, type_id: str) -> None:
        """Remove an association between types. Raises RefusedError (404)."""
        kind = self.read(word).kind
        for pair, found in self._links(kind):
            if str(found.id) == type_id:
                self._crm.associations.undefine(pair)
                return
        raise missing()

    def _links(self, kind: ObjectType) -> list[tuple[Pair, LinkType]]:
        return [pair_type for pair_type in self._crm.associations.defined() if kind.name in pair_type[0]]

    # --- showing --------------------------------------------------------------------------------------------------

    def render(self, made: Definition) -> dict[str, object]:
        """Form a definition's JSON with properties and associations."""
        return {**self.brief(made), **self.contents(made.kind)}

    def contents(self, kind: ObjectType) -> dict[str, object]:
        """Form the part of a schema that every type has, HubSpot's own too."""
        links = [self.render_link(pair, found) for pair, found in self._links(kind)]
        properties = [row.render() for row in self._crm.schemas[kind.name] if not row.archived]
        return {"properties": properties, "associations": links, "name": kind.singular}

    def render_link(self, pair: Pair, found: LinkType) -> dict[str, object]:
        """Form an association's JSON."""
        ends = {"fromObjectTypeId": self._crm.kinds[pair[0]].id, "toObjectTypeId": self._crm.kinds[pair[1]].id}
        return {"id": str(found.id), **ends, "name": found.name}

    def brief(self, made: Definition) -> dict[str, object]:
        """Form a definition's JSON without properties."""
        return {
            "id": str(made.number),
            "objectTypeId": made.kind.id,
            "fullyQualifiedName": made.kind.name,
            "portalId": self._crm.portal_id,
            "name": made.kind.singular,
            "labels": {"singular": made.singular, "plural": made.plural},
            "description": made.description,
            "primaryDisplayProperty": made.primary,
            "secondaryDisplayProperties": list(made.secondary),
            "requiredProperties": list(made.kind.required),
            "searchableProperties": list(made.kind.text),
            "createdAt": stamp(made.created),
            "updatedAt": stamp(made.updated),
            "archived": made.archived,
        }


def _check_named(form: Mapping[str, Any], known: Sequence[str] | set[str]) -> None:
    """Hold the properties a form refers to against those there are. Raises RefusedError (400)."""
    primary = [form["primaryDisplayProperty"]] if form.get("primaryDisplayProperty") else []
    lists = ("requiredProperties", "searchableProperties", "secondaryDisplayProperties")
    wanted = primary + [name for key in lists for name in form.get(key) or ()]
    lost = [name for name in wanted if name not in known]
    if lost:
        raise invalid(f"Properties {', '.join(lost)} are not defined on this object type.")
