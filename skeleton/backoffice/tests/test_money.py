"""Payments, credit notes, write-offs and statements in the back office: everything can be done, and undone."""

import datetime as dt

import pytest

from billing.models import CreditNote, Payment, Settlement
from billing.services.payments import receive_payment
from billing.services.write_offs import write_off
from billing.tests.factories import brought, customer, draft, invoiced, line, ordered, paid, part_paid, pay, sent
from inventory.tests import factories as inventory
from skeleton.kernel.actors import SYSTEM
from skeleton.testkit.narrowing import present

pytestmark = pytest.mark.django_db

PAYMENTS, INVOICES, NOTES = (f"/admin/billing/{name}/" for name in ("payment", "invoice", "creditnote"))
REASON = {"reason": "Typed wrong"}


def text(response):
    return response.content.decode()


def page(record, action="change"):
    return f"/admin/billing/{record._meta.model_name}/{record.pk}/{action}/"


def refreshed(record):
    return type(record).objects.get(pk=record.pk)


def received(of=None, amount=10_000, currency="USD"):
    pk = receive_payment(
        customer_id=(of or customer()).pk, amount=amount, currency=currency, method="bank_transfer", actor=SYSTEM
    )
    return Payment.objects.get(pk=pk)


def shares(payment):
    return dict(payment.settlements.filter(undone_at=None).values_list("invoice__number", "amount"))


def errors(response):
    return response.context["form"].errors


def hidden(response):
    """Return the fields that the page adds to what a user enters."""
    return {"shown_for": response.context["form"].data["shown_for"]}


# --- a new payment ----------------------------------------------------------------------------------------------------


@pytest.fixture
def buyer():
    return customer(name="Acme Corporation")


@pytest.fixture
def three(buyer):
    """Three open invoices of 100.00, the oldest first."""
    return [sent(line(10_000), of=buyer, due_date=dt.date(2099, month, 1)) for month in (1, 2, 3)]


def entered(buyer, amount="250.00", **fields):
    return {"customer_id": buyer.pk, "amount": amount, "currency": "", "method": "bank_transfer", **fields}


def test_one_payment_pays_three_invoices_and_the_rest_stays_on_account(clerk, buyer, three):
    body = entered(buyer, "312.34", reference="Transfer 7")
    proposed = clerk.post(f"{PAYMENTS}add/", body)
    assert proposed.status_code == 200
    rows = proposed.context["form"].rows
    assert [(row.record.number, row.initial["amount"]) for row in rows] == [(one.number, 10_000) for one in three]
    assert "12.34 USD stays on account." in text(proposed)
    assert not Payment.objects.exists()
    amounts = {f"row-{one.pk}-amount": "100.00" for one in three}
    answer = clerk.post(f"{PAYMENTS}add/", {**body, **hidden(proposed), **amounts})
    payment = Payment.objects.get()
    assert answer.headers["Location"] == page(payment)
    assert (payment.amount, payment.unallocated, payment.reference) == (31_234, 1_234, "Transfer 7")
    assert payment.created_by == clerk.user
    assert shares(payment) == {one.number: 10_000 for one in three}
    assert {refreshed(one).status for one in three} == {"paid"}


def test_the_proposal_pays_the_oldest_first_and_can_be_changed(clerk, buyer, three):
    proposed = clerk.post(f"{PAYMENTS}add/", entered(buyer, "150"))
    assert [row.initial["amount"] for row in proposed.context["form"].rows] == [10_000, 5_000, None]
    body = {**entered(buyer, "150"), **hidden(proposed), f"row-{three[2].pk}-amount": "40"}
    clerk.post(f"{PAYMENTS}add/", body)
    assert shares(Payment.objects.get()) == {three[2].number: 4_000}


