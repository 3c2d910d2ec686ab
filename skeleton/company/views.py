"""The API of the company's record."""

from django.http import HttpResponse
from rest_framework.request import Request

from skeleton.company.queries import company_as_json
from skeleton.company.serializers import CompanyInputSerializer, CompanySerializer
from skeleton.company.services import update_company
from skeleton.rest.actions import action, describe
from skeleton.rest.permissions import SIGNED_IN, HasPermission
from skeleton.rest.viewsets import ApiViewSet


class CompanyViewSet(ApiViewSet):
    tag = "Company"
    permission_classes = [HasPermission()]
    serializer_class = CompanySerializer

    @action(detail=False, methods=["get"], summary="Get the company", permission=SIGNED_IN, operation="getCompany")
    def company(self, request: Request) -> HttpResponse:
        """The company as the seller on documents. A sent document keeps what was true when it was sent."""
        self.refuse_query()
        return self._company()

    @company.mapping.put
    @company.mapping.patch
    @describe(
        summary="Change the company",
        permission="accounting:write",
        input=CompanyInputSerializer,
        partial=True,
        errors=(409, 422),
        operation="updateCompany",
    )
    def change_company(self, request: Request) -> HttpResponse:
        """Changes apply to drafts and new documents. Numbers of accounts and taxes are checked by their digits."""
        update_company(values=self.parse(), actor=self.actor)
        return self._company()

    def _company(self) -> HttpResponse:
        return self.answer(CompanySerializer(company_as_json()).data)
