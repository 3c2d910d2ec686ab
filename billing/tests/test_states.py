"""Every action in every state: what is allowed works, everything else is 409 and changes nothing."""

from collections.abc import Callable

import pytest

from billing.models import CreditNote, Invoice, InvoiceLine, Payment
from billing.tests.factories import cancelled, draft, line, paid, part_paid, sent
from skeleton.audit.models import AuditEntry

pytestmark = pytest.mark.django_db

STATES: dict[str, Callable[..., Invoice]] = {
    "draft": draft,
    "sent": sent,
    "part paid": part_paid,
    "paid": paid,
    "cancelled": cancelled,
}


def credit_of(of_line):
    return {"reason": "Why", "send": True, "lines": [{"invoice_line_id": str(of_line.pk), "amount": 100}]}


def call(client, invoice, action):
    path, first = f"/invoices/{invoice.pk}", invoice.lines.first()
    return {
        "update": lambda: client.put(path, {"due_date": "2098-01-01"}),
        "add_line": lambda: client.post(f"{path}/lines", {"description": "More", "quantity": 1, "unit_price": 5}),
        "update_line": lambda: client.put(f"{path}/lines/{first.pk}", {"quantity": 7}),
        "delete_line": lambda: client.delete(f"{path}/lines/{first.pk}"),
        "send": lambda: client.post(f"{path}/send"),
        "record_payment": lambda: client.post(f"{path}/payments", {"amount": 100, "method": "cash"}),
        "cancel": lambda: client.post(f"{path}/cancel", {"reason": "Because"}),
        "credit": lambda: client.post(f"{path}/credit-notes", credit_of(first)),
        "write_off": lambda: client.post(f"{path}/write-off", {"reason": "Lost", "amount": 100}),
        "notes": lambda: client.patch(path, {"notes": "Changed"}),
    }[action]()


ALLOWED = {
    "draft": {"update", "add_line", "update_line", "delete_line", "send", "cancel"},
    "sent": {"record_payment", "credit", "write_off", "cancel"},
    "part paid": {"record_payment", "credit", "write_off"},
    "paid": {"credit"},
    "cancelled": set(),
}
ACTIONS = [
    "update",
    "add_line",
    "update_line",
    "delete_line",
    "send",
    "record_payment",
    "cancel",
    "credit",
    "write_off",
]
LEADS_TO = {
    ("draft", "send"): "sent",
    ("draft", "cancel"): "cancelled",
    ("sent", "cancel"): "cancelled",
    ("paid", "credit"): "paid",
}


def everything():
    tables = (Invoice.objects, InvoiceLine.objects, Payment.objects, CreditNote.objects, AuditEntry.objects)
    return [sorted(table.values_list(), key=str) for table in tables]


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("action", ACTIONS)
def test_only_what_the_state_allows(owner, state, action):
    invoice = STATES[state](line(1000))
    before = everything()
    answer = call(owner, invoice, action)
    if action in ALLOWED[state]:
        assert answer.status in (200, 201), answer
        assert everything() != before
        invoice.refresh_from_db()
        assert invoice.status == LEADS_TO.get((state, action), state.removeprefix("part ").replace("paid", "sent"))
    else:
        error = answer.refused(409, "allowed")
        assert set(error["details"]["allowed"]) == ALLOWED[state]
        assert everything() == before


@pytest.mark.parametrize("state", STATES)
def test_notes_can_be_changed_in_every_state(owner, state):
    assert call(owner, STATES[state](), "notes").ok()["notes"] == "Changed"


@pytest.mark.parametrize("state", STATES)
def test_what_was_got_may_be_sent_back(owner, state):
    path = f"/invoices/{STATES[state]().pk}"
    got = owner.get(path).ok()
    assert owner.put(path, got).ok() == got


def test_an_invoice_without_lines_is_not_sent(owner):
    invoice = draft()
    call(owner, invoice, "delete_line").ok()
    owner.post(f"/invoices/{invoice.pk}/send").refused(409, "allowed")
    assert owner.get(f"/invoices/{invoice.pk}").ok()["status"] == "draft"


def test_an_invoice_of_nothing_is_paid_when_it_is_sent(owner):
    answer = owner.post(f"/invoices/{draft(line(0)).pk}/send").ok()
    assert (answer["status"], answer["amount_due"]) == ("paid", 0)
    assert answer["paid_at"] == answer["sent_at"]


def test_the_last_payment_makes_it_paid(owner):
    invoice = part_paid(line(1000), amount=400)
    path = f"/invoices/{invoice.pk}/payments"
    body = {"amount": 600, "method": "card", "paid_at": "2026-01-20T10:00:00+02:00"}
    payment = owner.post(path, body).ok(201)
    assert (payment["invoice_status"], payment["amount_due"], payment["currency"]) == ("paid", 0, "USD")
    assert payment["paid_at"] == "2026-01-20T08:00:00Z"
    done = owner.get(f"/invoices/{invoice.pk}").ok()
    assert (done["status"], done["paid_at"]) == ("paid", "2026-01-20T08:00:00Z")
    assert [one["amount"] for one in done["payments"]] == [400, 600]


def test_what_was_cancelled_says_why_and_owes_nothing(owner):
    invoice = sent()
    answer = owner.post(f"/invoices/{invoice.pk}/cancel", {"reason": "Ordered twice"}).ok()
    assert (answer["status"], answer["cancel_reason"], answer["amount_due"]) == ("cancelled", "Ordered twice", 0)
    assert answer["cancelled_at"]
    assert answer["sent_at"]


def test_more_than_what_is_due_is_refused(owner):
    invoice = part_paid(line(1000), amount=400)
    path = f"/invoices/{invoice.pk}/payments"
    assert "6.00 USD" in owner.post(path, {"amount": 601, "method": "card"}).refused(422, "amount")["details"]["amount"]
    owner.post(path, {"amount": 2**63 - 1, "method": "card"}).refused(422, "amount")
    owner.post(path, {"amount": 600, "method": "card", "currency": "EUR"}).refused(422, "currency")
    invoice.refresh_from_db()
    assert invoice.amount_paid == 400
