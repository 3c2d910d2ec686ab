"""Postings of documents as worked examples. Amounts are cents unless they are yen."""

import datetime as dt

import pytest
from django.core.management import call_command
from django.db import connection

from accounting import integrity_checks
from accounting.models import Account, Entry
from accounting.reports import DateRange, trial_balance
from accounting.services import close_period, create_period, post_entry
from accounting.tests import test_integrity_checks
from accounting.tests.factories import by_hand, net
from accounting.tests.test_integrity_checks import tamper
from billing.services.invoices import cancel_invoice, send_invoice
from billing.services.payments import record_payment
from billing.tests.factories import brought, cancelled, draft, invoiced, line, paid, part_paid, pay, sent
from skeleton.kernel.actors import SYSTEM
from skeleton.kernel.errors import Conflict

pytestmark = pytest.mark.django_db

BANK, RECEIVABLE, TAX, REVENUE = "1200", "1300", "2200", "4000"


def lines_of(**entry):
    """Return the only entry: {account: debit minus credit}, with its day."""
    found = Entry.objects.get(**entry)
    return found.date, {one.account.code: one.debit - one.credit for one in found.lines.select_related("account")}


def trial(day, currency="USD"):
    for part in trial_balance(DateRange(None, dt.date.fromisoformat(day)))["currencies"]:
        if part["currency"] == currency:
            assert part["total_debit"] == part["total_credit"]
            return {row["code"]: int(row["debit"] - row["credit"]) for row in part["accounts"]}
    return {}


def right():
    connection.check_constraints()
    return [difference for check in integrity_checks.registered_checks().values() for difference in check()] == []


def test_a_sale_with_tax_paid_in_two_parts(time_machine):
    """1,000.00 plus 20 % tax, sent in January. 500.00 are paid in February, the rest in March."""
    time_machine.move_to("2026-01-20T23:30:00Z", tick=False)
    invoice = sent(line(100_000, tax_rate=20))
    expected = {RECEIVABLE: 120_000, REVENUE: -100_000, TAX: -20_000}
    assert lines_of(source_type="invoice", source_id=invoice.pk) == (dt.date(2026, 1, 20), expected)
    assert Entry.objects.get().reference == invoice.number

    time_machine.move_to("2026-02-10T00:10:00Z", tick=False)
    first = pay(invoice, 50_000)
    expected = {BANK: 50_000, RECEIVABLE: -50_000}
    assert lines_of(source_type="payment", source_id=first.id) == (dt.date(2026, 2, 10), expected)

    time_machine.move_to("2026-03-12T12:00:00Z", tick=False)
    moment = dt.datetime.fromisoformat("2026-03-10T23:30:00-03:00")  # the 11th in UTC
    last = record_payment(invoice_id=invoice.pk, amount=70_000, method="card", paid_at=moment, actor=SYSTEM)
    assert lines_of(source_id=last.id)[0] == dt.date(2026, 3, 11)

    sold = {REVENUE: -100_000, TAX: -20_000}
    assert trial("2026-01-19") == {}
    assert trial("2026-01-31") == {RECEIVABLE: 120_000} | sold
    assert trial("2026-02-28") == {BANK: 50_000, RECEIVABLE: 70_000} | sold
    assert trial("2026-03-31") == {BANK: 120_000} | sold
    assert right()


@pytest.mark.parametrize("method, account", [("cash", "1100"), ("card", BANK), ("check", BANK), ("other", BANK)])
def test_cash_is_not_in_the_bank(method, account):
    invoice = sent(line(500))
    made = record_payment(invoice_id=invoice.pk, amount=500, method=method, actor=SYSTEM)
    assert lines_of(source_type="payment", source_id=made.id)[1] == {account: 500, RECEIVABLE: -500}
    assert right()


