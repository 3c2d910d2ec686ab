from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from skeleton.kernel import constraints
from skeleton.kernel.errors import Conflict


class AuditConfig(AppConfig):
    name = "skeleton.audit"
    label = "audit"
    maintained_tables = ("audit_entry",)

    def ready(self) -> None:
        constraints.declare("audit_entry_append_only", Conflict, _("The audit log cannot be changed."))
