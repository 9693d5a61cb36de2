"""The definitions of a portal's own object types over HTTP."""

from connectors.emulator.hubspot.custom_objects import CustomObjects

from . import bodies
from .endpoint import Answer, Call, Endpoint, every

READ, WRITE = ("crm.schemas.custom.read",), ("crm.schemas.custom.write",)


def _of(call: Call) -> CustomObjects:
    return call.portal.custom_objects


def _list(call: Call) -> Answer:
    found = _of(call).all(archived=call.flag("archived"))
    return Answer(200, {"results": [_of(call).render(each) for each in found]})


def _get(call: Call) -> Answer:
    kind = call.portal.crm.kinds.infer(call.path["word"])
    if kind.custom:
        return Answer(200, _of(call).render(_of(call).read(call.path["word"])))
    label = kind.singular.replace("_", " ").capitalize()
    own = {
        "id": kind.id,
        "objectTypeId": kind.id,
        "fullyQualifiedName": kind.singular.upper(),
        "labels": {"singular": label, "plural": kind.name.replace("_", " ").capitalize()},
        "primaryDisplayProperty": kind.text[0] if kind.text else None,
        "secondaryDisplayProperties": list(kind.shown[1:2]),
        "requiredProperties": list(kind.required),
        "searchableProperties": list(kind.text),
        "archived": False,
    }
    return Answer(200, {**own, **_of(call).contents(kind)})


def _create(call: Call) -> Answer:
    form = call.body(bodies.NewObjectType).model_dump(by_alias=True)
    return Answer(201, _of(call).render(_of(call).define(form)))


def _update(call: Call) -> Answer:
    form = call.body(bodies.ObjectTypeChange).model_dump(by_alias=True)
    return Answer(200, _of(call).brief(_of(call).change(call.path["word"], form)))


def _archive(call: Call) -> Answer:
    if call.flag("archived"):
        _of(call).purge(call.path["word"])
    else:
        _of(call).archive(call.path["word"])
    return Answer(204)


def _link(call: Call) -> Answer:
    form = call.body(bodies.ObjectLink)
    kind = _of(call).read(call.path["word"]).kind
    ends = [call.portal.crm.kinds.infer(word) for word in (form.from_object_type_id, form.to_object_type_id)]
    other = ends[1] if ends[0] == kind else ends[0]
    made = _of(call).link(kind, other, form.name)
    return Answer(201, _of(call).render_link((kind.name, other.name), made))


def _unlink(call: Call) -> Answer:
    _of(call).unlink(call.path["word"], call.path["id"])
    return Answer(204)


def _paths(rest: str) -> tuple[str, ...]:
    return every(f"/crm-object-schemas/v3/schemas{rest}")


ENDPOINTS = (
    Endpoint("GET", _paths(""), _list, READ),
    Endpoint("POST", _paths(""), _create, WRITE),
    Endpoint("GET", _paths("/{word}"), _get, READ),
    Endpoint("PATCH", _paths("/{word}"), _update, WRITE),
    Endpoint("DELETE", _paths("/{word}"), _archive, WRITE),
    Endpoint("POST", _paths("/{word}/associations"), _link, WRITE),
    Endpoint("DELETE", _paths("/{word}/associations/{id}"), _unlink, WRITE),
)
