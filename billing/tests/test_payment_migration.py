"""Payments of the first edition become payments with a settlement of the same id, and the way back."""

import pytest
from django.core.management import call_command
from django.db import connection

from accounting.services import seed_chart
from billing.models import Payment
from billing.services.payments import receive_payment
from billing.tests.factories import customer, line, paid, part_paid, pay
from skeleton.kernel.actors import SYSTEM
from skeleton.testkit.second_database import second_database

pytestmark = pytest.mark.django_db(transaction=True)

BEFORE, AFTER = "0017", "0020"


def ask(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


def settlements():
    return ask(
        "SELECT id, invoice_id, payment_id, kind, amount, day, at_once FROM billing_settlement ORDER BY payment_id"
    )


@pytest.mark.timeout(600)
def test_there_and_back():
    with second_database(copied=True) as other_database, other_database:
        seed_chart()
        paid(line(1000))
        pay(part_paid(line(500)), 50)
        payments = ask("SELECT id, number, customer_id, currency, amount, allocated FROM billing_payment ORDER BY id")
        settled = {(invoice, payment, amount, day) for _, invoice, payment, _, amount, day, _ in settlements()}

        call_command("migrate", "billing", BEFORE, verbosity=0)
        found = ask("SELECT invoice_id, id, amount, (paid_at AT TIME ZONE 'UTC')::date FROM billing_payment")
        assert set(found) == settled
        assert ask("SELECT count(*) FROM core_number_series WHERE name LIKE 'PAY-%'") == [(0,)]

        call_command("migrate", "billing", AFTER, verbosity=0)
        assert (
            ask("SELECT id, number, customer_id, currency, amount, allocated FROM billing_payment ORDER BY id")
            == payments
        )
        assert {(invoice, payment, amount, day) for _, invoice, payment, _, amount, day, _ in settlements()} == settled
        assert {(pk == payment, kind, at_once) for pk, _, payment, kind, _, _, at_once in settlements()} == {
            (True, "payment", True)
        }
        assert ask("SELECT last FROM core_number_series WHERE name LIKE 'PAY-%'") == [(3,)]


@pytest.mark.timeout(600)
def test_what_earlier_versions_cannot_hold_stops_the_way_back():
    with second_database(copied=True) as other_database, other_database:
        seed_chart()
        buyer = customer().pk
        pk = receive_payment(customer_id=buyer, amount=5, currency="USD", method="card", actor=SYSTEM)
        number = Payment.objects.get(pk=pk).number
        with pytest.raises(Exception, match=f"earlier versions cannot represent these payments: {number}"):
            call_command("migrate", "billing", BEFORE, verbosity=0)
        connection.close()
