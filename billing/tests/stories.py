"""Days on which tests let something happen."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager

from time_machine import travel

from skeleton.identity.models import Session, User
from skeleton.identity.tests.factories import client_of, user_in_role
from skeleton.testkit.client import ApiClient

_FOREVER = dt.datetime(2099, 1, 1, tzinfo=dt.UTC)


@contextmanager
def on(day: str) -> Iterator[ApiClient]:
    """Let it be noon of a day. Yields a client of an owner, signed in for PostgreSQL's clock as well."""
    with travel(dt.datetime.fromisoformat(f"{day}T12:00:00+00:00"), tick=False):
        chief = User.objects.filter(email="chief@example.com").first()
        client = client_of(chief or user_in_role("super_admin", email="chief@example.com"))
        Session.objects.filter(user=client.user).update(expires_at=_FOREVER)
        yield client
