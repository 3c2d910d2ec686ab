"""Exceptions, renderers and users in hooks of DRF's; see `test_hooks`."""

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from rest_framework import exceptions as drf
from rest_framework.permissions import AllowAny
from rest_framework.renderers import BaseRenderer

from skeleton.kernel.errors import Unauthorized
from skeleton.rest.permissions import HasPermission
from skeleton.rest.tests.newcomer import Caller, LandViewSet

pytestmark = pytest.mark.django_db


class Gone(drf.APIException):
    status_code, default_detail, default_code = 410, "It is gone.", "gone"


ERRORS = [
    (Gone(), 410, {"error": "gone", "message": "It is gone."}),
    (Gone("Moved away.", "moved"), 410, {"error": "moved", "message": "Moved away."}),
    (Gone({"code": ["Is old."]}), 410, {"error": "gone", "message": "It is gone.", "details": {"code": "Is old."}}),
    (drf.APIException("The register is closed."), 500, {"error": "error", "message": "The register is closed."}),
    (PermissionDenied("Only on Mondays."), 403, {"error": "forbidden", "message": "Only on Mondays."}),
    (PermissionDenied(), 403, {"error": "forbidden", "message": "You may not do this."}),
    (drf.Throttled(wait=5), 429, {"error": "rate_limit_exceeded", "message": "Too many requests."}),
]


@pytest.mark.parametrize("error, status, body", ERRORS)
def test_exceptions_of_a_hook(lands, error: Exception, status, body):
    def get_queryset(self: Any) -> Any:
        raise error

    answer = Caller(type("ViewSet", (LandViewSet,), {"get_queryset": get_queryset}))("get")
    assert answer.status_code == status
    assert {name: value for name, value in answer.data_sent.items() if name != "request_id"} == body


def test_the_text_of_a_throttle(lands):
    def check_throttles(self: Any, request: Any) -> None:
        raise drf.Throttled(wait=5, detail="One export a day.")

    answer = Caller(type("ViewSet", (LandViewSet,), {"check_throttles": check_throttles}))("get")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "5")
    assert answer.data_sent["message"].startswith("One export a day.")


class LineRenderer(BaseRenderer):
    media_type, format, charset = "text/x-lines", "lines", "utf-8"

    def render(self, data, accepted_media_type=None, renderer_context=None):
        return " ".join(data).encode()


def test_renderer_classes(lands):
    class ViewSet(LandViewSet):
        renderer_classes = [LineRenderer, *LandViewSet.renderer_classes]

    call = Caller(ViewSet)
    for route, keys in (("lands", "items total"), (f"lands/{lands[0].pk}", "id code region")):
        answer = call.sent("get", route)
        assert answer.headers["Content-Type"].startswith("text/x-lines")
        assert answer.content.decode().startswith(keys)
    assert call("get", accept="application/json").data_sent["total"] == 3


class TestAllowAny:
    def test_a_user_is_known(self, lands):
        class ViewSet(LandViewSet):
            permission_classes = [AllowAny]

            def get_permissions(self):
                return [AllowAny()] if self.request.method == "GET" else [HasPermission("countries")]

        path = f"lands/{lands[0].pk}"
        assert Caller(ViewSet)("patch", path, {"region": "Asia"}).status_code == 200
        assert Caller(ViewSet, "x:read")("patch", path, {"region": "Asia"}).status_code == 403
        anonymous = Caller(ViewSet, anonymous=True)
        assert anonymous("get", path).status_code == 200
        assert anonymous("patch", path, {"region": "Asia"}).status_code == Unauthorized.status
