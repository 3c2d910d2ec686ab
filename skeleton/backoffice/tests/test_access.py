"""Who gets in, and how one leaves."""

import io
from unittest.mock import patch

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client

from skeleton.audit.models import AuditEntry
from skeleton.identity.models import User
from skeleton.identity.services import accounts
from skeleton.identity.tests.factories import PASSWORD, actor_of, client_of, user_in_role, user_with
from skeleton.testkit.narrowing import present

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
    assert "has no role" in answer.content.decode()


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


def raw(sql, *params):
    with connection.cursor() as cursor:
        cursor.execute(sql, params)


def over_the_api(owner, clerk, user):
    owner.patch(f"/users/{user.pk}/deactivate").ok()


def in_the_back_office(owner, clerk, user):
    assert clerk.post(f"/admin/identity/user/{user.pk}/deactivate/").status_code == 302


def many_at_once(owner, clerk, user):
    clerk.post("/admin/identity/user/", {"action": "deactivate", "_selected_action": [user.pk]})


def by_raw_sql(owner, clerk, user):
    raw("UPDATE identity_user SET is_active = false WHERE id = %s", user.pk)


def by_saving(owner, clerk, user):
    user.is_active = False
    user.save()


@pytest.mark.parametrize("deactivate", [over_the_api, in_the_back_office, many_at_once, by_raw_sql, by_saving])
class TestDeactivation:
    def test_ends_sessions_for_good(self, owner, clerk, deactivate):
        user = user_in_role("viewer", email="vera@example.com")
        browser, _ = sign_in("vera@example.com")
        program = client_of(user)
        assert browser.get("/admin/").status_code == 200
        deactivate(owner, clerk, user)
        assert not User.objects.get(pk=user.pk).is_active
        assert browser.get("/admin/").status_code == 302
        owner.patch(f"/users/{user.pk}/activate").ok()
        assert browser.get("/admin/").headers["Location"].startswith(LOGIN)
        program.get("/auth/me").refused(401)
        again, _ = sign_in("vera@example.com")
        assert again.get("/admin/").status_code == 200

    def test_also_where_nobody_looked_in_between(self, owner, clerk, deactivate):
        user = user_in_role("viewer", email="vera@example.com")
        browser, _ = sign_in("vera@example.com")
        deactivate(owner, clerk, user)
        raw("UPDATE identity_user SET is_active = true WHERE id = %s", user.pk)
        assert browser.get("/admin/").status_code == 302


def test_nothing_brings_an_ended_session_back(owner):
    user = user_in_role("viewer", email="vera@example.com")
    browser, _ = sign_in("vera@example.com")
    stale = User.objects.get(pk=user.pk)
    owner.patch(f"/users/{user.pk}/deactivate").ok()
    stale.save()  # every field, as it was before
    raw("UPDATE identity_user SET session_epoch = 0, is_active = true")
    assert User.objects.get(pk=user.pk).session_epoch == 1
    assert browser.get("/admin/").status_code == 302


def test_what_else_changes_ends_no_session(owner):
    user = user_in_role("viewer", email="vera@example.com")
    browser, _ = sign_in("vera@example.com")
    owner.patch(f"/users/{user.pk}", {"name": "Vira"}).ok()
    role = user.held_roles.get().role_id
    owner.delete(f"/users/{user.pk}/roles/{role}").ok()
    assert browser.get("/admin/").status_code == 302, "no role, nothing to see"
    owner.post(f"/users/{user.pk}/roles", {"role_id": str(role)}).ok()
    assert browser.get("/admin/").status_code == 200


def test_the_epoch_is_nobodys_business(owner):
    user = user_in_role("viewer", email="vera@example.com")
    owner.patch(f"/users/{user.pk}/deactivate").ok()
    assert present(AuditEntry.objects.order_by("-id").first()).changes == {"is_active": [True, False]}


def test_a_password_changed_by_command_ends_all_sessions():
    user = user_in_role("viewer", email="vera@example.com")
    browser, _ = sign_in("vera@example.com")
    program = client_of(user)
    with patch("getpass.getpass", return_value="an even better one"):
        call_command("changepassword", "vera@example.com", stdout=io.StringIO())
    assert browser.get("/admin/").status_code == 302
    program.get("/auth/me").refused(401)


def test_a_password_changed_in_one_browser_ends_the_others():
    user = user_in_role("viewer", email="vera@example.com")
    browser, _ = sign_in("vera@example.com")
    other, _ = sign_in("vera@example.com")
    program = client_of(user)
    sent = {"old_password": PASSWORD, "new_password1": "a better one 1", "new_password2": "a better one 1"}
    assert browser.post("/admin/password_change/", sent).status_code == 302
    assert browser.get("/admin/").status_code == 200
    assert other.get("/admin/").status_code == 302
    program.get("/auth/me").refused(401)


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
