"""Closings of fiscal years. PostgreSQL enforces their rules: see `sql/0014_years.sql`."""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import Func, Q, Value
from django.utils.translation import gettext_lazy as _

from skeleton.db.querysets import RowLevelQuerySet
from skeleton.kernel.models import Record

_DAYS = Func("start_date", "end_date", Value("[]"), function="daterange", output_field=DateRangeField())


class YearClosing(Record):
    """The closing of a fiscal year, named after the calendar year in which it begins.

    While it stands, nothing can be posted on its last day or before. It is undone once, by reopening the year; closing
    the year again makes another row. Its entries, one for each currency, name it as their source.
    """

    year = models.SmallIntegerField(verbose_name=_("year"))
    start_date = models.DateField(editable=False, verbose_name=_("start date"))
    end_date = models.DateField(editable=False, verbose_name=_("end date"))
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        db_index=False,
        verbose_name=_("closed by"),
    )
    reopened_at = models.DateTimeField(null=True, editable=False, verbose_name=_("reopened at"))
    reopened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        db_index=False,
        verbose_name=_("reopened by"),
    )

    objects = RowLevelQuerySet.as_manager()

    class Meta:
        db_table = "accounting_year_closing"
        verbose_name = _("year end")
        verbose_name_plural = _("year ends")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(reopened_at__isnull=False) | Q(reopened_by__isnull=True),
                name="accounting_year_closing_reopened_fits",
                violation_error_message=_("A closed year has not been reopened by anyone."),
            ),
            ExclusionConstraint(
                expressions=[(_DAYS, RangeOperators.OVERLAPS)],
                condition=Q(reopened_at__isnull=True),
                name="accounting_year_closing_once",
                violation_error_message=_("This year is already closed."),
                violation_error_code="year",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index("end_date", "id", name="accounting_year_closing_end"),
        ]

    def __str__(self) -> str:
        return year_label(self.year, calendar=self.start_date.month == 1)


def year_label(year: int, *, calendar: bool) -> str:
    """Return the name of a fiscal year: `2025`, or `2025/26` if it isn't a calendar year."""
    return str(year) if calendar else f"{year}/{(year + 1) % 100:02}"
