"""The contents of a document: formats the figures that the API shows as texts in the reader's language.

Nothing is calculated here. Every amount is a stored one. The template (`document.typ`) only does the layout.
"""

import datetime as dt
import re
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from billing.choices import CreditNoteStatus, InvoiceStatus, OrderStatus
from billing.documents.letterhead import bank_account, letterhead
from billing.documents.line_details import exemptions, item_number, price_text, quantity_text
from billing.documents.supply_words import SUPPLY_LABELS
from billing.documents.terms import reference_facts, supply_facts, terms
from billing.documents.words import CREDIT_NOTE_LABELS, LABELS, SETTLEMENT_LABELS
from skeleton.kernel.days import day_of
from skeleton.kernel.text import format_amount, format_date, format_money, format_number

TEMPLATE = Path(__file__).parent / "document.typ"

Json = dict[str, Any]
LabeledValues = list[tuple[str, str]]

_UNBROKEN = re.compile(r"\S{24}")
_MAY_BREAK = "\u200b"


def invoice_contents(invoice: Json, *, seller: Json, customer: Json, language: str) -> Json:
    """Return the contents of an invoice. `invoice` comes from `queries.printed_invoice`."""
    words = LABELS[language]
    status = invoice["status"]
    watermarks = {InvoiceStatus.DRAFT: words["draft"], InvoiceStatus.CANCELLED: words["cancelled"]}
    return {
        **letterhead(seller, language),
        "title": words["invoice"],
        "number": invoice["number"],
        "status": words["paid"] if status == InvoiceStatus.PAID else None,
        "watermark": watermarks.get(status),
        "buyer": address_block(customer, words["bill_to"], language, name=invoice["customer_name"]),
        "recipient": _recipient(invoice["delivery_address"], invoice, language),
        "facts": [
            *_dates(invoice, ("issue_date",), language),
            *supply_facts(invoice, language),
            *_dates(invoice, ("due_date", "paid_at", "cancelled_at"), language),
            *([(words["order_number"], invoice["order_number"])] if invoice["order_number"] else []),
            *reference_facts(invoice, customer, language),
        ],
        "payments": [_payment(payment, invoice["currency"], language) for payment in invoice["payments"]],
        "pay": _how_to_pay(invoice, seller, language),
        **_body(invoice, language),
        "totals": [*_sums(invoice, language), *_paid_and_due(invoice, language)],
        **terms(invoice, seller, language),
    }


def credit_note_contents(note: Json, *, seller: Json, customer: Json, language: str) -> Json:
    """Return the contents of a credit note. `note` comes from `queries.printed_credit_note`."""
    words, labels = LABELS[language], CREDIT_NOTE_LABELS[language]
    facts = [
        (labels["issue_date"], _day(note["issue_date"], language)),
        (labels["invoice_number"], note["invoice_number"]),
        (labels["invoice_date"], _day(note["invoice_date"], language)),
    ]
    return {
        **letterhead(seller, language),
        "title": labels["credit_note"],
        "number": note["number"] or words["draft"],
        "status": None,
        "watermark": words["draft"] if note["status"] == CreditNoteStatus.DRAFT else None,
        "buyer": address_block(customer, labels["bill_to"], language, name=note["customer_name"]),
        "recipient": None,
        "facts": facts,
        "payments": [],
        "pay": [],
        "reason": {"label": labels["reason"], "text": allow_line_breaks(note["reason"])} if note["reason"] else None,
        **_body(note, language),
        "totals": _sums(note, language, total=labels["grand_total"]),
    }


def order_contents(order: Json, *, seller: Json, customer: Json, language: str) -> Json:
    """Return the contents of an order, or its confirmation. `order` comes from `queries.printed_order`."""
    words = LABELS[language]
    status = order["status"]
    unsettled = (OrderStatus.DRAFT, OrderStatus.PENDING)
    facts = [*_dates(order, ("order_date",), language), (words["order_status"], words["order_statuses"][status])]
    return {
        **letterhead(seller, language),
        "title": words["order" if status in (*unsettled, OrderStatus.CANCELLED) else "order_confirmation"],
        "number": order["number"],
        "status": None,
        "watermark": {OrderStatus.DRAFT: words["draft"], OrderStatus.CANCELLED: words["cancelled"]}.get(status),
        "buyer": address_block(customer, words["ordered_by"], language, name=order["customer_name"]),
        "recipient": _recipient(order["shipping_address"], order, language),
        "facts": facts,
        "payments": [],
        "pay": [],
        **_body(order, language),
        "totals": _sums(order, language),
    }


