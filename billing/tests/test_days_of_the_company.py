"""The company's days in New York and Kyiv: what is recorded in the evening, at the turn of months and of the year.

The clock is moved. PostgreSQL learns the day from the application, so its rules hold as well.
"""

import datetime as dt

import pytest
from django.db import connection
from django.utils import timezone

from accounting.models import Entry
from billing.models import Invoice, Order, Payment
from billing.models.invoices import OVERDUE
from billing.movements import MOVEMENTS
from billing.reports import receivables_aging
from billing.services.credit_notes import create_credit_note
from billing.services.invoices import cancel_invoice, create_invoice, send_invoice
from billing.services.orders import create_order
from billing.services.payments import record_payment
from billing.services.write_offs import write_off
from billing.tests.factories import customer, line, ordered
from skeleton.company.services import seed_company
from skeleton.kernel import days
from skeleton.kernel.actors import SYSTEM
from skeleton.kernel.clock import freeze_time_at
from skeleton.kernel.errors import Invalid

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]

NEW_YORK, KYIV = "America/New_York", "Europe/Kyiv"


def at(moment):
    """Move the clock to a moment in UTC: `2025-03-01 01:45`."""
    return freeze_time_at(dt.datetime.fromisoformat(f"{moment}+00:00"))


@pytest.fixture
def zone(settings):
    def choose(name):
        settings.SKELETON_TIME_ZONE = name
        seed_company()

    return choose


def draft(**fields):
    values = {"customer_id": customer().pk, "lines": [line(1000)], "due_date": days.today(), **fields}
    return Invoice.objects.get(pk=create_invoice(actor=SYSTEM, **values))


def sent(**fields):
    invoice = draft(**fields)
    send_invoice(invoice_id=invoice.pk, actor=SYSTEM)
    invoice.refresh_from_db()
    return invoice


def paid(invoice, amount=1000, **fields):
    recorded = record_payment(invoice_id=invoice.pk, amount=amount, method="cash", actor=SYSTEM, **fields)
    return Payment.objects.get(pk=recorded.id)


def is_overdue(invoice):
    return Invoice.objects.visible_to(SYSTEM).filter(OVERDUE, pk=invoice.pk).exists()


def open_on(day):
    """Return what all customers owe at the end of a day, in cents."""
    return sum(part["totals"]["total"] for part in receivables_aging(day)["currencies"])


def entry_days():
    return set(Entry.objects.values_list("date", flat=True))


def movement_days():
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT DISTINCT day FROM ({MOVEMENTS}) AS m")
        return {day for (day,) in cursor.fetchall()}


def test_in_the_evening_in_new_york_it_is_still_today(zone):
    zone(NEW_YORK)
    today = dt.date(2025, 2, 28)
    with at("2025-03-01 01:45"):  # 20:45 on 28 February
        invoice = sent(due_date=today)
        assert (invoice.issue_date, is_overdue(invoice)) == (today, False)
        payment = paid(invoice, 400)
        write_off(invoice_id=invoice.pk, amount=100, reason="Rounding", actor=SYSTEM)
        assert payment.day == today
        assert entry_days() == movement_days() == {today}
        assert open_on(today) == 500
    with at("2025-03-01 05:30"):  # 00:30 on 1 March
        assert is_overdue(invoice)


def test_a_payment_after_midnight_in_kyiv_belongs_to_the_new_month(zone):
    zone(KYIV)
    with at("2025-10-31 20:00"):
        invoice = sent()
    with at("2025-10-31 22:30"):  # 00:30 on 1 November
        assert paid(invoice).day == dt.date(2025, 11, 1)
    assert entry_days() == {dt.date(2025, 10, 31), dt.date(2025, 11, 1)}
    assert (open_on(dt.date(2025, 10, 31)), open_on(dt.date(2025, 11, 1))) == (1000, 0)


@pytest.mark.parametrize(
    "name, moment, year",
    [(KYIV, "2025-12-31 22:30", 2026), (KYIV, "2025-12-31 21:30", 2025), (NEW_YORK, "2026-01-01 03:00", 2025)],
)
def test_numbers_have_the_year_of_the_companys_day(zone, name, moment, year):
    zone(name)
    with at(moment):
        invoice = sent()
        payment = paid(invoice, 400)
        note = create_credit_note(invoice_id=invoice.pk, reason="Late", send=True, actor=SYSTEM)
        order = create_order(customer_id=customer().pk, lines=[ordered(1)], actor=SYSTEM)
    numbers = [invoice.number, payment.number, invoice.credit_notes.get(pk=note).number]
    numbers.append(Order.objects.get(pk=order).number)
    assert [number.split("-")[1] for number in numbers] == [str(year)] * 4


@pytest.mark.parametrize("moment", ["2025-03-29 23:30", "2025-03-30 20:30", "2025-10-25 22:30", "2025-10-26 20:30"])
def test_days_with_a_change_of_the_clock_are_days_like_others(zone, moment):
    zone(KYIV)
    with at(moment):
        today = days.today()
        invoice = sent()
        paid(invoice, 400)
        cancelled = sent()
        cancel_invoice(invoice_id=cancelled.pk, actor=SYSTEM)
        cancelled.refresh_from_db()
        assert cancelled.cancelled_on == today
    assert entry_days() == movement_days() == {today}


def test_nothing_is_settled_tomorrow_whatever_utc_says(zone):
    zone(NEW_YORK)
    with at("2025-03-01 01:45"):
        invoice = sent(due_date=dt.date(2025, 2, 28))
        with pytest.raises(Invalid):
            write_off(invoice_id=invoice.pk, reason="Early", date=dt.date(2025, 3, 1), actor=SYSTEM)


def test_lists_by_time_are_filtered_by_the_companys_days(zone, colleague):
    zone(KYIV)
    with at("2025-10-31 22:30"):
        payment = paid(sent())

    def found(day):
        return [row["id"] for row in colleague.get("/payments", from_date=day, to_date=day).ok()["items"]]

    assert found("2025-11-01") == [str(payment.pk)]
    assert found("2025-10-31") == []
    assert timezone.now().tzinfo is dt.UTC
