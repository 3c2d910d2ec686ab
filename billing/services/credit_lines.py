"""Lines of credit notes: turns what is to be credited of an invoice into rows with their shares."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, NotRequired, TypedDict
from uuid import UUID

from django.db.models import DecimalField, F, Q, Sum, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from billing.choices import CreditNoteStatus
from billing.models import CreditNote, CreditNoteLine, Invoice, InvoiceLine
from billing.shares import CreditableLine, added_taxes, credit_totals, fitting_discount
from billing.totals import Totals
from skeleton.kernel.actors import Actor
from skeleton.kernel.errors import Conflict, Forbidden, Invalid
from skeleton.kernel.text import Money, format_text
from skeleton.kernel.translation import Text
from skeleton.kernel.units import DEFAULT_UNIT

_COPIED = (
    "item_number",
    "description",
    "quantity",
    "unit_code",
    "unit_price",
    "price_base_quantity",
    "tax_rate",
    "tax_code_id",
)
_ISSUED = Q(credit_note_lines__credit_note__status=CreditNoteStatus.SENT)


class CreditLineValues(TypedDict):
    """What to credit of one line of the invoice: a `quantity` of it, or an `amount` before tax in minor units."""

    invoice_line_id: UUID
    quantity: NotRequired[Decimal | None]
    amount: NotRequired[int | None]
    restock_warehouse_id: NotRequired[UUID | None]


def creditable_lines(invoice: Invoice) -> list[CreditableLine]:
    """Return the lines of the invoice, with what its issued credit notes have taken of them."""
    none = Value(Decimal(0), output_field=DecimalField())
    rows = invoice.lines.order_by("position").annotate(
        credited_quantity=Coalesce(Sum("credit_note_lines__quantity", filter=_ISSUED), none),
        credited=Coalesce(Sum("credit_note_lines__total", filter=_ISSUED), Value(0)),
    )
    found = rows.values(*_COPIED, "id", "total", "credited_quantity", "credited", category=F("tax_code__category"))
    return [CreditableLine(**{**row, "credited": int(row["credited"])}) for row in found]


def all_that_is_left(lines: Sequence[CreditableLine]) -> list[CreditLineValues]:
    """Return what has to be credited so that every line is credited whole."""
    return [
        {"invoice_line_id": line.id, "quantity": line.quantity_left}
        if line.quantity_left
        else {"invoice_line_id": line.id, "amount": line.left}
        for line in lines
        if not line.is_whole
    ]


def stored_request(lines: Sequence[CreditNoteLine]) -> list[CreditLineValues]:
    """Return what the stored lines of a draft are to credit, to calculate it again."""
    requested: list[CreditLineValues] = []
    for line in lines:
        values: CreditLineValues = {
            "invoice_line_id": line.invoice_line_id,
            "restock_warehouse_id": line.restock_warehouse_id,
        }
        if line.quantity is None:
            values["amount"] = line.total
        else:
            values["quantity"] = line.quantity
        requested.append(values)
    return requested


def build_credit_lines(
    invoice: Invoice, creditable: Sequence[CreditableLine], requested: Sequence[CreditLineValues]
) -> list[dict[str, Any]]:
    """Return the columns of the credit note's lines, without the credit note.

    Raises Invalid, with the field (`lines.0.quantity`), if a line isn't the invoice's, and Conflict if more would be
    credited of a line than is left of it.
    """
    by_id = {line.id: line for line in creditable}
    _require_lines(by_id, requested)
    return [
        _built(by_id[values["invoice_line_id"]], values, invoice, position=n + 1, path=f"lines.{n}.")
        for n, values in enumerate(requested)
    ]


def totals_of_credit(
    invoice: Invoice, creditable: Sequence[CreditableLine], lines: Sequence[Mapping[str, Any]]
) -> Totals:
    """Return the totals of a credit note with `lines`, columns from `build_credit_lines` for those `creditable`."""
    keys = {line.id: line.tax_key for line in creditable}
    credited = added_taxes(issued_breakdowns(invoice))
    of_lines = [(keys[line["invoice_line_id"]], line["total"]) for line in lines]
    return credit_totals(invoice.tax_breakdown, credited, of_lines)


def issued_breakdowns(invoice: Invoice) -> list[list[dict[str, Any]]]:
    """Return the tax breakdown of each issued credit note of the invoice."""
    issued = CreditNote.objects.filter(invoice=invoice.pk, status=CreditNoteStatus.SENT)
    return list(issued.values_list("tax_breakdown", flat=True))


def _require_lines(known: Mapping[UUID, CreditableLine], requested: Sequence[CreditLineValues]) -> None:
    """Raise Invalid unless each line is one of `known`, named once, with either a quantity or an amount."""
    wrong: dict[str, Text] = {}
    seen: set[UUID] = set()
    for index, values in enumerate(requested):
        line_id = values["invoice_line_id"]
        if line_id not in known:
            wrong[f"lines.{index}.invoice_line_id"] = _("The invoice has no such line.")
        elif line_id in seen:
            wrong[f"lines.{index}.invoice_line_id"] = _("This line is named twice.")
        elif (values.get("quantity") is None) == (values.get("amount") is None):
            wrong[f"lines.{index}.quantity"] = _("Give either the quantity or the amount to credit.")
        elif values.get("quantity") is None and values.get("restock_warehouse_id"):
            wrong[f"lines.{index}.restock_warehouse_id"] = _("Only a quantity can be taken back into stock.")
        seen.add(line_id)
    if wrong:
        raise Invalid(details=wrong)


def _built(
    line: CreditableLine, values: CreditLineValues, invoice: Invoice, *, position: int, path: str
) -> dict[str, Any]:
    quantity = values.get("quantity")
    total = (values.get("amount") or 0) if quantity is None else _share(line, quantity, invoice, path)
    if total > line.left:
        raise _too_much(line, invoice, f"{path}{'amount' if quantity is None else 'quantity'}")
    return {
        "position": position,
        "invoice_line_id": line.id,
        "item_number": line.item_number,
        "description": line.description,
        **_priced(line, quantity, total),
        "tax_rate": line.tax_rate,
        "tax_code_id": line.tax_code_id,
        "total": total,
        "restock_warehouse_id": values.get("restock_warehouse_id"),
    }


def _priced(line: CreditableLine, quantity: Decimal | None, total: int) -> dict[str, Any]:
    """Return the columns from which `total` follows. An amount without a quantity is the price of one."""
    if quantity is None:
        one = {"unit_code": DEFAULT_UNIT, "price_base_quantity": Decimal(1)}
        return {"quantity": None, "unit_price": total, "discount": 0, **one}
    return {
        "quantity": quantity,
        "unit_code": line.unit_code,
        "unit_price": line.unit_price,
        "price_base_quantity": line.price_base_quantity,
        "discount": fitting_discount(quantity, line.unit_price, total, line.price_base_quantity),
    }


def _share(line: CreditableLine, quantity: Decimal, invoice: Invoice, path: str) -> int:
    """Return what `quantity` comes to. Raises Conflict if less of it is left."""
    if quantity > line.quantity_left:
        told = format_text(_("Only {quantity} of it can still be credited."), quantity=line.quantity_left)
        raise Conflict(
            format_text(_("This credits more of “{line}” than is left of it."), line=line.description),
            details={f"{path}quantity": told},
        )
    share = line.share_of(quantity)
    if share < 0:
        raise _too_much(line, invoice, f"{path}quantity")
    return share


def _too_much(line: CreditableLine, invoice: Invoice, field: str) -> Conflict:
    left = Money(line.left, invoice.currency)
    return Conflict(
        format_text(_("This credits more of “{line}” than is left of it."), line=line.description),
        details={field: format_text(_("Only {left} before tax can still be credited of this line."), left=left)},
    )


def items_of_lines(invoice: Invoice) -> dict[UUID, UUID]:
    """Return the item of each line of the invoice that bills an order."""
    rows = InvoiceLine.objects.filter(invoice=invoice.pk, order_line__isnull=False)
    return dict(rows.values_list("pk", "order_line__item"))


def require_restockable(invoice: Invoice, requested: Sequence[CreditLineValues], *, actor: Actor) -> None:
    """Raise Forbidden or Invalid if `requested` takes goods back that the actor may not, or that no order delivered."""
    restocking = {n: values for n, values in enumerate(requested) if values.get("restock_warehouse_id")}
    if not restocking:
        return
    if not actor.can("inventory:write"):
        raise Forbidden(_("Taking goods back into stock needs the permission inventory:write."))
    items = items_of_lines(invoice)
    told = _("Only goods of an order can be taken back into stock.")
    wrong = {
        f"lines.{n}.restock_warehouse_id": told
        for n, values in restocking.items()
        if values["invoice_line_id"] not in items
    }
    if wrong:
        raise Invalid(details=wrong)
