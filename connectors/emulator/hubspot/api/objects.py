"""Records over HTTP: list, get, create, update, archive, batches, search, merge and deletion for good."""

from collections.abc import Sequence
from dataclasses import replace

import orjson

from connectors.emulator.hubspot import batches, search
from connectors.emulator.hubspot.batches import Input, Outcome
from connectors.emulator.hubspot.columnar import searching
from connectors.emulator.hubspot.crm import Link
from connectors.emulator.hubspot.limits import Meter
from connectors.emulator.hubspot.records import Record
from connectors.emulator.hubspot.refusals import RefusedError, invalid, missing
from connectors.emulator.hubspot.render import EMAIL_CONTENT, View, envelope

from . import bodies
from .endpoint import Answer, Call, Endpoint, every

LIST_PAGE = 100
LIST_PAGE_WITH_HISTORY = 50

READ, WRITE = ("crm.objects.{kind}.read",), ("crm.objects.{kind}.write",)


def _view(call: Call, properties: Sequence[str] = (), with_history: Sequence[str] = ()) -> View:
    settings = call.portal.settings
    blind = call.kind.name == "emails" and "sales-email-read" not in settings["scopes"]
    return View(
        call.kind,
        properties=tuple(properties) or call.words("properties"),
        with_history=tuple(with_history) or call.words("propertiesWithHistory"),
        associated=tuple(dict.fromkeys(call.portal.crm.kinds.infer(word) for word in call.words("associations"))),
        inline=settings["inline_associations"],
        base=str(call.request.base_url).rstrip("/"),
        urls=call.version.startswith("2026"),
        withheld=EMAIL_CONTENT if blind else (),
    )


def _list(call: Call) -> Answer:
    view = _view(call)
    limit = call.limit(10, LIST_PAGE_WITH_HISTORY if view.with_history else LIST_PAGE)
    crm, archived, start = call.portal.crm, call.flag("archived"), call.number("after", 0)
    ready = None if archived else call.portal.pages.page(view, start, limit)
    if ready is not None:
        return Answer(200, {"results": orjson.Fragment(ready[0]), **call.page(ready[1])})
    records, after = crm.tables[call.kind.name].page(start, limit, archived=archived)
    return Answer(200, {"results": [view.render(crm, record) for record in records], **call.page(after)})


def _get(call: Call) -> Answer:
    crm = call.portal.crm
    record = crm.read(call.kind, call.path["id"], call.text("idProperty"), archived=call.flag("archived"))
    return Answer(200, _view(call).render(crm, record))


def _links(form: bodies.Write) -> list[tuple[str, list[tuple[str, int]]]]:
    return [
        (link.to.id, [(spec.association_category, spec.association_type_id) for spec in link.types])
        for link in form.associations
    ]


def _create(call: Call) -> Answer:
    form = call.body(bodies.Write)
    crm = call.portal.crm
    links = crm.check_links(call.kind, _links(form))
    record = crm.create(call.kind, form.properties, links, call.author)
    return Answer(201, _view(call, tuple(form.properties)).render(crm, record))


def _update(call: Call) -> Answer:
    form = call.body(bodies.Write)
    crm = call.portal.crm
    found = crm.read(call.kind, call.path["id"], call.text("idProperty"))
    record = crm.update(call.kind, found, form.properties, call.author)
    return Answer(200, _view(call, tuple(form.properties)).render(crm, record))


def _archive(call: Call) -> Answer:
    call.portal.crm.archive(call.kind, call.path["id"], call.author)
    return Answer(204)


def _batch_read(call: Call) -> Answer:
    form = call.body(bodies.BatchRead)
    crm, archived = call.portal.crm, call.flag("archived")
    keys = list(dict.fromkeys(row.id for row in form.inputs))
    crm.warm(call.kind, keys)
    pairs = [(key, crm.find(call.kind, key, form.id_property, archived=archived, merged=False)) for key in keys]
    found = {key: record for key, record in pairs if record is not None}
    view = _view(call, form.properties, form.properties_with_history)
    shown = _ordered(call, [found[row.id] for row in form.inputs if row.id in found])
    rows: list[object] = [view.render(crm, record) for record in shown]
    errors = batches.not_found(call.kind, [key for key, record in pairs if record is None])
    return Answer(207 if errors else 200, envelope(crm, rows, list(errors)))


