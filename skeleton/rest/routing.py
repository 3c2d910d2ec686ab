"""The router of the API, and finding the view of a path by a look into a table.

Django tries every pattern in turn, and an API has a hundred: that took a sixth of the time of a small request. Under
`by_segment` a path is held only against the patterns that begin with its own first segment and have as many segments.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from functools import cached_property

from django.core.exceptions import ImproperlyConfigured
from django.urls import Resolver404, ResolverMatch, URLPattern, URLResolver
from django.urls.resolvers import RoutePattern
from rest_framework.routers import SimpleRouter
from rest_framework.viewsets import ViewSetMixin

Shape = tuple[str, int]
"""A path's first segment, and how many slashes it has."""


class ApiRouter(SimpleRouter):
    """DRF's router, without slashes at the end and with Django's path patterns (`<pk>`).

    Names are DRF's: `customer-list`, `customer-detail`, `customer-activate` for a CustomerViewSet. Prefixes and
    `url_path` may have parameters themselves: `invoices/<pk>/payments`.
    """

    def __init__(self) -> None:
        super().__init__(trailing_slash=False, use_regex_path=False)

    def get_default_basename(self, viewset: type[ViewSetMixin]) -> str:
        words: list[str] = re.findall("[A-Z][a-z0-9]*", viewset.__name__.removesuffix("ViewSet"))
        return "-".join(words).lower()

    def get_lookup_regex(self, viewset: type[ViewSetMixin], lookup_prefix: str = "") -> str:
        found: str = super().get_lookup_regex(viewset, lookup_prefix)
        return found.replace("<str:", "<")

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """DRF's patterns. Raises ImproperlyConfigured where two are of one path: the second would never be asked."""
        found: list[URLPattern | URLResolver] = super().get_urls()
        for route, times in Counter(str(each.pattern) for each in found).items():
            if times > 1:
                raise ImproperlyConfigured(f"Two actions share the path {route!r}: put one into the other's mapping.")
        return found


def by_segment(prefix: str, patterns: Sequence[URLPattern | URLResolver]) -> URLResolver:
    """Like `path(prefix, include(patterns))`; names are reversed as ever.

    Each route begins with a literal segment and is of a fixed number of segments (no `<path:…>`); what is included
    adds no prefix, namespace or arguments. Raises ImproperlyConfigured, at the first request, for any other.
    """
    return SegmentResolver(RoutePattern(prefix), list(patterns))


class SegmentResolver(URLResolver):
    @cached_property
    def by_shape(self) -> dict[Shape, list[URLPattern | URLResolver]]:
        found: dict[Shape, list[URLPattern | URLResolver]] = defaultdict(list)
        for pattern in _url_patterns(self.url_patterns):
            route = str(pattern.pattern)
            head, _, _ = route.partition("/")
            if "<" in head or "<path:" in route:
                raise ImproperlyConfigured(f"The route {route!r} has no fixed shape.")
            found[head, route.count("/")].append(pattern)
        return dict(found)

    def resolve(self, path: str) -> ResolverMatch:
        within = self.pattern.match(str(path))
        if within:
            rest, _, _ = within
            head, _, _ = rest.partition("/")
            for pattern in self.by_shape.get((head, rest.count("/")), ()):
                found = pattern.resolve(rest)
                if found:
                    return found
        raise Resolver404({"path": path})


def _url_patterns(patterns: Sequence[URLPattern | URLResolver]) -> Iterator[URLPattern]:
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            yield pattern
        elif str(pattern.pattern) or pattern.namespace or pattern.default_kwargs:
            raise ImproperlyConfigured(f"What is included under {str(pattern.pattern)!r} may add nothing of its own.")
        else:
            yield from _url_patterns(pattern.url_patterns)
