"""Columns of lists and lines of details, as people read them: money as money, states as coloured labels."""

from collections.abc import Callable, Mapping

from django.contrib.admin import display
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.utils import display_for_label

from skeleton.kernel.text import local_money, local_number
from skeleton.kernel.translation import Text

Column = Callable[[object], object]

EMPTY = "–"
STATUS = _("status")


def money(amount: str, description: Text, *, currency: str = "currency") -> Column:
    """A column of amounts (minor units) in the currency of the same row."""

    @display(description=description, ordering=amount)
    def column(row: object) -> object:
        return shown_money(getattr(row, amount), getattr(row, currency))

    return _named(column, f"{amount}_money")


def shown_money(amount: int | None, currency: str | None) -> object:
    """`1,550.00 USD`, in figures of equal width; a dash for what is not known."""
    if amount is None or currency is None:
        return EMPTY
    return format_html('<span class="figures">{}</span>', local_money(amount, currency))


def figure(field: str, description: Text) -> Column:
    """A column of quantities, without the zeros that only PostgreSQL cares for."""

    @display(description=description, ordering=field)
    def column(row: object) -> object:
        return format_html('<span class="figures">{}</span>', local_number(getattr(row, field)))

    return _named(column, f"{field}_figure")


def status(field: str, colours: Mapping[str, str], description: Text = STATUS) -> Column:
    """A column of coloured labels: `colours` maps a state to success, info, warning, danger or primary."""

    @display(description=description, ordering=field)
    def column(row: object) -> object:
        shown = getattr(row, f"get_{field}_display", None)
        return label(getattr(row, field), colours, text=str(shown() if shown else getattr(row, field)))

    return _named(column, f"{field}_label")


def activity(field: str = "is_active") -> Column:
    """A column of active and inactive."""

    @display(description=_("status"), ordering=field)
    def column(row: object) -> object:
        is_active = bool(getattr(row, field))
        colour = "success" if is_active else "danger"
        return label(str(is_active), {str(is_active): colour}, text=_("active") if is_active else _("inactive"))

    return _named(column, f"{field}_label")


def label(value: str, colours: Mapping[str, str], *, text: Text, given: bool = False) -> SafeString:
    """One coloured label; a grey one where `colours` does not know the value.

    `given`: the text is a name that somebody gave, not a word of ours.
    """
    return display_for_label((value, text if given else capfirst(text)), EMPTY, {value: None, **colours})  # type: ignore[no-any-return]


def _named(column: Column, name: str) -> Column:
    """Lists are sorted and styled by the column's name, so that it must be told from its siblings."""
    column.__name__ = name
    return column
