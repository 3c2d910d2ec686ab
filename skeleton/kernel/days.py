"""Calendar days: the only place that converts the clock or a time to a date.

Days are in UTC. Code that needs today's date, or the date of a time, calls these functions, so that the time zone can
be changed in one place; a test checks the sources. In a queryset, use `db.compiled_sql.CurrentDate`.
"""

import datetime as dt

from django.utils import timezone

ZONE = dt.UTC
"""The time zone of all calendar days."""


def today() -> dt.date:
    """Return the current date. Inside `clock.at(moment)`, it is the date of that moment."""
    return day_of(timezone.now())


def day_of(moment: dt.datetime) -> dt.date:
    """Return the date of `moment`, which must have a time zone."""
    return moment.astimezone(ZONE).date()
