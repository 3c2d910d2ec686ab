"""Translatable texts, and rendering them in English for the API."""

from typing import TYPE_CHECKING, TypeAlias

from django.utils.functional import Promise
from django.utils.translation import override

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    Text: TypeAlias = str | _StrPromise
else:
    Text: TypeAlias = str | Promise
"""A plain string, or a lazy text that is translated when it is rendered."""


def in_source_language(value: object) -> object:
    """Return `value`, a text or a dict of texts, in the source language, regardless of the active language."""
    with override(None):
        return _rendered(value)


def _rendered(value: object) -> object:
    if isinstance(value, dict):
        return {name: _rendered(item) for name, item in value.items()}
    return str(value) if isinstance(value, Promise) else value
