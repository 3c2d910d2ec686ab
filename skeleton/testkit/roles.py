"""Two roles: tests run as the application's role, which owns nothing, and act as the owner where they say so."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import psycopg
from django.db import DatabaseError, connection, connections, transaction
from django.db.backends.utils import CursorWrapper
from psycopg.pq import TransactionStatus

from skeleton.db.rights import grant_application_role
from skeleton.kernel.types import Values

DENIED = "42501"
"""The SQLSTATE of what a role lacks the right to."""

_owner: Values = {}
"""How the owner logs in, once the tests do so as another role."""
_lenders: list[psycopg.Connection[object]] = []


@contextmanager
def application_role() -> Iterator[str]:
    """Have Django's connection log in as a role with the rights of the application, created for the test database.

    It bears the name of that database, so each process of a test run has its own, and it goes with it.
    """
    role = f"{connection.settings_dict['NAME']}_app"
    with connection.cursor() as cursor:
        cursor.execute(f'DROP ROLE IF EXISTS "{role}"')
        # The embedded database's backend knows one password, so both roles have it.
        password = psycopg.sql.Literal(connection.settings_dict["PASSWORD"] or None).as_string(cursor.connection)
        cursor.execute(f'CREATE ROLE "{role}" LOGIN NOINHERIT PASSWORD {password}')
    grant_application_role(role)
    _owner["USER"] = connection.settings_dict["USER"]
    _log_in(role)
    try:
        yield role
    finally:
        for lender in _lenders:
            lender.close()
        _lenders.clear()
        _log_in(_owner.pop("USER"))
        with connection.cursor() as cursor:
            cursor.execute(f'DROP OWNED BY "{role}"')
            cursor.execute(f'DROP ROLE "{role}"')


@contextmanager
def as_owner() -> Iterator[None]:
    """Run this connection's statements as the owner, in the midst of a transaction or outside of any.

    The role is lent the owner's for as long as that: it becomes a member, and is none afterwards.
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
    _lend("GRANT", "TO", role)
    try:
        _become(f'"{_owner["USER"]}"')
        yield
    finally:
        _lend("REVOKE", "FROM", role)
        if not _is_broken():  # then its rollback takes the role back as well
            _become("NONE")


@contextmanager
def past_triggers() -> Iterator[CursorWrapper]:
    """A cursor of the owner's that no trigger notices: for rows as an earlier version, or a forger, would leave them.

    What is due at commit is checked before: nobody would look again.
    """
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute("SET LOCAL session_replication_role = replica")
        yield cursor
        cursor.execute("SET LOCAL session_replication_role = origin")


def refusal_of(attack: Callable[[], object]) -> DatabaseError | None:
    """Return how PostgreSQL refuses an attack, or None where it succeeds.

    Where the application's role lacks the right, the owner tries as well: a trigger must refuse even that.
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


def let_everybody_use(table: str) -> None:
    """Give every role the rights to a table of a test's own, or to one that the test itself looks into."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO PUBLIC")
        cursor.execute(f"SELECT pg_get_serial_sequence('{table}', 'id')")
        cursor.execute(f"GRANT USAGE ON SEQUENCE {cursor.fetchone()[0]} TO PUBLIC")


@contextmanager
def owner_login() -> Iterator[None]:
    """Log in as the owner, for what opens connections of its own: programs, threads, other databases."""
    role = connection.settings_dict["USER"]
    _log_in(_owner.get("USER", role))
    try:
        yield
    finally:
        _log_in(role)


def address(**instead: object) -> dict[str, Any]:
    """Where the server is, for psycopg, as whom Django's connection logs in."""
    given: dict[str, object] = connection.get_connection_params()
    names = ("dbname", "host", "port", "user", "password")
    return {name: given[name] for name in names if given.get(name)} | instead


def owner_address(**instead: object) -> dict[str, Any]:
    """The same for the owner."""
    return address(**({"user": _owner["USER"]} if _owner else {}), **instead)


def _log_in(role: str) -> None:
    connections.close_all()
    connection.settings_dict["USER"] = role


def _become(role: str) -> None:
    with connection.cursor() as cursor:
        # In a transaction, what others committed about roles is only heard of when a lock is taken.
        cursor.execute("SELECT pg_relation_size('pg_auth_members')")
        cursor.execute(f"SET ROLE {role}")


def _is_broken() -> bool:
    raw = connection.connection
    return raw is None or raw.closed or raw.info.transaction_status == TransactionStatus.INERROR


def _lend(verb: str, to: str, role: str) -> None:
    """Change the membership, over a connection of the owner's that stays open and is in nobody's way."""
    if not _lenders:
        _lenders.append(psycopg.connect(**owner_address(dbname="postgres"), autocommit=True))
    _lenders[0].execute(f'{verb} "{_owner["USER"]}" {to} "{role}"')
