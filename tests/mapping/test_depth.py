"""Depth 0-5, tie strength and trend of a relationship, from the acts of the story."""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.mapping.world import RESOLVING, World, ago, connect, gather

UNTIL_DEPTH = (*RESOLVING, "activity", "tie", "strength", "depth")

Story = Callable[[World], object]


def begin(world: World, **contact: Any) -> World:
    """Tell of one customer whose activity we have seen for 400 days, and one person there."""
    world.account()
    world.sees("activity")
    world.contact(**contact)
    return world


def measured(world: World, *columns: str) -> Any:
    """Compute and read the only depth row."""
    return world.only(UNTIL_DEPTH).one("depth", *columns)


def depths(worlds: Sequence[World], *columns: str) -> list[tuple[Any, ...]]:
    """Compute several stories at once and read the only depth row of each, in their order."""
    rows = {row[0]: row[1:] for row in gather(worlds).only(UNTIL_DEPTH).table("depth", "account_key", *columns)}
    return [rows[f"salesforce:{number}/A1"] for number in range(len(worlds))]


def exchange(world: World, days: float) -> World:
    """Tell that we wrote, the contact replied two days later, and we answered the day after."""
    world.email("out", days=days)
    world.email("in", days=days - 2)
    world.email("out", days=days - 3)
    return world


def engage(world: World) -> World:
    """Tell of exchanges in two months and a meeting: all that level 3 asks for."""
    exchange(world, 80)
    exchange(world, 40)
    world.meeting("C1", days=10)
    return world


def trust(world: World) -> World:
    """Tell of level 3 and two questions that nobody prompted."""
    world.email("in", days=89)
    world.email("out", days=88)
    world.email("out", days=66)
    world.email("in", days=64)
    world.email("in", days=20)
    world.email("out", days=19)
    world.meeting("C1", days=10)
    return world


def invite(world: World, *outcomes: str) -> World:
    """Tell of business reviews of the last month with these outcomes."""
    for number, outcome in enumerate(outcomes):
        world.meeting("C1", days=5 + number, subject="Q3 QBR", outcome=outcome)
    return world


def advocate(world: World, days: float) -> World:
    """Tell of a reference the contact gave."""
    world.advocacy(days=days)
    return world


