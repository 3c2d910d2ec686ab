"""`manage.py worker`: runs jobs. Any number of workers on any number of machines can share the work."""

import asyncio
import os
import signal
from argparse import ArgumentParser

from django.core.management.base import BaseCommand
from django.db import connections

from skeleton.embedded_postgres.base import DatabaseWrapper as EmbeddedDatabase
from skeleton.embedded_postgres.parent import stop_with_parent
from skeleton.jobs.worker import run_worker
from skeleton.kernel import background
from skeleton.server.child_process import PARENT_PID_VARIABLE


class Command(BaseCommand):
    help = "Run jobs from the queue until stopped. Several workers share the work."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="exit when no job is left that can run now")

    def handle(self, *args: object, once: bool, **options: object) -> None:
        """Run jobs, then disconnect and stop the embedded database."""
        parent = os.environ.get(PARENT_PID_VARIABLE)
        if parent:
            stop_with_parent(int(parent), signal.SIGTERM)
        if not once:
            background.start_all()
        try:
            asyncio.run(run_worker(wait=not once))
        except KeyboardInterrupt:
            pass
        finally:
            connections.close_all()
            database = connections["default"]
            if isinstance(database, EmbeddedDatabase):
                database.server.disconnect()
