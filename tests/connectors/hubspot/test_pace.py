"""The limiter stays below HubSpot's allowances, each counted apart."""

import pytest

from connectors.hubspot.pace import HubSpotPace, Window

OBJECTS = "/crm/objects/2026-09/contacts"
SEARCH = f"{OBJECTS}/search"
TIES = "/crm/associations/2026-09/contacts/companies/batch/read"


def test_a_window_lets_so_many_pass_and_then_spreads_them() -> None:
    window = Window(2, 10.0)
    assert [window.book(100.0) for _ in range(5)] == [0, 0, 10, 10, 20]


def test_a_window_opens_again_as_time_passes() -> None:
    window = Window(2, 10.0)
    assert [window.book(at) for at in (100.0, 104.0, 106.0, 115.0)] == [0, 0, 4, 0]


def test_five_searches_in_a_little_more_than_a_second_and_no_more() -> None:
    pace = HubSpotPace(lambda: 50.0)
    waits = [pace.before("POST", SEARCH) for _ in range(10)]
    assert waits == [0] * 5 + [pytest.approx(5 / 4.5)] * 5


@pytest.mark.parametrize(("allowed", "ties"), [("100", 90), ("110", 90), ("190", 135), ("250", 180)])
def test_the_tier_that_an_answer_betrays_decides_over_associations(allowed: str, ties: int) -> None:
    pace = HubSpotPace(lambda: 50.0)
    pace.after(OBJECTS, 200, {"X-HubSpot-RateLimit-Max": allowed, "X-HubSpot-RateLimit-Interval-Milliseconds": "10000"})
    assert sum(pace.before("POST", TIES) == 0 for _ in range(300)) == ties


def test_what_others_sent_with_our_token_counts_as_ours() -> None:
    pace = HubSpotPace(lambda: 50.0)
    told = {"X-HubSpot-RateLimit-Max": "100", "X-HubSpot-RateLimit-Interval-Milliseconds": "10000"}
    assert pace.before("GET", OBJECTS) == 0
    pace.after(OBJECTS, 200, {**told, "X-HubSpot-RateLimit-Remaining": "12"})
    assert [pace.before("GET", OBJECTS) for _ in range(3)] == [0, 0, 10]


def test_searches_associations_and_the_rest_are_counted_apart() -> None:
    pace = HubSpotPace(lambda: 50.0)
    for _ in range(90):
        assert pace.before("GET", OBJECTS) == 0
    assert pace.before("GET", OBJECTS) == 10
    assert pace.before("POST", TIES) == 0
    assert pace.before("POST", SEARCH) == 0


@pytest.mark.parametrize(("allowed", "passed"), [("190", 171), ("100", 90), ("10", 9), ("1", 1)])
def test_nine_tenths_of_the_allowance_an_answer_names_are_used(allowed: str, passed: int) -> None:
    pace = HubSpotPace(lambda: 50.0)
    headers = {"X-HubSpot-RateLimit-Max": allowed, "X-HubSpot-RateLimit-Interval-Milliseconds": "10000"}
    pace.after(OBJECTS, 200, headers)
    assert sum(pace.before("GET", OBJECTS) == 0 for _ in range(200)) == passed


@pytest.mark.parametrize("headers", [{}, {"X-HubSpot-RateLimit-Max": "many"}, {"X-HubSpot-RateLimit-Max": "9"}])
def test_without_a_full_description_nothing_is_learnt(headers: dict[str, str]) -> None:
    pace = HubSpotPace(lambda: 50.0)
    pace.after(OBJECTS, 200, headers)
    assert sum(pace.before("GET", OBJECTS) == 0 for _ in range(200)) == 90


def test_what_a_search_answers_says_nothing_about_the_rest() -> None:
    pace = HubSpotPace(lambda: 50.0)
    headers = {"X-HubSpot-RateLimit-Max": "10", "X-HubSpot-RateLimit-Interval-Milliseconds": "10000"}
    pace.after(SEARCH, 200, headers)
    assert sum(pace.before("GET", OBJECTS) == 0 for _ in range(200)) == 90
