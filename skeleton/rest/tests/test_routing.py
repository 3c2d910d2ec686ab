"""The route table finds the same view as Django's URL resolver."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpResponse
from django.urls import Resolver404, URLResolver, include, path, resolve, reverse
from django.urls.resolvers import RoutePattern

from skeleton.rest.actions import endpoints
from skeleton.rest.routing import by_segment
from skeleton.testkit.client import PREFIX
from skeleton.urls import API, API_PREFIX

ID = "0199c82c-c3e8-7000-8000-000000000001"


def paths():
    """Return a path of every route of the API."""
    for route, _ in endpoints():
        if route.startswith(API_PREFIX):
            yield "/".join(ID if part.startswith("<") else part for part in route.split("/"))


def test_every_route_is_found_as_django_would_find_it():
    slow = URLResolver(RoutePattern(API_PREFIX), API)
    fast = by_segment(API_PREFIX, API)
    found = 0
    for each in paths():
        try:
            expected = slow.resolve(each)
        except Resolver404:  # the documentation's: another part of the site
            continue
        match = fast.resolve(each)
        assert (match.func, match.kwargs, match.url_name) == (expected.func, expected.kwargs, expected.url_name), each
        found += 1
    assert found > 50


def test_the_site_uses_it():
    for route, view in endpoints():
        if route.startswith(API_PREFIX) and "<" not in route:
            assert resolve(f"/{route}").func == view


def test_routes_have_the_names_that_drf_gives_them():
    assert reverse("customer-list") == f"{PREFIX}/customers"
    assert reverse("customer-detail", kwargs={"pk": ID}) == f"{PREFIX}/customers/{ID}"
    assert reverse("customer-blacklist", args=[ID]) == f"{PREFIX}/customers/{ID}/blacklist"


@pytest.mark.parametrize(
    "unknown", ["", "nothing", "customers/", "customers/1/nothing", f"customers/{ID}/", "/customers"]
)
def test_what_no_route_is_for(unknown, anonymous):
    with pytest.raises(Resolver404):
        by_segment(API_PREFIX, API).resolve(f"{API_PREFIX}{unknown}")
    anonymous.get(f"/{unknown}").refused(404)


@pytest.mark.parametrize(
    "pattern",
    [
        path("<pk>/lines", lambda request: HttpResponse()),
        path("files/<path:name>", lambda request: HttpResponse()),
        path("shop/", include([path("items", lambda request: HttpResponse())])),
        path("", include(([path("items", lambda request: HttpResponse())], "shop"))),
    ],
)
def test_what_has_no_fixed_shape_is_refused(pattern):
    with pytest.raises(ImproperlyConfigured):
        by_segment("api/", [pattern]).resolve("api/items")
