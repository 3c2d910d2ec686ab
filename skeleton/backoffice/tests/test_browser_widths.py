"""Common widths of desktop screens, in German, whose words are the longest: nothing is cut off or off the screen."""

import pytest
from playwright.sync_api import expect

from billing.tests.factories import customer, draft, line, sent
from skeleton.backoffice.tests.test_browser import sign_in
from skeleton.identity.tests.factories import user_in_role
from skeleton.testkit.browser import run_in_browser

pytestmark = pytest.mark.django_db(transaction=True)

CARL = "carl@example.com"
WIDTHS = (1024, 1280, 1440, 1920)

OUTSIDE = """(selector) => [...document.querySelectorAll(selector)]
    .filter((one) => one.offsetParent)
    .filter((one) => {
        const inner = one.getBoundingClientRect();
        const outer = (one.closest(".field-row, fieldset") || document.documentElement).getBoundingClientRect();
        return inner.left < outer.left - 1 || inner.right > outer.right + 1 || inner.right > innerWidth;
    })
    .map((one) => one.id || one.innerText.trim())"""
"""Returns the visible elements that stick out of their row or of the window."""


CUT_OFF = """() => [...document.querySelectorAll("#lines-data > tbody:not(.empty-form) :is(input, select)")]
    .filter((one) => one.offsetWidth)
    .filter((one) => one.scrollWidth > one.clientWidth || !one.closest("td, label").offsetParent)
    .map((one) => `${one.name}: ${one.value}`)"""
"""Returns the fields of lines that do not show all of their text."""

SCROLLED = """() => [...document.querySelectorAll(".formset-wrapper *, .formset-wrapper")]
    .filter((one) => /auto|scroll/.test(getComputedStyle(one).overflowX) && one.scrollWidth > one.clientWidth)
    .map((one) => one.className)"""
"""Returns the tables of a form that scroll sideways."""


@pytest.fixture
def buyer(chart):
    user_in_role("admin", name="Carl Clerk", email=CARL)
    return customer(name="Acme Corporation")


def sign_in_german(window):
    page = sign_in(window, CARL)
    page.locator("form[action='/admin/language/'] button:has-text('Deutsch')").first.dispatch_event("click")
    expect(page.locator("html[lang=de]")).to_be_attached()
    return page


def test_the_actions_of_a_sent_invoice_and_its_number_are_visible(live_server, buyer):
    invoice = sent(line(10_000), of=buyer)

    def story(window):
        page = sign_in_german(window)
        window.go(f"/admin/billing/invoice/{invoice.pk}/change/")
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            window.screenshot(f"widths-{width}")
            window.assert_fits()
            assert page.evaluate(OUTSIDE, "#header-inner li > a, #header-inner h1") == [], width
            title = page.locator("#header-inner h1")
            assert invoice.number in title.inner_text()
            assert title.evaluate("(one) => one.scrollWidth <= one.clientWidth"), width

    run_in_browser(story, live_server.url)


@pytest.mark.parametrize(
    "form, narrow",
    [
        ("billing/invoice/add/", "#id_service_start"),
        ("parties/customer/add/", "#id_electronic_address_scheme"),
    ],
)
def test_the_fields_of_a_form_stay_in_their_row(live_server, buyer, form, narrow):
    def story(window):
        page = sign_in_german(window)
        window.go(f"/admin/{form}")
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            window.screenshot(f"widths-{form.split('/')[1]}-{width}")
            window.assert_fits()
            outside = page.evaluate(OUTSIDE, "#content-main fieldset :is(input, select, textarea, a):not(table *)")
            assert outside == [], width
            assert page.locator(narrow).evaluate("(one) => one.offsetWidth") >= 100, width

    run_in_browser(story, live_server.url)


@pytest.mark.parametrize("language", ["Deutsch", "Українська"])
def test_the_lines_of_a_document_can_be_typed(live_server, buyer, language):
    invoice = draft(line(123_456_789, description="Implementation and training, first week"), line(10), of=buyer)

    def story(window):
        page = sign_in(window, CARL)
        page.locator(f"form[action='/admin/language/'] button:has-text('{language}')").first.dispatch_event("click")
        expect(page.locator("html:not([lang=en])")).to_be_attached()
        for path in (f"invoice/{invoice.pk}/change/", "order/add/"):
            window.go(f"/admin/billing/{path}")
            for width in WIDTHS[1:]:
                page.set_viewport_size({"width": width, "height": 900})
                window.screenshot(f"widths-lines-{path.split('/')[0]}-{language}-{width}")
                window.assert_fits()
                assert page.evaluate(SCROLLED) == [], width
                assert page.evaluate(CUT_OFF) == [], width

    run_in_browser(story, live_server.url)
