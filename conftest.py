"""Fixtures for all apps: API clients of users with different roles, and the chart of accounts."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from hypothesis import settings as hypothesis_settings
from pytest_django import DjangoDbBlocker, Settings

from accounting.services import seed_chart
from skeleton.identity.tests.factories import client_of, user_in_role, user_with
from skeleton.notifications.tests.postoffice import PostOffice, free_port
from skeleton.testkit.client import ApiClient
from skeleton.testkit.flush import flush_past_triggers
from skeleton.testkit.queue import empty_queue as queue_emptied
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


# --- mail -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def mail_settings(settings: Settings) -> Settings:
    """The SMTP backend of the real settings, with a port on which nothing listens yet."""
    settings.EMAIL_BACKEND = "skeleton.notifications.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.DEFAULT_FROM_EMAIL = "Skeleton <crm@example.com>"
    return settings


@pytest.fixture
def closed_office(mail_settings: Settings) -> Iterator[PostOffice]:
    """An SMTP server that is down and can be started."""
    office = PostOffice(mail_settings.EMAIL_PORT)
    yield office
    office.close()


@pytest.fixture
def office(closed_office: PostOffice) -> PostOffice:
    """An SMTP server."""
    closed_office.open()
    return closed_office


@pytest.fixture
def empty_queue(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """For a worker in this process: empty the queue's tables, which Django doesn't flush, and close its connections."""
    with queue_emptied(monkeypatch):
        yield
