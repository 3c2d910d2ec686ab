"""Rules of credit notes, over the API."""

import datetime as dt
from decimal import Decimal
from uuid import uuid4

import pytest

from accounting.tests.factories import net
from billing.models import CreditNote, Invoice
from billing.services.invoices import send_invoice
from billing.tests.factories import (
    brought,
    cancelled,
    customer,
    draft,
    invoiced,
    line,
    ordered,
    paid,
    part_paid,
    pay,
    sent,
)
from inventory.models import Movement, Stock
from inventory.tests.factories import stocked, warehouse
from skeleton.audit.models import AuditEntry
from skeleton.kernel.actors import SYSTEM

pytestmark = pytest.mark.django_db

RECEIVABLE, ADVANCES, TAX, REVENUE = "1300", "2300", "2200", "4000"
WHY = {"reason": "Damaged"}


def today():
    return dt.datetime.now(dt.UTC).date()


def credit(owner, invoice, status=201, **body):
    return owner.post(f"/invoices/{invoice.pk}/credit-notes", {**WHY, **body}).ok(status)


def issue(owner, invoice, **body):
    return credit(owner, invoice, send=True, **body)


def of(invoice, position=1, **values):
    return {"invoice_line_id": str(invoice.lines.get(position=position).pk), **values}


def shown(owner, invoice):
    return owner.get(f"/invoices/{invoice.pk}").ok()


def balances():
    return {code: net(code) for code in (RECEIVABLE, ADVANCES, TAX, REVENUE)}


# --- drafts -----------------------------------------------------------------------------------------------------------


def test_a_draft_proposes_all_that_is_left(owner):
    invoice = sent(line(333, 2.5, discount=33, tax_rate=20), line(100, tax_rate=7.5), of=customer(name="Acme"))
    made = credit(owner, invoice, notes="Sorry")
    assert (made["number"], made["status"], made["sent_at"]) == (None, "draft", None)
    assert (made["invoice_id"], made["invoice_number"]) == (str(invoice.pk), invoice.number)
    assert (made["customer_name"], made["currency"], made["reason"], made["notes"]) == (
        "Acme",
        "USD",
        "Damaged",
        "Sorry",
    )
    assert [(one["quantity"], one["unit_price"], one["discount"], one["total"]) for one in made["lines"]] == [
        (2.5, 333, 33, 800),
        (1, 100, 0, 100),
    ]
    assert (made["subtotal"], made["tax_total"], made["total"]) == (
        invoice.subtotal,
        invoice.tax_total,
        invoice.total,
    )
    assert made["tax_breakdown"] == shown(owner, invoice)["tax_breakdown"]
    assert (made["allocated"], made["refunded"], made["unallocated"], made["allocations"]) == (0, 0, 0, [])
    assert owner.get(f"/credit-notes/{made['id']}").ok() == made
    assert shown(owner, invoice)["credited_total"] == 0


def test_quantities_and_amounts_of_lines(owner):
    invoice = sent(line(100, 3, tax_rate=20), line(50, 2))
    lines = [of(invoice, quantity=2), of(invoice, 2, amount=30)]
    made = credit(owner, invoice, lines=lines)
    assert [(one["quantity"], one["amount"], one["total"]) for one in made["lines"]] == [(2, None, 200), (None, 30, 30)]
    assert made["tax_breakdown"] == [{"rate": 0, "base": 30, "tax": 0}, {"rate": 20, "base": 200, "tax": 40}]
    assert made["total"] == 270


def test_a_draft_is_changed_by_sending_back_what_one_got(owner):
    invoice = sent(line(100, 3))
    made = credit(owner, invoice, lines=[of(invoice, amount=50)])
    path = f"/credit-notes/{made['id']}"
    assert owner.put(path, {**made, "reason": "Late"}).ok()["reason"] == "Late"
    changed = owner.patch(path, {"lines": [of(invoice, quantity=1)]}).ok()
    assert (changed["total"], len(changed["lines"]), changed["reason"]) == (100, 1, "Late")
    owner.patch(path, {"reason": None}).refused(422, "reason")
    owner.delete(path).ok(204)
    owner.get(path).refused(404)


