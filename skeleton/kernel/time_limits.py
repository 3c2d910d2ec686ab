"""Limits on how far times and dates from clients may be in the future or the past.

Triggers in PostgreSQL enforce the limits of the future when a row is written (constraint names end in `_ahead`).
"""

import datetime as dt

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from skeleton.kernel.days import today
from skeleton.kernel.errors import Invalid

CLOCK_TOLERANCE = dt.timedelta(minutes=5)
"""How far a client's clock may be ahead."""

FIRST_DAY = dt.date(1900, 1, 1)
"""The first day for documents. Anything before it is a typing error."""

IN_FUTURE_MESSAGE = _("Must not be more than 5 minutes in the future.")
MORE_THAN_A_YEAR_AHEAD_MESSAGE = _("Must not be more than a year in the future.")
BEFORE_1900_MESSAGE = _("Must not be before 1900.")


def require_not_in_future(moment: dt.datetime, *, field: str) -> None:
    """Raise Invalid for `field` if `moment` is in the future beyond the tolerance."""
    if moment > timezone.now() + CLOCK_TOLERANCE:
        raise Invalid(IN_FUTURE_MESSAGE, details={field: IN_FUTURE_MESSAGE})


def require_within_a_year(day: dt.date, *, field: str) -> None:
    """Raise Invalid for `field` if `day` is more than a year after today."""
    if day > year_after(today()):
        raise Invalid(MORE_THAN_A_YEAR_AHEAD_MESSAGE, details={field: MORE_THAN_A_YEAR_AHEAD_MESSAGE})


def require_from_1900(day: dt.date, *, field: str) -> None:
    """Raise Invalid for `field` if `day` is before 1900."""
    if day < FIRST_DAY:
        raise Invalid(BEFORE_1900_MESSAGE, details={field: BEFORE_1900_MESSAGE})


def year_after(day: dt.date) -> dt.date:
    """Return the same day of the next year; 28 February for 29 February, like PostgreSQL."""
    if (day.month, day.day) == (2, 29):
        return dt.date(day.year + 1, 2, 28)
    return day.replace(year=day.year + 1)
