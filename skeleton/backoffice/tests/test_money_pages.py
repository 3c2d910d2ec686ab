"""What the pages of money show and offer: links, what was undone, entries in the reader's language, long lists."""

import csv
import datetime as dt
import io
import re

import pytest
from django.contrib import admin
from django.db import connection
from django.test import RequestFactory

from accounting.models import Account, Entry
from accounting.services import reverse_entry
from accounting.tests.factories import post
from billing.admin import payment_forms
from billing.choices import OrderStatus
from billing.models import CreditNote, Payment
from billing.services.allocations import allocate_payment
from billing.services.credit_notes import create_credit_note
from billing.services.invoices import send_invoice
from billing.services.transitions import change_status
from billing.services.write_offs import write_off
from billing.tests.factories import brought, customer, invoiced, line, ordered, paid, part_paid, sent
from inventory.tests.factories import stocked
from skeleton.backoffice.tests.test_money import (
    PAYMENTS,
    REASON,
    entered,
    errors,
    hidden,
    page,
    received,
    refreshed,
    text,
)
from skeleton.kernel.actors import SYSTEM
from skeleton.kernel.errors import Conflict

pytestmark = pytest.mark.django_db

LEDGER = "/admin/ledger/"


def billed_order():
    """Return a confirmed order with a sent invoice that a credit note credits whole, goods included."""
    row = stocked(10)
    order = brought("confirmed", ordered(2, of=row.item_id))
    invoice = invoiced(order)
    send_invoice(invoice_id=invoice.pk, actor=SYSTEM)
    create_credit_note(invoice_id=invoice.pk, reason="Damaged", send=True, actor=SYSTEM)
    return order, refreshed(invoice)


# --- links ------------------------------------------------------------------------------------------------------------


def test_a_cancelled_order_shows_its_invoices(clerk):
    order, invoice = billed_order()
    change_status(order_id=order.pk, status=OrderStatus.CANCELLED, actor=SYSTEM)
    assert page(invoice) in text(clerk.get(page(order)))


def test_documents_link_to_their_order(clerk, staff):
    order, invoice = billed_order()
    for document in (invoice, CreditNote.objects.get()):
        assert page(order) in text(clerk.get(page(document)))
        assert order.number not in text(staff("invoices:read").get(page(document)))
    assert "order_shown" not in text(clerk.get(page(sent())))


# --- credit notes -----------------------------------------------------------------------------------------------------


def test_everything_and_a_part_at_once_is_refused_and_what_was_entered_stays(clerk):
    invoice = sent(line(10_000, quantity=3), line(5_000))
    first = invoice.lines.order_by("position")[0]
    body = {**REASON, "everything": "on", "send": "on", f"row-{first.pk}-quantity": "1"}
    answer = clerk.post(page(invoice, "credit"), body)
    assert not CreditNote.objects.exists()
    assert errors(answer) == {
        "everything": ["Some lines have a quantity or an amount. Clear them to credit everything, or uncheck this."]
    }
    assert answer.context["form"].rows[0]["quantity"].value() == "1"
    assert answer.context["form"]["everything"].value()
    clerk.post(page(invoice, "credit"), {**REASON, "everything": "on", "send": "on"})
    assert CreditNote.objects.get().total == invoice.total


def test_what_settles_only_its_own_invoice_is_not_taken_back(clerk):
    buyer = customer()
    invoice = sent(line(10_000), of=buyer)
    create_credit_note(invoice_id=invoice.pk, reason="Damaged", send=True, actor=SYSTEM)
    assert page(CreditNote.objects.get(), "take-back") not in text(clerk.get(page(CreditNote.objects.get())))
    other = paid(line(10_000), of=buyer)
    note_id = create_credit_note(invoice_id=other.pk, reason="Damaged", send=True, actor=SYSTEM)
    note = CreditNote.objects.get(pk=note_id)
    clerk.post(page(note, "allocate"), {"invoice_id": sent(line(500), of=buyer).pk})
    assert page(note, "take-back") in text(clerk.get(page(note)))


# --- what was undone --------------------------------------------------------------------------------------------------


def history(client, document):
    """Return what the page says about settlements that were undone."""
    forms = client.get(page(document)).context["inline_admin_formsets"]
    rows = [form.instance for one in forms for form in one.formset.forms if hasattr(form.instance, "undone_by")]
    return [(row.amount, row.undone_day, row.undone_by) for row in rows]


def test_what_was_undone_stays_on_the_pages(clerk, staff):
    today = dt.datetime.now(dt.UTC).date()
    buyer = customer()
    payment, invoice = received(buyer, 5_000), sent(line(10_000), of=buyer)
    clerk.post(page(payment, "allocate"), {"invoice_id": invoice.pk})
    clerk.post(page(payment, "take-back"), {"invoice_id": invoice.pk})
    clerk.post(page(payment, "allocate"), {"invoice_id": invoice.pk, "amount": "20"})
    expected = [(2_000, None, None), (5_000, today, "Carl Clerk")]
    assert history(clerk, payment) == history(clerk, invoice) == expected
    assert f"{today.day} " in text(clerk.get(page(invoice)))


def test_a_reversal_says_why_what_it_settled_is_due_again(clerk):
    payment = part_paid(line(10_000), amount=4_000).payments.get()
    invoice = payment.invoices.get()
    clerk.post(page(payment, "reverse"), {"reason": "Returned by the bank"})
    assert [found[2] for found in history(clerk, invoice)] == ["Carl Clerk"]
    assert "Carl Clerk · Returned by the bank" in text(clerk.get(page(invoice)))
    assert "Carl Clerk · Returned by the bank" in text(clerk.get(page(payment)))


