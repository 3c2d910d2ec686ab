"""Finds which of two attributes of a viewset applies: the special one, such as that of lists, or the general one."""

from functools import cache
from typing import Any


def most_derived(view: object, special: str, general: str) -> Any:
    """Return the attribute `special` of `view`, or `general` if only that is overridden after `special` was set.

    So a subclass that limits `serializer_class` also limits the lists of a class with a `list_serializer_class`.
    """
    own = vars(view)
    if special in own or general in own:
        name = special if special in own else general
    else:
        cls: Any = type(view)
        name = _most_derived(cls, special, general)
    return getattr(view, name) or getattr(view, general)


@cache
def _most_derived(cls: type, special: str, general: str) -> str:
    for parent in cls.__mro__:
        for name in (special, general):
            if name in vars(parent):
                return name
    return general
