import shutil
import sys
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounting.services import seed_chart
from parties.services import seed_countries
from skeleton.backoffice.demo.build import build, is_empty
from skeleton.identity.services.roles import seed_default_roles
from skeleton.kernel.errors import Conflict

BAR = 30


class Command(BaseCommand):
    help = "Fill an empty installation with two years of realistic company data, using the services."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--scale", type=float, default=1, help="Amount of data: 1 is about 300 invoices.")
        parser.add_argument(
            "--seed", type=int, default=1, help="Random seed: the same number creates the same company."
        )
        parser.add_argument("--password", help="Password of the demo staff; without it, they cannot sign in.")
        parser.add_argument("--if-empty", action="store_true", help="Do nothing if there is data.")
        parser.add_argument("--anyway", action="store_true", help="Add it to existing data.")

    def handle(
        self, *args: Any, scale: float, seed: int, password: str | None, if_empty: bool, anyway: bool, **options: Any
    ) -> None:
        if not 0 < scale <= 1000:
            raise CommandError("--scale must be over 0, and 1000 at most.")
        if not anyway and not is_empty():
            if if_empty:
                self.stdout.write("There is data already: nothing is added.")
                return
            raise CommandError("There is data here already. --anyway adds a demo company to it.")
        seed_default_roles()
        seed_countries()
        seed_chart()
        began = time.monotonic()
        try:
            build(scale=scale, seed=seed, password=password, progress=self._show_progress)
        except Conflict as error:
            self._line("")
            raise CommandError(
                f"Nothing was added, because the demo company, or a part of it, is here already: {error}"
            ) from error
        self._line("")
        self.stdout.write(f"The demo company is there, after {time.monotonic() - began:.0f} s.")

    def _show_progress(self, what: str, done: int, total: int) -> None:
        """Show a progress bar if standard error is a terminal."""
        if not sys.stderr.isatty():
            return
        filled = BAR * done // max(total, 1)
        self._line(f"[{'█' * filled}{'·' * (BAR - filled)}] {100 * done // max(total, 1):3} %  {what}")

    def _line(self, text: str) -> None:
        if sys.stderr.isatty():
            width = shutil.get_terminal_size().columns - 1
            sys.stderr.write(f"\r{text[:width]:{width}}\r")
            sys.stderr.flush()
