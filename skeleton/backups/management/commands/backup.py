"""`manage.py backup FILE`: writes a snapshot of the database and the files on local disk."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from skeleton.backups.errors import BackupError
from skeleton.backups.services import back_up


class Command(BaseCommand):
    help = "Write a snapshot of the database and the uploaded files to one new file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file", type=Path, metavar="FILE", help="the new file; anyone who can read it can read all data"
        )

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        try:
            manifest = back_up(file)
        except BackupError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Database: {sum(manifest.rows.values())} rows in {len(manifest.rows)} tables.")
        self.stdout.write("Files: they are in the bucket." if manifest.files is None else f"Files: {manifest.files}.")
        for key in manifest.missing:
            self.stdout.write(f"Missing contents: {key}")
        self.stdout.write(f"Written: {file}, {file.stat().st_size / 1_000_000:.1f} MB.")
