from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounting.integrity_checks import postings_by_hand, registered_checks
from skeleton.kernel.transactions import read_snapshot


class Command(BaseCommand):
    help = "Recompute all stored figures from the recorded entries. Prints each difference and fails if there is one."

    def handle(self, *args: Any, **options: Any) -> None:
        differences = 0
        with read_snapshot():
            for name, check in registered_checks().items():
                found = list(check())
                differences += len(found)
                self._write("DIFFERS" if found else "ok", name, found)
            if by_hand := list(postings_by_hand()):
                self._write("note", "postings by hand on the accounts of documents", by_hand)
        if differences:
            raise CommandError(f"The books are wrong in {differences} places.")
        self.stdout.write("The books are right.")

    def _write(self, result: str, name: str, sentences: list[str]) -> None:
        self.stdout.write(f"{result:8}{name}")
        for sentence in sentences:
            self.stdout.write(f"        {sentence}")
