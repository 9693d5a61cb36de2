"""Required numbers, credits, score and status of an account."""

from collections.abc import Callable
from random import Random

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.mapping.holders import Holders
from tests.mapping.world import connect

Story = Callable[[Holders], object]
RANK = {"gap": 0, "partial": 1, "covered": 2}


@pytest.fixture
def holders(connection: duckdb.DuckDBPyConnection) -> Holders:
    """Give an empty set of role-holders."""
    return Holders(connection)


NEEDS = [
    ("SMB", "workgroup", (1, 1, 2), 0, 0),
    ("Mid-Market", "workgroup", (1, 2, 3), 1, 0),
    ("Enterprise", "workgroup", (2, 4, 4), 2, 0),
    ("SMB", "department", (1, 1, 4), 0, 0),
    ("Mid-Market", "department", (1, 2, 6), 0, 0),
    ("Enterprise", "department", (2, 4, 8), 1, 0),
    ("SMB", "company-wide", (1, 1, 8), 0, 0),
    ("Mid-Market", "company-wide", (2, 3, 10), 0, 2),
    ("Enterprise", "company-wide", (2, 5, 12), 0, 3),
]


@pytest.mark.parametrize("cell", NEEDS)
def test_the_required_numbers_are_those_of_the_cell(
    cell: tuple[str, str, tuple[int, ...], int, int], holders: Holders
) -> None:
    segment, breadth, numbers, outside, departments = cell
    holders.customer(segment=segment, breadth=breadth).power_users(0, 24).judge()
    required = [holders.need(role, "required")[0] for role in ("buyer", "champion", "power user")]
    assert tuple(required) == numbers
    assert holders.need("champion", "outside_required", "departments_required") == (outside, departments)


@pytest.mark.parametrize(
    ("users", "seats", "required"), [(0, None, 0), (1, None, 1), (5, None, 3), (6, None, 3), (40, None, 6), (40, 4, 4)]
)
def test_power_users_are_capped_by_half_the_active_users_and_by_seats(
    users: int, seats: int | None, required: int, holders: Holders
) -> None:
    holders.customer(seats=seats).power_users(0, users).judge()
    assert holders.need("power user", "required") == (required,)


def test_a_user_of_no_day_and_a_departed_one_are_not_active(holders: Holders) -> None:
    holders.customer().person("gone", used=9, departed=True).person("here", used=9)
    holders.person("idle").add("usage", source="salesforce", contact_id="idle", active_days=0).judge()
    assert holders.need("power user", "required") == (1,)


CREDITS: list[tuple[str, str | None, int | None, float, bool]] = [
    ("buyer", "advocate", 5, 1.0, True),
    ("buyer", "advocate", 4, 0.75, True),
    ("buyer", "advocate", 1, 0.4, True),
    ("buyer", "advocate", 0, 0, False),
    ("buyer", "department leader", 5, 0.75, True),
    ("buyer", "department leader", 2, 0.75, True),
    ("buyer", "department leader", 1, 0.4, True),
    ("buyer", "check-signer", 5, 0.4, True),
    ("buyer", "check-signer", 1, 0.4, True),
    ("buyer", "check-signer", 0, 0, False),
    ("buyer", "check-signer", None, 0, False),
    ("champion", None, 5, 1.0, True),
    ("champion", None, 4, 1.0, True),
    ("champion", None, 3, 0.5, False),
    ("champion", None, 2, 0, False),
    ("champion", None, None, 0, False),
    ("power user", None, 2, 1.0, True),
    ("power user", None, 1, 0, False),
]


@pytest.mark.parametrize("case", CREDITS)
def test_what_a_role_holder_counts_depends_on_depth(
    case: tuple[str, str | None, int | None, float, bool], holders: Holders
) -> None:
    role, subtype, level, credit, head = case
    holders.customer().person("Ana", level).role("Ana", role, subtype).judge()
    assert holders.need(role, "credits", "heads") == (credit, int(head))


@pytest.mark.parametrize("status", ["candidate", "lapsed", "departed"])
def test_only_confirmed_and_likely_roles_count(status: str, holders: Holders) -> None:
    holders.customer().person("Ana", 5).role("Ana", "champion", status=status).judge()
    assert holders.need("champion", "credits", "heads") == (0, 0)


def two_champions(holders: Holders) -> Holders:
    """Tell of two live champions, one of them in Finance."""
    return holders.champion("Cy", 4, department="Operations").champion("Di", 4, department="Finance")