def test_another_customer_or_amount_is_proposed_again(clerk, buyer, three):
    proposed = clerk.post(f"{PAYMENTS}add/", entered(buyer, "100"))
    other = customer()
    amounts = {f"row-{three[0].pk}-amount": "100.00"}
    again = clerk.post(f"{PAYMENTS}add/", {**entered(other, "100"), **hidden(proposed), **amounts})
    assert again.status_code == 200
    assert "has no open invoices in USD" in text(again)
    more = clerk.post(f"{PAYMENTS}add/", {**entered(buyer, "200"), **hidden(proposed), **amounts, "_propose": "1"})
    assert [row.initial["amount"] for row in more.context["form"].rows] == [10_000, 10_000, None]
    assert not Payment.objects.exists()


def test_without_open_invoices_all_of_it_is_on_account(clerk):
    buyer = customer(status="blacklisted", currency="EUR")
    proposed = clerk.post(f"{PAYMENTS}add/", entered(buyer))
    clerk.post(f"{PAYMENTS}add/", {**entered(buyer), **hidden(proposed)})
    payment = Payment.objects.get()
    assert (payment.currency, payment.unallocated) == ("EUR", 25_000)


def test_what_is_too_much_is_told_in_its_row(clerk, buyer, three):
    proposed = clerk.post(f"{PAYMENTS}add/", entered(buyer, "500"))
    amounts = {f"row-{three[0].pk}-amount": "", f"row-{three[1].pk}-amount": "100.01"}
    answer = clerk.post(f"{PAYMENTS}add/", {**entered(buyer, "500"), **hidden(proposed), **amounts})
    first, second, _third = answer.context["form"].rows
    assert not first.errors
    assert second.errors == {"amount": ["Is more than what is due: 100.00 USD."]}
    assert 'value="100.01"' in text(answer)
    assert not Payment.objects.exists()


def test_an_invoice_that_was_paid_meanwhile_is_refused(clerk, buyer, three):
    proposed = clerk.post(f"{PAYMENTS}add/", entered(buyer, "100"))
    pay(three[0], 10_000)
    amounts = {f"row-{three[0].pk}-amount": "100.00"}
    answer = clerk.post(f"{PAYMENTS}add/", {**entered(buyer, "100"), **hidden(proposed), **amounts})
    assert answer.status_code == 200
    assert answer.context["form"].non_field_errors()
    assert Payment.objects.count() == 1


def test_mistakes_are_told_at_their_fields(clerk, buyer):
    answer = clerk.post(f"{PAYMENTS}add/", entered(buyer, "x"))
    assert list(errors(answer)) == ["amount"]
    answer = clerk.post(f"{PAYMENTS}add/", {"method": "cash"})
    assert set(errors(answer)) == {"customer_id", "amount"}


def test_a_customer_is_chosen_by_a_link(clerk, buyer):
    link = f"{PAYMENTS}add/?customer={buyer.pk}"
    assert link in text(clerk.get(f"/admin/parties/customer/{buyer.pk}/change/"))
    assert "Acme Corporation" in text(clerk.get(link))


# --- what corrects a payment ------------------------------------------------------------------------------------------


def test_a_payment_on_the_wrong_invoice_is_taken_back_and_allocated(clerk, buyer, three):
    payment = refreshed(Payment.objects.get(pk=pay(three[0], 10_000).id))
    wrong, right = three[:2]
    assert f"{wrong.number}: 100.00 USD" in text(clerk.get(page(payment, "take-back")))
    clerk.post(page(payment, "take-back"), {"invoice_id": wrong.pk})
    assert (refreshed(payment).unallocated, refreshed(wrong).status) == (10_000, "sent")
    assert f"{right.number}: 100.00 USD due on" in text(clerk.get(page(payment, "allocate")))
    clerk.post(page(payment, "allocate"), {"invoice_id": right.pk, "amount": "60"})
    assert shares(payment) == {right.number: 6_000}


