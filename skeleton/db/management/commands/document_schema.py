from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from skeleton.db.schema import write_documents


class Command(BaseCommand):
    help = "Write the present schema of each app to docs/schema, from a database that is migrated."

    def handle(self, *args: object, **options: object) -> None:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            raise CommandError("The database lacks migrations: run `manage.py migrate` first.")
        folder = Path(settings.BASE_DIR) / "docs" / "schema"
        write_documents(folder)
        self.stdout.write(f"Written: {folder}")
