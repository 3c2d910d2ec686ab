"""Screens of documents with a lifecycle: read-only, changed by acts alone."""

from django.db.models import Model
from django.http import HttpRequest

from skeleton.office.screens import Screen


class DocumentAdmin(Screen):
    """A document. Its fields are all shown, none is edited; what can be done with it are its `acts`."""

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> object:
        return self.readonly_fields or [field.name for field in self.opts.fields]
