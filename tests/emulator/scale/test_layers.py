"""Laws of the layers: whatever is written over a file, the layered table is the plain table with the same history."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.emulator.hubspot.associations import Associations, Pair
from connectors.emulator.hubspot.columnar import base as portal_base
from connectors.emulator.hubspot.columnar import links
from connectors.emulator.hubspot.columnar.layered import LayeredTable
from connectors.emulator.hubspot.object_types import ObjectTypes
from connectors.emulator.hubspot.records import Author as Writer
from connectors.emulator.hubspot.records import Record, Table, changed
from connectors.emulator.salesforce import ids
from connectors.emulator.salesforce.columnar.base import Base
from connectors.emulator.salesforce.columnar.layered import Layered
from connectors.emulator.synthetic.made import attach

LATER = datetime(2026, 11, 2, 10, 0, tzinfo=UTC)
FIRST = 2_000_000_001
CONTACT_TO_COMPANY: Pair = ("contacts", "companies")
_WRITES = st.lists(
    st.tuples(st.sampled_from(["change", "remove", "add", "again"]), st.integers(min_value=1, max_value=12)),
    max_size=14,
)


@pytest.fixture(scope="module")
def connection(made: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        attach(connection, made)
        yield connection


@pytest.fixture(scope="module")
def accounts(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, Any]]:
    """The rows of the file's accounts, as anybody may read them."""
    found = connection.execute("SELECT * EXCLUDE seq FROM made.salesforce.Account ORDER BY seq")
    names = [column[0] for column in found.description]
    rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    return {row["Id"]: row for row in rows}


@given(_WRITES)
@settings(max_examples=60, deadline=None)
def test_rows_of_an_org_are_a_dictionary_in_order(
    connection: duckdb.DuckDBPyConnection, accounts: dict[str, dict[str, Any]], writes: list[tuple[str, int]]
) -> None:
    layered, plain = Layered(Base(connection, "Account", "001")), dict(accounts)
    for step, (what, number) in enumerate(writes):
        key = ids.make("001", number if what != "add" else 500 + number)
        if what == "remove":
            assert layered.pop(key, None) == plain.pop(key, None)
        elif what == "add" or key in plain:
            layered[key] = plain[key] = {"Id": key, "Name": f"Written {step}"}
        assert len(layered) == len(plain)
    assert list(layered) == list(plain)
    assert list(layered.values()) == list(plain.values())
    assert {key: layered.get(key) for key in plain} == plain
    assert all(key in layered for key in plain)
    written = [row for key, row in plain.items() if row is not accounts.get(key)]
    assert sorted(row["Id"] for row in layered.written()) == sorted(row["Id"] for row in written)


def test_an_id_that_no_row_has_is_not_found(connection: duckdb.DuckDBPyConnection) -> None:
    layered = Layered(Base(connection, "Account", "001"))
    for record_id in ("", "001", ids.make("003", 1), ids.make("001", 51), "001000000000001AAA", "001Rp00000000*1AAA"):
        assert record_id not in layered
        with pytest.raises(KeyError):
            layered[record_id]
        with pytest.raises(KeyError):
            del layered[record_id]


def test_rows_are_found_by_a_value_whatever_its_case(connection: duckdb.DuckDBPyConnection) -> None:
    base = Base(connection, "Contact", "003")
    row = base.find(ids.make("003", 7))
    assert row is not None
    assert base.matching("Email", row["Email"].upper()) == [row["Id"]]
    assert base.matching("Email", "nobody@nowhere.example") == []
    assert base.matching("Nothing__c", row["Email"]) == []
    layered = Layered(base)
    layered[row["Id"]] = {**row, "Email": "new@nowhere.example"}
    assert list(layered.untouched("Email", row["Email"])) == []


def _record(number: int, step: int) -> Record:
    values = {"email": f"written{step}@nowhere.example", "firstname": f"Written {step}"}
    return Record(FIRST + number, values, LATER, LATER, written=LATER.timestamp())


@given(_WRITES)
@settings(max_examples=60, deadline=None)
def test_records_of_a_portal_are_a_table(connection: duckdb.DuckDBPyConnection, writes: list[tuple[str, int]]) -> None:
    kind = ObjectTypes().infer("contacts")
    base = portal_base.Base(connection, kind)
    layered, plain = LayeredTable(base), Table()
    for record in base.scan(f"id < {FIRST + 40}"):
        plain.put(record)
    for table in (layered, plain):
        table.index("email")
    for step, (what, number) in enumerate(writes):
        for table in (layered, plain):
            _write(table, what, number, step)
    horizon = LATER.timestamp() + 1
    for archived in (False, True):
        shown = layered.page(0, 30, archived=archived)[0]
        assert shown == plain.page(0, 30, archived=archived)[0]
    for number in range(14):
        record_id = FIRST + number
        found = plain.find(record_id) or plain.find(record_id, archived=True)
        assert (layered.find(record_id) or layered.find(record_id, archived=True)) == found
        if found is not None and not found.archived:
            email = found.properties["email"] or ""
            assert layered.by_unique("email", email.upper()) == plain.by_unique("email", email)
    few = [record for record in layered.select(lambda record: record.id < FIRST + 40, horizon) if record.id]
    assert sorted(record.id for record in few) == sorted(
        record.id for record in plain.select(lambda record: record.id < FIRST + 40, horizon)
    )


def _write(table: Table, what: str, number: int, step: int) -> None:
    held = table.find(FIRST + number)
    if what == "remove":
        table.drop(FIRST + number)
    elif what == "again" and held is not None:
        table.put(replace(held, archived_at=LATER, written=LATER.timestamp()))
    elif what == "change" and held is not None:
        table.put(changed(held, {"firstname": f"Changed {step}"}, LATER, Writer("INTEGRATION")))
    elif what == "add" and held is None and table.find(FIRST + number, archived=True) is None:
        table.put(_record(number, step))


@given(_WRITES)
@settings(max_examples=40, deadline=None)
def test_links_of_a_file_are_links(connection: duckdb.DuckDBPyConnection, writes: list[tuple[str, int]]) -> None:
    filed, plain = Associations(ObjectTypes()), Associations(ObjectTypes())
    links.lay(filed, connection)
    held = connection.execute("SELECT here, there FROM made.hubspot.link WHERE pair = 1 ORDER BY here").fetchall()
    for here, there in held:
        plain.put(CONTACT_TO_COMPANY, here, there, [1], keep=True)
    companies = sorted({there for _, there in held})
    for what, number in writes:
        here, there = FIRST + number, companies[number % 5]
        for each in (filed, plain):
            if what == "remove":
                each.remove(CONTACT_TO_COMPANY, here, each.with_type(CONTACT_TO_COMPANY, here, 1) or there)
            elif what == "again":
                each.move("contacts", here, here + 1)
            else:
                each.put(CONTACT_TO_COMPANY, here, there, [1 if what == "add" else 279], keep=True)
    for pair, keys in ((CONTACT_TO_COMPANY, range(FIRST, FIRST + 20)), (CONTACT_TO_COMPANY[::-1], companies[:9])):
        filed.warm(pair, keys)
        assert [filed.of(pair, key) for key in keys] == [plain.of(pair, key) for key in keys]
    assert filed.of(CONTACT_TO_COMPANY, 7) == []
    assert not filed.held(CONTACT_TO_COMPANY, FIRST + 900)
