"""SOQL and the wire forms of Salesforce."""

import pytest

from connectors.salesforce.soql import LONGEST_LIST, Query, among, epoch, id18, lists, moment, quoted


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("001D000000IRFma", "001D000000IRFmaIAH"),
        ("a00D0000008pQRA", "a00D0000008pQRAIA2"),
        ("001D000000IRFmaIAH", "001D000000IRFmaIAH"),
    ],
)
def test_20_identifiers_of_15_characters_get_the_three_that_make_case_irrelevant(short: str, long: str) -> None:
    assert id18(short) == long


@pytest.mark.parametrize(
    ("text", "literal"),
    [
        ("O'Neill", r"'O\'Neill'"),
        ("back\\slash", r"'back\\slash'"),
        ("two\nlines", r"'two\nlines'"),
        ("' OR Name != '", r"'\' OR Name != \''"),
    ],
)
def test_text_cannot_leave_its_literal(text: str, literal: str) -> None:
    assert quoted(text) == literal


def test_a_query_is_written_with_conditions_order_and_limit() -> None:
    query = Query("Task", ["Id", "Subject"], ["IsDeleted = false", among("Id", ["00T1", "00T2"])], "Id", 5)
    assert query.text() == (
        "SELECT Id, Subject FROM Task WHERE IsDeleted = false AND Id IN ('00T1','00T2') ORDER BY Id LIMIT 5"
    )


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2026-01-01T00:00:07.000+0000", 1_767_225_607),
        ("2026-01-01T00:00:07Z", 1_767_225_607),
        ("2026-01-01T02:00:07.000+0200", 1_767_225_607),
        ("2026-01-01", 1_767_225_600),
        ("", None),
        (None, None),
    ],
)
def test_39_dates_are_midnight_utc_and_moments_keep_their_offset(text: str | None, seconds: int | None) -> None:
    assert epoch(text) == seconds


def test_39_a_moment_survives_the_way_there_and_back() -> None:
    assert epoch(moment(1_774_753_199)) == 1_774_753_199


def test_19_long_lists_of_ids_are_cut_so_that_an_address_stays_below_its_limit() -> None:
    ids = [f"003{number:015d}" for number in range(1_000)]
    parts = list(lists([*ids, *ids]))
    assert [len(part) for part in parts] == [LONGEST_LIST, LONGEST_LIST, 200]
    assert [key for part in parts for key in part] == ids
    assert len(among("EmailMessageId", parts[0])) * 1.2 < 12_000
