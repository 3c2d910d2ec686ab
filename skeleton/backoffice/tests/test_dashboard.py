"""The dashboard: correct figures with links to their lists, permissions, and a fixed number of queries."""

import datetime as dt
import re
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounting.tests.factories import account, post
from billing.models import Invoice
from billing.tests.factories import brought, cancelled, customer, draft, line, order, ordered, paid, part_paid, sent
from contracts.tests.factories import active
from inventory.models import Stock
from inventory.tests.factories import stocked
from messenger.tests.factories import conversation, message
from parties.models import Party
from skeleton.backoffice.dashboard import BLOCKS, TILES, format_count
from skeleton.backoffice.tests.company import company, days, today
from skeleton.company.tests.factories import set_up
from skeleton.db.counting import CappedCount

pytestmark = pytest.mark.django_db

QUERIES = 19
"""Who asks takes 3, what is unread 1, the company's currency 1, and whether there are entries 1; revenue, what is owed
and the kept numbers of invoices and of orders 1 each, and each short list and count 1."""


def shown(client, **query):
    answer = client.get("/admin/", query)
    assert answer.status_code == 200
    return answer.context


def tile(context, title):
    return next(one["value"] for one in context["tiles"] if str(one["title"]) == title)


def block(context, title):
    return next(one for one in context["blocks"] if str(one["title"]) == title)


def figures(context, title):
    return {str(row["label"]): row["amount"] for row in block(context, title)["rows"]}


def listed(client, link):
    """Return the number of rows in the list behind a link."""
    answer = client.get(link)
    assert answer.status_code == 200, link
    return answer.context["cl"].result_count


def test_an_empty_house_says_so(chief):
    context = shown(chief)
    assert all(one["empty"] for one in context["blocks"])
    assert context["currencies"] == ["USD"]
    assert tile(context, "Receivables").text == "0.00 USD"


def test_revenue_by_month_is_what_the_books_have(chief):
    first = today().replace(day=1)
    last_month = first - dt.timedelta(days=1)
    post("1300", "4000", 123_456, day=last_month.isoformat())
    post("4000", "1300", 3_456, day=last_month.isoformat())
    post("1300", "4000", 99, day="2001-01-01")
    sent(line(1000, tax_rate=20))
    cancelled(line(70_000))
    context = shown(chief)
    rows = block(context, "Revenue by month")["rows"]
    assert len(rows) == 12
    assert [row["amount"] for row in rows[-2:]] == ["1,200.00 USD", "10.00 USD"]
    assert tile(context, "Revenue this month").text == "10.00 USD"
    assert tile(context, "Revenue this month").note == "1,200.00 USD last month"
    assert listed(chief, rows[-2]["link"]) == 2


def test_currencies_are_never_added(chief):
    sent(line(1000))
    sent(line(5000), of=customer(currency="EUR", name="Euro buyer"))
    sent(line(7000), of=customer(currency="JPY"))
    context = shown(chief)
    assert context["currencies"] == ["USD", "EUR", "JPY"]
    assert tile(context, "Receivables").text == "10.00 USD"
    in_euros = shown(chief, currency="EUR")
    assert tile(in_euros, "Receivables").text == "50.00 EUR"
    assert tile(in_euros, "Receivables").note == "1 invoice"
    assert list(figures(in_euros, "Top customers")) == ["Euro buyer"]
    assert tile(shown(chief, currency="JPY"), "Receivables").text == "7,000 JPY"
    assert tile(shown(chief, currency="XXX"), "Receivables").text == "10.00 USD", "one that there is no money in"


def test_counts_are_of_the_currency_of_the_page(chief):
    euro = customer(currency="EUR", name="Euro buyer")
    for _ in range(2):
        sent(line(1000), of=euro)
    sent(line(5000), of=euro, due_date=days(-1))
    sent(line(5000))
    brought("pending", ordered(unit_price=100, currency="EUR"), of=euro)
    for _ in range(2):
        brought("pending")
    for currency, open_ones, overdue, waiting in (("USD", 1, 0, 2), ("EUR", 2, 1, 1)):
        context = shown(chief, currency=currency)
        found = {row["label"]: row["value"] for row in block(context, "Invoices by status")["rows"]}
        assert (found["Issued"], found["Overdue"], sum(found.values())) == (open_ones, overdue, open_ones + overdue)
        assert figures(context, "Orders by status") == {"Pending": str(waiting)}
        assert tile(context, "Orders waiting").text == str(waiting)
        for row in (*block(context, "Invoices by status")["rows"], *block(context, "Orders by status")["rows"]):
            assert listed(chief, row["link"]) == int(row["amount"]), row
        assert listed(chief, tile(context, "Orders waiting").link) == waiting


def test_before_the_first_posting_amounts_are_in_the_currency_of_the_company(chief):
    set_up(currency="EUR")
    context = shown(chief)
    assert context["currencies"] == ["EUR"]
    assert tile(context, "Receivables").text == "0.00 EUR"


def test_invoices_by_status_add_up_and_lead_to_themselves(chief):
    for made in (draft, draft, sent, paid, paid, paid, cancelled):
        made()
    sent(due_date=days(-1))
    part_paid(due_date=days(-100))
    rows = block(shown(chief), "Invoices by status")["rows"]
    found = {row["label"]: row["value"] for row in rows}
    assert found == {"Draft": 2, "Issued": 1, "Overdue": 2, "Paid": 3, "Cancelled": 1}
    assert sum(found.values()) == Invoice.objects.count()
    for row in rows:
        assert listed(chief, row["link"]) == row["value"], row


