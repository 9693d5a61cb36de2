"""The search resources: SOSL, and parameterizedSearch, which is turned into SOSL.

Searching is what a small org needs of it: whole words without regard to case, `*` and `?`, phrases, AND, OR, AND NOT.
The index is the store itself, so a record is found as soon as it is written (the vendor takes some seconds).
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from connectors.emulator.salesforce import cursors
from connectors.emulator.salesforce.dispatch import Answer, Call
from connectors.emulator.salesforce.errors import SalesforceError
from connectors.emulator.salesforce.reading import View
from connectors.emulator.salesforce.schema import Field, SObject
from connectors.emulator.salesforce.soql.run import run
from connectors.emulator.salesforce.soql.sosl import All, AnyOf, Find, Term, Without, Words, parse_find
from connectors.emulator.salesforce.soql.tree import Item, Path, Query
from connectors.emulator.wire import Json, JsonObject

MOST_FOUND = 2000
_WORD = re.compile(r"\w+")
_TEXTS = frozenset({"string", "textarea", "email", "phone", "url", "picklist", "multipicklist"})
_NAMES = frozenset({"Name", "FirstName", "LastName", "Subject", "CaseNumber"})
# What a search looks through when it names no object.
_OBJECTS = ("Account", "Campaign", "Case", "Contact", "Event", "Lead", "Opportunity", "Task", "User")
_RESERVED = re.compile(r"([&|!(){}\[\]^~:\\'+-])")


def search(call: Call) -> Answer:
    """GET search?q=: a SOSL search."""
    text = call.query.get("q")
    if not text:
        raise SalesforceError("MALFORMED_SEARCH", "No search term found. The search term must be enclosed in braces.")
    return Answer(body={"searchRecords": _found(call, parse_find(text))})


def parameterized(call: Call) -> Answer:
    """GET or POST parameterizedSearch: the same with its parts in parameters or in a body."""
    asked = _from_body(call.json_object()) if call.method == "POST" else _from_query(call.query)
    return Answer(body={"searchRecords": _found(call, parse_find(_sosl(asked)))})


@dataclass(frozen=True, slots=True)
class _Matches(View):
    """A view that shows only the records in which a term is found."""

    find: Find | None = None

    def rows(self, name: str) -> Iterator[JsonObject]:
        """The records of an object that match."""
        entity = self.entity(name)
        names = [each.name for each in entity.fields.values() if self.find and _searched(each, self.find.group)]
        test = _test(self.find.term) if self.find else bool
        for row in View.rows(self, name):
            if test([_words(row[field]) for field in names if row.get(field)]):
                yield row


def _found(call: Call, find: Find) -> list[JsonObject]:
    view = _Matches(call.org, call.access(), find=find)
    queries = find.returning or [_ids(each) for name in _OBJECTS if (each := view.object(name))]
    records = [
        record for query in queries for record in cursors.everything(call, run(query, view, call.url))
    ]  # fmt: skip
    return records[: MOST_FOUND if find.limit is None else min(find.limit, MOST_FOUND)]


def _ids(entity: SObject) -> Query:
    return Query("", (Item(Path(("Id",), 0), ""),), Path((entity.name,), 0), "")


def _searched(field: Field, group: str) -> bool:
    match group:
        case "NAME":
            return field.name in _NAMES
        case "EMAIL" | "PHONE":
            return field.type == group.lower()
        case _:
            return field.type in _TEXTS


def _words(value: Json) -> list[str]:
    return _WORD.findall(str(value).lower())


def _test(term: Term) -> Callable[[Sequence[Sequence[str]]], bool]:
    """A term as a function of the words of a record's fields."""
    match term:
        case Words(words):
            patterns = [re.compile(re.escape(word).replace(r"\*", ".*").replace(r"\?", ".")) for word in words]
            return lambda fields: any(_holds(each, patterns) for each in fields)
        case All(parts):
            every = [_test(part) for part in parts]
            return lambda fields: all(each(fields) for each in every)
        case AnyOf(parts):
            some = [_test(part) for part in parts]
            return lambda fields: any(each(fields) for each in some)
        case Without(part):
            inner = _test(part)
            return lambda fields: not inner(fields)


def _holds(words: Sequence[str], patterns: Sequence[re.Pattern[str]]) -> bool:
    """Whether the words stand in the field next to each other."""
    starts = range(len(words) - len(patterns) + 1)
    return any(
        all(pattern.fullmatch(words[start + place]) for place, pattern in enumerate(patterns)) for start in starts
    )


def _from_query(query: Mapping[str, str]) -> JsonObject:
    """The parameters of a GET in the shape of a POST's body."""
    names = [each.strip() for each in query.get("sobject", "").split(",") if each.strip()]
    objects = [{"name": name, **_of_object(query, name)} for name in names]
    return {**query, "fields": _listed(query.get("fields")), "sobjects": objects}


def _of_object(query: Mapping[str, str], name: str) -> JsonObject:
    given = {key: query[f"{name}.{key}"] for key in ("where", "orderBy", "limit", "offset") if f"{name}.{key}" in query}
    return {"fields": _listed(query.get(f"{name}.fields")), **given}


def _listed(text: str | None) -> list[str]:
    return [each.strip() for each in (text or "").split(",") if each.strip()]


def _from_body(body: JsonObject) -> JsonObject:
    objects = body.get("sobjects", [])
    if not isinstance(objects, list) or not all(isinstance(each, dict) for each in objects):
        raise SalesforceError("INVALID_FIELD", "sobjects must be a list of objects")
    return body


def _sosl(asked: JsonObject) -> str:
    """The search as SOSL; what a parameter does not say is taken from the whole."""
    term = asked.get("q")
    if not isinstance(term, str) or not term.strip():
        raise SalesforceError("MALFORMED_SEARCH", "A search string has to be specified")
    escaped = _RESERVED.sub(r"\\\1", term)
    clauses = [f"FIND {{{escaped}}} IN {asked.get('in', 'ALL')} FIELDS"]
    if asked.get("sobjects"):
        clauses.append("RETURNING " + ", ".join(map(partial(_returning, asked), asked["sobjects"])))
    if asked.get("overallLimit") is not None:
        clauses.append(f"LIMIT {asked['overallLimit']}")
    return " ".join(clauses)


def _returning(asked: JsonObject, described: JsonObject) -> str:
    fields = described.get("fields") or asked.get("fields") or ["Id"]
    limit = described.get("limit", asked.get("defaultLimit"))
    parts = [", ".join(map(str, fields)) if isinstance(fields, list) else str(fields)]
    for word, value in (
        ("WHERE", described.get("where")),
        ("ORDER BY", described.get("orderBy")),
        ("LIMIT", limit),
        ("OFFSET", described.get("offset")),
    ):
        parts += [f"{word} {value}"] if value is not None else []
    return f"{described.get('name', '')}({' '.join(parts)})"
