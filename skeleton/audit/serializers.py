"""The shape of an audit entry in JSON."""

from skeleton.rest.fields import DateTimeField, JsonObjectField, TextField, UUIDField
from skeleton.rest.serializers import Serializer


class AuditEntrySerializer(Serializer):
    id = UUIDField()
    actor_id = UUIDField(allow_null=True, help_text="Null where the system acted.")
    actor_email = TextField(allow_blank=True)
    action = TextField(help_text="The verb: create, update, send, …")
    resource = TextField(help_text="The resource, as permissions name it.")
    resource_id = UUIDField()
    changes = JsonObjectField(help_text="Field to [before, after].")
    ip = TextField(allow_null=True)
    request_id = TextField(allow_null=True)
    created_at = DateTimeField()