def _ordered(call: Call, found: list[Record]) -> list[Record]:
    """Put what a batch read found into the portal's order, each record once unless it answers doubles."""
    settings = call.portal.settings
    once = list({record.id: record for record in found}.values()) if settings["collapse_duplicates"] else found
    return once if settings["batch_read_order"] == "input" else sorted(once, key=lambda record: record.id)


def _inputs(call: Call) -> list[Input]:
    rows = call.body(bodies.Rows).inputs
    return [Input(row.properties, row.id, row.id_property, row.object_write_trace_id) for row in rows]


def _outcome(call: Call, inputs: Sequence[Input], outcome: Outcome, usual: int, *, news: bool = False) -> Answer:
    crm = call.portal.crm
    rows: list[object] = []
    for written in outcome.written:
        row = inputs[written.position]
        shown = _view(call, tuple(row.values)).render(crm, written.record)
        traced = {"objectWriteTraceId": row.trace} if row.trace else {}
        rows.append({**shown, **traced, **({"new": written.new} if news else {})})
    return Answer(207 if outcome.errors else usual, envelope(crm, rows, list(outcome.errors)))


def _batch_create(call: Call) -> Answer:
    """Make records; they are linked once all of them stand, since a failed batch takes back records only."""
    crm, kind = call.portal.crm, call.kind
    forms = call.body(bodies.Rows).inputs
    inputs = [replace(row, position=position) for position, row in enumerate(_inputs(call))]
    links: dict[int, list[Link]] = {}

    def act(row: Input) -> tuple[Record, bool]:
        links[row.position] = crm.check_links(kind, _links(forms[row.position]))
        return crm.create(kind, row.values, by=call.author), True

    outcome = batches.write(crm, kind, inputs, act)
    for written in outcome.written:
        crm.link(written.record.id, links[written.position], call.author)
    linked = [replace(row, record=crm.read(kind, str(row.record.id))) for row in outcome.written]
    return _outcome(call, inputs, replace(outcome, written=linked), 201)


def _batch_update(call: Call) -> Answer:
    inputs = _inputs(call)
    batches.check_ids(inputs, twice=not call.portal.settings["refuse_duplicates"])
    outcome = batches.write(
        call.portal.crm, call.kind, inputs, batches.updater(call.portal.crm, call.kind, call.author)
    )
    return _outcome(call, inputs, _forgiving(call, outcome), 200)


def _forgiving(call: Call, outcome: Outcome) -> Outcome:
    """Leave merged records' old ids out of the errors where the portal passes over them in silence."""
    if call.portal.settings["merged_in_batch"] != "omit":
        return outcome
    aliases = {str(old) for old in call.portal.crm.tables[call.kind.name].aliases}
    lost = [key for row in outcome.errors for key in _ids(row) if key not in aliases]
    return Outcome(outcome.written, batches.not_found(call.kind, lost))


def _ids(row: dict[str, object]) -> list[str]:
    context = row["context"]
    return list(context.get("ids", [])) if isinstance(context, dict) else []


def _batch_upsert(call: Call) -> Answer:
    inputs = [replace(row, trace=None) if row.by == "email" else row for row in _inputs(call)]
    if call.kind.name == "tasks" and not call.portal.settings["upsert_on_tasks"]:
        raise invalid("Upsert is not supported for object type TASK.")
    batches.check_ids(inputs, twice=not call.portal.settings["refuse_duplicates"])
    outcome = batches.write(
        call.portal.crm, call.kind, inputs, batches.upserter(call.portal.crm, call.kind, call.author)
    )
    return _outcome(call, inputs, outcome, 200, news=True)


def _batch_archive(call: Call) -> Answer:
    for row in call.body(bodies.Ids).inputs:
        call.portal.crm.archive(call.kind, row.id, call.author)
    return Answer(204)


