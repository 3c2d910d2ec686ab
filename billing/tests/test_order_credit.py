"""Credit limits: what counts towards them, and the error if they don't cover an order."""

import pytest

from billing.choices import OrderStatus
from billing.models import Order
from billing.services.corrections import refund_payment
from billing.services.invoices import cancel_invoice, send_invoice
from billing.services.payments import receive_payment
from billing.services.transitions import change_status
from billing.tests.factories import brought, cancelled, customer, draft, invoiced, line, order, ordered, paid, pay, sent
from inventory.tests.factories import item
from skeleton.kernel.actors import SYSTEM
from skeleton.kernel.errors import Conflict

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme():
    return customer(credit_limit=10000)


def worth(amount, **fields):
    return ordered(1, of=item(unit_price=amount), **fields)


def confirm(made):
    change_status(order_id=made.pk, status=OrderStatus.CONFIRMED, actor=SYSTEM)


def refused(made, exposure):
    with pytest.raises(Conflict) as caught:
        confirm(made)
    assert caught.value.details == {"credit_limit": 10000, "exposure": exposure, "order_total": made.total}
    made.refresh_from_db()
    assert made.status == "draft"


def test_exactly_the_limit_is_covered_and_a_cent_more_is_not(owner, acme):
    over = order(worth(8334, tax_rate=20), of=acme)  # 8334 and 1667 of tax
    refused(over, 0)
    answer = owner.patch(f"/orders/{over.pk}/status", {"status": "confirmed"})
    details = answer.refused(409, "credit_limit", "exposure", "order_total")["details"]
    assert details == {"credit_limit": 10000, "exposure": 0, "order_total": 10001}
    assert "100.00 USD" in answer.data["message"]
    brought("confirmed", worth(10000), of=acme)


def test_no_limit_is_no_limit():
    brought("confirmed", worth(2**62), of=customer(credit_limit=0))


def test_what_counts(acme):
    sent(line(1000), of=acme)
    pay(sent(line(500), of=acme), 200)
    brought("confirmed", worth(1000), of=acme)
    brought("shipped", worth(1000), of=acme)
    brought("delivered", worth(1000), of=acme)
    # and what does not
    draft(line(50000), of=acme)
    paid(line(50000), of=acme)
    cancelled(line(50000), of=acme)
    sent(line(50000), of=customer())
    order(worth(50000), of=acme)
    brought("pending", worth(50000), of=acme)
    brought("cancelled", worth(50000), of=acme)
    sent(line(50000), of=acme, currency="EUR")
    refused(order(worth(5701), of=acme), 4300)
    brought("confirmed", worth(5700), of=acme)


def unbilled(made):
    return Order.objects.get(pk=made.pk).unbilled_total


def test_an_order_counts_until_its_invoice_is_sent_and_then_the_invoice_does(acme):
    made = brought("confirmed", worth(6000), of=acme)
    other = order(worth(4001), of=acme)
    refused(other, 6000)
    invoice = invoiced(made)
    refused(other, 6000)  # drafts don't count
    send_invoice(invoice_id=invoice.pk, actor=SYSTEM)
    assert unbilled(made) == 0
    refused(other, 6000)
    cancel_invoice(invoice_id=invoice.pk, actor=SYSTEM)
    assert unbilled(made) == 6000
    refused(other, 6000)
    again = invoiced(made)
    send_invoice(invoice_id=again.pk, actor=SYSTEM)
    pay(again, 1000)
    confirm(other)


def test_what_a_part_invoice_leaves_still_counts(owner, acme):
    made = brought("confirmed", ordered(5, of=item(unit_price=1000), tax_rate=20, discount=500), of=acme)
    assert unbilled(made) == made.total == 5400
    invoice = invoiced(made)
    owner.put(f"/invoices/{invoice.pk}/lines/{invoice.lines.get().pk}", {"quantity": 2, "discount": 100}).ok()
    send_invoice(invoice_id=invoice.pk, actor=SYSTEM)
    assert unbilled(made) == (3000 - 400) * 1.2
    send_invoice(invoice_id=invoiced(made).pk, actor=SYSTEM)
    assert unbilled(made) == 0


def test_what_is_on_account_is_credit(acme):
    """Money of the customer that no invoice has taken, in the currency of the limit, never below 0."""
    made, big = (order(worth(amount), of=acme) for amount in (10000, 10001))
    sent(line(2000), of=acme)
    refused(made, 2000)
    receive(acme, 500, "EUR")
    receive(customer(), 5000)
    transfer = receive(acme, 1999)
    refused(made, 1)
    receive(acme, 5000)
    refused(big, 0)
    refund_payment(payment_id=transfer, amount=1999, method="card", actor=SYSTEM)
    confirm(made)


def receive(payer, amount, currency="USD"):
    """Record a payment on account and return its id."""
    return receive_payment(customer_id=payer.pk, amount=amount, currency=currency, method="card", actor=SYSTEM)


def test_another_currency_cannot_be_compared(owner, acme):
    made = order(ordered(of=item(currency="EUR")), of=acme)
    assert set(owner.patch(f"/orders/{made.pk}/status", {"status": "confirmed"}).refused(409)["details"]) == {
        "currency"
    }
    owner.put(f"/customers/{acme.pk}", {"credit_limit": 0}).ok()
    owner.patch(f"/orders/{made.pk}/status", {"status": "confirmed"}).ok()


def test_a_sum_beyond_int64_is_compared_exactly(owner):
    rich = customer(credit_limit=2**63 - 1)
    brought("confirmed", worth(2**63 - 1), of=rich)
    made = order(worth(2**63 - 1), of=rich)
    refused = owner.patch(f"/orders/{made.pk}/status", {"status": "confirmed"}).refused(409)
    assert refused["details"]["exposure"] == 2**63 - 1
