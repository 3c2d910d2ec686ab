"""No privilege escalation, and there is always an administrator: over the API and with raw SQL."""

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction

from skeleton.identity.choices import Language
from skeleton.identity.models import Role, User, UserRole
from skeleton.identity.permissions import DEFAULT_ROLES, VALID_PERMISSIONS
from skeleton.identity.tests.factories import RoleFactory, UserFactory, client_of, user_in_role, user_with
from skeleton.kernel.ids import uuid7

pytestmark = pytest.mark.django_db


def role_id(name):
    return str(Role.objects.get(name=name).pk)


@pytest.fixture
def manager(db):
    """A user who may manage users and roles, and read invoices, but nothing else."""
    return client_of(user_with("users:*", "roles:*", "invoices:read", name="Manager"))


class TestReach:
    """On no route can users assign permissions that they lack, or change users with more."""

    def test_giving_a_role(self, manager, outsider):
        within, above = (
            RoleFactory.create(permissions=["invoices:read"]),
            RoleFactory.create(permissions=["invoices:write"]),
        )
        path = f"/users/{outsider.user.pk}/roles"
        manager.post(path, {"role_id": str(within.pk)}).ok()
        manager.post(path, {"role_id": str(above.pk)}).refused(403)

    def test_a_wildcard_is_more_than_all_its_parts(self, outsider):
        manager = client_of(user_with("roles:manage", "users:write", "invoices:read", "invoices:write"))
        wildcard = RoleFactory.create(permissions=["invoices:*"])
        manager.post(f"/users/{outsider.user.pk}/roles", {"role_id": str(wildcard.pk)}).refused(403)

    def test_giving_oneself_a_role(self, manager, owner):
        manager.post(f"/users/{manager.user.pk}/roles", {"role_id": role_id("super_admin")}).refused(403)

    def test_taking_a_role(self, manager, viewer):
        manager.delete(f"/users/{viewer.user.pk}/roles/{role_id('viewer')}").refused(403)

    def test_making_a_role(self, manager):
        manager.post("/roles", {"name": "more", "permissions": ["invoices:write"]}).refused(403)
        manager.post("/roles", {"name": "all", "permissions": ["*:*"]}).refused(403)
        manager.post("/roles", {"name": "same", "permissions": ["invoices:read"]}).ok(201)

    def test_widening_a_role_of_ones_own(self, manager):
        own = manager.user.roles.get()
        manager.put(f"/roles/{own.pk}", {"permissions": [*own.permissions, "accounting:read"]}).refused(403)

    def test_changing_or_deleting_a_role_that_holds_more(self, manager):
        above = RoleFactory.create(permissions=["accounting:read"])
        manager.put(f"/roles/{above.pk}", {"permissions": []}).refused(403)
        manager.put(f"/roles/{above.pk}", {"description": "x"}).refused(403)
        manager.delete(f"/roles/{above.pk}").refused(403)

    @pytest.mark.parametrize("action", ["deactivate", "activate"])
    def test_switching_somebody_who_holds_more(self, manager, colleague, action):
        manager.patch(f"/users/{colleague.user.pk}/{action}").refused(403)

    def test_renaming_somebody_who_holds_more(self, manager, owner):
        """Changing an administrator's e-mail would allow taking over the account."""
        manager.put(f"/users/{owner.user.pk}", {"email": "mine@example.com"}).refused(403)


