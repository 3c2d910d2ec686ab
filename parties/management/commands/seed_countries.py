from typing import Any

from django.core.management.base import BaseCommand

from parties.services import seed_countries


class Command(BaseCommand):
    help = "Add the countries of ISO 3166-1 that are missing. What is there stays as it is."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"Countries: {seed_countries()} made.")
