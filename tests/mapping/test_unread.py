"""Activity that could not be read to its end: silence is then no evidence, neither of a gap nor of a closed one."""

from typing import Any

import duckdb
import pytest

from tests.mapping.world import World, ago

EVERY_KIND = 14


def quiet(connection: duckdb.DuckDBPyConnection, **captured: Any) -> World:
    """Tell of a customer nobody speaks with, whose every need is therefore a gap."""
    world = World(connection)
    world.user()
    world.account(segment="SMB", breadth="workgroup", owner_id="U1", domain="acme.example")
    world.contact("C1", title="VP Operations")
    world.sees(**captured)
    return world


def status(world: World) -> object:
    return world.one("coverage", "status")


def test_what_was_read_to_its_end_is_a_gap_and_a_task(connection: duckdb.DuckDBPyConnection) -> None:
    world = quiet(connection).compute()
    assert status(world) == "gap"
    assert {"missing buyer", "missing champion"} <= {kind for (kind,) in world.table("gap", "kind")}
    assert world.table("desired_task", "key") != []


@pytest.mark.parametrize("available", [True, False])
def test_what_was_not_is_cannot_tell_without_a_gap_and_without_a_task(
    connection: duckdb.DuckDBPyConnection, available: bool
) -> None:
    world = quiet(connection, available=available, unread=True).compute()
    assert status(world) == "cannot tell"
    assert world.table("gap") == []
    assert world.table("desired_task") == []
    assert "activity could not be read to the end" in world.one("coverage", "completeness")
    assert len(world.table("undecided")) == EVERY_KIND


def test_a_departed_champion_is_no_gap_either_while_nobody_could_read(connection: duckdb.DuckDBPyConnection) -> None:
    for unread, found in ((False, {"champion or buyer departed"}), (True, set())):
        world = quiet(connection, unread=unread)
        world.contact("C3", title="COO", left_at=ago(1))
        world.compute()
        kinds = {kind for (kind,) in world.table("gap", "kind")}
        assert kinds & {"champion or buyer departed"} == found


def test_unread_acts_in_one_crm_make_an_account_in_both_untold(connection: duckdb.DuckDBPyConnection) -> None:
    world = quiet(connection)
    world.account("9001", source="hubspot", domain="acme.example")
    world.sees(source="hubspot", unread=True)
    world.compute()
    assert status(world) == "cannot tell"


def test_unread_acts_of_a_person_of_the_account_do_so_too(connection: duckdb.DuckDBPyConnection) -> None:
    """The account is not in the other CRM, but one of its people is, and may be spoken with there."""
    world = quiet(connection)
    world.contact("C9", email="zoe@acme.example")
    world.contact("201", source="hubspot", email="zoe@acme.example", account_id=None)
    world.sees(source="hubspot", unread=True)
    world.compute()
    assert status(world) == "cannot tell"


def test_unread_acts_of_a_crm_that_knows_nothing_of_the_account_do_not(connection: duckdb.DuckDBPyConnection) -> None:
    world = quiet(connection)
    world.contact("201", source="hubspot", email="tom@other.example", account_id=None)
    world.sees(source="hubspot", unread=True)
    world.compute()
    assert status(world) == "gap"


def test_an_account_without_usage_figures_cannot_tell_its_power_users_alone(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    world = quiet(connection).compute()
    assert world.table("undecided", "kind") == [("missing power users",), ("power-user voice weak",)]
