from typing import Any

from django.core.management.base import BaseCommand

from skeleton.identity.services.roles import seed_default_roles


class Command(BaseCommand):
    help = "Create missing default roles."

    def handle(self, *args: Any, **options: Any) -> None:
        made = seed_default_roles()
        self.stdout.write(f"Roles: {made} made.")
