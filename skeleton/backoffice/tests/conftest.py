"""Fixtures: users who are signed in to the back office."""

from collections.abc import Callable

import pytest

from skeleton.identity.tests.factories import user_in_role, user_with
from skeleton.testkit.visitor import Visitor


@pytest.fixture
def chief(db: None) -> Visitor:
    """The super administrator."""
    return Visitor(user_in_role("super_admin", name="Olha Owner", email="olha@example.com"))


@pytest.fixture
def clerk(db: None) -> Visitor:
    """An administrator, who may do nearly everything."""
    return Visitor(user_in_role("admin", name="Carl Clerk", email="carl@example.com"))


@pytest.fixture
def guest(db: None) -> Visitor:
    """A user with read permissions only."""
    return Visitor(user_in_role("viewer", name="Vera Viewer", email="vera@example.com"))


@pytest.fixture
def stranger(db: None) -> Visitor:
    """A user without a role."""
    return Visitor(user_with(name="Oscar Outsider", email="oscar@example.com"))


@pytest.fixture
def staff(db: None) -> Callable[..., Visitor]:
    """Return a function that creates a user with exactly these permissions: `staff("invoices:read")`."""
    return lambda *permissions: Visitor(user_with(*permissions))


@pytest.fixture(autouse=True)
def books(request: pytest.FixtureRequest) -> None:
    """Seed the chart of accounts for every test with a database, because sending and paying post to it."""
    if request.node.get_closest_marker("django_db"):
        request.getfixturevalue("chart")
