"""Imports open invoices of an earlier system as sent ones. PostgreSQL enforces the rules: `sql/0031_opening.sql`."""

import datetime as dt
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NotRequired, TypedDict
from uuid import UUID

from django.db.models.functions import Upper
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounting.services.applied_taxes import Reference, tax_codes_of
from accounting.tax_code_models import TaxCode
from billing.choices import InvoiceOrigin, InvoiceStatus
from billing.models import Invoice, InvoiceLine
from billing.services.lines import total_columns
from billing.totals import PricedLine, TaxKey, Totals, document_totals, key_of_row, tax_key, totals_of
from parties.models import Customer, Party
from skeleton.db.inserts import insert_rows
from skeleton.db.locks import rows_locked_for_update
from skeleton.kernel.actors import Actor
from skeleton.kernel.errors import Invalid
from skeleton.kernel.ids import uuid7
from skeleton.kernel.money import require_in_use, round_half_away
from skeleton.kernel.text import Money, format_text
from skeleton.kernel.time_limits import require_from_1900
from skeleton.kernel.translation import Text

TAX_TOLERANCE = 100
"""How many minor units a tax may differ from its rate: the earlier system may have rounded each line."""

_OWN_NUMBER = re.compile(r"INV-[0-9]{4}-[0-9]+", re.ASCII | re.IGNORECASE)


class OpenTax(TypedDict):
    """The part of an open invoice with one tax: base and tax in minor units."""

    tax_code: NotRequired[Reference | None]
    tax_rate: NotRequired[Decimal]
    base: int
    tax: int


class OpenInvoice(TypedDict):
    """What is open of an invoice of the earlier system. Without `tax`, all of it is without tax."""

    customer_id: UUID
    number: str
    issue_date: dt.date
    due_date: dt.date
    amount: int
    currency: NotRequired[str | None]
    tax: NotRequired[Sequence[OpenTax]]


def insert_open_invoices(invoices: Sequence[OpenInvoice], *, day: dt.date, actor: Actor) -> list[Invoice]:
    """Insert open invoices as sent ones, in the books on `day`, and return them. Call it in an audited transaction.

    The caller posts their entries. Raises Invalid, with the field (`invoices.0.number`).
    """
    customers = _locked_customers(invoices)
    _require_free_numbers(invoices)
    now = timezone.now()
    rows: list[dict[str, Any]] = []
    lines: list[dict[str, Any]] = []
    for index, values in enumerate(invoices):
        path = f"invoices.{index}."
        _require_dates(values, day, path)
        codes = tax_codes_of(_taxes(values), day=values["issue_date"], path=path + "tax.{}.")
        customer = customers[values["customer_id"]]
        currency = values.get("currency") or str(customer.currency)  # a customer has one
        require_in_use({"currency": currency}, path=path)
        row = {**_columns(values, customer, currency, actor, now), **_totals(values, codes, currency, path)}
        rows.append(row)
        lines += _lines(values, codes, row["id"])
    insert_rows(Invoice, rows)
    insert_rows(InvoiceLine, lines)
    imported = Invoice.objects.filter(pk__in=[row["id"] for row in rows])
    imported.update(status=InvoiceStatus.SENT, sent_at=now, posted_on=day)
    return list(imported.order_by("pk"))


def _columns(values: OpenInvoice, customer: Party, currency: str, actor: Actor, now: dt.datetime) -> dict[str, Any]:
    """Return the columns of an invoice without its totals."""
    return {
        "id": uuid7(),
        "origin": InvoiceOrigin.IMPORTED.value,
        "number": values["number"],
        "customer_id": customer.pk,
        "customer_name": customer.name,
        "currency": currency,
        "issue_date": values["issue_date"],
        "issue_date_given": True,
        "due_date": values["due_date"],
        "created_by_id": actor.id,
        "created_at": now,
        "updated_at": now,
    }


def _lines(values: OpenInvoice, codes: Sequence[TaxCode | None], invoice_id: UUID) -> list[dict[str, Any]]:
    """Return a line for each tax."""
    return [
        {
            "invoice_id": invoice_id,
            "position": position,
            "description": f"Invoice {values['number']}",
            "quantity": Decimal(1),
            "unit_price": tax["base"],
            "tax_rate": code.rate if code else tax.get("tax_rate", Decimal(0)),
            "tax_code_id": code and code.pk,
            "total": tax["base"],
        }
        for position, (tax, code) in enumerate(zip(_taxes(values), codes, strict=True), 1)
    ]


