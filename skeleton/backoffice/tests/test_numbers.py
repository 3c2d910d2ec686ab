"""Numbers on pages: typed as text in the notation of the page's language, and refused where they don't follow it."""

import re
from dataclasses import dataclass
from decimal import Decimal

import pytest
from django.contrib import admin
from django.urls import reverse
from playwright.sync_api import expect

from billing.models import Payment
from billing.tests.factories import draft, line, order, ordered, sent
from contracts.tests.factories import active
from contracts.tests.factories import draft as contract
from inventory.models import Item, Stock, Warehouse
from inventory.tests import factories as inventory
from parties.models import Customer
from parties.tests.factories import CustomerFactory
from skeleton.backoffice.tests.test_browser import sign_in
from skeleton.backoffice.tests.test_screens import TABLE, pages
from skeleton.identity.models import User
from skeleton.identity.tests.factories import PASSWORD, user_in_role
from skeleton.importexport.import_admin import ImportableAdmin
from skeleton.office.pages import registered
from skeleton.testkit.browser import run_in_browser
from skeleton.testkit.pages import fields_of

pytestmark = pytest.mark.django_db

LANGUAGES = ("en", "de", "uk")
RIGHT = {"en": "12.5", "de": "12,5", "uk": "12,5"}
WRONG = {"en": "12,5", "de": "12.5", "uk": "12.5"}
TOLD = {"en": "write 12.5.", "de": "Schreiben Sie 12,5.", "uk": "напишіть 12,5."}


def text(response):
    return response.content.decode()


def speak(visitor, language):
    User.objects.filter(pk=visitor.user.pk).update(language=language)


def payment_page(invoice):
    return f"/admin/billing/invoice/{invoice.pk}/record-payment/"


# --- no field is one that the browser reads ---------------------------------------------------------------------------


def addresses_of(row):
    listing, name = pages(row)
    record = row.make()
    screen = next(one for model, one in admin.site._registry.items() if model._meta.label_lower == row.model)
    yield listing
    yield reverse(f"{name}change", args=[record.pk])
    yield from (f"{listing}{record.pk}/{action.replace('_', '-')}/" for action in row.actions)
    if row.add:
        yield f"{listing}add/"
    if isinstance(screen, ImportableAdmin):
        yield f"{listing}import/"


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.model)
def test_no_field_of_a_screen_or_an_act_leaves_its_number_to_the_browser(row, chief):
    for address in addresses_of(row):
        answer = chief.get(address)
        assert answer.status_code == 200, address
        assert not re.search(r"type=.?(number|range)", text(answer)), address


def test_no_field_of_a_page_does_either(chief):
    own = ("/admin/", "/admin/notifications/preferences/", "/admin/files/file/", "/admin/password_change/")
    for address in (*own, *(page.url for page in registered().values())):
        assert not re.search(r"type=.?(number|range)", text(chief.get(address, follow=True))), address


# --- each number on each form -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """A form with a number. `make` returns its path and other values, `find` the stored number."""

    name: str
    make: object
    field: str
    find: object
    stored: object = Decimal("12.5")
    right: object = None
    """What is typed, where it is the same in all languages: a whole number."""


def change(record):
    return f"/admin/{record._meta.label_lower.replace('.', '/')}/{record.pk}/change/"


def of(record, attribute):
    return lambda: getattr(type(record).objects.get(pk=record.pk), attribute)


def simple(model, make, *attributes, stored, right=None):
    """A case for each number field of a record's form."""
    for attribute in attributes:

        def prepared(attribute=attribute):
            record = make()
            return change(record), {}, of(record, attribute)

        yield Case(f"{model} {attribute}", prepared, attribute, None, stored, right)


def lines_of(kind, make):
    for attribute in ("quantity", "unit_price", "discount", "tax_rate"):

        def prepared(attribute=attribute):
            record = make()
            return change(record), {}, lambda: getattr(record.lines.get(), attribute)

        stored = 1250 if attribute in ("unit_price", "discount") else Decimal("12.5")
        yield Case(f"{kind} line {attribute}", prepared, f"lines-0-{attribute}", None, stored)


def action_of(record, name, **values):
    return change(record).replace("/change/", f"/{name}/"), values


def terms(name, attributes, stored, right=None):
    for attribute in attributes:

        def prepared(attribute=attribute):
            record = active()
            return *action_of(record, name), of(record, attribute)

        yield Case(f"{name} {attribute}", prepared, attribute, None, stored, right)


def received():
    place = {"item_id": inventory.item(), "warehouse_id": inventory.warehouse()}
    return "/admin/inventory/stock/add/", place, lambda: Stock.objects.get(item=place["item_id"]).quantity