LEVELS: dict[str, tuple[Story, int, str]] = {
    "nothing ever happened": (lambda _: None, 0, "no activity"),
    "the last act is 366 days old": (lambda w: w.email("out", days=366), 0, "no activity"),
    "the last act is 365 days old": (lambda w: w.email("out", days=365), 1, "no exchange"),
    "only a newsletter went out": (lambda w: w.email("out", subject="Newsletter June"), 0, "no activity"),
    "only an automatic reply came": (lambda w: w.email("in", subject="Automatic reply: Re"), 0, "no activity"),
    "the only meeting was cancelled": (lambda w: w.meeting("C1", outcome="cancelled"), 0, "no activity"),
    "we wrote once and wait": (lambda w: w.email("out", days=3), 1, "no exchange"),
    "the contact asked and we never answered": (lambda w: w.email("in", days=40), 1, "no exchange"),
    "we answered a question after 15 days": (
        lambda w: (w.email("in", days=40), w.email("out", days=25)),
        1,
        "no exchange",
    ),
    "we answered a question after 14 days": (
        lambda w: (w.email("in", days=40), w.email("out", days=26)),
        2,
        "too few months",
    ),
    "the contact answered after 15 days": (
        lambda w: (w.email("out", days=40), w.email("in", days=25)),
        1,
        "no exchange",
    ),
    "the contact answered after 14 days": (
        lambda w: (w.email("out", days=40), w.email("in", days=26)),
        2,
        "too few months",
    ),
    "the last exchange is 91 days old": (lambda w: w.meeting("C1", days=91), 1, "no exchange"),
    "the last exchange is 90 days old": (lambda w: w.meeting("C1", days=90), 2, "too few months"),
    "a call left voicemail": (lambda w: w.call("out", days=5, outcome="not-connected"), 1, "no exchange"),
    "a call connected": (lambda w: w.call("out", days=5), 2, "too few months"),
    "a meeting without outcome was held": (lambda w: w.meeting("C1", days=5), 2, "too few months"),
    "a meeting ends in the future": (lambda w: w.meeting("C1", days=-1), 0, "no activity"),
    "one of four letters was answered": (
        lambda w: (w.email("out", days=84), w.email("in", days=82), [w.email("out", days=d) for d in (81, 70, 60, 20)]),
        1,
        "ghosting",
    ),
    "one of three letters was answered, the last two were not": (
        lambda w: (w.email("out", days=84), w.email("in", days=82), [w.email("out", days=d) for d in (81, 60, 20)]),
        2,
        "too few months",
    ),
    "the third unanswered letter is 14 days old": (
        lambda w: (w.meeting("C1", days=80), [w.email("out", days=d) for d in (60, 40, 14)]),
        1,
        "low reply rate",
    ),
    "three letters of one day are one outreach": (
        lambda w: (w.meeting("C1", days=60), [w.email("out", days=20 + hour / 24) for hour in (1, 2, 3)]),
        1,
        "low reply rate",
    ),
    "an exchange and a meeting in one month": (
        lambda w: (w.meeting("C1", days=10), w.meeting("C1", days=29)),
        2,
        "too few months",
    ),
    "meetings in two months": (
        lambda w: (w.meeting("C1", days=29), w.meeting("C1", days=30)),
        3,
        "too few contact-initiated acts",
    ),
    "letters in two months without meeting or question": (
        lambda w: (exchange(w, 52), exchange(w, 24)),
        2,
        "no meeting or question",
    ),
    "letters in two months and a question": (
        lambda w: (exchange(w, 52), w.email("in", days=12), w.email("out", days=11)),
        3,
        "too few contact-initiated acts",
    ),
    "a letter 30 days after our outreach is no question": (
        lambda w: (exchange(w, 52), exchange(w, 42), w.email("in", days=12), w.email("out", days=11)),
        2,
        "no meeting or question",
    ),
    "two exchanges, two of five letters answered": (
        lambda w: (
            exchange(w, 84),
            [w.email("out", days=d) for d in (76, 67)],
            exchange(w, 47),
            w.email("out", days=34),
            w.meeting("C1", days=12),
        ),
        2,
        "reply rate",
    ),
    "our first letter after an inbound is an answer, so two silent ones are no ghosting": (
        lambda w: (w.email("in", days=60), [w.email("out", days=d) for d in (50, 30, 16)]),
        1,
        "low reply rate",
    ),
    "a letter that came with our outreach of the same instant answers it": (
        lambda w: (w.email("out", days=40), w.email("in", days=40)),
        2,
        "too few months",
    ),
    "exchanges in two months and a call the contact began": (
        lambda w: (exchange(w, 85), w.call("in", days=20), w.call("in", days=10)),
        4,
        "no advocacy act",
    ),
    "a meeting nobody came to is no exchange": (lambda w: w.meeting("C1", days=5, outcome="no-show"), 0, "no activity"),
    "a letter whose direction nobody knows shows only that the person exists": (
        lambda w: w._act("email", "C1", "to", {"happened_at": ago(5)}),
        1,
        "no exchange",
    ),
    "everything that level 3 asks for": (engage, 3, "too few contact-initiated acts"),
    "everything that level 4 asks for": (trust, 4, "no advocacy act"),
    "two cases instead of two questions": (
        lambda w: (
            engage(w),
            [w._act("case", "C1", "from", {"happened_at": ago(d), "direction": "in"}) for d in (5, 6)],
        ),
        4,
        "no advocacy act",
    ),
    "two meetings the contact organised": (
        lambda w: (engage(w), [w.meeting("C1", days=d, organizer="contact") for d in (5, 6)]),
        4,
        "no advocacy act",
    ),
    "one of three reviews attended": (
        lambda w: (trust(w), invite(w, "held", "no-show", "no-show")),
        3,
        "reviews missed",
    ),
    "one of two reviews attended": (lambda w: (trust(w), invite(w, "held", "no-show")), 4, "no advocacy act"),
    "a cancelled review is no invitation": (
        lambda w: (trust(w), invite(w, "held", "no-show", "cancelled", "rescheduled")),
        4,
        "no advocacy act",
    ),
    "advocacy 366 days ago": (lambda w: (trust(w), advocate(w, 366)), 4, "no advocacy act"),
    "advocacy 365 days ago": (lambda w: (trust(w), advocate(w, 365)), 5, "all conditions hold"),
    "advocacy does not replace the levels below": (
        lambda w: (w.meeting("C1", days=5), advocate(w, 5)),
        2,
        "too few months",
    ),
    "a meeting answers the letters that are open": (
        lambda w: (trust(w), [w.email("out", days=d) for d in (17, 16, 15)]),
        4,
        "no advocacy act",
    ),
}


