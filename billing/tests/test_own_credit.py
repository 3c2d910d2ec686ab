"""The rest of an invoice's own credit note settles it, in whatever way the rest gets free or something is due again."""

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from time_machine import travel

from accounting.integrity_checks import registered_checks
from billing.models import CreditNote, Invoice
from billing.services.allocations import unallocate_payment
from billing.services.corrections import reverse_payment
from billing.services.credit_notes import create_credit_note
from billing.services.note_allocations import allocate_credit_note, refund_credit_note, unallocate_credit_note
from billing.tests.factories import customer, line, paid, sent
from skeleton.kernel.actors import SYSTEM

pytestmark = pytest.mark.django_db


def on(day: int) -> Any:
    return travel(dt.datetime(2025, 11, day, 12, tzinfo=dt.UTC), tick=False)


@pytest.fixture
def invoice() -> Invoice:
    """Return an invoice of 1000 that was paid on 2 November and then credited whole."""
    with on(2):
        made = paid(line(1000), of=customer())
        create_credit_note(invoice_id=made.pk, reason="Damaged", send=True, actor=SYSTEM)
    return made


def note_of(invoice: Invoice) -> CreditNote:
    return CreditNote.objects.get(invoice=invoice)


def take_payment_back(invoice: Invoice) -> None:
    unallocate_payment(payment_id=invoice.payments.get().pk, invoice_id=invoice.pk, actor=SYSTEM)


def assert_cancelled_by_its_note(invoice: Invoice, *, from_day: int) -> None:
    connection.check_constraints()
    invoice.refresh_from_db()
    assert (invoice.status, invoice.amount_due, note_of(invoice).unallocated) == ("cancelled", 0, 0)
    (settlement,) = invoice.settlements.filter(undone_at=None)
    assert (settlement.credit_note_id, settlement.day) == (note_of(invoice).pk, dt.date(2025, 11, from_day))
    assert [found for check in registered_checks().values() for found in check()] == []


def test_a_refund_of_the_note_is_reversed(invoice: Invoice) -> None:
    with on(5):
        refund = refund_credit_note(credit_note_id=note_of(invoice).pk, amount=1000, method="card", actor=SYSTEM)
    with on(10):
        take_payment_back(invoice)
    with on(12):
        reverse_payment(payment_id=refund, reason="Came back", actor=SYSTEM)
    assert_cancelled_by_its_note(invoice, from_day=12)


def test_a_refund_of_the_note_is_reversed_for_an_earlier_day(invoice: Invoice) -> None:
    """The payment settled the invoice until the 10th, so the note does so from then on."""
    with on(5):
        refund = refund_credit_note(credit_note_id=note_of(invoice).pk, amount=1000, method="card", actor=SYSTEM)
    with on(10):
        take_payment_back(invoice)
    with on(12):
        reverse_payment(payment_id=refund, reason="Came back", date=dt.date(2025, 11, 6), actor=SYSTEM)
    assert_cancelled_by_its_note(invoice, from_day=10)


def test_the_note_is_taken_back_from_another_invoice(invoice: Invoice) -> None:
    with on(3):
        other = sent(line(5000), of=invoice.customer)
        of: Any = {"credit_note_id": note_of(invoice).pk, "invoice_id": other.pk, "actor": SYSTEM}
        allocate_credit_note(**of)
    with on(10):
        take_payment_back(invoice)
    with on(12):
        unallocate_credit_note(date=dt.date(2025, 11, 6), **of)
    assert_cancelled_by_its_note(invoice, from_day=10)
    other.refresh_from_db()
    assert (other.status, other.amount_due) == ("sent", 5000)


def test_the_rest_stays_on_account_while_nothing_is_due(invoice: Invoice) -> None:
    with on(5):
        refund = refund_credit_note(credit_note_id=note_of(invoice).pk, amount=1000, method="card", actor=SYSTEM)
        reverse_payment(payment_id=refund, reason="Came back", actor=SYSTEM)
    connection.check_constraints()
    assert note_of(invoice).unallocated == 1000
