"""Money in a real browser: one payment over three invoices, a credit note for one line, a refund, a reversal."""

import datetime as dt

import pytest
from playwright.sync_api import expect

from billing.models import CreditNote, Invoice, Payment
from billing.tests.factories import customer, line, paid, sent
from skeleton.backoffice.tests.test_browser import choose, sign_in
from skeleton.identity.tests.factories import user_in_role
from skeleton.testkit.browser import DESKTOP, PHONE, run_in_browser

pytestmark = pytest.mark.django_db(transaction=True)

SIZES = pytest.mark.parametrize("width, size", [("desktop", DESKTOP), ("phone", PHONE)])
CARL = "carl@example.com"


@pytest.fixture
def buyer(chart):
    user_in_role("admin", name="Carl Clerk", email=CARL)
    return customer(name="Acme Corporation")


def submit(page):
    page.locator("#action-form button[type=submit]").first.click()


def check(window, name):
    """Assert that the page fits and is accessible, and take a screenshot if a folder for them is set."""
    window.assert_fits()
    window.assert_accessible()
    window.screenshot(name)


@SIZES
def test_one_payment_over_three_invoices(live_server, buyer, width, size):
    for month in (1, 2, 3):
        sent(line(10_000 * month), of=buyer, due_date=dt.date(2099, month, 1))

    def story(window):
        page = sign_in(window, CARL)
        window.go("/admin/billing/payment/add/")
        check(window, f"{width}-payment-new")
        choose(page, "#id_customer_id", "acme", "Acme Corporation")
        page.get_by_label("Amount", exact=False).first.fill("512.34")
        page.get_by_label("Reference").fill("Transfer 7")
        submit(page)
        amounts = page.locator(".row-table input:not([type=hidden])")
        expect(amounts).to_have_count(3)
        assert [field.input_value() for field in amounts.all()] == ["100.00", "200.00", "212.34"]
        check(window, f"{width}-payment-proposal")
        amounts.nth(2).fill("200.00")
        submit(page)
        expect(page.get_by_text("a payment of 512.34 USD is recorded")).to_be_visible()
        expect(page.get_by_text("12.34 USD").first).to_be_visible()
        check(window, f"{width}-payment")
        window.go("/admin/billing/payment/")
        check(window, f"{width}-payments")
        window.go(f"/admin/customer-statement/?customer={buyer.pk}")
        expect(page.get_by_text("On account: 12.34 USD.")).to_be_visible()
        check(window, f"{width}-statement")

    run_in_browser(story, live_server.url, size)
    assert Payment.objects.get().unallocated == 1_234
    assert sorted(invoice.amount_due for invoice in Invoice.objects.all()) == [0, 0, 10_000]


@SIZES
def test_a_credit_note_for_one_line_and_its_refund(live_server, buyer, width, size):
    invoice = paid(line(10_000, 3, description="Consulting", tax_rate=20), line(5_000, description="Travel"), of=buyer)

    def story(window):
        page = sign_in(window, CARL)
        window.go(f"/admin/billing/invoice/{invoice.pk}/change/")
        check(window, f"{width}-invoice")
        window.go(f"/admin/billing/invoice/{invoice.pk}/credit/")
        page.get_by_label("Reason").fill("One day less")
        page.get_by_label("Quantity to credit: Consulting").fill("1")
        page.get_by_label("Issue at once").check()
        check(window, f"{width}-credit")
        submit(page)
        expect(page.get_by_text("is issued.")).to_be_visible()
        check(window, f"{width}-credit-note")
        window.go(page.url.removeprefix(window.home).replace("/change/", "/refund/"))
        expect(page.get_by_text("120.00 USD is on account.")).to_be_visible()
        submit(page)
        expect(page.get_by_text("is recorded.")).to_be_visible()
        check(window, f"{width}-refund")

    run_in_browser(story, live_server.url, size)
    note = CreditNote.objects.get()
    assert (note.total, note.refunded) == (12_000, 12_000)


@SIZES
def test_a_payment_is_reversed(live_server, buyer, width, size):
    invoice = paid(line(10_000), of=buyer)
    payment = Payment.objects.get()

    def story(window):
        page = sign_in(window, CARL)
        window.go(f"/admin/billing/payment/{payment.pk}/reverse/")
        page.get_by_label("Reason").fill("Returned by the bank")
        check(window, f"{width}-reverse")
        submit(page)
        expect(page.get_by_text(f"{payment.number} is reversed.")).to_be_visible()
        expect(page.get_by_text("Returned by the bank", exact=True)).to_be_visible()
        check(window, f"{width}-reversed")

    run_in_browser(story, live_server.url, size)
    invoice.refresh_from_db()
    assert (invoice.status, invoice.amount_due) == ("sent", 10_000)
