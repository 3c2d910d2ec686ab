"""`manage.py sweep_files`: bytes without a row, rows without bytes, uploads that were cut off."""

import datetime as dt
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from skeleton.core.actors import SYSTEM
from skeleton.files import services


class Command(BaseCommand):
    help = "Find bytes of files that have no row, and rows that have no bytes, and remove both."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only say what would be removed")
        parser.add_argument("--hours", type=float, default=24, help="leave bytes alone that are younger (24)")
        parser.add_argument("--anyway", action="store_true", help="even if most files would be lost")

    def handle(self, *args: Any, dry_run: bool, hours: float, anyway: bool, **options: Any) -> None:
        found = services.find_orphans(older_than=dt.timedelta(hours=hours))
        for what, names in (
            ("bytes without a row", found.bytes_without_row),
            ("row without bytes", found.rows_without_bytes),
            ("row without bytes, but in use, so it stays", found.lost_but_used),
            ("unfinished upload", found.unfinished),
        ):
            for name in names:
                self.stdout.write(f"{what}: {name}")
        if dry_run:
            return
        lost = len(found.rows_without_bytes) + len(found.lost_but_used)
        if lost * 2 > found.rows and not anyway:
            raise CommandError(
                f"{lost} of {found.rows} files have no bytes: this looks like the wrong storage. Nothing was removed; "
                f"--anyway removes them."
            )
        services.sweep(found, actor=SYSTEM)
