"""Serializers of files and uploads."""

from uuid import UUID

from rest_framework import serializers

from skeleton.rest.computed_fields import FromColumns
from skeleton.rest.fields import DateTimeField, IntegerField, TextField, UUIDField
from skeleton.rest.serializers import InputSerializer, Serializer


def download_path(pk: UUID) -> str:
    """Return the path at which the API serves the content of a file."""
    return f"/api/v1/files/{pk}/download"


class FileSerializer(Serializer):
    id = UUIDField()
    name = TextField()
    mime_type = TextField(help_text="Detected from the content, whatever the client sent.")
    size = IntegerField(help_text="Bytes.")
    checksum = TextField(help_text="SHA-256 in hexadecimal.")
    purpose = TextField(allow_null=True)
    owner_id = UUIDField()
    url = FromColumns(TextField(), "id", compute=download_path)
    created_at = DateTimeField()


class UploadInputSerializer(InputSerializer):
    file = serializers.FileField(max_length=255)
    purpose = TextField(
        required=False, allow_null=True, max_length=50, help_text="What the file is for, in your own words."
    )