def test_a_refund_and_its_reversal(clerk):
    payment = received()
    answer = clerk.post(page(payment, "refund"), {"amount": "40.00", "method": "cash"}, follow=True)
    refund = Payment.objects.get(direction="out")
    assert f"The refund {refund.number} is recorded." in text(answer)
    assert (refreshed(payment).refunded, refund.amount) == (4_000, 4_000)
    assert page(refund) in text(clerk.get(page(payment)))
    assert page(payment) in text(clerk.get(page(refund)))
    refused = clerk.post(page(payment, "reverse"), REASON)
    assert "Reverse the refund first." in text(refused)
    clerk.post(page(refund, "reverse"), REASON)
    assert refreshed(payment).unallocated == 10_000


def test_more_than_is_on_account_is_told_at_the_amount(clerk):
    answer = clerk.post(page(received(), "refund"), {"amount": "100.01", "method": "cash"})
    assert errors(answer) == {"amount": ["Is more than what is on account: 100.00 USD."]}


def test_a_reversed_payment_says_why(clerk):
    invoice = paid()
    payment = Payment.objects.get()
    assert list(errors(clerk.post(page(payment, "reverse"), {}))) == ["reason"]
    clerk.post(page(payment, "reverse"), REASON)
    assert refreshed(invoice).status == "sent"
    shown = text(clerk.get(page(payment)))
    assert "Typed wrong" in shown
    assert page(payment, "reverse") not in shown
    assert payment.number in text(clerk.get(PAYMENTS, {"reversed": "yes"}))
    assert payment.number not in text(clerk.get(PAYMENTS, {"reversed": "no"}))


def test_the_register_is_filtered_by_what_is_on_account(clerk):
    used = Payment.objects.get(pk=pay(sent(), 1000).id)
    kept = received()
    shown = text(clerk.get(PAYMENTS, {"on_account": "yes"}))
    assert (kept.number in shown, used.number in shown) == (True, False)


def test_refunding_and_reversing_need_their_own_permission(staff):
    payment, invoice = received(), sent()
    writer = staff("invoices:read", "invoices:write")
    for address in (page(payment, "refund"), page(payment, "reverse"), page(invoice, "write-off")):
        assert writer.post(address, {}).status_code == 403
    assert writer.get(page(payment, "allocate")).status_code == 200


# --- credit notes -----------------------------------------------------------------------------------------------------


def test_a_credit_note_for_one_line_of_a_paid_invoice(clerk):
    invoice = paid(line(10_000, 3, tax_rate=20), line(5_000))
    first, second = invoice.lines.order_by("position")
    assert "Left" in text(clerk.get(page(invoice, "credit")))
    body = {**REASON, f"row-{first.pk}-quantity": "1", f"row-{first.pk}-amount": "", "send": "on"}
    answer = clerk.post(page(invoice, "credit"), body, follow=True)
    note = CreditNote.objects.get()
    assert f"{note.number} is issued." in text(answer)
    assert (note.total, note.unallocated, note.reason) == (12_000, 12_000, "Typed wrong")
    assert page(note) in text(clerk.get(page(invoice)))
    assert page(invoice) in text(clerk.get(page(note)))
    refunded = clerk.post(page(note, "refund"), {"amount": "120.00", "method": "bank_transfer"}, follow=True)
    assert "The refund" in text(refunded)
    assert refreshed(note).unallocated == 0
    again = clerk.get(page(invoice, "credit")).context["form"].rows
    assert [row.record.quantity_left for row in again] == [2, 1]
    assert second.pk == again[1].record.id


def test_everything_is_credited_and_goods_come_back(clerk):
    stock = inventory.stocked(10)
    order = brought("shipped", ordered(2, of=stock.item_id))
    invoice = invoiced(order)
    clerk.post(page(invoice, "send"))
    billed = invoice.lines.get()
    body = {
        **REASON,
        "everything": "on",
        "send": "on",
        f"row-{billed.pk}-restock_warehouse_id": stock.warehouse_id,
    }
    clerk.post(page(invoice, "credit"), body)
    assert refreshed(invoice).status == "cancelled"
    stock.refresh_from_db()
    assert stock.quantity == 10


