"""Invoices of orders: everything is billed once, in all states of the invoices."""

import datetime as dt
from typing import Any

import pytest

from billing.models import Invoice, Order
from billing.services.invoices import cancel_invoice, send_invoice
from billing.tests.factories import brought, customer, invoiced, order, ordered
from contracts.tests.factories import active
from inventory.tests.factories import item
from parties.choices import PartyKind
from parties.services import change_status as change_party
from skeleton.kernel.actors import SYSTEM
from skeleton.testkit.narrowing import present

pytestmark = pytest.mark.django_db


def today():
    return dt.datetime.now(dt.UTC).date()


def days_from_now(days):
    return str(today() + dt.timedelta(days=days))


@pytest.fixture
def confirmed():
    lines = (ordered(2.5, of=item(name="Cable", unit_price=333), tax_rate=20, discount=7), ordered(1, tax_rate=7))
    return brought("confirmed", *lines, of=customer(name="Acme"))


def test_an_invoice_says_what_the_order_says(owner, confirmed):
    made = owner.post(f"/orders/{confirmed.pk}/invoice").ok(201)
    shown = owner.get(f"/orders/{confirmed.pk}").ok()
    assert (made["status"], made["order_id"], made["customer_name"]) == ("draft", str(confirmed.pk), "Acme")
    for name in ("customer_id", "currency", "subtotal", "tax_total", "tax_breakdown", "total"):
        assert made[name] == shown[name], name
    for line, of_order in zip(made["lines"], shown["lines"], strict=True):
        assert line["description"] == of_order["item_name"]
        for name in ("quantity", "unit_price", "currency", "discount", "tax_rate", "total"):
            assert line[name] == of_order[name], name
    assert made["due_date"] == days_from_now(30)
    assert shown["invoiced_total"] == made["total"]
    assert [each["id"] for each in owner.get("/invoices", order_id=str(confirmed.pk)).ok()["items"]] == [made["id"]]
    assert owner.get("/invoices").ok()["items"][0]["order_id"] == str(confirmed.pk)


def test_nothing_is_invoiced_twice(owner, confirmed):
    invoiced(confirmed)
    path = f"/orders/{confirmed.pk}/invoice"
    assert "already" in owner.post(path).refused(409, "allowed")["message"]
    for status in ("shipped", "delivered"):
        owner.patch(f"/orders/{confirmed.pk}/status", {"status": status}).ok()
        owner.post(path).refused(409)
    assert Invoice.objects.count() == 1


@pytest.mark.parametrize("was_sent", [False, True])
def test_a_cancelled_invoice_frees_its_lines(owner, confirmed, was_sent):
    first = invoiced(confirmed)
    if was_sent:
        send_invoice(invoice_id=first.pk, actor=SYSTEM)
    cancel_invoice(invoice_id=first.pk, actor=SYSTEM)
    assert owner.get(f"/orders/{confirmed.pk}").ok()["invoiced_total"] == 0
    second = owner.post(f"/orders/{confirmed.pk}/invoice").ok(201)
    assert (second["total"], second["number"] != first.number) == (confirmed.total, True)
    owner.post(f"/orders/{confirmed.pk}/invoice").refused(409)


def test_a_line_that_is_taken_off_is_left_for_the_next(owner, confirmed):
    first = invoiced(confirmed)
    line = present(first.lines.order_by("position").first())
    owner.delete(f"/invoices/{first.pk}/lines/{line.pk}").ok()
    second = owner.post(f"/orders/{confirmed.pk}/invoice").ok(201)
    assert [each["description"] for each in second["lines"]] == ["Cable"]
    assert owner.get(f"/orders/{confirmed.pk}").ok()["invoiced_total"] == confirmed.total


