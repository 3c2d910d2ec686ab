from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from contracts.diagram import redrawn


class Command(BaseCommand):
    help = "Draw the states of a contract into docs/contracts.md, as the code has them."

    def handle(self, *args: Any, **options: Any) -> None:
        document = settings.BASE_DIR / "docs" / "contracts.md"
        document.write_text(redrawn(document.read_text()))
        self.stdout.write(f"{document} is up to date.")
