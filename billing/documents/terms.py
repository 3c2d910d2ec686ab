"""When an invoice's supply took place, what the buyer refers to, and the terms of payment.

A sent invoice of the first edition has none of it: its contents stay as they are, by which its PDF is found again.
"""

import datetime as dt
from typing import Any

from billing.documents.payment_code import payment_code
from billing.documents.supply_words import SUPPLY_LABELS
from billing.models.invoices import supply_date
from skeleton.kernel.text import format_date

Json = dict[str, Any]
LabeledValues = list[tuple[str, str]]

_REFERENCES = ("buyer_reference", "purchase_order_reference")


def supply_facts(invoice: Json, language: str) -> LabeledValues:
    """Return the day of supply, or the period of a service."""
    if not _has_supply(invoice):
        return []
    words = SUPPLY_LABELS[language]
    day: dt.date | None = supply_date(invoice["delivery_date"], invoice["service_start"], invoice["issue_date"])
    if day:
        return [(words["delivery_date"], format_date(day, language))]
    first, last = (format_date(invoice[name], language) for name in ("service_start", "service_end"))
    return [(words["service_period"], words["period"].format(first=first, last=last))]


def reference_facts(invoice: Json, customer: Json, language: str) -> LabeledValues:
    """Return what the buyer refers to. A draft has the customer's reference unless it has its own."""
    found = {name: invoice[name] for name in _REFERENCES}
    if invoice["sent_at"] is None:
        found["buyer_reference"] = found["buyer_reference"] or customer.get("buyer_reference")
    return [(SUPPLY_LABELS[language][name], value) for name, value in found.items() if value]


def terms(invoice: Json, seller: Json, language: str) -> Json:
    """Return the terms of payment and the payment code, where there are any."""
    if not _has_supply(invoice) or not invoice["amount_due"]:
        return {}
    words, days = SUPPLY_LABELS[language], invoice["payment_days"]
    found: Json = {}
    if days is not None:
        due = format_date(invoice["due_date"], language)
        found["terms"] = words["terms"].format(days=days, due=due) if days else words["terms_at_once"]
    code = payment_code(invoice, seller)
    return found | {"code": code, "scan": words["scan"]} if code else found


def _has_supply(invoice: Json) -> bool:
    return invoice["sent_at"] is None or bool(invoice["delivery_date"] or invoice["service_start"])
