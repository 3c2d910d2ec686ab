from skeleton.audit.models import AuditEntry
from skeleton.db.access import OpenGate

AUDIT = OpenGate(AuditEntry.objects.all)
