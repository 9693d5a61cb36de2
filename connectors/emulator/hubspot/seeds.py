"""Filling a portal from the "hubspot" part of a seed (`docs/seed-format.md`), relative dates already resolved.

A seed is trusted more than a caller: it may set read-only properties and moments; its mistakes are told all at once.
"""

from collections.abc import Mapping
from datetime import datetime
from itertools import chain
from typing import Any

from . import derived, owners, rules
from .crm import Crm
from .custom_objects import CustomObjects
from .object_types import ObjectType
from .records import Record
from .refusals import RefusedError
from .schema import Group, Schema, custom
from .values import BadValueError, normalise
from .wire import moment, stamp


class SeedError(ValueError):
    """What a seed says cannot be; the message lists every mistake found."""


def load(crm: Crm, own: CustomObjects, seed: Mapping[str, Any]) -> None:
    """Add a seed's owners, object types, properties, rules, labels, records and associations. Raises SeedError."""
    try:
        crm.portal_id = seed.get("portal_id", crm.portal_id)
        for row in seed.get("schemas", ()):
            own.define(row)
        _load(crm, seed)
    except RefusedError as refused:
        raise SeedError(refused.message) from refused


def _load(crm: Crm, seed: Mapping[str, Any]) -> None:
    now = crm.now()
    crm.owners |= {owner.id: owner for owner in (owners.read(row, now) for row in seed.get("owners", ()))}
    _load_pipelines(crm, seed)
    for word, rows in seed.get("properties", {}).items():
        _load_properties(crm, crm.kinds.infer(word), rows)
    for word, rows in seed.get("validations", {}).items():
        _load_rules(crm, crm.kinds.infer(word), rows)
    mistakes: list[str] = []
    for word, rows in seed.get("records", {}).items():
        kind = crm.kinds.infer(word)
        mistakes += chain.from_iterable(_load_record(crm, kind, row, now) for row in rows)
    _load_labels(crm, seed.get("labels", ()))
    for row in seed.get("associations", ()):
        mistakes += _load_association(crm, row)
    if mistakes:
        raise SeedError("\n".join(mistakes[:100]))
    _mirror(crm)


def _load_pipelines(crm: Crm, seed: Mapping[str, Any]) -> None:
    for word, rows in seed.get("pipelines", {}).items():
        kind = crm.kinds.infer(word)
        crm.pipelines[kind.name].load(rows)
        crm.use_pipelines(kind)


def _load_properties(crm: Crm, kind: ObjectType, rows: list[Mapping[str, Any]]) -> None:
    schema = crm.schemas[kind.name]
    for row in rows:
        made = custom(row, next(iter(schema.groups)), crm.now())
        schema.groups.setdefault(made.group, Group(made.group, made.group))
        schema.put(made)
        if made.unique:
            crm.tables[kind.name].index(made.name)


def _load_rules(crm: Crm, kind: ObjectType, rows: list[Mapping[str, Any]]) -> None:
    """Put validation rules on properties: `{"propertyName", "ruleType", "ruleArguments"}`."""
    schema = crm.schemas[kind.name]
    for row in rows:
        name = row["propertyName"]
        rule = rules.read(schema.read(name), row["ruleType"], row.get("ruleArguments", ()), crm.now())
        schema.rules.setdefault(name, {})[rule.type] = rule


def _load_record(crm: Crm, kind: ObjectType, row: Mapping[str, Any], now: datetime) -> list[str]:
    record_id = int(row["id"])
    crm.new_id(at_least=record_id + 1)
    values, mistakes = _values(crm.schemas[kind.name], row.get("properties", {}))
    created = moment(values.get(kind.created) or values.get("hs_createdate") or stamp(now))
    updated = moment(values.get(kind.modified) or values.get("hs_lastmodifieddate") or stamp(max(created, now)))
    own = {
        "hs_object_id": str(record_id),
        "hs_createdate": stamp(created),
        kind.created: stamp(created),
        "hs_lastmodifieddate": stamp(updated),
        kind.modified: stamp(updated),
    }
    whole = {**values, **own}
    properties = {**whole, **derived.values(kind, whole, crm.pipelines[kind.name], updated)}
    archived_at = updated if row.get("archived") else None
    crm.tables[kind.name].put(Record(record_id, properties, created, updated, archived_at))
    return [f"{kind.name}/{record_id}: {mistake}" for mistake in mistakes]


def _values(schema: Schema, given: Mapping[str, object]) -> tuple[dict[str, str | None], list[str]]:
    values: dict[str, str | None] = {}
    mistakes: list[str] = []
    for name, raw in given.items():
        definition = schema.get(name)
        if definition is None:
            mistakes.append(f"no property {name}")
            continue
        try:
            values[name] = normalise(definition, raw)
        except BadValueError as error:
            mistakes.append(f"{name}: {error}")
    return values, mistakes


def _load_labels(crm: Crm, rows: list[Mapping[str, Any]]) -> None:
    """Define custom labels; an inverse id the seed does not name is the next number, if nobody has it."""
    taken = {row["typeId"] for row in rows} | {row["inverseTypeId"] for row in rows if "inverseTypeId" in row}
    for row in rows:
        pair = (crm.kinds.infer(row["from"]).name, crm.kinds.infer(row["to"]).name)
        following = row["typeId"] + 1
        back_id = row.get("inverseTypeId") or (
            crm.associations.free_ids(max(taken))[0] if following in taken else following
        )
        taken.add(back_id)
        name = row.get("name") or row["label"].lower().replace(" ", "_")
        crm.associations.add_label(pair, row["label"], name, row.get("inverseLabel"), (row["typeId"], back_id))


def _load_association(crm: Crm, row: Mapping[str, Any]) -> list[str]:
    ends = [row["from"].split("/"), row["to"].split("/")]
    (here, there) = ((crm.kinds.infer(word), int(key)) for word, key in ends)
    lost = [f"{kind.name}/{key} does not exist" for kind, key in (here, there) if not crm.tables[kind.name].find(key)]
    if not lost:
        pair = (here[0].name, there[0].name)
        crm.associations.put(pair, here[1], there[1], row.get("types", ()), keep=True)
    return [f"association {row['from']} -> {row['to']}: {text}" for text in lost]


def _mirror(crm: Crm) -> None:
    """Set the properties that mirror links, without moving last-modified."""
    for kind in crm.kinds:
        table = crm.tables[kind.name]
        records, _ = table.page(0, len(table), archived=False)
        for record in records:
            crm.settle(kind, record)
