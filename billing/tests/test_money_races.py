"""Races that cross payments, credit notes, write-offs and orders, with 32 real threads on the real database.

Whatever wins, every amount adds up afterwards, and nothing deadlocks. `test_settlement_races.py` has the races of
payments alone, `test_credit_races.py` those of credit notes alone.
"""

import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from accounting.integrity_checks import registered_checks
from accounting.tests.factories import net
from billing.choices import OrderStatus
from billing.models import CreditNote, Invoice, Order, Payment
from billing.services.allocations import allocate_payment, unallocate_payment
from billing.services.corrections import refund_payment, reverse_payment
from billing.services.credit_notes import create_credit_note
from billing.services.invoices import cancel_invoice, send_invoice
from billing.services.note_allocations import allocate_credit_note, refund_credit_note, unallocate_credit_note
from billing.services.payments import receive_payment, record_payment
from billing.services.transitions import change_status
from billing.services.write_offs import undo_write_offs, write_off
from billing.tests.factories import brought, customer, draft, invoiced, line, ordered, paid, sent
from inventory.models import Stock
from inventory.tests.factories import stocked
from parties.choices import PartyKind
from parties.models import Party
from parties.services import update_party
from skeleton.kernel.actors import SYSTEM
from skeleton.kernel.errors import Conflict, DomainError, Invalid
from skeleton.testkit.races import run_concurrently

pytestmark = pytest.mark.django_db(transaction=True)

RACERS = 32

Job = Callable[[], object]


@pytest.fixture(autouse=True)
def _every_amount_adds_up(transactional_db: None) -> Iterator[None]:
    yield
    assert [found for check in registered_checks().values() for found in check()] == []
    paid_in = Payment.objects.filter(direction="in", reversed_at=None)
    held = sum(one.unallocated for one in [*paid_in, *CreditNote.objects.all()])
    due = sum(invoice.amount_due for invoice in Invoice.objects.filter(status="sent"))
    assert (net("1300"), net("2300")) == (due, -held)


def paying(invoice: Invoice, amount: int) -> Job:
    return lambda: record_payment(invoice_id=invoice.pk, amount=amount, method="card", actor=SYSTEM)


def receiving(who: Party, amount: int) -> Job:
    values: Any = {"customer_id": who.pk, "currency": "USD", "method": "card", "auto_allocate": True, "actor": SYSTEM}
    return lambda: receive_payment(amount=amount, **values)


def crediting(invoice: Invoice, **values: Any) -> Callable[[], Any]:
    """Credit a part of the first line, or all that is left."""
    lines: Any = [{"invoice_line_id": invoice.lines.order_by("position")[0].pk, **values}] if values else None
    return lambda: create_credit_note(invoice_id=invoice.pk, reason="Why", lines=lines, send=True, actor=SYSTEM)


def allocating(source: Any, invoice: Invoice, amount: int | None = None) -> Job:
    if isinstance(source, Payment):
        return lambda: allocate_payment(payment_id=source.pk, invoice_id=invoice.pk, amount=amount, actor=SYSTEM)
    return lambda: allocate_credit_note(credit_note_id=source, invoice_id=invoice.pk, amount=amount, actor=SYSTEM)


def unallocating(source: Any, invoice: Invoice) -> Job:
    if isinstance(source, Payment):
        return lambda: unallocate_payment(payment_id=source.pk, invoice_id=invoice.pk, actor=SYSTEM)
    return lambda: unallocate_credit_note(credit_note_id=source, invoice_id=invoice.pk, actor=SYSTEM)


def reversing(payment: Payment) -> Job:
    return lambda: reverse_payment(payment_id=payment.pk, reason="Typo", actor=SYSTEM)


def refunding(source: Any, amount: int) -> Job:
    if isinstance(source, Payment):
        return lambda: refund_payment(payment_id=source.pk, amount=amount, method="cash", actor=SYSTEM)
    return lambda: refund_credit_note(credit_note_id=source, amount=amount, method="cash", actor=SYSTEM)


def sending(invoice: Invoice) -> Job:
    return lambda: send_invoice(invoice_id=invoice.pk, use_on_account=True, actor=SYSTEM)


def cancelling(invoice: Invoice) -> Job:
    return lambda: cancel_invoice(invoice_id=invoice.pk, actor=SYSTEM)


def writing_off(invoice: Invoice, amount: int) -> Job:
    return lambda: write_off(invoice_id=invoice.pk, amount=amount, reason="Lost", correct_tax=True, actor=SYSTEM)


def undoing(invoice: Invoice) -> Job:
    return lambda: undo_write_offs(invoice_id=invoice.pk, actor=SYSTEM)


def cancelling_order(made: Order) -> Job:
    return lambda: change_status(order_id=made.pk, status=OrderStatus.CANCELLED, actor=SYSTEM)


def invoicing(made: Order) -> Job:
    return lambda: invoiced(made)


def won(outcomes: list[Any]) -> list[Any]:
    return [one for one in outcomes if not isinstance(one, DomainError)]


def credited_crosswise(who: Party) -> tuple[Invoice, Any, Invoice, Any]:
    """Create two invoices, each credited whole and settled in part by the other's credit note."""
    one, other = paid(line(500), of=who), sent(line(1000), of=who)
    note = crediting(one)()
    allocating(note, other, 500)()
    paying(other, 500)()
    of_other = crediting(other)()
    payment = one.payments.get()
    unallocating(payment, one)()  # its own note has nothing left, so 500 are due
    allocating(of_other, one, 500)()
    return one, note, other, of_other


