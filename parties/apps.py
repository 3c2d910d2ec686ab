from django.apps import AppConfig

from parties.event_kinds import KINDS
from skeleton.events import kinds


class PartiesConfig(AppConfig):
    name = "parties"

    def ready(self) -> None:
        kinds.declare(*KINDS)
