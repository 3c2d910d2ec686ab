"""Lists and reads of orders and invoices: query counts, and compiled reads compared with ordinary ones."""

import datetime as dt

import pytest
from django.db import connection

from billing.payment_views import PaymentViewSet
from billing.services.payments import receive_payment
from billing.tests.factories import (
    ORDER_WAYS,
    brought,
    cancelled,
    credited,
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
from billing.views import InvoiceViewSet, OrderViewSet
from parties.models import Address, Country
from parties.services import seed_countries
from skeleton.company.tests.factories import IBAN, set_up
from skeleton.identity.tests.factories import actor_of
from skeleton.kernel.actors import SYSTEM
from skeleton.testkit.query_counts import check_query_counts
from skeleton.testkit.reading import check_reads

pytestmark = pytest.mark.django_db

SAMPLED = ("/invoices/{id}", "/invoices/{id}/payments", "/invoices/{id}/pdf")
E_INVOICES = ("xml", "check")
YESTERDAY = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1)


@pytest.fixture
def crowd():
    acme = customer(name="Ян & 100% _sure_")
    made = [
        draft(line(100, "2.5", tax_rate="7.5", discount=50), line(3, "0.001"), of=acme),
        sent(line(1000, tax_rate=20), line(1000), of=acme, due_date=YESTERDAY, notes="Late"),
        sent(line(1000), currency="EUR"),
        paid(line(70)),
        cancelled(line(80)),
        part_paid(line(1000), amount=1),
    ]
    for amount in (2, 3, 4):
        pay(made[-1], amount)
    return made


@pytest.fixture
def orders():
    """One in each state, the confirmed one with an invoice."""
    acme = customer(name="Ян & 100% _sure_")
    address = {"city": "Київ", "country": None, "country_id": None}
    made = [brought(state, ordered(2, tax_rate=20), ordered("0.5"), of=acme) for state in ORDER_WAYS]
    made.append(brought("draft", ordered(3), shipping_address=address, notes="Soon"))
    invoiced(made[2])
    return made


def test_query_counts(owner, crowd, orders):
    path = f"/invoices/{crowd[-1].pk}"
    notes = [credited(crowd[1], amount=10) for _ in range(4)]
    samples = {route: route.replace("/invoices/{id}", path) for route in SAMPLED}
    for route in ("/credit-notes/{id}", "/credit-notes/{id}/pdf"):
        samples[route] = route.replace("{id}", str(notes[0]))
    seed_countries()
    set_up(bank_accounts=[{"iban": IBAN}])
    buyer = customer(e_invoice="facturx")
    Address.objects.create(party=buyer, city="Wien", country=Country.objects.get(code="AT"))
    electronic = sent(line(1000, tax_rate=20), of=buyer)
    for action in E_INVOICES:
        samples[f"/invoices/{{id}}/{action}"] = f"/invoices/{electronic.pk}/{action}"
        samples[f"/credit-notes/{{id}}/{action}"] = f"/credit-notes/{credited(electronic, amount=1)}/{action}"
    samples["/payments/{id}"] = f"/payments/{crowd[-1].payments.latest('id').pk}"
    for page in ("balance", "statement"):
        samples[f"/customers/{{id}}/{page}"] = f"/customers/{crowd[-1].customer_id}/{page}"
    samples["/orders/{id}"] = f"/orders/{orders[0].pk}"
    samples["/orders/{id}/pdf"] = f"/orders/{orders[0].pk}/pdf"
    for document in (path, f"/credit-notes/{notes[0]}", f"/orders/{orders[1].pk}"):
        for _ in range(4):
            owner.post(f"{document}/email").ok(201)
        samples[f"/{document.split('/')[1]}/{{id}}/emails"] = f"{document}/emails"
    check_query_counts("billing", owner, samples)


def test_compiled_reads(owner, crowd, orders):
    receive_payment(
        customer_id=crowd[0].customer_id,
        amount=9,
        currency="USD",
        method="cash",
        reference="R1",
        external_id="X",
        actor=SYSTEM,
    )
    today = str(dt.datetime.now(dt.UTC).date())
    check_reads(
        PaymentViewSet,
        actor_of(owner.user),
        customer_id=[str(crowd[-1].customer_id), str(crowd[0].customer_id)],
        reference=["R1", "none"],
        external_id=["X"],
        from_date=[today, "2099-01-01"],
        to_date=[today, "2001-01-01"],
    )
    check_reads(
        InvoiceViewSet,
        actor_of(owner.user),
        search=["ЯН", "inv-", "100% _", "nobody at all"],
        customer_id=[str(crowd[0].customer_id)],
        currency=["EUR", "USD", "JPY"],
        from_date=[today, "2099-01-01"],
        to_date=[today, "2001-01-01"],
        order_id=[str(orders[2].pk), str(orders[0].pk)],
    )
    check_reads(
        OrderViewSet,
        actor_of(owner.user),
        search=["ЯН", "ord-", "100% _", "nobody at all"],
        customer_id=[str(orders[0].customer_id)],
        from_date=[today, "2099-01-01"],
        to_date=[today, "2001-01-01"],
    )


INVOICES = [
    "",
    "WHERE status = 'draft'",
    "WHERE customer_id = '01972b15-8000-7000-8000-000000000001'",
    "WHERE currency = 'EUR'",
    "WHERE issue_date >= '2026-01-01'",
    "WHERE search_text LIKE '%acme%'",
    "WHERE status = 'sent' AND due_date < CURRENT_DATE",
    "WHERE order_id = '01972b15-8000-7000-8000-000000000001'",
]
ORDERS = [
    "",
    "WHERE status = 'pending'",
    "WHERE customer_id = '01972b15-8000-7000-8000-000000000001'",
    "WHERE created_at >= '2026-01-01' AND created_at <= '2026-01-31'",
    "WHERE search_text LIKE '%acme%'",
]
SHAPES = [("billing_invoice", where, key) for where in INVOICES for key in ("number_key", "total", "due_date")]
SHAPES += [("billing_order", where, key) for where in ORDERS for key in ("number_key", "total")]
SHAPES += [(table, where, "created_at") for table, where, key in SHAPES if key == "total"]


@pytest.mark.parametrize("table, where, key", [*SHAPES, ("billing_invoice", "", ""), ("billing_order", "", "")])
def test_every_filter_and_order_has_an_index(table, where, key):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        order = f"{key}, id" if key else "id"
        cursor.execute(f"EXPLAIN SELECT id FROM {table} {where} ORDER BY {order} LIMIT 20")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "Seq Scan" not in plan
