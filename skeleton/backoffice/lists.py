"""Links to the lists behind numbers, and the permissions to see them.

A list is identified by its model (`billing.invoice`), a page that is not a list by its route (`admin:messenger`).
"""

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from skeleton.office import pages
from skeleton.office.admins import ReadOnlyAdmin


def admin_for_model(model: str) -> ReadOnlyAdmin | None:
    """Return the admin of a model (`billing.invoice`), or None if there is none."""
    screens: dict[str, Any] = {known._meta.label_lower: screen for known, screen in admin.site._registry.items()}
    return screens.get(model)


class ListLinks:
    """The back office's lists, for the user of a request."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    def can_view(self, model: str) -> bool:
        if ":" in model:
            page = pages.registered().get(model.partition(":")[2])
            return page is not None and page.can_view(self.request)
        screen = admin_for_model(model)
        return screen is not None and screen.has_view_permission(self.request)

    def rows(self, model: str) -> QuerySet[Model]:
        """Return the rows of the list."""
        return _require_admin(model).get_queryset(self.request)

    def changelist_url(self, model: str, *, sort: str = "", **query: Any) -> str:
        """Return the list's URL with `query` as its filter parameters, sorted by the column with the order `sort`."""
        screen = _require_admin(model)
        if sort:
            query["o"] = self._column(screen, sort)
        return f"{screen.changelist_url}?{urlencode(query)}" if query else screen.changelist_url

    def change_url(self, model: str, pk: Any) -> str:
        """Return the URL of one row's page."""
        return _require_admin(model).change_url_by_pk(pk)

    def _column(self, screen: ReadOnlyAdmin, sort: str) -> str:
        """Return the value of the list's `o` parameter for the order `sort` (`-total`: descending)."""
        field, sign = sort.removeprefix("-"), "-" if sort.startswith("-") else ""
        orders = [getattr(column, "admin_order_field", column) for column in screen.get_list_display(self.request)]
        boxes = 1 if screen.get_actions(self.request) else 0  # the column of checkboxes comes first
        return f"{sign}{orders.index(field) + boxes}"


def _require_admin(model: str) -> ReadOnlyAdmin:
    screen = admin_for_model(model)
    if screen is None:
        raise LookupError(f"There is no screen of {model}.")
    return screen
