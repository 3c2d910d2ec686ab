"""What happens to stock by itself."""

from django.utils.translation import gettext_lazy as _

from inventory.services.reservations import expire_reservations
from skeleton.jobs.queue import periodic
from skeleton.jobs.titles import titled


@periodic("* * * * *")
@titled(_("Release expired reservations"), _("Every minute, for reservations past their time."))
def release_expired_reservations() -> None:
    """Every minute: what was held for longer than it was to be is free again."""
    expire_reservations()
