"""Database roles: tests run as the application's role, which owns nothing, and as the owner where they ask for it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext

import psycopg
from django.db import DatabaseError, connection, connections, transaction
from django.db.backends.utils import CursorWrapper
from psycopg.pq import TransactionStatus

from skeleton.db.rights import grant_application_role
from skeleton.kernel.types import Values

DENIED = "42501"
"""The SQLSTATE for insufficient privilege."""

_owner: Values = {}
"""The owner's login, while the tests use another role."""
_owner_connections: list[psycopg.Connection[object]] = []


@contextmanager
def application_role() -> Iterator[str]:
    """Create a role with the rights of the application, and let Django's connection log in as it.

    It is named after the test database, so each process of a test run has its own. It is dropped at the end.
    """
    role = f"{connection.settings_dict['NAME']}_app"
    with connection.cursor() as cursor:
        cursor.execute(f'DROP ROLE IF EXISTS "{role}"')
        # The embedded database's backend has one password, so both roles use it.
        password = psycopg.sql.Literal(connection.settings_dict["PASSWORD"] or None).as_string(cursor.connection)
        cursor.execute(f'CREATE ROLE "{role}" LOGIN NOINHERIT PASSWORD {password}')
    grant_application_role(role)
    _owner["USER"] = connection.settings_dict["USER"]
    _reconnect_as(role)
    try:
        yield role
    finally:
        for owner_connection in _owner_connections:
            owner_connection.close()
        _owner_connections.clear()
        _reconnect_as(_owner.pop("USER"))
        with connection.cursor() as cursor:
            cursor.execute(f'DROP OWNED BY "{role}"')
            cursor.execute(f'DROP ROLE "{role}"')


@contextmanager
def as_owner() -> Iterator[None]:
    """Run this connection's statements as the owner, inside or outside of a transaction.

    The application's role is a member of the owner's role during the block only.
    """
    role = connection.settings_dict["USER"]
    if "USER" not in _owner or role == _owner["USER"]:
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        nested = cursor.fetchone()[0] == _owner["USER"]
    if nested:
        yield
        return
    _change_membership("GRANT", "TO", role)
    try:
        _become(f'"{_owner["USER"]}"')
        yield
    finally:
        _change_membership("REVOKE", "FROM", role)
        if not _is_broken():  # otherwise the rollback resets the role
            _become("NONE")


@contextmanager
def without_triggers() -> Iterator[CursorWrapper]:
    """Yield a cursor of the owner with triggers disabled, for rows of earlier versions or forged ones.

    Deferred constraints are checked before, because they would not be checked again.
    """
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute("SET LOCAL session_replication_role = replica")
        yield cursor
        cursor.execute("SET LOCAL session_replication_role = origin")


def refusal_of(attack: Callable[[], object]) -> DatabaseError | None:
    """Return the error with which PostgreSQL refuses an attack, or None if it succeeds.

    If the application's role lacks the right, the attack is repeated as the owner, whom a trigger must refuse.
    """
    refusal = _outcome(attack)
    if refusal is not None and getattr(refusal.__cause__, "sqlstate", None) == DENIED:
        with as_owner():
            refusal = _outcome(attack)
    return refusal


def _outcome(attack: Callable[[], object]) -> DatabaseError | None:
    try:
        with transaction.atomic() if connection.in_atomic_block else nullcontext():
            attack()
    except DatabaseError as error:
        return error
    return None


def grant_to_public(table: str) -> None:
    """Grant all roles the rights to a table that a test created or reads."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO PUBLIC")
        cursor.execute(f"SELECT pg_get_serial_sequence('{table}', 'id')")
        cursor.execute(f"GRANT USAGE ON SEQUENCE {cursor.fetchone()[0]} TO PUBLIC")


@contextmanager
def owner_login() -> Iterator[None]:
    """Log in as the owner, for code that opens its own connections: programs, threads, other databases."""
    role = connection.settings_dict["USER"]
    _reconnect_as(_owner.get("USER", role))
    try:
        yield
    finally:
        _reconnect_as(role)


def connection_arguments(**overrides: object) -> Values:
    """Return psycopg's arguments for a connection like Django's."""
    given: dict[str, object] = connection.get_connection_params()
    names = ("dbname", "host", "port", "user", "password")
    return {name: given[name] for name in names if given.get(name)} | overrides


def owner_connection_arguments(**overrides: object) -> Values:
    """Return the same for the owner."""
    return connection_arguments(**({"user": _owner["USER"]} if _owner else {}), **overrides)


def _reconnect_as(role: str) -> None:
    connections.close_all()
    connection.settings_dict["USER"] = role


def _become(role: str) -> None:
    with connection.cursor() as cursor:
        # Within a transaction, changes of roles by others become visible only when a lock is taken.
        cursor.execute("SELECT pg_relation_size('pg_auth_members')")
        cursor.execute(f"SET ROLE {role}")


def _is_broken() -> bool:
    raw = connection.connection
    return raw is None or raw.closed or raw.info.transaction_status == TransactionStatus.INERROR


def _change_membership(verb: str, to: str, role: str) -> None:
    """Grant or revoke the membership over a separate connection of the owner, which stays open."""
    if not _owner_connections:
        _owner_connections.append(psycopg.connect(**owner_connection_arguments(dbname="postgres"), autocommit=True))
    _owner_connections[0].execute(f'{verb} "{_owner["USER"]}" {to} "{role}"')
