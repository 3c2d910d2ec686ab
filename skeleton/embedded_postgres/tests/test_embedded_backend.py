"""The Django backend of the embedded PostgreSQL, and the check of the server in DATABASE_URL."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import ConnectionHandler

from skeleton.embedded_postgres.check import check_server
from skeleton.embedded_postgres.config import embedded_database
from skeleton.embedded_postgres.errors import DatabaseUnusableError
from skeleton.embedded_postgres.server import postmaster_pid


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(autouse=True)
def connections_allowed(django_db_blocker: Any) -> Iterator[None]:
    """Use separate connections, so that nothing is shared with other tests."""
    with django_db_blocker.unblock():
        yield


@pytest.fixture
def embedded(data_dir: Path) -> Iterator[Any]:
    connection = ConnectionHandler({"default": embedded_database(data_dir)})["default"]
    yield connection
    connection.close()


@pytest.fixture
def foreign(embedded: Any) -> Any:
    """A connection of Django's own backend, as with DATABASE_URL."""

    def connect(**changes: object) -> BaseDatabaseWrapper:
        settings = {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": "skeleton",
            "USER": "skeleton",
            "HOST": embedded.server.address(),
            "PASSWORD": embedded.server.password(),
        }
        return ConnectionHandler({"default": settings | changes})["default"]

    return connect


def one(connection: Any, statement: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[0]


def test_the_first_connection_starts_the_server(embedded: Any) -> None:
    assert one(embedded, "SELECT current_database()") == "skeleton"
    assert one(embedded, "SHOW TimeZone") == "UTC"


def test_a_new_connection_waits_for_a_killed_server(embedded: Any) -> None:
    embedded.ensure_connection()
    server = postmaster_pid(embedded.server.paths)
    assert server is not None
    os.kill(server, signal.SIGKILL)
    with pytest.raises(OperationalError):
        one(embedded, "SELECT pg_sleep(10)")  # ends when its backend process sees that the server is gone
    embedded.close()
    assert one(embedded, "SELECT 1") == 1


def test_a_server_that_cannot_start_is_an_operational_error_of_one_line(tmp_path: Path) -> None:
    (tmp_path / "postgres").touch()
    connection = ConnectionHandler({"default": embedded_database(tmp_path)})["default"]
    with pytest.raises(OperationalError, match="cannot be written") as raised:
        connection.ensure_connection()
    assert "\n" not in str(raised.value)


def test_a_missing_database_is_said_at_once(embedded: Any) -> None:
    embedded.settings_dict["NAME"] = "nowhere"
    with pytest.raises(OperationalError, match="does not exist"):
        embedded.ensure_connection()
    embedded.settings_dict["NAME"] = "skeleton"


def test_a_good_server_passes(foreign: Any) -> None:
    connection = foreign()
    check_server(connection)
    assert one(connection, "SELECT count(*) FROM pg_extension WHERE extname = 'pg_trgm'") == 0
    connection.close()


def test_a_server_that_does_not_answer_is_one_line(foreign: Any) -> None:
    connection = foreign(HOST="127.0.0.1", PORT="9", PASSWORD="secret-word")
    with pytest.raises(DatabaseUnusableError, match="skeleton at 127.0.0.1:9 does not answer") as raised:
        check_server(connection)
    assert "\n" not in str(raised.value)
    assert "secret-word" not in str(raised.value)


def test_a_server_without_cyrillic_is_refused(embedded: Any, foreign: Any) -> None:
    one_locale = "CREATE DATABASE plain TEMPLATE template0 LOCALE_PROVIDER libc LC_COLLATE 'C' LC_CTYPE 'C'"
    with embedded.cursor() as cursor:
        cursor.execute(one_locale)
    connection = foreign(NAME="plain")
    with pytest.raises(DatabaseUnusableError, match="does not compare Cyrillic"):
        check_server(connection)
    connection.close()


def test_an_old_server_is_refused(foreign: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("skeleton.embedded_postgres.check.MIN_VERSION", 99)
    connection = foreign()
    with pytest.raises(DatabaseUnusableError, match="99 or newer is needed"):
        check_server(connection)
    connection.close()
