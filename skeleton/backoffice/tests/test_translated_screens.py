"""No screen shows English in another language: the visible texts of lists, forms, actions and reports."""

import re
from functools import cache
from html.parser import HTMLParser

import pytest
from django.contrib import admin
from django.urls import reverse

from accounting.models import Account
from accounting.tests.factories import account
from billing.services.credit_notes import create_credit_note
from billing.tests.factories import draft, line, order, ordered, paid, sent
from contracts.tests.factories import active as contract
from inventory.tests import factories as inventory
from parties.tests.factories import CountryFactory, CustomerFactory, blacklisted
from skeleton.identity.models import User
from skeleton.jobs.tests.jobs import count
from skeleton.kernel.actors import SYSTEM
from skeleton.notifications.tests.factories import tell
from skeleton.office.admins import ReadOnlyAdmin
from tests import messages

pytestmark = pytest.mark.django_db

REPORTS = (
    *("trial-balance", "balance-sheet", "income-statement", "ledger", "receivables-aging", "vat", "customer-statement"),
    *("messenger", "search"),
)
SAME = {"active", "name", "status", "currency", "description", "type", "code", "email", "phone", "position"}
"""Names of columns in files and of fields in the audit log, which are those of the API."""


class Texts(HTMLParser):
    """Yield the texts of a page, including attributes that screen readers read out."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()
        self._silent, self._icon = 0, False

    def handle_starttag(self, tag, attrs):
        self._silent += tag in ("script", "style")
        self._icon = "material-symbols" in (dict(attrs).get("class") or "")  # whose names are texts
        for name, value in attrs:
            if name in ("aria-label", "title", "placeholder", "alt"):
                self.handle_data(value or "")

    def handle_endtag(self, tag):
        self._silent -= tag in ("script", "style")
        self._icon = False

    def handle_data(self, data):
        if not (self._silent or self._icon):
            self.found.add(re.sub(r"\s+", " ", data).strip())


@cache
def english(language):
    """Return the English texts that have a different translation, as in the source and as in headings."""
    known = messages.translations(messages.read(language))
    other = {message.text for message, strings in known.items() if message.text != strings[0]}
    return {
        shape for text in other - SAME for shape in (text, text[:1].upper() + text[1:]) if shape not in ALSO[language]
    }


ALSO = {
    "de": {
        "Logo",
        "Name",
        "Status",
        "System",
        "Code",
        "Position",
        "Import",
        "Partner",
        "Region",
        "Version",
        "Website",
        "Job",
        "Jobs",
    },
    "uk": {"E-mail"},
}
"""Words that mean something in the language as well."""


def remnants(page, language):
    texts = Texts()
    texts.feed(page)
    return sorted(texts.found & english(language) - set(Account.objects.values_list("name", flat=True)))


@pytest.fixture
def company(chief):
    blacklisted(CustomerFactory.create(name="Muster GmbH"))
    CountryFactory.create()
    for make in (draft, sent, paid):
        make(line(123_456))
    create_credit_note(invoice_id=sent().pk, reason="Rabatt", actor=SYSTEM)
    order(ordered())
    contract()
    inventory.reserved(inventory.stocked(10), 2)
    account("9999")
    count.enqueue(key="x")
    tell(chief.user)
    return chief


def addresses():
    for screen in admin.site._registry.values():
        if isinstance(screen, ReadOnlyAdmin):
            yield screen.changelist_url
            yield screen.add_url
            row = screen.model._default_manager.first()
            if row is not None:
                yield screen.change_url(row)
                for action in _actions(screen):
                    yield f"{screen.change_url(row).removesuffix('change/')}{action}/"
    yield "/admin/"
    yield from (reverse(f"admin:{name}") for name in REPORTS)


def _actions(screen):
    for name in screen.record_actions:
        for one in name["items"] if isinstance(name, dict) else [name]:
            if "pdf" not in one and one != "download":
                yield getattr(screen, one).url_path


@pytest.mark.parametrize("language", ["de", "uk"])
def test_no_screen_shows_english(company, language):
    User.objects.filter(pk=company.user.pk).update(language=language)
    left = {}
    for address in addresses():
        answer = company.get(address)
        if answer.status_code == 200 and "text/html" in answer.headers["Content-Type"]:
            found = remnants(answer.content.decode(), language)
            if "auditentry" in address:  # shows fields and values as the API calls them
                found = [text for text in found if not text.islower() and text != "True"]
            if found:
                left[address] = found
    assert not left, "\n".join(f"{address}: {found}" for address, found in left.items())


def test_figures_and_days_are_german_in_a_report(company):
    User.objects.filter(pk=company.user.pk).update(language="de")
    page = company.get(reverse("admin:trial-balance")).content.decode()
    assert "1.234,56" in page
    assert "1,234.56" not in page
    assert re.search(r"Stand \d\d\.\d\d\.\d{4}", page) or re.search(r"\d\d\.\d\d\.\d{4}", page)


def test_statuses_and_actions_have_names(company):
    User.objects.filter(pk=company.user.pk).update(language="de")
    assert "Gesperrt" in company.get("/admin/parties/customer/").content.decode()
    assert "Angelegt" in company.get("/admin/audit/auditentry/").content.decode()
    assert "Überfällige Rechnungen melden" in company.get("/admin/jobs/job/").content.decode()


def test_one_english_word_for_two_things_is_two_german_ones(company):
    User.objects.filter(pk=company.user.pk).update(language="de")
    upload = company.get("/admin/parties/customer/import/").content.decode()
    assert "Prüfen" in upload
    assert "Scheck" not in upload
