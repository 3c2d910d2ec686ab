"""Fixtures for all apps: API clients of users with different roles, and the chart of accounts."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from hypothesis import settings as hypothesis_settings
from pytest_django import DjangoDbBlocker

from accounting.services import seed_chart
from skeleton.identity.tests.factories import client_of, user_in_role, user_with
from skeleton.testkit.client import ApiClient
from skeleton.testkit.flush import flush_past_triggers
from skeleton.testkit.roles import application_role

# A machine may be slow, so examples have no deadline. CI always uses the same examples, developers get new ones.
hypothesis_settings.register_profile("default", deadline=None)
hypothesis_settings.register_profile("ci", deadline=None, derandomize=True)
hypothesis_settings.load_profile("ci" if os.environ.get("CI") else "default")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Run the tests as the application's database role, which owns nothing. Only the owner empties the tables."""
    flush_past_triggers()
    with ExitStack() as role:
        with django_db_blocker.unblock():
            role.enter_context(application_role())
        yield
        with django_db_blocker.unblock():
            role.close()


@pytest.fixture
def anonymous() -> ApiClient:
    """A client without authentication."""
    return ApiClient()


@pytest.fixture
def owner(db: None) -> ApiClient:
    """A super administrator, who may do everything."""
    return client_of(user_in_role("super_admin", name="Olha Owner", email="olha@example.com"))


@pytest.fixture
def colleague(db: None) -> ApiClient:
    """An administrator, who may do nearly everything."""
    return client_of(user_in_role("admin", name="Carl Colleague", email="carl@example.com"))


@pytest.fixture
def viewer(db: None) -> ApiClient:
    """A user with read permissions only."""
    return client_of(user_in_role("viewer", name="Vera Viewer", email="vera@example.com"))


@pytest.fixture
def outsider(db: None) -> ApiClient:
    """A signed-in user without a role."""
    return client_of(user_with(name="Oscar Outsider", email="oscar@example.com"))


@pytest.fixture
def holding(db: None) -> Callable[..., ApiClient]:
    """Return a function that creates a user with exactly these permissions: `holding("invoices:read")`."""
    return lambda *permissions: client_of(user_with(*permissions))


@pytest.fixture
def chart(db: None) -> None:
    """The seeded chart of accounts, which sending and paying invoices require."""
    seed_chart()
