from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from accounting.beancount import beancount_lines
from skeleton.kernel.transactions import read_snapshot


class Command(BaseCommand):
    help = "Write the journal as plain text in Beancount syntax."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--output", type=Path, help="Output file; standard output by default.")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path | None = options["output"]
        with read_snapshot():
            if path is None:
                for line in beancount_lines():
                    self.stdout.write(line, ending="")
                return
            with path.open("w", encoding="utf-8") as file:
                file.writelines(beancount_lines())
