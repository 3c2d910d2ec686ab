"""Races over payments, with 32 real threads on the real database. Afterwards every amount adds up."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from accounting import integrity_checks
from accounting.choices import Role
from accounting.tests.factories import net
from billing.models import Invoice, Payment
from billing.services import corrections
from billing.services.allocations import allocate_payment, unallocate_payment
from billing.services.corrections import refund_payment, reverse_payment
from billing.services.invoices import cancel_invoice, send_invoice
from billing.services.payments import Allocation, receive_payment, record_payment
from billing.tests.factories import customer, draft, line, sent
from skeleton.kernel.actors import SYSTEM
from skeleton.kernel.errors import Conflict, DomainError, Invalid
from skeleton.testkit.races import run_concurrently

pytestmark = pytest.mark.django_db(transaction=True)

RACERS = 32


@pytest.fixture(autouse=True)
def _sums_agree(transactional_db):
    yield
    assert [found for check in integrity_checks.registered_checks().values() for found in check()] == []
    on_account = sum(payment.unallocated for payment in Payment.objects.filter(reversed_at=None, direction="in"))
    assert net(Role.ADVANCES.code) == -on_account
    assert net(Role.RECEIVABLE.code) == sum(invoice.amount_due for invoice in Invoice.objects.filter(status="sent"))


def received(of, amount):
    return Payment.objects.get(
        pk=receive_payment(customer_id=of.pk, amount=amount, currency="USD", method="card", actor=SYSTEM)
    )


def allocating(payment, invoice, amount=None):
    return lambda: allocate_payment(payment_id=payment.pk, invoice_id=invoice.pk, amount=amount, actor=SYSTEM)


def unallocating(payment, invoice):
    return lambda: unallocate_payment(payment_id=payment.pk, invoice_id=invoice.pk, actor=SYSTEM)


def reversing(payment):
    return lambda: reverse_payment(payment_id=payment.pk, reason="Typo", actor=SYSTEM)


def refunding(payment, amount):
    return lambda: refund_payment(payment_id=payment.pk, amount=amount, method="card", actor=SYSTEM)


def paying(invoice, amount):
    return lambda: record_payment(invoice_id=invoice.pk, amount=amount, method="card", actor=SYSTEM)


def won(outcomes):
    return [one for one in outcomes if not isinstance(one, DomainError)]


def test_allocations_of_one_payment_never_exceed_it():
    acme = customer()
    payment = received(acme, 1000)
    invoices = [sent(line(1000), of=acme) for _ in range(4)]
    outcomes = run_concurrently(*(allocating(payment, invoices[n % 4], 100) for n in range(RACERS)))
    assert len(won(outcomes)) == 10
    assert {type(one) for one in outcomes if isinstance(one, DomainError)} <= {Conflict, Invalid}
    payment.refresh_from_db()
    assert (payment.allocated, payment.unallocated) == (1000, 0)


def test_payments_and_allocations_never_exceed_what_is_due():
    acme = customer()
    invoice = sent(line(1000), of=acme)
    payments = [received(acme, 100) for _ in range(16)]
    outcomes = run_concurrently(
        *(allocating(payment, invoice, 100) for payment in payments), *(paying(invoice, 100) for _ in range(16))
    )
    assert len(won(outcomes)) == 10
    invoice.refresh_from_db()
    assert (invoice.status, invoice.amount_paid, invoice.amount_due) == ("paid", 1000, 0)


def test_reversing_against_allocating():
    acme = customer()
    payment = received(acme, 1000)
    invoices = [sent(line(1000), of=acme) for _ in range(4)]
    jobs = [allocating(payment, invoices[n % 4], 10) for n in range(RACERS - 4)]
    outcomes = run_concurrently(*jobs[:14], *(reversing(payment) for _ in range(4)), *jobs[14:])
    reversals = outcomes[14:18]
    assert len(won(reversals)) <= 1
    assert {type(one) for one in outcomes if isinstance(one, DomainError)} <= {Conflict}
    payment.refresh_from_db()
    assert bool(payment.reversed_at) == bool(won(reversals))
    if payment.reversed_at:
        assert payment.allocated == 0
        assert not Invoice.objects.exclude(amount_paid=0).exists()


@pytest.mark.parametrize(("attempts", "outcome"), [(3, "reversed"), (1, "refused")])
def test_a_reversal_that_is_overtaken_begins_again(attempts, outcome, monkeypatch):
    """The payment settles another invoice while the reversal waits for it. After the last attempt, it is a conflict."""
    monkeypatch.setattr(corrections, "_ATTEMPTS", attempts)
    acme = customer()
    payment, invoice = received(acme, 1000), sent(line(1000), of=acme)
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            allocating(payment, invoice, 400)()
            reversal = pool.submit(run_concurrently, reversing(payment))
            wait_for_a_lock()
        (result,) = reversal.result(timeout=30)
    payment.refresh_from_db()
    if outcome == "reversed":
        assert (result, bool(payment.reversed_at), payment.allocated) == (None, True, 0)
    else:
        assert isinstance(result, Conflict)
        assert result.details == {"allowed": ["reverse"]}
        assert "so it was not reversed" in str(result.message)
        assert (payment.reversed_at, payment.allocated) == (None, 400)


def wait_for_a_lock():
    """Wait until another connection waits for a lock."""
    for _ in range(1000):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")  # otherwise a transaction keeps its first snapshot
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
            if cursor.fetchone()[0]:
                return
        time.sleep(0.01)
    raise AssertionError("nobody waits")


def test_refunding_against_reversing_and_allocating():
    acme = customer()
    payment, invoice = received(acme, 1000), sent(line(5000), of=acme)
    jobs = [refunding(payment, 100) for _ in range(14)] + [allocating(payment, invoice, 100) for _ in range(14)]
    jobs[5:5] = [reversing(payment) for _ in range(4)]
    run_concurrently(*jobs)
    payment.refresh_from_db()
    if payment.reversed_at:
        assert (payment.allocated, payment.refunded) == (0, 0)
    else:
        assert payment.allocated + payment.refunded == 1000
    assert payment.refunded == sum(refund.amount for refund in payment.refunds.all())


def test_allocating_and_undoing_take_turns():
    acme = customer()
    payment = received(acme, 1000)
    one, other = sent(line(1000), of=acme), sent(line(1000), of=acme)
    jobs = [
        allocating(payment, one),
        unallocating(payment, one),
        allocating(payment, other),
        unallocating(payment, other),
    ]
    outcomes = run_concurrently(*(jobs[n % 4] for n in range(RACERS)))
    assert {type(found) for found in outcomes if isinstance(found, DomainError)} <= {Conflict}


def test_everything_at_once_never_deadlocks():
    """Payments over many invoices, in all directions, with sending, cancelling and reversing."""
    acme = customer()
    invoices = [sent(line(100), of=acme) for _ in range(6)]
    drafts = [draft(line(100), of=acme) for _ in range(4)]
    payments = [received(acme, 150) for _ in range(4)]

    def spreading(order):
        shares: list[Allocation] = [{"invoice_id": invoice.pk, "amount": 10} for invoice in order]
        return lambda: receive_payment(
            customer_id=acme.pk, amount=80, currency="USD", method="card", allocations=shares, actor=SYSTEM
        )

    def automatic():
        return receive_payment(
            customer_id=acme.pk, amount=70, currency="USD", method="card", auto_allocate=True, actor=SYSTEM
        )

    def sending(invoice):
        return lambda: send_invoice(invoice_id=invoice.pk, use_on_account=True, actor=SYSTEM)

    run_concurrently(
        *(spreading(invoices[n:] + invoices[:n]) for n in range(5)),
        *(spreading(list(reversed(invoices))) for _ in range(3)),
        *(automatic for _ in range(4)),
        *(sending(one) for one in drafts),
        *(allocating(payment, invoices[n]) for n, payment in enumerate(payments)),
        *(reversing(payment) for payment in payments[:2]),
        *(refunding(payment, 50) for payment in payments[2:]),
        *(paying(invoice, 20) for invoice in invoices),
        *(lambda pk=one.pk: cancel_invoice(invoice_id=pk, actor=SYSTEM) for one in invoices[:2]),
    )


def test_numbers_have_no_gap_under_load():
    acme = customer()
    invoice = sent(line(100_000), of=acme)
    run_concurrently(*(paying(invoice, 10) for _ in range(16)), *(lambda: received(acme, 5) for _ in range(16)))
    numbers = sorted(int(number.split("-")[2]) for number in Payment.objects.values_list("number", flat=True))
    assert numbers == list(range(1, 33))
