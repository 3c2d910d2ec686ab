from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounting.integrity_checks import registered_checks
from skeleton.kernel.transactions import read_snapshot


class Command(BaseCommand):
    help = "Recompute all stored figures from the recorded entries. Prints each difference and fails if there is one."

    def handle(self, *args: Any, **options: Any) -> None:
        differences = 0
        with read_snapshot():
            for name, check in registered_checks().items():
                found = list(check())
                differences += len(found)
                self.stdout.write(f"{'DIFFERS' if found else 'ok':8}{name}")
                for sentence in found:
                    self.stdout.write(f"        {sentence}")
        if differences:
            raise CommandError(f"The books are wrong in {differences} places.")
        self.stdout.write("The books are right.")
