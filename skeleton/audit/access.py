from skeleton.audit.models import AuditEntry
from skeleton.core.access import OpenGate

AUDIT = OpenGate(AuditEntry.objects.all)
