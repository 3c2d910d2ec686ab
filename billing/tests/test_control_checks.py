"""Receivables, advances and tax are what the documents say on every day, and tampering with any of it is found."""

import datetime as dt
import random
from collections import defaultdict
from contextlib import suppress

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import F
from time_machine import travel

from accounting import integrity_checks
from accounting.reports import DateRange, trial_balance
from accounting.tests import test_integrity_checks
from accounting.tests.test_integrity_checks import tamper
from billing.models import CreditNote, Invoice, Payment, Settlement
from billing.reports import receivables_aging
from billing.services.allocations import allocate_payment, unallocate_payment
from billing.services.corrections import refund_payment, reverse_payment
from billing.services.credit_lines import CreditLineValues
from billing.services.credit_notes import create_credit_note
from billing.services.invoices import cancel_invoice
from billing.services.note_allocations import allocate_credit_note, refund_credit_note, unallocate_credit_note
from billing.services.payments import receive_payment
from billing.services.write_offs import undo_write_offs, write_off
from billing.statements import StatementPeriod, customer_balance, customer_statement
from billing.tests.factories import customer, draft, line, sent
from skeleton.kernel.actors import SYSTEM
from skeleton.kernel.days import today
from skeleton.kernel.errors import DomainError
from skeleton.testkit.narrowing import present

pytestmark = pytest.mark.django_db

FIRST = dt.date(2026, 1, 1)
DAYS = 40


def right():
    connection.check_constraints()
    return [said for check in integrity_checks.registered_checks().values() for said in check()] == []


def pick(chance, rows):
    """Return the id of one of the rows, or None."""
    found = list(rows.order_by("pk").values_list("pk", flat=True))
    return chance.choice(found) if found else None


def bill(chance, customers):
    fields = {"currency": chance.choice(["USD", "EUR"]), "of": chance.choice(customers)}
    lines = [line(chance.randint(1, 9) * 100, tax_rate=rate) for rate in (0, 20)]
    make = draft if chance.random() < 0.1 else sent
    make(*lines, due_date=today() + dt.timedelta(days=chance.randint(-5, 30)), **fields)


def receive(chance, customers):
    moment = dt.datetime.now(dt.UTC) - dt.timedelta(days=chance.randint(0, 5))
    fields = {"currency": chance.choice(["USD", "EUR"]), "method": chance.choice(["cash", "card"]), "paid_at": moment}
    payer = chance.choice(customers).pk
    auto = chance.random() < 0.6
    receive_payment(customer_id=payer, amount=chance.randint(1, 3000), auto_allocate=auto, actor=SYSTEM, **fields)


def allocate(chance, customers):
    allocate_payment(payment_id=pick(chance, Payment.objects), invoice_id=pick(chance, Invoice.objects), actor=SYSTEM)


def unallocate(chance, customers):
    payment = pick(chance, Payment.objects.filter(allocated__gt=0))
    if payment:
        settled = Invoice.objects.filter(settlements__payment=payment, settlements__undone_at=None)
        unallocate_payment(payment_id=payment, invoice_id=pick(chance, settled), actor=SYSTEM)


def reverse(chance, customers):
    if payment := pick(chance, Payment.objects.filter(reversed_at=None)):
        reverse_payment(payment_id=payment, reason="Wrong", actor=SYSTEM)


def refund(chance, customers):
    if payment := pick(chance, Payment.objects.filter(direction="in")):
        refund_payment(payment_id=payment, amount=chance.randint(1, 500), method="cash", actor=SYSTEM)


def cancel(chance, customers):
    if invoice := pick(chance, Invoice.objects):
        cancel_invoice(invoice_id=invoice, actor=SYSTEM)


def credit(chance, customers):
    """Credit an invoice as a whole, or a part of its last line."""
    if invoice := pick(chance, Invoice.objects):
        last = Invoice.objects.get(pk=invoice).lines.latest("position")
        part: list[CreditLineValues] = [{"invoice_line_id": last.pk, "amount": chance.randint(1, 300)}]
        lines = part if chance.random() < 0.7 else None
        create_credit_note(invoice_id=invoice, reason="Damaged", lines=lines, send=True, actor=SYSTEM)


def allocate_credit(chance, customers):
    note = CreditNote.objects.filter(total__gt=F("allocated") + F("refunded")).order_by("pk").last()
    if note:
        open_ones = Invoice.objects.filter(status="sent", customer=note.customer_id, currency=note.currency)
        allocate_credit_note(credit_note_id=note.pk, invoice_id=pick(chance, open_ones) or note.pk, actor=SYSTEM)


