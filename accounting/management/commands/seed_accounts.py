from typing import Any

from django.core.management.base import BaseCommand

from accounting.services import seed_chart


class Command(BaseCommand):
    help = "Add missing accounts of the initial chart. Existing accounts are not changed."

    def handle(self, *args: Any, **options: Any) -> None:
        made = seed_chart()
        self.stdout.write(f"Accounts: {made} opened.")
