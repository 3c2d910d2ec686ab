"""The language of the back office: one's own, chosen on every page; the API stays English."""

import ast
import functools
import gettext
import io

import pytest
from django.test import Client
from django.utils import translation

from billing.tests.factories import draft, line
from skeleton.audit.models import AuditEntry
from skeleton.identity.models import User
from skeleton.identity.tests.factories import client_of, user_in_role
from skeleton.locale import build
from skeleton.office.words import say
from skeleton.testkit.client import ApiClient

pytestmark = pytest.mark.django_db


def language_of(answer):
    return answer.headers["Content-Language"]


def test_whoever_is_signed_in_chooses_for_good(guest):
    answer = guest.post("/admin/language/", {"language": "de", "next": "/admin/billing/invoice/?q=x"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/admin/billing/invoice/?q=x")
    assert User.objects.get(pk=guest.user.pk).language == "de"
    assert language_of(guest.get("/admin/", headers={"Accept-Language": "uk"})) == "de"
    last = AuditEntry.objects.order_by("-id").first()
    assert (last.action, last.actor_email, last.changes) == ("update", "vera@example.com", {"language": ["en", "de"]})


def test_before_signing_in_it_is_the_browsers_or_what_was_chosen():
    client = Client()
    assert language_of(client.get("/admin/login/", headers={"Accept-Language": "uk"})) == "uk"
    client.post("/admin/language/", {"language": "de", "next": "/admin/login/"})
    assert language_of(client.get("/admin/login/", headers={"Accept-Language": "uk"})) == "de"


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


# --- the catalogues ---------------------------------------------------------------------------------------------------


@functools.cache
def wanted():
    return build.found()


@pytest.mark.parametrize("language", build.LANGUAGES)
def test_nothing_that_people_read_is_left_in_english(language):
    assert list(build.problems(language, wanted())) == []


@pytest.mark.parametrize("language", build.LANGUAGES)
def test_a_text_that_nobody_translated_is_told(language):
    told = list(build.problems(language, [*wanted(), "A text that nobody has seen {name}"]))
    assert f"{language}: no translation of 'A text that nobody has seen {{name}}'" in told
    gone = list(build.problems(language, wanted()[1:]))
    assert any("any more" in line for line in gone)


@pytest.mark.parametrize("language", build.LANGUAGES)
def test_compiling_is_reproducible_and_readable(language, tmp_path):
    compiled = build.as_mo(build.read(language))
    assert compiled == build.as_mo(build.read(language)) == build.mo(language).read_bytes()
    texts = gettext.GNUTranslations(io.BytesIO(compiled))
    assert texts.gettext("invoice") != "invoice"
    assert texts.ngettext("{number} invoice", "{number} invoices", 5) != "{number} invoices"
    assert build.updated(language, wanted()).get("invoice").string == build.read(language).get("invoice").string


def test_what_is_read_from_the_code():
    code = """
class Screen:
    title, parameter_name = "late", "late"
    FIELDS = (("Times", {"fields": ()}),)

    @act("Send it", question="Really?")
    def send(self, order):
        return f"{order.number} is sent." if order.number else "Sent."

class NotesForm(ActForm):
    paid_at = forms.DateField()
    reason = forms.CharField(label="Why")

def refuse(order):
    raise Conflict(f"The order is {order.status}.", details={"allowed": ["x"], "lines": "None left."})
"""
    found = set(build.of_code(ast.parse(code)))
    assert found == {"late", "Times", "Send it", "Really?", "{order_number} is sent.", "Sent.", "Paid at", "Why",
                     "The order is {order_status}.", "None left."}  # fmt: skip


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
    assert f"{invoice.number} ist gesendet." in sent_page
    again = chief.post(f"/admin/billing/invoice/{invoice.pk}/send/").content.decode()
    assert "Die Rechnung" in again
    body = {"amount": "9999999", "method": "cash"}
    refused = chief.post(f"/admin/billing/invoice/{invoice.pk}/record-payment/", body)
    assert refused.context["form"].errors == {"amount": ["Ist mehr als offen: 1.234,56 USD."]}


def test_of_the_values_in_a_text_only_words_of_ours_are_translated():
    with translation.override("de"):
        assert say("Draft is signed out everywhere and cannot sign in any more.").startswith("Draft ist überall")
        assert say("The reservation is cancelled.") == "Die Reservierung ist storniert."
        assert say("Something nobody wrote.") == "Something nobody wrote."
        assert say(None) is None
    assert say("The reservation is cancelled.") == "The reservation is cancelled."
