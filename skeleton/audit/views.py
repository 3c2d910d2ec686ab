"""The API of the audit log: read, and nothing else."""

from skeleton.audit.access import AUDIT
from skeleton.audit.filters import AuditFilters
from skeleton.audit.serializers import AuditEntryOutput
from skeleton.rest.views import ListView


class AuditView(ListView):
    tag = "Audit"
    resources = ("audit",)
    gate = AUDIT
    output = AuditEntryOutput
    filterset = AuditFilters
    cursor_only = True
