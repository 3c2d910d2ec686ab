"""The statement of account and the balance of a customer, calculated by hand."""

import csv
import datetime as dt
import io
from functools import partial

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from time_machine import travel

from accounting.choices import Purpose, SourceType
from accounting.integrity_checks import registered_checks
from accounting.services import reverse_document
from billing.control_checks import check_advances, check_receivables, check_tax
from billing.models import Invoice
from billing.reports import receivables_aging
from billing.services.allocations import allocate_payment, unallocate_payment
from billing.services.corrections import refund_payment, reverse_payment
from billing.services.credit_notes import create_credit_note
from billing.services.invoices import cancel_invoice
from billing.services.payments import receive_payment
from billing.statements import StatementPeriod, customer_balance, customer_statement
from billing.tests.factories import customer, draft, line, pay, sent
from skeleton.kernel.actors import SYSTEM
from skeleton.kernel.ids import uuid7
from skeleton.testkit.races import run_concurrently
from skeleton.testkit.roles import without_triggers

pytestmark = pytest.mark.django_db


def day(text):
    return dt.date.fromisoformat(text)


def on(text):
    """Do what follows at noon of a day."""
    return travel(dt.datetime.fromisoformat(f"{text}T12:00:00+00:00"), tick=False)


def received(of, amount, currency="USD", **fields):
    """Record a transfer and return its id."""
    fields = {"method": "bank_transfer", "reference": "Transfer", **fields}
    return receive_payment(customer_id=of.pk, amount=amount, currency=currency, actor=SYSTEM, **fields)


def stated(of, last, first=None, currency=None):
    """Return {currency: (opening, [(day, kind, debit, credit, balance)], closing, open, on account)}."""
    found = customer_statement(of.pk, StatementPeriod(first and day(first), day(last)), currency, actor=SYSTEM)
    return {
        part["currency"]: (
            part["opening"],
            [
                (str(row["date"])[5:], str(row["kind"]), row["debit"], row["credit"], row["balance"])
                for row in part["lines"]
            ],
            part["closing"],
            part["open"],
            part["on_account"],
        )
        for part in found["currencies"]
    }


@pytest.fixture
def acme():
    """One transfer pays two invoices, the second in part, and leaves nothing; later corrections of all kinds."""
    acme = customer(name="Acme & Sons")
    with on("2026-01-10"):
        first = sent(line(100_00, tax_rate=20), of=acme, due_date=day("2026-01-31"))
        wrong = sent(line(50_00), of=acme, due_date=day("2026-02-10"))
        sent(line(70_00), of=acme, currency="EUR", due_date=day("2026-02-10"))
    with on("2026-01-20"):
        shares = [{"invoice_id": first.pk, "amount": 120_00}, {"invoice_id": wrong.pk, "amount": 20_00}]
        transfer = received(acme, 152_34, allocations=shares)
    with on("2026-02-01"):
        unallocate_payment(payment_id=transfer, invoice_id=wrong.pk, actor=SYSTEM)
        cancelled = sent(line(9_00), of=acme, due_date=day("2026-02-15"))
    with on("2026-02-02"):
        cancel_invoice(invoice_id=cancelled.pk, actor=SYSTEM)
    with on("2026-02-03"):
        refund = refund_payment(payment_id=transfer, amount=30_00, method="cash", actor=SYSTEM)
    with on("2026-02-04"):
        reverse_payment(payment_id=refund, reason="Never paid out", actor=SYSTEM)
    with on("2026-02-05"):
        cheque = received(acme, 5_00, method="check")
        allocate_payment(payment_id=transfer, invoice_id=wrong.pk, actor=SYSTEM)
    with on("2026-02-06"):
        reverse_payment(payment_id=cheque, reason="Bounced", actor=SYSTEM)
    return acme


def test_worked_by_hand(acme):
    assert stated(acme, "2026-01-09") == {}
    euro = (0, [("01-10", "invoice", 70_00, 0, 70_00)], 70_00, 70_00, 0)
    dollar = [
        ("01-10", "invoice", 120_00, 0, 120_00),
        ("01-10", "invoice", 50_00, 0, 170_00),
        ("01-20", "payment", 0, 152_34, 17_66),
    ]
    assert stated(acme, "2026-01-31") == {"EUR": euro, "USD": (0, dollar, 17_66, 30_00, 12_34)}
    later = [
        ("02-01", "invoice", 9_00, 0, 26_66),
        ("02-02", "credit_note", 0, 9_00, 17_66),
        ("02-03", "refund", 30_00, 0, 47_66),
        ("02-04", "refund_reversed", 0, 30_00, 17_66),
        ("02-05", "payment", 0, 5_00, 12_66),
        ("02-06", "payment_reversed", 5_00, 0, 17_66),
    ]
    found = stated(acme, "2026-02-28", first="2026-02-01")
    assert found["USD"] == (17_66, later, 17_66, 17_66, 0)
    assert found["EUR"] == (70_00, [], 70_00, 70_00, 0)
    assert stated(acme, "2026-02-03", first="2026-02-03", currency="USD")["USD"][3:] == (50_00, 2_34)
    assert stated(acme, "2026-02-01", currency="USD")["USD"][3:] == (59_00, 32_34)
    assert list(stated(acme, "2026-02-28", currency="EUR")) == ["EUR"]


