"""Compares a view's compiled reads with the results of Django's querysets, django-filter's filters and DRF's fields.

`check_reads(CustomerViewSet, actor, search=["acme"], country=["US"])` tests every filter and every order.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from unittest import mock

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Model, QuerySet, Value
from django.db.models.functions import JSONArray
from django.http import QueryDict
from django.utils.http import urlencode
from rest_framework import serializers

from skeleton.kernel.actors import Actor
from skeleton.rest import compiled
from skeleton.rest.compiled import CompiledQuery, compiled_query_of
from skeleton.rest.computed_fields import Child, Children, FromColumns
from skeleton.rest.filters import BooleanFilter, ChoiceFilter, FilterSet
from skeleton.rest.http import dump_json
from skeleton.rest.listing import ListQuery, parse_list_query
from skeleton.rest.pagination import PageOrCursorPagination
from skeleton.rest.rows import queryset_of
from skeleton.rest.viewsets import ApiViewSet

Shape = dict[str, str]


def check_reads(view: type[ApiViewSet], actor: Actor, **samples: Sequence[str]) -> None:
    """Compare every read of `view`. `samples` are raw values for each filter except choices and booleans.

    There must be at least four rows, and each filter must match a row with one of its values; otherwise the comparison
    would prove nothing.
    """
    for query in _orders(view):
        assert _compare(view, actor, query) > 3, f"{view.__name__}: too few rows to fill two pages of two"
    combined: Shape = {}
    for name, values in _samples(view.filterset_class, samples).items():
        found = [_compare(view, actor, {name: value}) for value in values]
        assert any(found), f"{view.__name__}: no sample of {name} finds anything"
        combined[name] = values[0]
    _compare(view, actor, combined)
    serializer_class: Any = view.serializer_class
    for row in queryset_of(view, actor)[:5]:
        ours = json.loads(dump_json(compiled_query_of(serializer_class).one(queryset_of(view, actor), row.pk)))
        plain = represent(serializer_class(), row)
        assert ours == plain, f"{view.__name__}: {row.pk}"


def _orders(view: type[ApiViewSet]) -> Iterator[Shape]:
    yield {}
    yield {"sort_order": "asc"}
    for name in view.ordering_fields:
        yield {"sort_by": name}
        yield {"sort_by": name, "sort_order": "desc"}


def _samples(filterset: type[FilterSet] | None, given: Mapping[str, Sequence[str]]) -> dict[str, Sequence[str]]:
    found: dict[str, Sequence[str]] = {}
    for name, each in (filterset.base_filters if filterset else {}).items():
        if isinstance(each, BooleanFilter):
            found[name] = ["true", "false"]
        elif isinstance(each, ChoiceFilter):
            found[name] = [str(value) for value, _ in each.extra["choices"]]
        else:
            assert name in given, f"give samples of the filter {name}"
        if name in given:
            found[name] = given[name]
    return found


def _compare(view: type[ApiViewSet], actor: Actor, asked: Shape) -> int:
    """Compare all pages, then all steps of the cursor. Return the number of rows."""
    query = _parse(view, {**asked, "limit": "2"})
    serializer_class: Any = view.list_serializer_class or view.serializer_class
    plain = [represent(serializer_class(), row) for row in _plain(view, actor, query)]
    for deep in () if _paging(view).cursor_only else (compiled.DEEP_OFFSET, 0):
        with mock.patch.object(compiled, "DEEP_OFFSET", deep):  # so that every page counts as a deep one
            assert list(_pages(view, actor, asked, len(plain))) == plain, f"{view.__name__} {asked} by page, {deep=}"
    assert list(_steps(view, actor, asked)) == plain, f"{view.__name__} {asked} by cursor"
    return len(plain)


def _parse(view: type[ApiViewSet], asked: Shape) -> ListQuery:
    return parse_list_query(
        QueryDict(urlencode(asked)),
        filterset=view.filterset_class,
        ordering=view().get_ordering(),
        ordering_fields=view.ordering_fields,
        cursor_only=_paging(view).cursor_only,
        plain_cursor=_paging(view).plain_cursor,
    )


def _plain(view: type[ApiViewSet], actor: Actor, query: ListQuery) -> QuerySet[Model]:
    """Return the same rows from the ORM, with values in place of parameters."""
    rows = queryset_of(view, actor)
    if view.filterset_class:
        bound = view.filterset_class.bind(query.filters)
        filterset = view.filterset_class(data={}, queryset=rows)
        for name in query.filters:
            rows = filterset.filters[name].filter(rows, bound[name])
    return rows.order_by(*query.ordering.order_by())


def _pages(view: type[ApiViewSet], actor: Actor, asked: Shape, total: int) -> Iterator[object]:
    page, more = 1, True
    while more:
        answer = _compiled_query(view).page(
            queryset_of(view, actor), _parse(view, {**asked, "limit": "2", "page": str(page)})
        )
        assert answer["total"] == total, f"{view.__name__} {asked}: the total on page {page}"
        yield from json.loads(dump_json(answer["items"]))
        page, more = page + 1, answer["has_more"]


def _steps(view: type[ApiViewSet], actor: Actor, asked: Shape) -> Iterator[object]:
    cursor: str | None = ""
    while cursor is not None:
        answer = _compiled_query(view).cursor_page(
            queryset_of(view, actor),
            _parse(view, {**asked, "limit": "2", "cursor": cursor}),
            plain=_paging(view).plain_cursor,
        )
        yield from json.loads(dump_json(answer["items"]))
        cursor = answer["next_cursor"]


def _compiled_query(view: type[ApiViewSet]) -> CompiledQuery:
    serializer_class = view.list_serializer_class or view.serializer_class
    assert serializer_class
    return compiled_query_of(serializer_class, view.filterset_class)


def _paging(view: type[ApiViewSet]) -> type[PageOrCursorPagination]:
    return view.pagination_class or PageOrCursorPagination


def represent(serializer: Any, row: object) -> dict[str, object]:
    """Return the JSON of `row`, a model instance, as DRF's own fields serialize it."""
    written: dict[str, object] = {}
    for name, field in serializer.fields.items():
        if field.write_only:
            continue
        if isinstance(field, Children):
            children = [represent(field.child(), child) for child in _children(field, row)]
            written[name] = next(iter(children), None) if isinstance(field, Child) else children
        elif isinstance(field, FromColumns):
            written[name] = field.to_representation(row)
        elif isinstance(field, serializers.BaseSerializer):
            inner = field.get_attribute(row)
            written[name] = None if inner is None else represent(field, inner)
        else:
            value = field.get_attribute(row)
            written[name] = None if value is None else field.to_representation(value)
    return json.loads(dump_json(written))  # type: ignore[no-any-return]


def _children(field: Children, row: Any) -> list[object]:
    """Return the children of one parent as instances, in order. Their key may have several columns."""
    columns = [part.attname for part in field.rows.model._meta.pk_fields]
    fields = {field.attname for field in row._meta.concrete_fields}
    annotated = {name: Value(value) for name, value in vars(row).items() if name not in fields and name[0] != "_"}
    parents = type(row)._base_manager.filter(pk=row.pk).annotate(**annotated)
    found = parents.values_list(ArraySubquery(field.rows.values_list(JSONArray(*columns))), flat=True)[0]
    keys = [json.loads(key) if isinstance(key, str) else key for key in found]
    children = field.rows.all()
    children.query.where = type(children.query.where)()  # without the condition on the parent: the keys replace it
    narrowed = children.filter(**{f"{columns[0]}__in": [key[0] for key in keys]})
    by_key = {tuple(str(getattr(child, column)) for column in columns): child for child in narrowed}
    return [by_key[tuple(map(str, key))] for key in keys]
