"""Pages of the back office that are not about the rows of one table: reports, and whatever else people open by name.

    @register
    class TrialBalance(Page):
        name, title, resources = "trial-balance", _("Trial balance"), ("accounting",)

The site gives each its address, `/admin/<name>/`, and the navigation shows it to whoever may read it.
"""

from collections.abc import Callable, Collection
from typing import ClassVar, TypeVar

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils.functional import Promise

from skeleton.kernel.actors import Actor
from skeleton.office.parameters import checks_parameters, refuse_unknown

Wrap = Callable[[Callable[..., HttpResponseBase]], Callable[..., HttpResponseBase]]


class Page:
    """One page. It changes nothing, so `<resource>:read` for any of its `resources` opens it."""

    name: ClassVar[str] = ""
    title: ClassVar[str | Promise] = ""
    resources: ClassVar[tuple[str, ...]] = ()

    def actor(self, request: HttpRequest) -> Actor:
        """Who asks. Raises PermissionDenied for somebody who may not be in the back office at all."""
        actor: Actor | None = admin.site.actor_of(request)  # type: ignore[attr-defined]
        if actor is None:
            raise PermissionDenied
        return actor

    def urls(self, wrap: Wrap) -> list[URLPattern]:
        """The page's addresses; `wrap` is what keeps strangers out, and forged requests."""
        return [path(f"{self.name}/", wrap(self.view), name=self.name)]

    def may_read(self, request: HttpRequest) -> bool:
        return self.actor(request).can(*(f"{resource}:read" for resource in self.resources))

    @checks_parameters
    def view(self, request: HttpRequest) -> HttpResponseBase:
        """What the address answers. The site has asked already whether this is somebody of the back office."""
        if not self.may_read(request):
            raise PermissionDenied
        if request.method not in ("GET", "HEAD"):
            return HttpResponse(status=405, headers={"Allow": "GET, HEAD"})
        refuse_unknown(request, self.accepted())
        return self.show(request)

    def accepted(self) -> Collection[str]:
        """The query parameters that the page accepts."""
        return ()

    def show(self, request: HttpRequest) -> HttpResponseBase:
        """The page, to somebody who may read it."""
        raise NotImplementedError

    def context(self, request: HttpRequest) -> dict[str, object]:
        """What every page's template needs."""
        return {**admin.site.each_context(request), "title": self.title}

    @property
    def address(self) -> str:
        return reverse(f"admin:{self.name}")


Made = TypeVar("Made", bound=type[Page])

_pages: dict[str, Page] = {}


def register(page: Made) -> Made:
    """Make the page part of the back office."""
    _pages[page.name] = page()
    return page


def registered() -> dict[str, Page]:
    """All pages by name."""
    return dict(_pages)
