from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from skeleton.db.rights import grant_application_role


class Command(BaseCommand):
    help = "Give a database role the rights that the application needs, and no other. Run as the owner, after migrate."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--role", required=True, help="a role that exists and owns nothing")

    def handle(self, *args: object, role: str, **options: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT rolsuper, rolname = current_user FROM pg_roles WHERE rolname = %s", [role])
            found = cursor.fetchone()
        if found is None:
            raise CommandError(f"There is no role {role}: create it with CREATE ROLE … LOGIN.")
        if True in found:
            raise CommandError(f"{role} is the owner or a superuser, whose rights cannot be limited.")
        grant_application_role(role)
        self.stdout.write(f"{role} has the rights of the application.")
