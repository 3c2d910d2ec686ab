"""Another database on the same server, empty, for what may not happen to the one of the tests."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import psycopg
from django.db import connection, connections

from skeleton.testkit.roles import owner_address, owner_login


class Elsewhere:
    """`with elsewhere:` makes Django's connection the owner's to the other database, and back again."""

    def __init__(self, name: str) -> None:
        self.name, self.here = name, connection.settings_dict["NAME"]
        self._login = ExitStack()

    def __enter__(self) -> "Elsewhere":
        self._login.enter_context(owner_login())
        connection.settings_dict["NAME"] = self.name
        return self

    def __exit__(self, *exc: object) -> None:
        connections.close_all()
        connection.settings_dict["NAME"] = self.here
        self._login.close()


@contextmanager
def another_database(*, copied: bool = False) -> Iterator[Elsewhere]:
    """A database that is empty, or a copy of the one of the tests; gone at the end. For transactional tests."""
    made = Elsewhere(f"{connection.settings_dict['NAME']}_elsewhere")
    template = made.here if copied else "template0"
    connections.close_all()  # nobody may use what is copied
    _say(f'DROP DATABASE IF EXISTS "{made.name}" WITH (FORCE)')
    _say(f'CREATE DATABASE "{made.name}" TEMPLATE "{template}"')
    try:
        yield made
    finally:
        _say(f'DROP DATABASE "{made.name}" WITH (FORCE)')


def _say(statement: str) -> None:
    with psycopg.connect(**owner_address(dbname="postgres"), autocommit=True) as server:
        server.execute(statement)
