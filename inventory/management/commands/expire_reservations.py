from typing import Any

from django.core.management.base import BaseCommand

from inventory.services.reservations import expire_reservations


class Command(BaseCommand):
    help = "Release the stock of expired reservations. It is safe to run at any time and repeatedly."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"Expired reservations: {expire_reservations()}")
