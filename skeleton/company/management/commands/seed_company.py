from typing import Any

from django.core.management.base import BaseCommand

from skeleton.company.services import seed_company


class Command(BaseCommand):
    help = "Create the company's record from the environment, unless it exists."

    def handle(self, *args: Any, **options: Any) -> None:
        made = seed_company()
        self.stdout.write(f"Company: {int(made)} made.")
