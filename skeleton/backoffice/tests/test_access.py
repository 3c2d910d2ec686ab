"""Who gets in, and how one leaves."""

import pytest
from django.test import Client

from skeleton.identity.models import User
from skeleton.identity.services import accounts
from skeleton.identity.tests.factories import PASSWORD, actor_of, user_in_role, user_with

pytestmark = pytest.mark.django_db

LOGIN = "/admin/login/"


def sign_in(email, password=PASSWORD):
    client = Client()
    return client, client.post(LOGIN, {"username": email, "password": password})


def test_whoever_holds_a_role_signs_in_by_e_mail_in_any_case():
    user_in_role("viewer", email="vera@example.com")
    client, answer = sign_in("Vera@Example.com")
    assert answer.headers["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 200


def test_an_empty_role_is_a_role():
    user = user_with(email="x@example.com")
    user.held_roles.create(role=user_in_role("viewer").held_roles.get().role.__class__.objects.create(name="empty"))
    client, answer = sign_in("x@example.com")
    assert answer.status_code == 302
    assert client.get("/admin/").status_code == 200


@pytest.mark.parametrize(
    "fields, password, told",
    [
        ({}, "wrong", "The e-mail or the password is wrong."),
        ({"is_active": False}, PASSWORD, "The e-mail or the password is wrong."),
    ],
)
def test_who_stays_outside(fields, password, told):
    user_in_role("viewer", email="vera@example.com", **fields)
    _, answer = sign_in("vera@example.com", password)
    assert answer.status_code == 200
    assert told in answer.content.decode()


def test_without_a_role_one_is_told_so():
    user_with(email="oscar@example.com")
    _, answer = sign_in("oscar@example.com")
    assert "holds no role" in answer.content.decode()


def test_guessing_is_throttled_with_the_api(settings):
    settings.SKELETON_THROTTLE = True
    user_in_role("viewer", email="vera@example.com")
    for _ in range(5):
        sign_in("vera@example.com", "wrong")
    _, answer = sign_in("vera@example.com")
    assert "Too many requests" in answer.content.decode()


def test_signing_out_ends_the_session():
    user_in_role("viewer", email="vera@example.com")
    client, _ = sign_in("vera@example.com")
    cookie = client.cookies["skeleton_session"].value
    client.post("/admin/logout/")
    client.cookies["skeleton_session"] = cookie
    assert client.get("/admin/").status_code == 302


def test_a_password_changed_over_the_api_ends_the_back_office_sessions(guest):
    actor = actor_of(User.objects.get(pk=guest.user.pk))
    accounts.change_password(actor=actor, current_password=PASSWORD, new_password="something else 2")
    assert guest.get("/admin/").status_code == 302


def test_a_page_for_people_where_there_is_nothing(guest):
    assert "Nothing here" in guest.get("/admin/identity/nothing/").content.decode()
    refused = guest.get("/admin/audit/auditentry/")
    assert refused.status_code == 403
    assert "Your roles do not let you do this." in refused.content.decode()


def test_the_language_is_the_users_own(clerk):
    User.objects.filter(pk=clerk.user.pk).update(language="uk")
    page = clerk.get("/admin/", headers={"Accept-Language": "de"})
    assert page.headers["Content-Language"] == "uk"
