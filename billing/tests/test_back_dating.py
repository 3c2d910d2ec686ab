"""A day in the past is refused where the same money, or the same invoice, was used otherwise until later.

Otherwise more would be on account, or settled, on a past day than there was.
"""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from time_machine import travel

from accounting.integrity_checks import registered_checks
from billing.models import CreditNote, Invoice, Payment
from billing.reports import receivables_aging
from billing.services.allocations import allocate_payment, unallocate_payment
from billing.services.corrections import refund_payment, reverse_payment
from billing.services.credit_notes import create_credit_note
from billing.services.note_allocations import allocate_credit_note, refund_credit_note, unallocate_credit_note
from billing.services.payments import receive_payment, record_payment
from billing.services.write_offs import undo_write_offs, write_off
from billing.statements import StatementPeriod, customer_statement
from billing.tests.factories import customer, line, paid, sent
from billing.tests.test_constraints import attack
from billing.tests.test_settlements_attacked import settling
from parties.models import Party
from skeleton.kernel.actors import SYSTEM
from skeleton.kernel.errors import Invalid
from skeleton.kernel.text import local_day
from skeleton.testkit.narrowing import present

pytestmark = pytest.mark.django_db


def on(text: str) -> Any:
    return travel(dt.datetime.fromisoformat(f"2025-{text}T12:00:00+00:00"), tick=False)


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(f"2025-{text}")


@pytest.fixture(autouse=True)
def _later(db: None) -> Iterator[None]:
    """It is 25 November, and everything before happened on its day."""
    with on("11-25"):
        yield
        connection.check_constraints()


@pytest.fixture
def acme() -> Party:
    with on("11-01"):
        return customer()


def received(of: Party, amount: int = 5000) -> Payment:
    with on("11-05"):
        values: Any = {"currency": "USD", "method": "card", "actor": SYSTEM}
        return Payment.objects.get(pk=receive_payment(customer_id=of.pk, amount=amount, **values))


def invoiced(of: Party, amount: int = 5000) -> Invoice:
    with on("11-02"):
        return sent(line(amount), of=of)


def settled_until(text: str, payment: Payment, invoice: Invoice) -> None:
    """Settle the invoice from 5 November until a day."""
    of: Any = {"payment_id": payment.pk, "invoice_id": invoice.pk, "actor": SYSTEM}
    allocate_payment(date=day("11-05"), **of)
    unallocate_payment(date=day(text), **of)


def stated(of: Party, text: str) -> tuple[int, int]:
    """Return what is open and what is on account on a day."""
    (part,) = customer_statement(of.pk, StatementPeriod(None, day(text)), None, actor=SYSTEM)["currencies"]
    return part["open"], part["on_account"]


def refused(call: Any, *, earliest: str, **values: Any) -> None:
    """Assert that the day before `earliest` is refused, in a sentence that names it, and that `earliest` is not."""
    with pytest.raises(Invalid) as error:
        call(date=day(earliest) - dt.timedelta(days=1), actor=SYSTEM, **values)
    told = str(present(error.value.details)["date"])
    assert told.startswith(f"Must not be before {local_day(day(earliest))}: on that day, ")
    call(date=day(earliest), actor=SYSTEM, **values)


def test_a_payment_is_not_reversed_before_its_refund_was(acme: Party) -> None:
    payment = received(acme)
    of: Any = {"payment_id": payment.pk, "actor": SYSTEM}
    refund = refund_payment(amount=5000, method="card", date=day("11-08"), **of)
    reverse_payment(payment_id=refund, reason="Came back", date=day("11-20"), actor=SYSTEM)
    refused(reverse_payment, earliest="11-20", payment_id=payment.pk, reason="Typo")
    assert [stated(acme, one) for one in ("11-06", "11-15", "11-20")] == [(0, 5000), (0, 0), (0, 0)]


def test_a_payment_is_not_allocated_again_before_that_was_undone(acme: Party) -> None:
    payment, invoice = received(acme), invoiced(acme)
    settled_until("11-20", payment, invoice)
    refused(allocate_payment, earliest="11-20", payment_id=payment.pk, invoice_id=invoice.pk)
    assert stated(acme, "11-15") == (0, 0)


def test_an_invoice_is_not_settled_by_others_before_that_was_undone(acme: Party) -> None:
    payment, invoice, another = received(acme), invoiced(acme), received(acme)
    settled_until("11-20", payment, invoice)
    refused(allocate_payment, earliest="11-20", payment_id=another.pk, invoice_id=invoice.pk)


def test_an_invoice_is_not_written_off_before_it_was_due_again(acme: Party) -> None:
    payment, invoice = received(acme), invoiced(acme)
    settled_until("11-20", payment, invoice)
    refused(write_off, earliest="11-20", invoice_id=invoice.pk, reason="Lost")
    assert stated(acme, "11-15") == (0, 0)


