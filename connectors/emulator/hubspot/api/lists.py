"""Lists and their members over HTTP."""

from connectors.emulator.hubspot.lists import List
from connectors.emulator.hubspot.refusals import invalid
from connectors.emulator.hubspot.wire import stamp

from . import bodies
from .endpoint import Answer, Call, Endpoint, every

PAGE, PAGE_MOST = 100, 250
SEARCH_MOST = 500
READ, WRITE = ("crm.lists.read",), ("crm.lists.read", "crm.lists.write")


def _shown(call: Call, found: List) -> dict[str, object]:
    return found.render(filters=call.flag("includeFilters"))


def _create(call: Call) -> Answer:
    form = call.body(bodies.NewList)
    kind = call.portal.crm.kinds.infer(form.object_type_id)
    made = call.portal.lists.create(kind, form.name, form.processing_type, form.filter_branch)
    return Answer(200, {"list": made.render(filters=True)})


def _many(call: Call) -> Answer:
    wanted = set(call.words("listIds"))
    found = [each for each in call.portal.lists.live() if not wanted or str(each.id) in wanted]
    return Answer(200, {"lists": [_shown(call, each) for each in found]})


def _get(call: Call) -> Answer:
    return Answer(200, {"list": _shown(call, call.portal.lists.read(call.path["id"]))})


def _named(call: Call) -> Answer:
    return Answer(200, {"list": _shown(call, call.portal.lists.named(call.kind, call.path["name"]))})


def _search(call: Call) -> Answer:
    form = call.body(bodies.ListSearch)
    words = (form.query or "").lower().split()
    found = [
        each
        for each in call.portal.lists.live()
        if all(word in each.name.lower() for word in words)
        and (not form.list_ids or str(each.id) in form.list_ids)
        and (not form.processing_types or each.processing in form.processing_types)
        and form.object_type_id in {None, each.kind.id}
    ]
    end = form.offset + form.count
    shown = [{**each.render(), "additionalProperties": _additional(each)} for each in found[form.offset : end]]
    more = end < len(found)
    return Answer(200, {"lists": shown, "hasMore": more, "offset": min(end, len(found)), "total": len(found)})


def _additional(found: List) -> dict[str, str]:
    return {"hs_list_size": str(len(found.members)), "hs_list_reference_count": "0"}


def _delete(call: Call) -> Answer:
    call.portal.lists.read(call.path["id"]).deleted = call.portal.clock.now()
    return Answer(204)


def _restore(call: Call) -> Answer:
    call.portal.lists.read(call.path["id"], deleted=True).deleted = None
    return Answer(204)


def _rename(call: Call) -> Answer:
    name = call.text("listName")
    if name is None:
        raise invalid("listName is required.")
    return Answer(200, {"updatedList": _shown(call, call.portal.lists.rename(call.path["id"], name))})


def _filter(call: Call) -> Answer:
    form = call.body(bodies.ListFilters)
    return Answer(
        200, {"updatedList": call.portal.lists.filter(call.path["id"], form.filter_branch).render(filters=True)}
    )


# --- members ----------------------------------------------------------------------------------------------------------


def _members(call: Call) -> Answer:
    """Page through members by id."""
    return _page(call, [(f"{key}", key) for key in sorted(call.portal.lists.read(call.path["id"]).members)])


def _joined(call: Call) -> Answer:
    """Page through members by when they joined."""
    found = call.portal.lists.read(call.path["id"]).members
    ordered = sorted(found, key=lambda key: (found[key], key))
    return _page(call, [(f"{int(found[key].timestamp() * 1000)}-{key}", key) for key in ordered])


def _page(call: Call, rows: list[tuple[str, int]]) -> Answer:
    """Cut a page: ascending from the start or behind `after`, descending in front of `before`."""
    limit, places = call.limit(PAGE, PAGE_MOST), [cursor for cursor, _ in rows]
    after, before = call.text("after"), call.text("before")
    for given in (after, before):
        if given is not None and not given.replace("-", "").isdecimal():
            raise invalid(f"{given} is not a cursor of this list.")
    if after is None and before is not None:
        end = next((i for i, cursor in enumerate(places) if _rank(cursor) >= _rank(before)), len(rows))
        start, shown = max(end - limit, 0), list(reversed(rows[max(end - limit, 0) : end]))
    else:
        start = 0 if after is None else sum(1 for cursor in places if _rank(cursor) <= _rank(after))
        end = min(start + limit, len(rows))
        shown = rows[start:end]
    members = call.portal.lists.read(call.path["id"]).members
    results = [{"recordId": str(key), "membershipTimestamp": stamp(members[key])} for _, key in shown]
    return Answer(200, {"results": results, "total": len(rows), **_paging(call, places, start, end)})


