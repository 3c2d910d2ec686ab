"""The language of the back office: one's own, chosen on every page; the API stays English."""

import pytest
from django.test import Client

from skeleton.audit.models import AuditEntry
from skeleton.core.testkit.client import ApiClient
from skeleton.identity.models import User
from skeleton.identity.tests.factories import client_of, user_in_role

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