@pytest.mark.parametrize(
    "lines, field",
    [
        ([{"invoice_line_id": str(uuid4()), "quantity": 1}], "lines.0.invoice_line_id"),
        ([{"quantity": 1}], "lines.0.invoice_line_id"),
        (lambda invoice: [of(invoice)], "lines.0.quantity"),
        (lambda invoice: [of(invoice, quantity=1, amount=1)], "lines.0.quantity"),
        (lambda invoice: [of(invoice, amount=0)], "lines.0.amount"),
        (lambda invoice: [of(invoice, quantity=0)], "lines.0.quantity"),
        (lambda invoice: [of(invoice, quantity=1), of(invoice, quantity=1)], "lines.1.invoice_line_id"),
        (lambda invoice: [of(invoice, quantity=1, restock_warehouse_id=str(uuid4()))], "lines.0.restock_warehouse_id"),
        (
            lambda invoice: [of(invoice, quantity=1, restock_warehouse_id=str(warehouse()))],
            "lines.0.restock_warehouse_id",
        ),
    ],
)
def test_lines_that_make_no_sense(owner, lines, field):
    invoice = sent(line(100, 3))
    body = {**WHY, "lines": lines(invoice) if callable(lines) else lines}
    owner.post(f"/invoices/{invoice.pk}/credit-notes", body).refused(422, field)


def test_only_what_was_sent_is_credited(owner):
    for invoice in (draft(), cancelled()):
        owner.post(f"/invoices/{invoice.pk}/credit-notes", WHY).refused(409)
    owner.post(f"/invoices/{uuid4()}/credit-notes", WHY).refused(404)
    owner.post(f"/invoices/{sent().pk}/credit-notes", {}).refused(422, "reason")


def test_no_more_than_is_left(owner):
    invoice = sent(line(100, 3))
    path = f"/invoices/{invoice.pk}/credit-notes"
    issue(owner, invoice, lines=[of(invoice, quantity=2)])
    error = owner.post(path, {**WHY, "lines": [of(invoice, quantity=2)]}).refused(409, "lines.0.quantity")
    assert error["details"]["lines.0.quantity"] == "Only 1 of it can still be credited."
    owner.post(path, {**WHY, "lines": [of(invoice, amount=101)]}).refused(409, "lines.0.amount")
    issue(owner, invoice, lines=[of(invoice, amount=60)])
    owner.post(path, {**WHY, "lines": [of(invoice, amount=41)]}).refused(409, "lines.0.amount")
    last = issue(owner, invoice)
    assert (last["lines"][0]["quantity"], last["lines"][0]["discount"], last["total"]) == (1, 60, 40)
    owner.post(path, WHY).refused(409)


# --- issuing ----------------------------------------------------------------------------------------------------------


def test_issuing_numbers_freezes_and_settles(owner):
    invoice = sent(line(1000, tax_rate=20))
    waiting = credit(owner, invoice, lines=[of(invoice, amount=100)])
    made = owner.post(f"/credit-notes/{waiting['id']}/send").ok()
    assert (made["number"], made["status"]) == (f"CN-{today().year}-001", "sent")
    assert (made["total"], made["allocated"], made["unallocated"]) == (120, 120, 0)
    assert [(one["invoice_id"], one["amount"]) for one in made["allocations"]] == [(str(invoice.pk), 120)]
    now = shown(owner, invoice)
    assert (now["status"], now["credited_total"], now["amount_credited"], now["amount_due"]) == ("sent", 120, 120, 1080)
    assert [(one["kind"], one["number"], one["amount"]) for one in now["settlements"]] == [
        ("credit_note", made["number"], 120)
    ]
    assert balances() == {RECEIVABLE: 1080, ADVANCES: 0, TAX: -180, REVENUE: -900}
    path = f"/credit-notes/{made['id']}"
    owner.put(path, {"reason": "Other"}).refused(409)
    owner.patch(path, {"lines": [of(invoice, amount=1)]}).refused(409)
    owner.delete(path).refused(409)
    owner.post(f"{path}/send").refused(409)
    assert owner.patch(path, {"notes": made["notes"]}).ok() == made