def test_allocations_of_each_others_credit_notes_are_undone_at_once() -> None:
    """Undoing one touches the invoice's own credit note, which is the one that the other undoes."""
    pairs = [credited_crosswise(customer()) for _ in range(RACERS // 2)]
    jobs = [
        unallocating(source, invoice)
        for one, note, other, of_other in pairs
        for source, invoice in ((of_other, one), (note, other))
    ]
    assert won(run_concurrently(*jobs)) == [None] * RACERS
    for one, note, other, of_other in pairs:
        one.refresh_from_db()
        other.refresh_from_db()
        left = CreditNote.objects.get(pk=note).unallocated
        assert (one.status, one.amount_due, left) in {("cancelled", 0, 0), ("sent", 500, 500)}
        assert (other.status, CreditNote.objects.get(pk=of_other).unallocated) == ("paid", 500)


def test_sending_on_account_against_undoing_what_frees_own_credit() -> None:
    """Both need the same credit note and payment: the undone payment's invoice is settled by its own credit note."""
    jobs = []
    for _ in range(RACERS // 2):
        acme = customer()
        invoice = sent(line(1000), of=acme)
        receiving(acme, 1300)()
        crediting(invoice)()
        payment = invoice.payments.get()
        jobs += [sending(draft(line(2000), of=acme)), unallocating(payment, invoice)]
    assert won(run_concurrently(*jobs)) == [None] * RACERS


def test_a_credit_note_is_refunded_or_settles_its_invoice_again() -> None:
    """The payment is reversed while the credit of the same invoice is paid back: what is left of it settles again."""
    acme = customer()
    invoice, another = paid(line(1000, tax_rate=20), of=acme), sent(line(5000), of=acme)
    note = crediting(invoice)()
    payment = invoice.payments.get()
    jobs = [refunding(note, 100) for _ in range(14)] + [allocating(note, another, 100) for _ in range(14)]
    jobs[10:10] = [reversing(payment)] * 4
    outcomes = run_concurrently(*jobs)
    assert len(won(outcomes[10:14])) == 1
    found = CreditNote.objects.get(pk=note)
    invoice.refresh_from_db()
    elsewhere = sum(one.amount for one in another.settlements.all())
    assert found.refunded + elsewhere + invoice.amount_credited == 1200
    assert (found.unallocated, invoice.amount_due) == (
        0,
        0 if invoice.status == "cancelled" else 1200 - invoice.amount_credited,
    )


def test_write_offs_are_undone_while_the_invoice_is_credited_and_paid() -> None:
    invoice = sent(line(100, 10, tax_rate=20))
    writing_off(invoice, 600)()
    jobs = [crediting(invoice, quantity=1), paying(invoice, 60), undoing(invoice), writing_off(invoice, 60)]
    run_concurrently(*jobs * (RACERS // 4))
    invoice.refresh_from_db()
    assert invoice.amount_paid + invoice.amount_credited + invoice.amount_written_off + invoice.amount_due == 1200


def test_an_order_is_cancelled_once_its_invoice_is_credited_and_not_before() -> None:
    """Crediting, invoicing again and cancelling the order: no invoice is left that bills a cancelled order."""
    row = stocked(100)
    orders = [brought("confirmed", ordered(2, of=row.item_id)) for _ in range(RACERS // 4)]
    jobs: list[Job] = []
    for made in orders:
        invoice = invoiced(made)
        send_invoice(invoice_id=invoice.pk, actor=SYSTEM)
        paying(invoice, invoice.total)()
        jobs += [crediting(invoice), cancelling_order(made), invoicing(made), reversing(invoice.payments.get())]
    run_concurrently(*jobs)
    for made in orders:
        made.refresh_from_db()
        if made.status == "cancelled":
            assert not [one for one in made.invoices.exclude(status="cancelled") if not one.is_fully_credited]
    confirmed = sum(made.status == "confirmed" for made in orders)
    assert Stock.objects.get(pk=row.pk).reserved == 2 * confirmed


@pytest.mark.parametrize("seed", range(3))
def test_a_mix_of_everything_never_deadlocks(seed: int) -> None:
    chance = random.Random(seed)
    acme = customer(name="Acme")
    invoices = [sent(line(100, 3, tax_rate=20), line(50), of=acme) for _ in range(5)]
    for _ in range(3):
        receiving(acme, 300)()
    notes = [crediting(invoice, quantity=2)() for invoice in invoices[:3]]
    writing_off(invoices[4], 50)()
    payments = list(Payment.objects.all())
    drafts = [draft(line(200), of=acme) for _ in range(4)]
    rename: Any = {"kind": PartyKind.CUSTOMER, "pk": acme.pk, "actor": SYSTEM}

    def one_job() -> Job:
        invoice, source = chance.choice(invoices), chance.choice([*payments, *notes])
        return chance.choice(
            [
                paying(invoice, 40),
                receiving(acme, 70),
                crediting(invoice, amount=30),
                crediting(invoice),
                cancelling(invoice),
                allocating(source, invoice, 20),
                allocating(source, invoice),
                unallocating(source, invoice),
                reversing(chance.choice(payments)),
                refunding(source, 10),
                writing_off(invoice, 10),
                undoing(invoice),
                sending(chance.choice(drafts)),
                lambda: update_party(values={"name": f"Acme {chance.random()}"}, **rename),
            ]
        )

    for _ in range(2):
        outcomes = run_concurrently(*(one_job() for _ in range(RACERS)))
        refusals = [one for one in outcomes if isinstance(one, DomainError)]
        assert {type(one) for one in refusals} <= {Conflict, Invalid}