@pytest.mark.parametrize(
    "late, age",
    [(-1, 0), (0, 0), (1, 1), (30, 1), (31, 2), (60, 2), (61, 3), (90, 3), (91, 4), (4000, 4)],
)
def test_receivables_by_age_lead_to_their_invoices(chief, late, age):
    part_paid(line(1000), due_date=days(-late), amount=400)
    sent(line(5000), of=customer(currency="EUR"), due_date=days(-late))
    rows = block(shown(chief), "Receivables by age")["rows"]
    assert [row["amount"] for row in rows] == ["6.00 USD" if n == age else "0.00 USD" for n in range(5)]
    assert [listed(chief, row["link"]) for row in rows] == [int(n == age) for n in range(5)]
    overdue = tile(shown(chief), "Overdue")
    assert overdue.text == ("0.00 USD" if age == 0 else "6.00 USD")
    assert listed(chief, overdue.link) == (0 if age == 0 else 1)


def test_orders_by_status_and_those_that_wait(chief):
    for status, number in (("draft", 1), ("pending", 2), ("confirmed", 3), ("shipped", 1)):
        for _ in range(number):
            order() if status == "draft" else brought(status)
    context = shown(chief)
    assert figures(context, "Orders by status") == {"Draft": "1", "Pending": "2", "Confirmed": "3", "Shipped": "1"}
    for row in block(context, "Orders by status")["rows"]:
        assert listed(chief, row["link"]) == int(row["amount"])
    assert tile(context, "Orders waiting").text == "5"
    assert listed(chief, tile(context, "Orders waiting").link) == 5


def test_top_customers(chief):
    small, big, other = customer(name="Small"), customer(name="Big"), customer(name="Euro", currency="EUR")
    customer(name="None")
    sent(line(1000), of=small)
    paid(line(9000), of=big)
    sent(line(99_000), of=other)
    context = shown(chief)
    assert figures(context, "Top customers") == {"Big": "90.00 USD", "Small": "10.00 USD"}
    names = [row.name for row in chief.get(block(context, "Top customers")["all"]).context["cl"].result_list]
    assert names[:2] == ["Big", "Small"]
    assert "Euro" not in names


def test_low_stock_the_emptiest_first(chief):
    rows = [stocked(n) for n in (9, 3, 6, 50)]
    Stock.objects.filter(pk__in=[row.pk for row in rows]).update(reorder_point=Decimal(10))
    context = shown(chief)
    assert list(figures(context, "Low stock").values()) == ["3 of 10", "6 of 10", "9 of 10"]
    assert tile(context, "Low stock").text == "3"
    assert listed(chief, tile(context, "Low stock").link) == 3


def test_contracts_that_end_within_thirty_days(chief):
    for last in (0, 30, 31):
        active(end_date=days(last), start_date=days(-10))
    context = shown(chief)
    assert len(block(context, "Contracts ending soon")["rows"]) == 2
    assert tile(context, "Contracts ending").text == "2"
    assert listed(chief, tile(context, "Contracts ending").link) == 2


def test_what_nobody_counts_to_the_end_says_so(chief):
    for n in (1, 2, 3):
        customer(name=f"C{n}")
    rows = Party.objects.order_by("name")
    assert [format_count(CappedCount.count(rows, limit=most)) for most in (2, 3, 4)] == ["2+", "3", "3"]


def test_messages_that_one_has_not_read(chief, clerk):
    talk = conversation(clerk.user, chief.user)
    for text in ("Hello", "Are you there?"):
        message(clerk.user, talk, text)
    assert tile(shown(chief), "Messages").text == "2"
    assert tile(shown(clerk), "Messages").text == "0"
    assert chief.get(tile(shown(chief), "Messages").link).status_code == 200


SEES = {
    "invoices:read": {"Receivables", "Overdue", "Invoices by status", "Receivables by age"},
    "accounting:read": {"Revenue this month", "Revenue by month"},
    "inventory:read": {"Low stock"},
    "contracts:read": {"Contracts ending", "Contracts ending soon"},
    "customers:read": {"Top customers"},
    "orders:read": {"Orders waiting", "Orders by status"},
    "parties:read": {"Top customers", "Contracts ending", "Contracts ending soon"},
    "messenger:read": {"Messages"},
    "files:read": set(),
}
OWN = {"Notifications", "News"}
"""For everybody: what they were told."""


@pytest.mark.parametrize("permission", SEES)
def test_each_sees_only_what_they_may(staff, permission):
    context = shown(staff(permission))
    assert {str(one["title"]) for one in (*context["tiles"], *context["blocks"])} == SEES[permission] | OWN


def test_what_one_may_not_see_is_not_read(staff):
    visitor = staff("inventory:read")
    with CaptureQueriesContext(connection) as asked:
        shown(visitor)
    sql = " ".join(query["sql"] for query in asked)
    assert not re.search("billing_invoice|accounting_|contracts_|parties_", sql)


def test_the_default_roles(chief, clerk, guest):
    everything = {str(one.title) for one in (*TILES, *BLOCKS)}
    books = {"Revenue this month", "Revenue by month"}
    for visitor, sees in ((chief, everything), (clerk, everything), (guest, everything - books)):
        context = shown(visitor)
        assert {str(one["title"]) for one in (*context["tiles"], *context["blocks"])} == sees


def test_it_costs_the_same_however_much_there_is(chief, django_assert_num_queries):
    post(account("T1").code, account("T2").code, 100)
    with django_assert_num_queries(QUERIES):
        chief.get("/admin/")
    company()
    with django_assert_num_queries(QUERIES):
        chief.get("/admin/")