def test_a_line_may_bill_less_but_never_more(owner, confirmed):
    first = invoiced(confirmed)
    line = present(first.lines.order_by("position").first())
    path = f"/invoices/{first.pk}/lines/{line.pk}"
    owner.put(path, {"quantity": 2.501}).refused(409, "quantity")
    shown = owner.put(path, {"quantity": 1, "description": "Cable, a part", "unit_price": 300, "discount": 3}).ok()
    assert shown["lines"][0]["total"] == 297
    second = owner.post(f"/orders/{confirmed.pk}/invoice").ok(201)
    (rest,) = second["lines"]
    assert (rest["description"], rest["quantity"], rest["unit_price"], rest["discount"]) == ("Cable", 1.5, 333, 4)
    owner.put(path, {"quantity": 1.001}).refused(409, "quantity")
    owner.delete(f"/invoices/{second['id']}/lines/{rest['id']}").ok()
    owner.put(path, {"quantity": 2.5}).ok()


def test_what_is_left_of_a_discount_is_at_most_what_is_left(owner):
    made = brought("confirmed", ordered(10, of=item(unit_price=100), discount=900))
    first = invoiced(made)
    owner.put(f"/invoices/{first.pk}/lines/{first.lines.get().pk}", {"quantity": 8, "discount": 0}).ok()
    (rest,) = owner.post(f"/orders/{made.pk}/invoice").ok(201)["lines"]
    assert (rest["quantity"], rest["discount"], rest["total"]) == (2, 200, 0)


def test_lines_of_ones_own_may_be_added(owner, confirmed):
    first = invoiced(confirmed)
    owner.post(f"/invoices/{first.pk}/lines", {"description": "Freight", "quantity": 1, "unit_price": 500}).ok(201)
    assert owner.post(f"/invoices/{first.pk}/send").ok()["total"] == confirmed.total + 500
    owner.post(f"/orders/{confirmed.pk}/invoice").refused(409)
    assert Order.objects.get(pk=confirmed.pk).unbilled_total == 0


def test_when_it_is_due(owner):
    acme = customer()

    def due(**body):
        made = brought("confirmed", of=acme)
        return owner.post(f"/orders/{made.pk}/invoice", body).ok(201)["due_date"]

    assert due() == days_from_now(30)
    assert due(due_date="2020-01-01") == "2020-01-01"
    active(party_id=acme.pk, payment_type="prepaid", credit_days=None)
    active(party_id=acme.pk, credit_days=9, start_date=today() + dt.timedelta(days=1))
    active(credit_days=10)
    assert due() == days_from_now(30)
    active(party_id=acme.pk, credit_days=14)
    assert due() == days_from_now(14)
    active(party_id=acme.pk, credit_days=45)
    assert due() == days_from_now(45)


def test_wrong_bodies(owner, confirmed):
    path = f"/orders/{confirmed.pk}/invoice"
    bodies: tuple[dict[str, Any], ...] = ({"due_date": "soon"}, {"due_date": None}, {"lines": []})
    for wrong in bodies:
        owner.post(path, wrong).refused(422, *wrong)
    assert owner.post("/orders/01972b15-8000-7000-8000-0000000000ff/invoice").status == 404


def test_whoever_writes_invoices_makes_them(holding, confirmed):
    holding("orders:write").post(f"/orders/{confirmed.pk}/invoice").refused(403)
    holding("invoices:write").post(f"/orders/{confirmed.pk}/invoice").ok(201)


def test_nobody_is_invoiced_who_may_not_be(owner, confirmed):
    change_party(kind=PartyKind.CUSTOMER, pk=confirmed.customer_id, action="blacklist", actor=SYSTEM)
    owner.post(f"/orders/{confirmed.pk}/invoice").refused(409)


def test_an_order_of_nothing_is_invoiced_once_as_well(owner):
    made = brought("confirmed", ordered(1, of=item(unit_price=0)))
    invoice = owner.post(f"/orders/{made.pk}/invoice").ok(201)
    owner.post(f"/orders/{made.pk}/invoice").refused(409)
    assert owner.get(f"/orders/{made.pk}").ok()["allowed_transitions"] == ["shipped"]
    assert owner.post(f"/invoices/{invoice['id']}/send").ok()["status"] == "paid"


def test_not_before_it_is_confirmed(owner):
    made = order()
    assert owner.post(f"/orders/{made.pk}/invoice").refused(409)["details"]["allowed"] == [
        "pending",
        "confirmed",
        "cancelled",
    ]
