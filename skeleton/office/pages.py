"""Pages of the back office that don't belong to a single table, such as reports.

    @register
    class TrialBalance(Page):
        name, title, resources = "trial-balance", _("Trial balance"), ("accounting",)

The site serves each at `/admin/<name>/`, and the navigation shows it to users who may read it.
"""

from collections.abc import Callable, Collection
from typing import ClassVar, TypeVar

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils.functional import Promise

from skeleton.kernel.actors import Actor
from skeleton.office.parameters import check_known, validates_parameters

ViewWrapper = Callable[[Callable[..., HttpResponseBase]], Callable[..., HttpResponseBase]]


class Page:
    """A read-only page. It requires `<resource>:read` for any of its `resources`, or another `permission` than read."""

    name: ClassVar[str] = ""
    title: ClassVar[str | Promise] = ""
    resources: ClassVar[tuple[str, ...]] = ()
    permission: ClassVar[str] = "read"
    methods: ClassVar[tuple[str, ...]] = ("GET", "HEAD")

    def actor(self, request: HttpRequest) -> Actor:
        """Return the actor. Raises PermissionDenied if the user has no access to the back office."""
        actor: Actor | None = admin.site.actor_of(request)  # type: ignore[attr-defined]
        if actor is None:
            raise PermissionDenied
        return actor

    def urls(self, wrap: ViewWrapper) -> list[URLPattern]:
        """Return the page's routes. `wrap` adds access control and CSRF protection."""
        return [path(f"{self.name}/", wrap(self.view), name=self.name)]

    def can_view(self, request: HttpRequest) -> bool:
        return self.actor(request).can(*(f"{resource}:{self.permission}" for resource in self.resources))

    @validates_parameters
    def view(self, request: HttpRequest) -> HttpResponseBase:
        """Handle a request. The site has already checked access to the back office."""
        if not self.can_view(request):
            raise PermissionDenied
        if request.method not in self.methods:
            return HttpResponse(status=405, headers={"Allow": ", ".join(self.methods)})
        check_known(request, self.accepted_parameters())
        return self.render(request)

    def accepted_parameters(self) -> Collection[str]:
        """Return the query parameters that the page accepts."""
        return ()

    def render(self, request: HttpRequest) -> HttpResponseBase:
        """Return the page, for a user who may read it."""
        raise NotImplementedError

    def context(self, request: HttpRequest) -> dict[str, object]:
        """Return the context that all page templates need."""
        return {**admin.site.each_context(request), "title": self.title}

    @property
    def url(self) -> str:
        return reverse(f"admin:{self.name}")


PageClass = TypeVar("PageClass", bound=type[Page])

_pages: dict[str, Page] = {}


def register(page: PageClass) -> PageClass:
    """Register the page with the back office."""
    _pages[page.name] = page()
    return page


def registered() -> dict[str, Page]:
    """Return all pages by name."""
    return dict(_pages)
