"""When an organisation runs: the schedule of `rapport.yaml` as a trigger of APScheduler. Used by `sync.worker`."""

from datetime import timedelta

from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from sync.settings import Schedule


def trigger(schedule: Schedule, timezone: str = "UTC") -> BaseTrigger:
    """Turn `schedule` into a trigger: an interval in seconds or a five-field cron line in `timezone`."""
    if schedule.cron is not None:
        return CronTrigger.from_crontab(schedule.cron, timezone=timezone)
    return IntervalTrigger(seconds=int(timedelta(seconds=schedule.every).total_seconds()), timezone=timezone)
