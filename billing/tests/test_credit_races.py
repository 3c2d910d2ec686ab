"""Races of credit notes, write-offs and payments, with real threads on the real database."""

from decimal import Decimal
from typing import cast

import pytest

from accounting.integrity_checks import registered_checks
from accounting.tests.factories import net
from billing.models import CreditNote
from billing.services.credit_lines import CreditLineValues
from billing.services.credit_notes import create_credit_note, send_credit_note
from billing.services.invoices import cancel_invoice
from billing.services.note_allocations import allocate_credit_note, refund_credit_note
from billing.services.payments import record_payment
from billing.services.write_offs import undo_write_offs, write_off
from billing.tests.factories import customer, line, paid, sent
from skeleton.kernel.actors import SYSTEM
from skeleton.kernel.errors import DomainError
from skeleton.testkit.races import run_concurrently

pytestmark = pytest.mark.django_db(transaction=True)

RACERS = 32


def crediting(invoice, **values):
    named = {"invoice_line_id": invoice.lines.first().pk, **values}
    lines = [cast(CreditLineValues, named)] if values else None
    return lambda: create_credit_note(invoice_id=invoice.pk, reason="Why", lines=lines, send=True, actor=SYSTEM)


def paying(invoice, amount):
    return lambda: record_payment(invoice_id=invoice.pk, amount=amount, method="card", actor=SYSTEM)


def cancelling(invoice):
    return lambda: cancel_invoice(invoice_id=invoice.pk, actor=SYSTEM)


def sending(note_id):
    return lambda: send_credit_note(credit_note_id=note_id, actor=SYSTEM)


def allocating(note_id, invoice, amount):
    return lambda: allocate_credit_note(credit_note_id=note_id, invoice_id=invoice.pk, amount=amount, actor=SYSTEM)


def refunding(note_id, amount):
    return lambda: refund_credit_note(credit_note_id=note_id, amount=amount, method="card", actor=SYSTEM)


def writing_off(invoice, amount):
    return lambda: write_off(invoice_id=invoice.pk, reason="Lost", amount=amount, actor=SYSTEM)


def undoing(invoice):
    return lambda: undo_write_offs(invoice_id=invoice.pk, actor=SYSTEM)


def won(outcomes):
    return [one for one in outcomes if not isinstance(one, DomainError)]


def now(row):
    row.refresh_from_db()
    return row


def require_whole_books():
    """Every amount adds up: invoices, settlements, credit notes, payments and the accounts."""
    assert not [fault for check in registered_checks().values() for fault in check()]


def test_of_thirty_two_whole_credits_one_wins():
    invoice = sent(line(1000, tax_rate=20))
    outcomes = run_concurrently(*(crediting(invoice) for _ in range(RACERS)))
    assert len(won(outcomes)) == 1
    assert now(invoice).status == "cancelled"
    require_whole_books()


def test_of_thirty_two_tenths_ten_win_and_their_numbers_have_no_gap():
    invoice = sent(line(333, 10, tax_rate=19))
    outcomes = run_concurrently(*(crediting(invoice, quantity=1) for _ in range(RACERS)))
    assert len(won(outcomes)) == 10
    assert (now(invoice).status, invoice.credited_total) == ("cancelled", invoice.total)
    notes = CreditNote.objects.filter(status="sent")
    assert sorted(int(str(note).split("-")[2]) for note in notes) == list(range(1, 11))
    require_whole_books()


def test_one_draft_is_sent_once():
    invoice = sent(line(1000, 2))
    note_id = create_credit_note(
        invoice_id=invoice.pk,
        reason="Why",
        lines=[{"invoice_line_id": invoice.lines.get().pk, "quantity": Decimal(1)}],
        actor=SYSTEM,
    )
    assert len(won(run_concurrently(*(sending(note_id) for _ in range(RACERS))))) == 1
    assert now(invoice).credited_total == 1000
    require_whole_books()


def test_credits_and_payments_take_turns():
    """Whatever comes first, what is paid and credited is at most the total, and the rest is on account."""
    invoice = sent(line(100, 10, tax_rate=20))
    jobs = [crediting(invoice, quantity=1), paying(invoice, 120)] * (RACERS // 2)
    run_concurrently(*jobs)
    now(invoice)
    assert invoice.credited_total == 1200
    assert invoice.amount_paid + invoice.amount_credited == invoice.total
    on_account = sum(note.unallocated for note in CreditNote.objects.all())
    assert (net("1300"), net("2300"), on_account) == (0, -on_account, invoice.amount_paid)
    require_whole_books()


def test_cancelling_and_crediting_take_turns():
    invoice = sent(line(100, 10, tax_rate=20))
    jobs = [crediting(invoice, quantity=1), cancelling(invoice)] * (RACERS // 2)
    run_concurrently(*jobs)
    assert (now(invoice).status, invoice.credited_total) == ("cancelled", 1200)
    assert (net("1300"), net("2200"), net("4000")) == (0, 0, 0)
    require_whole_books()


def test_write_offs_and_allocations_take_turns():
    acme = customer()
    note_id = crediting(paid(line(1000), of=acme))()
    invoice = sent(line(1000), of=acme)
    jobs = [writing_off(invoice, 100), allocating(note_id, invoice, 100)] * (RACERS // 2)
    assert len(won(run_concurrently(*jobs))) == 10
    assert (now(invoice).status, invoice.amount_due) == ("paid", 0)
    assert invoice.amount_written_off + invoice.amount_credited == 1000
    require_whole_books()


def test_write_offs_are_undone_once():
    invoice = sent(line(1000, tax_rate=20))
    writing_off(invoice, 500)()
    outcomes = run_concurrently(*([undoing(invoice)] * (RACERS // 2)), *([paying(invoice, 100)] * (RACERS // 2)))
    assert len(won(outcomes[: RACERS // 2])) == 1
    now(invoice)
    assert (invoice.amount_written_off, net("5500")) == (0, 0)
    assert invoice.amount_paid == 100 * len(won(outcomes[RACERS // 2 :]))
    require_whole_books()


def test_what_is_on_account_is_used_once():
    acme = customer()
    note_id = crediting(paid(line(1000), of=acme))()
    invoice = sent(line(2000), of=acme)
    jobs = [refunding(note_id, 100), allocating(note_id, invoice, 100)] * (RACERS // 2)
    assert len(won(run_concurrently(*jobs))) == 10
    assert CreditNote.objects.get(pk=note_id).unallocated == 0
    assert net("2300") == 0
    require_whole_books()
