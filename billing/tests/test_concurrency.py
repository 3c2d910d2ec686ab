"""Races, with real threads on the real database."""

import contextlib
import random

import pytest
from django.db import transaction

from billing.models import Invoice
from billing.services.invoices import add_line, cancel_invoice, create_invoice, delete_line, send_invoice
from billing.services.payments import record_payment
from billing.tests.factories import DUE, customer, draft, line, sent
from parties.choices import PartyKind
from parties.models import Party
from parties.services import change_status, update_party
from skeleton.kernel.actors import SYSTEM
from skeleton.kernel.errors import Conflict, DomainError, Invalid
from skeleton.testkit.races import run_concurrently

pytestmark = pytest.mark.django_db(transaction=True)


def paying(invoice, amount):
    return lambda: record_payment(invoice_id=invoice.pk, amount=amount, method="card", actor=SYSTEM)


def sending(invoice):
    return lambda: send_invoice(invoice_id=invoice.pk, actor=SYSTEM)


def cancelling(invoice):
    return lambda: cancel_invoice(invoice_id=invoice.pk, actor=SYSTEM)


def adding(invoice, **values):
    return lambda: add_line(invoice_id=invoice.pk, values=line(**values), actor=SYSTEM)


def deleting(invoice):
    only = invoice.lines.get().pk
    return lambda: delete_line(invoice_id=invoice.pk, line_id=only, actor=SYSTEM)


def creating(customer):
    return lambda: create_invoice(customer_id=customer.pk, due_date=DUE, lines=[line(7)], actor=SYSTEM)


def changing(customer, **values):
    return lambda: update_party(kind=PartyKind.CUSTOMER, pk=customer.pk, values=values, actor=SYSTEM)


def blacklisting(customer):
    return lambda: change_status(kind=PartyKind.CUSTOMER, pk=customer.pk, action="blacklist", actor=SYSTEM)


def test_sixteen_writers_with_rollbacks_leave_no_gap_and_no_double():
    acme = customer()
    chance = random.Random(7)  # noqa: S311
    fails = [chance.random() < 0.3 for _ in range(160)]  # noqa: PLR2004

    class Broken(Invalid):
        pass

    def create(fail):
        with transaction.atomic():
            create_invoice(customer_id=acme.pk, due_date=DUE, lines=[line()], actor=SYSTEM)
            if fail:
                raise Broken

    def writer(n):
        def run():
            for fail in fails[n * 10 : n * 10 + 10]:
                with contextlib.suppress(Broken):
                    create(fail)

        return run

    run_concurrently(*(writer(n) for n in range(16)))
    numbers = sorted(int(number.split("-")[2]) for number in Invoice.objects.values_list("number", flat=True))
    assert numbers == list(range(1, fails.count(False) + 1))


def test_of_two_payments_in_full_one_wins():
    invoice = sent(line(1000))
    outcomes = run_concurrently(paying(invoice, 1000), paying(invoice, 1000))
    assert sorted(type(one).__name__ for one in outcomes) == ["Conflict", "RecordedPayment"]
    invoice.refresh_from_db()
    assert (invoice.status, invoice.amount_paid, invoice.payments.count()) == ("paid", 1000, 1)


def test_of_twenty_payments_of_a_tenth_ten_win():
    invoice = sent(line(1000))
    outcomes = run_concurrently(*(paying(invoice, 100) for _ in range(20)))
    won = [one for one in outcomes if not isinstance(one, DomainError)]
    assert len(won) == 10
    assert sorted(one.amount_due for one in won) == list(range(0, 1000, 100))
    assert [one.invoice_status for one in won].count("paid") == 1
    assert all(isinstance(one, Conflict) for one in outcomes if isinstance(one, DomainError))
    invoice.refresh_from_db()
    assert (invoice.status, invoice.amount_paid, invoice.payments.count()) == ("paid", 1000, 10)


def test_a_payment_and_a_cancellation_exclude_each_other():
    for _ in range(5):
        invoice = sent(line(1000))
        outcomes = run_concurrently(paying(invoice, 400), cancelling(invoice))
        assert sum(isinstance(one, Conflict) for one in outcomes) == 1
        invoice.refresh_from_db()
        assert (invoice.status, invoice.amount_paid) in {("sent", 400), ("cancelled", 0)}


def test_a_line_is_on_the_invoice_before_it_is_sent_or_not_at_all():
    for _ in range(5):
        invoice = draft(line(1000))
        run_concurrently(adding(invoice, unit_price=500), sending(invoice))
        invoice.refresh_from_db()
        assert invoice.status == "sent"
        assert (invoice.total, invoice.lines.count()) in {(1000, 1), (1500, 2)}


def test_the_last_line_goes_or_the_invoice_does():
    for _ in range(5):
        invoice = draft(line(1000))
        outcomes = run_concurrently(deleting(invoice), sending(invoice))
        assert sum(isinstance(one, Conflict) for one in outcomes) == 1
        invoice.refresh_from_db()
        assert (invoice.status, invoice.lines.count()) in {("draft", 0), ("sent", 1)}


def test_lines_added_at_once_are_all_there():
    invoice = draft(line(1000))
    run_concurrently(*(adding(invoice, unit_price=1, tax_rate=20) for _ in range(8)))
    invoice.refresh_from_db()
    assert (invoice.subtotal, invoice.tax_total, invoice.lines.count()) == (1008, 2, 9)
    assert sorted(invoice.lines.values_list("position", flat=True)) == list(range(1, 10))


def test_sent_twice_is_sent_once():
    invoice = draft(line(1000))
    outcomes = run_concurrently(*(sending(invoice) for _ in range(4)))
    assert sum(isinstance(one, Conflict) for one in outcomes) == 3
    assert Party.objects.get(pk=invoice.customer_id).total_purchases == 1000


def test_renaming_and_sending_and_buying_never_deadlock():
    """All operations on one customer, concurrently. Afterwards every sum and every name is correct."""
    acme = customer(name="Acme")
    drafts = [draft(line(100), of=acme) for _ in range(8)]
    drafts += [draft(line(100), of=acme, currency="EUR") for _ in range(4)]
    paid_for = sent(line(50), of=acme)

    outcomes = run_concurrently(
        *(sending(one) for one in drafts[:10]),
        changing(acme, name="Acme Ltd"),
        changing(acme, currency="EUR"),
        changing(acme, name="Acme & Sons"),
        cancelling(drafts[-1]),
        cancelling(paid_for),
        creating(acme),
    )
    assert not [one for one in outcomes if isinstance(one, DomainError)]
    acme.refresh_from_db()
    assert acme.currency == "EUR"
    assert acme.total_purchases == 200  # the two in euros that were sent
    drafts[10].refresh_from_db()
    assert (drafts[10].status, drafts[10].customer_name) == ("draft", acme.name)


def test_blacklisting_and_invoicing_take_turns():
    for _ in range(5):
        acme = customer()
        outcomes = run_concurrently(blacklisting(acme), creating(acme))
        assert outcomes[0] is None
        acme.refresh_from_db()
        made = Invoice.objects.filter(customer=acme).first()
        if made:
            assert made.created_at < acme.updated_at
        else:
            assert isinstance(outcomes[1], Conflict)
