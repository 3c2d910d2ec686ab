"""Somebody in the back office."""

from collections.abc import Callable

import pytest
from django.test import Client

from skeleton.identity.models import User
from skeleton.identity.tests.factories import user_in_role, user_with

Visitor = Client


def signed_in(user: User) -> Client:
    """A browser in which `user` is signed in."""
    client = Client()
    client.force_login(user)
    client.user = user
    return client


@pytest.fixture
def chief(db: None) -> Client:
    """The super administrator."""
    return signed_in(user_in_role("super_admin", name="Olha Owner", email="olha@example.com"))


@pytest.fixture
def clerk(db: None) -> Client:
    """An administrator, who may do nearly everything."""
    return signed_in(user_in_role("admin", name="Carl Clerk", email="carl@example.com"))


@pytest.fixture
def guest(db: None) -> Client:
    """Somebody who may look."""
    return signed_in(user_in_role("viewer", name="Vera Viewer", email="vera@example.com"))


@pytest.fixture
def stranger(db: None) -> Client:
    """Somebody with an account and no role."""
    return signed_in(user_with(name="Oscar Outsider", email="oscar@example.com"))


@pytest.fixture
def staff(db: None) -> Callable[..., Client]:
    """Makes somebody who holds exactly the permissions given: `staff("invoices:read")`."""
    return lambda *permissions: signed_in(user_with(*permissions))


@pytest.fixture(autouse=True)
def books(request: pytest.FixtureRequest) -> None:
    """Wherever there is a database there is the chart: sending and paying post to it."""
    if request.node.get_closest_marker("django_db"):
        request.getfixturevalue("chart")