STATUSES: dict[str, tuple[Story, str, int | None]] = {
    "all heads are there": (lambda h: two_champions(h.customer().buyer("Ana", 2)).power_users(2, 4), "covered", 92),
    "no live buyer": (lambda h: two_champions(h.customer()).power_users(2, 4), "gap", 67),
    "one champion of two": (lambda h: h.customer().buyer("Ana", 2).champion("Cy", 4).power_users(2, 4), "partial", 75),
    "a champion at depth 3 is half a credit and no head": (
        lambda h: h.customer().buyer("Ana", 2).champion("Cy", 3).power_users(2, 4),
        "gap",
        67,
    ),
    "a check-signer is the only buyer": (
        lambda h: two_champions(h.customer().buyer("Ana", 2, "check-signer")).power_users(2, 4),
        "partial",
        80,
    ),
    "nobody uses the product, so no power users are needed": (
        lambda h: two_champions(h.customer().buyer("Ana", 2)),
        "covered",
        88,
    ),
    "usage is unknown": (lambda h: two_champions(h.customer(usage_known=False).buyer("Ana", 2)), "cannot tell", 88),
    "usage is unknown and a gap is proven": (lambda h: two_champions(h.customer(usage_known=False)), "gap", 50),
    "activity is unknown": (
        lambda h: h.customer(activity_known=False).buyer("Ana", None).champion("Cy", None).power_users(0, 4),
        "cannot tell",
        None,
    ),
    "activity is unknown, but humans set every level": (
        lambda h: two_champions(h.customer(activity_known=False).buyer("Ana", 2)).power_users(2, 4),
        "covered",
        92,
    ),
    "the segment is unknown": (lambda h: two_champions(h.customer(segment=None).buyer("Ana", 2)), "cannot tell", None),
    "the breadth is unknown": (lambda h: two_champions(h.customer(breadth=None).buyer("Ana", 2)), "cannot tell", None),
    "one champion outside is wanted and there": (
        lambda h: two_champions(h.customer(breadth="workgroup").buyer("Ana", 2)).power_users(2, 4),
        "covered",
        92,
    ),
    "one champion outside is wanted, both sit inside": (
        lambda h: (
            h.customer(breadth="workgroup")
            .buyer("Ana", 2)
            .champion("Cy", 4, department="Operations")
            .champion("Di", 4, department="Operations")
            .power_users(2, 4)
        ),
        "partial",
        92,
    ),
    "an unknown department is not outside": (
        lambda h: (
            h.customer(breadth="workgroup")
            .buyer("Ana", 2)
            .champion("Cy", 4, department="Operations")
            .champion("Di", 4)
            .power_users(2, 4)
        ),
        "partial",
        92,
    ),
}


@pytest.mark.parametrize("case", STATUSES)
def test_status_and_score_of_an_account(case: str, holders: Holders) -> None:
    story, status, score = STATUSES[case]
    story(holders)
    assert holders.judge().answer("status", "score") == (status, score)


def test_consuming_departments_are_asked_for_where_the_cell_says_so(holders: Holders) -> None:
    holders.customer(segment="Enterprise", breadth="workgroup")
    for name, department in (("Cy", "Finance"), ("Di", "Marketing"), ("Ed", "Operations")):
        holders.champion(name, 4, department=department)
    assert holders.judge().need("champion", "outside_required", "outside") == (2, 1)


def test_departments_of_live_champions_are_counted_once(holders: Holders) -> None:
    holders.customer(breadth="company-wide")
    for name, department in (("Cy", "Finance"), ("Di", "Finance"), ("Ed", "Operations"), ("Flo", None)):
        holders.champion(name, 4, department=department)
    holders.champion("shallow", 3, department="Legal")
    assert holders.judge().need("champion", "departments") == (2,)


def test_in_smb_a_buyer_who_is_champion_counts_for_both(holders: Holders) -> None:
    holders.customer(segment="SMB").buyer("Ana", 4).role("Ana", "champion").judge()
    assert holders.need("buyer", "heads") == holders.need("champion", "heads") == (1,)


ONCE: dict[str, tuple[Story, int, int]] = {
    "as the only buyer, beside another champion": (
        lambda h: h.buyer("Ana", 4).role("Ana", "champion").champion("Cy", 4),
        1,
        1,
    ),
    "as champion, beside another buyer": (
        lambda h: h.buyer("Ana", 4).role("Ana", "champion").buyer("Bo", 5, "advocate"),
        1,
        1,
    ),
    "as buyer and champion, two people": (
        lambda h: h.buyer("Ana", 5, "advocate").role("Ana", "champion").buyer("Bo", 4).role("Bo", "champion"),
        1,
        1,
    ),
}


@pytest.mark.parametrize("case", ONCE)
def test_outside_smb_a_buyer_who_is_champion_counts_once(case: str, holders: Holders) -> None:
    story, buyers, champions = ONCE[case]
    story(holders.customer())
    holders.judge()
    assert (holders.need("buyer", "heads")[0], holders.need("champion", "heads")[0]) == (buyers, champions)


