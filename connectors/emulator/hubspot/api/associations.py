"""Associations over HTTP: of one record, in batches, and the labels between two object types."""

from collections.abc import Iterator

from connectors.emulator.hubspot.associations import USER_DEFINED, LinkType, Pair, Tie, spec
from connectors.emulator.hubspot.limits import Meter
from connectors.emulator.hubspot.records import Record
from connectors.emulator.hubspot.refusals import RefusedError, invalid
from connectors.emulator.hubspot.render import View, envelope, legacy_rows

from . import bodies
from .endpoint import Answer, Call, Endpoint, every

LABELLING = {"professional", "enterprise"}
"""Tiers that may define association labels."""

PAGE = 500
"""Links per page, for one record and in a batch read."""

READ = ("crm.objects.{kind}.read", "crm.objects.{other}.read")
WRITE = ("crm.objects.{kind}.write", "crm.objects.{other}.write")
LABELS_READ = ("crm.schemas.{kind}.read", "crm.schemas.{other}.read")
LABELS_WRITE = ("crm.schemas.{kind}.write", "crm.schemas.{other}.write")


def _pair(call: Call) -> Pair:
    return call.kind.name, call.other.name


def _targets(call: Call, here: int, after: int, limit: int) -> tuple[list[tuple[int, list[LinkType]]], int | None]:
    links = [link for link in call.portal.crm.associations.of(_pair(call), here) if link[0] >= after]
    return links[:limit], links[limit][0] if len(links) > limit else None


def _to(there: int, types: list[LinkType]) -> dict[str, object]:
    return {"toObjectId": there, "associationTypes": [kind.render() for kind in types]}


def _list(call: Call) -> Answer:
    here = call.portal.crm.read(call.kind, call.path["id"]).id
    links, after = _targets(call, here, call.number("after", 0), call.limit(PAGE, PAGE))
    return Answer(200, {"results": [_to(*link) for link in links], **call.page(after)})


def _list_v3(call: Call) -> Answer:
    here = call.portal.crm.read(call.kind, call.path["id"]).id
    links, after = _targets(call, here, call.number("after", 0), call.limit(PAGE, PAGE))
    return Answer(200, {"results": [row for link in links for row in legacy_rows(*link)], **call.page(after)})


def _ends(call: Call) -> tuple[int, int]:
    crm = call.portal.crm
    here = crm.read(call.kind, call.path["id"])
    return here.id, crm.read(call.other, call.path["to"]).id


def _type_ids(call: Call, specs: list[bodies.AssociationSpec]) -> list[int]:
    for given in specs:
        known = call.portal.crm.associations.type(_pair(call), given.association_type_id)
        if known.category != given.association_category:
            raise invalid(f"Association type {known.id} is {known.category}, not {given.association_category}.")
    return [given.association_type_id for given in specs]


def _put(call: Call) -> Answer:
    form = call.body(bodies.Specs)
    here, there = _ends(call)
    return Answer(201, _link(call, here, there, _type_ids(call, form.root)))


def _link(call: Call, here: int, there: int, types: list[int]) -> dict[str, object]:
    crm = call.portal.crm
    made = crm.associate(Tie(_pair(call), here, there), types, call.author)
    return {
        "fromObjectTypeId": call.kind.id,
        "fromObjectId": here,
        "toObjectTypeId": call.other.id,
        "toObjectId": there,
        "labels": [kind.label for kind in made if kind.label],
    }


def _put_default(call: Call) -> Answer:
    return Answer(200, envelope(call.portal.crm, list(_default(call, *_ends(call)))))


def _default(call: Call, here: int, there: int) -> Iterator[object]:
    """Link under the unlabelled type, keeping labels; HubSpot tells of both directions."""
    crm = call.portal.crm
    default = crm.associations.unlabelled(_pair(call))
    crm.associate(Tie(_pair(call), here, there), [default.id], call.author, keep=True)
    for start, end, type_id in ((here, there, default.id), (there, here, default.inverse)):
        named = spec(default.category, type_id)
        yield {"from": {"id": str(start)}, "to": {"id": str(end)}, "associationSpec": named}


def _delete(call: Call) -> Answer:
    crm = call.portal.crm
    here, there = crm.find(call.kind, call.path["id"]), crm.find(call.other, call.path["to"])
    _unlink(call, here, there)
    return Answer(204)


def _unlink(call: Call, here: Record | None, there: Record | None) -> None:
    if here and there:
        call.portal.crm.dissociate(Tie(_pair(call), here.id, there.id), call.author)


# --- batches ----------------------------------------------------------------------------------------------------------


def _batch_read(call: Call) -> Answer:
    form = call.body(bodies.LinksRead)
    rows: list[object] = []
    errors: list[object] = []
    call.portal.crm.warm_links(_pair(call), [asked.id for asked in form.inputs])
    for asked in form.inputs:
        here = call.portal.crm.living(call.kind, asked.id)
        row = None if here is None else _batch_row(call, asked, here)
        if row is not None:
            rows.append(row)
        elif call.portal.settings["no_associations"] != "omit":
            errors.append(_nothing_found(call, asked.id).row({"fromObjectId": [asked.id]}))
    return Answer(207 if errors else 200, envelope(call.portal.crm, rows, errors))


