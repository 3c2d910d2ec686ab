from importlib import import_module
from typing import ClassVar

from django.apps import AppConfig

from billing import control_checks, integrity_checks
from billing.errors import declare_constraints
from billing.event_kinds import KINDS
from skeleton.events import kinds


class BillingConfig(AppConfig):
    name = "billing"
    maintained_columns: ClassVar = {
        "billing_payment": (
            "id",
            "number",
            "direction",
            "customer_id",
            "currency",
            "amount",
            "allocated",
            "refunded",
            "method",
            "reference",
            "external_id",
            "paid_at",
            "day",
            "refund_of_payment_id",
            "refund_of_credit_note_id",
            "created_by_id",
            "created_at",
        ),
        "billing_settlement": (
            "id",
            "invoice_id",
            "kind",
            "payment_id",
            "credit_note_id",
            "amount",
            "day",
            "at_once",
            "reason",
            "tax",
            "created_by_id",
            "created_at",
        ),
    }

    def ready(self) -> None:
        declare_constraints()
        integrity_checks.register_checks()
        control_checks.register_control_checks()
        kinds.declare(*KINDS)
        import_module("billing.checks")
        import_module("billing.links").register_all()  # needs the models, which this module is imported before
