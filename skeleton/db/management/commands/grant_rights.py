from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from skeleton.db.rights import excess_rights, foreign_owner, grant_application_role, owner_of_tables


class Command(BaseCommand):
    help = "Give a database role the rights that the application needs, and no other. Run as the owner, after migrate."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--role", required=True, help="a role that exists, owns nothing and has no other rights")

    def handle(self, *args: object, role: str, **options: object) -> None:
        require_owner()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
            if cursor.fetchone() is None:
                raise CommandError(f"There is no role {role}: create it with CREATE ROLE … LOGIN.")
        excess = excess_rights(role)
        if excess is not None:
            raise CommandError(
                f"{excess}, so it cannot be limited to what the application needs: revoke this, or name another role."
            )
        grant_application_role(role)
        self.stdout.write(f"{role} has the rights of the application.")


def require_owner() -> None:
    """Refuse a role that cannot grant rights to the tables, or a database without tables."""
    if owner_of_tables() is None:
        raise CommandError("There are no tables yet: run manage.py migrate first.")
    owner = foreign_owner()
    if owner is not None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_user")
            (current,) = cursor.fetchone()
        raise CommandError(
            f"{current} cannot grant rights to the tables: run this as {owner}, who owns them (DATABASE_URL)."
        )
