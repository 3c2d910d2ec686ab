"""The API of tax codes."""

from typing import Any

from django.db.models import F, QuerySet

from accounting.filters import TaxCodeFilterSet
from accounting.services.tax_codes import create_tax_code, update_tax_code
from accounting.tax_code_models import TaxCode
from accounting.tax_code_serializers import TaxCodeInputSerializer, TaxCodeSerializer
from skeleton.rest.actions import describe
from skeleton.rest.listing import Ordering
from skeleton.rest.object_checks import enforced_by_services
from skeleton.rest.permissions import HasPermission
from skeleton.rest.viewsets import ModelViewSet


class TaxCodeViewSet(ModelViewSet):
    tag = "Accounting"
    permission_classes = [HasPermission("accounting")]
    serializer_class = TaxCodeSerializer
    input_serializer_class = TaxCodeInputSerializer
    filterset_class = TaxCodeFilterSet
    ordering_fields = {"code": "code", "created_at": F("created_at")}
    ordering = Ordering("code", "code")

    @enforced_by_services
    def get_queryset(self) -> QuerySet[Any]:
        return TaxCode.objects.visible_to(self.actor)

    @describe(summary="Create a tax code")
    def perform_create(self, serializer: Any) -> Any:
        return create_tax_code(values=serializer.validated_data, actor=self.actor)

    def perform_update(self, serializer: Any) -> None:
        """Once a document uses it, category, rate, exemption and account can't be changed. Items follow its rate."""
        update_tax_code(tax_code_id=self.pk, values=serializer.validated_data, actor=self.actor)