@pytest.fixture(scope="module")
def levels() -> dict[str, tuple[Any, ...]]:
    """Tell every story of `LEVELS`, each in an account of its own, and measure them in one computation."""
    with connect() as connection:
        worlds = [begin(World(connection)) for _ in LEVELS]
        for world, (story, _, _) in zip(worlds, LEVELS.values(), strict=True):
            story(world)
        return dict(zip(LEVELS, depths(worlds, "level", "why"), strict=True))


@pytest.mark.parametrize("case", LEVELS)
def test_depth_is_the_highest_level_whose_conditions_hold(case: str, levels: dict[str, tuple[Any, ...]]) -> None:
    _, level, why = LEVELS[case]
    assert levels[case] == (level, why)


def test_the_third_unanswered_letter_older_than_14_days_caps_the_level_at_1(world: World) -> None:
    begin(world)
    for days in (85, 78, 72):
        exchange(world, days)
    world.meeting("C1", days=60)
    for days in (45, 30, 15):
        world.email("out", days=days)
    assert measured(world, "level", "why", "trend") == (1, "ghosting", "ghosting")


def test_an_answer_to_the_last_letter_ends_ghosting(world: World) -> None:
    begin(world)
    for days in (45, 30, 16):
        world.email("out", days=days)
    world.meeting("C1", days=3)
    assert measured(world, "level", "reply_rate") == (2, pytest.approx(1 / 3))


def test_a_departed_person_has_depth_0_whatever_happened(world: World) -> None:
    begin(world, bounced_at=ago(3), confirmed_depth=4, confirmed_at=ago(2))
    trust(world)
    assert measured(world, "level", "why", "confirmed") == (0, "departed", False)


@pytest.mark.parametrize(
    ("days", "level", "why", "confirmed"),
    [(180, 4, "confirmed by a human", True), (181, 2, "too few months", False)],
)
def test_a_level_set_by_a_human_holds_for_180_days(
    days: int, level: int, why: str, confirmed: bool, world: World
) -> None:
    begin(world, confirmed_depth=4, confirmed_at=ago(days))
    world.meeting("C1", days=5)
    assert measured(world, "level", "why", "confirmed") == (level, why, confirmed)


def test_a_level_set_by_a_human_holds_where_the_data_cannot_tell(world: World) -> None:
    world.account()
    world.contact(confirmed_depth=3, confirmed_at=ago(10))
    assert measured(world, "level", "why") == (3, "confirmed by a human")


@pytest.mark.parametrize(("days", "level"), [(89, None), (91, 2)])
def test_capture_younger_than_90_days_cannot_tell(days: int, level: int | None, world: World) -> None:
    world.account()
    world.contact()
    world.sees("activity", days=days)
    world.meeting("C1", days=5)
    known = level is not None
    found = measured(world, "level", "strength IS NOT NULL", "trend IS NOT NULL", "exchanges")
    assert found == (level, known, known, 1)


def test_the_exchanges_of_90_days_and_the_last_one_are_shown(world: World) -> None:
    begin(world)
    exchange(world, 100)
    exchange(world, 40)
    world.call("in", days=20)
    assert measured(world, "exchanges", "two_way_at", "reply_rate") == (3, ago(20), 1.0)


def test_two_letters_answered_by_one_reply_are_two_answered_outreaches_and_one_exchange(world: World) -> None:
    begin(world)
    world.email("out", days=30)
    world.email("out", days=28)
    world.email("in", days=26)
    assert measured(world, "exchanges", "reply_rate", "two_way_at") == (1, 1.0, ago(26))


# --- tie strength ---------------------------------------------------------------------------------------------


