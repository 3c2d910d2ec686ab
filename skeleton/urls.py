"""Every route: the API under /api/v1, its documentation, the back office, health."""

from django.contrib import admin
from django.templatetags.static import static
from django.urls import URLPattern, URLResolver, include, path
from django.utils.functional import lazy
from django.views.generic import RedirectView

from skeleton.rest.documentation import RedocView, SchemaView, SwaggerView
from skeleton.rest.index import IndexViewSet
from skeleton.rest.routing import by_segment
from skeleton.server.health import health, ready

API_PREFIX = "api/v1/"

API: list[URLPattern | URLResolver] = [
    path("", include("skeleton.identity.urls")),
    path("", include("skeleton.audit.urls")),
    path("", include("skeleton.events.urls")),
    path("", include("skeleton.files.urls")),
    path("", include("skeleton.company.urls")),
    path("", include("skeleton.notifications.urls")),
    path("", include("parties.urls")),
    path("", include("accounting.urls")),
    path("", include("messenger.urls")),
    path("", include("inventory.urls")),
    path("", include("contracts.urls")),
    path("", include("billing.urls")),
]

urlpatterns: list[URLPattern | URLResolver] = [
    by_segment(API_PREFIX, API),
    path(API_PREFIX.removesuffix("/"), IndexViewSet.as_view({"get": "index"}), name="index"),
    path(f"{API_PREFIX}schema", SchemaView.as_view(), name="schema"),
    path(f"{API_PREFIX}docs", SwaggerView.as_view(), name="docs"),
    path(f"{API_PREFIX}redoc", RedocView.as_view(), name="redoc"),
    path("swagger/index.html", RedirectView.as_view(pattern_name="docs")),
    path("swagger/doc.json", RedirectView.as_view(url=f"/{API_PREFIX}schema?format=json")),
    path("favicon.ico", RedirectView.as_view(url=lazy(static, str)("backoffice/icon.svg"))),
    path("health", health),
    path("ready", ready),
    path("admin/", admin.site.urls),
    path("", RedirectView.as_view(url="/admin/")),
]

handler400 = "skeleton.backoffice.errors.bad_request"
handler403 = "skeleton.backoffice.errors.forbidden"
handler404 = "skeleton.backoffice.errors.not_found"
handler429 = "skeleton.backoffice.errors.too_many_requests"
handler500 = "skeleton.backoffice.errors.server_error"
