"""The language of the back office: a user's setting, which every page offers. The API stays in English."""

import pytest
from django.test import Client

from billing.tests.factories import draft, line
from skeleton.audit.models import AuditEntry
from skeleton.identity.models import User
from skeleton.identity.tests.factories import PASSWORD, client_of, user_in_role
from skeleton.testkit.client import ApiClient
from skeleton.testkit.narrowing import present

pytestmark = pytest.mark.django_db


def language_of(answer):
    return answer.headers["Content-Language"]


def test_whoever_is_signed_in_chooses_for_good(guest):
    answer = guest.post("/admin/language/", {"language": "de", "next": "/admin/billing/invoice/?q=x"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/admin/billing/invoice/?q=x")
    assert User.objects.get(pk=guest.user.pk).language == "de"
    assert language_of(guest.get("/admin/", headers={"Accept-Language": "uk"})) == "de"
    last = present(AuditEntry.objects.order_by("-id").first())
    assert (last.action, last.actor_email, last.changes) == ("update", "vera@example.com", {"language": ["en", "de"]})


def test_before_signing_in_it_is_the_browsers_or_what_was_chosen():
    client = Client()
    assert language_of(client.get("/admin/login/", headers={"Accept-Language": "uk"})) == "uk"
    client.post("/admin/language/", {"language": "de", "next": "/admin/login/"})
    assert language_of(client.get("/admin/login/", headers={"Accept-Language": "uk"})) == "de"


def test_what_was_chosen_on_the_sign_in_page_is_kept():
    user, other = (user_in_role("admin", email=f"{name}@example.com") for name in ("one", "other"))
    browser = Client()
    browser.post("/admin/language/", {"language": "de", "next": "/admin/login/"})
    for who, language in ((user, "de"), (other, "en")):  # the cookie of one is not the choice of the next
        browser.post("/admin/login/", {"username": who.email, "password": PASSWORD})
        assert language_of(browser.get("/admin/")) == language
        assert User.objects.get(pk=who.pk).language == language
        browser.post("/admin/logout/")


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "javascript:alert(1)", ""])
def test_the_way_back_stays_in_the_house(guest, back):
    assert guest.post("/admin/language/", {"language": "de", "next": back}).headers["Location"] == "/admin/"


@pytest.mark.parametrize("language", ["fr", "", "de-AT", "x" * 5000])
def test_other_languages_change_nothing(guest, language):
    answer = guest.post("/admin/language/", {"language": language, "next": "/admin/"})
    assert answer.status_code == 302
    assert "skeleton_language" not in answer.cookies
    assert User.objects.get(pk=guest.user.pk).language == "en"


def test_a_link_changes_nothing(guest):
    assert guest.get("/admin/language/", {"language": "de"}).status_code == 405


def test_the_api_speaks_english_whatever_a_page_spoke_on_its_thread():
    user = user_in_role("admin", language="uk")
    pages, api = Client(), client_of(user)
    pages.force_login(user)
    assert language_of(pages.get("/admin/")) == "uk"
    answer = api.post("/customers", {"email": "x@example.com"})
    assert answer.status == 422
    assert answer.data["details"]["name"] == ApiClient().post("/auth/register", {}).data["details"]["name"]
    assert answer.data["details"]["name"].isascii()


# --- what it looks like -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "language, words",
    [
        ("uk", ["Огляд", "Дохід за місяцями", "Рахунки-фактури", "Постачальники", "Чернетка"]),
        ("de", ["Übersicht", "Umsatz nach Monat", "Rechnungen", "Lieferanten", "Entwurf"]),
    ],
)
def test_pages_are_in_the_language(chief, language, words):
    draft()
    User.objects.filter(pk=chief.user.pk).update(language=language)
    page = chief.get("/admin/").content.decode()
    assert [word for word in words if word not in page] == []


def test_lists_forms_acts_and_refusals_are_too(chief):
    User.objects.filter(pk=chief.user.pk).update(language="de")
    invoice = draft(line(123_456))
    listing = chief.get("/admin/billing/invoice/").content.decode()
    assert "1.234,56 USD" in listing
    assert "Entwurf" in listing
    assert "Nummer oder Kunde" in listing
    form = chief.get(f"/admin/billing/invoice/{invoice.pk}/change/").content.decode()
    assert "Fällig am" in form
    assert "Zeiten (UTC)" in form
    sent_page = chief.post(f"/admin/billing/invoice/{invoice.pk}/send/", follow=True).content.decode()
    assert f"{invoice.number} wurde ausgestellt." in sent_page
    again = chief.post(f"/admin/billing/invoice/{invoice.pk}/send/").content.decode()
    assert "Diese Rechnung wurde bereits ausgestellt." in again
    body = {"amount": "9999999", "method": "cash"}
    refused = chief.post(f"/admin/billing/invoice/{invoice.pk}/record-payment/", body)
    assert refused.context["form"].errors == {"amount": ["Offen sind nur 1.234,56 USD."]}