def test_the_balance(owner, acme):
    other = customer()
    assert customer_balance(other.pk) == []
    received(acme, 1_00, currency="JPY")
    with on("2026-02-10"):
        found = customer_balance(acme.pk)
    assert found == [
        {"currency": "EUR", "open": 70_00, "overdue": 0, "on_account": 0},
        {"currency": "JPY", "open": 0, "overdue": 0, "on_account": 1_00},
        {"currency": "USD", "open": 17_66, "overdue": 0, "on_account": 0},
    ]
    late = owner.get(f"/customers/{acme.pk}/balance").ok()
    assert late["data"][0] == {"currency": "EUR", "open": 70_00, "overdue": 70_00, "on_account": 0}
    draft(of=other)
    assert owner.get(f"/customers/{other.pk}/balance").ok() == {"data": []}


def test_as_json(owner, acme):
    found = owner.get(f"/customers/{acme.pk}/statement", from_date="2026-02-05", to_date="2026-02-05").ok()
    assert (found["customer_id"], found["customer_name"]) == (str(acme.pk), "Acme & Sons")
    assert (found["from_date"], found["to_date"]) == ("2026-02-05", "2026-02-05")
    euro, dollar = found["currencies"]
    assert (euro["lines"], euro["total_debit"], euro["total_credit"]) == ([], 0, 0)
    (row,) = dollar["lines"]
    assert (row.pop("number")[:4], row.pop("document_id")[14]) == ("PAY-", "7")
    assert row == {
        "date": "2026-02-05",
        "kind": "payment",
        "reference": "Transfer",
        "due_date": None,
        "debit": 0,
        "credit": 5_00,
        "balance": 12_66,
    }
    assert (dollar["opening"], dollar["total_credit"], dollar["closing"]) == (17_66, 5_00, 12_66)
    whole = owner.get(f"/customers/{acme.pk}/statement").ok()
    assert whole["from_date"] is None
    assert whole["currencies"][1]["lines"][0]["due_date"] == "2026-01-31"


