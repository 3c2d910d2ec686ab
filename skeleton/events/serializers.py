"""Serializers of events."""

from rest_framework import serializers

from skeleton.rest.fields import BooleanField, DateTimeField, IntegerField, TextField, UUIDField
from skeleton.rest.serializers import Serializer


class EventSerializer(Serializer):
    position = IntegerField(help_text="Positions only grow. Read on after the last one that you have.")
    id = UUIDField()
    type = TextField(help_text="What happened, such as `invoice.sent`.")
    resource = TextField(help_text="The resource, named as in permissions.")
    resource_id = UUIDField()
    actor_id = UUIDField(allow_null=True, help_text="Null if the system acted, or without audit:read.")
    api_key_id = UUIDField(allow_null=True, help_text="Null without an API key, or without audit:read.")
    request_id = TextField(allow_null=True)
    created_at = DateTimeField()
    changes = serializers.ListField(child=TextField(), help_text="Names of the fields that changed.")


class EventPageSerializer(serializers.Serializer[object]):
    """A page of events. It has no counterpart in rows, so it isn't compiled."""

    items = EventSerializer(many=True)
    next_after = IntegerField(help_text="`after` of the next page, also if this one is empty.")
    newest = IntegerField(help_text="The newest position now.")
    has_more = BooleanField(help_text="Whether there are more positions to read now.")
