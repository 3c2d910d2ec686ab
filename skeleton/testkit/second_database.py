"""A second database on the same server, for operations that must not affect the test database."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import psycopg
from django.db import connection, connections

from skeleton.testkit.roles import owner_connection_arguments, owner_login


class SecondDatabase:
    """A context manager during which Django's connection is the owner's to the second database."""

    def __init__(self, name: str) -> None:
        self.name, self.original_name = name, connection.settings_dict["NAME"]
        self._login = ExitStack()

    def __enter__(self) -> "SecondDatabase":
        self._login.enter_context(owner_login())
        connection.settings_dict["NAME"] = self.name
        return self

    def __exit__(self, *exc: object) -> None:
        connections.close_all()
        connection.settings_dict["NAME"] = self.original_name
        self._login.close()


@contextmanager
def second_database(*, copied: bool = False) -> Iterator[SecondDatabase]:
    """Create an empty database, or a copy of the test database, and drop it at the end. For transactional tests."""
    second = SecondDatabase(f"{connection.settings_dict['NAME']}_second")
    template = second.original_name if copied else "template0"
    connections.close_all()  # a database in use cannot be a template
    _execute(f'DROP DATABASE IF EXISTS "{second.name}" WITH (FORCE)')
    _execute(f'CREATE DATABASE "{second.name}" TEMPLATE "{template}"')
    try:
        yield second
    finally:
        _execute(f'DROP DATABASE "{second.name}" WITH (FORCE)')


def _execute(statement: str) -> None:
    with psycopg.connect(**owner_connection_arguments(dbname="postgres"), autocommit=True) as server:
        server.execute(statement)
