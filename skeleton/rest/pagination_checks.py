"""Finds ignored attributes of paginations and arguments of actions, and unusable backends. Called by `rest.checks`."""

from collections.abc import Iterable, Iterator
from typing import Any

from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.filters import OrderingFilter

from skeleton.rest.pagination import CursorPagination, PageOrCursorPagination
from skeleton.rest.viewsets import ApiViewSet

_PARAMETERS = "the parameters are page, limit and cursor"
NOT_READ = {
    "page_query_param": _PARAMETERS,
    "page_size_query_param": _PARAMETERS,
    "cursor_query_param": _PARAMETERS,
    "limit_query_param": _PARAMETERS,
    "offset_query_param": _PARAMETERS,
    "last_page_strings": _PARAMETERS,
    "ordering": "set ordering on the viewset",
    "default_limit": "set page_size",
    "max_limit": "set max_page_size",
    "get_page_size": "set page_size and max_page_size",
    "get_page_number": _PARAMETERS,
    "get_results": "override get_paginated_response",
    "django_paginator_class": "pages are read by compiled SQL",
    "template": "there is no browsable API",
}
"""Attributes of DRF's paginations that are not read, and what to do instead."""


def unusable_paging(paging: object) -> Iterator[str]:
    """Yield a sentence for each attribute of a pagination class that would not be read."""
    if paging is None:
        return
    if not (isinstance(paging, type) and issubclass(paging, PageOrCursorPagination)):
        yield f"pagination_class {getattr(paging, '__name__', paging)} is not one of skeleton.rest.pagination."
        return
    for name, instead in NOT_READ.items():
        if getattr(paging, name, None) is not getattr(CursorPagination, name, None):
            yield f"{paging.__name__}.{name} would not be read: {instead}."


def unusable_backends(backends: Iterable[Any]) -> Iterator[str]:
    """Yield a sentence for each filter backend that declares what the viewset declares itself."""
    for backend in backends:
        if issubclass(backend, (OrderingFilter, DjangoFilterBackend)):
            yield f"{backend.__name__} is not needed: declare ordering_fields and filterset_class."


def ignored_arguments(viewset: type[ApiViewSet], callback: Any) -> Iterator[str]:
    """Yield a sentence for each argument of an @action that would not be read, or names something unusable."""
    given = {name: value for name, value in callback.initkwargs.items() if hasattr(ApiViewSet, name)}
    if "pagination_class" in given and given["pagination_class"] is not viewset.pagination_class:
        yield from unusable_paging(given["pagination_class"])
    if "filter_backends" in given and given["filter_backends"] is not viewset.filter_backends:
        yield from unusable_backends(given["filter_backends"])
    if given.get("list_serializer_class") is not None:
        yield "@action(list_serializer_class=…) would not be read, as it is that of `list`: use serializer_class."
