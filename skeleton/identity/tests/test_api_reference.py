"""The examples of the API reference for authentication, users and roles, as printed."""

import pytest
from django.conf import settings

from skeleton.identity.models import Role
from skeleton.identity.services.bootstrap import ensure_first_administrator
from skeleton.identity.services.roles import seed_default_roles
from skeleton.testkit.client import ApiClient

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin():
    """The administrator of a new installation, logged in as in the reference."""
    seed_default_roles()
    ensure_first_administrator(zero_configuration=True)
    answer = ApiClient().post("/auth/login", {"email": "admin@skeleton.local", "password": "03041965"}).ok()
    return ApiClient(answer["access_token"]), answer


@pytest.fixture
def john(anonymous):
    body = {"email": "user@example.com", "password": "SecurePass123!", "name": "John Doe"}
    return anonymous.post("/auth/register", body).ok(201)


def test_get_access_token(admin):
    _, answer = admin
    user = answer["user"]
    assert answer["access_token"].startswith("eyJhbGciOiJIUzI1NiIs")
    assert answer["refresh_token"].startswith("eyJhbGciOiJIUzI1NiIs")
    assert (user["email"], user["name"]) == ("admin@skeleton.local", "Admin User")
    assert user["roles"] == ["super_admin"]
    assert settings.ZERO_CONFIGURATION


def test_refresh_token(admin):
    _, answer = admin
    ApiClient().post("/auth/refresh", {"refresh_token": answer["refresh_token"]}).ok()


def test_register_then_log_in_then_log_out(john):
    answer = ApiClient().post("/auth/login", {"email": "user@example.com", "password": "SecurePass123!"}).ok()
    client = ApiClient(answer["access_token"])
    assert client.get("/auth/me").ok()["name"] == "John Doe"
    client.post("/auth/logout").ok()
    client.get("/auth/me").refused(401)


def test_a_validation_error(anonymous):
    error = anonymous.post("/auth/register", {"email": "x", "password": "SecurePass123!", "name": "X"}).refused(422)
    assert error["error"] == "validation_error"
    assert error["message"] == "Invalid input"
    assert error["details"] == {"email": "Invalid email format"}


def test_list_and_get_users(admin, john):
    client, _ = admin
    page = client.get("/users?page=1&limit=20").ok()
    assert page.keys() == {"items", "total", "page", "limit", "has_more"}
    assert (page["total"], page["page"], page["limit"]) == (2, 1, 20)
    listed = next(user for user in page["items"] if user["email"] == "user@example.com")
    assert listed["active"] is True
    assert client.get(f"/users/{listed['id']}").ok() == listed


def test_assign_role_deactivate_activate_update(admin, john):
    client, _ = admin
    path = f"/users/{john['user']['id']}"
    role = str(Role.objects.get(name="viewer").pk)
    assert client.post(f"{path}/roles", {"role_id": role}).ok()["roles"] == ["viewer"]
    assert client.patch(f"{path}/deactivate").ok()["active"] is False
    assert client.patch(f"{path}/activate").ok()["active"] is True
    client.patch(f"{path}/activate").refused(409)
    assert client.patch(path, {"email": "newemail@example.com"}).ok()["email"] == "newemail@example.com"
    client.patch(path, {"email": "admin@skeleton.local"}).refused(409)


def test_list_roles(admin):
    client, _ = admin
    listed = client.get("/roles").ok()
    assert listed.keys() == {"data"}
    (found,) = [role for role in listed["data"] if role["name"] == "admin"]
    assert found.keys() == {"id", "name", "description", "permissions", "created_at"}
    assert found["description"] == "Administrator"
    assert {"users:read", "users:write", "roles:read", "roles:manage"} <= set(found["permissions"])
    assert found["created_at"].endswith("Z")