def test_a_proposal_is_worked_out_again_when_it_is_issued(owner):
    invoice = sent(line(34, 3, discount=2, tax_rate=19))
    first = credit(owner, invoice, lines=[of(invoice, quantity=1)])
    second = credit(owner, invoice, lines=[of(invoice, quantity=1)])
    assert (first["total"], second["total"]) == (39, 39)
    totals = [owner.post(f"/credit-notes/{one['id']}/send").ok()["subtotal"] for one in (first, second)]
    totals.append(issue(owner, invoice)["subtotal"])
    assert totals == [33, 34, 33]
    assert shown(owner, invoice)["credited_total"] == invoice.total


def test_a_proposal_that_no_longer_fits_is_refused(owner):
    invoice = sent(line(100, 3))
    waiting = credit(owner, invoice)
    issue(owner, invoice, lines=[of(invoice, quantity=1)])
    owner.post(f"/credit-notes/{waiting['id']}/send").refused(409, "lines.0.quantity")
    assert CreditNote.objects.get(pk=waiting["id"]).number is None


def test_the_rest_of_a_paid_invoice_is_on_account(owner):
    invoice = part_paid(line(1000, tax_rate=20), amount=1000)
    made = issue(owner, invoice, lines=[of(invoice, amount=500)])
    assert (made["total"], made["allocated"], made["unallocated"]) == (600, 200, 400)
    now = shown(owner, invoice)
    assert (now["status"], now["amount_paid"], now["amount_credited"], now["amount_due"]) == ("paid", 1000, 200, 0)
    assert balances() == {RECEIVABLE: 0, ADVANCES: -400, TAX: -100, REVENUE: -500}


def test_a_whole_credit_of_an_open_invoice_cancels_it_by_the_reversal_of_its_entry(owner):
    invoice = sent(line(1000, tax_rate=20))
    made = issue(owner, invoice)
    now = shown(owner, invoice)
    assert (now["status"], now["amount_due"], now["cancel_reason"]) == ("cancelled", 0, "Damaged")
    assert now["cancelled_at"]
    (entry,) = owner.get("/transactions", source_type="reversal").ok()["items"]
    assert made["number"] in entry["description"]
    assert balances() == dict.fromkeys(balances(), 0)
    owner.post(f"/invoices/{invoice.pk}/cancel").refused(409)
    owner.post(f"/invoices/{invoice.pk}/credit-notes", WHY).refused(409)


def test_credits_in_parts_cancel_it_in_the_end(owner):
    invoice = sent(line(1000, 2, tax_rate=20))
    issue(owner, invoice, lines=[of(invoice, quantity=1)])
    assert shown(owner, invoice)["status"] == "sent"
    issue(owner, invoice)
    assert shown(owner, invoice)["status"] == "cancelled"
    assert owner.get("/transactions", source_type="reversal").ok()["total"] == 0
    assert balances() == dict.fromkeys(balances(), 0)


def test_a_paid_invoice_that_is_credited_whole_stays_paid(owner):
    invoice = paid(line(1000, tax_rate=20))
    made = issue(owner, invoice)
    assert made["unallocated"] == 1200
    now = shown(owner, invoice)
    assert (now["status"], now["credited_total"], now["amount_due"]) == ("paid", 1200, 0)
    assert balances() == {RECEIVABLE: 0, ADVANCES: -1200, TAX: 0, REVENUE: 0}


def test_an_invoice_of_nothing_can_be_credited_and_cancelled(owner):
    for path, body in (("credit-notes", {**WHY, "send": True}), ("cancel", None)):
        invoice = sent(line(0, 2))
        assert invoice.status == "paid"
        owner.post(f"/invoices/{invoice.pk}/{path}", body)
        now = shown(owner, invoice)
        assert (now["status"], now["paid_at"]) == ("cancelled", None)
        assert invoice.credit_notes.get().total == 0


# --- on account -------------------------------------------------------------------------------------------------------


