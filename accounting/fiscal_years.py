"""Fiscal years: twelve months, named after the calendar year in which they begin."""

import datetime as dt
from typing import NamedTuple

from accounting.closing_models import year_label
from skeleton.company.queries import fiscal_year_start
from skeleton.kernel.time_limits import FIRST_DAY

LAST_YEAR = 2998
"""The last year, so that each ends within the dates of entries."""


class FiscalYear(NamedTuple):
    """A fiscal year with its first and last day."""

    year: int
    first: dt.date
    last: dt.date

    @property
    def label(self) -> str:
        return year_label(self.year, calendar=self.first.month == 1)


def fiscal_year(year: int, *, month: int | None = None) -> FiscalYear:
    """Return the fiscal year that begins in this calendar year, in `month` if the company's is known already."""
    first = dt.date(year, month or fiscal_year_start(), 1)
    return FiscalYear(year, first, first.replace(year=year + 1) - dt.timedelta(days=1))


def fiscal_year_of(day: dt.date, *, month: int | None = None) -> FiscalYear:
    """Return the fiscal year that contains the day. `month` as in `fiscal_year`."""
    begins = month or fiscal_year_start()
    return fiscal_year(day.year if day.month >= begins else day.year - 1, month=begins)


def is_year(year: int) -> bool:
    """Return whether entries can be dated in that year."""
    return FIRST_DAY.year <= year <= LAST_YEAR
