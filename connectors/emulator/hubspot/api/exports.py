"""Exports over HTTP: asked for, looked after, fetched by a signed address."""

from collections.abc import Sequence

from connectors.emulator.hubspot import search
from connectors.emulator.hubspot.exports import Wish
from connectors.emulator.hubspot.object_types import ObjectType
from connectors.emulator.hubspot.records import Record
from connectors.emulator.hubspot.refusals import RefusedError, invalid

from . import bodies
from .endpoint import Answer, Call, Door, Endpoint, every
from .objects import asked

SCOPES = ("crm.export",)
FORMATS = ("CSV", "XLS", "XLSX")
OPTIONS = {"NAMES", "VALUES"}


def _start(call: Call) -> Answer:
    form = call.body(bodies.NewExport)
    if form.format not in FORMATS:
        raise invalid(f"{form.format} is not an export format; they are {', '.join(FORMATS)}.")
    if not OPTIONS.issuperset(form.export_internal_values_options):
        raise invalid("exportInternalValuesOptions may hold NAMES and VALUES only.")
    infer = call.portal.crm.kinds.infer
    kind = infer(form.object_type)
    associated = form.associated_object_type
    wish = Wish(
        name=form.export_name,
        format=form.format,
        kind=kind,
        properties=tuple(form.object_properties),
        associated=infer(associated) if associated else None,
        internal_names="NAMES" in form.export_internal_values_options,
        internal_values="VALUES" in form.export_internal_values_options,
    )
    made = call.portal.exports.start(wish, _records(call, form, kind))
    link = f"{_base(call)}/crm/v3/exports/export/async/tasks/{made.id}/status"
    return Answer(202, {"id": str(made.id), "links": {"status": link}})


def _base(call: Call) -> str:
    return str(call.request.base_url).rstrip("/")


def _records(call: Call, form: bodies.NewExport, kind: ObjectType) -> Sequence[Record]:
    crm = call.portal.crm
    match form.export_type:
        case "VIEW":
            records, _ = crm.tables[kind.name].page(0, len(crm.tables[kind.name]), archived=False)
            if form.public_crm_search_request is None:
                return records
            test = search.matcher(crm, kind, asked(form.public_crm_search_request))
            return [record for record in records if test(record)]
        case "LIST":
            found = call.portal.lists.read(form.list_id or "")
            if found.kind != kind:
                raise invalid(f"List {form.list_id} is of object type {found.kind.id}, not {kind.id}.")
            members = (crm.tables[kind.name].find(key) for key in sorted(found.members))
            return [record for record in members if record is not None]
        case other:
            raise invalid(f"{other} is not an export type; they are VIEW and LIST.")


def _status(call: Call) -> Answer:
    return Answer(200, call.portal.exports.render(call.portal.exports.read(call.path["id"]), _base(call)))


def _details(call: Call) -> Answer:
    """Describe an export as the endpoint without `tasks` does."""
    made = call.portal.exports.read(call.path["id"])
    state = {"PENDING": "PENDING_APPROVAL", "COMPLETE": "DONE"}.get(call.portal.exports.state(made), "PROCESSING")
    told = {"id": str(made.id), "exportName": made.wish.name, "exportState": state, "recordCount": len(made.records)}
    properties = {"objectProperties": list(made.wish.properties), "objectType": made.wish.kind.singular.upper()}
    return Answer(200, {**told, **properties})


def _download(call: Call) -> Answer:
    """Serve the file as the storage behind HubSpot does: refusals are XML."""
    try:
        expires, signed = call.text("Expires") or "", call.text("Signature") or ""
        content, media = call.portal.exports.download(call.path["id"], expires, signed)
    except RefusedError as refused:
        text = f"<Error><Code>AccessDenied</Code><Message>{refused.message}</Message></Error>"
        return Answer(refused.status, text.encode(), "application/xml")
    return Answer(200, content, media, {"Content-Disposition": f'attachment; filename="{call.path["name"]}"'})


ENDPOINTS = (
    Endpoint("POST", every("/crm/v3/exports/export/async"), _start, SCOPES),
    Endpoint("GET", every("/crm/v3/exports/export/async/tasks/{id}/status"), _status, SCOPES),
    Endpoint("GET", every("/crm/v3/exports/export/{id}"), _details, SCOPES),
    Endpoint("GET", ("/files/exports/{id}/{name}",), _download, door=Door.PUBLIC),
)
