"""Who uses a file? Apps on higher floors say so, without this one knowing them.

A foreign key with PROTECT is what keeps a used file in the database; a registered use gives the refusal its words, and
covers uses that are no foreign key.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from skeleton.kernel.translation import Text

InUse = Callable[[UUID], bool]
ShownTo = Callable[[Any], QuerySet[Any]]

_registered: dict[Text, InUse] = {}
_showing: list[ShownTo] = []


def register(what: Text, in_use: InUse, *, shown_to: ShownTo | None = None) -> None:
    """Say that `what` ("a message") may use files; `in_use` tells whether the file with this id is. From `ready()`.

    `shown_to` gives, for a user's id, the uses of `OuterRef("pk")` by which that user may open the file.
    """
    _registered[what] = in_use
    if shown_to:
        _showing.append(shown_to)


def shown_to(user_id: Any) -> list[QuerySet[Any]]:
    """The uses of a file (`OuterRef("pk")`) by which a user may open it though it is not theirs."""
    return [found(user_id) for found in _showing]


def user_of(file_id: UUID) -> Text | None:
    """What uses the file, if anything does."""
    return next((what for what, in_use in _registered.items() if in_use(file_id)), None)
