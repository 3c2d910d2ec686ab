"""The back office in a real browser: permissions, languages, screen sizes and the keyboard."""

import pytest
from playwright.sync_api import expect

from billing.models import Invoice
from parties.models import Customer
from skeleton.backoffice.tests.company import company
from skeleton.backoffice.tests.test_browser import sign_in
from skeleton.identity.models import User
from skeleton.identity.tests.factories import PASSWORD, user_in_role, user_with
from skeleton.testkit.browser import DESKTOP, PHONE, run_in_browser
from skeleton.testkit.narrowing import present
from skeleton.testkit.samples import FULL

pytestmark = pytest.mark.django_db(transaction=True)

SIZES = {"desktop": DESKTOP, "phone": PHONE}

PAGES = (
    "",
    "billing/invoice/",
    "billing/invoice/add/",
    "billing/order/",
    "billing/order/add/",
    "parties/customer/",
    "parties/customer/add/",
    "contracts/contract/",
    "contracts/contract/add/",
    "inventory/stock/",
    "inventory/item/add/",
    "accounting/entry/",
    "trial-balance/",
    "identity/user/",
    "identity/role/add/",
    "audit/auditentry/",
    "notifications/notification/",
    "search/?s=acme",
    "password_change/",
)
"""The pages that people spend their day on, below /admin/."""

OF_EACH_KIND = (
    "",
    "billing/invoice/",
    "billing/order/add/",
    "contracts/contract/add/",
    "trial-balance/",
    "search/?s=acme",
)
"""One of each kind of page: the look of the others is made of the same parts."""


@pytest.fixture
def house(chart):
    company()
    return user_in_role("super_admin", name="Olha Owner", email="olha@example.com")


def links(page):
    return {link.inner_text().strip() for link in page.locator("#nav-sidebar-apps a span:last-child").all()}


@pytest.mark.parametrize("size", SIZES)
def test_each_role_sees_what_it_may_and_nothing_else(live_server, house, size):
    user_in_role("viewer", email="vera@example.com")
    user_with("orders:*", "invoices:*", "customers:*", email="sofia@example.com", name="Sofia Seller")
    user_with("inventory:*", "catalog:read", email="walter@example.com", name="Walter Warehouse")
    expected = {
        "olha@example.com": ({"Invoices", "Entries", "Audit log", "Stock", "Users"}, set()),
        "vera@example.com": ({"Invoices", "Stock", "Contracts"}, {"Entries", "Audit log", "Roles"}),
        "sofia@example.com": ({"Invoices", "Customers", "Orders"}, {"Stock", "Suppliers", "Entries", "Users"}),
        "walter@example.com": ({"Stock", "Items"}, {"Invoices", "Customers", "Entries"}),
    }

    def story(window):
        for email, (sees, not_sees) in expected.items():
            window.page.context.clear_cookies()
            page = sign_in(window, email)
            found = links(page)
            assert sees <= found, (email, found)
            assert not not_sees & found, (email, found)
            titles = page.locator(".tile-title").all_inner_texts()
            assert any("Overdue" in title for title in titles) == ("Invoices" in sees), (email, titles)
            assert any("Low stock" in title for title in titles) == ("Stock" in sees), (email, titles)

    run_in_browser(story, live_server.url, SIZES[size])


FIRST_PAGE = {
    "Українська": ("Огляд", "Дохід за місяцями", "Рахунки-фактури за статусом", "Найкращі клієнти"),
    "English": ("Overview", "Revenue by month", "Invoices by status", "Top customers"),
    "Deutsch": ("Übersicht", "Umsatz nach Monat", "Rechnungen nach Status", "Top-Kunden"),
}


def read_first_page(window, language, size):
    page, (heading, *titles) = window.page, FIRST_PAGE[language]
    page.locator(f"form[action='/admin/language/'] button:has-text('{language}')").first.dispatch_event("click")
    expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()
    for title in titles:
        expect(page.get_by_role("heading", name=title)).to_be_visible()
    assert page.locator("canvas").count() == 2
    assert page.evaluate("[...document.querySelectorAll('canvas')].every((one) => Chart.getChart(one))")
    window.assert_fits()
    window.assert_accessible()
    window.screenshot(f"dashboard-{page.locator('html').get_attribute('lang')}-{size}")


