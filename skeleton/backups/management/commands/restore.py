"""`manage.py restore FILE`: restores the database and the files of a backup, and verifies them."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from skeleton.backups.errors import BackupError
from skeleton.backups.services import restore
from skeleton.files import storage


class Command(BaseCommand):
    help = "Restore a backup completely or not at all, and verify its rows, files and books."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--force", action="store_true", help="replace existing data")

    def handle(self, *args: Any, file: Path, force: bool, **options: Any) -> None:
        try:
            done = restore(file, force=force)
        except BackupError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Restored: the backup of {done.manifest.created_at}, {done.files} files.")
        if done.manifest.files is None:
            self.stdout.write(
                f"The files are not in the backup; they are looked for in {storage.describe()}. If the installation "
                f"that was backed up still uses it, copy the objects to a bucket or prefix of this installation's own "
                f"before anybody works here: a file deleted here is deleted there."
            )
        for difference in done.differences:
            self.stdout.write(f"Difference: {difference}")
        call_command("verify_books", stdout=self.stdout)
        if done.differences:
            raise CommandError("The database is restored, but it differs from the backup as listed above.")
