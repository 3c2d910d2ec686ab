"""What invoices say about supply, references, delivery, terms and the payment code, and in which language."""

import datetime as dt
from typing import Any

import pytest
import segno
from django.db import connection

from billing.documents.payment_code import draw, payment_code
from billing.documents.supply_words import SUPPLY_LABELS
from billing.documents.terms import reference_facts, supply_facts, terms
from billing.models import IssuedDocument
from billing.services import documents
from billing.services.documents import issue_sent_invoice
from billing.services.invoices import create_invoice, send_invoice
from billing.tests.factories import brought, credited, customer, draft, invoiced, line, part_paid, sent
from billing.tests.test_documents import LANGUAGES, SELLER, invoice, text_of
from parties.models import Party
from skeleton.kernel.actors import SYSTEM
from skeleton.testkit.roles import without_triggers

pytestmark = pytest.mark.django_db

CODE = {"name": "Northwind GmbH", "iban": "DE89370400440532013000", "bic": "COBADEFF", "amount": "1200.00"}
PAYLOAD = """BCD
002
1
SCT
COBADEFF
Northwind GmbH
DE89370400440532013000
EUR1200


INV-2026-001"""


def _day(n: int) -> dt.date:
    return dt.date(2026, 1, n)


def test_all_languages_have_the_same_words():
    assert set(SUPPLY_LABELS) == set(LANGUAGES)
    assert all(words.keys() == SUPPLY_LABELS["en"].keys() for words in SUPPLY_LABELS.values())


def test_supply_is_a_day_or_a_period():
    assert supply_facts(invoice(delivery_date=_day(3)), "de") == [("Lieferdatum", "03.01.2026")]
    period = invoice(service_start=_day(1), service_end=_day(31))
    assert supply_facts(period, "en") == [("Service period", "1 January 2026 to 31 January 2026")]
    assert supply_facts(invoice(), "en") == []  # sent by the first edition
    unsent = invoice(sent_at=None, status="draft")
    assert supply_facts(unsent, "en") == [("Date of supply", "2 November 2026")]


def test_a_draft_refers_to_what_the_customer_has():
    buyer = {"buyer_reference": "theirs"}
    assert reference_facts(invoice(sent_at=None), buyer, "en") == [("Your reference", "theirs")]
    assert reference_facts(invoice(), buyer, "en") == []
    both = invoice(buyer_reference="own", purchase_order_reference="PO 7")
    assert reference_facts(both, buyer, "en") == [("Your reference", "own"), ("Your order", "PO 7")]


@pytest.mark.parametrize(
    "language, told",
    [
        ("en", "Payable within 30 days of the date of issue, by 2 December 2026, without deduction."),
        ("de", "Zahlbar innerhalb von 30 Tagen ab Rechnungsdatum, bis 02.12.2026, ohne Abzug."),
        ("uk", "Сплатити без знижок протягом 30 дн. від дати рахунка, до 02.12.2026."),
    ],
)
def test_terms_of_counted_days(language, told):
    assert terms(invoice(delivery_date=_day(3), payment_days=30), SELLER, language)["terms"] == told
    assert "terms" not in terms(invoice(delivery_date=_day(3)), SELLER, language)
    assert terms(invoice(payment_days=30), SELLER, language) == {}
    at_once = terms(invoice(delivery_date=_day(3), payment_days=0), SELLER, language)["terms"]
    assert at_once == SUPPLY_LABELS[language]["terms_at_once"]


def test_the_payment_code_says_what_the_standard_asks_for():
    code = payment_code(invoice(), SELLER)
    assert code == {**CODE, "text": "INV-2026-001"}
    expected = segno.make_qr(PAYLOAD.encode(), error="m", boost_error=False)
    assert draw(code) == expected.svg_inline(border=0, omitsize=True)