def test_a_draft_is_changed_sent_or_deleted(clerk):
    invoice = sent(line(10_000, 3), line(5_000))
    first, second = invoice.lines.order_by("position")
    clerk.post(page(invoice, "credit"), {**REASON, f"row-{first.pk}-quantity": "1"})
    note = CreditNote.objects.get()
    assert (note.status, note.total) == ("draft", 10_000)
    form = clerk.get(page(note, "edit")).context["form"]
    assert [row.initial.get("quantity") for row in form.rows] == [1, None]
    clerk.post(page(note, "edit"), {"reason": "Late", "notes": "", f"row-{second.pk}-amount": "12.50"})
    note = refreshed(note)
    assert (note.reason, note.total) == ("Late", 1_250)
    clerk.post(page(note, "send"))
    assert present(refreshed(note).number).startswith("CN-")
    assert page(note, "delete") not in text(clerk.get(page(note)))
    clerk.post(page(invoice, "credit"), {**REASON, "everything": "on"})
    other = CreditNote.objects.get(status="draft")
    clerk.post(page(other, "delete"))
    assert CreditNote.objects.count() == 1


def test_what_cannot_be_credited_is_told_in_its_line(clerk):
    invoice = sent(line(10_000, 3), line(5_000))
    first, second = invoice.lines.order_by("position")
    none = clerk.post(page(invoice, "credit"), REASON)
    assert "Enter a quantity or an amount" in text(none)
    body = {**REASON, f"row-{first.pk}-quantity": "", f"row-{second.pk}-quantity": "2"}
    answer = clerk.post(page(invoice, "credit"), body)
    assert [list(row.errors) for row in answer.context["form"].rows] == [[], ["quantity"]]
    assert not CreditNote.objects.exists()


def test_a_credit_note_is_allocated_to_another_invoice_and_taken_back(clerk):
    buyer = customer()
    clerk.post(page(paid(line(10_000), of=buyer), "credit"), {**REASON, "everything": "on", "send": "on"})
    other = sent(line(10_000), of=buyer)
    note = CreditNote.objects.get()
    clerk.post(page(note, "allocate"), {"invoice_id": other.pk})
    assert refreshed(other).status == "paid"
    clerk.post(page(note, "take-back"), {"invoice_id": other.pk})
    assert (refreshed(other).status, refreshed(note).unallocated) == ("sent", 10_000)


# --- on an invoice ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["payment", "credit_note"])
def test_an_invoice_uses_what_is_on_account(clerk, kind):
    buyer = customer()
    if kind == "payment":
        source = received(buyer, 4_000)
    else:
        clerk.post(page(paid(line(4_000), of=buyer), "credit"), {**REASON, "everything": "on", "send": "on"})
        source = CreditNote.objects.get()
    invoice = sent(line(10_000), of=buyer)
    assert f"{source}: 40.00 USD on account" in text(clerk.get(page(invoice, "use-on-account")))
    clerk.post(page(invoice, "use-on-account"), {"source": f"{kind} {source.pk}"})
    assert refreshed(invoice).amount_due == 6_000
    assert str(source) in text(clerk.get(page(invoice)))


def test_a_bad_debt_is_written_off_and_undone(clerk):
    invoice = part_paid(line(10_000, tax_rate=20), amount=2_000)
    assert 'value="100.00"' in text(clerk.get(page(invoice, "write-off")))
    body = {"amount": "60.00", "reason": "Insolvent", "correct_tax": "on"}
    answer = clerk.post(page(invoice, "write-off"), body, follow=True)
    assert "60.00 USD of" in text(answer)
    assert "Insolvent" in text(answer)
    settlement = Settlement.objects.get(kind="write_off")
    assert present(settlement.tax)[0]["tax"] == 1_000
    assert "Insolvent" in text(clerk.get(page(invoice, "undo-write-off")))
    clerk.post(page(invoice, "undo-write-off"), {"settlement_id": settlement.pk})
    assert refreshed(invoice).amount_due == 10_000


