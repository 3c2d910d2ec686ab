from django.apps import AppConfig

from contracts.errors import declare_constraints


class ContractsConfig(AppConfig):
    name = "contracts"

    def ready(self) -> None:
        declare_constraints()
