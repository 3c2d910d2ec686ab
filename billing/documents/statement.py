"""The contents of a statement's PDF: formats the figures that the API shows as texts in the reader's language."""

from pathlib import Path
from typing import Any

from billing.documents.contents import address_block, allow_line_breaks
from billing.documents.letterhead import letterhead
from billing.documents.statement_labels import STATEMENT_LABELS
from billing.documents.words import LABELS
from skeleton.kernel.text import format_amount, format_date, format_money

STATEMENT_TEMPLATE = Path(__file__).parent / "statement.typ"

Json = dict[str, Any]


def statement_contents(found: Json, *, seller: Json, customer: Json, language: str) -> Json:
    """Return the contents of a statement. `found` comes from `statements.customer_statement`."""
    labels = LABELS[language] | STATEMENT_LABELS[language]
    days = [("from", found["from_date"]), ("to", found["to_date"])]
    return {
        **letterhead(seller, language),
        "words": labels,
        "title": labels["statement"],
        "number": "",
        "status": None,
        "watermark": None,
        "buyer": address_block(customer, labels["customer"], language, name=found["customer_name"]),
        "recipient": None,
        "facts": [(labels[name], format_date(day, language)) for name, day in days if day],
        "parts": [_part(part, labels, language) for part in found["currencies"]],
    }


def _part(part: Json, labels: Json, language: str) -> Json:
    currency = part["currency"]
    amounts = {name: format_money(part[name], currency, language) for name in ("open", "on_account")}
    return {
        "currency": currency,
        "opening": {"label": labels["opening"], "amount": format_amount(part["opening"], currency, language)},
        "lines": [_line(line, currency, labels, language) for line in part["lines"]],
        "closing": {"label": labels["closing"], "amount": format_amount(part["closing"], currency, language)},
        "explained": labels["explained"].format(**amounts),
    }


def _line(line: Json, currency: str, labels: Json, language: str) -> dict[str, str]:
    debit, credit = (
        "" if not line[name] else format_amount(line[name], currency, language) for name in ("debit", "credit")
    )
    due = line["due_date"] and labels["due_by"].format(day=format_date(line["due_date"], language))
    return {
        "date": format_date(line["date"], language),
        "document": labels["kinds"][line["kind"]].format(number=line["number"]),
        "reference": allow_line_breaks(due or line["reference"] or ""),
        "debit": debit,
        "credit": credit,
        "balance": format_amount(line["balance"], currency, language),
    }
