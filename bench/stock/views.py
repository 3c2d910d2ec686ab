"""Model viewsets."""

from typing import Any, ClassVar

from rest_framework import permissions, viewsets
from rest_framework.request import Request

from bench.stock.models import Party
from bench.stock.serializers import CustomerSerializer


class RolePermission(permissions.BasePermission):
    """Any one of the view's resources, for reading or for writing."""

    def has_permission(self, request: Request, view: Any) -> bool:
        action = "read" if request.method in permissions.SAFE_METHODS else "write"
        return any(request.user.allowed(f"{resource}:{action}") for resource in view.resources)


class CustomerViewSet(viewsets.ModelViewSet[Party]):
    queryset = Party.customers.prefetch_related("addresses__country").order_by("-id")
    serializer_class = CustomerSerializer
    permission_classes: ClassVar[list[Any]] = [permissions.IsAuthenticated, RolePermission]
    resources = ("customers", "parties")
    filterset_fields: ClassVar[list[str]] = ["status", "currency"]
