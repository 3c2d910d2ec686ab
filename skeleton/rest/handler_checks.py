"""Finds idioms of DRF in a viewset's methods that don't work here, and says what to do. Called by `rest.checks`."""

import dis
from collections.abc import Iterator
from inspect import unwrap
from types import FunctionType

from skeleton.rest.computed_fields import Children, FromFields

_LIBRARIES = ("rest_framework.", "skeleton.rest.viewsets", "skeleton.rest.object_checks", "builtins", "typing")
_SAVING = ("perform_create", "perform_update")
_OF_DJANGO_USERS = frozenset(
    {
        *("is_staff", "is_superuser", "has_perm", "has_perms", "has_module_perms", "groups", "user_permissions"),
        *("username", "get_username", "get_full_name", "first_name", "last_name", "date_joined"),
    }
)
"""Attributes of Django's users that actors lack."""


def unworkable_idioms(viewset: type) -> Iterator[str]:
    """Yield a sentence for each method that would fail at its first request."""
    unreadable = _field_without_instance(viewset)
    declares = getattr(viewset, "filterset_class", None) or "list" in getattr(viewset, "extra_parameters", ())
    for name, function in _methods_of(viewset):
        yield from _problems(name, function)
        if unreadable and "get_serializer" in function.__code__.co_names and not _names_data(function):
            yield f"{name} would serialize an instance, which has no {unreadable}: return self.show(pk)."
        if name == "get_queryset" and not declares and {"query_params", "GET"} & set(function.__code__.co_names):
            yield (
                "get_queryset reads query parameters, which lists refuse unless they are declared: use a filter, or"
                " extra_parameters = {'list': [OpenApiParameter(…)]}."
            )
    yield from idioms_of_django_users(viewset)


def idioms_of_django_users(cls: type) -> Iterator[str]:
    """Yield a sentence for each method of a viewset or permission class that uses `request.user` as a Django user."""
    for name, function in _methods_of(cls):
        steps = [step for step in dis.get_instructions(function) if step.opname != "CACHE"]
        for step, following in zip(steps, steps[1:], strict=False):
            if step.argval not in ("user", "actor"):
                continue
            if following.argval in _OF_DJANGO_USERS and following.opname.startswith("LOAD_"):
                yield (
                    f"{name} reads {following.argval} of {step.argval}, which actors lack: use"
                    " request.user.can('<resource>:<action>')."
                )
            elif following.opname == "COMPARE_OP" and following.argval in ("==", "!="):
                yield f"{name} compares an actor with an object: compare ids, such as obj.owner_id == request.user.id."


def _methods_of(cls: type) -> Iterator[tuple[str, FunctionType]]:
    for parent in cls.__mro__:
        if not parent.__module__.startswith(_LIBRARIES):
            for name, value in vars(parent).items():
                function = unwrap(value) if callable(value) else None
                if isinstance(function, FunctionType):
                    yield name, function


def _field_without_instance(viewset: type) -> str | None:
    """Return the name of a field of the viewset's serializer that can't be read from an instance, if any."""
    fields = getattr(getattr(viewset, "serializer_class", None), "_declared_fields", {})
    return next((name for name, field in fields.items() if isinstance(field, (Children, FromFields))), None)


def _names_data(function: FunctionType) -> bool:
    """Return whether a call in the function has the keyword argument `data`."""
    return any(isinstance(const, tuple) and "data" in const for const in function.__code__.co_consts)


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
