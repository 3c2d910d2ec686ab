import importlib

from django.apps import AppConfig
from django.db.models import Q

from skeleton.events.kinds import CREATED, DELETED, UPDATED, Kind, Visible, declare
from skeleton.kernel.actors import Actor


class NotificationsConfig(AppConfig):
    name = "skeleton.notifications"
    label = "notifications"

    def ready(self) -> None:
        # These modules register handlers and need the models, so they are imported only now.
        importlib.import_module("skeleton.notifications.accounts")
        importlib.import_module("skeleton.notifications.checks")
        declare(
            Kind(
                "notification",
                "notifications_notification",
                "notifications",
                "/notifications/{id}",
                verbs=(CREATED, UPDATED, DELETED),
                rows=_own,
            ),
            Kind("preferences", "notifications_preferences", "notifications", "/notifications/preferences", rows=_own),
            Kind("delivery", "notifications_delivery", "deliveries", None, ("*:*",)),
        )


def _own(actor: Actor) -> Visible:
    return Q(scope_id=actor.id)