def test_a_tie_between_buyer_and_champion_goes_to_the_buyer(holders: Holders) -> None:
    holders.customer(segment="Enterprise").buyer("Ana", 4, "check-signer").champion("Cy", 4)
    holders.person("Bo", 5).role("Bo", "buyer", "advocate").role("Bo", "champion")
    for name in ("Di", "Ed", "Flo"):
        holders.champion(name, 4)
    holders.judge()
    assert holders.need("buyer", "heads", "credits") == (2, 1.4)
    assert holders.need("champion", "heads") == (4,)


@pytest.mark.parametrize(("levels", "single"), [((2, 1), True), ((2, 2), False), ((0, 0), True)])
def test_fewer_than_two_people_at_depth_2_is_single_threaded(
    levels: tuple[int, ...], single: bool, holders: Holders
) -> None:
    holders.customer()
    for number, level in enumerate(levels):
        holders.person(f"P{number}", level)
    assert holders.judge().answer("single_threaded") == (single,)


def test_unknown_depth_does_not_make_an_account_single_threaded(holders: Holders) -> None:
    holders.customer(activity_known=False).person("Ana", None)
    assert holders.judge().answer("single_threaded", "redundancy") == (None, None)


@pytest.mark.parametrize(("champions", "redundancy"), [(0, 0), (1, 0.75), (2, 0.9375)])
def test_redundancy_is_the_chance_that_a_champion_remains(champions: int, redundancy: float, holders: Holders) -> None:
    holders.customer()
    for number in range(champions):
        holders.champion(f"P{number}", 4)
    assert holders.judge().answer("redundancy") == (redundancy,)


def test_completeness_says_what_was_missing(holders: Holders) -> None:
    holders.customer(segment=None, breadth=None, activity_known=False, usage_known=False).judge()
    text = "segment unknown; product breadth unknown; activity capture missing or too young; usage unknown"
    assert holders.answer("completeness") == (text,)


@pytest.mark.parametrize(("department", "said"), [(None, "department of a buyer unknown"), ("Finance", None)])
def test_completeness_says_that_a_buyers_department_would_matter(
    department: str | None, said: str | None, holders: Holders
) -> None:
    holders.customer(segment="SMB", breadth="workgroup").buyer("Ana", 3, "check-signer", department=department)
    holders.champion("Cy", 4).power_users(2, 4)
    assert holders.judge().answer("status", "completeness") == ("partial", said)


def test_nothing_missing_leaves_completeness_empty(holders: Holders) -> None:
    assert holders.customer().judge().answer("completeness") == (None,)


# --- laws -----------------------------------------------------------------------------------------------------

Person = tuple[str, int, str]
CAST = st.lists(
    st.tuples(
        st.sampled_from(["buyer", "champion", "both", "power user"]),
        st.integers(0, 5),
        st.sampled_from(["Operations", "Finance", "Support"]),
    ),
    max_size=7,
)


SEGMENTS = st.sampled_from(["SMB", "Mid-Market", "Enterprise"])


def staged(
    connection: duckdb.DuckDBPyConnection, people: list[Person], breadth: str, segment: str = "Mid-Market"
) -> Holders:
    """Tell of a customer with these people."""
    holders = Holders(connection).customer(breadth=breadth, segment=segment)
    for number, (kind, level, department) in enumerate(people):
        name = f"P{number:02}"
        holders.person(name, level, department=department)
        if kind in {"buyer", "both"}:
            holders.role(name, "buyer", "department leader" if department == "Operations" else "check-signer")
        if kind in {"champion", "both"}:
            holders.role(name, "champion")
        if kind == "power user":
            holders.role(name, "power user")
    return holders


@settings(max_examples=12, deadline=None)
@given(CAST, st.sampled_from(["workgroup", "department", "company-wide"]), SEGMENTS)
def test_one_live_champion_more_never_lowers_score_or_status(people: list[Person], breadth: str, segment: str) -> None:
    with connect() as connection:
        status, score = staged(connection, people, breadth, segment).judge().answer("status", "score")
        more = [*people, ("champion", 4, "Operations")]
        new_status, new_score = staged(connection, more, breadth, segment).judge().answer("status", "score")
    assert RANK[str(new_status)] >= RANK[str(status)]
    assert int(str(new_score)) >= int(str(score))


@settings(max_examples=6, deadline=None)
@given(CAST, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(people: list[Person], random: Random) -> None:
    found = []
    with connect() as connection:
        for shuffled in (False, True):
            holders = staged(connection, people, "company-wide")
            if shuffled:
                for rows in holders.rows.values():
                    random.shuffle(rows)
            holders.judge()
            tables = ("credit", "need", "coverage")
            found.append([connection.execute(f"SELECT * FROM {name} ORDER BY ALL").fetchall() for name in tables])
    assert found[0] == found[1]
