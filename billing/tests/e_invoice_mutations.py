"""Ways to spoil a right document, one at a time."""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from billing.e_invoices.document import (
    Address,
    Adjustment,
    Contact,
    Delivery,
    Document,
    ElectronicAddress,
    Payment,
    Period,
    TradeParty,
)

Mutation = Callable[[Document], Document]

CENT = Decimal("0.01")


def _seller(**changes: Any) -> Mutation:
    return lambda document: replace(document, seller=replace(document.seller, **changes))


def _buyer(**changes: Any) -> Mutation:
    return lambda document: replace(document, buyer=replace(document.buyer, **changes))


def _address(party: str, **changes: Any) -> Mutation:
    def mutate(document: Document) -> Document:
        changed: TradeParty = getattr(document, party)
        assert changed.address
        moved: dict[str, Any] = {party: replace(changed, address=replace(changed.address, **changes))}
        return replace(document, **moved)

    return mutate


def _contact(**changes: Any) -> Mutation:
    def mutate(document: Document) -> Document:
        contact = replace(document.seller.contact or Contact(), **changes)
        return replace(document, seller=replace(document.seller, contact=contact))

    return mutate


def _total(**changes: Decimal) -> Mutation:
    def mutate(document: Document) -> Document:
        totals = document.totals
        added = {name: getattr(totals, name) + change for name, change in changes.items()}
        return replace(document, totals=replace(totals, **added))

    return mutate


def _line(**changes: Any) -> Mutation:
    return lambda document: replace(document, lines=(replace(document.lines[0], **changes), *document.lines[1:]))


def _tax(**changes: Any) -> Mutation:
    return lambda document: replace(document, taxes=(replace(document.taxes[0], **changes), *document.taxes[1:]))


def _with(**changes: Any) -> Mutation:
    return lambda document: replace(document, **changes)


def _category(category: str) -> Mutation:
    """Give the first line another category, and its rate of 0."""
    return _line(category=category, rate=Decimal(0))


def _all_of(category: str, reason_code: str | None) -> Mutation:
    """Give everything one category, with a tax breakdown that fits."""

    def mutate(document: Document) -> Document:
        lines = tuple(replace(line, category=category, rate=Decimal(0)) for line in document.lines)
        base = document.totals.lines
        row = replace(
            document.taxes[0],
            category=category,
            rate=Decimal(0),
            base=base,
            tax=Decimal(0),
            reason=None,
            reason_code=reason_code,
        )
        totals = replace(document.totals, tax=Decimal(0), with_tax=base, due=base - document.totals.paid)
        return replace(document, lines=lines, taxes=(row,), totals=totals)

    return mutate


_DAY = dt.date(2026, 5, 4)
_NOWHERE = Address("AT")

