"""A registry of what uses files, filled by apps in higher layers.

A foreign key with PROTECT keeps a used file in the database. A registered use provides the error message, and covers
uses that are not foreign keys.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from skeleton.kernel.translation import Text

InUse = Callable[[UUID], bool]
SharedWith = Callable[[Any], QuerySet[Any]]

_registered: dict[Text, InUse] = {}
_sharing: list[SharedWith] = []


def register_usage(what: Text, in_use: InUse, *, shared_with: SharedWith | None = None) -> None:
    """Register a use of files, such as "a message". Call it from `AppConfig.ready()`.

    `in_use` returns whether the file with an id is in use. `shared_with` returns, for a user's id, a queryset of the
    uses of `OuterRef("pk")` that allow this user to open the file.
    """
    _registered[what] = in_use
    if shared_with:
        _sharing.append(shared_with)


def shared_with(user_id: Any) -> list[QuerySet[Any]]:
    """Return querysets of the uses of a file (`OuterRef("pk")`) that allow a user who isn't its owner to open it."""
    return [found(user_id) for found in _sharing]


def usage_of(file_id: UUID) -> Text | None:
    """Return what uses the file, such as "a message", or None."""
    return next((what for what, in_use in _registered.items() if in_use(file_id)), None)
