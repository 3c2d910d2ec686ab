"""Receivables by age, calculated by hand and compared with the books on every day."""

import csv
import datetime as dt
import io
import random
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from time_machine import travel

from accounting.reports import DateRange, trial_balance
from billing.admin import reports as pages
from billing.reports import COLUMNS, receivables_aging
from billing.services.invoices import cancel_invoice
from billing.services.payments import record_payment
from billing.tests.factories import customer, line, sent
from skeleton.identity.tests.factories import user_with
from skeleton.kernel.actors import SYSTEM

pytestmark = pytest.mark.django_db

PATH = "/reports/receivables-aging"


def day(text):
    return dt.date.fromisoformat(text)


def at(text):
    return dt.datetime.fromisoformat(f"{text}T12:00:00+00:00")


def bill(when, time_machine, amount, due, **fields):
    """Create an invoice that is sent at noon of the day `when` and due on the day `due`."""
    time_machine.move_to(at(when), tick=False)
    return sent(line(amount), due_date=day(due), **fields)


def pay_on(invoice, when, amount):
    """Record a payment at noon of its own day, or now if that is later."""
    with travel(max(at(when), timezone.now()), tick=False):
        record_payment(invoice_id=invoice.pk, amount=amount, method="card", paid_at=at(when), actor=SYSTEM)


def aged(as_of):
    """Return {(currency, customer): the nonzero amounts}."""
    return {
        (part["currency"], one["customer_name"]): {name: int(one[name]) for name in COLUMNS if one[name]}
        for part in receivables_aging(day(as_of))["currencies"]
        for one in part["customers"]
    }


@pytest.fixture
def year(time_machine):
    """Two customers and two currencies. An invoice due on 31 January is 60 days late on 1 April."""
    acme, bolt = customer(name="Acme"), customer(name="Bolt")
    late = bill("2026-01-10", time_machine, 100_000, "2026-01-31", of=acme)
    bill("2026-01-15", time_machine, 7_000, "2026-03-01", of=acme)
    euros = bill("2026-01-20", time_machine, 500, "2026-02-01", of=acme, currency="EUR")
    off = bill("2026-02-01", time_machine, 2_000, "2026-02-10", of=bolt)
    bill("2026-02-02", time_machine, 30, "2026-12-31", of=bolt)
    pay_on(late, "2026-02-20", 40_000)
    time_machine.move_to(at("2026-03-05"), tick=False)
    cancel_invoice(invoice_id=off.pk, actor=SYSTEM)
    time_machine.move_to(at("2026-03-10"), tick=False)
    pay_on(euros, "2026-03-10", 500)
    return acme, bolt


@pytest.mark.parametrize(
    "as_of, expected",
    [
        ("2026-01-09", {}),
        (
            "2026-01-31",
            {("USD", "Acme"): {"current": 107_000, "total": 107_000}, ("EUR", "Acme"): {"current": 500, "total": 500}},
        ),
        (
            "2026-02-19",
            {
                ("USD", "Acme"): {"current": 7_000, "days_1_30": 100_000, "total": 107_000},
                ("EUR", "Acme"): {"days_1_30": 500, "total": 500},
                ("USD", "Bolt"): {"current": 30, "days_1_30": 2_000, "total": 2_030},
            },
        ),
        (
            "2026-03-02",
            {
                ("USD", "Acme"): {"days_1_30": 67_000, "total": 67_000},
                ("EUR", "Acme"): {"days_1_30": 500, "total": 500},
                ("USD", "Bolt"): {"current": 30, "days_1_30": 2_000, "total": 2_030},
            },
        ),
        (
            "2026-03-03",
            {
                ("USD", "Acme"): {"days_1_30": 7_000, "days_31_60": 60_000, "total": 67_000},
                ("EUR", "Acme"): {"days_1_30": 500, "total": 500},
                ("USD", "Bolt"): {"current": 30, "days_1_30": 2_000, "total": 2_030},
            },
        ),
        (
            "2026-03-10",
            {
                ("USD", "Acme"): {"days_1_30": 7_000, "days_31_60": 60_000, "total": 67_000},
                ("USD", "Bolt"): {"current": 30, "total": 30},
            },
        ),
        (
            "2026-04-01",
            {("USD", "Acme"): {"days_31_60": 67_000, "total": 67_000}, ("USD", "Bolt"): {"current": 30, "total": 30}},
        ),
        (
            "2026-04-02",
            {
                ("USD", "Acme"): {"days_31_60": 7_000, "days_61_90": 60_000, "total": 67_000},
                ("USD", "Bolt"): {"current": 30, "total": 30},
            },
        ),
        (
            "2026-05-01",
            {("USD", "Acme"): {"days_61_90": 67_000, "total": 67_000}, ("USD", "Bolt"): {"current": 30, "total": 30}},
        ),
        (
            "2026-05-02",
            {
                ("USD", "Acme"): {"days_61_90": 7_000, "over_90": 60_000, "total": 67_000},
                ("USD", "Bolt"): {"current": 30, "total": 30},
            },
        ),
        (
            "9999-12-31",
            {("USD", "Acme"): {"over_90": 67_000, "total": 67_000}, ("USD", "Bolt"): {"over_90": 30, "total": 30}},
        ),
    ],
)
def test_worked_by_hand(year, as_of, expected):
    assert aged(as_of) == expected


