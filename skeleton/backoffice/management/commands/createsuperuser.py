import os
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from skeleton.backoffice.management.prompts import ask, new_password, refusals
from skeleton.identity.serializers import RegisterInput
from skeleton.identity.services.bootstrap import create_administrator

FIELDS = ("email", "name")


class Command(BaseCommand):
    """Replaces Django's command of the same name, which knows nothing of roles and of the audit log."""

    help = (
        "Create a super administrator. Asks for what is not given; with --noinput it is read from"
        " DJANGO_SUPERUSER_EMAIL, DJANGO_SUPERUSER_NAME and DJANGO_SUPERUSER_PASSWORD."
    )
    requires_migrations_checks = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        for field in FIELDS:
            parser.add_argument(f"--{field}", help=f"The {field} of the new user.")
        parser.add_argument("--noinput", "--no-input", action="store_false", dest="interactive", help="Ask nothing.")

    def handle(self, *args: Any, **options: Any) -> None:
        read = _asked if options["interactive"] else _from_environment
        given = {field: options[field] if options[field] is not None else read(field) for field in FIELDS}
        given["password"] = new_password() if options["interactive"] else _from_environment("password")
        with refusals():
            values = RegisterInput.parse(given)
            create_administrator(**values)
        self.stdout.write(f"Super administrator {values['email']} created.")


def _asked(field: str) -> str:
    return ask(f"{field.capitalize()}: ")


def _from_environment(field: str) -> str:
    variable = f"DJANGO_SUPERUSER_{field.upper()}"
    value = os.environ.get(variable)
    if not value:
        option = "" if field == "password" else f", or give --{field}"
        raise CommandError(f"Set {variable}{option}.")
    return value