class TestUsers:
    def test_update(self, owner, outsider):
        path = f"/users/{outsider.user.pk}"
        assert owner.put(path, {"email": "new@example.com"}).ok()["email"] == "new@example.com"
        assert owner.patch(path, {"name": "New"}).ok()["name"] == "New"
        assert owner.patch(path, {}).ok()["name"] == "New"
        whole = owner.get(path).ok()
        assert owner.put(path, whole).ok()["updated_at"] == whole["updated_at"]

    @pytest.mark.parametrize("body", [{"email": None}, {"name": None}, {"name": ""}, {"email": "x"}, {"nmae": "x"}])
    def test_update_refuses(self, owner, outsider, body):
        owner.put(f"/users/{outsider.user.pk}", body).refused(422, *body)

    def test_a_taken_e_mail(self, owner, outsider, viewer):
        owner.put(f"/users/{outsider.user.pk}", {"email": "VERA@example.com"}).refused(409, "email")
        owner.put(f"/users/{outsider.user.pk}", {"email": "OSCAR@example.com"}).ok()

    def test_activation_twice_is_a_conflict(self, owner, outsider):
        path = f"/users/{outsider.user.pk}"
        assert owner.patch(f"{path}/activate").refused(409)["details"] == {"allowed": ["deactivate"]}
        assert owner.patch(f"{path}/deactivate").ok()["active"] is False
        assert owner.patch(f"{path}/deactivate").refused(409)["details"] == {"allowed": ["activate"]}
        assert owner.patch(f"{path}/activate").ok()["active"] is True

    def test_roles_are_given_and_taken(self, owner, outsider, viewer):
        path = f"/users/{outsider.user.pk}/roles"
        body = {"role_id": role_id("viewer")}
        assert owner.post(path, body).ok()["roles"] == ["viewer"]
        owner.post(path, body).refused(409, "role_id")
        assert owner.delete(f"{path}/{role_id('viewer')}").ok()["roles"] == []
        owner.delete(f"{path}/{role_id('viewer')}").refused(404)
        owner.post(path, {"role_id": str(uuid7())}).refused(404)
        owner.post(path, {"role_id": "viewer"}).refused(422, "role_id")
        owner.post(path, {}).refused(422, "role_id")
        owner.post(f"/users/{uuid7()}/roles", body).refused(404)

    def test_a_user_that_is_not_there(self, owner):
        for path in (f"/users/{uuid7()}", "/users/x", "/users/0"):
            owner.get(path).refused(404)
            owner.put(path, {}).refused(404)

    def test_one_may_read_oneself_only(self, outsider, viewer):
        assert outsider.get(f"/users/{outsider.user.pk}").ok()["name"] == "Oscar Outsider"
        outsider.get(f"/users/{viewer.user.pk}").refused(403)


class TestRoles:
    def test_life_of_a_role(self, owner, outsider):
        role = owner.post("/roles", {"name": "Clerk", "permissions": ["invoices:read"]}).ok(201)
        assert role.keys() == {"id", "name", "description", "permissions", "created_at"}
        path = f"/roles/{role['id']}"
        assert owner.get(path).ok() == role
        assert owner.put(path, {"description": "Writes"}).ok()["permissions"] == ["invoices:read"]
        assert owner.patch(path, {"permissions": ["orders:*"]}).ok()["permissions"] == ["orders:*"]
        owner.post(f"/users/{outsider.user.pk}/roles", {"role_id": role["id"]}).ok()
        owner.delete(path).refused(409)
        owner.delete(f"/users/{outsider.user.pk}/roles/{role['id']}").ok()
        assert owner.delete(path).ok(204) is None
        owner.get(path).refused(404)

    @pytest.mark.parametrize("permission", ["invoices:fly", "unicorns:read", "*", "*:read", "", "invoices", None, 7])
    def test_unknown_permissions(self, owner, permission):
        owner.post("/roles", {"name": "X", "permissions": [permission]}).refused(422, "permissions.0")

    @pytest.mark.parametrize("permissions", [None, "invoices:read", {}, 7])
    def test_permissions_are_a_list(self, owner, permissions):
        owner.post("/roles", {"name": "X", "permissions": permissions}).refused(422, "permissions")

    def test_a_taken_name(self, owner):
        owner.post("/roles", {"name": "ADMIN", "permissions": []}).refused(409, "name")

    @pytest.mark.parametrize("name", DEFAULT_ROLES)
    def test_default_roles_are_fixed(self, owner, name):
        path = f"/roles/{role_id(name)}"
        owner.put(path, {"name": "other"}).refused(409)
        owner.put(path, {"permissions": ["users:read"]}).refused(409)
        owner.delete(path).refused(409)
        whole = owner.get(path).ok()
        assert owner.put(path, whole).ok() == whole

    def test_every_valid_permission_is_listed(self, owner):
        assert owner.get("/permissions").ok() == {"data": list(VALID_PERMISSIONS)}

    def test_roles_are_listed_by_name(self, owner):
        assert [role["name"] for role in owner.get("/roles").ok()["data"]] == sorted(DEFAULT_ROLES)