def _locked_customers(invoices: Sequence[OpenInvoice]) -> dict[UUID, Party]:
    """Lock the customers, whose exposure grows, and return them by id. Raises Invalid for unknown ones."""
    wanted = {values["customer_id"] for values in invoices}
    found = rows_locked_for_update(Customer.objects.filter(pk__in=wanted), no_key=True) if wanted else []
    customers = {customer.pk: customer for customer in found}
    unknown = [n for n, values in enumerate(invoices) if values["customer_id"] not in customers]
    if unknown:
        raise Invalid(details={f"invoices.{n}.customer_id": _("Unknown customer.") for n in unknown})
    return customers


def _require_free_numbers(invoices: Sequence[OpenInvoice]) -> None:
    """Raise Invalid, with every number that is given twice, taken, or of the form of our own series.

    The series of an earlier year goes on with each back-dated invoice, so it would reach the number. Capitals and small
    letters are the same.
    """
    numbers = [values["number"].upper() for values in invoices]
    taken = _taken(numbers) if numbers else set()
    wrong: dict[str, Text] = {}
    for index, number in enumerate(numbers):
        if _OWN_NUMBER.fullmatch(number):
            told = _("Invoices are numbered like this here. Keep the old number with a prefix, such as {example}.")
            wrong[f"invoices.{index}.number"] = format_text(told, example=f"OLD-{invoices[index]['number']}")
        elif number in taken or number in numbers[:index]:
            wrong[f"invoices.{index}.number"] = _("Another document already has this number.")
    if wrong:
        raise Invalid(next(iter(wrong.values())), details=wrong)


def _taken(numbers: Sequence[str]) -> set[str]:
    """Return which of these numbers, in capitals, imported invoices have."""
    imported = Invoice.objects.filter(origin=InvoiceOrigin.IMPORTED).annotate(capitals=Upper("number"))
    return set(imported.filter(capitals__in=numbers).values_list("capitals", flat=True))


def _require_dates(values: OpenInvoice, day: dt.date, path: str) -> None:
    """Raise Invalid unless the dates are from 1900 on, and the invoice isn't later than the opening."""
    require_from_1900(values["issue_date"], field=f"{path}issue_date")
    require_from_1900(values["due_date"], field=f"{path}due_date")
    if values["issue_date"] > day:
        told = format_text(_("Must not be after the day of the opening balances, {day}."), day=day)
        raise Invalid(details={f"{path}issue_date": told})


def _taxes(values: OpenInvoice) -> Sequence[OpenTax]:
    return values.get("tax") or [{"tax_rate": Decimal(0), "base": values["amount"], "tax": 0}]


def _totals(values: OpenInvoice, codes: Sequence[TaxCode | None], currency: str, path: str) -> dict[str, Any]:
    """Return the columns of the totals, with the taxes that were given. Raises Invalid."""
    taxes = _taxes(values)
    lines = [
        PricedLine(code.rate if code else tax.get("tax_rate", Decimal(0)), tax["base"], code)
        for tax, code in zip(taxes, codes, strict=True)
    ]
    given: dict[TaxKey, int] = {}
    for line, tax in zip(lines, taxes, strict=True):
        key = tax_key(line.rate, line.tax_code.category if line.tax_code else None)
        given[key] = given.get(key, 0) + tax["tax"]
    totals = _with_given_taxes(document_totals(lines, field=f"{path}tax"), given, currency, path)
    if totals.total != values["amount"]:
        told = format_text(_("Base and tax add up to {sum}."), sum=Money(totals.total, currency))
        raise Invalid(told, details={f"{path}amount": told})
    return total_columns(totals)


def _with_given_taxes(calculated: Totals, given: dict[TaxKey, int], currency: str, path: str) -> Totals:
    """Return the totals with the taxes `given`. Raises Invalid for one that differs by more than rounding."""
    rows: list[tuple[TaxKey, int, int, dict[str, Any]]] = []
    for row in calculated.tax_breakdown:
        key = key_of_row(row)
        if abs(given[key] - row["tax"]) > TAX_TOLERANCE:
            told = _tax_contained_in(row["base"] + given[key], key[0], currency)
            raise Invalid(details={f"{path}tax": told})
        labels = {name: value for name, value in row.items() if name not in ("rate", "base", "tax")}
        rows.append((key, row["base"], given[key], labels))
    return totals_of(rows, f"{path}tax")


def _tax_contained_in(amount: int, rate: Decimal, currency: str) -> Text:
    """Return a message with the tax that an amount with tax contains: what was received is sure, its base is not."""
    tax = round_half_away(amount * rate / (100 + rate))
    told = _("At {rate} percent, {amount} contains {tax} of tax. The tax may differ from it by rounding only.")
    return format_text(told, rate=rate, amount=Money(amount, currency), tax=Money(tax, currency))