def strength(received: float, sent: float) -> float:
    """Work out the domain's formula from both sums."""
    volume = 1 - math.exp(-(received + 0.5 * sent) / 4)
    return 100 * volume * (0.5 + 0.5 * 2 * min(received, sent) / (received + sent))


def test_tie_strength_follows_the_formula_to_the_letter(world: World) -> None:
    begin(world)
    world.email("out", days=60)  # 1 * 0.5 = .5 sent
    world.email("in", days=58)  # 1 * 0.5^(58/60) received
    world.meeting("C1", days=30)  # 3 * 0.5^(30/60) both
    received = round(0.5 ** (58 / 60), 6) + round(3 * 0.5**0.5, 6)
    sent = 0.5 + round(3 * 0.5**0.5, 6)
    assert measured(world, "strength") == pytest.approx(strength(received, sent), abs=1e-6)


def test_an_act_shared_with_n_people_counts_one_by_the_root_of_n(world: World) -> None:
    begin(world)
    for number in range(2, 6):
        world.contact(f"C{number}")
    world.meeting("C1", "C2", "C3", "C4", "C5", days=60)
    world.only(UNTIL_DEPTH)
    part = 3 * 0.5 / 2  # four other attendees
    assert [row[0] for row in world.table("depth", "strength")] == [pytest.approx(strength(part, part), abs=1e-5)] * 5


def test_strength_is_at_most_15_when_only_we_write(world: World) -> None:
    begin(world)
    for days in range(1, 30):
        world.email("out", days=days)
    assert measured(world, "strength") == 15


def test_at_most_three_events_of_a_kind_and_day_count(world: World) -> None:
    begin(world)
    for minute in range(10):
        world.email("in", days=60 + minute / 1440)
    world.email("out", days=58)
    received = sum(round(2 * 0.5 ** ((60 + minute / 1440) / 60), 6) for minute in range(3))
    assert measured(world, "strength") == pytest.approx(strength(received, round(0.5 ** (58 / 60), 6)), abs=1e-4)


@pytest.mark.parametrize(
    ("act", "weight"),
    [
        ({"subject": "Weekly sync"}, 3),
        ({"subject": "Q3 QBR: plan"}, 5),
        ({"subject": "February numbers"}, 3),
        ({"type": "Business Review"}, 5),
    ],
)
def test_a_meeting_weighs_3_and_a_business_review_5(act: dict[str, str], weight: float, world: World) -> None:
    begin(world)
    world.meeting("C1", days=60, **act)
    assert measured(world, "strength") == pytest.approx(strength(weight / 2, weight / 2), abs=1e-5)


def test_a_meeting_alone_with_an_executive_weighs_6(world: World) -> None:
    begin(world, title="Chief Financial Officer")
    world.meeting("C1", days=60)
    assert measured(world, "strength") == pytest.approx(strength(3, 3), abs=1e-5)


TRENDS: dict[str, tuple[Story, str | None]] = {
    "nothing ever happened": (lambda _: None, None),
    "a new tie": (lambda w: w.meeting("C1", days=5), "rising"),
    "a tie left alone": (lambda w: w.meeting("C1", days=70), "fading"),
    "one meeting then, half a meeting's worth now": (
        lambda w: (w.meeting("C1", days=120), w.email("out", days=10), w.email("in", days=9)),
        "steady",
    ),
}


@pytest.mark.parametrize("case", TRENDS)
def test_trend_compares_with_the_strength_of_60_days_ago(case: str, world: World) -> None:
    story, trend = TRENDS[case]
    begin(world)
    story(world)
    assert measured(world, "trend") == trend


# --- laws -----------------------------------------------------------------------------------------------------

LAW = settings(max_examples=6, deadline=None)
Act = tuple[str, float]
KINDS_OF_ACT = st.sampled_from(["in", "out", "call", "meet", "organised"])
HOURS = st.integers(0, 36).map(lambda hours: hours / 24)
DAYS = st.one_of(HOURS, st.integers(0, 40), st.integers(0, 200))
"""Days back, often of the last ones, so that acts crowd on a day."""
ACTS = st.lists(st.tuples(KINDS_OF_ACT, DAYS), max_size=12)
LETTERS = st.lists(st.tuples(st.sampled_from(["in", "out"]), HOURS), min_size=8, max_size=16)
RELATIONS = st.lists(st.one_of(ACTS, LETTERS), min_size=8, max_size=24)
"""Many relationships at once: a law is about each of them, and one computation measures all."""


