"""Users and roles in the back office: the same services, guards and audit as over the API."""

import pytest
from django.urls import reverse

from skeleton.audit.models import AuditEntry
from skeleton.identity.models import Role, User
from skeleton.identity.tests.factories import PASSWORD, RoleFactory, UserFactory, user_in_role

pytestmark = pytest.mark.django_db

USERS = "/admin/identity/user/"
ROLES = "/admin/identity/role/"


def text(response):
    return response.content.decode()


def last_entry():
    return AuditEntry.objects.order_by("-id").first()


def test_a_new_user_is_written_by_the_service_in_the_name_of_who_made_them(clerk):
    sent = {"email": "new@example.com", "name": "Nina New", "language": "en", "password": "long enough 1"}
    response = clerk.post(f"{USERS}add/", sent)
    made = User.objects.get(email="new@example.com")
    assert response.headers["Location"] == reverse("admin:identity_user_changelist")
    assert made.check_password("long enough 1")
    entry = last_entry()
    assert (entry.action, entry.resource, entry.resource_id) == ("create", "users", made.pk)
    assert entry.actor_email == "carl@example.com"


@pytest.mark.parametrize(
    "sent, told",
    [
        ({"email": "carl@EXAMPLE.com"}, "Is taken already."),
        ({"password": "short"}, "at least 8 characters"),
        ({"email": "nonsense"}, "valid email"),
    ],
)
def test_what_is_refused_is_told_at_the_field_and_nothing_typed_is_lost(clerk, sent, told):
    before = User.objects.count()
    good = {"email": "new@example.com", "name": "Nina New", "language": "en", "password": "long enough 1"}
    response = clerk.post(f"{USERS}add/", {**good, **sent})
    assert response.status_code == 200
    page = text(response)
    assert told in page, response.context["adminform"].form.errors
    assert 'value="Nina New"' in page
    assert list(response.context["adminform"].form.errors) == list(sent)
    assert User.objects.count() == before


def test_only_what_changed_is_written(clerk):
    user = UserFactory.create(name="Old Name")
    clerk.post(f"{USERS}{user.pk}/change/", {"email": user.email, "name": "New Name", "language": "en"})
    entry = last_entry()
    assert entry.action == "update"
    assert entry.changes == {"name": ["Old Name", "New Name"]}


def test_the_language_of_a_user_is_chosen_in_the_form(clerk):
    sent = {"email": "new@example.com", "name": "Nina New", "language": "uk", "password": "long enough 1"}
    clerk.post(f"{USERS}add/", sent)
    made = User.objects.get(email="new@example.com")
    assert made.language == "uk"
    clerk.post(f"{USERS}{made.pk}/change/", {"email": made.email, "name": made.name, "language": "de"})
    made.refresh_from_db()
    assert made.language == "de"
    assert last_entry().changes == {"language": ["uk", "de"]}
    refused = clerk.post(f"{USERS}{made.pk}/change/", {"email": made.email, "name": made.name, "language": "fr"})
    assert list(refused.context["adminform"].form.errors) == ["language"]


def test_nobody_changes_whoever_holds_more(clerk):
    boss = user_in_role("super_admin", name="Boss")
    response = clerk.post(f"{USERS}{boss.pk}/change/", {"email": boss.email, "name": "Mouse", "language": "en"})
    assert "permissions that you do not have yourself" in text(response)
    assert 'value="Mouse"' in text(response)
    boss.refresh_from_db()
    assert boss.name == "Boss"


def test_deactivating_asks_first_and_ends_the_session_at_once(clerk, guest):
    page = f"{USERS}{guest.user.pk}/deactivate/"
    asked = clerk.get(page)
    assert "all its sessions end at once" in text(asked)
    assert guest.get(USERS).status_code == 200
    assert clerk.post(page).status_code == 302
    assert last_entry().action == "deactivate"
    assert last_entry().actor_email == "carl@example.com"
    assert guest.get(USERS).headers["Location"].startswith("/admin/login/")


def test_taking_the_only_role_away_shuts_the_door_at_once(clerk, guest):
    role = Role.objects.get(name="viewer")
    clerk.post(f"{USERS}{guest.user.pk}/take-role/", {"role": role.pk})
    assert last_entry().action == "remove_role"
    assert guest.get(USERS).status_code == 302


def test_giving_a_role_above_oneself_is_refused_in_a_sentence(clerk):
    user = UserFactory.create()
    role = RoleFactory.create(name="godlike", permissions=["*:*"])
    response = clerk.post(f"{USERS}{user.pk}/give-role/", {"role": role.pk})
    assert "permissions that you do not have yourself" in text(response)
    assert not user.held_roles.exists()


def test_many_at_once_each_by_itself(clerk):
    boss = user_in_role("super_admin", name="Boss", email="boss@example.com")
    one, two = UserFactory.create(), UserFactory.create()
    chosen = [one.pk, two.pk, boss.pk]
    response = clerk.post(USERS, {"action": "deactivate", "_selected_action": chosen}, follow=True)
    assert "Deactivate: done for 2." in text(response)
    assert "boss@example.com: You cannot grant or manage permissions" in text(response)
    assert set(User.objects.filter(is_active=False)) == {one, two}


def test_roles_are_made_changed_and_deleted_by_the_services(clerk):
    clerk.post(f"{ROLES}add/", {"name": "seller", "description": "", "permissions": ["invoices:read", "orders:*"]})
    role = Role.objects.get(name="seller")
    assert role.permissions == ["invoices:read", "orders:*"]
    clerk.post(f"{ROLES}{role.pk}/change/", {"name": "seller", "description": "Sells", "permissions": role.permissions})
    assert last_entry().changes == {"description": ["", "Sells"]}
    assert clerk.post(f"{ROLES}{role.pk}/remove/").headers["Location"] == ROLES
    assert not Role.objects.filter(name="seller").exists()


def test_a_role_above_oneself_cannot_be_made(clerk):
    response = clerk.post(f"{ROLES}add/", {"name": "god", "description": "", "permissions": ["*:*"]})
    assert "permissions that you do not have yourself" in text(response)
    assert not Role.objects.filter(name="god").exists()


def test_a_default_role_is_only_shown(chief):
    role = Role.objects.get(name="viewer") if Role.objects.filter(name="viewer") else None
    role = role or Role.objects.get(name="super_admin")
    page = chief.get(f"{ROLES}{role.pk}/change/")
    assert page.status_code == 200
    assert 'name="_save"' not in text(page)
    assert chief.post(f"{ROLES}{role.pk}/change/", {"name": "x", "permissions": []}).status_code == 403


def test_ones_own_password(clerk):
    page = "/admin/password_change/"
    sent = {"old_password": "wrong", "new_password1": "a better one 1", "new_password2": "a better one 1"}
    clerk.post(page, sent)
    assert User.objects.get(pk=clerk.user.pk).check_password(PASSWORD)
    assert clerk.post(page, {**sent, "old_password": PASSWORD}).headers["Location"] == "/admin/password_change/done/"
    assert User.objects.get(pk=clerk.user.pk).check_password("a better one 1")
    assert clerk.get("/admin/").status_code == 200, "this session goes on"
    entry = last_entry()
    assert (entry.action, entry.actor_email) == ("change_password", "carl@example.com")
    assert "argon2" not in str(entry.changes)