def _rank(cursor: str) -> tuple[int, ...]:
    return tuple(int(part) for part in cursor.split("-") if part)


def _paging(call: Call, places: list[str], start: int, end: int) -> dict[str, object]:
    url = call.request.url.remove_query_params(["after", "before"])
    paging: dict[str, object] = {}
    if end < len(places) and end > 0:
        cursor = places[end - 1]
        paging["next"] = {"after": cursor, "link": str(url.include_query_params(after=cursor))}
    if start > 0 and start < len(places):
        cursor = places[start]
        paging["prev"] = {"before": cursor, "link": str(url.include_query_params(before=cursor))}
    return {"paging": paging} if paging else {}


def _change(call: Call, add: list[str], remove: list[str]) -> Answer:
    came, went, lost = call.portal.lists.change(call.path["id"], add, remove)
    added = [str(key) for key in came]
    told = {"recordIdsAdded": added, "recordsIdsAdded": added}  # the second is what client libraries read
    return Answer(200, {**told, "recordIdsRemoved": [str(key) for key in went], "recordIdsMissing": lost})


def _add(call: Call) -> Answer:
    return _change(call, call.body(bodies.RecordIds).root, [])


def _remove(call: Call) -> Answer:
    return _change(call, [], call.body(bodies.RecordIds).root)


def _add_and_remove(call: Call) -> Answer:
    form = call.body(bodies.MembershipChange)
    return _change(call, form.record_ids_to_add, form.record_ids_to_remove)


def _empty(call: Call) -> Answer:
    found = call.portal.lists.read(call.path["id"])
    _change(call, [], [str(key) for key in found.members])
    return Answer(204)


def _add_from(call: Call) -> Answer:
    source = call.portal.lists.read(call.path["source"])
    _change(call, [str(key) for key in source.members], [])
    return Answer(204)


def _of_record(call: Call) -> Answer:
    record = call.portal.crm.read(call.kind, call.path["id"])
    found = [each for each in call.portal.lists.live() if each.kind == call.kind and record.id in each.members]
    rows = [
        {
            "listId": str(each.id),
            "listVersion": each.version,
            "firstAddedTimestamp": stamp(each.members[record.id]),
            "lastAddedTimestamp": stamp(each.members[record.id]),
        }
        for each in found
    ]
    return Answer(200, {"results": rows, "total": len(rows)})


def _paths(rest: str) -> tuple[str, ...]:
    return every(f"/crm/v3/lists{rest}")


ENDPOINTS = (
    Endpoint("POST", _paths(""), _create, WRITE),
    Endpoint("GET", _paths(""), _many, READ),
    Endpoint("POST", _paths("/search"), _search, READ),
    Endpoint("GET", _paths("/object-type-id/{kind}/name/{name}"), _named, READ),
    Endpoint("GET", _paths("/records/{kind}/{id}/memberships"), _of_record, READ),
    Endpoint("GET", _paths("/{id}"), _get, READ),
    Endpoint("DELETE", _paths("/{id}"), _delete, WRITE),
    Endpoint("PUT", _paths("/{id}/restore"), _restore, WRITE),
    Endpoint("PUT", _paths("/{id}/update-list-name"), _rename, WRITE),
    Endpoint("PUT", _paths("/{id}/update-list-filters"), _filter, WRITE),
    Endpoint("GET", _paths("/{id}/memberships"), _members, READ),
    Endpoint("DELETE", _paths("/{id}/memberships"), _empty, WRITE),
    Endpoint("GET", _paths("/{id}/memberships/join-order"), _joined, READ),
    Endpoint("PUT", _paths("/{id}/memberships/add"), _add, WRITE),
    Endpoint("PUT", _paths("/{id}/memberships/remove"), _remove, WRITE),
    Endpoint("PUT", _paths("/{id}/memberships/add-and-remove"), _add_and_remove, WRITE),
    Endpoint("PUT", _paths("/{id}/memberships/add-from/{source}"), _add_from, WRITE),
)
