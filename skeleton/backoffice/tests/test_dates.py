"""Dates on pages: in the order of the page's language or as in ISO 8601, and refused where they are ambiguous."""

import pytest
from django import forms
from django.contrib import admin

from billing.models import Payment
from billing.tests.factories import sent
from contracts.models import Contract
from contracts.tests.factories import draft
from skeleton.identity.models import User
from skeleton.office.dates import LocalizedDateField, LocalizedDateTimeField
from skeleton.testkit.pages import fields_of

pytestmark = pytest.mark.django_db

AMBIGUOUS = {
    "en": "This date is ambiguous. Choose it from the calendar, or write 2027-01-02 or 2027-02-01.",
    "de": "2027-01-02",
    "uk": "2027-01-02",
}


def speak(visitor, language):
    User.objects.filter(pk=visitor.user.pk).update(language=language)


def address(contract):
    return f"/admin/contracts/contract/{contract.pk}/change/"


@pytest.mark.parametrize("language, typed", [("en", "1 Feb 2027"), ("de", "1.2.2027"), ("uk", "01.02.2027")])
def test_a_date_in_the_order_of_the_language(chief, language, typed):
    speak(chief, language)
    contract = draft()
    shown = fields_of(chief.get(address(contract)).content.decode())
    for last_day in (typed, "2027-02-02"):
        response = chief.post(address(contract), {**shown, "last_day": last_day, "_record_version": ""})
        assert response.status_code == 302, response.context["adminform"].form.errors
    contract.refresh_from_db()
    assert str(contract.end_date) == "2027-02-02"


@pytest.mark.parametrize("language", AMBIGUOUS)
def test_an_ambiguous_date_is_refused_in_a_sentence(chief, language):
    speak(chief, language)
    contract = draft()
    shown = fields_of(chief.get(address(contract)).content.decode())
    response = chief.post(address(contract), {**shown, "last_day": "01/02/2027"})
    (told,) = response.context["adminform"].form.errors["last_day"]
    assert AMBIGUOUS[language] in told
    assert Contract.objects.get().end_date == contract.end_date


def test_a_page_is_read_in_its_own_language(chief):
    """The language was changed in another tab after the form had been opened."""
    contract = draft()
    speak(chief, "de")
    shown = fields_of(chief.get(address(contract)).content.decode())
    speak(chief, "en")
    chief.post(address(contract), {**shown, "last_day": "01.02.2027"})
    assert str(Contract.objects.get().end_date) == "2027-02-01"


def test_times_and_dates_of_models_are_read_likewise(chief, chart):
    page = f"/admin/billing/invoice/{sent().pk}/record-payment/"
    body = {"amount": "1", "method": "cash", "paid_at": "01/02/2026"}
    assert "2026-02-01" in chief.post(page, body).context["form"].errors["paid_at"][0]
    assert not Payment.objects.exists()
    period = {"start_date": "01/02/2026", "end_date": "28 Feb 2026"}
    errors = chief.post("/admin/accounting/period/add/", period).context["adminform"].form.errors
    assert list(errors) == ["start_date"]
    assert chief.get("/admin/accounting/entry/", {"date_from": "01/02/2026"}).status_code == 400


def test_no_form_of_a_screen_reads_dates_in_another_way(rf, chief):
    request = rf.get("/")
    request.user = chief.user
    for screen in admin.site._registry.values():
        for name, field in screen.get_form(request).base_fields.items():
            assert not isinstance(field, forms.DateField) or isinstance(field, LocalizedDateField), (screen, name)
            other = isinstance(field, forms.DateTimeField | forms.SplitDateTimeField)
            assert not other or isinstance(field, LocalizedDateTimeField), (screen, name)