def address_block(party: Json, label: str, language: str, *, name: str) -> Json:
    """Return a name and address as on an envelope."""
    known = party.get("address") or {}
    countries = known.get("names") or {}
    town = " ".join(part for part in (known.get("postal_code"), known.get("city")) if part)
    region = known.get("region") or known.get("state")
    lines = [known.get("street"), town, region, countries.get(language) or countries.get("en")]
    if party.get("vat_id"):
        lines.append(f"{SUPPLY_LABELS[language]['vat_id']}: {party['vat_id']}")
    elif party.get("tax_id"):
        lines.append(f"{LABELS[language]['tax_id']}: {party['tax_id']}")
    lines.append(party.get("email"))
    return {
        "label": label,
        "name": allow_line_breaks(name),
        "lines": [allow_line_breaks(line) for line in lines if line],
    }


def _recipient(address: Json | None, document: Json, language: str) -> Json | None:
    """Return where goods are delivered to, if a document has an address for it."""
    if not address:
        return None
    shipped_to = LABELS[language]["ship_to"]
    return address_block({"address": address}, shipped_to, language, name=document["customer_name"])


def _dates(document: Json, names: tuple[str, ...], language: str) -> LabeledValues:
    return [(LABELS[language][name], _day(document[name], language)) for name in names if document.get(name)]


def _day(day: dt.date, language: str) -> str:
    """Format a date, or the date of a time."""
    return format_date(day_of(day) if isinstance(day, dt.datetime) else day, language)


def _body(document: Json, language: str) -> Json:
    """Return the lines and notes, which invoices and orders have in common."""
    currency = document["currency"]
    return {
        "discounts": any(line["discount"] for line in document["lines"]),
        "taxes": [row for row in document["tax_breakdown"] if row["rate"]],
        "lines": [_line(n, line, currency, language) for n, line in enumerate(document["lines"], 1)],
        "notes": allow_line_breaks(document["notes"]) if document["notes"] else None,
        **exemptions(document, language),
    }


def _line(n: int, line: Mapping[str, Any], currency: str, language: str) -> dict[str, str]:
    return {
        "position": str(n),
        "description": allow_line_breaks(line["description"]),
        **item_number(line),
        "quantity": quantity_text(line, language),
        "unit_price": price_text(line, currency, language),
        "discount": format_amount(-line["discount"], currency, language) if line["discount"] else "",
        "tax_rate": f"{format_number(line['tax_rate'], language)} %",
        "total": format_amount(line["total"], currency, language),
    }


def _sums(document: Json, language: str, *, total: str | None = None) -> list[Json]:
    words, currency = LABELS[language], document["currency"]
    rows = [_sum(words["subtotal"], document["subtotal"], currency, language)]
    taxed = any(row["rate"] for row in document["tax_breakdown"])
    for row in document["tax_breakdown"] if taxed else ():
        rate = format_number(Decimal(str(row["rate"])), language)
        named = words["tax_on"].format(rate=rate, base=format_amount(row["base"], currency, language))
        rows.append(_sum(named, row["tax"], currency, language))
    return [*rows, _sum(total or words["grand_total"], document["total"], currency, language, strong=True)]


def _paid_and_due(invoice: Json, language: str) -> list[Json]:
    """Return what was paid, credited and written off, and the amount due, if there is any of it."""
    words, currency = LABELS[language] | SETTLEMENT_LABELS[language], invoice["currency"]
    settled = [name for name in ("amount_paid", "amount_credited", "amount_written_off") if invoice[name]]
    if not settled:
        return []
    return [
        *(_sum(words[name], -invoice[name], currency, language) for name in settled),
        _sum(words["amount_due"], invoice["amount_due"], currency, language, strong=True),
    ]


def _sum(label: str, amount: int, currency: str, language: str, *, strong: bool = False) -> Json:
    return {"label": label, "amount": format_money(amount, currency, language), "strong": strong}


def _payment(payment: Json, currency: str, language: str) -> dict[str, str]:
    return {
        "day": _day(payment["paid_at"], language),
        "method": LABELS[language]["methods"][payment["method"]],
        "reference": allow_line_breaks(payment["reference"] or ""),
        "amount": format_money(payment["amount"], currency, language),
    }


def _how_to_pay(invoice: Json, seller: Json, language: str) -> LabeledValues:
    """Return bank account, due date and payment reference. Empty if nothing is due or no account is configured."""
    words = LABELS[language]
    open_ = invoice["status"] in (InvoiceStatus.DRAFT, InvoiceStatus.SENT) and invoice["amount_due"]
    paid_to = bank_account(seller, invoice["currency"])
    if not open_ or not paid_to.get("iban"):
        return []
    account = [(words[name], paid_to[name]) for name in ("iban", "bic", "bank") if paid_to.get(name)]
    return [
        (words["amount_due"], format_money(invoice["amount_due"], invoice["currency"], language)),
        (words["due_date"], _day(invoice["due_date"], language)),
        (words["account_holder"], seller["name"]),
        *account,
        (words["reference"], invoice["number"]),
    ]


def allow_line_breaks(text: str) -> str:
    """Return `text` with line break opportunities in words that are too long, such as codes."""
    return _UNBROKEN.sub(lambda found: found.group() + _MAY_BREAK, text)