def test_what_is_on_account_settles_another_invoice_and_comes_back(owner):
    acme = customer()
    credited, other = paid(line(1000), of=acme), sent(line(300), of=acme)
    note = issue(owner, credited)
    path = f"/credit-notes/{note['id']}"
    used = owner.post(f"{path}/allocate", {"invoice_id": str(other.pk)}).ok()
    assert (used["allocated"], used["unallocated"]) == (300, 700)
    now = shown(owner, other)
    assert (now["status"], now["amount_credited"], now["credited_total"]) == ("paid", 300, 0)
    assert balances()[RECEIVABLE] == 0
    assert balances()[ADVANCES] == -700
    owner.post(f"/invoices/{other.pk}/cancel").refused(409)
    back = owner.post(f"{path}/unallocate", {"invoice_id": str(other.pk)}).ok()
    assert (back["allocated"], back["unallocated"], back["allocations"]) == (0, 1000, [])
    assert shown(owner, other)["status"] == "sent"
    assert (balances()[RECEIVABLE], balances()[ADVANCES]) == (300, -1000)


def test_a_new_invoice_uses_credit_on_account_before_payments(owner):
    acme = customer()
    note = issue(owner, paid(line(600), of=acme))
    in_euros = {"customer_id": str(acme.pk), "amount": 900, "method": "card", "currency": "EUR"}
    owner.post("/payments", in_euros).ok(201)
    payment = owner.post("/payments", {**in_euros, "currency": "USD"}).ok(201)
    invoice = draft(line(1000), of=acme)
    found = owner.post(f"/invoices/{invoice.pk}/send", {"use_on_account": True}).ok()
    assert (found["status"], [(one["number"], one["amount"]) for one in found["settlements"]]) == (
        "paid",
        [(note["number"], 600), (payment["number"], 400)],
    )
    assert (net(RECEIVABLE), net(ADVANCES)) == (0, -500)


def test_what_cannot_be_allocated(owner):
    acme = customer()
    note = issue(owner, paid(line(1000), of=acme))
    path = f"/credit-notes/{note['id']}/allocate"
    for invoice in (sent(line(5)), sent(line(5), of=acme, currency="EUR")):
        owner.post(path, {"invoice_id": str(invoice.pk)}).refused(422)
    owner.post(path, {"invoice_id": str(uuid4())}).refused(422, "invoice_id")
    owner.post(path, {"invoice_id": str(paid(line(5), of=acme).pk)}).refused(409)
    owner.post(path, {"invoice_id": str(sent(line(5), of=acme).pk), "amount": 6}).refused(422, "amount")
    owner.post(path, {"invoice_id": str(sent(line(2000), of=acme).pk), "amount": 1001}).refused(422, "amount")
    waiting = credit(owner, sent(line(7), of=acme))
    body = {"invoice_id": str(sent(line(5), of=acme).pk)}
    owner.post(f"/credit-notes/{waiting['id']}/allocate", body).refused(409)


def test_its_own_invoice_keeps_what_it_settles(owner):
    invoice = sent(line(1000))
    note = issue(owner, invoice, lines=[of(invoice, amount=400)])
    owner.post(f"/credit-notes/{note['id']}/unallocate", {"invoice_id": str(invoice.pk)}).refused(409)


def test_a_refund_pays_back_what_is_on_account(owner):
    invoice = paid(line(1000))
    note = issue(owner, invoice)
    path = f"/credit-notes/{note['id']}/refund"
    owner.post(path, {"amount": 1001, "method": "cash"}).refused(422, "amount")
    made = owner.post(path, {"amount": 400, "method": "bank_transfer"}).ok(201)
    assert (made["direction"], made["amount"], made["refund_of"]) == (
        "out",
        400,
        {"kind": "credit_note", "id": note["id"], "number": note["number"]},
    )
    assert owner.get(f"/credit-notes/{note['id']}").ok()["unallocated"] == 600
    assert balances()[ADVANCES] == -600
    owner.post(f"/payments/{made['id']}/reverse", {"reason": "Returned by the bank"}).ok()
    assert owner.get(f"/credit-notes/{note['id']}").ok()["unallocated"] == 1000
    assert balances()[ADVANCES] == -1000


def test_when_a_payment_is_undone_its_own_notes_settle_the_invoice_again(owner):
    invoice = paid(line(1000))
    note = issue(owner, invoice, lines=[of(invoice, amount=300)])
    assert note["unallocated"] == 300
    payment = owner.get(f"/invoices/{invoice.pk}/payments").ok()["items"][0]
    owner.post(f"/payments/{payment['id']}/unallocate", {"invoice_id": str(invoice.pk)}).ok()
    now = shown(owner, invoice)
    assert (now["status"], now["amount_paid"], now["amount_credited"], now["amount_due"]) == ("sent", 0, 300, 700)
    assert (balances()[RECEIVABLE], balances()[ADVANCES]) == (700, -1000)


