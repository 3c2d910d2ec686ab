from django.apps import AppConfig

from billing import integrity_checks
from billing.errors import declare_constraints


class BillingConfig(AppConfig):
    name = "billing"

    def ready(self) -> None:
        declare_constraints()
        integrity_checks.register_checks()
