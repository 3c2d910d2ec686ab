"""Notifications after a commit."""

import threading

import pytest
from django.db import connection

from skeleton.db.bells import Bells

pytestmark = pytest.mark.django_db(transaction=True)


def heard():
    """Return the notifications that this connection has received."""
    raw = connection.connection
    return [(notification.channel, notification.payload) for notification in raw.notifies(timeout=0.2)]


@pytest.fixture
def bells():
    """The bells of a process whose thread doesn't run by itself."""
    found = Bells()
    found._thread = threading.current_thread()
    return found


def test_all_rings_until_the_next_notification_are_one(bells):
    with connection.cursor() as cursor:
        cursor.execute("LISTEN bells_one; LISTEN bells_two")
    bells.ring("bells_one", "a")
    bells.ring("bells_one", "b")
    bells.ring("bells_two")
    assert heard() == []
    bells.flush()
    assert sorted(heard()) == [("bells_one", "b"), ("bells_two", "")]
    bells.flush()
    assert heard() == []
    with connection.cursor() as cursor:
        cursor.execute("UNLISTEN *")


def test_they_are_silent_before_they_start():
    silent = Bells()
    silent.ring("bells_one")
    assert not silent._rung
