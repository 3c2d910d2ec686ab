"""Random documents for the tests of electronic invoices: right ones, of all categories of VAT."""

import datetime as dt
from decimal import Decimal
from random import Random

from billing.e_invoices.document import (
    CREDIT_NOTE,
    INVOICE,
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
from skeleton.kernel.money import minor_digits, round_half_away

_CITIES = (
    ("DE", "Köln", "50667"),
    ("DE", "Berlin", "10115"),
    ("AT", "Wien", "1010"),
    ("FR", "Saint-Étienne", "42000"),
    ("PL", "Łódź", "90-001"),
)
_ABROAD = (*_CITIES, ("US", "Portland, OR", "97201"), ("UA", "Київ", "01001"), ("CH", "Zürich", "8001"))
_NAMES = ("Müller & Söhne <GmbH>", "Ольга Коваль", 'Café "Zur Post" e. K.', "O’Brien Ltd", "Nová, s.r.o.")
_GOODS = ("Schraube M4 × 20", "Beratung & Planung", "Зошит", "10 % «extra»", "A")
_RATES = ("19", "7", "20", "5.5", "8.1", "0.5")
_REASONS = {"E": "VATEX-EU-132", "AE": "VATEX-EU-AE", "K": "VATEX-EU-IC", "G": "VATEX-EU-G", "O": "VATEX-EU-O"}
_MIXES = (("S",), ("S", "Z"), ("S", "E"), ("S", "Z", "E"), ("AE",), ("S", "AE"), ("K",), ("G",), ("O",), ("Z",), ("E",))


def random_document(seed: int) -> Document:
    """Return a document that every profile accepts, the same for the same seed."""
    chance = Random(seed)  # not cryptographic: the same documents in every run
    mix = chance.choice(_MIXES)
    currency = chance.choice(("EUR", "EUR", "EUR", "USD", "CHF", "PLN", "JPY"))
    lines = tuple(_line(chance, number, mix, currency) for number in range(1, chance.randint(2, 7)))
    taxes = _taxes(chance, lines, currency)
    is_credit_note = chance.random() < 0.3
    seller, buyer = _seller(chance, mix), _buyer(chance, mix)
    issued = dt.date(2026, 1, 1) + dt.timedelta(days=chance.randint(0, 700))
    period = _maybe(chance, Period(issued - dt.timedelta(days=30), issued))
    return Document(
        number=f"{'CN' if is_credit_note else 'INV'}-2026-{seed:03}",
        type_code=CREDIT_NOTE if is_credit_note else INVOICE,
        issue_date=issued,
        currency=currency,
        seller=seller,
        buyer=buyer,
        lines=lines,
        taxes=taxes,
        totals=_totals(chance, lines, taxes),
        payment=_payment(chance),
        due_date=issued + dt.timedelta(days=14),
        terms=_maybe(chance, "Zahlbar ohne Abzug."),
        buyer_reference="04011000-12345-34",
        purchase_order=_maybe(chance, "PO 17/4"),
        sales_order=_maybe(chance, "ORD-2026-000017"),
        note=_maybe(chance, "Danke & до зустрічі"),
        preceding=PrecedingInvoice("INV-2025-001", issued) if is_credit_note else None,
        delivery=_delivery(chance, issued, buyer, is_needed="K" in mix),
        period=period,
    )


def _maybe(chance: Random, value):
    return value if chance.random() < 0.5 else None


def _address(chance: Random, places: tuple[tuple[str, str, str], ...]) -> Address:
    country, city, postal_code = chance.choice(places)
    return Address(country, chance.choice(("Am Markt 1", "вул. Хрещатик 2")), city, postal_code, _maybe(chance, "Süd"))


def _seller(chance: Random, mix: tuple[str, ...]) -> TradeParty:
    is_subject = mix != ("O",)
    return TradeParty(
        name=chance.choice(_NAMES),
        address=_address(chance, _CITIES),
        trade_name=_maybe(chance, "Zur Post"),
        registration_number="HRB 1234",
        vat_id="DE136695976" if is_subject else None,
        tax_number="12/345/67890",
        contact=Contact("Anna Auskunft", "+49 221 5550199", "anna@example.com"),
        electronic_address=ElectronicAddress("DE136695976", "9930"),
    )


def _buyer(chance: Random, mix: tuple[str, ...]) -> TradeParty:
    needs_vat_id = "AE" in mix or "K" in mix
    return TradeParty(
        name=chance.choice(_NAMES),
        address=_address(chance, _ABROAD),
        trade_name=None,
        vat_id="ATU13585627" if needs_vat_id else None,
        contact=_maybe(chance, Contact(email="buyer@example.com")),
        electronic_address=chance.choice(
            (ElectronicAddress("04011000-12345-34", "0204"), ElectronicAddress("4006381333931", "0088"))
        ),
    )


def _line(chance: Random, number: int, mix: tuple[str, ...], currency: str) -> Line:
    category = chance.choice(mix)
    digits = minor_digits(currency)
    # in currencies without decimals, Peppol accepts only totals that need no rounding
    quantity = Decimal(chance.randint(1, 90_000)).scaleb(-3) if digits else Decimal(chance.randint(1, 90))
    base_quantity = Decimal(chance.choice((1, 1, 1, 100))) if digits else Decimal(1)
    price = chance.randint(0, 1_000_000)
    product = round_half_away(quantity * price / base_quantity)
    adjusted = chance.randint(0, product)
    discount, charge = chance.choice(((0, 0), (0, 0), (adjusted, 0), (0, adjusted)))
    return Line(
        id=str(number),
        name=chance.choice(_GOODS),
        quantity=quantity,
        unit=chance.choice(("C62", "HUR", "KGM", "XPX")),
        price=Decimal(price).scaleb(-digits),
        total=Decimal(product - discount + charge).scaleb(-digits),
        category=category,
        rate=Decimal(chance.choice(_RATES)) if category == "S" else Decimal(0),
        base_quantity=base_quantity,
        item_number=_maybe(chance, "SKU-1"),
        discount=Adjustment(Decimal(discount).scaleb(-digits), "Rabatt") if discount else None,
        charge=Adjustment(Decimal(charge).scaleb(-digits), "Ausgleich") if charge else None,
    )


def _taxes(chance: Random, lines: tuple[Line, ...], currency: str) -> tuple[TaxRow, ...]:
    bases: dict[tuple[str, Decimal], Decimal] = {}
    for line in lines:
        assert line.category
        key = (line.category, line.rate)
        bases[key] = bases.get(key, Decimal(0)) + line.total
    digits = minor_digits(currency)
    return tuple(
        TaxRow(
            category=category,
            rate=rate,
            base=base,
            tax=Decimal(round_half_away((base * rate / 100).scaleb(digits))).scaleb(-digits),
            reason="Darum" if category in _REASONS else None,
            reason_code=_maybe(chance, _REASONS.get(category)),
        )
        for (category, rate), base in sorted(bases.items())
    )


def _totals(chance: Random, lines: tuple[Line, ...], taxes: tuple[TaxRow, ...]) -> Totals:
    without_tax = sum((line.total for line in lines), Decimal(0))
    tax = sum((row.tax for row in taxes), Decimal(0))
    paid = _maybe(chance, Decimal(1)) or Decimal(0)
    return Totals(without_tax, without_tax, tax, without_tax + tax, without_tax + tax - paid, paid)


def _payment(chance: Random) -> Payment:
    account = Account("DE89370400440532013000", "Zur Post", _maybe(chance, "COBADEFFXXX"))
    return chance.choice((Payment("58", "INV-1", account), Payment("30", None, account), Payment("1")))


def _delivery(chance: Random, day: dt.date, buyer: TradeParty, *, is_needed: bool) -> Delivery | None:
    to_buyer = Delivery(day, buyer.name, buyer.address)
    return to_buyer if is_needed else chance.choice((None, Delivery(day), to_buyer))