def test_an_account_of_another_type_is_named(owner):
    """An installation could use 1100 for something else before cash got an account."""
    Account.objects.filter(code="1100").update(type="expense", parent=None)
    invoice = sent(line(500))
    error = owner.post(f"/invoices/{invoice.pk}/payments", {"amount": 500, "method": "cash"}).refused(409)
    assert error["message"] == (
        "This cannot be posted to the books. "
        "Account 1100 is of type expense, but this is posted to accounts of type asset only."
    )
    owner.post(f"/invoices/{invoice.pk}/payments", {"amount": 500, "method": "card"}).ok(201)


def test_a_cancellation_is_the_mirror_on_its_own_day(time_machine):
    time_machine.move_to("2026-01-20T12:00:00Z", tick=False)
    invoice = sent(line(100_000, tax_rate=20))
    time_machine.move_to("2026-02-03T12:00:00Z", tick=False)
    cancel_invoice(invoice_id=invoice.pk, actor=SYSTEM)
    expected = {RECEIVABLE: -120_000, REVENUE: 100_000, TAX: 20_000}
    assert lines_of(reverses__isnull=False) == (dt.date(2026, 2, 3), expected)
    assert trial("2026-01-31")[RECEIVABLE] == 120_000
    assert trial("2026-02-28") == {}
    assert right()


def test_a_draft_and_nothing_post_nothing():
    cancel_invoice(invoice_id=draft().pk, actor=SYSTEM)
    assert sent(line(0, tax_rate=20)).status == "paid"
    assert not Entry.objects.exists()
    assert right()


def test_without_tax_there_is_no_line_of_tax():
    sent(line(100_000))
    assert lines_of()[1] == {RECEIVABLE: 100_000, REVENUE: -100_000}


def test_currencies_stand_side_by_side():
    part_paid(line(1000, tax_rate=10), amount=300)
    part_paid(line(5000), amount=5, currency="JPY")
    cancelled(line(700), currency="EUR")
    assert [net(RECEIVABLE, name) for name in ("USD", "JPY", "EUR")] == [800, 4995, 0]
    assert [net(BANK, name) for name in ("USD", "JPY", "EUR")] == [300, 5, 0]
    assert right()


@pytest.mark.parametrize("ahead, status", [(dt.timedelta(minutes=4), 201), (dt.timedelta(minutes=6), 422)])
def test_a_payment_is_at_most_five_minutes_ahead(owner, ahead, status):
    invoice = sent(line(100))
    moment = (dt.datetime.now(dt.UTC) + ahead).astimezone(dt.timezone(dt.timedelta(hours=14)))
    answer = owner.post(
        f"/invoices/{invoice.pk}/payments", {"amount": 100, "method": "cash", "paid_at": moment.isoformat()}
    )
    if status == 201:
        answer.ok(201)
    else:
        details = answer.refused(422)["details"]
        assert details == {"paid_at": "Must not be more than 5 minutes in the future."}
    invoice.refresh_from_db()
    assert (invoice.status, invoice.amount_paid) == (("paid", 100) if status == 201 else ("sent", 0))


def test_a_closed_period_takes_no_document(owner):
    one, other = sent(line(100)), draft(line(100))
    today = dt.datetime.now(dt.UTC).date()
    yesterday = today - dt.timedelta(days=1)
    for day in (yesterday, today):
        close_period(period_id=create_period(start_date=day, end_date=day, actor=SYSTEM), actor=SYSTEM)
    late = {"amount": 50, "method": "cash", "paid_at": f"{yesterday}T12:00:00Z"}
    for path, body in [
        (f"/invoices/{one.pk}/payments", late),
        (f"/invoices/{one.pk}/cancel", {}),
        (f"/invoices/{other.pk}/send", {}),
    ]:
        assert owner.post(path, body).refused(409)["message"] == (
            "The accounting period of this date is closed. Choose another date, or reopen the period."
        )
    one.refresh_from_db()
    other.refresh_from_db()
    assert (one.status, one.amount_paid, one.payments.count(), other.status) == ("sent", 0, 0, "draft")


