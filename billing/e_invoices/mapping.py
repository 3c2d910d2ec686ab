"""Translates stored invoices and credit notes to the terms of EN 16931. Nothing is calculated: amounts are stored ones.

Sellers and customers are the JSON of `company.queries.seller` and `parties.queries.as_written_to`, of sent documents as
they were then. Those that earlier versions kept lack fields, which the rules then find missing.
"""

import datetime as dt
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from billing.documents.letterhead import bank_account
from billing.documents.words import LABELS
from billing.e_invoices.document import (
    CREDIT_NOTE,
    INVOICE,
    NOT_SUBJECT_TO_TAX,
    Account,
    Address,
    Adjustment,
    Contact,
    Delivery,
    Document,
    ElectronicAddress,
    Line,
    Payment,
    Period,
    PrecedingInvoice,
    TaxRow,
    Totals,
    TradeParty,
)
from skeleton.kernel.money import minor_digits
from skeleton.kernel.units import DEFAULT_UNIT

Json = Mapping[str, Any]

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_STANDARD, _INTRA_COMMUNITY = "S", "K"
_SEPA_TRANSFER, _TRANSFER, _UNDEFINED, _CLEARING = "58", "30", "1", "97"
"""Ways to pay (UNTDID 4461)."""
_CHARGES = {"en": "Adjustment", "uk": "Коригування", "de": "Ausgleich"}


def from_invoice(invoice: Json, *, seller: Json, customer: Json, language: str) -> Document:
    """Return an invoice as it is sent: nothing of it is paid yet. `invoice` comes from `stored.stored_invoice`."""
    currency = invoice["currency"]
    return Document(
        number=invoice["number"],
        type_code=INVOICE,
        issue_date=invoice["issue_date"],
        due_date=invoice["due_date"],
        purchase_order=_text(invoice["purchase_order_reference"]),
        sales_order=invoice["order_number"],
        note=_text(invoice["notes"]),
        payment=_payment(seller, invoice["number"], currency),
        **_shared(invoice, invoice, seller=seller, customer=customer, language=language),
    )


def from_credit_note(note: Json, *, seller: Json, customer: Json, language: str) -> Document:
    """Return a credit note. `note` comes from `stored.stored_credit_note`. Drafts, which have no number yet, say so."""
    invoice = note["invoice"]
    told = [text for text in (_text(note["reason"]), _text(note["notes"])) if text]
    return Document(
        number=note["number"] or LABELS[language]["draft"],
        type_code=CREDIT_NOTE,
        issue_date=note["issue_date"],
        purchase_order=_text(invoice["purchase_order_reference"]),
        sales_order=invoice["order_number"],
        note="\n".join(told) or None,
        payment=Payment(_CLEARING),
        preceding=PrecedingInvoice(invoice["number"], invoice["issue_date"]),
        **_shared(note, invoice, seller=seller, customer=customer, language=language),
    )


def _shared(document: Json, invoice: Json, *, seller: Json, customer: Json, language: str) -> dict[str, Any]:
    """Return the terms of both kinds of documents. What was supplied, and for whom, is that of the invoice."""
    currency, rows = document["currency"], document["lines"]
    lines = tuple(_line(row, number, currency, language) for number, row in enumerate(rows, 1))
    categories = {line.category for line in lines}
    is_subject = NOT_SUBJECT_TO_TAX not in categories
    buyer_address = _address(customer.get("address"))
    return {
        "currency": currency,
        "seller": _seller(seller, is_subject=is_subject),
        "buyer": _buyer(customer, document["customer_name"], buyer_address, is_subject=is_subject),
        "lines": lines,
        "taxes": tuple(_tax_row(row, currency, language) for row in document["tax_breakdown"]),
        "totals": _totals(document, currency),
        "buyer_reference": _text(invoice["buyer_reference"] or customer.get("buyer_reference")),
        "period": _period(invoice),
        "delivery": _delivery(invoice, document, buyer_address if _INTRA_COMMUNITY in categories else None),
    }


def _text(value: str | None) -> str | None:
    """Return a text without what XML cannot contain, or None if nothing is left."""
    return _NOT_IN_XML.sub("", value or "").strip() or None


def _amount(minor: int, currency: str) -> Decimal:
    return Decimal(minor).scaleb(-minor_digits(currency))


