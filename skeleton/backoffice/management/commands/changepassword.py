from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from skeleton.backoffice.management.prompts import new_password, refusals
from skeleton.core.actors import SYSTEM
from skeleton.identity.models import User
from skeleton.identity.services.accounts import set_password


class Command(BaseCommand):
    """Replaces Django's command of the same name, which neither ends sessions nor reaches the audit log."""

    help = "Change a user's password and end all their sessions."
    requires_migrations_checks = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", help="The user's e-mail.")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.with_email(options["email"]).first()
        if user is None:
            raise CommandError(f"There is no user {options['email']}.")
        self.stdout.write(f"New password for {user.email}.")
        with refusals():
            set_password(user_id=user.pk, new_password=new_password(), actor=SYSTEM)
        self.stdout.write("The password is changed. All sessions of the user have ended.")