def moving(name):
    row = inventory.stocked(100)
    to = inventory.warehouse() if name == "transfer" else None
    values = {"reason": "Why"} | ({"to_warehouse_id": to} if to else {})
    left = of(row, "quantity")
    return *action_of(row, name, **values), lambda: abs(left() - 100)


def paid():
    invoice = sent(line(100_000))
    return payment_page(invoice), {"method": "cash"}, lambda: Payment.objects.get(invoices=invoice).amount


def a_customer():
    return Customer.objects.get(pk=CustomerFactory.create().pk)


def a_item():
    return Item.objects.get(pk=inventory.item())


def a_warehouse():
    return Warehouse.objects.get(pk=inventory.warehouse())


CASES = [
    *simple("customer", a_customer, "credit_limit", stored=1250),
    *simple("item", a_item, "unit_price", stored=1250),
    *simple("item", a_item, "tax_rate", stored=Decimal("12.5")),
    *simple("warehouse", a_warehouse, "capacity", stored=12, right="12"),
    *simple("stock", inventory.stocked, "reorder_point", "reorder_quantity", stored=Decimal("12.5")),
    *simple("contract", contract, "penalty_rate", "discount_rate", stored=Decimal("12.5")),
    *simple("contract", contract, "credit_limit", "shipping_cost", stored=1250),
    *simple("contract", contract, "estimated_days", "max_renewals", stored=12, right="12"),
    *lines_of("invoice", lambda: draft(line(100_000, 2))),
    *lines_of("order", lambda: order(ordered(2, of=inventory.item(unit_price=100_000)))),
    *terms("payment-terms", ("penalty_rate", "discount_rate"), Decimal("12.5")),
    *terms("delivery-terms", ("shipping_cost",), 1250),
    *terms("delivery-terms", ("estimated_days",), 12, "12"),
    Case("receipt", received, "received", None),
    *(Case(name, lambda name=name: moving(name), "quantity", None) for name in ("adjust", "issue", "transfer")),
    Case("payment", paid, "amount", None, 1250),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_number_is_read_by_the_language_of_the_page(case, chief):
    for language in LANGUAGES:
        address, values, find = case.make()
        speak(chief, language)
        shown = {**fields_of(text(chief.get(address))), **values}
        refused = chief.post(address, {**shown, case.field: WRONG[language]})
        assert refused.status_code == 200, (language, address)
        assert re.search(rf'<input[^>]*value="{WRONG[language]}"[^>]*aria-invalid="true"', text(refused)), language
        assert TOLD[language] in text(refused) or case.right, language
        taken = chief.post(address, {**shown, case.field: case.right or RIGHT[language]})
        assert taken.status_code == 302, (language, [*re.findall(r"text-red-600[^>]*>([^<]+)", text(taken))])
        assert find() == case.stored, language
        if "/change/" in address:
            again = fields_of(text(chief.get(address)))[case.field]
            assert str(again).rstrip("0") == (case.right or RIGHT[language]), (
                "what is stored is shown in the same notation"
            )


# --- a payment, from the page to the books ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "language, typed, told",
    [
        ("en", "1,234.50", ("Recorded a payment of 1,234.50 EUR.", "765.50 EUR is still due.")),
        ("de", "1.234,50", ("Zahlung über 1.234,50 EUR erfasst.", "Noch offen: 765,50 EUR.")),
        ("uk", "1 234,50", ("Зареєстровано платіж 1\u00a0234,50 EUR.", "Залишок до сплати: 765,50 EUR.")),
    ],
)
def test_what_was_understood_is_said_after_and_what_is_due_before(chief, language, typed, told):
    invoice = sent(line(200_000), currency="EUR")
    speak(chief, language)
    asked = chief.get(payment_page(invoice))
    due = {"en": "2,000.00 EUR is due.", "de": "Offen: 2.000,00 EUR.", "uk": "До сплати: 2\u00a0000,00 EUR."}[language]
    assert due in text(asked)
    answer = chief.post(payment_page(invoice), {"amount": typed, "method": "cash"}, follow=True)
    assert [sentence for sentence in told if sentence not in text(answer)] == []
    assert Payment.objects.get().amount == 123_450


