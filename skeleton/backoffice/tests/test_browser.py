"""The back office in a real browser: it works, without messages in the console or requests to other hosts."""

import pytest
from playwright.sync_api import expect

from billing.models import Invoice
from billing.tests.factories import customer, line, part_paid
from inventory.tests.factories import item, stocked
from parties.tests.factories import UkraineFactory
from skeleton.identity.models import User
from skeleton.identity.services import accounts
from skeleton.identity.tests.factories import PASSWORD, RoleFactory, UserFactory, actor_of, user_in_role
from skeleton.testkit.browser import DESKTOP, PHONE, run_in_browser
from skeleton.testkit.narrowing import present

pytestmark = pytest.mark.django_db(transaction=True)


def sign_in(window, email):
    page = window.go("/admin/")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    return page


@pytest.mark.parametrize("width, size", [("desktop", DESKTOP), ("phone", PHONE)])
def test_an_administrator_at_work(live_server, width, size):
    user_in_role("admin", name="Carl Clerk", email="carl@example.com")
    RoleFactory.create(name="seller", permissions=["invoices:read", "orders:read"])
    somebody = UserFactory.create(name="Sofia Somebody", email="sofia@example.com")
    accounts.update_user(user_id=somebody.pk, values={"name": "Sophia"}, actor=actor_of(user_in_role("super_admin")))

    def story(window):
        window.go("/admin/")
        window.screenshot(f"{width}-login")
        page = sign_in(window, "carl@example.com")
        window.screenshot(f"{width}-overview")
        page = window.go("/admin/identity/user/")
        window.screenshot(f"{width}-list")
        page.get_by_role("link", name="sofia@example.com").click()
        window.screenshot(f"{width}-detail")
        page = window.go(f"/admin/identity/user/{somebody.pk}/give-role/")
        window.screenshot(f"{width}-act")
        page.get_by_label("Role").select_option(label="seller")
        page.get_by_role("button", name="Give a role").click()
        expect(page.get_by_text("Sophia now has the role seller.")).to_be_visible()
        window.go("/admin/identity/role/add/")
        window.screenshot(f"{width}-role")
        window.go("/admin/audit/auditentry/")
        window.screenshot(f"{width}-audit")
        page.locator("#result_list tbody a").first.click()
        expect(page.get_by_text("Before")).to_be_visible()
        window.screenshot(f"{width}-audit-entry")

    run_in_browser(story, live_server.url, size)
    assert User.objects.get(pk=somebody.pk).roles.get().name == "seller"


@pytest.mark.parametrize("width, size", [("desktop", DESKTOP), ("phone", PHONE)])
def test_from_a_customer_to_a_paid_invoice(live_server, width, size):
    user_in_role("admin", name="Carl Clerk", email="carl@example.com")
    UkraineFactory.create()
    part_paid(line(155000, 2, description="Consulting", tax_rate=20), amount=100000)

    def story(window):
        page = sign_in(window, "carl@example.com")
        window.screenshot(f"{width}-overview")
        page = window.go("/admin/parties/customer/add/")
        page.get_by_label("Name").fill("Acme Corporation")
        page.get_by_label("E-mail").fill("billing@acme.com")
        page.get_by_label("Credit limit").fill("5000")
        page.locator("[name=addresses-0-city]").fill("Kyiv")
        choose(page, "#id_addresses-0-country", "ukr", "Ukraine")
        window.screenshot(f"{width}-customer-add")
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_text("was added successfully")).to_be_visible()
        window.screenshot(f"{width}-customers")
        page.get_by_role("link", name="Acme Corporation", exact=True).last.click()
        expect(page.get_by_text("5,000.00 USD").or_(page.locator("[name=credit_limit]")).first).to_be_visible()
        window.screenshot(f"{width}-customer")
        page = window.go("/admin/billing/invoice/add/")
        choose(page, "#id_customer_id", "acme", "Acme Corporation")
        page.locator("[name=due_date]").fill("2099-02-15")
        page.locator("[name=lines-0-description]").fill("Consulting")
        page.locator("[name=lines-0-quantity]").fill("2")
        page.locator("[name=lines-0-unit_price]").fill("1550.00")
        page.locator("[name=lines-0-tax_rate]").fill("20")
        window.screenshot(f"{width}-invoice-add")
        page.get_by_role("button", name="Save and continue editing").click()
        expect(page.get_by_text("3,720.00 USD").first).to_be_visible()
        window.screenshot(f"{width}-invoice-draft")
        for action in ("send", "record-payment"):
            window.go(page.url.removeprefix(window.home).replace("/change/", f"/{action}/"))
            window.screenshot(f"{width}-{action}")
            page.locator("#action-form button[type=submit]").click()
            expect(page.get_by_text("is issued." if action == "send" else "is paid.")).to_be_visible()
        window.screenshot(f"{width}-invoice-paid")
        window.go("/admin/billing/invoice/")
        window.screenshot(f"{width}-invoices")

    run_in_browser(story, live_server.url, size)
    invoice = Invoice.objects.get(customer__name="Acme Corporation")
    assert (invoice.status, invoice.total, invoice.amount_paid) == ("paid", 372000, 372000)