@pytest.mark.parametrize("size", SIZES)
def test_the_first_page_in_each_language(live_server, house, size):
    def story(window):
        sign_in(window, "olha@example.com")
        for language in FIRST_PAGE:
            read_first_page(window, language, size)

    run_in_browser(story, live_server.url, SIZES[size])
    assert User.objects.get(email="olha@example.com").get_language_display() == "Deutsch"


@pytest.mark.parametrize("look", ["light", "dark"])
def test_the_main_pages_can_be_used_by_everybody_and_fit_a_phone(live_server, house, look):
    invoice = present(Invoice.objects.filter(status="draft").first())
    party = present(Customer.objects.first())

    def story(window):
        sign_in(window, "olha@example.com")
        shown = (
            f"billing/invoice/{invoice.pk}/change/",
            f"billing/invoice/{invoice.pk}/send/",
            f"parties/customer/{party.pk}/change/",
        )
        for path in (*(PAGES if FULL or look == "light" else OF_EACH_KIND), *shown):
            window.go(f"/admin/{path}")
            window.assert_accessible()
            window.assert_fits()

    run_in_browser(story, live_server.url, DESKTOP if look == "light" else PHONE, dark=look == "dark")


def test_the_page_to_sign_in_at(live_server, house):
    def story(window):
        page = window.go("/admin/login/")
        window.assert_accessible()
        page.get_by_role("button", name="Deutsch").click()
        expect(page.get_by_label("Passwort")).to_be_visible()
        page.locator("[name=username]").fill("olha@example.com")
        page.locator("[name=password]").fill("wrong password")
        page.get_by_role("button", name="Anmelden").click()
        expect(page.get_by_text("E-Mail oder Passwort ist falsch.")).to_be_visible()
        page.locator("[name=password]").fill(PASSWORD)
        page.get_by_role("button", name="Anmelden").click()
        expect(page.get_by_role("heading", name="Übersicht")).to_be_visible()

    run_in_browser(story, live_server.url)


def test_searching_by_keyboard(live_server, house):
    invoice = present(Invoice.objects.filter(customer_name="Acme Corporation").order_by("-pk").first())

    def story(window):
        page = sign_in(window, "olha@example.com")
        page.keyboard.press("Control+k")
        page.keyboard.type("acme")
        hits = page.locator("#search-found [role=option]")
        expect(hits.first).to_have_attribute("aria-selected", "true")
        window.assert_accessible()
        window.screenshot("search")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/admin/billing/invoice/{invoice.pk}/change/")
        page.keyboard.press("/")
        page.keyboard.type("zzzz")
        expect(page.get_by_text("Nothing found.")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator("dialog#search")).not_to_be_visible()

    run_in_browser(story, live_server.url)


def test_numbers_and_columns_lead_to_their_lists(live_server, house):
    def story(window):
        page = sign_in(window, "olha@example.com")
        page.get_by_role("link", name="Overdue").first.click()
        expect(page.locator("#result_list tbody tr")).to_have_count(6)
        page = window.go("/admin/")
        page.wait_for_function("Chart.getChart(document.querySelector('canvas'))")
        page.wait_for_timeout(600)
        box = page.locator("canvas").first.bounding_box()
        page.mouse.click(box["x"] + box["width"] - 30, box["y"] + box["height"] - 60)
        page.wait_for_url("**/admin/accounting/entry/?*touches=revenue*")

    run_in_browser(story, live_server.url)


def test_errors_are_pages_for_people(live_server, house):
    user_with("orders:read", email="sofia@example.com")

    def story(window):
        sign_in(window, "sofia@example.com")
        for path, heading in (("/admin/audit/auditentry/", "Not for you"), ("/admin/nothing/", "Nothing here")):
            page = window.go(path)
            expect(page.get_by_role("heading", name=heading)).to_be_visible()
            window.assert_accessible()
            page.get_by_role("link", name="Back to the overview").click()
            expect(page.get_by_role("heading", name="Overview")).to_be_visible()
        window.errors.clear()  # the browser reports the responses 403 and 404

    run_in_browser(story, live_server.url)