def _nothing_found(call: Call, here: str) -> RefusedError:
    """Say that a record has no associations to this type: a row of a batch read's 207."""
    message = f"No {call.other.singular} is associated with {call.kind.singular} {here}."
    return RefusedError(404, "NO_ASSOCIATIONS_FOUND", message)


def _batch_row(call: Call, asked: bodies.Paged, here: int) -> dict[str, object] | None:
    after = asked.after or "0"
    if not (after.isascii() and after.isdecimal()) or len(after) > 19:
        raise invalid(f"after must be a number, but was {after}")
    links, following = _targets(call, here, int(after), PAGE)
    paging = {} if following is None else {"paging": {"next": {"after": str(following)}}}
    if not links and not int(after):
        return None  # past the last page a record still has associations, though none on this page
    return {"from": {"id": asked.id}, "to": [_to(*link) for link in links], **paging}


def _resolve(call: Call, here: str, there: str) -> tuple[int, int]:
    crm = call.portal.crm
    return crm.linkable(call.kind.name, here), crm.linkable(call.other.name, there)


def _batch_create(call: Call) -> Answer:
    rows: list[object] = []
    errors: list[object] = []
    for row in call.body(bodies.TypedLinks).inputs:
        types = _type_ids(call, row.types)
        try:
            rows.append(_link(call, *_resolve(call, row.from_.id, row.to.id), types))
        except RefusedError as refused:
            errors.append(refused.row({"fromObjectId": [row.from_.id], "toObjectId": [row.to.id]}))
    return Answer(207 if errors else 201, envelope(call.portal.crm, rows, errors))


def _batch_default(call: Call) -> Answer:
    ends = [_resolve(call, row.from_.id, row.to.id) for row in call.body(bodies.TypedLinks).inputs]
    rows = [row for here, there in ends for row in _default(call, here, there)]
    return Answer(200, envelope(call.portal.crm, rows))


def _batch_archive(call: Call) -> Answer:
    crm = call.portal.crm
    for row in call.body(bodies.Unlinks).inputs:
        for target in row.to:
            _unlink(call, crm.find(call.kind, row.from_.id), crm.find(call.other, target.id))
    return Answer(204)


def _batch_unlabel(call: Call) -> Answer:
    crm = call.portal.crm
    for row in call.body(bodies.TypedLinks).inputs:
        types = _type_ids(call, row.types)
        here, there = crm.find(call.kind, row.from_.id), crm.find(call.other, row.to.id)
        if here and there:
            crm.unlabel(Tie(_pair(call), here.id, there.id), types, call.author)
    return Answer(204)


# --- version 3 --------------------------------------------------------------------------------------------------------


def _types(call: Call) -> Answer:
    found = call.portal.crm.associations.types(_pair(call))
    return Answer(200, {"results": [{"id": str(kind.id), "name": kind.name} for kind in found]})


def _named_type(call: Call, given: str) -> int:
    """Find a type by its v3 name or its number. Raises RefusedError (400)."""
    for kind in call.portal.crm.associations.types(_pair(call)):
        if given.lower() == kind.name or given == str(kind.id):
            return kind.id
    raise invalid(f"{given} is not a valid association type between {call.kind.id} and {call.other.id}.")


def _batch_read_v3(call: Call) -> Answer:
    crm = call.portal.crm
    rows: list[object] = []
    errors: list[object] = []
    for asked in call.body(bodies.IdsToLink).inputs:
        found = crm.find(call.kind, asked.id)
        links = crm.associations.of(_pair(call), found.id) if found else []
        to = [row for link in links for row in legacy_rows(*link)]
        if to:
            rows.append({"from": {"id": asked.id}, "to": to})
        else:
            errors.append(_nothing_found(call, asked.id).row({"fromObjectId": [asked.id]}))
    return Answer(207 if errors else 200, envelope(crm, rows, errors))


def _batch_create_v3(call: Call) -> Answer:
    rows: list[object] = []
    errors: list[object] = []
    for row in call.body(bodies.NamedLinks).inputs:
        kind = _named_type(call, row.type)
        try:
            tie = Tie(_pair(call), *_resolve(call, row.from_.id, row.to.id))
        except RefusedError as refused:
            errors.append(refused.row({"fromObjectId": [row.from_.id], "toObjectId": [row.to.id]}))
            continue
        call.portal.crm.associate(tie, [kind], call.author, keep=True)
        rows.append({"from": {"id": row.from_.id}, "to": {"id": row.to.id}, "type": row.type})
    return Answer(207 if errors else 201, envelope(call.portal.crm, rows, errors))


def _batch_archive_v3(call: Call) -> Answer:
    for row in call.body(bodies.NamedLinks).inputs:
        _take_v3(call, row.from_.id, row.to.id, row.type)
    return Answer(204)