def tell(world: World, acts: list[Act], later: float = 0, contact: str = "C1", **source: str) -> World:
    """Tell of these acts with a record of the person, all of them `later` days further back."""
    for kind, days in acts:
        if kind in {"call", "phone"}:
            world.call("in" if kind == "phone" else "out", contact, days=days + later, **source)
        elif kind in {"meet", "organised"}:
            organizer = "contact" if kind == "organised" else "us"
            world.meeting(contact, days=days + later + 0.1, organizer=organizer, **source)
        else:
            world.email(kind, contact, days=days + later, **source)
    return world


def judged(relations: list[list[Act]], laters: Sequence[int] = (0,)) -> list[tuple[int, float]]:
    """Give level and strength of each relationship, once for every `laters`, in that order."""
    with connect() as connection:
        worlds = [tell(begin(World(connection)), acts, later) for later in laters for acts in relations]
        return [(level, strength) for level, strength in depths(worlds, "level", "strength")]


EXCHANGES = ("meet", "organised", "call", "phone")
"""Acts that are an exchange by themselves. A letter and its answer may count as a question and an answer, of which the
question weighs more; so they are no exchange that adds to both directions alike."""


@LAW
@given(RELATIONS)
def test_one_more_exchange_never_lowers_depth_or_strength(relations: list[list[Act]]) -> None:
    earlier = [[(kind, days + 1) for kind, days in acts] for acts in relations]
    found = judged([*earlier, *([*acts, (kind, 0)] for kind in EXCHANGES for acts in earlier)])
    before = found[: len(earlier)] * len(EXCHANGES)
    for (level, value), (better_level, better_value) in zip(before, found[len(earlier) :], strict=True):
        assert better_level >= level
        assert better_value >= value


@LAW
@given(st.lists(st.lists(st.tuples(KINDS_OF_ACT, DAYS, st.sampled_from("SHB")), max_size=12), min_size=1))
def test_the_acts_of_two_records_of_one_person_count_like_those_of_one(
    relations: list[list[tuple[str, float, str]]],
) -> None:
    """Each act stands in Salesforce, in HubSpot or in both, where it is the same act twice."""
    told = [list({days: (kind, days, where) for kind, days, where in acts}.values()) for acts in relations]
    columns = ("level", "why", "strength", "trend", "two_way_at", "exchanges", "reply_rate")
    with connect() as connection:
        one = depths([tell(begin(World(connection)), [act[:2] for act in acts]) for acts in told], *columns)
    with connect() as connection:
        two = depths([twice(begin(World(connection), other_id="201"), acts) for acts in told], *columns)
    assert two == one


def twice(world: World, acts: list[tuple[str, float, str]]) -> World:
    """Give the person a second record, in HubSpot, and tell of each act where it stands."""
    world.sees("activity", source="hubspot")
    world.account("9001", source="hubspot", other_id="A1")
    world.contact("201", source="hubspot", account_id="9001")
    tell(world, [(kind, days) for kind, days, where in acts if where in "SB"])
    return tell(world, [(kind, days) for kind, days, where in acts if where in "HB"], source="hubspot", contact="201")


@LAW
@given(RELATIONS)
def test_without_events_time_never_raises_tie_strength(relations: list[list[Act]]) -> None:
    found = judged(relations, laters=(0, 1, 30, 300))
    values = [value for _, value in found]
    moments = [values[start : start + len(relations)] for start in range(0, len(values), len(relations))]
    for now, then in pairwise(moments):
        assert all(fresh >= old for fresh, old in zip(now, then, strict=True))


@LAW
@given(RELATIONS, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(relations: list[list[Act]], random: Random) -> None:
    found = []
    for shuffled in (False, True):
        with connect() as connection:
            world = gather([tell(begin(World(connection)), acts) for acts in relations])
            if shuffled:
                for rows in world.rows.values():
                    random.shuffle(rows)
            found.append(world.only(UNTIL_DEPTH).table("depth"))
    assert found[0] == found[1]
