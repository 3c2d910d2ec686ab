"""Periodic jobs of imports, and the job that processes them."""

from django.utils.translation import gettext_lazy as _

from skeleton.importexport import imports
from skeleton.importexport.imports import work_on_import
from skeleton.jobs.queue import periodic
from skeleton.jobs.titles import titled

__all__ = ["delete_old_imports", "fail_lost_imports", "work_on_import"]


@periodic("43 3 * * *")
@titled(_("Delete old imports"), _("Every night: delete imports older than a week."))
def delete_old_imports() -> None:
    imports.delete_old_imports()


@periodic("*/5 * * * *")
@titled(_("Fail lost imports"), _("Every five minutes: fail imports whose job is missing."))
def fail_lost_imports() -> None:
    imports.fail_lost_imports()
