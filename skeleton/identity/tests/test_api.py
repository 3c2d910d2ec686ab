"""Users and roles over the API."""

import pytest

pytestmark = pytest.mark.django_db


def test_me_names_roles_and_permissions(colleague):
    me = colleague.get("/auth/me").ok()
    assert me["roles"] == ["admin"]
    assert "users:write" in me["permissions"]


def test_users_are_found_by_part_of_the_name_in_any_case(owner, colleague):
    assert [user["name"] for user in owner.get("/users", search="CARL").ok()["items"]] == ["Carl Colleague"]


def test_nobody_gives_a_role_above_their_own(owner, colleague, outsider):
    roles = {role["name"]: role["id"] for role in colleague.get("/roles").ok()["data"]}
    path = f"/users/{outsider.user.pk}/roles"
    colleague.post(path, {"role_id": roles["super_admin"]}).refused(403)
    assert colleague.post(path, {"role_id": roles["viewer"]}).ok()["roles"] == ["viewer"]
