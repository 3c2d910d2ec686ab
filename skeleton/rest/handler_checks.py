"""Finds idioms of DRF in a viewset's methods that don't work here, and says what to do. Called by `rest.checks`."""

import dis
from collections.abc import Iterator
from inspect import unwrap
from types import FunctionType

_LIBRARIES = ("rest_framework.", "skeleton.rest.viewsets", "skeleton.rest.object_checks", "builtins", "typing")
_SAVING = ("perform_create", "perform_update")


def unworkable_idioms(viewset: type) -> Iterator[str]:
    """Yield a sentence for each method that would fail at its first request."""
    for parent in viewset.__mro__:
        if not parent.__module__.startswith(_LIBRARIES):
            for name, value in vars(parent).items():
                function = unwrap(value) if callable(value) else None
                if isinstance(function, FunctionType):
                    yield from _problems(name, function)


def _problems(name: str, function: FunctionType) -> Iterator[str]:
    if {"paginate_queryset", "get_serializer"} <= set(function.__code__.co_names):
        yield (
            f"{name} would serialize a page again: return"
            " self.get_paginated_response(self.paginate_queryset(queryset)) for every list with pagination."
        )
    if name in _SAVING and _saves(function):
        yield f"{name} calls serializer.save(), but serializers do not write: call a service with validated_data."
    elif name == "perform_create" and _returns_nothing(function):
        yield "perform_create returns nothing: return the object or its id, for the answer."


def _saves(function: FunctionType) -> bool:
    """Return whether the function calls `save` of its first argument."""
    serializer = function.__code__.co_varnames[1:2]
    steps = list(dis.get_instructions(function))
    return any(
        step.opname.startswith("LOAD_FAST") and (step.argval,) == serializer and following.argval == "save"
        for step, following in zip(steps, steps[1:], strict=False)
    )


def _returns_nothing(function: FunctionType) -> bool:
    """Return whether each `return` is empty, and the function does not set `serializer.instance` either."""
    steps = [step for step in dis.get_instructions(function) if step.opname != "CACHE"]
    if any(step.opname == "STORE_ATTR" and step.argval == "instance" for step in steps):
        return False
    returned = [before for before, step in zip(steps, steps[1:], strict=False) if step.opname.startswith("RETURN")]
    return bool(returned) and all(step.opname == "LOAD_CONST" and step.argval is None for step in returned)
