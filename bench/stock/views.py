"""Model viewsets."""

from typing import Any, ClassVar

from django.db.models import Q, Sum
from django.db.models.functions import Coalesce
from rest_framework import permissions, viewsets
from rest_framework.request import Request
from rest_framework.serializers import BaseSerializer

from bench.stock.models import Invoice, Order, Party, StockRow
from bench.stock.serializers import (
    CustomerSerializer,
    InvoiceRowSerializer,
    InvoiceSerializer,
    OrderRowSerializer,
    StockSerializer,
)


class RolePermission(permissions.BasePermission):
    """Requires the read or write permission on any one of the view's resources."""

    def has_permission(self, request: Request, view: Any) -> bool:
        action = "read" if request.method in permissions.SAFE_METHODS else "write"
        return any(request.user.allowed(f"{resource}:{action}") for resource in view.resources)


class CustomerViewSet(viewsets.ModelViewSet[Party]):
    queryset = Party.customers.prefetch_related("addresses__country").order_by("-id")
    serializer_class = CustomerSerializer
    permission_classes: ClassVar[list[Any]] = [permissions.IsAuthenticated, RolePermission]
    resources = ("customers", "parties")
    filterset_fields: ClassVar[list[str]] = ["status", "currency"]


class InvoiceViewSet(viewsets.ModelViewSet[Invoice]):
    queryset = Invoice.objects.order_by("-id")
    permission_classes: ClassVar[list[Any]] = [permissions.IsAuthenticated, RolePermission]
    resources = ("invoices",)
    filterset_fields: ClassVar[list[str]] = ["status", "currency"]

    def get_serializer_class(self) -> type[BaseSerializer[Invoice]]:
        return InvoiceRowSerializer if self.action == "list" else InvoiceSerializer


class OrderViewSet(viewsets.ModelViewSet[Order]):
    queryset = Order.objects.annotate(
        invoiced_total=Coalesce(Sum("invoices__total", filter=~Q(invoices__status="cancelled")), 0)
    ).order_by("-id")
    serializer_class = OrderRowSerializer
    permission_classes: ClassVar[list[Any]] = [permissions.IsAuthenticated, RolePermission]
    resources = ("orders",)
    filterset_fields: ClassVar[list[str]] = ["status", "currency"]


class StockViewSet(viewsets.ModelViewSet[StockRow]):
    queryset = StockRow.objects.select_related("item", "warehouse").order_by("-id")
    serializer_class = StockSerializer
    permission_classes: ClassVar[list[Any]] = [permissions.IsAuthenticated, RolePermission]
    resources = ("inventory",)
    filterset_fields: ClassVar[list[str]] = ["warehouse", "item"]
