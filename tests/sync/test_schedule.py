"""When an organisation runs: intervals and cron lines as triggers."""

from datetime import UTC, datetime, timedelta

import pytest
from apscheduler.triggers.interval import IntervalTrigger

from sync.schedule import trigger
from sync.settings import Schedule

MONDAY = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def due(**words: str) -> list[datetime]:
    """Name the next three moments after Monday noon."""
    built, moments, last = trigger(Schedule.model_validate(words)), [], MONDAY
    for _ in range(3):
        last = built.get_next_fire_time(last, last + timedelta(seconds=1))
        moments.append(last)
    return moments


@pytest.mark.parametrize(
    ("every", "seconds"), [("30s", 30), ("5m", 300), ("6h", 21_600), ("1d", 86_400), ("90 m", 5_400)]
)
def test_every_counts_seconds_minutes_hours_and_days(every: str, seconds: int) -> None:
    built = trigger(Schedule.model_validate({"every": every}))
    assert isinstance(built, IntervalTrigger)
    assert built.interval == timedelta(seconds=seconds)


def test_an_interval_falls_due_again_and_again() -> None:
    assert due(every="6h") == [MONDAY + timedelta(hours=6 * number) for number in (1, 2, 3)]


def test_working_days_leave_the_weekend_out() -> None:
    assert [moment.strftime("%a %H:%M") for moment in due(cron="0 5 * * mon-fri")] == [
        "Tue 05:00",
        "Wed 05:00",
        "Thu 05:00",
    ]
    friday = datetime(2026, 3, 6, 12, 0, tzinfo=UTC)
    built = trigger(Schedule.model_validate({"cron": "0 5 * * mon-fri"}))
    assert built.get_next_fire_time(None, friday) == datetime(2026, 3, 9, 5, 0, tzinfo=UTC)


def test_a_cron_line_may_be_read_in_another_zone() -> None:
    built = trigger(Schedule.model_validate({"cron": "0 5 * * *"}), "Europe/Amsterdam")
    found = built.get_next_fire_time(None, MONDAY)
    assert found.astimezone(UTC) == datetime(2026, 3, 3, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize("line", ["*/15 * * * *", "0,30 8-18 * * mon-fri", "0 0 1 * *"])
def test_usual_cron_lines_are_understood(line: str) -> None:
    moments = due(cron=line)
    assert moments == sorted(set(moments))
