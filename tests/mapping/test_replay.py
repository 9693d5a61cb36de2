"""Going back in time: what carries a date is as it was, what does not is today's, and the computation agrees."""

from typing import Any

import duckdb
import pytest

from mapping.compute import compute
from mapping.records import STAGED
from mapping.replay import TODAYS, rewind
from tests.mapping.past import staged
from tests.mapping.world import AS_OF, PROFILE, RULES, World, ago


def rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[tuple[Any, ...]]:
    return connection.execute(query).fetchall()


def known(world: World, days: float, query: str) -> list[tuple[Any, ...]]:
    """Ask the staged tables as they were so many days ago."""
    with staged(world) as connection:
        rewind(connection, ago(days))
        return rows(connection, query)


def test_every_staged_table_is_there_with_its_columns(world: World) -> None:
    with staged(world) as connection:
        rewind(connection, AS_OF)
        for table in STAGED:
            described = [row[0] for row in rows(connection, f"DESCRIBE {table.name}")]
            assert tuple(described) == table.column_names()


def test_what_happened_later_is_not_seen(world: World) -> None:
    for days in (5, 20, 40):
        world.email("in", days=days)
        world.nps("C1", 9, days=days)
    assert known(world, 20, "SELECT COUNT(*) FROM activity") == [(2,)]
    assert known(world, 20.1, "SELECT COUNT(*) FROM activity") == [(1,)]
    assert known(world, 30, "SELECT COUNT(*) FROM signal") == [(1,)]


@pytest.mark.parametrize(
    ("values", "column", "then"),
    [
        ({"left_at": ago(10)}, "left_at", None),
        ({"bounced_at": ago(10)}, "bounced_at", None),
        ({"confirmed_role": "champion", "confirmed_at": ago(10)}, "confirmed_role", None),
        ({"confirmed_depth": 3, "confirmed_at": ago(10)}, "confirmed_depth", None),
        ({"not_a_champion": True, "confirmed_at": ago(10)}, "not_a_champion", None),
        ({"left_at": ago(30)}, "left_at", ago(30)),
        ({"confirmed_role": "champion", "confirmed_at": ago(30)}, "confirmed_role", "champion"),
        ({"confirmed_role": "champion"}, "confirmed_role", "champion"),
        ({"title": "CFO"}, "title", "CFO"),
    ],
)
def test_states_of_a_person_count_from_their_date(
    values: dict[str, Any], column: str, then: object, world: World
) -> None:
    world.contact(**values)
    assert known(world, 20, f"SELECT {column} FROM contact") == [(then,)]


def test_a_deal_that_closed_later_was_open_and_one_that_closed_before_was_closed(world: World) -> None:
    world.opportunity(id="O1", close_at=ago(10))
    world.opportunity(id="O2", close_at=ago(30))
    assert known(world, 20, "SELECT id, closed, won FROM opportunity ORDER BY id") == [
        ("O1", False, False),
        ("O2", True, True),
    ]


def test_who_became_a_customer_later_was_none(world: World) -> None:
    world.account("A1", since_at=ago(10))
    world.account("A2", since_at=ago(30))
    world.account("A3")
    assert known(world, 20, "SELECT id, customer FROM account ORDER BY id") == [
        ("A1", False),
        ("A2", True),
        ("A3", True),
    ]


def test_words_that_are_judged_can_be_left_out(world: World) -> None:
    world.contact(confirmed_role="champion", not_a_champion=True, confirmed_depth=3)
    world.crm_role()
    with staged(world) as connection:
        rewind(connection, AS_OF, human_roles=False)
        assert rows(connection, "SELECT confirmed_role, not_a_champion, confirmed_depth FROM contact") == [
            (None, None, 3)
        ]
        assert rows(connection, "SELECT COUNT(*) FROM contact_role") == [(1,)]
        rewind(connection, AS_OF, crm_roles=False)
        assert rows(connection, "SELECT confirmed_role FROM contact") == [("champion",)]
        assert rows(connection, "SELECT COUNT(*) FROM contact_role") == [(0,)]


def told(world: World) -> World:
    """Tell of a champion who answered 60 days ago, met us 15 days ago, and a deal of 100 days ago."""
    world.account(segment="SMB", breadth="department")
    world.contact(title="Director of Operations")
    world.nps("C1", 9, days=70)
    world.sees()
    world.opportunity()
    world.email("out", days=61)
    world.email("in", days=60)
    world.meeting("C1", days=15)
    return world


def test_a_replay_gives_what_a_run_on_that_day_would_have_given(world: World) -> None:
    told(world)
    with staged(world) as connection:
        rewind(connection, ago(30))
        compute(connection, RULES, PROFILE, ago(30))
        query = "SELECT level, why, strength, trend, two_way_at FROM depth"
        replayed = rows(connection, query)
    for name in ("activity", "participant"):  # the meeting has not happened yet
        world.rows[name] = world.rows[name][:-1]
    world.compute(as_of=ago(30))
    assert replayed == rows(world.connection, query)
    assert replayed[0][4] == ago(60)


def test_a_replay_of_the_last_moment_is_the_last_run(world: World) -> None:
    told(world).compute()
    query = "SELECT * FROM desired_account"
    with staged(world) as connection:
        rewind(connection, AS_OF)
        compute(connection, RULES, PROFILE, AS_OF)
        assert rows(connection, query) == rows(world.connection, query)


def test_it_is_said_what_has_no_history() -> None:
    assert any("titles" in words for words in TODAYS)
    assert any("usage" in words for words in TODAYS)
