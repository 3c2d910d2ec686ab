"""Columns of lists and details, formatted for users: amounts with currency, states as coloured labels."""

from collections.abc import Callable, Iterable, Mapping

from django.contrib.admin import display
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.utils import display_for_label

from skeleton.kernel.text import local_money, local_number
from skeleton.kernel.translation import Text

Column = Callable[[object], object]

EMPTY = "–"
STATUS = _("status")


def money_column(amount: str, description: Text, *, currency: str = "currency") -> Column:
    """Create a column of amounts (minor units) in the currency of the row."""

    @display(description=description, ordering=amount)
    def column(row: object) -> object:
        return format_money_html(getattr(row, amount), getattr(row, currency))

    return _named_column(column, f"{amount}_money")


def format_money_html(amount: int | None, currency: str | None) -> object:
    """Format an amount in tabular figures: `1,550.00 USD`. Returns a dash if it is unknown."""
    if amount is None or currency is None:
        return EMPTY
    return format_html('<span class="figures">{}</span>', local_money(amount, currency))


def quantity_column(field: str, description: Text) -> Column:
    """Create a column of quantities, without trailing zeros."""

    @display(description=description, ordering=field)
    def column(row: object) -> object:
        return format_html('<span class="figures">{}</span>', local_number(getattr(row, field)))

    return _named_column(column, f"{field}_quantity")


def status_column(field: str, colours: Mapping[str, str], description: Text = STATUS) -> Column:
    """Create a column of coloured labels. `colours` maps states to success, info, warning, danger or primary."""

    @display(description=description, ordering=field)
    def column(row: object) -> object:
        shown = getattr(row, f"get_{field}_display", None)
        return label(getattr(row, field), colours, text=str(shown() if shown else getattr(row, field)))

    return _named_column(column, f"{field}_label")


def active_column(field: str = "is_active") -> Column:
    """Create a column with the label active or inactive."""

    @display(description=_("status"), ordering=field)
    def column(row: object) -> object:
        is_active = bool(getattr(row, field))
        colour = "success" if is_active else "danger"
        return label(str(is_active), {str(is_active): colour}, text=_("active") if is_active else _("inactive"))

    return _named_column(column, f"{field}_label")


def format_table_html(titles: Iterable[Text], rows: Iterable[Iterable[object]]) -> SafeString | str:
    """Format a table of read-only cells. Returns a dash if there are no rows."""
    head = format_html_join("", "<th>{}</th>", ((title,) for title in titles))
    cells = (format_html_join("", "<td>{}</td>", ((cell,) for cell in row)) for row in rows)
    body = format_html_join("", "<tr>{}</tr>", ((row,) for row in cells))
    return format_html('<table class="changes"><tr>{}</tr>{}</table>', head, body) if body else EMPTY


def text_link(address: str, text: object) -> SafeString:
    """Return a link within a column."""
    return format_html('<a class="text-link" href="{}">{}</a>', address, text)


def label(value: str, colours: Mapping[str, str], *, text: Text, given: bool = False) -> SafeString:
    """Return a coloured label, grey if `colours` doesn't have the value.

    `given`: the text is a name from a user, not one of our texts.
    """
    return display_for_label((value, text if given else capfirst(text)), EMPTY, {value: None, **colours})  # type: ignore[no-any-return]


def _named_column(column: Column, name: str) -> Column:
    """Set a unique name for the column, because lists are sorted and styled by it."""
    column.__name__ = name
    return column
