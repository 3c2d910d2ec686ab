from typing import Any

from django.core.management.base import BaseCommand

from accounting.services import seed_chart


class Command(BaseCommand):
    help = "Open the accounts of the first chart that are missing; those that exist stay as they are."

    def handle(self, *args: Any, **options: Any) -> None:
        made = seed_chart()
        self.stdout.write(f"Accounts: {made} opened.")