def _take_v3(call: Call, here: str, there: str, named: str) -> None:
    crm, kind = call.portal.crm, _named_type(call, named)
    start, end = crm.find(call.kind, here), crm.find(call.other, there)
    if start and end:
        crm.unlabel(Tie(_pair(call), start.id, end.id), [kind], call.author)


def _put_v3(call: Call) -> Answer:
    """Link two records as the object APIs of version 3 do; the answer is the first record."""
    here, there = _ends(call)
    kind = _named_type(call, call.path["type"])
    call.portal.crm.associate(Tie(_pair(call), here, there), [kind], call.author, keep=True)
    record = call.portal.crm.read(call.kind, call.path["id"])
    return Answer(200, View(call.kind, associated=(call.other,)).render(call.portal.crm, record))


def _delete_v3(call: Call) -> Answer:
    _take_v3(call, call.path["id"], call.path["to"], call.path["type"])
    return Answer(204)


# --- labels -----------------------------------------------------------------------------------------------------------


def _labels(call: Call) -> Answer:
    found = call.portal.crm.associations.types(_pair(call))
    return Answer(200, {"results": [kind.render() for kind in found]})


def _add_label(call: Call) -> Answer:
    form = call.body(bodies.NewLabel)
    if call.portal.settings["tier"] not in LABELLING:
        raise RefusedError(403, "FORBIDDEN", "Association labels need a Professional or Enterprise account.")
    if "-" in form.name or form.name[:1].isdigit() or not form.name:
        raise invalid(f"Label name {form.name!r} must not hold a hyphen or begin with a digit.")
    made = call.portal.crm.associations.add_label(_pair(call), form.label, form.name, form.inverse_label)
    return Answer(200, {"results": [kind.render() for kind in made]})


def _rename_label(call: Call) -> Answer:
    form = call.body(bodies.Label)
    call.portal.crm.associations.rename_label(_pair(call), form.association_type_id, form.label)
    return Answer(204)


def _drop_label(call: Call) -> Answer:
    type_id = call.path["type"]
    if not (type_id.isascii() and type_id.isdecimal()) or len(type_id) > 9:
        raise invalid(f"{type_id} is not an association type id; labels are {USER_DEFINED}.")
    call.portal.crm.associations.drop_label(_pair(call), int(type_id))
    return Answer(204)


def _of_record(rest: str) -> tuple[str, ...]:
    return every(f"/crm/v4/objects/{{kind}}/{{id}}/associations{rest}")


def _of_pair(rest: str) -> tuple[str, ...]:
    return every(f"/crm/v4/associations/{{kind}}/{{other}}{rest}")


_BATCH = Meter.ASSOCIATIONS
_V3_RECORD = "/crm/v3/objects/{kind}/{id}/associations"
_V3_PAIR = "/crm/v3/associations/{kind}/{other}"
"""Version 3 of associations has no dated form: version 4's took its place."""

ENDPOINTS = (
    Endpoint("GET", _of_record("/{other}"), _list, READ),
    Endpoint("GET", ("/crm/v3/objects/{kind}/{id}/associations/{other}",), _list_v3, READ),
    Endpoint("PUT", (f"{_V3_RECORD}/{{other}}/{{to}}/{{type}}",), _put_v3, WRITE),
    Endpoint("DELETE", (f"{_V3_RECORD}/{{other}}/{{to}}/{{type}}",), _delete_v3, WRITE),
    Endpoint("GET", (f"{_V3_PAIR}/types",), _types, LABELS_READ),
    Endpoint("POST", (f"{_V3_PAIR}/batch/read",), _batch_read_v3, READ, _BATCH),
    Endpoint("POST", (f"{_V3_PAIR}/batch/create",), _batch_create_v3, WRITE, _BATCH),
    Endpoint("POST", (f"{_V3_PAIR}/batch/archive",), _batch_archive_v3, WRITE, _BATCH),
    Endpoint("PUT", _of_record("/{other}/{to}"), _put, WRITE),
    Endpoint("DELETE", _of_record("/{other}/{to}"), _delete, WRITE),
    Endpoint("PUT", _of_record("/default/{other}/{to}"), _put_default, WRITE),
    Endpoint("POST", _of_pair("/batch/read"), _batch_read, READ, _BATCH),
    Endpoint("POST", _of_pair("/batch/create"), _batch_create, WRITE, _BATCH),
    Endpoint("POST", _of_pair("/batch/associate/default"), _batch_default, WRITE, _BATCH),
    Endpoint("POST", _of_pair("/batch/archive"), _batch_archive, WRITE, _BATCH),
    Endpoint("POST", _of_pair("/batch/labels/archive"), _batch_unlabel, WRITE, _BATCH),
    Endpoint("GET", _of_pair("/labels"), _labels, LABELS_READ),
    Endpoint("POST", _of_pair("/labels"), _add_label, LABELS_WRITE),
    Endpoint("PUT", _of_pair("/labels"), _rename_label, LABELS_WRITE),
    Endpoint("DELETE", _of_pair("/labels/{type}"), _drop_label, LABELS_WRITE),
)