@pytest.mark.parametrize(
    "change, seller",
    [
        ({"currency": "USD"}, {}),
        ({"status": "draft"}, {}),
        ({"status": "paid", "amount_due": 0}, {}),
        ({"amount_due": 0}, {}),
        ({"amount_due": 99_999_999_999 + 1}, {}),
        ({}, {"iban": ""}),
        ({}, {"iban": "DE00 1"}),
    ],
)
def test_no_payment_code(change, seller):
    assert payment_code(invoice(**change), {**SELLER, **seller}) is None


def test_a_payment_code_of_extremes_can_be_drawn():
    seller = {**SELLER, "name": "Ä" * 200, "bic": ""}
    code = payment_code(invoice(amount_due=1, number="INV-2026-123456789012"), seller)
    assert code
    assert (len(code["name"]), code["amount"], code["bic"]) == (70, "0.01", None)
    assert draw(code).startswith("<svg")


# --- on paper ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def buyer(settings: Any) -> Party:
    settings.SKELETON_COMPANY = SELLER
    fields: dict[str, Any] = {"vat_id": "ATU13585627", "language": "de", "buyer_reference": "Lw-1"}
    return customer(name="Acme", currency="EUR", payment_days=14, **fields)


def sent_to(buyer: Party, **values: Any) -> Any:
    made = create_invoice(customer_id=buyer.pk, lines=[line(100000, tax_rate=20)], actor=SYSTEM, **values)
    send_invoice(invoice_id=made, actor=SYSTEM)
    return made


def paper(invoice_id: Any, language: str | None = None) -> str:
    return text_of(documents.invoice_pdf(invoice_id=invoice_id, language=language, actor=SYSTEM).pdf)


def test_an_invoice_says_all_of_it(buyer):
    address = {"street": "Rampe 4", "city": "Graz"}
    pk = sent_to(buyer, purchase_order_reference="PO 7", delivery_address=address)
    said = paper(pk)
    for words in ("Lieferdatum", "Lw-1", "PO 7", "Lieferung an", "Rampe 4", "USt-IdNr.: ATU13585627", "14 Tagen"):
        assert words in said, said
    assert "QR-Code" in said


def test_the_language_is_the_customers_unless_another_is_requested(buyer, owner):
    pk = sent_to(buyer)
    assert "Rechnungsdatum" in paper(pk)
    assert "Date of issue" in paper(pk, "en")
    issue_sent_invoice(invoice_id=str(pk), language="uk")
    assert set(IssuedDocument.objects.values_list("language", flat=True)) == {"de", "en"}
    for path, word in (
        (f"/invoices/{pk}/pdf", "Rechnung"),
        (f"/orders/{brought('confirmed', of=buyer).pk}/pdf", "Auf"),
    ):
        answer = owner.get(path)
        assert word in text_of(answer.response.content)
    assert "Invoice" in text_of(owner.get(f"/invoices/{pk}/pdf", language="en").response.content)
    note = credited(part_paid(line(1000), of=buyer))
    said = text_of(documents.credit_note_pdf(credit_note_id=note, language=None, actor=SYSTEM).pdf)
    assert "Rechnungskorrektur" in said


def test_an_order_s_invoice_goes_where_the_order_does(buyer):
    made = brought("confirmed", of=buyer, shipping_address={"city": "Lviv"})
    assert "Lviv" in paper(invoiced(made).pk)


def test_an_invoice_of_the_first_edition_says_what_it_said(buyer):
    """Its contents have none of the new fields, so its PDF is found again."""
    made = sent(line(1000), of=buyer)
    connection.check_constraints()
    with without_triggers() as cursor:
        cursor.execute("UPDATE billing_invoice SET delivery_date = NULL, buyer_reference = NULL, payment_days = NULL")
        cursor.execute("UPDATE billing_correspondents SET customer = customer - 'vat_id' - 'language'")
    said = paper(made.pk, "de")
    assert not [word for word in ("Lieferdatum", "Ihre Referenz", "QR-Code", "ATU") if word in said]


def test_a_draft_has_no_payment_code(buyer):
    assert "QR-Code" not in paper(draft(of=buyer).pk)
