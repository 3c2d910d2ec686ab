"""Days: the only place that turns the clock, or a moment, into a calendar day.

A day is UTC's. Code that needs today's date, or the day of a moment, asks here, so that the time zone can be changed in
one place; a test walks the sources and refuses every other way. In a queryset, use `db.statements.CurrentDate`.
"""

import datetime as dt

from django.utils import timezone

ZONE = dt.UTC
"""The time zone whose days are meant."""


def today() -> dt.date:
    """Return the current day. Inside `clock.at(moment)` it is that moment's."""
    return day_of(timezone.now())


def day_of(moment: dt.datetime) -> dt.date:
    """Return the day of `moment`, which must have a time zone."""
    return moment.astimezone(ZONE).date()
