"""Periodic jobs of files."""

import structlog
from django.utils.translation import gettext_lazy as _

from skeleton.files import storage
from skeleton.files.services import find_orphans
from skeleton.jobs.queue import periodic
from skeleton.jobs.titles import titled

log = structlog.get_logger("skeleton.files")


@periodic("41 2 * * *")
@titled(_("Report orphans"), _("Every night: log how many files have lost their contents or row."))
def report_orphans() -> None:
    """Log the numbers of orphans. `manage.py sweep_files` lists them."""
    found = find_orphans()
    counts = {
        "bytes_without_row": len(found.contents_without_row),
        "rows_without_bytes": len(found.rows_without_contents) + len(found.missing_but_used),
        "unfinished": len(found.unfinished),
    }
    if any(counts.values()):
        log.warning("orphans_found", storage=storage.describe(), **counts)
