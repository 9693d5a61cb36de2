"""Laws of the portal's state, held for any order of writes: links are mirrored, lists are sorted, indexes are true."""

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.emulator.hubspot.associations import Associations, Pair
from connectors.emulator.hubspot.object_types import ObjectTypes
from connectors.emulator.hubspot.records import SEED, Record, Table, changed
from connectors.emulator.hubspot.schema import Property
from connectors.emulator.hubspot.values import BadValueError, normalise

START = datetime(2026, 11, 2, 10, 0, tzinfo=UTC)
LAWFUL = settings(max_examples=150, deadline=None, derandomize=True)

PAIR: Pair = ("contacts", "companies")
IDS = st.integers(1, 4)
TYPES = st.lists(st.sampled_from([279, 1, 931]), max_size=3)
STEPS = st.lists(
    st.tuples(st.sampled_from(["put", "add", "remove", "unlabel", "move"]), IDS, IDS, TYPES), min_size=1, max_size=20
)


def _act(links: Associations, step: tuple[str, int, int, list[int]]) -> None:
    match step:
        case "put", here, there, types:
            links.put(PAIR, here, there, types)
        case "add", here, there, types:
            links.put(PAIR, here, there, types, keep=True)
        case "remove", here, there, _:
            links.remove(PAIR, here, there)
        case "unlabel", here, there, types:
            links.remove_labels(PAIR, here, there, types)
        case _, here, there, _:
            if here != there:
                links.move("contacts", here, there)


def _links(links: Associations, pair: Pair) -> dict[tuple[int, int], set[int]]:
    return {(here, there): {t.id for t in types} for here in range(1, 5) for there, types in links.of(pair, here)}


@LAWFUL
@given(STEPS)
def test_both_directions_tell_the_same(steps: list[tuple[str, int, int, list[int]]]) -> None:
    links = Associations(ObjectTypes())
    for step in steps:
        _act(links, step)
    inverse = {kind.id: kind.inverse for kind in links.types(PAIR)}
    there = _links(links, PAIR)
    back = _links(links, PAIR[::-1])
    assert {(b, a): {inverse[i] for i in ids} for (a, b), ids in there.items()} == back


@LAWFUL
@given(STEPS)
def test_the_unlabelled_type_stands_on_every_link_and_primary_on_one(
    steps: list[tuple[str, int, int, list[int]]],
) -> None:
    links = Associations(ObjectTypes())
    for step in steps:
        _act(links, step)
    held = _links(links, PAIR)
    assert all(279 in ids for ids in held.values())
    for contact in range(1, 5):
        assert sum(1 for (here, _), ids in held.items() if here == contact and 1 in ids) <= 1


def _record(record_id: int, email: str | None) -> Record:
    return Record(record_id, {"email": email}, START, START)


WRITES = st.lists(
    st.tuples(
        st.sampled_from(["put", "archive", "drop"]), st.integers(1, 8), st.sampled_from([None, "a@x", "B@x", "c@x"])
    ),
    max_size=25,
)


@LAWFUL
@given(WRITES)
def test_a_table_agrees_with_a_plain_dictionary(writes: list[tuple[str, int, str | None]]) -> None:
    table, plain = Table(), dict[int, Record]()
    table.index("email")
    for action, record_id, email in writes:
        taken = email and table.by_unique("email", email)
        match action:
            case "drop":
                table.drop(record_id)
                plain.pop(record_id, None)
            case _ if not taken:
                archived_at = START if action == "archive" else None
                plain[record_id] = replace(_record(record_id, email), archived_at=archived_at)
                table.put(plain[record_id])
    for archived in (False, True):
        expected = [plain[i] for i in sorted(plain) if plain[i].archived is archived]
        assert table.page(0, 100, archived=archived) == (expected, None)
    live = {r.properties["email"]: r for r in plain.values() if r.properties["email"] and not r.archived}
    for email in ("a@x", "B@x", "c@x"):
        assert table.by_unique("email", email.upper()) == live.get(email)


@LAWFUL
@given(st.lists(st.integers(1, 5), min_size=1, max_size=12), st.integers(1, 4))
def test_pages_join_to_the_whole_list(ids: list[int], size: int) -> None:
    table = Table()
    for record_id in ids:
        table.put(_record(record_id, None))
    seen: list[int] = []
    after: int | None = 0
    while after is not None:
        page, after = table.page(after, size, archived=False)
        seen += [record.id for record in page]
    assert seen == sorted(set(ids))


@LAWFUL
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 3)), max_size=8), st.integers(0, 100))
def test_search_sees_each_record_as_it_was_at_the_horizon(waits: list[tuple[int, int]], lag: int) -> None:
    table, now = Table(), int(START.timestamp())
    written: list[tuple[int, int, str]] = []
    for step, (wait, record_id) in enumerate(waits):
        now += wait
        at = datetime.fromtimestamp(now, UTC)
        old = table.find(record_id)
        made = changed(old or _record(record_id, None), {"email": str(step)}, at, SEED)
        table.put(made)
        written.append((now, record_id, str(step)))
    horizon = now - lag
    expected = {record_id: email for at, record_id, email in written if at <= horizon}
    assert {r.id: r.properties["email"] for r in table.settled(float(horizon))} == expected


def _property(kind: str, field: str) -> Property:
    return Property("p", "P", kind, field, "g", START, START)


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(max_size=12),
    st.dates().map(str),
    st.datetimes().map(str),
    st.decimals(allow_nan=False).map(str),
)


@LAWFUL
@given(st.sampled_from([("number", "number"), ("date", "date"), ("datetime", "date"), ("string", "text")]), SCALARS)
def test_what_is_stored_is_stored_unchanged_again(kind: tuple[str, str], raw: object) -> None:
    definition = _property(*kind)
    try:
        stored = normalise(definition, raw)
    except BadValueError:
        return
    assert normalise(definition, stored) == stored
