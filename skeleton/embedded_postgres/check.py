"""Checks of the PostgreSQL at DATABASE_URL: it must answer, be recent enough, and support Cyrillic."""

from django.db import DatabaseError, OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper

from skeleton.embedded_postgres.errors import DatabaseUnusableError

MIN_VERSION = 15


def check_server(connection: BaseDatabaseWrapper) -> None:
    """Raise DatabaseUnusableError with a one-line message if the server behind `connection` cannot be used.

    The check runs in a transaction that is rolled back, so it leaves nothing behind.
    """
    name = database_name(connection)
    try:
        connection.ensure_connection()
    except OperationalError as error:
        raise DatabaseUnusableError(f"The database {name} does not answer: {first_line(error)}") from error
    check_version(connection, name)
    try:
        knows = supports_cyrillic(connection)
    except DatabaseError as error:
        raise DatabaseUnusableError(f"The database {name} cannot be used: {first_line(error)}") from error
    if not knows:
        raise DatabaseUnusableError(
            f"The database {name} does not compare Cyrillic text (similarity('Київ', 'київ') is not 1): "
            f"create it with a Unicode locale, such as LOCALE_PROVIDER builtin "
            f"BUILTIN_LOCALE 'PG_UNICODE_FAST' or an ICU locale."
        )


def check_version(connection: BaseDatabaseWrapper, name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version_num')::int / 10000, current_setting('server_version')")
        major, version = cursor.fetchone()
    if major < MIN_VERSION:
        raise DatabaseUnusableError(f"The database {name} is PostgreSQL {version}; {MIN_VERSION} or newer is needed.")


def supports_cyrillic(connection: BaseDatabaseWrapper) -> bool:
    """Return whether lower(), ILIKE and trigrams support Cyrillic. Requires the right to create pg_trgm."""
    connection.set_autocommit(False)
    try:
        with connection.cursor() as cursor:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
            cursor.execute(
                "SELECT similarity('Київ', 'київ') = 1 AND lower('КИЇВ') = 'київ' AND upper('київ') = 'КИЇВ'"
                " AND 'КИЇВ' ILIKE 'київ'"
            )
            row: tuple[bool] = cursor.fetchone()
        return row[0]
    finally:
        connection.rollback()
        connection.set_autocommit(True)


def database_name(connection: BaseDatabaseWrapper) -> str:
    """Return a description of the database without its password: `name at host:port`."""
    given = connection.settings_dict
    place = given.get("HOST") or "the local socket"
    port = f":{given['PORT']}" if given.get("PORT") else ""
    return f"{given['NAME']} at {place}{port}"


def first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__
