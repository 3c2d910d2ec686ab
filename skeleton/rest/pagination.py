"""Pagination of lists, as DRF's `pagination_class`: by pages or by cursor, by cursor only, or (None) not at all."""

from typing import TYPE_CHECKING, Any, ClassVar

from django.http import HttpResponse
from rest_framework.pagination import BasePagination
from rest_framework.request import Request

from skeleton.rest.http import JsonResponse
from skeleton.rest.listing import DEFAULT_LIMIT, MAX_LIMIT, ListQuery, parse_list_query

if TYPE_CHECKING:
    from skeleton.rest.viewsets import ApiViewSet


class PageOrCursorPagination(BasePagination):
    """Pages with a total (`?page=`), or a cursor (`?cursor=`), whose cost does not grow with depth."""

    page_size: ClassVar[int] = DEFAULT_LIMIT
    max_page_size: ClassVar[int] = MAX_LIMIT
    cursor_only: ClassVar[bool] = False
    plain_cursor: ClassVar[bool] = False
    """Whether a cursor is the last id itself."""

    def parse(self, request: Request, view: "ApiViewSet") -> ListQuery:
        """Parse the parameters of the list. Raises BadRequest."""
        return parse_list_query(
            request.query_params,
            filterset=view.filterset_class,
            ordering=view.get_ordering(),
            ordering_fields=view.ordering_fields,
            cursor_only=self.cursor_only,
            plain_cursor=self.plain_cursor,
            extra=view.get_extra_parameters(),
            limits=(self.page_size, self.max_page_size),
        )

    def paginate_queryset(self, queryset: object, request: Request, view: Any = None) -> Any:
        """Return the page: its serialized items and its position."""
        query = self.parse(request, view)
        compiled_query = view.get_compiled_query()
        if query.cursor is not None:
            return compiled_query.cursor_page(queryset, query, plain=self.plain_cursor)
        return compiled_query.page(queryset, query)

    def get_paginated_response(self, data: object) -> HttpResponse:  # type: ignore[override]
        return JsonResponse(data)


class CursorPagination(PageOrCursorPagination):
    """Pagination by cursor only, for lists where numbered pages would be slow or unstable."""

    cursor_only = True


class PlainCursorPagination(CursorPagination):
    """Pagination by cursor, where the cursor is the last id."""

    plain_cursor = True
