"""Titles and messages of the back office are in the language of the page, with its dates and amounts."""

import datetime as dt
import re

import pytest
from django.apps import apps
from django.utils.html import strip_tags
from django.utils.translation import override

from accounting.models import Entry, Period
from accounting.tests.factories import post
from billing.choices import OrderStatus
from billing.models import Invoice
from billing.tests.factories import brought, customer, draft, ordered, paid
from contracts.tests.factories import active as contract
from inventory.tests.factories import stocked
from skeleton.audit.models import AuditEntry
from skeleton.backoffice.tests.test_billing import posted
from skeleton.identity.models import User
from skeleton.notifications.texts import texts_for

pytestmark = pytest.mark.django_db

ISO = re.compile(r"\d{4}-\d\d-\d\d")


@pytest.fixture
def german(clerk):
    User.objects.filter(pk=clerk.user.pk).update(language="de")
    return clerk


def text(response):
    return response.content.decode()


def said(response):
    return [strip_tags(str(message)) for message in response.context["messages"]]


def test_no_title_of_a_record_has_an_iso_date(german):
    contract()
    paid()
    Period.objects.create(start_date=dt.date(2026, 1, 1), end_date=dt.date(2026, 1, 31))
    for kind in ("contracts/contract", "accounting/entry", "accounting/period", "billing/payment", "billing/invoice"):
        app, model = kind.split("/")
        row = apps.get_model(app, model)._default_manager.order_by("-pk")[0]
        shown = text(german.get(f"/admin/{kind}/{row.pk}/change/"))
        title = re.search(r"<title>(.*?)</title>", shown, re.DOTALL)
        assert title
        assert not ISO.search(title[1]), title[1]


def test_an_order_invoiced_says_so_in_the_language(german):
    stocked(10)
    made = brought("confirmed", ordered())
    answer = german.post(f"/admin/billing/order/{made.pk}/invoice/", {"due_date": ""}, follow=True)
    number = Invoice.objects.latest("pk").number
    assert said(answer) == [f"Der Rechnungsentwurf {number} wurde angelegt."]


def test_a_discount_too_large_is_in_the_notation_of_the_page(german):
    buyer = customer(currency="USD")
    body = posted(
        {"unit_price": "25,00", "discount": "99,00"}, customer_id=buyer.pk, currency="", due_date="15.02.2099"
    )
    answer = german.post("/admin/billing/invoice/add/", body)
    formset = answer.context["inline_admin_formsets"][0].formset
    assert formset.errors == [{"discount": ["Darf höchstens Menge × Preis sein, also 25,00 USD."]}]
    assert answer.context["adminform"].form.errors == {}
    assert "Ungültige Eingabe" not in text(answer)


def test_an_error_of_no_shown_part_keeps_its_words(german):
    invoice = draft()
    body = posted({"unit_price": "10,00"}, invoice=invoice, due_date="01.01.1850")
    answer = german.post(f"/admin/billing/invoice/{invoice.pk}/change/", body)
    assert answer.context["adminform"].form.errors == {"due_date": ["Darf nicht vor 1900 liegen."]}


def test_the_purpose_of_a_posting_is_translated(german):
    paid()
    entry = Entry.objects.get(purpose="receive")
    assert "Zahlungseingang" in text(german.get(f"/admin/accounting/entry/{entry.pk}/change/"))


def test_what_the_system_did_is_said_in_words(german):
    post("1200", "4000", 500)
    entry = AuditEntry.objects.filter(actor_email="system").latest("id")
    assert "System" in text(german.get(f"/admin/audit/auditentry/{entry.pk}/change/"))


def test_lists_are_titled_with_the_plural(german):
    shown = german.get("/admin/parties/country/")
    assert (shown.context["title"], "auswählen" in text(shown)) == ("Länder", False)


@pytest.mark.parametrize("language", ["de", "uk"])
def test_notifications_name_the_statuses_as_the_screens_do(language):
    words = texts_for(language).words["order_status"]
    with override(language):
        labels = {status.value: str(status.label).lower() for status in OrderStatus if status != OrderStatus.DRAFT}
    assert {name: words[name] for name in labels} == labels


def test_a_customer_blocked_is_said_so_in_the_language(german):
    buyer = customer(name="Muster GmbH")
    answer = german.post(f"/admin/parties/customer/{buyer.pk}/blacklist/", {}, follow=True)
    assert said(answer) == ["Muster GmbH hat jetzt den Status „Gesperrt“."]


def test_a_transfer_names_the_target_warehouse(german):
    row = stocked(10)
    assert "Ziellager" in text(german.get(f"/admin/inventory/stock/{row.pk}/transfer/"))
