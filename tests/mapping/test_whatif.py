"""What leaving would cost: what is imagined is what would come."""

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapping.whatif import imagine
from tests.mapping.holders import ACCOUNT, Holders
from tests.mapping.test_coverage import CAST, SEGMENTS, Person, staged
from tests.mapping.world import connect

BREADTHS = st.sampled_from(["workgroup", "department", "company-wide"])


def imagined(holders: Holders) -> dict[str, tuple[str, int | None]]:
    """Imagine every person's leaving, for all who count: person -> status and score."""
    connection = holders.connection
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE contact_record AS SELECT p.source, p.contact_id AS id, m.person_id, m.account_key"
        " FROM member AS m JOIN person AS p USING (person_id)"
    )
    connection.execute(
        "CREATE OR REPLACE TABLE explained AS SELECT 'contact' AS object, source, id FROM contact_record"
    )
    imagine(connection)
    rows = connection.execute("SELECT person_id, status, score FROM what_if WHERE account_key = ?", [ACCOUNT])
    return {person: (status, score) for person, status, score in rows.fetchall()}


def without(connection: duckdb.DuckDBPyConnection, people: list[Person], place: int, *cell: str) -> tuple[object, ...]:
    """Judge the account after that person has really departed; everybody else is as before."""
    holders = staged(connection, people, *cell)
    names = ("account_key", "person_id", "name", "title", "department", "departed")
    members = holders.rows["member"]
    gone = list(members[place])
    gone[names.index("departed")] = True
    members[place] = tuple(gone)
    return holders.judge().answer("status", "score")


@settings(max_examples=8, deadline=None)
@given(CAST, BREADTHS, SEGMENTS)
def test_what_is_imagined_equals_a_real_departure_with_the_others_held(
    people: list[Person], breadth: str, segment: str
) -> None:
    with connect() as connection:
        found = imagined(staged(connection, people, breadth, segment).judge())
        for place in range(len(people)):
            key = f"salesforce:P{place:02}"
            if key in found:
                assert found[key] == without(connection, people, place, breadth, segment)


@pytest.fixture
def holders(connection: duckdb.DuckDBPyConnection) -> Holders:
    """Give an empty set of role-holders."""
    return Holders(connection)


def test_the_only_buyer_who_leaves_opens_a_gap(holders: Holders) -> None:
    holders.customer(segment="SMB").buyer("Ana", 3).champion("Cy", 4).power_users(2, 4).judge()
    assert imagined(holders)["salesforce:Ana"] == ("gap", 67)


def test_one_champion_of_three_where_two_are_needed_costs_nothing(holders: Holders) -> None:
    holders.customer().buyer("Ana", 3).champion("Cy", 4).champion("Di", 4).champion("Ed", 4).power_users(2, 4).judge()
    assert imagined(holders)["salesforce:Cy"] == holders.answer("status", "score")


def test_whoever_counts_for_nothing_is_not_imagined_away(holders: Holders) -> None:
    holders.customer().buyer("Ana", 3).champion("Cy", 1).person("Bo", 5).judge()
    assert set(imagined(holders)) == {"salesforce:Ana"}


def test_an_active_user_who_leaves_lowers_the_need_as_well(holders: Holders) -> None:
    holders.customer(segment="SMB").buyer("Ana", 3).champion("Cy", 4).power_users(1, 2).judge()
    assert imagined(holders)["salesforce:user 0"] == ("gap", 58)


def test_the_coverage_of_today_is_left_as_it_is(holders: Holders) -> None:
    holders.customer().buyer("Ana", 3).champion("Cy", 4).power_users(2, 4).judge()
    before = holders.connection.execute("SELECT * FROM coverage").fetchall()
    imagined(holders)
    assert holders.connection.execute("SELECT * FROM coverage").fetchall() == before
    assert holders.connection.execute(
        "SELECT COUNT(*) FROM duckdb_databases() WHERE database_name = 'imagined'"
    ).fetchone() == (0,)
