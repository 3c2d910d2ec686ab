"""What the API refuses about single fields, added to a form that is invalid anyway: people get all errors at once.

A form that is invalid is not sent to an input serializer, so its errors would only come once the others are mended.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from django import forms
from django.contrib.admin.helpers import AdminErrorList
from django.template.response import TemplateResponse
from rest_framework.exceptions import ValidationError
from rest_framework.serializers import Serializer

from skeleton.office.forms import as_json
from skeleton.rest.serializers import InputSerializer

_Detail: TypeAlias = "str | Sequence[_Detail] | Mapping[str, _Detail]"


def add_early_errors(response: TemplateResponse, body: InputSerializer) -> None:
    """Add what the fields of `body` refuse to the forms of a page that shows errors."""
    context = response.context_data or {}
    form, formsets = context["adminform"].form, [each.formset for each in context["inline_admin_formsets"]]
    if form.is_bound and context["errors"]:
        _add_errors(form, body)
        for formset in formsets:
            parts = getattr(body.fields.get(getattr(formset, "name", "")), "child", None)
            if isinstance(parts, Serializer):
                for part in formset.remaining_forms():
                    _add_errors(part, parts)
        context["errors"] = AdminErrorList(form, formsets)


def _add_errors(form: forms.BaseForm, body: "Serializer[object]") -> None:
    for name, text in list(_refused(form, body)):
        form.add_error(name, text)


def _refused(form: forms.BaseForm, body: "Serializer[object]") -> Iterator[tuple[str, str]]:
    """Yield the valid fields of a form whose values the field of the same name refuses, whatever the others are."""
    for name, value in form.cleaned_data.items():
        field = body.fields.get(name)
        if field is None or field.read_only or name not in form.fields or value in (None, "", [], {}):
            continue
        try:
            field.run_validation(as_json(value))
        except ValidationError as error:
            yield name, next(_texts(error.detail), "")


def _texts(detail: _Detail) -> Iterator[str]:
    """Yield the texts of an error, which may be of an object or a list."""
    if isinstance(detail, str):
        yield detail
        return
    for part in detail.values() if isinstance(detail, Mapping) else detail:
        yield from _texts(part)
