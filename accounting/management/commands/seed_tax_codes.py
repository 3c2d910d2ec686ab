from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounting.services.tax_codes import seed_tax_codes
from accounting.tax_codes.dataset import known_countries


class Command(BaseCommand):
    help = "Add missing tax codes of a country. Existing tax codes are not changed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--country", required=True, help=f"One of {', '.join(known_countries())}.")

    def handle(self, *args: Any, country: str, **options: Any) -> None:
        code = country.upper()
        if code not in known_countries():
            known = ", ".join(known_countries())
            raise CommandError(f"There are no tax codes for {country} yet, only for {known}. Create them by hand.")
        self.stdout.write(f"Tax codes of {code}: {seed_tax_codes(code)} created.")
