"""An invoice is settled from the day of its posting. Money that came between its draft and then is on account."""

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from time_machine import travel

from accounting import integrity_checks
from billing.models import Invoice, Payment
from billing.reports import receivables_aging
from billing.services.allocations import allocate_payment
from billing.services.invoices import send_invoice
from billing.services.payments import receive_payment, record_payment
from billing.services.write_offs import write_off
from billing.statements import StatementPeriod, customer_balance, customer_statement
from billing.tests.factories import customer, draft, line
from billing.tests.test_constraints import attack
from billing.tests.test_settlements_attacked import settling
from parties.models import Party
from skeleton.kernel.actors import SYSTEM
from skeleton.kernel.errors import Invalid

pytestmark = pytest.mark.django_db

DRAFTED, PAID, SENT = "11-02", "11-10", "11-20"


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(f"2025-{text}T12:00:00+00:00")


@pytest.fixture
def acme() -> Party:
    with travel(at(DRAFTED), tick=False):
        return customer()


@pytest.fixture
def invoice(acme: Party) -> Invoice:
    """Return an invoice of 5000 that was drafted on 2 November and sent on the 20th."""
    with travel(at(DRAFTED), tick=False):
        made = draft(line(5000), of=acme)
    with travel(at(SENT), tick=False):
        send_invoice(invoice_id=made.pk, actor=SYSTEM)
    made.refresh_from_db()
    return made


def received(of: Party, **values: Any) -> Payment:
    """Record 5000 on 25 November that came on the 10th."""
    common: Any = {"currency": "USD", "method": "card", "paid_at": at(PAID), "actor": SYSTEM}
    with travel(at("11-25"), tick=False):
        return Payment.objects.get(pk=receive_payment(customer_id=of.pk, amount=5000, **common, **values))


def owed(of: Party, text: str) -> tuple[int, int, int]:
    """Return what is open, on account and aged at the end of a day."""
    day = at(text).date()
    (part,) = customer_statement(of.pk, StatementPeriod(None, day), None, actor=SYSTEM)["currencies"]
    aged = [one["totals"]["total"] for one in receivables_aging(day)["currencies"]]
    return part["open"], part["on_account"], int(sum(aged))


def assert_on_account_until_it_is_sent(of: Party) -> None:
    connection.check_constraints()
    assert [found for check in integrity_checks.registered_checks().values() for found in check()] == []
    days = ("11-10", "11-15", "11-19", "11-20", "11-25")
    assert [owed(of, day) for day in days] == [(0, 5000, 0)] * 3 + [(0, 0, 0)] * 2
    assert customer_balance(of.pk) == []


def test_a_payment_of_the_invoice(acme: Party, invoice: Invoice) -> None:
    with travel(at("11-25"), tick=False):
        record_payment(invoice_id=invoice.pk, amount=5000, method="card", paid_at=at(PAID), actor=SYSTEM)
    assert_on_account_until_it_is_sent(acme)


def test_a_transfer_for_invoices_that_are_named(acme: Party, invoice: Invoice) -> None:
    received(acme, allocations=[{"invoice_id": invoice.pk, "amount": 5000}])
    assert_on_account_until_it_is_sent(acme)


def test_a_transfer_for_the_oldest_invoices(acme: Party, invoice: Invoice) -> None:
    received(acme, auto_allocate=True)
    assert_on_account_until_it_is_sent(acme)


def test_a_day_before_it_is_refused(acme: Party, invoice: Invoice) -> None:
    payment = received(acme)
    early: Any = {"date": at("11-19").date(), "actor": SYSTEM}
    with travel(at("11-25"), tick=False):
        with pytest.raises(Invalid):
            allocate_payment(payment_id=payment.pk, invoice_id=invoice.pk, **early)
        with pytest.raises(Invalid):
            write_off(invoice_id=invoice.pk, reason="Lost", **early)
        allocate_payment(payment_id=payment.pk, invoice_id=invoice.pk, date=at(SENT).date(), actor=SYSTEM)
    assert_on_account_until_it_is_sent(acme)


def test_postgresql_refuses_a_day_before_it(acme: Party, invoice: Invoice) -> None:
    payment = received(acme)
    assert attack(settling(invoice, payment, day="'2025-11-19'")) == "billing_settlement_days"
    assert attack(settling(invoice, payment, day="'2025-11-20'")) == "billing_settlement_in_books"
