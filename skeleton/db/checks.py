"""System checks of the database role that the application logs in as. They run with `check --deploy`."""

from collections.abc import Sequence

from django.conf import settings
from django.core.checks import CheckMessage, Error, Info, Tags, Warning, register  # noqa: A004 (Django's name)
from django.db import connection

from skeleton.db.rights import excess_rights, is_application_role


@register(Tags.database, deploy=True)
def check_application_role(
    app_configs: object, databases: Sequence[str] | None = None, **_: object
) -> list[CheckMessage]:
    """Check for rights beyond the application's: an error for a role limited by `grant_rights`, else a warning."""
    if settings.ZERO_CONFIGURATION or "default" not in (databases or ()):
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        (role,) = cursor.fetchone()
    excess = excess_rights(role)
    if excess is None:
        return []
    if is_application_role():
        return [Error(f"{excess}. The application's role must not have more rights: revoke this.", id="skeleton.E203")]
    return [
        Warning(
            f"{excess}, so the application could alter tables and disable triggers.",
            hint="Let it log in as a role of its own: manage.py grant_rights --role NAME (docs/operations.md).",
            id="skeleton.W203",
        )
    ]


@register(Tags.database, deploy=True)
def check_database_is_checked(
    app_configs: object, databases: Sequence[str] | None = None, **_: object
) -> list[CheckMessage]:
    """Report that `check --deploy` alone does not look into the database. Django leaves that to `--database`."""
    if settings.ZERO_CONFIGURATION or databases:
        return []
    return [
        Info(
            "The database was not checked, so a user could still have the documented password.",
            hint="Run manage.py check --deploy --database default.",
            id="skeleton.I203",
        )
    ]
