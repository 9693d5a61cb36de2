"""The ledger speaks PostgreSQL too: every statement a whole story sends is compiled for it, with no server at hand."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.schema import CreateIndex, CreateTable

from connectors.memory import Fault
from sync import pipeline
from sync.ledger import METADATA
from tests.sync.world import Gap, World

DIALECT = sa.make_url("postgresql+psycopg://").get_dialect()()
ANN, BOB = ("contact", "c1"), ("contact", "c2")


def postgres(statement: Any) -> str:
    return re.sub(r"\s+", " ", str(statement.compile(dialect=DIALECT))).strip()


def story(world: World) -> None:
    """Do everything a ledger is for once: runs, plans, approval, faults, undo, leases, questions."""
    world.want(ANN, roles="buyer")
    world.gaps = [Gap("k1")]
    world.csms = {"a1": ("crm:u1", None)}
    pipeline.apply(world.desk(), world.plan().digest or "")
    world.want(BOB, roles="user")
    world.crm.faults = dict.fromkeys(range(2, 4), Fault.ANSWER_LOST)
    world.gaps = []
    world.run()
    world.run()
    world.undo(2)
    world.ledger.lease("acme", "other", world.crm.now, 60)
    world.ledger.lease("acme", "ours", world.crm.now, 60, lambda _: False)
    world.ledger.dossiers("acme", "ann", object_name="contact")
    world.ledger.runs("acme")
    world.ledger.note_history("acme", 1, [("crm", "a1", "Acme", {"status": "gap"})])
    world.ledger.history("acme", "a1")
    world.ledger.pause("acme", since=1, said="refused", salt="00", credentials="x")
    world.ledger.paused("acme")
    world.ledger.resume("acme")
    world.ledger.plan("acme", "abcdef")


@pytest.fixture
def statements() -> Iterator[list[str]]:
    sent: list[str] = []

    def keep(_connection: sa.Connection, statement: Any, *_: Any) -> None:
        sent.append(postgres(statement))

    with World() as world:
        sa.event.listen(world.ledger.engine, "before_execute", keep)
        story(world)
        yield sent


def test_every_statement_of_a_story_compiles_for_postgresql(statements: list[str]) -> None:
    verbs = {statement.split()[0] for statement in statements}
    assert verbs == {"SELECT", "INSERT", "UPDATE", "DELETE"}
    assert len(set(statements)) > 20


def test_no_statement_uses_what_only_sqlite_knows(statements: list[str]) -> None:
    foreign = re.compile(r"PRAGMA|INSERT OR |REPLACE INTO|GLOB|IFNULL|ROWID|AUTOINCREMENT|STRFTIME|DATETIME\(", re.I)
    assert [statement for statement in statements if foreign.search(statement)] == []


def test_every_table_of_the_ledger_is_written_and_read_in_the_story(statements: list[str]) -> None:
    text = "\n".join(statements)
    for name in METADATA.tables:
        assert f"FROM {name}" in text, name
        assert f"INSERT INTO {name} " in text, name


def test_names_are_found_whatever_their_case_with_wildcards_taken_literally(statements: list[str]) -> None:
    (asked,) = {statement for statement in statements if statement.startswith("SELECT dossiers")}
    assert asked.count("ILIKE") == 2
    assert asked.count("ESCAPE '/'") == 2


@pytest.mark.parametrize("name", sorted(METADATA.tables))
def test_every_table_can_be_created_with_its_primary_key(name: str) -> None:
    text = postgres(CreateTable(METADATA.tables[name]))
    assert text.startswith(f"CREATE TABLE {name} ( org TEXT NOT NULL")
    assert re.search(r"PRIMARY KEY \(org[^)]*\) \)$", text)


def test_moments_outlive_2038_and_flags_are_flags() -> None:
    tasks = postgres(CreateTable(METADATA.tables["tasks"]))
    assert "opened_at BIGINT" in tasks
    assert "closed_by_us BOOLEAN" in tasks
    assert "started_at BIGINT" in postgres(CreateTable(METADATA.tables["runs"]))
    assert "expires_at BIGINT" in postgres(CreateTable(METADATA.tables["leases"]))


def test_what_runs_ask_most_is_indexed() -> None:
    created = [postgres(CreateIndex(index)) for table in METADATA.sorted_tables for index in table.indexes]
    assert sorted(created) == [
        "CREATE INDEX journal_open ON journal (org, outcome)",
        "CREATE INDEX tasks_opened ON tasks (org, opened_at)",
    ]
