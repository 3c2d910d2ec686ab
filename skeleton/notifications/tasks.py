"""The jobs of notifications, imported here so that workers find them, and the periodic clean-up."""

from django.utils.translation import gettext_lazy as _

from skeleton.jobs.queue import periodic
from skeleton.jobs.titles import titled
from skeleton.notifications.services.cleanup import delete_old_read
from skeleton.notifications.services.delivery import create_deliveries, send_delivery

__all__ = ["create_deliveries", "delete_old_notifications", "send_delivery"]


@periodic("29 3 * * *")
@titled(_("Delete read notifications"), _("Every night: delete notifications that were read long ago."))
def delete_old_notifications() -> None:
    delete_old_read()
