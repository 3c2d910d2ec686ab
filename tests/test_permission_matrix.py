"""Permissions of every route for every kind of caller, compared with the apps' tables (`tests/routes.py`)."""

import re
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction

from skeleton.identity.permissions import ALL_PERMISSIONS, DEFAULT_ROLES, VALID_PERMISSIONS
from skeleton.identity.tests.factories import client_of, user_in_role, user_with
from skeleton.kernel.actors import grants_permission
from skeleton.testkit.client import ApiClient, operations
from skeleton.testkit.matrix import routed, tables

TABLES = tables()

# The API reference, "Default Roles", word for word.
API_REFERENCE = {
    "super_admin": "*:*",
    "admin": """
        users:read, users:write
        roles:read, roles:manage
        invoices:*, orders:*
        accounting:*, inventory:*
        catalog:*, files:*
        notifications:*, audit:read
        parties:read, parties:write
        countries:read, countries:write
        messenger:read, messenger:write
    """,
    "viewer": """
        users:read
        invoices:read, orders:read
        inventory:read, catalog:read
        files:read
        notifications:read
        parties:read
        countries:read
        messenger:read
    """,
}


def written():
    return [route for table in TABLES.values() for route in table]


def test_default_roles_hold_what_the_api_reference_says():
    expected = {name: set(re.findall(r"[a-z*]+:[a-z*]+", text)) for name, text in API_REFERENCE.items()}
    assert {name: set(permissions) for name, (_, permissions) in DEFAULT_ROLES.items()} == expected


def test_no_route_is_listed_twice():
    names = [str(route) for route in written()]
    assert sorted(names) == sorted(set(names))


def test_the_tables_list_exactly_the_routes_that_are_there():
    listed = {(route.method, f"{route.path}") for route in written()}
    answered = routed()
    assert not answered - listed, f"routes that no tests/routes.py lists: {sorted(answered - listed)}"
    assert not listed - answered, f"routes that are listed but not there: {sorted(listed - answered)}"


def test_the_openapi_document_has_exactly_the_routes_that_are_there():
    documented = {(method, path.removeprefix("/api/v1")) for method, path in operations()}
    assert documented == routed()


def test_the_openapi_document_names_the_permissions():
    for route in written():
        described = operations()[route.method, f"/api/v1{route.path}"]
        named = set(re.findall(r"`([a-z*]+:[a-z*]+)`", described["description"].rpartition("\n")[2]))
        assert named == set(route.any_of), route
        assert described["security"] == ([] if route.special == "public" else [{"bearer": []}]), route


class Callers:
    """The callers, created on demand."""

    def __init__(self):
        self.by_name = {"no role": client_of(user_with())}
        for role in API_REFERENCE:
            self.by_name[role] = client_of(user_in_role(role))
        for permission in VALID_PERMISSIONS:
            self.by_name[f"only {permission}"] = client_of(user_with(permission))
        self.held = {"no role": frozenset(), **{f"only {name}": frozenset({name}) for name in VALID_PERMISSIONS}}
        self.held |= {role: frozenset(re.findall(r"[a-z*]+:[a-z*]+", text)) for role, text in API_REFERENCE.items()}
        self._all_but = {}

    def all_but(self, route):
        """A user with all permissions except those that allow the route."""
        if route.any_of not in self._all_but:
            rest = [name for name in VALID_PERMISSIONS if not may(frozenset({name}), route)]
            self._all_but[route.any_of] = client_of(user_with(*rest))
        return self._all_but[route.any_of]


def may(held, route):
    """Return whether a caller may use a route. Implements the wildcard rules independently of the tested code."""
    return any(
        needed in held or ALL_PERMISSIONS in held or f"{needed.split(':')[0]}:*" in held for needed in route.any_of
    )


def call(client, route, **ids):
    """Call the route with unknown ids and without a body, and roll back any effect."""
    path = re.sub(r"\{(\w+)\}", lambda match: str(ids.get(match[1]) or uuid4()), route.path)
    body: dict[str, Any] | None = {} if route.method in ("POST", "PUT", "PATCH") else None
    with transaction.atomic():
        answer = client.call(route.method, path, body)
        transaction.set_rollback(True)
    return answer


def complaint(answer, route, *, allowed):
    """Return why the response is wrong, or None."""
    if allowed:
        return None if answer.status not in (401, 403, 500) else f"{route} should be open, answers {answer}"
    if answer.status != 403:
        return f"{route} should be closed, answers {answer}"
    if not all(needed in answer.data["message"] for needed in route.any_of):
        return f"{route} does not name the permission: {answer}"
    return None


@pytest.mark.django_db
@pytest.mark.parametrize("app", TABLES)
def test_matrix(app):
    callers, complaints = Callers(), []
    for route in TABLES[app]:
        answer = call(ApiClient(), route)
        if (answer.status != 401) != (route.special == "public") or answer.status in (403, 500):
            complaints.append(f"nobody: {route} answers {answer}")
        for name, client in callers.by_name.items():
            wrong = complaint(call(client, route), route, allowed=route.open_to_all or may(callers.held[name], route))
            complaints.extend([f"{name}: {wrong}"] if wrong else [])
        if not route.open_to_all:
            wrong = complaint(call(callers.all_but(route), route), route, allowed=False)
            complaints.extend([f"all but the needed: {wrong}"] if wrong else [])
    assert not complaints, "\n".join(complaints)


@pytest.mark.django_db
def test_some_routes_are_open_to_oneself(outsider):
    for route in written():
        if route.special == "or_oneself":
            call(outsider, route, id=outsider.user.pk).ok()
            call(outsider, route, id=str(outsider.user.pk).upper()).ok()
            call(outsider, route).refused(403)


@pytest.mark.django_db
def test_every_route_refuses_what_is_not_a_token():
    for route in written():
        if route.special != "public":
            answer = call(ApiClient("nonsense"), route)
            answer.refused(401)
            assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_wildcards():
    assert grants_permission(frozenset({"invoices:*"}), "invoices:read")
    assert grants_permission(frozenset({"*:*"}), "invoices:read")
    assert not grants_permission(frozenset({"invoices:*"}), "orders:read")
    assert not grants_permission(frozenset({"invoices:read"}), "invoices:write")
    assert not grants_permission(frozenset({"invoices:read"}), "invoices:*")
    assert not grants_permission(frozenset({"invoices:*"}), "*:*")
