"""`manage.py sweep_files`: finds and removes contents without a row, rows without contents, and unfinished uploads."""

import datetime as dt
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from skeleton.files import services, storage
from skeleton.files.services import OrphanReport
from skeleton.kernel.actors import SYSTEM

MOST_HOURS = 24 * 365 * 100


def hours_of(text: str) -> float:
    """Parse a number of hours, from 0 to a century. Raises ArgumentTypeError."""
    try:
        hours = float(text)
    except ValueError:
        hours = -1
    if not 0 <= hours <= MOST_HOURS:
        raise ArgumentTypeError(f"{text} is not a number of hours: give 0 or more, such as 24.")
    return hours


class Command(BaseCommand):
    help = (
        "List file contents (bytes) without a row, rows without contents, and unfinished uploads. Nothing is removed "
        "without --yes. Files of another installation on the same storage look like bytes without a row."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        mode = parser.add_mutually_exclusive_group()
        mode.add_argument("--yes", action="store_true", help="remove what is listed; read the list first")
        mode.add_argument("--dry-run", action="store_true", help="only list it (the default)")
        parser.add_argument(
            "--hours",
            type=hours_of,
            default=24,
            help="ignore anything younger (24); use less than 1 only while no instance runs, or uploads are lost",
        )
        parser.add_argument("--anyway", action="store_true", help="remove even most of all files or objects")

    def handle(
        self, *args: Any, hours: float, yes: bool = False, dry_run: bool = False, anyway: bool = False, **options: Any
    ) -> None:
        found = services.find_orphans(older_than=dt.timedelta(hours=hours))
        listed = self._list(found)
        self.stdout.write(f"Compared {found.rows} rows with {found.keys} objects in {storage.describe()}.")
        if not listed:
            self.stdout.write("Nothing to remove.")
        elif dry_run or not yes:
            self.stdout.write(
                "Nothing was removed. --yes removes what is listed. Make sure first that this storage belongs to this "
                "installation alone: files of another installation, such as a restored copy, are listed as bytes "
                "without a row, and files that another instance keeps in a folder of its own as rows without bytes."
            )
        else:
            self._remove(found, anyway=anyway)

    def _list(self, found: OrphanReport) -> int:
        """Print what was found, and return how much of it can be removed."""
        for what, names in (
            ("bytes without a row", found.contents_without_row),
            ("row without bytes", found.rows_without_contents),
            ("row without bytes, but in use, so it stays", found.missing_but_used),
            ("unfinished upload", found.unfinished),
        ):
            for name in names:
                self.stdout.write(f"{what}: {name}")
        return len(found.contents_without_row) + len(found.rows_without_contents) + len(found.unfinished)

    def _remove(self, found: OrphanReport, *, anyway: bool) -> None:
        if found.suspicion and not anyway:
            raise CommandError(f"{found.suspicion} Nothing was removed; add --anyway to remove it all the same.")
        services.sweep(found, actor=SYSTEM)
        self.stdout.write("Removed what is listed.")
