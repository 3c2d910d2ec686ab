"""The format of CSV files from the back office: with commas, or as spreadsheets write CSV in the language of the page.

A user's choice is kept in their account (`User.csv_format`). It makes a difference, and is offered, only where the
language of the page writes decimal commas.
"""

from typing import NamedTuple

from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from skeleton.kernel.number_formats import NumberFormat
from skeleton.kernel.translation import Text
from skeleton.office.tables.spreadsheets import PLAIN, CsvDialect


class CsvFormat(models.TextChoices):
    PLAIN = "plain", _("Commas and decimal points (1234.50)")
    LOCAL = "local", _("For Excel: semicolons and decimal commas (1234,50)")


class Choice(NamedTuple):
    """A format to choose from."""

    value: str
    label: Text
    is_chosen: bool


_WITH_DECIMAL_COMMA = CsvDialect(separator=";", decimal=",")


def dialect_for(request: HttpRequest) -> CsvDialect:
    """Return how a CSV is written for the user, in the language of the page."""
    return _WITH_DECIMAL_COMMA if _chosen(request) == CsvFormat.LOCAL and _has_decimal_comma() else PLAIN


def csv_format_choices(request: HttpRequest) -> list[Choice]:
    """Return the formats for the page to offer: none where all of them are the same."""
    if not _has_decimal_comma():
        return []
    chosen = _chosen(request)
    return [Choice(value, label, value == chosen) for value, label in CsvFormat.choices]


def _chosen(request: HttpRequest) -> str:
    return getattr(request.user, "csv_format", CsvFormat.PLAIN)


def _has_decimal_comma() -> bool:
    return NumberFormat.for_language().decimal == ","