def test_as_csv(owner, acme):
    answer = owner.get(
        f"/customers/{acme.pk}/statement", from_date="2026-02-06", to_date="2026-02-06", currency="USD", format="csv"
    )
    assert answer.response["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.reader(io.StringIO(b"".join(answer.response.streaming_content).decode())))
    number = rows[2].pop(3)
    assert number.startswith("PAY-")
    assert rows == [
        ["currency", "date", "kind", "number", "reference", "due_date", "debit", "credit", "balance"],
        ["USD", "2026-02-06", "opening", "", "", "", "", "", "12.66"],
        ["USD", "2026-02-06", "payment_reversed", "Transfer", "", "5.00", "0.00", "17.66"],
        ["USD", "2026-02-06", "closing", "", "", "", "5.00", "0.00", "17.66"],
    ]


@pytest.mark.parametrize("language, title", [("en", "Statement"), ("de", "Kontoauszug"), ("uk", "Виписка")])
def test_as_pdf(owner, acme, language, title):
    answer = owner.get(f"/customers/{acme.pk}/statement", format="pdf", language=language, to_date="2026-02-28")
    assert answer.response["Content-Type"] == "application/pdf"
    assert "statement-2026-02-28.pdf" in answer.response["Content-Disposition"]
    assert answer.response.content.startswith(b"%PDF-")


@pytest.mark.parametrize(
    "query, name",
    [
        ({"from_date": "x"}, "from_date"),
        ({"currency": "XYZ"}, "currency"),
        ({"format": "xml"}, "format"),
        ({"page": "1"}, "page"),
        ({"from_date": "2026-02-02", "to_date": "2026-02-01"}, "from_date"),
    ],
)
def test_bad_questions_are_refused(owner, query, name):
    owner.get(f"/customers/{customer().pk}/statement", **query).refused(400, name)


@pytest.mark.parametrize("page", ["balance", "statement"])
def test_only_of_customers(owner, page):
    owner.get(f"/customers/{uuid7()}/{page}").refused(404)
    owner.get(f"/customers/{customer(kind='supplier', currency=None).pk}/{page}").refused(404)


def test_an_empty_one_and_the_extremes(owner):
    path = f"/customers/{customer().pk}/statement"
    for days in ({"to_date": "0001-01-01"}, {"from_date": "0001-01-01", "to_date": "9999-12-31"}):
        assert owner.get(path, **days).ok()["currencies"] == []
    assert owner.get(path, format="pdf").response.content.startswith(b"%PDF-")


def test_it_takes_two_statements(acme):
    with CaptureQueriesContext(connection) as ran:
        customer_statement(acme.pk, StatementPeriod(None, day("2026-12-31")), None, actor=SYSTEM)
    assert len(ran) == 2


def test_a_payment_before_its_invoice_waits_on_account():
    acme = customer()
    with on("2026-03-01"):
        transfer = received(acme, 40_00)
    with on("2026-03-05"):
        invoice = sent(line(100_00), of=acme, due_date=day("2026-04-01"))
        allocate_payment(payment_id=transfer, invoice_id=invoice.pk, actor=SYSTEM)
        pay(invoice, 10_00)
    assert stated(acme, "2026-03-04")["USD"][2:] == (-40_00, 0, 40_00)
    assert stated(acme, "2026-03-05")["USD"][2:] == (50_00, 50_00, 0)


def test_an_invoice_that_was_cancelled_before_there_were_credit_notes():
    """It keeps the reversal of its entry on the day of the cancellation, and gets no credit note."""
    acme = customer(name="Acme")
    with on("2026-03-01"):
        invoice = sent(line(100_00, tax_rate=20), of=acme, due_date=day("2026-04-01"))
    connection.check_constraints()
    with without_triggers() as cursor:
        cursor.execute(
            "UPDATE billing_invoice SET status = 'cancelled', cancelled_at = '2026-03-05T12:00:00Z',"
            " cancelled_on = '2026-03-05' WHERE id = %s",
            [invoice.pk],
        )
    with on("2026-03-05"):
        reverse_document(
            source_type=SourceType.INVOICE,
            source_id=invoice.pk,
            purpose=Purpose.SEND,
            actor=SYSTEM,
            date=day("2026-03-05"),
            description="Cancelled",
        )
    connection.check_constraints()
    assert stated(acme, "2026-03-04")["USD"][2:] == (120_00, 120_00, 0)
    assert stated(acme, "2026-03-05", first="2026-03-05")["USD"] == (
        120_00,
        [("03-05", "cancellation", 0, 120_00, 0)],
        0,
        0,
        0,
    )
    assert [
        row["total"] for part in receivables_aging(day("2026-03-04"))["currencies"] for row in part["customers"]
    ] == [120_00]
    assert receivables_aging(day("2026-03-05"))["currencies"] == []
    for check in (check_receivables, check_advances, check_tax):
        assert list(check()) == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("chart")
def test_a_statement_is_of_one_moment_while_32_change_the_account():
    """Payments, allocations, credit notes and refunds at once, while others read: each statement adds up."""
    acme = customer(name="Acme")
    open_ones = [sent(line(100), of=acme, due_date=day("2026-01-31")) for _ in range(8)]
    transfers = [received(acme, 150) for _ in range(8)]
    seen = []

    def read():
        seen.append((customer_balance(acme.pk), customer_statement(acme.pk, ALL, None, actor=SYSTEM)))

    run_concurrently(
        *(
            partial(allocate_payment, payment_id=transfers[n], invoice_id=open_ones[n].pk, actor=SYSTEM)
            for n in range(6)
        ),
        *(partial(credit_all, open_ones[n].pk) for n in range(4, 8)),
        *(
            partial(refund_payment, payment_id=transfers[n], amount=60, method="card", actor=SYSTEM)
            for n in range(3, 8)
        ),
        *(partial(reverse_payment, payment_id=transfers[n], reason="Wrong", actor=SYSTEM) for n in (5, 6, 7)),
        *(partial(received, acme, 10) for _ in range(4)),
        *[read] * 10,
    )
    for _balance, found in seen:
        (part,) = found["currencies"]
        assert (
            part["closing"]
            == part["open"] - part["on_account"]
            == sum(row["debit"] - row["credit"] for row in part["lines"])
        )
    (now,), found = customer_balance(acme.pk), customer_statement(acme.pk, ALL, None, actor=SYSTEM)
    assert (now["open"], now["on_account"]) == tuple(found["currencies"][0][name] for name in ("open", "on_account"))
    acme.refresh_from_db()
    assert acme.total_purchases == sum(one.total - one.credited_total for one in Invoice.objects.all())
    assert not [said for check in registered_checks().values() for said in check()]


ALL = StatementPeriod(None, dt.date.max)


def credit_all(invoice_id):
    create_credit_note(invoice_id=invoice_id, reason="Returned", send=True, actor=SYSTEM)


def test_turnover_beyond_64_bits_is_stated_exactly(owner):
    acme, huge = customer(), 9 * 10**18
    for _ in range(3):
        reverse_payment(payment_id=received(acme, huge), reason="Typing error", actor=SYSTEM)
    received(acme, 500)
    path = f"/customers/{acme.pk}/statement"
    (part,) = owner.get(path).ok()["currencies"]
    assert (part["total_debit"], part["total_credit"]) == (3 * huge, 3 * huge + 500)
    assert (part["closing"], part["on_account"]) == (-500, 500)
    table = b"".join(owner.get(path, format="csv").response.streaming_content).decode()
    assert table.splitlines()[-1].endswith(",270000000000000000.00,270000000000000005.00,-5.00")
    assert owner.get(path, format="pdf").response.content.startswith(b"%PDF-")
    assert owner.get(f"/customers/{acme.pk}/balance").ok()["data"][0]["on_account"] == 500
    owner.get("/reports/receivables-aging").ok()
