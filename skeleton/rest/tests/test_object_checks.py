"""What a viewset hides takes no changes and no actions, even if a service would find it by its id."""

import pytest
from django.http import HttpResponse

from parties.models import Country
from skeleton.rest.actions import action
from skeleton.rest.tests.newcomer import Caller, LandViewSet

pytestmark = pytest.mark.django_db


def test_what_is_hidden_takes_no_actions_either(lands):
    class ViewSet(LandViewSet):
        @action(detail=True, methods=["post"], summary="Visit", permission="countries:write", status=204)
        def visit(self, request, pk=None):
            visited.append(self.pk)
            return HttpResponse(status=204)

    class Filtered(ViewSet):
        def filter_queryset(self, queryset):
            return queryset.exclude(code="CC")

    class Narrowed(ViewSet):
        def get_queryset(self):
            return super().get_queryset().exclude(code="CC")

    for viewset in (Filtered, Narrowed):
        visited: list[object] = []
        assert Caller(viewset)("post", f"lands/{lands[2].pk}/visit").status_code == 404
        assert Caller(viewset)("post", f"lands/{lands[1].pk}/visit").status_code == 204
        assert visited == [lands[1].pk]


def test_a_narrower_get_queryset_of_a_subclass_hides_from_changes(lands):
    class ViewSet(LandViewSet):
        def perform_update(self, serializer):
            """Writes by the id alone, as a service does that was written for the wider queryset."""
            Country.objects.filter(pk=self.pk).update(**serializer.validated_data)

    class Narrowed(ViewSet):
        def get_queryset(self):
            return super().get_queryset().exclude(code="CC")

    call = Caller(Narrowed)
    assert call("patch", f"lands/{lands[2].pk}", {"region": "x"}).status_code == 404
    assert call("patch", f"lands/{lands[1].pk}", {"region": "x"}).status_code == 200
    assert Country.objects.filter(region="x").get() == lands[1]
