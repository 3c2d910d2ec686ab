"""Django database backend for the embedded PostgreSQL. It starts the server on demand."""

import time
from collections.abc import Iterable
from typing import Any

import psycopg
from django.db.backends.postgresql import base
from django.db.backends.postgresql.client import DatabaseClient as PostgresClient

from skeleton.embedded_postgres.binaries import bundled_binaries
from skeleton.embedded_postgres.client import Client, client_of
from skeleton.embedded_postgres.errors import EmbeddedDatabaseError

RECOVERY_SECONDS = 8.0
PAUSE_SECONDS = 0.1
# Messages of a server that is shutting down or recovering (lc_messages is C).
TRANSIENT_MESSAGES = ("starting up", "shutting down", "recovery", "server closed the connection", "not yet accepting")
UNREACHABLE_MESSAGES = ("connection failed", "connection is bad", "No such file", "refused")


class ServerUnavailable(psycopg.OperationalError):  # noqa: N818 - named after what happened
    """The embedded server cannot be used. Django wraps this in its own OperationalError with the same message."""


class DatabaseClient(PostgresClient):
    """Runs `manage.py dbshell` with the bundled `psql`."""

    @classmethod
    def settings_to_cmd_args_env(
        cls, settings_dict: dict[str, Any], parameters: Iterable[str]
    ) -> tuple[list[str], dict[str, str] | None]:
        arguments, environment = super().settings_to_cmd_args_env(settings_dict, parameters)
        return [bundled_binaries().program(cls.executable_name), *arguments[1:]], environment

    def runshell(self, parameters: Iterable[str]) -> None:
        self.connection.get_connection_params()  # starts the server and fills in its address
        super().runshell(parameters)


class DatabaseWrapper(base.DatabaseWrapper):
    """Finds the server on the first connection, and again after a restart.

    `settings_dict` has `EMBEDDED_DIR` (`<data dir>/postgres`) and `EMBEDDED_DURABLE`; see `config.py`.
    """

    client_class = DatabaseClient

    @property
    def server(self) -> Client:
        return client_of(self.settings_dict["EMBEDDED_DIR"], durable=self.settings_dict.get("EMBEDDED_DURABLE", True))

    def get_connection_params(self) -> dict[str, Any]:
        """Return Django's parameters with the server's address and password. Starts the server if necessary."""
        try:
            self.settings_dict["HOST"] = self.server.address()
            self.settings_dict["PASSWORD"] = self.server.password()
        except EmbeddedDatabaseError as error:
            raise ServerUnavailable(str(error)) from error
        # Never send the password in clear text to a process that impersonates the server.
        return {**super().get_connection_params(), "require_auth": "scram-sha-256"}

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Return a new connection. If the server is restarting, wait up to RECOVERY_SECONDS."""
        deadline = time.monotonic() + RECOVERY_SECONDS
        while True:
            try:
                return super().get_new_connection(conn_params)
            except psycopg.OperationalError as error:
                if not is_transient(error) or time.monotonic() > deadline:
                    raise
            time.sleep(PAUSE_SECONDS)
            conn_params = {**conn_params, "host": self.find_after_restart(deadline)}

    def find_after_restart(self, deadline: float) -> str:
        """Return the server's address after a restart, which may be a new one."""
        try:
            return self.server.find(max(PAUSE_SECONDS, deadline - time.monotonic()))
        except EmbeddedDatabaseError as error:
            raise ServerUnavailable(str(error)) from error


def is_transient(error: psycopg.OperationalError) -> bool:
    """Return whether the error is temporary, unlike a missing database or a wrong password."""
    said = str(error)
    if "FATAL:" in said:
        return any(words in said for words in TRANSIENT_MESSAGES)
    return any(words in said for words in (*TRANSIENT_MESSAGES, *UNREACHABLE_MESSAGES))
