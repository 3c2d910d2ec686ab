"""Limits on how far times and dates from clients may be in the future.

Triggers in PostgreSQL enforce the same limits when a row is written (constraint names end in `_ahead`).
"""

import datetime as dt

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from skeleton.kernel.days import today
from skeleton.kernel.errors import Invalid

TOLERANCE = dt.timedelta(minutes=5)
"""How far a client's clock may be ahead."""

MOMENT_AHEAD = _("Must not be more than 5 minutes in the future.")
DAY_AHEAD = _("Must not be more than a year in the future.")


def require_not_ahead(moment: dt.datetime, *, field: str) -> None:
    """Raise Invalid for `field` if `moment` is in the future beyond the tolerance."""
    if moment > timezone.now() + TOLERANCE:
        raise Invalid(MOMENT_AHEAD, details={field: MOMENT_AHEAD})


def require_within_a_year(day: dt.date, *, field: str) -> None:
    """Raise Invalid for `field` if `day` is more than a year after today (UTC)."""
    if day > year_after(today()):
        raise Invalid(DAY_AHEAD, details={field: DAY_AHEAD})


def year_after(day: dt.date) -> dt.date:
    """Return the same day of the next year; 28 February for 29 February, like PostgreSQL."""
    if (day.month, day.day) == (2, 29):
        return dt.date(day.year + 1, 2, 28)
    return day.replace(year=day.year + 1)
