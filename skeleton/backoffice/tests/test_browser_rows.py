"""Adding and removing rows in a real browser, in every form that has rows."""

import itertools
from decimal import Decimal

import pytest
from django.contrib import admin
from playwright.sync_api import expect

from accounting.models import Entry
from billing.models import Invoice, Order
from billing.tests.factories import customer
from inventory.tests.factories import item
from parties.models import Customer
from parties.tests.factories import CountryFactory, UkraineFactory
from skeleton.backoffice.tests.test_browser import choose, sign_in
from skeleton.identity.tests.factories import user_in_role
from skeleton.office.records import SingleRecordAdmin
from skeleton.testkit.browser import DESKTOP, PHONE, run_in_browser
from skeleton.testkit.narrowing import present
from skeleton.testkit.samples import FULL

pytestmark = pytest.mark.django_db(transaction=True)

FIELDS = "input:not([type=hidden]):not([type=checkbox]):not([tabindex='-1']), select, textarea"
ROWS = ":scope > .form-group:not(.empty-form)"
numbers = itertools.count(1)


@pytest.fixture
def house(chart):
    UkraineFactory.create()
    CountryFactory.create()
    customer(name="Acme Corporation")
    for n in range(3):
        item(sku=f"SKU-{n}", name=f"Item {n}", unit_price=1000)
    return user_in_role("admin", email="cleo@example.com")


def rows(page):
    return page.locator(".formset").first.locator(ROWS)


def add_row(page, formset):
    """Click “Add another”, and return the new row."""
    before = formset.locator(ROWS).count()
    formset.locator(".add-row").click()
    expect(formset.locator(ROWS)).to_have_count(before + 1)
    return formset.locator(ROWS).nth(before)


def fill(page, field, number):
    """Fill in a field according to its widget, and return its value."""
    name, kind = field.get_attribute("name"), field.get_attribute("type")
    if "unfold-admin-autocomplete" in (field.get_attribute("class") or ""):
        field.locator("xpath=following-sibling::*[contains(@class, 'select2-container')]").click()
        options = page.locator(".select2-results__option[data-select2-id]:not(.loading-results)")
        expect(options.nth(1)).to_be_visible()
        options.nth(min(number, options.count() - 1)).click()
    elif field.evaluate("field => field.tagName") == "SELECT":
        field.select_option(index=min(number, field.locator("option").count() - 1))
    elif "vDateField" in (field.get_attribute("class") or "") or kind == "date":
        field.fill(f"2099-01-{number + 1:02}")
    elif "vTimeField" in (field.get_attribute("class") or ""):
        field.fill("10:00")
    elif field.get_attribute("inputmode"):
        field.fill(str(number))
    elif kind == "email":
        field.fill(f"row{next(numbers)}@example.com")
    else:
        field.fill(f"{name.rpartition('-')[2]} {number}"[:20])
    return field.input_value()


def fill_row(page, row, number):
    """Fill in all fields of a row, and return their values by name, without the row's number."""
    fields = [field for field in row.locator(FIELDS).all() if field.get_attribute("name")]
    return {field.get_attribute("name").split("-")[-1]: fill(page, field, number) for field in fields}


def values_of(row):
    fields = [field for field in row.locator(FIELDS).all() if field.get_attribute("name")]
    return {field.get_attribute("name").split("-")[-1]: field.input_value() for field in fields}


def same(shown, typed):
    """Return whether a form shows what was typed, apart from trailing zeros."""
    try:
        return float(shown) == float(typed)
    except ValueError:
        return shown == typed


def remove_row(page, row):
    row.locator(".delete-template").click()


def fill_what_is_needed(page):
    """Return the record's own fields that are marked as required and still empty."""
    for field in page.locator(f":is({FIELDS})[required]").all():
        if not field.input_value() and not field.evaluate("field => !!field.closest('.formset')"):
            fill(page, field, 1)


def submit(page):
    with page.expect_navigation():
        page.locator("[name=_continue]").click()