def test_a_page_is_read_in_the_language_that_it_was_shown_in(chief):
    """After the language is changed in another tab, `1.234` in this one keeps its meaning."""
    row = inventory.stocked()
    speak(chief, "en")
    shown = fields_of(text(chief.get(change(row))))
    speak(chief, "de")
    wrong = chief.post(change(row), {**shown, "reorder_point": "1,5"})
    assert 'name="_number_language" value="en"' in text(wrong), "what was typed is still in English"
    assert 'value="1,5"' in text(wrong)
    chief.post(change(row), {**shown, "reorder_point": "1.234"})
    assert Stock.objects.get(pk=row.pk).reorder_point == Decimal("1.234")
    chief.post(change(row), {**shown, "reorder_point": "1.234", "_number_language": "de", "_record_version": ""})
    assert Stock.objects.get(pk=row.pk).reorder_point == 1234
    chief.post(change(row), {**shown, "reorder_point": "2,5", "_number_language": "xx", "_record_version": ""})
    assert Stock.objects.get(pk=row.pk).reorder_point == Decimal("2.5")


def test_what_does_not_change_is_not_written(chief):
    for language in LANGUAGES:
        speak(chief, language)
        invoice = draft(line(123_450, Decimal("1.5"), tax_rate=Decimal("7.25")))
        version = invoice.updated_at
        assert chief.post(change(invoice), fields_of(text(chief.get(change(invoice))))).status_code == 302
        invoice.refresh_from_db()
        assert invoice.updated_at == version


def test_refusals_of_services_name_amounts_in_the_notation_too(chief):
    invoice = sent(line(123_456))
    speak(chief, "de")
    refused = chief.post(payment_page(invoice), {"amount": "9.999,00", "method": "cash"})
    assert refused.context["form"].errors == {"amount": ["Offen sind nur 1.234,56 USD."]}


@pytest.mark.django_db(transaction=True)
def test_a_payment_typed_in_a_browser(live_server, chart):
    """The browser is set to English, independently of the page."""
    user_in_role("admin", email="carl@example.com")
    user_in_role("admin", email="greta@example.com", language="de")
    invoice = sent(line(200_000), currency="EUR")

    def story(window):
        page = sign_in(window, "carl@example.com")
        window.go(payment_page(invoice))
        amount = page.get_by_label("Amount")
        amount.fill("12,50")
        amount.hover()
        page.mouse.wheel(0, 120)
        page.locator("#action-form button[type=submit]").click()
        expect(page.get_by_text("Decimals follow “.” here: write 12.50.")).to_be_visible()
        expect(amount).to_have_value("12,50")
        window.screenshot("payment-refused")
        window.assert_accessible()
        page.context.clear_cookies()
        window.go("/admin/login/")
        page.locator("[name=username]").fill("greta@example.com")
        page.locator("[name=password]").fill(PASSWORD)
        page.locator("[type=submit]:visible").last.click()
        window.go(payment_page(invoice))
        page.locator("[name=amount]").fill("12,50")
        expect(page.locator(".amount-understood")).to_have_text("= 12,50 EUR")
        page.locator("#action-form button[type=submit]").click()
        expect(page.get_by_text("Zahlung über 12,50 EUR erfasst.")).to_be_visible()
        window.screenshot("payment-recorded")

    run_in_browser(story, live_server.url)
    assert [payment.amount for payment in Payment.objects.all()] == [1250]


# --- the amount understood --------------------------------------------------------------------------------------------


UNDERSTOOD = [
    ("en", "12.50", "EUR", "= 12.50 EUR"),
    ("en", "1,234.5", "EUR", "= 1,234.50 EUR"),
    ("en", "12,50", "EUR", "write 12.50."),
    ("de", "12,50", "EUR", "= 12,50 EUR"),
    ("de", "1.234,50", "EUR", "= 1.234,50 EUR"),
    ("uk", "1 234,50", "UAH", "= 1\u00a0234,50 UAH"),
    ("en", "1250", "JPY", "= 1,250 JPY"),
    ("en", "12.5", "JPY", "JPY has no decimals"),
    ("en", " ", "EUR", ""),
    ("en", "x", "<b>", "Write a number"),
]


@pytest.mark.parametrize("language, typed, currency, expected", UNDERSTOOD)
def test_how_an_amount_is_understood(chief, language, typed, currency, expected):
    speak(chief, language)
    answer = chief.get("/admin/understood/", {"text": typed, "currency": currency, "language": ""})
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert expected in text(answer) if expected else text(answer) == ""
    other = chief.get("/admin/understood/", {"text": "12,50", "currency": "EUR", "language": "de"})
    assert text(other).startswith("= 12"), "as on the page that was opened in German"


def test_the_amount_understood_is_below_its_field(chief):
    shown = text(chief.get(payment_page(sent())))
    assert re.search(r'<input[^>]*name="amount"[^>]*data-understood-by="/admin/understood/"', shown)
    assert "backoffice/amounts.js" in shown
