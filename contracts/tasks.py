"""What happens to contracts by itself."""

from django.utils.translation import gettext_lazy as _

from contracts.services import run_cycle
from skeleton.jobs.queue import periodic
from skeleton.jobs.titles import titled


@periodic("5 * * * *")
@titled(_("Settle contracts"), _("Every hour, for the contracts that ended at midnight."))
def settle_contracts() -> None:
    """Every hour, so that a worker that was away at midnight costs an hour at most; once a day there is work."""
    run_cycle()