@pytest.mark.parametrize(
    "made, buttons",
    [
        (draft, set()),
        (sent, {"credit", "write-off"}),
        (paid, {"credit"}),
    ],
)
def test_each_state_offers_what_corrects_it(clerk, made, buttons):
    invoice = made()
    shown = text(clerk.get(page(invoice)))
    every = {"credit", "use-on-account", "write-off", "undo-write-off"}
    assert {name for name in every if page(invoice, name) in shown} == buttons


def test_documents_and_entries_link_to_each_other(chief, staff):
    payment = received(buyer := customer(), 5_000)
    invoice = sent(line(10_000), of=buyer)
    chief.post(page(payment, "allocate"), {"invoice_id": invoice.pk})
    chief.post(page(invoice, "write-off"), {"amount": "50", "reason": "Insolvent"})
    for document, entries in ((payment, 2), (invoice, 3)):
        shown = text(chief.get(page(document)))
        found = [part.partition('"')[0] for part in shown.split('href="/admin/accounting/entry/')[1:]]
        changes = {one for one in found if one.endswith("/change/")}
        assert len(changes) == entries
        for entry in changes:
            assert page(document) in text(chief.get(f"/admin/accounting/entry/{entry}"))
        seen = text(staff("invoices:read").get(page(document)))
        assert "/admin/accounting/entry/" not in seen


# --- the statement ----------------------------------------------------------------------------------------------------

STATEMENT = "/admin/customer-statement/"


def test_a_statement_as_page_csv_and_pdf(clerk):
    buyer = customer(name="Acme Corporation")
    invoice = sent(line(10_000), of=buyer)
    payment = received(buyer, 4_000)
    write_off(invoice_id=invoice.pk, reason="Insolvent", amount=1_000, actor=SYSTEM)
    assert f"{STATEMENT}?customer={buyer.pk}" in text(clerk.get(f"/admin/parties/customer/{buyer.pk}/change/"))
    shown = clerk.get(STATEMENT, {"customer": buyer.pk})
    for expected in (page(invoice), page(payment), "100.00", "60.00", "50.00", "Open on invoices: 90.00 USD"):
        assert expected in text(shown), expected
    csv = clerk.get(STATEMENT, {"customer": buyer.pk, "format": "csv"})
    assert payment.number in b"".join(csv.streaming_content).decode()
    pdf = clerk.get(STATEMENT, {"customer": buyer.pk, "format": "pdf", "currency": "USD"})
    assert pdf.headers["Content-Type"] == "application/pdf"
    assert clerk.get(STATEMENT, {"customer": buyer.pk, "format": "xml"}).status_code == 400
    assert clerk.get("/admin/trial-balance/", {"format": "pdf"}).status_code == 400


def test_a_statement_needs_its_permission(staff):
    assert staff("customers:read").get(STATEMENT).status_code == 403
    assert staff("invoices:read").get(STATEMENT).status_code == 200


def test_links_of_a_customer_are_for_those_who_may_follow_them(staff):
    buyer = customer()
    shown = text(staff("customers:read").get(f"/admin/parties/customer/{buyer.pk}/change/"))
    assert "customer-statement" not in shown
    seen = text(staff("customers:read", "invoices:read").get(f"/admin/parties/customer/{buyer.pk}/change/"))
    assert "customer-statement" in seen
    assert f"{PAYMENTS}add/" not in seen


def test_pages_cost_the_same_however_much_is_on_them(chief, django_assert_num_queries):
    buyer = customer()

    def settled(count):
        payment = received(buyer, 10_000)
        for _ in range(count):
            invoice = sent(line(1_000), of=buyer)
            chief.post(page(payment, "allocate"), {"invoice_id": invoice.pk})
        return payment

    few, many = settled(1), settled(4)
    chief.get(page(few))  # caches the content type
    for payment in (few, many):
        with django_assert_num_queries(12):
            chief.get(page(payment))
