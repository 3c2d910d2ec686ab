"""Scheduled tasks of contracts."""

from django.utils.translation import gettext_lazy as _

from contracts.services import run_cycle
from skeleton.jobs.queue import periodic
from skeleton.jobs.titles import titled


@periodic("5 * * * *")
@titled(_("Settle contracts"), _("Every hour, for the contracts that ended at midnight."))
def run_contract_cycle() -> None:
    """Expire or renew the contracts that have ended.

    Runs hourly, so that a worker outage at midnight delays it by an hour at most. There is new work once a day.
    """
    run_cycle()
