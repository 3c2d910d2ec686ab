from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from contracts.choices import Action
from contracts.services import run_cycle

OUTCOMES = {Action.EXPIRE: "expired", Action.TERMINATE: "terminated"}


class Command(BaseCommand):
    help = "Expire, renew or terminate the contracts that have ended. Run it at least once a day."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Show what would be done without doing it.")

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        summary = run_cycle(dry_run=dry_run)
        for one in summary.settled:
            outcome = f"renewed until {one.renewed_until}" if one.renewed_until else OUTCOMES[one.action]
            self.stdout.write(f"{one.contract_id}: ended on {one.ended_on}, {outcome}")
        would = "would be " if dry_run else ""
        self.stdout.write(
            f"{summary.today}: {would}renewed {len(summary.renewed)}, {would}expired {len(summary.expired)}, "
            f"{would}terminated {len(summary.terminated)}, failed {len(summary.failed)}."
        )
        if summary.failed:
            raise CommandError("Failed, and to be tried again: " + ", ".join(map(str, summary.failed)))
