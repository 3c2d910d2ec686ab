"""Finds uses of a serializer's context, which does not exist where rows are mapped without serializer instances."""

from collections.abc import Iterator
from inspect import unwrap
from types import CodeType, FunctionType
from typing import NoReturn

from django.core.exceptions import ImproperlyConfigured

WITHOUT_CONTEXT = "uses the context, which the rows of a list are mapped without; choose another serializer class"
_LIBRARIES = (
    *("rest_framework.", "skeleton.rest.fields", "skeleton.rest.computed_fields", "skeleton.rest.serializers"),
    *("builtins", "typing"),
)
_CONTEXT = {"context", "_context"}
_OF_BODIES = ("to_internal_value", "run_validation", "run_validators", "validate", "get_value", "get_default")
"""Methods (or the beginnings of their names) that only validate bodies."""


class NoContext(dict[str, object]):
    """The context of a compiled serializer. A field that reads it is refused, so nothing is shown by mistake."""

    def _refuse(self, *args: object) -> NoReturn:
        raise ImproperlyConfigured(f"A field {WITHOUT_CONTEXT}.")

    __getitem__ = __contains__ = __iter__ = __len__ = _refuse
    get = keys = values = items = copy = _refuse


def uses_context(cls: type) -> bool:
    """Return whether a method of a serializer or field class reads the context. Those of DRF and the kit don't."""
    return any(
        _CONTEXT & set(code.co_names) or _CONTEXT & {const for const in code.co_consts if isinstance(const, str)}
        for base in cls.__mro__
        if not base.__module__.startswith(_LIBRARIES)
        for name, value in vars(base).items()
        if not name.startswith(_OF_BODIES)
        for function in _functions(value)
        for code in _codes(function.__code__)
    )


def _functions(value: object) -> Iterator[FunctionType]:
    """Yield the function of a method, property, class method or cached property."""
    for part in (value, *(getattr(value, name, None) for name in ("fget", "func", "__func__"))):
        found = unwrap(part) if callable(part) else None
        if isinstance(found, FunctionType):
            yield found


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for const in code.co_consts:
        if isinstance(const, CodeType):
            yield from _codes(const)