class TestLastSuperAdmin:
    def test_keeps_account_and_role(self, owner):
        path = f"/users/{owner.user.pk}"
        owner.patch(f"{path}/deactivate").refused(409)
        owner.delete(f"{path}/roles/{role_id('super_admin')}").refused(409)
        owner.get("/auth/me").ok()

    def test_an_inactive_second_one_does_not_count(self, owner):
        user_in_role("super_admin", is_active=False)
        owner.patch(f"/users/{owner.user.pk}/deactivate").refused(409)

    def test_may_go_where_there_is_another(self, owner):
        user_in_role("super_admin")
        owner.patch(f"/users/{owner.user.pk}/deactivate").ok()

    def test_whoever_holds_everything_counts_by_whatever_role(self, owner):
        role = RoleFactory.create(permissions=["*:*"])
        other = UserFactory.create()
        UserRole.objects.create(user=other, role=role)
        owner.delete(f"/users/{owner.user.pk}/roles/{role_id('super_admin')}").ok()
        client_of(other).put(f"/roles/{role.pk}", {"permissions": ["users:read"]}).refused(409)

    @pytest.mark.parametrize(
        "attack",
        [
            "UPDATE identity_user SET is_active = false",
            "DELETE FROM identity_user_role",
            "UPDATE identity_user_role SET user_id = (SELECT id FROM identity_user WHERE NOT is_active)",
            "UPDATE identity_role SET permissions = '{users:read}' WHERE '*:*' = ANY (permissions)",
            "DELETE FROM identity_user",
            "DELETE FROM identity_user_role; DELETE FROM identity_session; DELETE FROM identity_user",
        ],
    )
    def test_withstands_raw_sql(self, owner, attack):
        UserFactory.create(is_active=False)
        # a role with everything that is no default role, so that this guard speaks and not the other
        User.objects.get(pk=owner.user.pk).held_roles.all().update(role=RoleFactory.create(permissions=["*:*"]))
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"{attack}; SET CONSTRAINTS ALL IMMEDIATE")
        owner.get("/auth/me").ok()


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE identity_role SET name = 'boss' WHERE name = 'admin'",
        "UPDATE identity_role SET permissions = '{*:*}' WHERE name = 'viewer'",
        "UPDATE identity_role SET permissions = permissions || '{users:write}' WHERE name = 'viewer'",
        "UPDATE identity_role SET is_default = false",
        "DELETE FROM identity_role WHERE name = 'viewer'",
    ],
)
def test_default_roles_withstand_raw_sql(owner, attack):
    with pytest.raises(DatabaseError, match="default role"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(attack)


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE identity_user SET email = 'OLHA@example.com' WHERE email <> 'olha@example.com'",
        "UPDATE identity_user SET name = ''",
        "UPDATE identity_role SET name = 'ADMIN' WHERE name = 'clerk'",
        "INSERT INTO identity_user_role (user_id, role_id, created_at)"
        " SELECT user_id, role_id, now() FROM identity_user_role",
    ],
)
def test_constraints_withstand_raw_sql(owner, outsider, attack):
    RoleFactory.create(name="clerk")
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(attack)


class TestLanguage:
    def test_only_the_languages_there_are(self, outsider):
        with pytest.raises(DatabaseError, match="identity_user_language_known"), transaction.atomic():
            User.objects.filter(pk=outsider.user.pk).update(language="fr")

    def test_they_are_those_of_the_settings(self):
        assert Language.choices == settings.LANGUAGES

    def test_it_is_no_part_of_the_user_object(self, owner):
        assert "language" not in owner.get("/auth/me").ok()
        owner.patch(f"/users/{owner.user.pk}", {"language": "de"}).refused(422, "language")
