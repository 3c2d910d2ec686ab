"""Serializers of e-mail with documents."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from billing.choices import EmailKind, EmailStatus
from billing.payment_serializers import LONG_TEXT
from skeleton.identity.choices import Language
from skeleton.rest.computed_fields import FromColumns
from skeleton.rest.fields import (
    BooleanField,
    ChoiceField,
    DateTimeField,
    EmailField,
    IntegerField,
    ListField,
    TextField,
    UUIDField,
    mark_stateless,
)
from skeleton.rest.serializers import InputSerializer, Serializer

MAX_ADDRESSES = 10
MAX_FILES = 10

EMAIL_HELP = "E-mail it to the customer as well. A 409 without a mail server."


def _error(error: str) -> str | None:
    return error or None


class EmailAttachmentSerializer(Serializer):
    name = TextField()
    size = IntegerField(help_text="Bytes.")
    sha256 = TextField()


class DocumentEmailSerializer(Serializer):
    """An e-mail with a document."""

    id = UUIDField()
    kind = ChoiceField(EmailKind.choices)
    level = IntegerField(allow_null=True, help_text="Of a reminder, from 1.")
    status = ChoiceField(
        EmailStatus.choices,
        help_text="`queued` until the mail server has taken it, also after failed attempts. `cancelled` is a reminder "
        "that was not sent, because the invoice was settled before.",
    )
    to = ListField(child=EmailField(), max_length=MAX_ADDRESSES, source="recipients")
    cc = ListField(child=EmailField(), max_length=MAX_ADDRESSES)
    subject = TextField()
    message = TextField(max_length=LONG_TEXT)
    language = ChoiceField(Language.choices)
    attachments = ListField(
        child=EmailAttachmentSerializer(), max_length=MAX_FILES, help_text="What was sent. Empty until then."
    )
    attempts = IntegerField()
    error = FromColumns(
        TextField(allow_null=True, help_text="Why the last attempt failed, in the words of the mail server."),
        "error",
        compute=_error,
    )
    sent_at = DateTimeField(allow_null=True, help_text="When the mail server took it.")
    created_by = UUIDField(source="created_by_id", allow_null=True, help_text="Null means the daily job.")
    created_at = DateTimeField()
    updated_at = DateTimeField()


@mark_stateless
class AddressListField(ListField):
    """E-mail addresses: a list, or a single one."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(child=EmailField(), max_length=MAX_ADDRESSES, **kwargs)

    def to_internal_value(self, data: object) -> list[object]:
        return super().to_internal_value([data] if isinstance(data, str) else data)


class EmailInputSerializer(InputSerializer):
    """What an e-mail says and to whom. Everything has a default."""

    output_serializer_class = DocumentEmailSerializer
    to = AddressListField(
        required=False,
        min_length=1,
        help_text="A list of addresses, or a single one. Defaults to the customer's.",
    )
    cc = AddressListField(required=False, help_text="A list of addresses, or a single one.")
    subject = TextField(
        required=False,
        max_length=200,
        help_text="Defaults to a text in the language of the document, and so does the message.",
    )
    message = TextField(required=False, max_length=LONG_TEXT)

    def validate_subject(self, value: str) -> str:
        if not value.isprintable():
            raise serializers.ValidationError(_("Must be a single line, without control characters."))
        return value


class SendCreditNoteInputSerializer(InputSerializer):
    email = BooleanField(required=False, help_text=EMAIL_HELP)