MUTATIONS: dict[str, Mutation] = {
    "nothing": lambda document: document,
    "no number": _with(number=None),
    "no buyer reference": _with(buyer_reference=None),
    "no references": _with(buyer_reference=None, purchase_order=None, sales_order=None),
    "no due date": _with(due_date=None),
    "no terms of payment": _with(due_date=None, terms=None),
    "no payment": _with(payment=None),
    "transfer without account": _with(payment=Payment("58")),
    "period ends before it starts": _with(period=Period(_DAY, _DAY - dt.timedelta(days=1))),
    "delivery without a country": _with(delivery=Delivery(_DAY, "Lager", Address(None, "Weg 1", "Wien", "1010"))),
    "delivery without city and postal code": _with(delivery=Delivery(_DAY, "Lager", _NOWHERE)),
    "no delivery": _with(delivery=None, period=None),
    "delivery without an address": _with(delivery=Delivery(_DAY), period=None),
    "delivery without a day": lambda document: replace(
        document, delivery=Delivery(None, "Lager", document.buyer.address), period=None
    ),
    "no lines": _with(lines=()),
    "no seller name": _seller(name=None),
    "no seller address": _seller(address=None),
    "no seller country": _address("seller", country=None),
    "no seller city": _address("seller", city=None),
    "no seller postal code": _address("seller", postal_code=None),
    "no seller VAT id": _seller(vat_id=None),
    "no seller VAT id and tax number": _seller(vat_id=None, tax_number=None),
    "no seller VAT id and registration": _seller(vat_id=None, registration_number=None),
    "no seller registration": _seller(registration_number=None),
    "seller VAT id without a country": _seller(vat_id="12/345/67890"),
    "no contact": _seller(contact=None),
    "no contact name": _contact(name=None),
    "no phone": _contact(phone=None),
    "no e-mail": _contact(email=None),
    "no seller electronic address": _seller(electronic_address=None),
    "e-mail as seller electronic address": _seller(electronic_address=ElectronicAddress("a@example.com", "EM")),
    "no buyer name": _buyer(name=None),
    "no buyer address": _buyer(address=None),
    "no buyer country": _address("buyer", country=None),
    "South Sudanese buyer": _address("buyer", country="SS"),
    "no buyer city": _address("buyer", city=None),
    "no buyer postal code": _address("buyer", postal_code=None),
    "German buyer without city": _address("buyer", country="DE", city=None),
    "no buyer VAT id": _buyer(vat_id=None),
    "no buyer VAT id but registration": _buyer(vat_id=None, registration_number="FN 1"),
    "Greek buyer": _buyer(vat_id="EL094259216"),
    "no buyer electronic address": _buyer(electronic_address=None),
    "electronic address without scheme": _buyer(electronic_address=ElectronicAddress("1", None)),
    "unknown scheme": _buyer(electronic_address=ElectronicAddress("1", "0001")),
    "scheme not on Peppol": _buyer(electronic_address=ElectronicAddress("1", "0037")),
    "wrong GLN": _buyer(electronic_address=ElectronicAddress("4006381333932", "0088")),
    "wrong Swedish number": _buyer(electronic_address=ElectronicAddress("5567037486", "0007")),
    "right Swedish number": _buyer(electronic_address=ElectronicAddress("5567037485", "0007")),
    "wrong Danish number": _buyer(electronic_address=ElectronicAddress("1234567", "0184")),
    "right Danish number": _buyer(electronic_address=ElectronicAddress("DK12345674", "0184")),
    "wrong Danish P number": _buyer(electronic_address=ElectronicAddress("12345", "0096")),
    "wrong Danish SE number": _buyer(electronic_address=ElectronicAddress("12345674", "0198")),
    "wrong Belgian number": _buyer(electronic_address=ElectronicAddress("0203201341", "0208")),
    "right Belgian number": _buyer(electronic_address=ElectronicAddress("0203201340", "0208")),
    "wrong Norwegian number": _buyer(electronic_address=ElectronicAddress("988077918", "0192")),
    "right Norwegian number": _buyer(electronic_address=ElectronicAddress("988077917", "0192")),
    "wrong Australian number": _buyer(electronic_address=ElectronicAddress("83914571674", "0151")),
    "right Australian number": _buyer(electronic_address=ElectronicAddress("83914571673", "0151")),
    "one cent off the lines": _total(lines=CENT),
    "one cent off the net total": _total(without_tax=CENT),
    "one cent off the tax": _total(tax=CENT),
    "one cent off the total": _total(with_tax=CENT),
    "one cent off what is due": _total(due=CENT),
    "one cent off everything": _total(lines=CENT, without_tax=CENT, with_tax=CENT, due=CENT),
    "one cent off a line": lambda document: _line(total=document.lines[0].total + CENT)(document),
    "one unit off a line": lambda document: _line(total=document.lines[0].total + 1)(document),
    "one cent off a rate's tax": lambda document: _tax(tax=document.taxes[0].tax + CENT)(document),
    "one cent off a rate's base": lambda document: _tax(base=document.taxes[0].base + CENT)(document),
    "one unit off a rate's base": lambda document: _tax(base=document.taxes[0].base + 1)(document),
    "one unit more tax throughout": lambda document: _total(tax=Decimal(1), with_tax=Decimal(1), due=Decimal(1))(
        _tax(tax=document.taxes[0].tax + 1)(document)
    ),
    "three decimals": _total(lines=Decimal("0.001")),
    "three decimals of the discount": _line(discount=Adjustment(Decimal("0.001"), "Rabatt")),
    "currency without a code": _with(currency="STN"),
    "no tax breakdown": _with(taxes=()),
    "a rate twice": lambda document: replace(document, taxes=(*document.taxes, document.taxes[0])),
    "a rate too many": lambda document: replace(
        document, taxes=(*document.taxes, replace(document.taxes[0], rate=Decimal(16), base=Decimal(0), tax=Decimal(0)))
    ),
    "line without category": _line(category=None),
    "everything without category": lambda document: _tax(category=None)(_line(category=None)(document)),
    "unknown category": _line(category="X"),
    "wrong category S": _line(category="S"),
    "wrong category Z": _category("Z"),
    "wrong category E": _category("E"),
    "wrong category AE": _category("AE"),
    "wrong category K": _category("K"),
    "wrong category O": _category("O"),
    "wrong category in the breakdown": _tax(category="E"),
    "wrong rate": _line(rate=Decimal(16)),
    "rate of 0 at category S": lambda document: _tax(rate=Decimal(0))(_line(rate=Decimal(0))(document)),
    "all exempt with a reason": _all_of("E", "VATEX-EU-132"),
    "all exempt without a reason": _all_of("E", None),
    "all of rate zero": _all_of("Z", None),
    "all of rate zero with a reason": _all_of("Z", "VATEX-EU-132"),
    "all reversed": _all_of("AE", "VATEX-EU-AE"),
    "all reversed without a reason": _all_of("AE", None),
    "all within the Union": _all_of("K", "VATEX-EU-IC"),
    "all exported": _all_of("G", "VATEX-EU-G"),
    "all exported with another reason": _all_of("G", "VATEX-EU-AE"),
    "nothing subject to tax": _all_of("O", "VATEX-EU-O"),
    "unknown exemption code": _all_of("E", "VATEX-EU-999"),
    "a reason at category S": _tax(reason="Darum"),
    "line without a name": _line(name=None),
    "unknown unit": _line(unit="XYZ"),
    "negative price": _line(price=Decimal(-1)),
    "base quantity of 0": _line(base_quantity=Decimal(0)),
    "another quantity": lambda document: _line(quantity=document.lines[0].quantity + 1)(document),
    "discount without a reason": _line(discount=Adjustment(Decimal(0), None)),
    "charge without a reason": _line(charge=Adjustment(Decimal(0), None)),
}
