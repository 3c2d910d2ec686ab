from django.apps import AppConfig

from billing import proofs
from billing.errors import declare_constraints


class BillingConfig(AppConfig):
    name = "billing"

    def ready(self) -> None:
        declare_constraints()
        proofs.register_own()
