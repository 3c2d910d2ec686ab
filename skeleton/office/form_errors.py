"""Adds errors of services, input serializers and PostgreSQL to the right fields of a form."""

from collections.abc import Iterator, Mapping
from typing import Never, Protocol, cast, runtime_checkable

from django import forms
from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import DatabaseError
from django.db.models import Field, ForeignObjectRel, Model, ProtectedError, RestrictedError
from django.utils.functional import Promise
from django.utils.text import capfirst
from rest_framework.exceptions import ValidationError

from skeleton.kernel.errors import DomainError, Invalid
from skeleton.kernel.translation import Text
from skeleton.rest.handler import to_domain_error

EXPECTED_ERRORS = (DomainError, ValidationError, DjangoValidationError, DatabaseError, ProtectedError, RestrictedError)
"""Exceptions caused by the user's input. All others are server errors, or concern authentication and permissions."""


@runtime_checkable
class HasRows(Protocol):
    """A form with a table of rows, each of which is a form (`forms.TableForm`)."""

    def row_field(self, path: str) -> tuple[forms.BaseForm, str] | None:
        """Return the row and its field for a path such as `lines.0.amount`, or None if it has none."""


def domain_error_of(exc: Exception) -> DomainError:
    """Return the domain error for one of `EXPECTED_ERRORS`. Raises it again if it is unexpected."""
    if isinstance(exc, DjangoValidationError) and not hasattr(exc, "error_dict"):
        return Invalid(exc.messages[0])
    error = to_domain_error(exc)
    if error is None:
        raise exc
    return error


def add_to_form(form: forms.BaseForm, error: DomainError, aliases: Mapping[str, str] | None = None) -> None:
    """Add the error to the form: details to their fields, those without a field to the top of the form."""
    placed = False
    for path, text in field_messages(error):
        placed = True
        in_row = form.row_field(path) if isinstance(form, HasRows) else None
        if in_row:
            row, name = in_row
            row.add_error(name, str(text))
            continue
        field = form_field_for(form, path, aliases or {})
        form.add_error(field, str(text) if field else _named(form, path, text))
    if not placed:
        form.add_error(None, str(error.message))


def field_messages(error: DomainError) -> Iterator[tuple[str, Text]]:
    """Yield the details that belong to a field. (Others, such as `allowed` and numbers, are for API clients.)"""
    for path, text in (error.details or {}).items():
        if isinstance(text, (str, Promise)):
            yield path, cast("Text", text)


def form_field_for(form: forms.BaseForm, path: str, aliases: Mapping[str, str]) -> str | None:
    """Return the form field for a dotted path: itself, `name.en` as `name_en`, an alias, or its parent object.

    A form of one item of a list has the item's fields: `invoices.0.number` is its `number`.
    """
    parent, _, rest = path.partition(".")
    index, _, in_item = rest.partition(".")
    candidates = (aliases.get(path), path, path.replace(".", "_"), parent, in_item if index.isdigit() else None)
    return next((name for name in candidates if name in form.fields), None)


def _named(form: forms.BaseForm, path: str, text: Text) -> str:
    """Return an error for the top of the form, with the label of what it is about, if it has any."""
    record = getattr(form, "record", None) or getattr(form, "instance", None)
    labels = _labels(type(record), path) if isinstance(record, Model) else []
    name = ", ".join(labels) or _usual_label(path)
    return f"{name}: {text}" if name else str(text)


def _labels(model: type[Model], path: str) -> list[str]:
    """Return the labels along a path from a model, as far as it has such fields; items of lists are counted from 1."""
    labels: list[str] = []
    within: type[Model] | None = model
    for part in path.split("."):
        if part.isdigit() and labels:
            labels[-1] += f" {int(part) + 1}"
            continue
        found = _field(within, part)
        if found is None:
            break
        related = found.related_model if isinstance(found.related_model, type) else None
        named = found if isinstance(found, Field) or related is None else related._meta
        labels.append(capfirst(str(named.verbose_name)))  # type: ignore[union-attr]
        within = related
    return labels


def field_label(model: type[Model], name: str) -> str:
    """Return what pages call a field of a model, given the name of the field or of its column. Empty if it has none."""
    labels = _labels(model, name)
    return labels[0] if labels else ""


def _field(model: type[Model] | None, name: str) -> "Field[Never, object] | ForeignObjectRel | None":
    try:
        found = model._meta.get_field(name) if model else None
    except FieldDoesNotExist:
        return None
    return found if isinstance(found, (Field, ForeignObjectRel)) else None


def _usual_label(path: str) -> str:
    """Return what a field of this name is called on other screens: the `date` of an action is that of an entry."""
    found = (_field(model, path) for model in apps.get_models())
    return next((capfirst(str(field.verbose_name)) for field in found if isinstance(field, Field)), "")
