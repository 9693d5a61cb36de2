"""The made-up CRM: the same for the same numbers, of the size asked for, believable, and what the orgs would hold."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from connectors.emulator.clock import Clock
from connectors.emulator.hubspot import Portal
from connectors.emulator.salesforce import ids, schema
from connectors.emulator.synthetic import build, seed
from connectors.emulator.synthetic.made import attach
from tests.emulator.scale.sites import NOW

TABLES = (
    "SELECT schema_name || '.\"' || table_name || '\"' FROM duckdb_tables() WHERE database_name = 'made' ORDER BY 1"
)


@pytest.fixture(scope="module")
def opened(made: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        attach(connection, made)
        yield connection


def _told(path: Path) -> dict[str, Any]:
    """Every row of every table, in order, as one text each."""
    with duckdb.connect() as connection:
        attach(connection, path)
        names = [row[0] for row in connection.execute(TABLES).fetchall()]
        return {name: connection.execute(f"SELECT * FROM made.{name}").fetchall() for name in names}


def _one(connection: duckdb.DuckDBPyConnection, sql: str) -> Any:
    row = connection.execute(sql).fetchone()
    return row[0] if row and len(row) == 1 else row


def test_the_same_numbers_make_the_same_rows_and_another_seed_makes_others(tmp_path: Path) -> None:
    first, second, other = (
        _told(build.provide(build.Size(400, 1_500, rng), tmp_path / folder, lambda _: None))
        for folder, rng in (("a", 3), ("b", 3), ("c", 4))
    )
    assert first == second
    assert first['salesforce."Contact"'] != other['salesforce."Contact"']


def test_a_made_file_is_found_again_and_an_unfinished_one_is_not(tmp_path: Path) -> None:
    size = build.Size(100, 0)
    told: list[str] = []
    path = build.provide(size, tmp_path, told.append)
    assert [each.name for each in tmp_path.iterdir()] == [path.name]
    assert told[0] == "making 100 contacts and 0 activities, which later starts will find made"
    made = path.stat().st_mtime_ns
    assert build.provide(size, tmp_path, told.append).stat().st_mtime_ns == made
    assert size.name() != build.Size(100, 1).name() != build.Size(100, 1, rng=1).name()


@pytest.mark.parametrize(("contacts", "activities"), [(99, 0), (2_000_001, 0), (1_000, -1), (1_000, 10_000_001)])
def test_a_size_beyond_what_is_provided_for_is_refused_with_the_limits(contacts: int, activities: int) -> None:
    with pytest.raises(ValueError, match=r"--contacts can be 100 to 2,000,000|--activities can be 0 to 10,000,000"):
        build.Size(contacts, activities)


def test_both_vendors_have_half_of_the_people_and_of_what_was_done(opened: duckdb.DuckDBPyConnection) -> None:
    assert _one(opened, "SELECT count(*) FROM made.salesforce.Contact") == 1_000
    assert _one(opened, "SELECT count(*) FROM made.hubspot.contacts") == 1_000
    for vendor, names in (("salesforce", "Task Event EmailMessage"), ("hubspot", "emails calls meetings notes tasks")):
        done = sum(_one(opened, f"SELECT count(*) FROM made.{vendor}.{name}") for name in names.split())
        assert done == 10_000
    accounts = [
        _one(opened, f"SELECT count(*) FROM made.{name}") for name in ("salesforce.Account", "hubspot.companies")
    ]
    assert all(45 <= each <= 55 for each in accounts)


def test_some_people_are_in_both_under_one_address(opened: duckdb.DuckDBPyConnection) -> None:
    shared = """
        SELECT count(*), count(*) FILTER (mine.LastName = other.lastname AND mine.Phone = other.phone)
        FROM made.salesforce.Contact AS mine
        JOIN made.hubspot.contacts AS other ON mine.Email = other.email
    """
    assert _one(opened, shared) == (100, 100)


def test_no_address_is_given_twice_and_all_are_invented(opened: duckdb.DuckDBPyConnection) -> None:
    for column in ("salesforce.Contact.Email", "hubspot.contacts.email", "salesforce.colleague.Username"):
        table, _, name = column.rpartition(".")
        assert _one(opened, f"SELECT count(*) = count(DISTINCT {name}) FROM made.{table}")
        assert _one(
            opened, f"SELECT bool_and(regexp_full_match({name}, '[a-z.0-9]+@[a-z-]+[.]example')) FROM made.{table}"
        )


def test_activity_crowds_around_few_people_within_fourteen_months(opened: duckdb.DuckDBPyConnection) -> None:
    counted = "SELECT count(*) AS n FROM made.salesforce.Task GROUP BY WhoId ORDER BY n DESC"
    most, half = _one(opened, f"SELECT max(n), quantile_disc(n, 0.5) FROM ({counted})")
    assert most > 20 * half
    first, last = _one(opened, "SELECT min(CreatedDate), max(CreatedDate) FROM made.salesforce.Task")
    assert (first[:10], last[:10]) == ("2025-09-01", "2026-10-30")


def test_ids_count_up_in_the_order_of_creation(opened: duckdb.DuckDBPyConnection) -> None:
    for name, prefix in (("Contact", "003"), ("Task", "00T"), ("EmailMessageRelation", "0CZ"), ("Account", "001")):
        rows = opened.execute(f'SELECT seq, "Id", "CreatedDate" FROM made.salesforce."{name}"').fetchall()
        assert [row[1] for row in rows] == [ids.make(prefix, row[0]) for row in rows]
        assert rows == sorted(rows)
        assert [row[2] for row in rows] == sorted(row[2] for row in rows)
        assert [ids.serial(row[1]) for row in rows] == [row[0] for row in rows]


def test_every_reference_leads_to_a_record(opened: duckdb.DuckDBPyConnection) -> None:
    filed = {row[0] for row in opened.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
    for entity in schema.standard().objects.values():
        for field in entity.references() if entity.name in filed else ():
            targets = {"Contact", "Account", "Opportunity", "EmailMessage"} & set(field.to)
            known = " UNION ALL ".join(f'SELECT "Id" FROM made.salesforce."{each}"' for each in sorted(targets))
            columns = [row[0] for row in opened.execute(f'DESCRIBE made.salesforce."{entity.name}"').fetchall()]
            if known and field.name in columns:
                people = f'{known} UNION ALL SELECT "Id" FROM made.salesforce.colleague'
                lost = f'SELECT count(*) FROM made.salesforce."{entity.name}" WHERE "{field.name}" NOT IN ({people})'
                assert _one(opened, lost) == 0, (entity.name, field.name)


def test_the_file_has_only_fields_that_the_orgs_have(opened: duckdb.DuckDBPyConnection) -> None:
    objects = schema.standard().objects
    custom = {name: {each["name"] for each in fields} for name, fields in seed.salesforce(opened)["fields"].items()}
    for (name,) in opened.execute("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'salesforce'").fetchall():
        if name.lower() in objects:
            columns = {row[0] for row in opened.execute(f'DESCRIBE made.salesforce."{name}"').fetchall()} - {"seq"}
            known = {each.name for each in objects[name.lower()].fields.values()} | custom.get(name, set())
            assert columns <= known, name


def test_a_portal_takes_every_kind_of_record_as_a_seed(opened: duckdb.DuckDBPyConnection) -> None:
    clock = Clock(NOW)
    portal = Portal(clock)
    records: dict[str, list[dict[str, Any]]] = {}
    for name in ("companies", "contacts", "deals", "emails", "calls", "meetings", "notes", "tasks"):
        found = opened.execute(f"SELECT * FROM made.hubspot.{name} LIMIT 60")
        columns = [column[0] for column in found.description]
        rows = [dict(zip(columns, row, strict=True)) for row in found.fetchall()]
        records[name] = [{"id": str(row.pop("id")), "properties": row} for row in rows]
    portal.load({**seed.hubspot(opened), "records": records})
    for name, rows in records.items():
        for row in rows:
            record = portal.crm.tables[name].find(int(row["id"]))
            assert record is not None
            kept = {key: value for key, value in row["properties"].items() if not re.match("num_|hs_num", key)}
            assert {key: record.properties.get(key) for key in kept} == kept


def test_an_org_derives_of_every_record_what_the_file_says(opened: duckdb.DuckDBPyConnection) -> None:
    from connectors.emulator.salesforce import seeding
    from connectors.emulator.salesforce.org import Org

    org, part = Org(Clock(NOW)), seed.salesforce(opened)
    names = ("Account", "Contact", "Opportunity", "OpportunityContactRole", "Task", "Event", "EmailMessage",
             "EmailMessageRelation")  # fmt: skip
    for name in names:
        few = "WHERE seq <= 200" if name not in ("Account", "Contact", "Opportunity") else ""
        found = opened.execute(f'SELECT * EXCLUDE seq FROM made.salesforce."{name}" {few}')
        columns = [column[0] for column in found.description]
        part["records"][name] = [dict(zip(columns, row, strict=True)) for row in found.fetchall()]
    seeding.load(org, part)
    for name in names:
        for row in part["records"][name]:
            kept = org.store.table(name)[row["Id"]]
            told = row.keys() - {"IsArchived"}
            assert {key: kept.get(key) for key in told} == {key: row[key] for key in told}
    relations = opened.execute("SELECT AccountId, ContactId FROM made.salesforce.AccountContactRelation").fetchall()
    made = {(row["AccountId"], row["ContactId"]) for row in org.store.table("AccountContactRelation").values()}
    assert set(relations) == made