def _merge(call: Call) -> Answer:
    form = call.body(bodies.Merge)
    if call.kind.activity:
        raise invalid(f"Objects of type {call.kind.id} cannot be merged.")
    crm = call.portal.crm
    winner = crm.merge(call.kind, form.primary_object_id, form.object_id_to_merge, call.author)
    return Answer(200, _view(call, ("hs_merged_object_ids",)).render(crm, winner))


def _purge(call: Call) -> Answer:
    form = call.body(bodies.Purge)
    if call.kind.name != "contacts":
        raise missing()
    call.portal.crm.purge(call.kind, form.object_id, form.id_property, call.author)
    return Answer(204)


def _search(call: Call) -> Answer:
    if len(call.raw.decode("utf-8", "replace")) > search.BODY:
        raise invalid(f"The request body is longer than {search.BODY} characters.")
    form = call.body(bodies.Search)
    query = asked(form)
    search.check(query, call.portal.settings["search_window"])
    crm, horizon = call.portal.crm, call.portal.horizon()
    found = searching.run(crm, call.kind, query, horizon) or call.portal.index.run(call.kind, query, horizon)
    view = _view(call, form.properties)
    rows = [view.render(crm, record) for record in found.records]
    paging = {} if found.after is None else {"paging": {"next": {"after": str(found.after)}}}
    return Answer(200, {"total": found.total, "results": rows, **paging})


def asked(form: bodies.Search) -> search.Query:
    """Read what a search body asks for; exports take the same. Raises RefusedError (400)."""
    after = form.after or "0"
    if not (after.isascii() and after.isdecimal() and len(after) < 10):
        raise invalid(f"after must be a number, but was {after}")
    if len(form.sorts) > 1:
        raise invalid("A search takes at most 1 sort.")
    groups = [tuple(_filter(row) for row in group.filters) for group in form.filter_groups]
    flat = [tuple(_filter(row) for row in form.filters)]
    sort = _sort(form.sorts[0]) if form.sorts else None
    wanted = tuple(group for group in [*groups, *flat] if group)
    return search.Query(wanted, sort, form.query or "", form.limit, int(after))


def _filter(row: bodies.SearchFilter) -> search.Filter:
    if row.operator not in search.NEEDED:
        raise invalid(f"{row.operator} is not a search operator; the operators are {', '.join(search.NEEDED)}.")
    return search.Filter(row.property_name, row.operator, row.value, row.high_value, tuple(row.values))


def _sort(sort: bodies.Sort | str) -> tuple[str, bool]:
    match sort:
        case str():
            return sort.lstrip("-"), sort.startswith("-")
        case bodies.Sort(property_name=name, direction="ASCENDING" | "DESCENDING" as direction):
            return name, direction == "DESCENDING"
        case _:
            raise RefusedError(400, "VALIDATION_ERROR", f"{sort.direction} is not a sort direction.")


def _paths(rest: str) -> tuple[str, ...]:
    return every(f"/crm/v3/objects/{{kind}}{rest}")


ENDPOINTS = (
    Endpoint("GET", _paths(""), _list, READ),
    Endpoint("POST", _paths(""), _create, WRITE),
    Endpoint("GET", _paths("/{id}"), _get, READ),
    Endpoint("PATCH", _paths("/{id}"), _update, WRITE),
    Endpoint("DELETE", _paths("/{id}"), _archive, WRITE),
    Endpoint("POST", _paths("/batch/read"), _batch_read, READ),
    Endpoint("POST", _paths("/batch/create"), _batch_create, WRITE),
    Endpoint("POST", _paths("/batch/update"), _batch_update, WRITE),
    Endpoint("POST", _paths("/batch/upsert"), _batch_upsert, WRITE),
    Endpoint("POST", _paths("/batch/archive"), _batch_archive, WRITE),
    Endpoint("POST", _paths("/search"), _search, READ, Meter.SEARCH),
    Endpoint("POST", _paths("/merge"), _merge, WRITE),
    Endpoint("POST", _paths("/gdpr-delete"), _purge, WRITE),
)
