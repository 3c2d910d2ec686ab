"""Periodic jobs of imports, and the job that processes them."""

from skeleton.importexport.imports import fail_lost_imports, forget_old_imports, work_on_import
from skeleton.jobs.queue import periodic

__all__ = ["fail_lost", "forget", "work_on_import"]


@periodic("43 3 * * *")
def forget() -> None:
    """Every night: files that were taken in long ago."""
    forget_old_imports()


@periodic("*/5 * * * *")
def fail_lost() -> None:
    """Every five minutes: imports that nobody works on any more."""
    fail_lost_imports()
