from typing import Any

from django.core.management.base import BaseCommand

from inventory.services.reservations import expire_reservations


class Command(BaseCommand):
    help = "Release the stock of reservations that are past their time. May be run at any moment, any number of times."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"Expired reservations: {expire_reservations()}")