def save(page):
    """Save, and try again if the form requires a field that it doesn't mark."""
    submit(page)
    for field in page.locator("[aria-invalid=true]").all():
        assert not field.input_value(), field.get_attribute("name")
        fill(page, field, 1)
        submit(page)
    expect(page.get_by_text("successfully").first).to_be_visible()


def assert_stored(page, typed):
    """Assert that the reloaded form shows exactly these rows."""
    assert rows(page).count() == len(typed), page.url
    for row, values in zip(rows(page).all(), typed, strict=True):
        shown = values_of(row)
        assert {name: shown[name] for name, text in values.items() if not same(shown[name], text)} == {}, values


def test_every_form_takes_and_loses_as_many_rows_as_one_likes(live_server, house, clerk):
    """Every registered form with rows is tested, and forms with the same rows only once."""
    new = {
        f"/admin/{model._meta.label_lower.replace('.', '/')}/add/": screen
        for model, screen in admin.site._registry.items()
        if not isinstance(screen, SingleRecordAdmin)  # a form with one button, such as that of the company
        and model is not Entry  # whose rows depend on each other; they have a test of their own
    }
    every = {
        path: tuple(screen.inlines) for path, screen in new.items() if "add-row" in clerk.get(path).content.decode()
    }
    assert {"/admin/billing/order/add/", "/admin/billing/invoice/add/", "/admin/parties/customer/add/"} <= set(every)
    first: dict[object, str] = {}
    for path, its_rows in every.items():
        first.setdefault(its_rows, path)
    found = list(every if FULL else first.values())

    def story(window):
        page = sign_in(window, house.email)
        for path in found:
            window.go(path)
            fill_what_is_needed(page)
            formset = page.locator(".formset").first
            while rows(page).count() < 3:
                add_row(page, formset)
            first, second, third = (fill_row(page, row, n) for n, row in enumerate(rows(page).all(), 1))
            remove_row(page, rows(page).nth(1))
            assert [values_of(row) for row in rows(page).all()] == [first, third], (path, second)
            fourth = fill_row(page, add_row(page, formset), 4)
            save(page)
            assert_stored(page, [first, third, fourth])
            fifth = fill_row(page, add_row(page, page.locator(".formset").first), 5)
            save(page)
            assert_stored(page, [first, third, fourth, fifth])

    run_in_browser(story, live_server.url)


def fill_line(page, n, **values):
    for name, text in values.items():
        page.locator(f"[name=lines-{n}-{name}]").fill(text)


def test_an_order_of_three_items(live_server, house):
    """On a phone; with a line that is taken out again, and a mistake in another, which shows the whole form again."""

    def story(window):
        page = sign_in(window, house.email)
        window.go("/admin/billing/order/add/")
        choose(page, "#id_customer_id", "acme", "Acme Corporation")
        formset = page.locator(".formset").first
        for n in range(3):
            choose(page, f"#id_lines-{n}-item_id", f"item {n}", f"Item {n}")
            add_row(page, formset)
            fill_line(page, n, quantity=str(n + 1) if n != 1 else "0")
        choose(page, "#id_lines-3-item_id", "item 0", "Item 0")
        fill_line(page, 3, quantity="3")
        remove_row(page, rows(page).nth(2))
        choose(page, "#id_lines-2-item_id", "item 2", "Item 2")  # it has become the third
        add_row(page, formset)  # an empty row is ignored
        window.screenshot("order-three-lines")
        window.assert_fits()
        submit(page)
        expect(page.locator("[name=lines-1-quantity][aria-invalid=true]")).to_be_visible()
        window.screenshot("order-mistake")
        fill_line(page, 1, quantity="2")
        window.assert_accessible()
        save(page)

    run_in_browser(story, live_server.url, PHONE)
    lines = Order.objects.get().lines.order_by("position")
    assert [(one.description, one.quantity) for one in lines] == [(f"Item {n}", Decimal(n + 1)) for n in range(3)]


