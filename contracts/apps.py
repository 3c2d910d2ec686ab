from django.apps import AppConfig

from contracts.errors import declare_constraints
from contracts.event_kinds import KINDS
from skeleton.events import kinds


class ContractsConfig(AppConfig):
    name = "contracts"

    def ready(self) -> None:
        declare_constraints()
        kinds.declare(*KINDS)
