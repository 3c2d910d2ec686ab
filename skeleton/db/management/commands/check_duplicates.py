"""Lists the rows that were there before their SKU or code had to be unique in any spelling, and are not."""

from dataclasses import dataclass

from django.core.management.base import BaseCommand
from django.db import connection

_KEYED = """
    SELECT c.relname, split_part(encode(t.tgargs, 'escape'), '\\000', 1),
           split_part(encode(t.tgargs, 'escape'), '\\000', 2)
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
    WHERE p.proname = 'skeleton_key' AND c.relnamespace = 'public'::regnamespace
    ORDER BY c.relname
"""


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A row with a suffixed key, and the row that has the plain one."""

    table: str
    column: str
    text: str
    pk: object
    first: str
    first_pk: object

    def __str__(self) -> str:
        return (
            f"{self.table}: {self.column} {self.text!r} of {self.pk} is the same as {self.first!r} of {self.first_pk}"
        )


class Command(BaseCommand):
    help = (
        "List rows whose SKU or code differs from another row's in its spelling only, such as its case or an accent."
        " They keep it until somebody changes it; new rows like that are refused."
    )

    def handle(self, *args: object, **options: object) -> None:
        found = duplicates()
        for duplicate in found:
            self.stdout.write(str(duplicate))
        self.stdout.write(f"{len(found)} found. Change their SKUs or codes." if found else "None found.")


def duplicates() -> list[Duplicate]:
    """Return the duplicates of all tables with keys."""
    with connection.cursor() as cursor:
        cursor.execute(_KEYED)
        return [found for table, column, key in cursor.fetchall() for found in _duplicates_in(table, column, key)]


def _duplicates_in(table: str, column: str, key: str) -> list[Duplicate]:
    quoted, entered, folded = map(connection.ops.quote_name, (table, column, key))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT other.{entered}, other.id, first.{entered}, first.id FROM {quoted} AS other"  # noqa: S608 (names)
            f" JOIN {quoted} AS first ON first.{folded} = skeleton_fold(other.{entered}, 1) AND first.id <> other.id"
            f" WHERE other.{folded} <> skeleton_fold(other.{entered}, 1) ORDER BY 1, 2"
        )
        return [Duplicate(table, column, *row) for row in cursor.fetchall()]
