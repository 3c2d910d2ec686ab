"""Periodic jobs of imports, and the job that processes them."""

from django.utils.translation import gettext_lazy as _

from skeleton.importexport.imports import fail_lost_imports, forget_old_imports, work_on_import
from skeleton.jobs.queue import periodic
from skeleton.jobs.titles import titled

__all__ = ["fail_lost", "forget", "work_on_import"]


@periodic("43 3 * * *")
@titled(_("Delete old imports"), _("Every night, for files that were uploaded more than a week ago."))
def forget() -> None:
    """Every night: files that were taken in long ago."""
    forget_old_imports()


@periodic("*/5 * * * *")
@titled(_("End lost imports"), _("Every five minutes, for imports that nobody works on any more."))
def fail_lost() -> None:
    """Every five minutes: imports that nobody works on any more."""
    fail_lost_imports()
