"""Lines of invoices and orders: turns the input into rows with totals, in one currency.

Totals are written before the lines, because PostgreSQL compares them when a line is written.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, NotRequired, TypedDict, TypeVar
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from billing.models.documents import Document, DocumentLine
from billing.totals import PricedLine, Totals, document_totals, line_total
from skeleton.db.inserts import insert_rows
from skeleton.kernel.errors import Invalid, NotFound
from skeleton.kernel.text import format_text

Line = TypeVar("Line", bound=DocumentLine)


_OTHER_CURRENCY = _("This is in {named}, but the document is in {currency}. Enter an amount in {currency}.")


class LineValues(TypedDict):
    """The input of a line: amounts in minor units, the rate in percent."""

    description: str
    quantity: Decimal
    unit_price: int
    discount: NotRequired[int]
    tax_rate: NotRequired[Decimal]
    currency: NotRequired[str]


def build_line(values: LineValues, *, currency: str, position: int, path: str = "") -> dict[str, Any]:
    """Return the columns of a line, including its total but not its document.

    Raises Invalid, with the field prefixed by `path`.
    """
    quantity, unit_price, discount = values["quantity"], values["unit_price"], values.get("discount", 0)
    return {
        "position": position,
        "description": values["description"],
        "quantity": quantity,
        "unit_price": unit_price,
        "discount": discount,
        "tax_rate": values.get("tax_rate", Decimal(0)),
        "total": line_total(quantity, unit_price, discount, currency=currency, path=path),
    }


def build_lines(values: Sequence[LineValues], currency: str) -> list[dict[str, Any]]:
    """Return the columns of lines in order. Raises Invalid, with the field (`lines.0.discount`)."""
    return [build_line(line, currency=currency, position=n + 1, path=f"lines.{n}.") for n, line in enumerate(values)]


def common_currency(lines: Sequence[LineValues], document: str | None) -> str | None:
    """Return the currency given on the document or its lines, or None. Raises Invalid if they differ."""
    found = document
    for index, line in enumerate(lines):
        named = line.get("currency")
        if named and found and named != found:
            raise Invalid(
                details={f"lines.{index}.currency": format_text(_OTHER_CURRENCY, named=named, currency=found)}
            )
        found = found or named
    return found


def require_currency(named: str | None, currency: str) -> None:
    """Raise Invalid if a currency is given and is not the document's."""
    if named and named != currency:
        raise Invalid(details={"currency": format_text(_OTHER_CURRENCY, named=named, currency=currency)})


# --- the lines of a draft, which the caller has locked ----------------------------------------------------------------


def append_line(
    document: Document, lines: Sequence[DocumentLine], values: LineValues, *, also: dict[str, Any] | None = None
) -> None:
    """Add a line after `lines`, the existing ones. `also` has extra columns of this kind of line. Raises Invalid."""
    require_currency(values.get("currency"), document.currency)
    position = max((line.position for line in lines), default=0) + 1
    line = build_line(values, currency=document.currency, position=position)
    write_totals(document, [*_priced(lines), (line["tax_rate"], line["total"])])
    rows: Any = document.lines  # type: ignore[attr-defined]
    insert_rows(rows.model, [{**line, **(also or {}), rows.field.attname: document.pk}])


def change_line(document: Document, lines: Sequence[DocumentLine], line: DocumentLine, values: dict[str, Any]) -> None:
    """Write `values` (columns, optionally the currency to compare) into `line`, one of `lines`. Raises Invalid."""
    fields = dict(values)
    require_currency(fields.pop("currency", None), document.currency)
    changed = {name: value for name, value in fields.items() if getattr(line, name) != value}
    for name, value in changed.items():
        setattr(line, name, value)
    line.total = line_total(line.quantity, line.unit_price, line.discount, currency=document.currency)
    if changed:
        write_totals(document, _priced(lines))
        line.save(update_fields=[*changed, "total", "updated_at"])


def remove_line(document: Document, lines: Sequence[DocumentLine], line: DocumentLine) -> None:
    """Delete `line`, one of `lines`."""
    write_totals(document, _priced(other for other in lines if other is not line))
    line.delete()


def line_of(lines: Sequence[Line], line_id: UUID, what: str) -> Line:
    """Return the line with that id. Raises NotFound, with `what` in its message."""
    for line in lines:
        if line.pk == line_id:
            return line
    raise NotFound(_("The order has no such line.") if what == "order" else _("The invoice has no such line."))


def write_totals(document: Document, lines: Iterable[PricedLine]) -> None:
    """Set the document's totals to those of `lines`. Raises Invalid."""
    columns = total_columns(document_totals(lines))
    for name, value in columns.items():
        setattr(document, name, value)
    document.save(update_fields=[*columns, "updated_at"])


def total_columns(totals: Totals) -> dict[str, Any]:
    """Return the totals as columns of a document."""
    return {
        "subtotal": totals.subtotal,
        "tax_total": totals.tax_total,
        "tax_breakdown": totals.tax_breakdown,
        "total": totals.total,
    }


def _priced(lines: Iterable[DocumentLine]) -> list[PricedLine]:
    return [(line.tax_rate, line.total) for line in lines]