def unallocate_credit(chance, customers):
    settled = Settlement.objects.filter(kind="credit_note", undone_at=None).exclude(invoice=F("credit_note__invoice"))
    if found := settled.order_by("pk").first():
        unallocate_credit_note(credit_note_id=present(found.credit_note_id), invoice_id=found.invoice_id, actor=SYSTEM)


def refund_credit(chance, customers):
    if note := pick(chance, CreditNote.objects.filter(total__gt=F("allocated") + F("refunded"))):
        refund_credit_note(credit_note_id=note, amount=chance.randint(1, 100), method="cash", actor=SYSTEM)


def give_up(chance, customers):
    if invoice := pick(chance, Invoice.objects.filter(status="sent")):
        amount, taxed = chance.choice([None, chance.randint(1, 200)]), chance.random() < 0.5
        write_off(invoice_id=invoice, reason="Bankrupt", amount=amount, correct_tax=taxed, actor=SYSTEM)


def take_back(chance, customers):
    if invoice := pick(chance, Invoice.objects.filter(amount_written_off__gt=0)):
        undo_write_offs(invoice_id=invoice, actor=SYSTEM)


STEPS = (
    *(bill, bill, receive, receive, allocate, allocate, unallocate, reverse, refund, cancel),
    *(credit, credit, allocate_credit, unallocate_credit, refund_credit, give_up, take_back),
)


def play(seed):
    """Do things on forty days in a row; what isn't possible is refused."""
    chance = random.Random(seed)  # noqa: S311
    customers = [customer(name="Acme"), customer(name="Bolt")]
    done = set()
    for n in range(DAYS):
        with travel(dt.datetime.combine(FIRST + dt.timedelta(days=n), dt.time(12), dt.UTC), tick=False):
            for step in chance.sample(STEPS, 5):
                with suppress(DomainError):
                    step(chance, customers)
                    done.add(step)
    assert len(done) > len(set(STEPS)) - 3, "nearly everything was possible at some time"
    return customers


def booked(code, day):
    """Return {currency: credits less debits} of the account at the end of the day."""
    return {
        part["currency"]: row["credit"] - row["debit"]
        for part in trial_balance(DateRange(None, day))["currencies"]
        for row in part["accounts"]
        if row["code"] == code
    }


def added(amounts):
    """Return the sums by currency, without zeros. `amounts` are pairs of currency and amount."""
    sums: dict[str, int] = defaultdict(int)
    for currency, amount in amounts:
        sums[currency] += amount
    return {currency: amount for currency, amount in sums.items() if amount}


def stated(customers, day):
    """Return the parts of all customers' statements up to the day."""
    period = StatementPeriod(None, day)
    found = [customer_statement(one.pk, period, None, actor=SYSTEM) for one in customers]
    return [part for statement in found for part in statement["currencies"]]


@pytest.mark.parametrize("seed", [1, 2])
def test_on_every_day_aging_statements_and_books_agree(seed, tmp_path):
    customers = play(seed)
    assert right()
    exported = test_integrity_checks.TestBeancount()
    assert exported.load(tmp_path) == exported.ours()
    for n in range(-6, DAYS + 2):
        day = FIRST + dt.timedelta(days=n)
        aged = added((part["currency"], part["totals"]["total"]) for part in receivables_aging(day)["currencies"])
        parts = stated(customers, day)
        assert aged == {name: -amount for name, amount in booked("1300", day).items()}, day
        assert added((part["currency"], part["open"]) for part in parts) == aged, day
        assert added((part["currency"], part["on_account"]) for part in parts) == booked("2300", day), day
        assert all(part["closing"] == part["open"] - part["on_account"] for part in parts), day


def purchases_of(one):
    """Return what the customer bought in its currency, invoice by invoice."""
    bought = Invoice.objects.filter(customer=one, currency=one.currency, status__in=["sent", "paid"])
    return sum(invoice.total - invoice.credited_total for invoice in bought)


def test_the_balance_now_is_the_statement_of_today_and_purchases_are_without_credit():
    for one in play(3):
        one.refresh_from_db()
        assert one.total_purchases == purchases_of(one)
        one.currency = "EUR"
        one.save(update_fields=["currency"])
        one.refresh_from_db()
        assert one.total_purchases == purchases_of(one)
        now = {row["currency"]: (row["open"], row["on_account"]) for row in customer_balance(one.pk)}
        assert now == {part["currency"]: (part["open"], part["on_account"]) for part in stated([one], today())}


