"""The steps together: shapes, order, purity, and runs on top of runs."""

from pathlib import Path

import duckdb
import pytest

from mapping.compute import DECLARED, STEPS, ShapeError, Step, check, compute
from mapping.metadata import desired_tables
from mapping.records import DERIVED
from mapping.spec import Profile, Rules
from mapping.statements import blocks
from tests.mapping.world import AS_OF, World, ago

NAMES = [table.name for table in (*DERIVED, *desired_tables())]


def busy(world: World) -> World:
    """Tell of a customer in both CRMs with people, deals, usage, answers and activity."""
    world.account("A1", domain="globex.example", arr=60_000.0, segment="Mid-Market", breadth="workgroup", owner_id="U1")
    world.account("9001", source="hubspot", domain="globex.example")
    world.user()
    world.contact("C1", email="ann@globex.example", title="VP Operations")
    world.contact("201", source="hubspot", email="ann@globex.example", account_id="9001")
    world.contact("C2", email="bob@globex.example", title="Operations Analyst", core_job=True)
    world.usage("C2", 12)
    world.nps("C1", 9, days=20)
    world.crm_role("C1", "Economic Buyer")
    world.opportunity(amount=60_000.0)
    world.sees()
    for days in (5, 30, 40):
        world.email("out", "C1", days + 1)
        world.email("in", "C1", days)
        world.meeting("C1", "C2", days=days)
    return world


def test_every_declared_table_stands_after_an_empty_stage(world: World) -> None:
    world.compute()
    for name in NAMES:
        assert world.table(name) == []
        check(world.connection, DECLARED[name])


def test_a_busy_stage_fills_the_tables_in_their_declared_shape(world: World) -> None:
    busy(world).compute()
    for name in NAMES:
        check(world.connection, DECLARED[name])
    assert [row[0] for row in world.table("customer", "account_key")] == ["salesforce:A1"]
    assert world.table("role", "person_id", "role") == [
        ("hubspot:201", "buyer"),
        ("hubspot:201", "champion"),
        ("salesforce:C2", "power user"),
    ]


def test_the_key_of_each_table_identifies_its_rows(world: World) -> None:
    busy(world).compute()
    for table in DECLARED.values():
        keys = world.table(table.name, *table.key)
        assert len(keys) == len(set(keys)), table.name


def test_a_second_run_on_the_same_connection_gives_the_same_tables(world: World) -> None:
    busy(world).compute()
    first = {name: world.table(name) for name in NAMES}
    world.compute()
    assert {name: world.table(name) for name in NAMES} == first


def test_a_run_leaves_the_staged_tables_as_they_were(world: World) -> None:
    busy(world).compute()
    for name, rows in world.rows.items():
        assert world.connection.execute(f"SELECT COUNT(*) FROM {name}").fetchall() == [(len(rows),)]


def test_a_run_on_a_file_gives_what_a_run_in_memory_gives(world: World, tmp_path: Path) -> None:
    busy(world).compute()
    with duckdb.connect(tmp_path / "stage.duckdb") as on_disk:
        copy = World(on_disk, world.rules, world.profile)
        copy.rows = world.rows
        copy.compute()
        assert {name: copy.table(name) for name in NAMES} == {name: world.table(name) for name in NAMES}


def test_intermediate_tables_are_not_kept_in_the_stage(world: World, tmp_path: Path) -> None:
    path = tmp_path / "stage.duckdb"
    with duckdb.connect(path) as on_disk:
        copy = World(on_disk)
        copy.rows = busy(world).rows
        copy.compute()
    with duckdb.connect(path) as on_disk:
        kept = {name for (name,) in on_disk.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
    assert {name for name in kept if not name.startswith("rule_")} <= {
        *NAMES,
        *world.rows,
        "run",
        "calendar",
        "depth_name",
    }


def test_time_passes_without_a_change_in_the_crm(world: World, rules: Rules, profile: Profile) -> None:
    world.account()
    world.contact(title="Director of Operations")
    world.nps(score=9)
    world.compute()
    assert world.one("role", "status") == "likely"
    compute(world.connection, rules, profile, AS_OF + 300 * 86_400)
    assert world.one("role", "status") == "candidate"


def test_the_run_is_known_to_every_step(world: World) -> None:
    world.compute()
    assert world.one("run") == (AS_OF, "acme")
    assert world.table("rule_source") == [("hubspot", 1), ("salesforce", 0)]


def test_a_table_of_another_shape_is_refused(world: World) -> None:
    world.connection.execute("CREATE OR REPLACE TABLE person AS SELECT 1 AS source")
    with pytest.raises(ShapeError, match=r"person: declared .*'source', 'TEXT'.*made .*'source', 'INTEGER'"):
        check(world.connection, DECLARED["person"])


def test_every_derived_table_is_made_by_one_step() -> None:
    made = [name for step in STEPS for name in step.makes]
    assert sorted(made) == sorted(set(made))
    assert set(made) == set(NAMES) - {"sentence"}


def test_a_chosen_step_can_run_alone(world: World, rules: Rules, profile: Profile) -> None:
    world.contact(title="COO")
    only: list[Step] = [step for step in STEPS if step.name == "titles"]
    world.compute(only)
    assert world.table("title_reading") == [("COO", "c-level", "Operations", None)]
    assert world.table("member") == []


def test_the_future_is_told_by_negative_days() -> None:
    assert ago(-1) == AS_OF + 86_400


@pytest.mark.parametrize("step", [step.name for step in STEPS])
def test_every_statement_has_a_sentence_above_it(step: str) -> None:
    assert [block for block in blocks(step) if not block.startswith("-- ") or ".\n" not in block] == []
