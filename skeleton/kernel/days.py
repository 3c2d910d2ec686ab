"""Calendar days: the only place that converts the clock or a time to a date.

Days are the company's: they begin and end in the time zone of the setting SKELETON_TIME_ZONE. Code that needs today's
date, or the date of a time, calls these functions; a test checks the sources. In a queryset, use
`db.compiled_sql.CurrentDate`. PostgreSQL gets days as parameters and in date columns, and never makes them from times;
its triggers know today from the audit context of the transaction (`skeleton_today()`).
"""

import calendar
import datetime as dt
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone


def zone() -> ZoneInfo:
    """Return the time zone of all calendar days."""
    return ZoneInfo(settings.SKELETON_TIME_ZONE)


def zone_name() -> str:
    """Return the name of that time zone, such as `Europe/Berlin`."""
    return zone().key


def today() -> dt.date:
    """Return the current date. Inside `clock.freeze_time_at(moment)`, it is the date of that moment."""
    return day_of(timezone.now())


def day_of(moment: dt.datetime) -> dt.date:
    """Return the date of `moment`, which must have a time zone."""
    return moment.astimezone(zone()).date()


def add_months(day: dt.date, months: int, *, day_of_month: int) -> dt.date:
    """Return `day_of_month` of the month that is `months` after that of `day`, or the last day of a shorter month.

    Raises ValueError after the year 9999.
    """
    years, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(years, month + 1)[1]
    return dt.date(years, month + 1, min(day_of_month, last))


def start_of(day: dt.date) -> dt.datetime:
    """Return the first moment of `day`, in UTC."""
    return _in_utc(dt.datetime.combine(day, dt.time.min, zone()), dt.datetime.min)


def end_of(day: dt.date) -> dt.datetime:
    """Return the last moment of `day`, in UTC."""
    return _in_utc(dt.datetime.combine(day, dt.time.max, zone()).replace(fold=1), dt.datetime.max)


def moment_on(day: dt.date) -> dt.datetime:
    """Return a time on `day`, in UTC, for input without a time of day: now if `day` is today, otherwise its noon."""
    now = timezone.now()
    return now if day_of(now) == day else _in_utc(dt.datetime.combine(day, dt.time(12), zone()), dt.datetime.min)


def _in_utc(moment: dt.datetime, bound: dt.datetime) -> dt.datetime:
    """Return `moment` in UTC, or `bound` if that is outside of Python's calendar."""
    try:
        return moment.astimezone(dt.UTC)
    except OverflowError:
        return bound.replace(tzinfo=dt.UTC)