def test_in_both_forms_and_one_statement(request, year, time_machine):
    acme, bolt = year
    with connection.cursor() as cursor:  # sessions expire by the database's clock
        cursor.execute("SELECT now()")
        (now,) = cursor.fetchone()
    time_machine.move_to(now)
    owner = request.getfixturevalue("owner")
    report = owner.get(PATH, as_of="2026-03-03").ok()
    assert report["as_of"] == "2026-03-03"
    euro, dollar = report["currencies"]
    assert (euro["currency"], dollar["currency"]) == ("EUR", "USD")
    assert [one["customer_id"] for one in dollar["customers"]] == [str(acme.pk), str(bolt.pk)]
    assert dollar["totals"] == {
        "current": 30,
        "days_1_30": 9_000,
        "days_31_60": 60_000,
        "days_61_90": 0,
        "over_90": 0,
        "total": 69_030,
    }
    answer = owner.get(PATH, as_of="2026-03-03", format="csv")
    assert answer.response["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.reader(io.StringIO(b"".join(answer.response.streaming_content).decode())))
    assert rows[0] == ["currency", "customer", *COLUMNS]
    assert rows[3:] == [
        ["USD", "Acme", "0.00", "70.00", "600.00", "0.00", "0.00", "670.00"],
        ["USD", "Bolt", "0.30", "20.00", "0.00", "0.00", "0.00", "20.30"],
        ["USD", "Total", "0.30", "90.00", "600.00", "0.00", "0.00", "690.30"],
    ]
    assert owner.get(PATH).ok()["as_of"] == str(now.date())
    with CaptureQueriesContext(
        connection,
    ) as ran:
        receivables_aging(day("2026-03-03"))
    assert len(ran) == 1


@pytest.mark.parametrize("query", [{"as_of": "x"}, {"format": "pdf"}, {"from_date": "2026-01-01"}, {"page": "1"}])
def test_bad_questions_are_refused(owner, query):
    owner.get(PATH, **query).refused(400, *query)


def test_an_empty_one(owner):
    for as_of in ("0001-01-01", "9999-12-31"):
        assert owner.get(PATH, as_of=as_of).ok() == {"as_of": as_of, "currencies": []}


def test_on_every_day_it_is_the_receivable_account(time_machine):
    """After any sequence of sending, early or late payment and cancellation, the totals equal the books."""
    chance = random.Random(5)  # noqa: S311
    first = day("2026-01-01")
    for n in range(12):
        when = first + dt.timedelta(days=n * 3)
        due = when + dt.timedelta(days=chance.randint(0, 20))
        invoice = bill(str(when), time_machine, 1000 + n, str(due), currency=chance.choice(["USD", "EUR"]))
        if n % 4 == 3:
            time_machine.move_to(at(str(when + dt.timedelta(days=2))), tick=False)
            cancel_invoice(invoice_id=invoice.pk, actor=SYSTEM)
            continue
        for amount in (300, 700 + n)[: chance.randint(0, 2)]:
            pay_on(invoice, str(when + dt.timedelta(days=chance.randint(-10, 30))), amount)
    for n in range(-12, 80):
        as_of = first + dt.timedelta(days=n)
        ours = {part["currency"]: part["totals"]["total"] for part in receivables_aging(as_of)["currencies"]}
        books = {
            part["currency"]: row["debit"] - row["credit"]
            for part in trial_balance(DateRange(None, as_of))["currencies"]
            for row in part["accounts"]
            if row["code"] == "1300"
        }
        assert {name: total for name, total in ours.items() if total} == books, as_of


def test_the_page_of_the_back_office(year, time_machine, monkeypatch):
    time_machine.move_to(dt.datetime.now(dt.UTC))
    acme, _ = year
    monkeypatch.setattr(pages, "SHOWN", 1)
    reader, seller = Client(), Client()
    reader.force_login(user_with("accounting:read"))
    seller.force_login(user_with("accounting:read", "invoices:read"))
    page = reader.get("/admin/receivables-aging/?as_of=2026-03-03").content.decode()
    words = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    assert "As of 3 Mar 2026 EUR" in words
    assert "Acme 70.00 600.00 670.00 Total 0.30 90.00 600.00 0.00 0.00 690.30 1 more customers are in the CSV" in words
    assert "/admin/billing/invoice/" not in page
    page = seller.get("/admin/receivables-aging/?as_of=2026-03-03").content.decode()
    (address,) = set(re.findall(r'<a href="([^"]+)">Acme</a>', page))
    assert str(acme.pk) in address
    open_ones = seller.get(address.replace("&amp;", "&")).context["cl"].queryset
    assert [invoice.customer_name for invoice in open_ones] == ["Acme", "Acme"]
    rows = seller.get("/admin/receivables-aging/?as_of=2026-03-03&format=csv")
    assert b"USD,Bolt,0.30,20.00" in rows.getvalue()
