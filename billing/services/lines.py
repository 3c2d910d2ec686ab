"""Lines of invoices and orders: turns the input into rows with totals, in one currency.

Totals are written before the lines, because PostgreSQL compares them when a line is written.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple, NotRequired, TypedDict, TypeVar
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from accounting.services.applied_taxes import Reference, changed_tax, tax_codes_of
from accounting.tax_code_models import TaxCode
from billing.models.documents import Document, DocumentLine
from billing.totals import PricedLine, Totals, document_totals, line_total
from skeleton.db.inserts import insert_rows
from skeleton.kernel.errors import Invalid, NotFound
from skeleton.kernel.text import format_text
from skeleton.kernel.units import DEFAULT_UNIT

Line = TypeVar("Line", bound=DocumentLine)


_OTHER_CURRENCY = _("This is in {named}, but the document is in {currency}. Enter an amount in {currency}.")


class LineValues(TypedDict):
    """The input of a line: amounts in minor units, the rate in percent. A tax code's rate can be left out."""

    description: str
    item_number: NotRequired[str | None]
    quantity: Decimal
    unit_price: int
    unit_code: NotRequired[str]
    price_base_quantity: NotRequired[Decimal]
    discount: NotRequired[int]
    tax_rate: NotRequired[Decimal]
    tax_code: NotRequired[Reference | None]
    currency: NotRequired[str]
    item_id: NotRequired[UUID | None]


class BuiltLine(NamedTuple):
    """The columns of a line without its document, and what of it the document's totals depend on."""

    columns: dict[str, Any]
    priced: PricedLine


def build_line(
    values: LineValues, *, currency: str, position: int, tax_code: TaxCode | None, path: str = ""
) -> BuiltLine:
    """Return a line with its total. Raises Invalid, with the field prefixed by `path`."""
    quantity, unit_price, discount = values["quantity"], values["unit_price"], values.get("discount", 0)
    base = values.get("price_base_quantity", Decimal(1))
    rate = tax_code.rate if tax_code else values.get("tax_rate", Decimal(0))
    total = line_total(quantity, unit_price, discount, currency=currency, price_base=base, path=path)
    columns = {
        "position": position,
        "item_number": values.get("item_number"),
        "description": values["description"],
        "quantity": quantity,
        "unit_code": values.get("unit_code", DEFAULT_UNIT),
        "unit_price": unit_price,
        "price_base_quantity": base,
        "discount": discount,
        "tax_rate": rate,
        "tax_code_id": tax_code and tax_code.pk,
        "total": total,
    }
    return BuiltLine(columns, PricedLine(rate, total, tax_code))


def build_lines(values: Sequence[LineValues], currency: str, *, day: dt.date | None = None) -> list[BuiltLine]:
    """Return lines in order. Their tax codes must be valid on `day`, if it is known.

    Raises Invalid, with the field (`lines.0.discount`).
    """
    codes = tax_codes_of(values, day=day, path="lines.{}.")
    return [
        build_line(line, currency=currency, position=n + 1, tax_code=code, path=f"lines.{n}.")
        for n, (line, code) in enumerate(zip(values, codes, strict=True))
    ]


def totals_of_lines(lines: Iterable[BuiltLine]) -> dict[str, Any]:
    """Return the totals of new lines as columns of their document. Raises Invalid if a sum exceeds int64."""
    return total_columns(document_totals(line.priced for line in lines))


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
    document: Document, lines: Sequence[DocumentLine], values: LineValues, *, day: dt.date | None = None
) -> None:
    """Add a line of the item `item_id`, if any, after `lines`, the existing ones. Raises Invalid.

    Its tax code must be valid on `day`, if it is known.
    """
    require_currency(values.get("currency"), document.currency)
    position = max((line.position for line in lines), default=0) + 1
    (code,) = tax_codes_of([values], day=day)
    line = build_line(values, currency=document.currency, position=position, tax_code=code)
    write_totals(document, [*_priced(lines), line.priced])
    rows: Any = document.lines  # type: ignore[attr-defined]
    insert_rows(rows.model, [{**line.columns, "item_id": values.get("item_id"), rows.field.attname: document.pk}])


def change_line(
    document: Document,
    lines: Sequence[DocumentLine],
    line: DocumentLine,
    values: Mapping[str, Any],
    *,
    day: dt.date | None = None,
) -> None:
    """Write `values` (columns, optionally the currency to compare) into `line`, one of `lines`. Raises Invalid.

    A new tax code must be valid on `day`, if it is known.
    """
    fields = {**values, **changed_tax(values, line.tax_code, day=day)}
    require_currency(fields.pop("currency", None), document.currency)
    changed = {name: value for name, value in fields.items() if getattr(line, name) != value}
    for name, value in changed.items():
        setattr(line, name, value)
    line.total = line_total(
        line.quantity,
        line.unit_price,
        line.discount,
        currency=document.currency,
        price_base=line.price_base_quantity,
    )
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
    return [PricedLine(line.tax_rate, line.total, line.tax_code) for line in lines]
