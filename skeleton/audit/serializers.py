"""Serializers of the audit log."""

from skeleton.rest.fields import DateTimeField, JsonObjectField, TextField, UUIDField
from skeleton.rest.serializers import Serializer


class AuditEntrySerializer(Serializer):
    id = UUIDField()
    actor_id = UUIDField(allow_null=True, help_text="Null if the system acted.")
    actor_email = TextField(allow_blank=True)
    action = TextField(help_text="The action: create, update, send, …")
    resource = TextField(help_text="The resource, named as in permissions.")
    resource_id = UUIDField()
    changes = JsonObjectField(help_text="[before, after] by field.")
    ip = TextField(allow_null=True)
    request_id = TextField(allow_null=True)
    created_at = DateTimeField()
