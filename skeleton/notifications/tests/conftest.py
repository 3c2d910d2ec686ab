import pytest
from django.db import connection

from skeleton.notifications.tests.postoffice import PostOffice, free_port


@pytest.fixture
def mail_settings(settings):
    """The SMTP backend of the real settings, with a port on which nothing listens yet."""
    settings.EMAIL_BACKEND = "skeleton.notifications.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.DEFAULT_FROM_EMAIL = "Skeleton <crm@example.com>"
    return settings


@pytest.fixture
def closed_office(mail_settings):
    """An SMTP server that is down and can be started."""
    office = PostOffice(mail_settings.EMAIL_PORT)
    yield office
    office.close()


@pytest.fixture
def office(closed_office):
    """An SMTP server."""
    closed_office.open()
    return closed_office


@pytest.fixture
def empty_queue(db, monkeypatch):
    """For a worker in this process: clear the queue's tables, which Django doesn't flush, and close its connections."""
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", 0)
    _clear()
    yield
    _clear()


def _clear():
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
        cursor.execute("DELETE FROM procrastinate_workers")