# --- entries ----------------------------------------------------------------------------------------------------------


def every_kind():
    """Make an entry of each kind of document, and one by hand. Returns the latter."""
    buyer = customer()
    payment, invoice = received(buyer, 15_000), sent(line(10_000), of=buyer)
    allocate_payment(payment_id=payment.pk, invoice_id=invoice.pk, amount=2_000, actor=SYSTEM)
    write_off(invoice_id=invoice.pk, reason="Insolvent", amount=1_000, actor=SYSTEM)
    create_credit_note(invoice_id=part_paid(line(10_000)).pk, reason="Damaged", send=True, actor=SYSTEM)
    create_credit_note(invoice_id=sent(line(10_000)).pk, reason="Damaged", send=True, actor=SYSTEM)
    return post("5300", "3100", 500, description="Rent for May")


def test_only_entries_without_a_document_are_reversed_by_hand(chief):
    by_hand = every_kind()
    for entry in Entry.objects.all():
        path = f"/admin/accounting/entry/{entry.pk}"
        assert (f"{path}/reverse/" in text(chief.get(f"{path}/change/"))) == (entry.pk == by_hand)
        if entry.pk == by_hand:
            reverse_entry(entry_id=entry.pk, actor=SYSTEM)
            continue
        with pytest.raises(Conflict, match=r"This transaction belongs to a document\. .+"):
            reverse_entry(entry_id=entry.pk, actor=SYSTEM)


def test_the_page_of_a_documents_entry_says_how_to_undo_it(chief):
    every_kind()
    entry = Entry.objects.get(source_type="write_off")
    shown = text(chief.get(f"/admin/accounting/entry/{entry.pk}/change/"))
    assert "Undo the write-off on the page of the invoice." in shown


def test_entries_are_described_in_the_readers_language(chief):
    every_kind()
    chief.post(f"/admin/accounting/entry/{Entry.objects.get(source_type='manual').pk}/reverse/", {})
    chief.user.language = "de"
    chief.user.save(update_fields=["language"])
    shown = text(chief.get("/admin/accounting/entry/"))
    number = Entry.objects.get(source_type="write_off").reference
    for expected in (f"Ausbuchung der Rechnung {number}", "Rent for May", "Storno: Rent for May", "Storno: Rechnung "):
        assert expected in shown
    for english in ("Write-off of", "Credit note", "Payment PAY", "Reversal", "cancelled by"):
        assert english not in shown
    assert Entry.objects.filter(description__startswith="Write-off of invoice").exists()  # as it was stored


def test_the_ledger_is_in_the_readers_language_as_page_and_csv(chief):
    every_kind()
    chief.user.language = "de"
    chief.user.save(update_fields=["language"])
    number = Entry.objects.get(source_type="write_off").reference
    asked = {"account": Account.objects.get(code="1300").pk, "from_date": "2020-01-01", "to_date": "2099-01-01"}
    expected = f"Ausbuchung der Rechnung {number}"
    assert expected in text(chief.get(LEDGER, asked))
    answer = chief.get(LEDGER, {**asked, "format": "csv"})
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert expected in {row["description"] for row in rows}


# --- long lists -------------------------------------------------------------------------------------------------------


def test_the_search_of_payments_uses_its_indexes(clerk):
    screen = admin.site.get_model_admin(Payment)
    rows, _duplicates = screen.get_search_results(RequestFactory().get("/"), Payment.objects.all(), "Transfer 7")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off")
    plan = rows.explain()
    assert "Seq Scan" not in plan
    for index in ("billing_payment_search", "parties_party_search"):
        assert re.search(rf"{index} .*\n +Index Cond: \(\(search_text ~~ ANY", plan), plan


@pytest.mark.parametrize("asked", ["rEf-7 Blue", "bank-9", "PAY-", "acme", "acme corp"])
def test_payments_are_found_by_parts_of_number_reference_and_customer(clerk, owner, asked):
    buyer = customer(name="Acme Corporation")
    body = {"customer_id": str(buyer.pk), "amount": 5, "currency": "USD", "method": "card"}
    owner.post("/payments", {**body, "reference": "Ref-7 blue", "external_id": "BANK-99"}).ok(201)
    number = Payment.objects.get().number
    assert number in text(clerk.get(PAYMENTS, {"q": asked}))
    assert page(Payment.objects.get()) not in text(clerk.get(PAYMENTS, {"q": f"{asked} nothing"}))


def test_the_register_says_how_many_invoices_it_does_not_show(clerk, monkeypatch):
    monkeypatch.setattr(payment_forms, "MAX_INVOICES", 2)
    buyer = customer()
    three = [sent(line(10_000), of=buyer, due_date=dt.date(2099, month, 1)) for month in (1, 2, 3)]
    proposed = clerk.post(f"{PAYMENTS}add/", entered(buyer, "100"))
    assert "1 more open invoice, due later, is not shown." in text(proposed)
    asked = {**entered(buyer, "100"), **hidden(proposed), "search": three[2].number[-3:], "_propose": "1"}
    found = clerk.post(f"{PAYMENTS}add/", asked)
    assert [row.record.number for row in found.context["form"].rows] == [three[2].number]
    assert "not shown" not in text(found)
    body = {**asked, f"row-{three[2].pk}-amount": "100"}
    del body["_propose"]
    clerk.post(f"{PAYMENTS}add/", body)
    assert refreshed(three[2]).status == "paid"
    nothing = clerk.post(f"{PAYMENTS}add/", {**asked, "search": "nothing"})
    assert "No open invoice of the customer has this in its number." in text(nothing)
