"""Lists and reads of invoices: what they cost, and that compiled and ordinary reads are the same."""

import datetime as dt

import pytest
from django.db import connection

from billing.tests.factories import cancelled, customer, draft, line, paid, part_paid, pay, sent
from billing.views import InvoiceView
from skeleton.core.testkit.query_counts import check_query_counts
from skeleton.core.testkit.reading import check_reads
from skeleton.identity.tests.factories import actor_of

pytestmark = pytest.mark.django_db

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


def test_query_counts(owner, crowd):
    path = f"/invoices/{crowd[-1].pk}"
    check_query_counts("billing", owner, {"/invoices/{id}": path, "/invoices/{id}/payments": f"{path}/payments"})


def test_compiled_reads(owner, crowd):
    today = str(dt.datetime.now(dt.UTC).date())
    check_reads(
        InvoiceView,
        actor_of(owner.user),
        search=["ЯН", "inv-", "100% _", "nobody at all"],
        customer_id=[str(crowd[0].customer_id)],
        currency=["EUR", "USD", "JPY"],
        from_date=[today, "2099-01-01"],
        to_date=[today, "2001-01-01"],
    )


@pytest.mark.parametrize(
    "where",
    ["", "WHERE status = 'draft'", "WHERE customer_id = '01972b15-8000-7000-8000-000000000001'",
     "WHERE currency = 'EUR'", "WHERE issue_date >= '2026-01-01'", "WHERE search_text LIKE '%acme%'",
     "WHERE status = 'sent' AND due_date < CURRENT_DATE"],
)  # fmt: skip
@pytest.mark.parametrize("order", ["id", "number_key, id", "total, id", "due_date, id", "created_at, id"])
def test_every_filter_and_order_has_an_index(where, order):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN SELECT id FROM billing_invoice {where} ORDER BY {order} LIMIT 20")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "Seq Scan" not in plan
