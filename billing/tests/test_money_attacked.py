"""Attacks with raw SQL on what payments, credit notes, write-offs, orders and the books say of each other.

PostgreSQL refuses them and names the rule. `test_settlements_attacked.py` and `test_credit_note_attacks.py` have the
attacks on one kind of document.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from accounting.models import Entry
from billing.models import CreditNote, Invoice, Payment, Settlement
from billing.services.allocations import allocate_payment
from billing.services.corrections import refund_payment, reverse_payment
from billing.services.credit_notes import create_credit_note
from billing.services.invoices import send_invoice
from billing.services.note_allocations import allocate_credit_note, refund_credit_note
from billing.services.payments import receive_payment
from billing.services.write_offs import undo_write_offs, write_off
from billing.tests.factories import brought, customer, invoiced, line, ordered, paid, part_paid, pay, sent
from billing.tests.test_books_attacked import entry_for
from billing.tests.test_constraints import attack
from billing.tests.test_settlements_attacked import TODAY, paying
from inventory.tests.factories import stocked
from parties.models import Party
from skeleton.kernel.actors import SYSTEM
from skeleton.kernel.ids import uuid7
from skeleton.testkit.narrowing import present

pytestmark = pytest.mark.django_db

SETTLEMENT = "billing_settlement_in_books"


@pytest.fixture(autouse=True)
def _at_commit(db: None) -> Any:
    yield
    connection.check_constraints()


def credited(invoice: Invoice, **of_first_line: Any) -> CreditNote:
    """Issue a credit note of a part of the first line, or of all that is left."""
    lines: Any = (
        [{"invoice_line_id": invoice.lines.order_by("position")[0].pk, **of_first_line}] if of_first_line else None
    )
    pk = create_credit_note(invoice_id=invoice.pk, reason="Why", lines=lines, send=True, actor=SYSTEM)
    invoice.refresh_from_db()
    return CreditNote.objects.get(pk=pk)


def received(of: Party, amount: int = 1000) -> Payment:
    values: Any = {"currency": "USD", "method": "card", "actor": SYSTEM}
    return Payment.objects.get(pk=receive_payment(customer_id=of.pk, amount=amount, **values))


def written_off(invoice: Invoice, amount: int = 400) -> Settlement:
    write_off(invoice_id=invoice.pk, reason="Lost", amount=amount, actor=SYSTEM)
    return Settlement.objects.get(invoice=invoice.pk, kind="write_off")


def set_invoice(invoice: Invoice, columns: str) -> str | None:
    rule: str | None = attack(f"UPDATE billing_invoice SET {columns} WHERE id = '{invoice.pk}'")
    return rule


# --- entries that belong to no document -------------------------------------------------------------------------------


@pytest.mark.parametrize("purpose", ["write_off", "undo"])
def test_a_write_off_is_not_in_the_books_without_its_settlement(purpose: str) -> None:
    acme = customer()
    payment, invoice = received(acme), sent(line(1000), of=acme)
    allocate_payment(payment_id=payment.pk, invoice_id=invoice.pk, amount=300, actor=SYSTEM)
    for source in (uuid7(), invoice.pk, Settlement.objects.get().pk):
        assert attack(entry_for("write_off", source, purpose, 300)) == SETTLEMENT


def test_a_write_off_is_undone_in_the_books_once_it_is_undone() -> None:
    settlement = written_off(sent(line(1000)))
    assert attack(entry_for("write_off", settlement.pk, "undo", 400)) == SETTLEMENT
    undo_write_offs(invoice_id=settlement.invoice_id, actor=SYSTEM)
    assert attack(entry_for("write_off", settlement.pk, "undo", 400)) == "accounting_entry_source_unique"


@pytest.mark.parametrize(
    "source_type, purpose, rule",
    [
        ("credit_note", "send", "billing_credit_note_in_books"),
        ("allocation", "allocate", SETTLEMENT),
        ("allocation", "undo", SETTLEMENT),
        ("payment", "reverse", "billing_payment_in_books"),
    ],
)
def test_no_entry_names_a_document_that_is_not_there(source_type: str, purpose: str, rule: str) -> None:
    assert attack(entry_for(source_type, uuid7(), purpose, 100)) == rule


@pytest.mark.parametrize("source_type", ["credit_note", "allocation", "write_off"])
def test_documents_are_posted_for_nothing_else(source_type: str) -> None:
    acme = customer()
    note = credited(paid(line(1000), of=acme))
    allocate_credit_note(credit_note_id=note.pk, invoice_id=sent(line(300), of=acme).pk, actor=SYSTEM)
    settlement = written_off(sent(line(1000), of=acme))
    sources = {"credit_note": note.pk, "allocation": note.settlements.get().pk, "write_off": settlement.pk}
    assert attack(entry_for(source_type, sources[source_type], "fee", 5)) == "billing_entry_purpose"


# --- entries of documents stay as long as the documents ---------------------------------------------------------------


def _note() -> UUID:
    return credited(paid(line(1000))).pk


def _allocation() -> UUID:
    acme = customer()
    payment, invoice = received(acme), sent(line(1000), of=acme)
    allocate_payment(payment_id=payment.pk, invoice_id=invoice.pk, amount=300, actor=SYSTEM)
    return Settlement.objects.get().pk


def _allocation_of_a_note() -> UUID:
    acme = customer()
    note = credited(paid(line(1000), of=acme))
    allocate_credit_note(credit_note_id=note.pk, invoice_id=sent(line(300), of=acme).pk, actor=SYSTEM)
    return note.settlements.get().pk


def _refund() -> UUID:
    return refund_payment(payment_id=received(customer()).pk, amount=400, method="card", actor=SYSTEM)


def _refund_of_a_note() -> UUID:
    return refund_credit_note(credit_note_id=_note(), amount=400, method="card", actor=SYSTEM)


def _reversal() -> UUID:
    payment = received(customer())
    reverse_payment(payment_id=payment.pk, reason="Typo", actor=SYSTEM)
    return payment.pk


def _write_off() -> UUID:
    return written_off(sent(line(1000))).pk


@pytest.mark.parametrize(
    "made, purpose",
    [
        (_note, "send"),
        (_allocation, "allocate"),
        (_allocation_of_a_note, "allocate"),
        (_refund, "refund"),
        (_refund_of_a_note, "refund"),
        (_reversal, "receive"),
        (_reversal, "reverse"),
        (_write_off, "write_off"),
    ],
)
def test_the_entry_of_a_document_is_not_reversed_alone(made: Callable[[], UUID], purpose: str) -> None:
    entry = Entry.objects.get(source_id=made(), purpose=purpose)
    sql = f"""
        WITH e AS (
            INSERT INTO accounting_entry
                (id, date, description, source_type, source_id, reverses_id, purpose, created_at)
            VALUES (gen_random_uuid(), '{entry.date}', 'Raw', 'reversal', '{entry.pk}', '{entry.pk}', '', now())
            RETURNING id, date
        )
        INSERT INTO accounting_line (id, entry_id, position, account_id, date, debit, credit, currency)
        SELECT gen_random_uuid(), e.id, l.position, l.account_id, e.date, l.credit, l.debit, l.currency
        FROM e, accounting_line l WHERE l.entry_id = '{entry.pk}'
    """
    assert str(attack(sql)).endswith("_in_books")


# --- refunds ----------------------------------------------------------------------------------------------------------


def refunding(note: CreditNote, amount: int = 100, **columns: str) -> str | None:
    row = {"direction": "'out'", "refund_of_credit_note_id": f"'{note.pk}'", **columns}
    rule: str | None = attack(paying(note.customer, amount, **row))
    return rule


def test_a_refund_of_a_credit_note_is_at_most_what_is_on_account() -> None:
    note = credited(paid(line(1000)))
    assert refunding(note, 1001) == "billing_credit_note_used_within_total"
    assert refunding(note) == "billing_payment_in_books"
    refund_credit_note(credit_note_id=note.pk, amount=950, method="card", actor=SYSTEM)
    note.refresh_from_db()
    assert refunding(note, 51) == "billing_credit_note_used_within_total"
    settled = credited(sent(line(1000)), quantity=1)
    assert refunding(settled, 1) == "billing_credit_note_used_within_total"


def test_a_refund_goes_to_the_customer_of_the_credit_note_in_its_currency() -> None:
    note = credited(paid(line(1000)))
    fits = "billing_payment_refund_fits"
    assert refunding(note, currency="'EUR'") == fits
    assert refunding(note, customer_id=f"'{customer().pk}'") == fits
    of_draft = create_credit_note(invoice_id=sent(line(5)).pk, reason="Why", actor=SYSTEM)
    assert refunding(CreditNote.objects.get(pk=of_draft), 1) == fits
    both = f"'{received(note.customer).pk}'"
    assert refunding(note, refund_of_payment_id=both) == "billing_payment_direction_fits"


def test_a_refund_is_not_dated_before_what_it_pays_back() -> None:
    note = credited(paid(line(1000)))
    fits = "billing_payment_refund_fits"
    earlier: dict[str, Any] = {"paid_at": "now() - interval '2 days'", "day": f"{TODAY} - 2"}
    assert refunding(note, **earlier) == fits
    payment = received(note.customer)
    out = {"direction": "'out'", "refund_of_payment_id": f"'{payment.pk}'"}
    assert attack(paying(note.customer, 100, **out, **earlier)) == fits


def test_the_refund_of_a_credit_note_is_reversed_once_and_in_the_books() -> None:
    refund = Payment.objects.get(pk=_refund_of_a_note())
    reversal = f"reversed_at = now(), reversal_reason = 'x', reversal_day = {TODAY}"
    update = f"UPDATE billing_payment SET {reversal} WHERE id = '{refund.pk}'"
    assert attack(update) == "billing_payment_in_books"
    reverse_payment(payment_id=refund.pk, reason="Typo", actor=SYSTEM)
    assert attack(update) == "billing_payment_reversed_once"
    note = present(refund.refund_of_credit_note)
    assert (note.refunded, note.unallocated) == (0, 1000)


# --- invoices and orders ----------------------------------------------------------------------------------------------


def test_what_is_credited_follows_from_credit_notes_alone() -> None:
    part, whole = part_paid(line(1000)), paid(line(1000))
    assert set_invoice(part, "credited_total = 100") == "billing_invoice_credited_derived"
    assert set_invoice(whole, "credited_total = 1000") in {"billing_invoice_frozen", "billing_invoice_credited_derived"}
    credited(part, amount=100)
    assert set_invoice(part, "credited_total = 0") == "billing_invoice_credited_derived"
    assert set_invoice(part, "credited_total = 1001") in {
        "billing_invoice_credited_derived",
        "billing_invoice_paid_within_total",
    }


def test_a_credited_invoice_that_a_payment_settles_is_not_cancelled() -> None:
    invoice = paid(line(1000))
    credited(invoice)
    assert invoice.status == "paid"
    cancel = "status = 'cancelled', cancelled_at = now(), paid_at = NULL"
    assert set_invoice(invoice, cancel) == "billing_invoice_frozen"
    assert set_invoice(invoice, f"{cancel}, amount_paid = 0, amount_credited = 1000") == "billing_invoice_frozen"


def test_cancelled_is_final() -> None:
    invoice = sent(line(1000))
    credited(invoice)
    assert invoice.status == "cancelled"
    assert (
        set_invoice(invoice, "status = 'sent', cancelled_at = NULL, cancel_reason = NULL") == "billing_invoice_frozen"
    )
    payment = received(invoice.customer)
    settle = f"""
        INSERT INTO billing_settlement (id, invoice_id, kind, payment_id, amount, day, created_at)
        VALUES (gen_random_uuid(), '{invoice.pk}', 'payment', '{payment.pk}', 1, {TODAY}, now())
    """
    assert attack(settle) in {"billing_invoice_status_fits", "billing_invoice_paid_within_total"}


def test_an_order_is_not_cancelled_while_something_of_it_is_billed() -> None:
    row = stocked(10)
    made = brought("confirmed", ordered(2, of=row.item_id))
    invoice = invoiced(made)
    send_invoice(invoice_id=invoice.pk, actor=SYSTEM)
    invoice.refresh_from_db()
    pay(invoice, invoice.total)
    cancel = f"UPDATE billing_order SET status = 'cancelled' WHERE id = '{made.pk}'"
    assert attack(cancel) == "billing_order_cancelled_unbilled"
    credited(invoice, quantity=1)
    assert attack(cancel) == "billing_order_cancelled_unbilled"
    credited(invoice)
    again = invoiced(made)
    assert attack(cancel) == "billing_order_cancelled_unbilled"
    assert again.total == invoice.total
