"""Adds errors of services, input serializers and PostgreSQL to the right fields of a form."""

from collections.abc import Iterator, Mapping
from typing import Protocol, cast, runtime_checkable

from django import forms
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import DatabaseError
from django.db.models import ProtectedError, RestrictedError
from django.utils.functional import Promise
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
        form.add_error(field, str(text) if field else f"{path}: {text}")
    if not placed:
        form.add_error(None, str(error.message))


def field_messages(error: DomainError) -> Iterator[tuple[str, Text]]:
    """Yield the details that belong to a field. (Others, such as `allowed` and numbers, are for API clients.)"""
    for path, text in (error.details or {}).items():
        if isinstance(text, (str, Promise)):
            yield path, cast("Text", text)


def form_field_for(form: forms.BaseForm, path: str, aliases: Mapping[str, str]) -> str | None:
    """Return the form field for a dotted path: itself, `name.en` as `name_en`, an alias, or its parent object."""
    candidates = (aliases.get(path), path, path.replace(".", "_"), path.partition(".")[0])
    return next((name for name in candidates if name in form.fields), None)
