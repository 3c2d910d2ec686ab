"""The API of parties and countries. One base viewset serves customers, suppliers, partners and employees."""

from dataclasses import asdict
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import F, QuerySet
from django.db.models.fields.json import KT
from django.db.models.functions import Collate, Lower
from django.http import HttpResponse
from rest_framework.request import Request

from parties import services
from parties.choices import PartyKind
from parties.duplicates import possible_duplicates
from parties.filters import CountryFilterSet, PartyFilterSet
from parties.models import KINDS, Country
from parties.serializers import (
    CountryCreateInputSerializer,
    CountryInputSerializer,
    CountrySerializer,
    CreatedCustomerSerializer,
    CreatedEmployeeSerializer,
    CreatedPartySerializer,
    CustomerInputSerializer,
    CustomerSerializer,
    EmployeeCreateInputSerializer,
    EmployeeInputSerializer,
    EmployeeSerializer,
    PartyCreateInputSerializer,
    PartyInputSerializer,
    PartySerializer,
)
from skeleton.rest.actions import action, describe
from skeleton.rest.listing import Ordering
from skeleton.rest.object_checks import enforced_by_services
from skeleton.rest.permissions import HasPermission
from skeleton.rest.serializers import InputSerializer
from skeleton.rest.viewsets import ModelViewSet

_KEYS: dict[str, Any] = {"name": Lower("name"), "email": Lower("email"), "created_at": F("created_at")}


class PartyViewSet(ModelViewSet):
    """Base class: parties of one kind."""

    kind: ClassVar[PartyKind]
    permission_classes = [HasPermission("parties")]
    serializer_class = PartySerializer
    input_serializer_class: ClassVar[type[InputSerializer] | None] = PartyCreateInputSerializer
    update_input_serializer_class: ClassVar[type[InputSerializer] | None] = PartyInputSerializer
    filterset_class = PartyFilterSet
    ordering_fields = _KEYS

    @enforced_by_services
    def get_queryset(self) -> QuerySet[Any]:
        return KINDS[self.kind].objects.visible_to(self.actor)

    @describe(output=CreatedPartySerializer)
    def perform_create(self, serializer: Any) -> UUID:
        """The answer names parties that may be the same: with the same e-mail, tax id, VAT id, phone or name."""
        return services.create_party(kind=self.kind, values=serializer.validated_data, actor=self.actor)

    def read_about_created(self, pk: Any) -> dict[str, object]:
        found = possible_duplicates(kind=self.kind, party_id=pk, actor=self.actor)
        return {"possible_duplicates": [asdict(one) for one in found]} if found else {}

    def perform_update(self, serializer: Any) -> None:
        services.update_party(kind=self.kind, pk=self.pk, values=serializer.validated_data, actor=self.actor)

    @action(detail=True, methods=["patch"], summary="Activate", errors=(404, 409))
    def activate(self, request: Request, pk: str) -> HttpResponse:
        return self._become("activate")

    @action(detail=True, methods=["patch"], summary="Deactivate", errors=(404, 409))
    def deactivate(self, request: Request, pk: str) -> HttpResponse:
        """No new orders, invoices or contracts can be created for the party."""
        return self._become("deactivate")

    @action(detail=True, methods=["patch"], summary="Blacklist", errors=(404, 409))
    def blacklist(self, request: Request, pk: str) -> HttpResponse:
        """No new orders, invoices or contracts can be created for the party."""
        return self._become("blacklist")

    def _become(self, action: str) -> HttpResponse:
        services.change_status(kind=self.kind, pk=self.pk, action=action, actor=self.actor)
        return self.show(self.pk)


class CustomerViewSet(PartyViewSet):
    tag = "Customers"
    kind = PartyKind.CUSTOMER
    permission_classes = [HasPermission("customers", "parties")]
    serializer_class = CustomerSerializer
    input_serializer_class = update_input_serializer_class = CustomerInputSerializer
    ordering_fields = {**_KEYS, "credit_limit": F("credit_limit"), "total_purchases": F("total_purchases")}

    @describe(output=CreatedCustomerSerializer)
    def perform_create(self, serializer: Any) -> UUID:
        return super().perform_create(serializer)


class SupplierViewSet(PartyViewSet):
    tag = "Suppliers"
    kind = PartyKind.SUPPLIER


class PartnerViewSet(PartyViewSet):
    tag = "Partners"
    kind = PartyKind.PARTNER


class EmployeeViewSet(PartyViewSet):
    tag = "Employees"
    kind = PartyKind.EMPLOYEE
    serializer_class = EmployeeSerializer
    input_serializer_class = EmployeeCreateInputSerializer
    update_input_serializer_class = EmployeeInputSerializer

    @describe(output=CreatedEmployeeSerializer)
    def perform_create(self, serializer: Any) -> UUID:
        return super().perform_create(serializer)


class CountryViewSet(ModelViewSet):
    tag = "Countries"
    permission_classes = [HasPermission("countries")]
    serializer_class = CountrySerializer
    input_serializer_class = CountryCreateInputSerializer
    update_input_serializer_class = CountryInputSerializer
    filterset_class = CountryFilterSet
    pagination_class = None
    ordering = Ordering("name", Collate(KT("name__en"), "C"))  # the same order on every database

    @enforced_by_services
    def get_queryset(self) -> QuerySet[Any]:
        return Country.objects.visible_to(self.actor)

    @describe(summary="List all countries")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """Ordered by the English name, without pagination."""
        return super().list(request, *args, **kwargs)

    @action(detail=True, methods=["patch"], summary="Activate the country", errors=(404, 409))
    def activate(self, request: Request, pk: str) -> HttpResponse:
        services.set_country_active(pk=self.pk, active=True, actor=self.actor)
        return self.show(self.pk)

    @action(detail=True, methods=["patch"], summary="Deactivate the country", errors=(404, 409))
    def deactivate(self, request: Request, pk: str) -> HttpResponse:
        services.set_country_active(pk=self.pk, active=False, actor=self.actor)
        return self.show(self.pk)
