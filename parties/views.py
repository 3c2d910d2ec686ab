"""The API of parties and countries. Customers, suppliers, partners and employees are one view, four times."""

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import F
from django.db.models.fields.json import KT
from django.db.models.functions import Collate, Lower
from django.http import HttpResponse
from rest_framework.request import Request

from parties import services
from parties.access import COUNTRIES, PARTIES
from parties.choices import PartyKind
from parties.filters import CountryFilters, PartyFilters
from parties.models import Country
from parties.serializers import (
    CountryCreateInput,
    CountryInput,
    CountryOutput,
    CustomerInput,
    CustomerOutput,
    EmployeeCreateInput,
    EmployeeInput,
    EmployeeOutput,
    PartyCreateInput,
    PartyInput,
    PartyOutput,
)
from skeleton.rest.http import JsonResponse
from skeleton.rest.listing import NEWEST_FIRST, Sort, Sorting, everything, parse_filters
from skeleton.rest.operations import operation
from skeleton.rest.serializers import Input, Output
from skeleton.rest.views import READ, WRITE, RecordView

_KEYS: dict[str, Any] = {"name": Lower("name"), "email": Lower("email"), "created_at": F("created_at")}


class PartyView(RecordView):
    """Parties of one kind."""

    kind: ClassVar[PartyKind]
    resources: ClassVar[tuple[str, ...]] = ("parties",)
    output: ClassVar[type[Output]] = PartyOutput
    create_input: ClassVar[type[Input]] = PartyCreateInput
    update_input: ClassVar[type[Input]] = PartyInput
    filterset = PartyFilters
    sorting = Sorting(_KEYS, NEWEST_FIRST)

    def add(self, values: dict[str, Any]) -> UUID:
        return services.create_party(kind=self.kind, values=values, actor=self.actor)

    def change(self, pk: UUID, values: dict[str, Any]) -> None:
        services.update_party(kind=self.kind, pk=pk, values=values, actor=self.actor)

    @operation("PATCH", "/<pk>/activate", access=WRITE, summary="Make active", output="output", errors=(404, 409))
    def activate(self, request: Request, pk: str) -> HttpResponse:
        return self._become("activate")

    @operation("PATCH", "/<pk>/deactivate", access=WRITE, summary="Make inactive", output="output", errors=(404, 409))
    def deactivate(self, request: Request, pk: str) -> HttpResponse:
        """No new order, invoice or contract can be made for it."""
        return self._become("deactivate")

    @operation("PATCH", "/<pk>/blacklist", access=WRITE, summary="Blacklist", output="output", errors=(404, 409))
    def blacklist(self, request: Request, pk: str) -> HttpResponse:
        """No new order, invoice or contract can be made for it."""
        return self._become("blacklist")

    def _become(self, action: str) -> HttpResponse:
        services.change_status(kind=self.kind, pk=self.pk, action=action, actor=self.actor)
        return self.show(self.pk)


class CustomerView(PartyView):
    tag = "Customers"
    kind = PartyKind.CUSTOMER
    resources = ("customers", "parties")
    gate = PARTIES[kind]
    output = CustomerOutput
    create_input = update_input = CustomerInput
    sorting = Sorting(
        {**_KEYS, "credit_limit": F("credit_limit"), "total_purchases": F("total_purchases")}, NEWEST_FIRST
    )


class SupplierView(PartyView):
    tag = "Suppliers"
    kind = PartyKind.SUPPLIER
    gate = PARTIES[kind]


class PartnerView(PartyView):
    tag = "Partners"
    kind = PartyKind.PARTNER
    gate = PARTIES[kind]


class EmployeeView(PartyView):
    tag = "Employees"
    kind = PartyKind.EMPLOYEE
    gate = PARTIES[kind]
    output = EmployeeOutput
    create_input = EmployeeCreateInput
    update_input = EmployeeInput


class CountryView(RecordView):
    tag = "Countries"
    resources = ("countries",)
    model = Country
    gate = COUNTRIES
    output = CountryOutput
    create_input = CountryCreateInput
    update_input = CountryInput
    filterset = CountryFilters
    by_name = Sort("name", Collate(KT("name__en"), "C"))  # the same order on every database

    @operation("GET", "", access=READ, summary="List all", output="output", envelope="list", errors=(400,))
    def list(self, request: Request) -> HttpResponse:
        """All countries by their English name, not paged."""
        query = everything(self.by_name, parse_filters(request.query_params, self.filterset))
        return JsonResponse({"data": self.reader().every(self.actor, query)})

    @operation("PATCH", "/<pk>/activate", access=WRITE, summary="Offer it", output="output", errors=(404, 409))
    def activate(self, request: Request, pk: str) -> HttpResponse:
        services.switch_country(pk=self.pk, active=True, actor=self.actor)
        return self.show(self.pk)

    @operation("PATCH", "/<pk>/deactivate", access=WRITE, summary="Offer it no longer", output="output",
               errors=(404, 409))  # fmt: skip
    def deactivate(self, request: Request, pk: str) -> HttpResponse:
        services.switch_country(pk=self.pk, active=False, actor=self.actor)
        return self.show(self.pk)
