"""What a service, an Input or PostgreSQL refuses, told to a person at the right field of a form."""

from collections.abc import Iterator, Mapping
from typing import cast

from django import forms
from django.db import DatabaseError
from django.db.models import ProtectedError, RestrictedError
from django.utils.functional import Promise
from rest_framework.exceptions import ValidationError

from skeleton.kernel.errors import DomainError
from skeleton.kernel.translation import Text
from skeleton.rest.handler import translate

REFUSALS = (DomainError, ValidationError, DatabaseError, ProtectedError, RestrictedError)
"""Exceptions that are an answer to what the person asked for. All else is a fault of ours, or about who they are."""


def refusal_of(exc: Exception) -> DomainError:
    """The domain error behind one of `REFUSALS`. Raises it again where nobody foresaw it."""
    error = translate(exc)
    if error is None:
        raise exc
    return error


def place(form: forms.BaseForm, error: DomainError, aliases: Mapping[str, str] | None = None) -> None:
    """Add the error to the form: each detail at its field, what has no field above the form."""
    placed = False
    for path, text in texts_of(error):
        field = field_of(form, path, aliases or {})
        form.add_error(field, str(text) if field else f"{path}: {text}")
        placed = True
    if not placed:
        form.add_error(None, str(error.message))


def texts_of(error: DomainError) -> Iterator[tuple[str, Text]]:
    """The details that are about a field. (The contract's others, `allowed` and figures, are for programs.)"""
    for path, text in (error.details or {}).items():
        if isinstance(text, (str, Promise)):
            yield path, cast("Text", text)


def field_of(form: forms.BaseForm, path: str, aliases: Mapping[str, str]) -> str | None:
    """The form's field for a dotted path: itself, `name.en` as `name_en`, by alias, or the object that holds it."""
    candidates = (aliases.get(path), path, path.replace(".", "_"), path.partition(".")[0])
    return next((name for name in candidates if name in form.fields), None)
