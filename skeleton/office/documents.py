"""Screens of documents with a lifecycle: read-only, changed only by actions."""

from django.db.models import Model
from django.http import HttpRequest

from skeleton.office.admins import ReadOnlyAdmin


class DocumentAdmin(ReadOnlyAdmin):
    """A document. All fields are read-only; its `record_actions` are the possible actions."""

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> object:
        return self.readonly_fields or [field.name for field in self.opts.fields]
