"""Every change of identity creates an audit entry, with actor and request and without secrets."""

import pytest
from django.db import connection

from skeleton.audit.models import AuditEntry
from skeleton.identity.models import Role, User
from skeleton.identity.tests.factories import PASSWORD, UserFactory, client_of
from skeleton.testkit.client import ApiClient
from skeleton.testkit.roles import refusal_of

pytestmark = pytest.mark.django_db


def newest():
    return AuditEntry.objects.order_by("-id").first()


def entries():
    return AuditEntry.objects.count()


def said(entry, actor, action, resource, resource_id):
    assert (entry.actor_id, entry.action) == (actor.pk, action)
    assert (entry.resource, str(entry.resource_id)) == (resource, str(resource_id))
    assert entry.actor_email == actor.email
    assert entry.request_id == "audit-test"
    assert entry.ip == "127.0.0.1"


class Traced(ApiClient):
    """A client whose requests can be identified by their id."""

    def call(self, method, path, body=None, **options):
        options["headers"] = {"X-Request-ID": "audit-test", **(options.get("headers") or {})}
        return super().call(method, path, body, **options)


@pytest.fixture
def boss(owner):
    return Traced(owner.token, owner.user)


def test_every_verb_on_users(boss, outsider):
    user, path = outsider.user, f"/users/{outsider.user.pk}"
    role = str(Role.objects.get(name="viewer").pk)
    for action, call, changes in [
        ("update", lambda: boss.put(path, {"name": "Otto"}), {"name": ["Oscar Outsider", "Otto"]}),
        ("deactivate", lambda: boss.patch(f"{path}/deactivate"), {"is_active": [True, False]}),
        ("activate", lambda: boss.patch(f"{path}/activate"), {"is_active": [False, True]}),
    ]:
        call().ok()
        said(newest(), boss.user, action, "users", user.pk)
        assert newest().changes == changes
    for action, call in [
        ("assign_role", lambda: boss.post(f"{path}/roles", {"role_id": role})),
        ("remove_role", lambda: boss.delete(f"{path}/roles/{role}")),
    ]:
        call().ok()
        said(newest(), boss.user, action, "users", user.pk)
        before, after = newest().changes["roles"]
        assert [row["role_id"] for row in (before or after)] == [role]


def test_every_verb_on_roles(boss):
    role = boss.post("/roles", {"name": "Clerk", "permissions": []}).ok(201)["id"]
    said(newest(), boss.user, "create", "roles", role)
    boss.put(f"/roles/{role}", {"permissions": ["users:read"]}).ok()
    said(newest(), boss.user, "update", "roles", role)
    assert newest().changes == {"permissions": [[], ["users:read"]]}
    boss.delete(f"/roles/{role}").ok(204)
    said(newest(), boss.user, "delete", "roles", role)


def test_whoever_registers_is_the_actor():
    body = {"email": "new@example.com", "password": PASSWORD, "name": "New"}
    Traced().post("/auth/register", body).ok(201)
    user = User.objects.get()
    said(newest(), user, "create", "users", user.pk)


def test_a_changed_password_is_known_and_not_shown():
    user = UserFactory.create()
    client = Traced(client_of(user).token)
    client.post("/auth/change-password", {"current_password": PASSWORD, "new_password": "another battery"}).ok()
    said(newest(), user, "change_password", "users", user.pk)
    assert newest().changes == {"password": ["hidden", "hidden"]}


def test_nothing_secret_is_ever_in_it(boss, outsider):
    ApiClient().post("/auth/register", {"email": "new@example.com", "password": PASSWORD, "name": "New"}).ok(201)
    ApiClient().post("/auth/login", {"email": "new@example.com", "password": PASSWORD}).ok()
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(to_jsonb(e)::text, '') FROM audit_entry e")
        (everything,) = cursor.fetchone()
    for secret in ("argon2", PASSWORD, "refresh_hash", boss.token):
        assert secret not in everything


def test_what_changes_nothing_leaves_no_entry(boss, outsider):
    before = entries()
    boss.put(f"/users/{outsider.user.pk}", {"name": outsider.user.name}).ok()
    boss.get("/users").ok()
    assert entries() == before


def test_what_is_refused_leaves_no_entry(boss, outsider):
    before = entries()
    boss.put(f"/users/{outsider.user.pk}", {"email": boss.user.email}).refused(409)
    boss.patch(f"/users/{boss.user.pk}/deactivate").refused(409)
    assert entries() == before


def test_raw_sql_leaves_an_entry_without_an_actor(outsider):
    User.objects.filter(pk=outsider.user.pk).update(name="Changed behind the back")
    assert (newest().actor_id, newest().action, newest().actor_email) == (None, "update", "")


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE audit_entry SET actor_email = 'nobody'",
        "UPDATE audit_entry SET id = id",
        "DELETE FROM audit_entry",
        "TRUNCATE audit_entry",
        "TRUNCATE audit_entry CASCADE",
        "TRUNCATE identity_user CASCADE",
    ],
)
def test_the_log_withstands_raw_sql(owner, attack):
    before = entries()
    assert before
    connection.check_constraints()  # PostgreSQL refuses TRUNCATE while checks of foreign keys are pending
    assert "append-only" in str(refusal_of(lambda: connection.cursor().execute(attack)))
    assert entries() == before
