from typing import Any

from django.core.management.base import BaseCommand

from parties.services import seed_countries


class Command(BaseCommand):
    help = "Add missing ISO 3166-1 countries. Existing ones are not changed."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"Countries: {seed_countries()} made.")