@pytest.mark.parametrize("width, size", [("desktop", DESKTOP), ("phone", PHONE)])
def test_from_an_order_to_its_invoice(live_server, width, size):
    user_in_role("admin", name="Carl Clerk", email="carl@example.com")
    UkraineFactory.create()
    customer(name="Acme Corporation")
    stocked(3, item_id=item(sku="BOLT-8", name="Bolt M8", unit_price=125))

    def story(window):
        page = sign_in(window, "carl@example.com")
        page = window.go("/admin/billing/order/add/")
        choose(page, "#id_customer_id", "acme", "Acme Corporation")
        choose(page, "#id_country", "ukr", "Ukraine")
        page.locator("[name=city]").fill("Kyiv")
        choose(page, "#id_lines-0-item_id", "bolt", "Bolt M8")
        page.locator("[name=lines-0-quantity]").fill("3")
        window.screenshot(f"{width}-order-add")
        page.get_by_role("button", name="Save and continue editing").click()
        expect(page.get_by_text("3.75 USD").first).to_be_visible()
        window.screenshot(f"{width}-order-draft")
        for action, said in (("confirm", "is confirmed."), ("ship", "is shipped."), ("invoice", "has been created.")):
            window.go(page.url.removeprefix(window.home).replace("/change/", f"/{action}/"))
            window.screenshot(f"{width}-order-{action}")
            page.locator("#action-form button[type=submit]").click()
            expect(page.get_by_text(said)).to_be_visible()
        window.screenshot(f"{width}-order-shipped")
        window.go("/admin/billing/order/")
        window.screenshot(f"{width}-orders")
        window.go("/admin/inventory/stock/")
        window.screenshot(f"{width}-stock")

    run_in_browser(story, live_server.url, size)
    invoice = Invoice.objects.get()
    assert (present(invoice.order).status, invoice.total, invoice.status) == ("shipped", 375, "draft")


def choose(page, field, typed, wanted):
    """Select a row in an autocomplete field."""
    page.locator(f"{field} + .select2-container").click()
    page.locator(".select2-search__field").fill(typed)
    page.locator(".select2-results__option", has_text=wanted).click()


def test_the_documentation_of_the_api(live_server):
    def story(window):
        page = window.go("/api/v1/docs")
        expect(page.locator(".opblock-tag").first).to_be_visible(timeout=30_000)
        window.screenshot("docs")
        page = window.go("/api/v1/redoc")
        expect(page.get_by_text("Authentication").first).to_be_visible(timeout=30_000)
        window.screenshot("redoc")

    run_in_browser(story, live_server.url)


def test_in_the_dark(live_server):
    user_in_role("viewer", email="vera@example.com")

    def story(window):
        sign_in(window, "vera@example.com")
        window.go("/admin/identity/user/")
        window.screenshot("dark-list")

    run_in_browser(story, live_server.url, dark=True)