def _seller(seller: Json, *, is_subject: bool) -> TradeParty:
    """Return the seller. What isn't subject to VAT must not name VAT ids."""
    address = Address(
        country=_text(seller.get("country")),
        street=_text(seller.get("street")),
        city=_text(seller.get("city")),
        postal_code=_text(seller.get("postal_code")),
        region=_text(seller.get("region")),
    )
    contact = Contact(_text(seller.get("contact_name")), _text(seller.get("phone")), _text(seller.get("email")))
    return TradeParty(
        name=_text(seller.get("legal_name") or seller.get("name")),
        address=address,
        trade_name=_text(seller.get("trade_name")),
        registration_number=_text(seller.get("registration_number") or seller.get("registration")),
        vat_id=_text(seller.get("vat_id")) if is_subject else None,
        tax_number=_text(seller.get("tax_number")),
        contact=contact if contact != Contact() else None,
        electronic_address=_electronic_address(seller),
    )


def _buyer(customer: Json, name: str, address: Address | None, *, is_subject: bool) -> TradeParty:
    contact = Contact(None, _text(customer.get("phone")), _text(customer.get("email")))
    return TradeParty(
        name=_text(name),
        address=address,
        vat_id=_text(customer.get("vat_id")) if is_subject else None,
        contact=contact if contact != Contact() else None,
        electronic_address=_electronic_address(customer),
    )


def _electronic_address(party: Json) -> ElectronicAddress | None:
    found = party.get("electronic_address")
    address = _text(found["id"]) if found else None
    return ElectronicAddress(address, _text(found["scheme"])) if found and address else None


def _address(address: Json | None) -> Address | None:
    """Return an address with a `country_code`, or None if there is none or nothing in it."""
    if not address:
        return None
    found = Address(
        country=_text(address.get("country_code")),
        street=_text(address.get("street")),
        city=_text(address.get("city")),
        postal_code=_text(address.get("postal_code")),
        region=_text(address.get("region") or address.get("state")),
    )
    return found if found != Address(None) else None


def _payment(seller: Json, number: str, currency: str) -> Payment:
    """Return a transfer to the account that the PDF names."""
    account = bank_account(dict(seller), currency)
    iban = (account.get("iban") or "").replace(" ", "")
    if not iban:
        return Payment(_UNDEFINED, number)
    holder = _text(seller.get("legal_name") or seller.get("name"))
    means = _SEPA_TRANSFER if currency == "EUR" else _TRANSFER
    return Payment(means, number, Account(iban, holder, _text(account.get("bic"))))


def _totals(document: Json, currency: str) -> Totals:
    total = _amount(document["total"], currency)
    subtotal = _amount(document["subtotal"], currency)
    return Totals(subtotal, subtotal, _amount(document["tax_total"], currency), total, total)


def _period(invoice: Json) -> Period | None:
    return Period(invoice["service_start"], invoice["service_end"]) if invoice["service_start"] else None


def _delivery(invoice: Json, document: Json, instead: Address | None) -> Delivery | None:
    """Return day and place of the delivery: `instead` if the invoice names none."""
    day: dt.date | None = invoice["delivery_date"]
    if day is None and not invoice["service_start"]:
        day = invoice["issue_date"]
    address = _address(invoice["delivery_address"]) or instead
    if day is None and address is None:
        return None
    return Delivery(day, _text(document["customer_name"]) if address else None, address)


def _tax_row(row: Json, currency: str, language: str) -> TaxRow:
    reasons = row.get("exemption_reason") or {}
    return TaxRow(
        category=_category(row.get("category"), row["rate"]),
        rate=Decimal(str(row["rate"])),
        base=_amount(row["base"], currency),
        tax=_amount(row["tax"], currency),
        reason=_text(reasons.get(language) or reasons.get("en")),
        reason_code=row.get("exemption_code"),
    )


def _category(category: str | None, rate: object) -> str | None:
    """Return the category. Without a tax code, a rate over 0 is the standard one, and 0 may have many reasons."""
    return category or (_STANDARD if rate else None)


def _line(line: Json, number: int, currency: str, language: str) -> Line:
    """Return a line. What a credit note takes without a quantity is one piece of that amount."""
    quantity, discount = line["quantity"], line["discount"]
    return Line(
        id=str(number),
        name=_text(line["description"]),
        quantity=Decimal(1) if quantity is None else quantity,
        unit=DEFAULT_UNIT if quantity is None else line["unit_code"],
        price=_amount(line["unit_price"], currency),
        total=_amount(line["total"], currency),
        category=_category(line["category"], line["tax_rate"]),
        rate=line["tax_rate"],
        base_quantity=line["price_base_quantity"],
        item_number=_text(line["item_number"]),
        discount=_adjustment(discount, currency, LABELS[language]["discount"]) if discount > 0 else None,
        charge=_adjustment(-discount, currency, _CHARGES[language]) if discount < 0 else None,
    )


def _adjustment(amount: int, currency: str, reason: str) -> Adjustment:
    return Adjustment(_amount(amount, currency), reason)