def test_a_customer_with_two_addresses(live_server, house):
    """In dark mode."""

    def story(window):
        page = sign_in(window, house.email)
        window.go("/admin/parties/customer/add/")
        page.get_by_label("Name").fill("Globex")
        page.get_by_label("E-mail").fill("globex@example.com")
        formset = page.locator(".formset").first
        for n, (kind, city) in enumerate((("billing", "Kyiv"), ("shipping", "Lviv"))):
            if n:
                add_row(page, formset)
            page.locator(f"[name=addresses-{n}-type]").select_option(kind)
            page.locator(f"[name=addresses-{n}-city]").fill(city)
            choose(page, f"#id_addresses-{n}-country", "ukr", "Ukraine")
        add_row(page, formset)
        expect(page.get_by_text("Address: #3")).to_be_visible()
        remove_row(page, rows(page).nth(2))
        page.locator(".formset").scroll_into_view_if_needed()
        window.screenshot("customer-two-addresses")
        save(page)

    run_in_browser(story, live_server.url, DESKTOP, dark=True)
    found = Customer.objects.get(name="Globex").addresses.order_by("pk")
    assert [(one.type, one.city, present(one.country).code) for one in found] == [
        ("billing", "Kyiv", "UA"),
        ("shipping", "Lviv", "UA"),
    ]


def test_an_invoice_loses_its_middle_line(live_server, house):
    """The lines below it keep what was typed, also where that reads like the number of a line."""

    def story(window):
        page = sign_in(window, house.email)
        window.go("/admin/billing/invoice/add/")
        choose(page, "#id_customer_id", "acme", "Acme Corporation")
        page.locator("[name=due_date]").fill("2099-02-15")
        formset = page.locator(".formset").first
        for n, text in enumerate(("First", "lines-1-", 'Third: lines-2- "<b>" & 2 × 3')):
            if n:
                add_row(page, formset)
            fill_line(page, n, description=text, quantity=str(n + 1), unit_price=f"{n + 1}.50")
        remove_row(page, rows(page).nth(1))
        expect(page.locator("[name=lines-TOTAL_FORMS]")).to_have_value("2")
        window.screenshot("invoice-without-middle")
        save(page)
        rows(page).nth(0).locator("label:has(.delete)").click()  # a line that is stored is marked, and goes when saved
        save(page)

    run_in_browser(story, live_server.url)
    (left,) = Invoice.objects.get().lines.all()
    assert (left.description, left.quantity, left.unit_price) == ('Third: lines-2- "<b>" & 2 × 3', Decimal(3), 350)


def test_debits_and_credits_are_added_up_while_they_are_entered(live_server, house):
    """In German, with a row that is taken out again; and on the page of opening balances."""

    def sums(page):
        box = page.locator("[data-balance]")
        return [box.locator(f"[data-sum={name}]").inner_text() for name in ("debit", "credit", "difference")]

    def story(window):
        page = sign_in(window, house.email)
        page.locator("form[action='/admin/language/'] button:has-text('Deutsch')").first.dispatch_event("click")
        expect(page.locator("html[lang=de]")).to_be_attached()
        window.go("/admin/accounting/entry/add/")
        assert sums(page) == ["0,00", "0,00", "0,00"]
        add_row(page, page.locator(".formset").first)
        fill_line(page, 0, debit="1.234,50")
        fill_line(page, 1, credit="1000")
        fill_line(page, 2, credit="0,1")
        assert sums(page) == ["1.234,50", "1.000,10", "234,40"]
        window.screenshot("transaction-sums")
        window.assert_fits()
        remove_row(page, rows(page).nth(2))
        fill_line(page, 1, credit="1234,5")
        assert sums(page) == ["1.234,50", "1.234,50", "0,00"]
        window.go("/admin/opening-balances/")
        page.locator("[data-side=credit]").first.fill("7,25")
        assert sums(page) == ["0,00", "7,25", "7,25"]
        page.locator("[data-balance]").scroll_into_view_if_needed()
        window.screenshot("opening-sums")

    run_in_browser(story, live_server.url)