@pytest.fixture
def story():
    """An invoice of 1.20, a payment of 2.00 of which 0.80 are on account."""
    acme = customer(name="Acme")
    with travel("2026-01-10T12:00:00Z", tick=False):
        sent(line(100, tax_rate=20), of=acme, due_date=FIRST)
        receive_payment(
            customer_id=acme.pk, amount=200, currency="USD", method="card", auto_allocate=True, actor=SYSTEM
        )
    connection.check_constraints()


BY_CUSTOMER = "Acme, USD on 2026-01-10: documents posted {} to account {}, but moved {} (minor units)"


@pytest.mark.parametrize(
    "attack, name, said",
    [
        (
            "UPDATE billing_settlement SET day = '2026-01-11'",
            "receivable is what invoices are due, by customer and day",
            BY_CUSTOMER.format(0, 1300, 120),
        ),
        (
            "UPDATE billing_payment SET amount = 201",
            "customer advances are what is on account, by customer and day",
            BY_CUSTOMER.format(80, 2300, 81),
        ),
        (
            "UPDATE accounting_line SET account_id = (SELECT id FROM accounting_account WHERE code = '2100')"
            " WHERE credit = 80",
            "customer advances are what is on account, by customer and day",
            BY_CUSTOMER.format(0, 2300, 80),
        ),
        (
            "UPDATE billing_invoice SET tax_total = 19, subtotal = 101",
            "totals of documents are the sums of their tax breakdown",
            "101 and 19 of tax make 120 USD, but its tax breakdown adds up to 100 and 20 (minor units)",
        ),
        (
            "UPDATE billing_invoice SET tax_breakdown = jsonb_set(tax_breakdown, '{0,tax}', '19')",
            "tax is that of the documents, by day",
            "USD on 2026-01-10: documents posted 20 to the accounts of taxes, but their tax is 19 (minor units)",
        ),
    ],
)
def test_tampering_is_found(story, capsys, attack, name, said):
    call_command("verify_books")
    assert f"ok      {name}" in capsys.readouterr().out
    tamper(attack)
    with pytest.raises(CommandError):
        call_command("verify_books")
    found = capsys.readouterr().out
    assert f"DIFFERS {name}" in found
    assert said in found


def test_money_of_another_customer_is_found(story, capsys):
    """The sums of all customers agree, those of each don't."""
    tamper(f"UPDATE billing_payment SET customer_id = '{customer(name='Bolt').pk}'")
    with pytest.raises(CommandError):
        call_command("verify_books")
    found = capsys.readouterr().out
    assert "Bolt, USD on 2026-01-10: documents posted -120 to account 1300, but moved 0 (minor units)" in found


TAX_TAKEN_BACK = "credit notes and write-offs take back no more tax than was invoiced"


def test_more_corrected_tax_than_was_invoiced_is_found(capsys):
    """Ten write-offs of 4 take 1 of tax each, 4 more than the invoice leaves: rounding, which isn't reported."""
    invoice = sent(line(1000, tax_rate=19))
    for _ in range(10):
        write_off(invoice_id=invoice.pk, reason="Bankrupt", amount=4, correct_tax=True, actor=SYSTEM)
    part: list[CreditLineValues] = [{"invoice_line_id": invoice.lines.get().pk, "amount": 966}]
    create_credit_note(invoice_id=invoice.pk, reason="Damaged", lines=part, send=True, actor=SYSTEM)
    connection.check_constraints()
    call_command("verify_books")
    assert f"ok      {TAX_TAKEN_BACK}" in capsys.readouterr().out
    last = Settlement.objects.filter(kind="write_off").latest("id")
    taxes = '[{"rate": 19, "base": 3, "tax": 8}]'
    tamper(f"UPDATE billing_settlement SET tax = '{taxes}' WHERE id = '{last.pk}'")
    with pytest.raises(CommandError):
        call_command("verify_books")
    found = capsys.readouterr().out
    assert f"DIFFERS {TAX_TAKEN_BACK}" in found
    said = "took back 201 USD of tax at 19 percent, but it has only 190 (minor units)"
    assert f"{invoice.number}: credit notes and write-offs {said}" in found