def test_a_payment_is_not_refunded_while_it_settled_an_invoice(acme: Party) -> None:
    payment = received(acme)
    settled_until("11-20", payment, invoiced(acme))
    refused(refund_payment, earliest="11-20", payment_id=payment.pk, amount=5000, method="card")
    assert stated(acme, "11-15") == (0, 0)


def test_undoing_is_not_before_an_earlier_undoing(acme: Party) -> None:
    invoice = invoiced(acme)
    first, second = received(acme, 2000), received(acme, 3000)
    for payment in (first, second):
        allocate_payment(payment_id=payment.pk, invoice_id=invoice.pk, date=day("11-06"), actor=SYSTEM)
    unallocate_payment(payment_id=first.pk, invoice_id=invoice.pk, date=day("11-20"), actor=SYSTEM)
    refused(unallocate_payment, earliest="11-20", payment_id=second.pk, invoice_id=invoice.pk)


def test_write_offs_are_not_undone_before_an_earlier_undoing(acme: Party) -> None:
    payment, invoice = received(acme, 2000), invoiced(acme)
    write_off(invoice_id=invoice.pk, reason="Lost", amount=1000, date=day("11-05"), actor=SYSTEM)
    settled_until("11-20", payment, invoice)
    refused(undo_write_offs, earliest="11-20", invoice_id=invoice.pk)


def test_a_credit_note_is_not_used_before_it_was_free_again(acme: Party) -> None:
    with on("11-02"):
        credited = paid(line(1000), of=acme)
        of: Any = {"credit_note_id": create_credit_note(invoice_id=credited.pk, reason="Why", send=True, actor=SYSTEM)}
    other = invoiced(acme)
    allocate_credit_note(invoice_id=other.pk, date=day("11-05"), actor=SYSTEM, **of)
    unallocate_credit_note(invoice_id=other.pk, date=day("11-20"), actor=SYSTEM, **of)
    refused(refund_credit_note, earliest="11-20", amount=400, method="card", **of)
    refused(allocate_credit_note, earliest="11-20", invoice_id=other.pk, **of)


def test_what_an_own_credit_note_settles_counts_from_when_it_is_free(acme: Party) -> None:
    """The payment is taken back for a day on which the credit was still used elsewhere."""
    with on("11-02"):
        credited = paid(line(1000), of=acme)
        note = create_credit_note(invoice_id=credited.pk, reason="Why", send=True, actor=SYSTEM)
    other = invoiced(acme)
    allocate_credit_note(credit_note_id=note, invoice_id=other.pk, date=day("11-05"), actor=SYSTEM)
    unallocate_credit_note(credit_note_id=note, invoice_id=other.pk, date=day("11-20"), actor=SYSTEM)
    payment = credited.payments.get()
    unallocate_payment(payment_id=payment.pk, invoice_id=credited.pk, date=day("11-10"), actor=SYSTEM)
    assert [(one.day, one.amount) for one in CreditNote.objects.get(pk=note).settlements.filter(invoice=credited)] == [
        (day("11-20"), 1000)
    ]
    assert stated(acme, "11-15") == (5000, 1000)


def test_a_new_payment_settles_an_invoice_once_it_is_free(acme: Party) -> None:
    """The payment came while another settled the invoice: it is on account until that was undone."""
    payment, invoice = received(acme), invoiced(acme)
    settled_until("11-20", payment, invoice)
    with on("11-08"):
        paid_at = timezone.now()
    record_payment(invoice_id=invoice.pk, amount=5000, method="card", paid_at=paid_at, actor=SYSTEM)
    days = ("11-05", "11-07", "11-08", "11-19", "11-20", "11-25")
    assert [stated(acme, one) for one in days] == [(0, 0), (0, 0), (0, 5000), (0, 5000), (0, 5000), (0, 5000)]
    assert [int(aged["totals"]["total"]) for one in days for aged in receivables_aging(day(one))["currencies"]] == []
    assert [found for check in registered_checks().values() for found in check()] == []


def test_postgresql_refuses_what_counts_twice(acme: Party) -> None:
    payment, invoice, another = received(acme), invoiced(acme), received(acme)
    with on("11-02"):
        other = sent(line(5000), of=acme)
    settled_until("11-20", payment, invoice)
    for settled, by in ((invoice, another), (other, payment)):
        assert attack(settling(settled, by, day="'2025-11-19'")) == "billing_settlement_days"
        assert attack(settling(settled, by, day="'2025-11-20'")) == "billing_settlement_in_books"


def test_without_a_day_nothing_is_asked(acme: Party) -> None:
    payment, invoice = received(acme), invoiced(acme)
    settled_until("11-20", payment, invoice)
    allocate_payment(payment_id=payment.pk, invoice_id=invoice.pk, actor=SYSTEM)
    assert [stated(acme, one) for one in ("11-24", "11-25")] == [(5000, 5000), (0, 0)]
