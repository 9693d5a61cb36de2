"""Property definitions and groups over HTTP."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import Any

from connectors.emulator.hubspot.refusals import RefusedError, invalid
from connectors.emulator.hubspot.render import envelope
from connectors.emulator.hubspot.schema import Group, Property, Schema, custom, read_options

from . import bodies
from .endpoint import Answer, Call, Endpoint, every

READ, WRITE = ("crm.schemas.{kind}.read",), ("crm.schemas.{kind}.write",)


def _schema(call: Call) -> Schema:
    return call.portal.crm.schemas[call.kind.name]


def _list(call: Call) -> Answer:
    archived = call.flag("archived")
    return Answer(200, {"results": [p.render() for p in _schema(call) if p.archived is archived]})


def _get(call: Call) -> Answer:
    return Answer(200, _schema(call).read(call.path["name"], archived=call.flag("archived")).render())


def _create(call: Call) -> Answer:
    return Answer(201, _add(call, call.body(bodies.NewProperty)).render())


def _add(call: Call, form: bodies.NewProperty) -> Property:
    if form.has_unique_value and call.kind.name == "tasks" and not call.portal.settings["unique_properties_on_tasks"]:
        raise invalid("Unique properties are not supported for object type TASK.")
    now = call.portal.clock.now()
    made = _schema(call).add(custom(form.model_dump(by_alias=True), form.group_name, now))
    table = call.portal.crm.tables[call.kind.name]
    if made.unique:
        table.index(made.name)
    else:
        table.forget_index(made.name)  # an archived property of this name may have been unique
    return made


_CHANGES: dict[str, tuple[str, Callable[[Any], object]]] = {
    "label": ("label", str),
    "type": ("type", str),
    "field_type": ("field_type", str),
    "group_name": ("group", str),
    "description": ("description", str),
    "options": ("options", read_options),
    "display_order": ("order", int),
    "hidden": ("hidden", bool),
    "form_field": ("form_field", bool),
}
"""What a change body may name: the definition's attribute and how it is read."""


def _update(call: Call) -> Answer:
    given = call.body(bodies.PropertyChange).model_dump(exclude_none=True)
    named = {key: raw for key, raw in given.items() if key != "options"}
    if "options" in given:
        named["options"] = [{**row, "displayOrder": row.get("display_order")} for row in given["options"]]
    changes = {_CHANGES[key][0]: _CHANGES[key][1](raw) for key, raw in named.items()}
    return Answer(200, _schema(call).change(call.path["name"], **changes, updated=call.portal.clock.now()).render())


def _archive(call: Call) -> Answer:
    _schema(call).archive(call.path["name"], call.portal.clock.now())
    return Answer(204)


def _batch(call: Call, acts: Iterable[tuple[str, Callable[[], Property]]], usual: int) -> Answer:
    """Run a batch whose inputs stand alone; 207 when some fail."""
    rows: list[object] = []
    errors: list[object] = []
    for name, act in acts:
        try:
            rows.append(act().render())
        except RefusedError as refused:
            errors.append(refused.row({"name": [name]}))
    return Answer(207 if errors else usual, envelope(call.portal.crm, rows, errors))


def _batch_create(call: Call) -> Answer:
    return _batch(
        call, [(form.name, partial(_add, call, form)) for form in call.body(bodies.NewProperties).inputs], 201
    )


def _batch_read(call: Call) -> Answer:
    form = call.body(bodies.NamesRead)
    schema = _schema(call)
    acts = [(row.name, partial(schema.read, row.name, archived=form.archived)) for row in form.inputs]
    return _batch(call, acts, 200)


def _batch_archive(call: Call) -> Answer:
    schema = _schema(call)
    for row in call.body(bodies.Names).inputs:
        if schema.get(row.name) is not None:
            schema.archive(row.name, call.portal.clock.now())
    return Answer(204)


def _groups(call: Call) -> Answer:
    return Answer(200, {"results": [group.render() for group in _schema(call).groups.values()]})


def _group(call: Call) -> Answer:
    return Answer(200, _schema(call).group(call.path["name"]).render())


def _create_group(call: Call) -> Answer:
    form = call.body(bodies.NewGroup)
    return Answer(201, _schema(call).add_group(Group(form.name, form.label, form.display_order)).render())


def _update_group(call: Call) -> Answer:
    form = call.body(bodies.GroupChange)
    schema = _schema(call)
    old = schema.group(call.path["name"])
    order = old.order if form.display_order is None else form.display_order
    schema.groups[old.name] = replace(old, label=form.label or old.label, order=order)
    return Answer(200, schema.groups[old.name].render())


def _drop_group(call: Call) -> Answer:
    _schema(call).drop_group(call.path["name"])
    return Answer(204)


def _paths(rest: str) -> tuple[str, ...]:
    return every(f"/crm/v3/properties/{{kind}}{rest}")


ENDPOINTS = (
    Endpoint("GET", _paths(""), _list, READ),
    Endpoint("POST", _paths(""), _create, WRITE),
    Endpoint("POST", _paths("/batch/create"), _batch_create, WRITE),
    Endpoint("POST", _paths("/batch/read"), _batch_read, READ),
    Endpoint("POST", _paths("/batch/archive"), _batch_archive, WRITE),
    Endpoint("GET", _paths("/groups"), _groups, READ),
    Endpoint("POST", _paths("/groups"), _create_group, WRITE),
    Endpoint("GET", _paths("/groups/{name}"), _group, READ),
    Endpoint("PATCH", _paths("/groups/{name}"), _update_group, WRITE),
    Endpoint("DELETE", _paths("/groups/{name}"), _drop_group, WRITE),
    Endpoint("GET", _paths("/{name}"), _get, READ),
    Endpoint("PATCH", _paths("/{name}"), _update, WRITE),
    Endpoint("DELETE", _paths("/{name}"), _archive, WRITE),
)