def test_accounts_that_do_not_take_it_are_named(owner):
    Account.objects.filter(code=REVENUE).update(is_active=False)  # as before the settings named it
    invoice = draft()
    error = owner.post(f"/invoices/{invoice.pk}/send").refused(409)
    assert error["message"] == "This cannot be posted to the books. Account 4000 is inactive."


def test_a_chart_that_is_missing_is_named(settings):
    settings.SKELETON_ACCOUNTS = {**settings.SKELETON_ACCOUNTS, "RECEIVABLE": "1399"}
    invoice = draft()
    with pytest.raises(Conflict, match="Unknown account: 1399"):
        send_invoice(invoice_id=invoice.pk, actor=SYSTEM)


def test_beancount_agrees(tmp_path):
    paid(line(100_000, tax_rate=20))
    part_paid(line(5000), amount=5, currency="JPY")
    cancelled(line(700), currency="EUR")
    connection.check_constraints()
    theirs = test_integrity_checks.TestBeancount().load(tmp_path)
    assert theirs == test_integrity_checks.TestBeancount().ours()
    assert theirs["Assets:1000:1200", "USD"] == 1200
    assert theirs["Assets:1000:1300", "JPY"] == 4995


class TestProofs:
    @pytest.mark.parametrize(
        "sql, check, sentence",
        [
            (
                "UPDATE core_number_series SET last = last + 1",
                "numbers of orders and invoices have no gap",
                "the last one given is 5",
            ),
            (
                "UPDATE billing_invoice SET number = replace(number, '-002', '-009')",
                "numbers of orders and invoices have no gap",
                "4 documents, the highest number is 9",
            ),
            (
                "UPDATE billing_order SET number = replace(number, '-000001', '-000007')",
                "numbers of orders and invoices have no gap",
                "1 documents, the highest number is 7",
            ),
            (
                "UPDATE billing_order SET unbilled_total = 7",
                "orders are billed once, and what is not billed is what is kept",
                "7 USD are kept as not billed, its lines leave 5000",
            ),
            (
                "UPDATE billing_invoice_line SET quantity = 1.5, total = 7500 WHERE order_line_id IS NOT NULL",
                "orders are billed once, and what is not billed is what is kept",
                "0.500 more of line 1 are billed than were ordered",
            ),
            (
                "UPDATE billing_settlement SET amount = 399",
                "the amount paid of every invoice is that of its payments",
                "paid 400 USD, its payments add up to 399 USD",
            ),
            (
                "UPDATE accounting_entry SET source_id = gen_random_uuid() WHERE source_type = 'payment'",
                "every document is in the books, as its state asks",
                "payment ",
            ),
            (
                "DELETE FROM accounting_entry WHERE source_type = 'invoice'",
                "every document is in the books, as its state asks",
                "(sent)",
            ),
            (
                "UPDATE accounting_line SET debit = debit + 1 WHERE debit = 1000",
                "receivable is what invoices are due, by customer and day",
                "documents posted 601 to account 1300, but moved 600",
            ),
        ],
    )
    def test_tampering_is_found_and_said(self, sql, check, sentence):
        draft()
        part_paid(line(1000), amount=400)
        cancelled(line(50))
        invoiced(brought("confirmed"))
        assert right()
        tamper(sql)
        found = list(integrity_checks.registered_checks()[check]())
        assert any(sentence in said for said in found), found

    def test_what_was_posted_by_hand_is_nobodys_invoice(self, capsys):
        sent(line(1000))
        lines = [by_hand(RECEIVABLE, debit=77), by_hand("3100", credit=77)]
        post_entry(description="Opening balance", lines=lines, actor=SYSTEM)
        connection.check_constraints()
        call_command("verify_books")
        assert "receivable is what invoices are due, by customer and day" in capsys.readouterr().out