def test_a_bounced_payment_of_a_whole_credit_cancels_the_invoice(owner):
    invoice = paid(line(1000))
    issue(owner, invoice)
    payment = owner.get(f"/invoices/{invoice.pk}/payments").ok()["items"][0]
    owner.post(f"/payments/{payment['id']}/reverse", {"reason": "Bounced"}).ok()
    now = shown(owner, invoice)
    assert (now["status"], now["amount_paid"], now["amount_credited"]) == ("cancelled", 0, 1000)
    assert balances() == dict.fromkeys(balances(), 0)


# --- cancelling -------------------------------------------------------------------------------------------------------


def test_cancelling_issues_the_credit_note_of_what_is_left(owner):
    invoice = sent(line(1000, 2, tax_rate=20))
    issue(owner, invoice, lines=[of(invoice, quantity=1)])
    answer = owner.post(f"/invoices/{invoice.pk}/cancel", {"reason": "Withdrawn"}).ok()
    note = owner.get(f"/credit-notes/{answer['credit_note_id']}").ok()
    assert (answer["status"], answer["cancel_reason"]) == ("cancelled", "Withdrawn")
    assert (note["status"], note["total"], note["reason"]) == ("sent", 1200, "Withdrawn")
    assert balances() == dict.fromkeys(balances(), 0)


def test_cancelling_a_draft_issues_nothing(owner):
    answer = owner.post(f"/invoices/{draft().pk}/cancel").ok()
    assert (answer["status"], answer["credit_note_id"]) == ("cancelled", None)
    assert CreditNote.objects.count() == 0


def test_what_was_paid_is_not_cancelled(owner):
    for invoice in (paid(), part_paid()):
        owner.post(f"/invoices/{invoice.pk}/cancel").refused(409)
    assert CreditNote.objects.count() == 0


# --- orders and stock -------------------------------------------------------------------------------------------------


def shipped_and_sent(quantity=4):
    row = stocked(10)
    made = brought("shipped", ordered(quantity, of=row.item_id))
    invoice = invoiced(made)
    send_invoice(invoice_id=invoice.pk, actor=SYSTEM)
    return row, made, Invoice.objects.get(pk=invoice.pk)


def test_goods_come_back_once_with_the_number_of_the_credit_note(owner):
    row, _order, invoice = shipped_and_sent()
    lines = [of(invoice, quantity=3, restock_warehouse_id=str(row.warehouse_id))]
    waiting = credit(owner, invoice, lines=lines)
    assert Stock.objects.get(pk=row.pk).quantity == 6
    made = owner.post(f"/credit-notes/{waiting['id']}/send").ok()
    assert made["lines"][0]["restock_warehouse_id"] == str(row.warehouse_id)
    assert Stock.objects.get(pk=row.pk).quantity == 9
    movement = Movement.objects.order_by("id").last()
    assert movement is not None
    assert (movement.type, movement.quantity, movement.reference) == ("receipt", Decimal(3), made["number"])


def test_goods_may_come_back_to_another_warehouse(owner):
    row, _order, invoice = shipped_and_sent()
    elsewhere = warehouse()
    issue(owner, invoice, lines=[of(invoice, quantity=1, restock_warehouse_id=str(elsewhere))])
    assert Stock.objects.get(item=row.item_id, warehouse=elsewhere).quantity == 1


def test_no_more_comes_back_than_was_shipped(owner):
    row = stocked(10)
    made = brought("confirmed", ordered(4, of=row.item_id))
    invoice = invoiced(made)
    send_invoice(invoice_id=invoice.pk, actor=SYSTEM)
    body = {**WHY, "send": True, "lines": [of(invoice, quantity=1, restock_warehouse_id=str(row.warehouse_id))]}
    error = owner.post(f"/invoices/{invoice.pk}/credit-notes", body).refused(409)
    assert error["message"] == "More would be taken back into stock than was shipped."
    assert Stock.objects.get(pk=row.pk).quantity == 10
    assert CreditNote.objects.count() == 0


