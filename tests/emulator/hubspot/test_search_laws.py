"""Search against a slow definition of it, for any records, filters, sorts and pages; and its stranger corners."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.emulator.clock import Clock
from connectors.emulator.hubspot import Portal
from connectors.emulator.hubspot.object_types import OBJECT_TYPES
from connectors.emulator.hubspot.search import Filter, Query
from tests.emulator.hubspot.site import NOW, Site

pytestmark = pytest.mark.emulator

CONTACTS = "/crm/v3/objects/contacts"
SEARCH = f"{CONTACTS}/search"
LAWFUL = settings(max_examples=120, deadline=None, derandomize=True)

SEED: dict[str, Any] = {
    "properties": {
        "contacts": [
            {"name": "score", "label": "S", "type": "number", "fieldType": "number"},
            {"name": "day", "label": "D", "type": "date", "fieldType": "date"},
            {"name": "at", "label": "A", "type": "datetime", "fieldType": "date"},
            {"name": "word", "label": "W", "type": "string", "fieldType": "text"},
            {"name": "one", "label": "O", "type": "enumeration", "fieldType": "select", "options": ["A", "b"]},
            {"name": "many", "label": "M", "type": "enumeration", "fieldType": "checkbox", "options": ["A", "b"]},
            {"name": "flag", "label": "F", "type": "bool", "fieldType": "booleancheckbox"},
        ]
    }
}

STORED: dict[str, list[str]] = {
    "score": ["-1", "0", "2", "2.0", "10"],
    "day": ["2026-01-01", "2026-01-02"],
    "at": ["2026-01-01T00:00:00.000Z", "2026-01-01T12:00:00.000Z"],
    "word": ["Alpha", "alpha beta", "Beta", "a-b"],
    "one": ["A", "b"],
    "many": ["A", "b", "A;b"],
    "flag": ["true", "false"],
}
ASKED: dict[str, list[str]] = {
    **STORED,
    "score": ["2", "2.00", "1e1", "-5"],
    "day": ["2026-01-01", "1767312000000", "2026-01-01T12:00:00Z"],
    "word": ["alpha", "ALPHA", "beta", "a-b"],
    "one": ["A", "a", "b"],
    "many": ["A", "a", "b"],
    "flag": ["true", "TRUE"],
}
RECORDS = st.lists(st.fixed_dictionaries({}, optional={n: st.sampled_from(v) for n, v in STORED.items()}), max_size=6)
PLAIN = ("EQ", "NEQ", "LT", "LTE", "GT", "GTE", "HAS_PROPERTY", "NOT_HAS_PROPERTY", "BETWEEN", "IN", "NOT_IN")


@st.composite
def _filters(draw: st.DrawFn) -> Filter:
    name = draw(st.sampled_from(sorted(ASKED)))
    value, high, *values = (draw(st.sampled_from(ASKED[name])) for _ in range(4))
    return Filter(name, draw(st.sampled_from(PLAIN)), value, high, tuple(values))


GROUPS = st.lists(st.lists(_filters(), min_size=1, max_size=3).map(tuple), max_size=3).map(tuple)
SORTS = st.none() | st.tuples(st.sampled_from(sorted(ASKED)), st.booleans())


def _comparable(name: str, value: str) -> Any:
    """What two values of a property are compared by."""
    match name:
        case "score":
            return Decimal(value)
        case "day" | "at" if value.isdigit():
            return datetime.fromtimestamp(int(value) / 1000, UTC)
        case "day" | "at":
            read = datetime.fromisoformat(value)
            return read if read.tzinfo else read.replace(tzinfo=UTC)
        case "one" | "many":
            return value
        case _:
            return value.lower()


def _equal(name: str, held: str, asked: str) -> bool:
    if name == "many":
        return asked in held.split(";")
    return bool(_comparable(name, held) == _comparable(name, asked))


def _holds(held: str | None, item: Filter) -> bool:
    """One filter on one value, said as plainly as possible."""
    value, high = item.value or "", item.high or ""
    match item.operator:
        case "NEQ" | "NOT_IN" | "NOT_HAS_PROPERTY":
            positive = {"NEQ": "EQ", "NOT_IN": "IN", "NOT_HAS_PROPERTY": "HAS_PROPERTY"}[item.operator]
            return not _holds(held, Filter(item.name, positive, value, high, item.values))
        case "HAS_PROPERTY":
            return held is not None
        case _ if held is None:
            return False
        case "EQ":
            return _equal(item.name, held, value)
        case "IN":
            lower = item.name == "word"  # values with capitals match no text
            return any(_equal(item.name, held, v) and not (lower and v != v.lower()) for v in item.values)
        case operator:
            return _between(item.name, held, operator, value, high)


def _between(name: str, held: str, operator: str, value: str, high: str) -> bool:
    def key(given: str) -> Any:
        return given.lower() if name in {"one", "many"} else _comparable(name, given)

    bounds = {
        "LT": key(held) < key(value),
        "LTE": key(held) <= key(value),
        "GT": key(held) > key(value),
        "GTE": key(held) >= key(value),
        "BETWEEN": operator == "BETWEEN" and key(value) <= key(held) <= key(high),
    }
    return bool(bounds[operator])


def _expected(rows: Mapping[int, Mapping[str, str]], query: Query) -> list[int]:
    found = [
        record_id
        for record_id, row in sorted(rows.items())
        if not query.groups or any(all(_holds(row.get(f.name), f) for f in group) for group in query.groups)
    ]
    if query.sort is None:
        return found
    name, descending = query.sort

    def key(record_id: int) -> Any:
        value = rows[record_id][name]
        return value.lower() if name in {"one", "many"} else _comparable(name, value)

    having = sorted((i for i in found if name in rows[i]), key=key, reverse=descending)
    return having + [i for i in found if name not in rows[i]]


def _portal(rows: Mapping[int, Mapping[str, str]]) -> Portal:
    clock = Clock(NOW)
    clock.freeze()
    clock.set(NOW)
    portal = Portal(clock)
    records = [{"id": str(record_id), "properties": row} for record_id, row in rows.items()]
    portal.load({**SEED, "records": {"contacts": records}})
    return portal


@LAWFUL
@given(RECORDS, GROUPS, SORTS)
def test_search_agrees_with_its_definition(
    rows: list[dict[str, str]], groups: Any, sort: tuple[str, bool] | None
) -> None:
    held = dict(enumerate(rows, start=1))
    query = Query(groups, sort, "", 200, 0)
    portal = _portal(held)
    found = portal.index.run(OBJECT_TYPES["contacts"], query, portal.horizon())
    assert [record.id for record in found.records] == _expected(held, query)
    assert found.total == len(found.records)


@LAWFUL
@given(RECORDS, SORTS, st.integers(1, 4))
def test_pages_of_a_search_join_to_the_whole(
    rows: list[dict[str, str]], sort: tuple[str, bool] | None, size: int
) -> None:
    portal = _portal(dict(enumerate(rows, start=1)))
    kind, seen, after = OBJECT_TYPES["contacts"], [0][:0], 0
    while True:
        page = portal.index.run(kind, Query((), sort, "", size, after), portal.horizon())
        assert page.total == len(rows)
        seen += [record.id for record in page.records]
        if page.after is None:
            break
        assert page.after == after + size == len(seen)
        after = page.after
    assert sorted(seen) == list(range(1, len(rows) + 1))


@LAWFUL
@given(st.lists(st.integers(0, 1), max_size=12), st.integers(1, 3))
def test_a_list_visits_each_old_record_once_while_new_ones_come(inserts: list[int], size: int) -> None:
    portal = _portal({i: {} for i in range(1, 8)})
    table, kind = portal.crm.tables["contacts"], OBJECT_TYPES["contacts"]
    pending, seen, after = iter(inserts), [0][:0], 0
    while True:
        page, following = table.page(after, size, archived=False)
        seen += [record.id for record in page]
        if following is None:
            break
        after = following
        for _ in range(next(pending, 0)):
            portal.crm.create(kind, {})
    assert seen[:7] == list(range(1, 8))
    assert seen == sorted(set(seen))


def _search(site: Site, *filters: dict[str, Any], **more: Any) -> Any:
    return site.json("POST", SEARCH, {"filterGroups": [{"filters": list(filters)}] if filters else [], **more})


def _asked(name: str, operator: str, value: str = "") -> dict[str, Any]:
    return {"propertyName": name, "operator": operator, "value": value}


@pytest.mark.parametrize(
    ("held", "asked", "found"),
    [
        ("Head of IT", "head", True), ("Head of IT", "IT head", True), ("Head of IT", "hea", False),
        ("Head of IT", "hea*", True), ("Head of IT", "*ead", True), ("Head of IT", "h*d", True),
        ("Head of IT", "h**d", True), ("Head of IT", "*", True), ("Head of IT", "h*t", False),
        ("Head of IT", "h*a*d", True), ("Head of IT", "h*e*e*d", False), ("aabaab", "a*b*b", True),
        ("abcabd", "a*c*d", True), ("abcabd", "a*d*c", False), ("abab", "*ab", True), ("abac", "a*b", False),
        ("C++ (lead)", "c++", True), ("C++ (lead)", "(lead)", True), ("a.b", "a?b", False), ("a.b", "a.b", True),
        ("axb", "a.b", False), ("Zoë", "ZOË", True), ("x[0]", "x[0]", True), ("[", "[", True), ("\\d", "\\d", True),
    ],
)  # fmt: skip
def test_words_are_matched_whole_with_stars_for_letters(site: Site, held: str, asked: str, found: bool) -> None:
    site.json("PATCH", f"{CONTACTS}/203", {"properties": {"jobtitle": held}})
    site.wait(6)
    hit = {row["id"] for row in _search(site, _asked("jobtitle", "CONTAINS_TOKEN", asked))["results"]}
    miss = {row["id"] for row in _search(site, _asked("jobtitle", "NOT_CONTAINS_TOKEN", asked))["results"]}
    assert ("203" in hit) is found
    assert hit | miss == {"201", "202", "203"}
    assert not hit & miss


@pytest.mark.parametrize("asked", ["*" * 2000 + "q", "*a" * 300 + "q", "a*" * 600 + "q", "*a*" * 200 + "q"])
def test_many_stars_do_not_hold_the_portal_up(site: Site, asked: str) -> None:
    site.json("PATCH", f"{CONTACTS}/203", {"properties": {"jobtitle": "a" * 500}})
    site.wait(6)
    begun = time.perf_counter()
    assert _search(site, _asked("jobtitle", "CONTAINS_TOKEN", asked))["total"] == 0
    assert time.perf_counter() - begun < 2


@pytest.mark.parametrize(
    ("name", "value"),
    [("nps_score", v) for v in ("1_0", "\u0661\u0660", "0x1", "", " ", "inf", "1e", "9e999999999999999999999")]
    + [("lastmodifieddate", v) for v in ("", "now", "2026-02-30", "2026-W01-1", "\u0661", "9" * 30, "253402300800000")],
)
@pytest.mark.parametrize("operator", ["EQ", "NEQ", "LT", "GTE"])
def test_a_bound_the_property_cannot_hold_is_400(site: Site, name: str, value: str, operator: str) -> None:
    error = site.refused("POST", SEARCH, {"filters": [_asked(name, operator, value)]})
    assert error["category"] == "VALIDATION_ERROR"
    assert name in error["message"]


@pytest.mark.parametrize(
    ("value", "above"),
    [("1e999999", 0), ("-1e999999", 2), ("9" * 2000, 0), ("1e-999999", 2), ("8.999999999999999999999999999999", 1)],
)
def test_bounds_of_any_size_are_compared_exactly(site: Site, value: str, above: int) -> None:
    assert _search(site, _asked("nps_score", "GT", value))["total"] == above


def test_a_search_body_has_at_most_3000_characters_not_bytes(site: Site) -> None:
    frame = len('{"query":""}')
    for length, letter, status in ((3000, "x", 200), (3001, "x", 400), (3000, "é", 200), (3001, "🙂", 400)):
        raw = '{"query":"' + letter * (length - frame) + '"}'
        answer = site.call("POST", SEARCH, data=raw.encode(), headers={"Content-Type": "application/json"})
        assert answer.status_code == status
        site.wait(1)


@pytest.mark.parametrize(
    ("limit", "after", "status"),
    [(200, "9800", 200), (200, "9801", 400), (1, "9999", 200), (1, "10000", 400), (10, "9990", 200), (10, "9991", 400),
     (200, "999999999", 400), (1, "1.5", 400), (1, "-1", 400), (1, "\u0663", 400), (201, "0", 400), (1, "9" * 40, 400)],
)  # fmt: skip
def test_the_window_ends_at_ten_thousand(site: Site, limit: int, after: str, status: int) -> None:
    site.json("POST", SEARCH, {"limit": limit, "after": after}, status=status)


def test_paging_past_the_end_is_empty_with_the_true_total(site: Site) -> None:
    answer = _search(site, after="500")
    assert answer == {"total": 3, "results": []}


@pytest.mark.parametrize(
    "body",
    [{"filterGroups": None}, {"filterGroups": {}}, {"filterGroups": [[]]}, {"sorts": "x"}, {"sorts": [1]},
     {"sorts": [{}]}, {"limit": None}, {"limit": "many"}, {"limit": 1.5}, {"query": {}}, {"query": []},
     {"properties": "email"}, {"properties": [None]}, {"filters": [{"operator": "EQ", "value": "x"}]},
     {"filters": [{"propertyName": "email", "operator": None}]}, {"filters": [_asked("email", "eq", "x")]},
     {"filters": [{"propertyName": "email", "operator": "IN", "values": "x"}]},
     {"filters": [{"propertyName": "email", "operator": "IN", "values": []}]},
     {"filters": [{"propertyName": "email", "operator": "EQ", "value": ["x"]}]},
     {"filters": [_asked("associations.", "EQ", "1")]}, {"filters": [_asked("", "HAS_PROPERTY")]},
     {"filters": [_asked("associations.company", "NEQ", "1")]}, {"sorts": [""]}, {"sorts": ["associations.company"]}],
)  # fmt: skip
def test_a_search_of_another_form_is_400(site: Site, body: dict[str, Any]) -> None:
    assert site.refused("POST", SEARCH, body)["category"] == "VALIDATION_ERROR"


def test_a_property_archived_after_a_search_is_not_found_in_a_remembered_result(site: Site) -> None:
    body = {"filters": [_asked("nps_score", "HAS_PROPERTY")], "sorts": ["nps_score"]}
    assert site.json("POST", SEARCH, body)["total"] == 2
    site.json("DELETE", "/crm/v3/properties/contacts/nps_score", status=204)
    site.refused("POST", SEARCH, body)


def test_new_links_show_in_a_repeated_search(site: Site) -> None:
    linked = _asked("associations.company", "EQ", "9002")
    assert _search(site, linked)["total"] == 0
    site.json("PUT", "/crm/v4/objects/contacts/203/associations/default/companies/9002")
    assert [row["id"] for row in _search(site, linked)["results"]] == ["203"]


def test_more_than_a_window_of_equal_moments_is_read_by_id(site: Site) -> None:
    """The contract's way past 10,000 rows, with a small window: sort by id, go on above the last one seen."""
    site.portal.settings["search_window"] = 4
    at = NOW - timedelta(days=1)
    stamp = at.strftime("%Y-%m-%dT%H:%M:%SZ")
    rows = [{"id": str(i), "properties": {"lastmodifieddate": stamp}} for i in range(300, 311)]
    site.portal.load({"records": {"contacts": rows}})
    seen: list[str] = []
    last = "0"
    while True:
        filters = [_asked("lastmodifieddate", "EQ", stamp), _asked("hs_object_id", "GT", last)]
        found = _search(site, *filters, sorts=["hs_object_id"], limit=4)["results"]
        if not found:
            break
        seen += [row["id"] for row in found]
        last = seen[-1]
        site.wait(1)
    assert seen == [str(i) for i in range(300, 311)]


@pytest.mark.parametrize("kind", ["contacts", "companies", "deals", "tasks", "calls", "emails", "meetings", "notes"])
def test_every_type_is_searched_by_every_operator_with_and_without_values(site: Site, kind: str) -> None:
    for operator in PLAIN:
        item = {"propertyName": "hs_object_id", "operator": operator, "value": "1", "highValue": "9", "values": ["1"]}
        answer = site.json("POST", f"/crm/v3/objects/{kind}/search", {"filters": [item]})
        total = site.json("POST", f"/crm/objects/2026-09/{kind}/search", {})["total"]
        everything = operator in {"NEQ", "GT", "GTE", "HAS_PROPERTY", "NOT_IN"}
        assert answer["total"] == (total if everything else 0)
        site.wait(1)
