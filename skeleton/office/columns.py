"""Columns of lists and lines of details, as people read them: money as money, states as coloured labels."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from django.contrib.admin import display
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.utils import display_for_label

from skeleton.kernel.money import EXACT, minor_digits
from skeleton.office.words import Words, lazily, say

Column = Callable[[Any], Any]

EMPTY = "–"
STATUS = _("status")


def money(amount: str, description: Words, *, currency: str = "currency") -> Column:
    """A column of amounts (minor units) in the currency of the same row."""

    @display(description=description, ordering=amount)
    def column(row: Any) -> Any:
        return shown_money(getattr(row, amount), getattr(row, currency))

    return _named(column, f"{amount}_money")


def shown_money(amount: int | None, currency: str | None) -> Any:
    """`1,550.00 USD`, in figures of equal width; a dash for what is not known."""
    if amount is None or currency is None:
        return EMPTY
    return format_html('<span class="figures">{}</span>', money_text(amount, currency))


def money_text(amount: int, currency: str) -> str:
    """`amount` minor units as they are written in the language of the page: `1,550.00 USD`, `1.550,00 USD`."""
    digits = minor_digits(currency)
    whole = Decimal(amount).scaleb(-digits, EXACT)
    return f"{number_format(whole, decimal_pos=digits, force_grouping=True)} {currency}"


def shown_number(value: Decimal, *, signed: bool = False) -> str:
    """A quantity or a rate, without the zeros that only PostgreSQL cares for; `signed` puts `+` before an increase."""
    shown = number_format(f"{value.normalize():f}")
    return f"+{shown}" if signed and value > 0 else shown


def figure(field: str, description: str = "") -> Column:
    """A column of quantities, without the zeros that only PostgreSQL cares for."""

    @display(description=description or field.replace("_", " "), ordering=field)
    def column(row: Any) -> Any:
        return format_html('<span class="figures">{}</span>', shown_number(getattr(row, field)))

    return _named(column, f"{field}_figure")


def status(field: str, colours: Mapping[str, str], description: Words = STATUS) -> Column:
    """A column of coloured labels: `colours` maps a state to success, info, warning, danger or primary."""

    @display(description=description, ordering=field)
    def column(row: Any) -> Any:
        shown = getattr(row, f"get_{field}_display", None)
        return label(getattr(row, field), colours, text=str(shown() if shown else getattr(row, field)))

    return _named(column, f"{field}_label")


def activity(field: str = "is_active") -> Column:
    """A column of active and inactive."""

    @display(description="status", ordering=field)
    def column(row: Any) -> Any:
        value = "active" if getattr(row, field) else "inactive"
        return label(value, {"active": "success", "inactive": "danger"}, text=value)

    return _named(column, f"{field}_label")


def label(value: str, colours: Mapping[str, str], *, text: Words, given: bool = False) -> SafeString:
    """One coloured label; a grey one where `colours` does not know the value.

    `given`: the text is a name that somebody gave, not a word of ours.
    """
    words = str(text) if given else _said(str(text))
    return display_for_label((value, capfirst(words)), EMPTY, {value: None, **colours})  # type: ignore[no-any-return]


def _said(text: str) -> str:
    """A state in words: choices are called by a capital letter."""
    said = say(capfirst(text))
    return str(said if said != capfirst(text) else say(text))


def _named(column: Column, name: str) -> Column:
    """Lists are sorted and styled by the column's name, so that it must be told from its siblings."""
    column.__name__ = name
    column.short_description = lazily(column.short_description)  # type: ignore[attr-defined]
    return column
