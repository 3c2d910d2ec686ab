from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from skeleton.events import sequencer
from skeleton.kernel import background, constraints, transactions
from skeleton.kernel.errors import Conflict


class EventsConfig(AppConfig):
    name = "skeleton.events"
    label = "events"
    verbose_name = _("events")
    maintained_tables = ("events_pending",)

    def ready(self) -> None:
        constraints.declare("events_event_append_only", Conflict, _("The event log cannot be changed."))
        constraints.declare("events_log_permanent", Conflict, _("The event log cannot be changed."))
        transactions.after_commit(sequencer.ring)
        background.register("sequencer", sequencer.start)