def test_taking_goods_back_needs_the_permission_of_stock(holding):
    row, _order, invoice = shipped_and_sent()
    body = {**WHY, "lines": [of(invoice, quantity=1, restock_warehouse_id=str(row.warehouse_id))]}
    clerk = holding("invoices:write", "invoices:read")
    assert "inventory:write" in clerk.post(f"/invoices/{invoice.pk}/credit-notes", body).refused(403)["message"]
    clerk.post(f"/invoices/{invoice.pk}/credit-notes", WHY).ok(201)


def test_an_order_can_be_cancelled_once_its_paid_invoice_is_credited(owner):
    row = stocked(10)
    made = brought("confirmed", ordered(4, of=row.item_id))
    invoice = invoiced(made)
    send_invoice(invoice_id=invoice.pk, actor=SYSTEM)
    pay(invoice, invoice.total)
    path = f"/orders/{made.pk}"
    issue(owner, invoice, lines=[of(invoice, quantity=1)])
    owner.patch(f"{path}/status", {"status": "cancelled"}).refused(409)
    assert "cancelled" not in owner.get(path).ok()["allowed_transitions"]
    issue(owner, invoice)
    now = owner.get(path).ok()
    assert (now["invoiced_total"], "cancelled" in now["allowed_transitions"]) == (0, True)
    owner.patch(f"{path}/status", {"status": "cancelled"}).ok()
    assert Stock.objects.get(pk=row.pk).reserved == 0


def test_what_was_credited_whole_is_billed_anew_and_in_parts_not(owner):
    made = brought("confirmed", ordered(4))
    invoice = invoiced(made)
    send_invoice(invoice_id=invoice.pk, actor=SYSTEM)
    issue(owner, invoice, lines=[of(invoice, quantity=1)])
    owner.post(f"/orders/{made.pk}/invoice").refused(409)
    pay(invoice, 5000)
    issue(owner, invoice)
    made.refresh_from_db()
    assert made.unbilled_total == made.total
    assert owner.post(f"/orders/{made.pk}/invoice").ok(201)["total"] == made.total


# --- lists, audit, PDF ------------------------------------------------------------------------------------------------


def test_lists_are_filtered(owner):
    acme = customer(name="Acme")
    invoice = paid(line(1000), of=acme)
    part = issue(owner, invoice, lines=[of(invoice, amount=100)])
    waiting = credit(owner, invoice)
    other = issue(owner, sent(line(50)))

    def found(**filters):
        return [one["id"] for one in owner.get("/credit-notes", **filters).ok()["items"]]

    assert found() == [other["id"], waiting["id"], part["id"]]
    assert found(status="draft") == [waiting["id"]]
    assert found(customer_id=str(acme.pk)) == [waiting["id"], part["id"]]
    assert found(invoice_id=str(invoice.pk), status="sent") == [part["id"]]
    assert found(unallocated="true") == [part["id"]]
    assert found(search=part["number"].lower()) == [part["id"]]
    assert found(search="acme", sort_by="total") == [part["id"], waiting["id"]]
    assert found(sort_by="number") == [waiting["id"], part["id"], other["id"]]
    assert found(from_date=str(today()), to_date=str(today()), currency="USD") == found()
    owner.get("/credit-notes", status="paid").refused(400)
    page = owner.get("/credit-notes", cursor="", sort_by="number", limit=1).ok()
    assert owner.get("/credit-notes", cursor=page["next_cursor"], sort_by="number").ok()["items"][0]["id"] == part["id"]


def test_what_is_done_is_audited(owner):
    invoice = sent(line(1000))
    note = issue(owner, invoice, lines=[of(invoice, amount=400)])
    entries = AuditEntry.objects.filter(resource="invoices", resource_id=note["id"])
    assert {entry.action for entry in entries} == {"create"}
    assert "lines" in {name for entry in entries for name in entry.changes}


def test_refunds_need_a_permission_of_their_own(holding, owner):
    note = issue(owner, paid(line(1000)))
    clerk = holding("invoices:write", "invoices:read")
    clerk.post(f"/credit-notes/{note['id']}/refund", {"amount": 1, "method": "cash"}).refused(403)
