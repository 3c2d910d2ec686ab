"""The API of the catalogue, warehouses and stock."""

from typing import Any

from django.db.models import F, QuerySet
from django.db.models.functions import Lower
from django.http import HttpResponse
from rest_framework.request import Request

from inventory.filters import (
    CategoryFilterSet,
    ItemFilterSet,
    MovementFilterSet,
    ReservationFilterSet,
    StockFilterSet,
    WarehouseFilterSet,
)
from inventory.models import Category, Item, Movement, Reservation, Stock, Warehouse
from inventory.queries import category_tree
from inventory.serializers import (
    AdjustInputSerializer,
    CategoryInputSerializer,
    CategoryNodeSerializer,
    CategorySerializer,
    IssueInputSerializer,
    ItemCreateInputSerializer,
    ItemSerializer,
    ItemUpdateInputSerializer,
    MovementSerializer,
    ReceiptInputSerializer,
    ReorderInputSerializer,
    ReservationSerializer,
    ReserveInputSerializer,
    StockSerializer,
    TransferInputSerializer,
    TransferSerializer,
    WarehouseInputSerializer,
    WarehouseSerializer,
)
from inventory.services import categories, items, reservations, stock
from skeleton.rest.actions import action, describe
from skeleton.rest.compiled import compiled_query_of
from skeleton.rest.http import JsonResponse
from skeleton.rest.object_checks import enforced_by_services
from skeleton.rest.permissions import HasPermission
from skeleton.rest.viewsets import DestroyMixin, ModelViewSet, ReadOnlyModelViewSet


class CategoryViewSet(DestroyMixin, ModelViewSet):
    tag = "Catalogue"
    permission_classes = [HasPermission("catalog")]
    serializer_class = CategorySerializer
    input_serializer_class = CategoryInputSerializer
    filterset_class = CategoryFilterSet
    ordering_fields = {"name": Lower("name"), "created_at": F("created_at")}

    @enforced_by_services
    def get_queryset(self) -> QuerySet[Any]:
        return Category.objects.visible_to(self.actor)

    @action(
        detail=False,
        methods=["get"],
        summary="Get all categories as a tree",
        output=CategoryNodeSerializer,
        envelope="list",
        errors=(400,),
        operation="getCategoryTree",
    )
    def tree(self, request: Request) -> HttpResponse:
        self.refuse_query()
        return JsonResponse({"data": category_tree()})

    def perform_update(self, serializer: Any) -> None:
        categories.update_category(category_id=self.pk, values=serializer.validated_data, actor=self.actor)


class ItemViewSet(ModelViewSet):
    tag = "Catalogue"
    permission_classes = [HasPermission("catalog")]
    serializer_class = ItemSerializer
    input_serializer_class = ItemCreateInputSerializer
    update_input_serializer_class = ItemUpdateInputSerializer
    filterset_class = ItemFilterSet
    ordering_fields = {
        "sku": Lower("sku"),
        "name": Lower("name"),
        "unit_price": F("unit_price"),
        "created_at": F("created_at"),
    }

    @enforced_by_services
    def get_queryset(self) -> QuerySet[Any]:
        return Item.objects.visible_to(self.actor)

    def perform_create(self, serializer: Any) -> Any:
        return items.create_item(values=serializer.validated_data, actor=self.actor)

    def perform_update(self, serializer: Any) -> None:
        """The tax rate of an item with a tax code is the code's."""
        items.update_item(item_id=self.pk, values=serializer.validated_data, actor=self.actor)


class WarehouseViewSet(ModelViewSet):
    tag = "Inventory"
    permission_classes = [HasPermission("inventory")]
    serializer_class = WarehouseSerializer
    input_serializer_class = WarehouseInputSerializer
    filterset_class = WarehouseFilterSet
    ordering_fields = {"name": Lower("name"), "created_at": F("created_at")}

    def get_queryset(self) -> QuerySet[Any]:
        return Warehouse.objects.visible_to(self.actor)


class StockViewSet(ModelViewSet):
    tag = "Inventory"
    object_names = ("stock level", "stock levels")
    permission_classes = [HasPermission("inventory")]
    serializer_class = StockSerializer
    input_serializer_class = ReceiptInputSerializer
    update_input_serializer_class = ReorderInputSerializer
    filterset_class = StockFilterSet
    ordering_fields = {"sku": Lower("item__sku"), "quantity": F("quantity")}

    @enforced_by_services
    def get_queryset(self) -> QuerySet[Any]:
        return Stock.objects.visible_to(self.actor)

    @describe(summary="Receive goods, also of an item not in stock before")
    def perform_create(self, serializer: Any) -> Any:
        return stock.receive_stock(actor=self.actor, **serializer.validated_data)

    @describe(summary="Set the reorder point and quantity", errors=(404, 422))
    def perform_update(self, serializer: Any) -> None:
        stock.set_reorder_levels(stock_id=self.pk, values=serializer.validated_data, actor=self.actor)

    @action(
        detail=False,
        methods=["post"],
        summary="Receive goods",
        input=ReceiptInputSerializer,
        errors=(409, 422),
        operation="receiveStock",
    )
    def receipt(self, request: Request) -> HttpResponse:
        return self.show(stock.receive_stock(actor=self.actor, **self.parse()))

    @action(
        detail=False,
        methods=["post"],
        summary="Issue unreserved goods",
        input=IssueInputSerializer,
        errors=(409, 422),
        operation="issueStock",
    )
    def issue(self, request: Request) -> HttpResponse:
        return self.show(stock.issue_stock(actor=self.actor, **self.parse()))

    @action(
        detail=True,
        methods=["post"],
        summary="Correct the quantity on hand",
        input=AdjustInputSerializer,
        errors=(404, 409, 422),
        operation="adjustStock",
    )
    def adjust(self, request: Request, pk: str) -> HttpResponse:
        values = self.parse()
        stock.adjust_stock(stock_id=self.pk, change=values.pop("quantity"), actor=self.actor, **values)
        return self.show(self.pk)

    @action(
        detail=False,
        methods=["post"],
        summary="Move goods to another warehouse",
        input=TransferInputSerializer,
        output=TransferSerializer,
        errors=(409, 422),
        operation="transferStock",
    )
    def transfer(self, request: Request) -> HttpResponse:
        done = stock.transfer_stock(actor=self.actor, **self.parse())
        body = {
            "movement": compiled_query_of(MovementSerializer).one(
                Movement.objects.visible_to(self.actor), done.movement_id
            ),
            "from": self.read_one(done.from_stock_id),
            "to": self.read_one(done.to_stock_id),
        }
        return JsonResponse(body)

    @action(
        detail=False,
        methods=["post"],
        summary="Reserve stock",
        input=ReserveInputSerializer,
        output=ReservationSerializer,
        status=201,
        location="../reservations/{id}",
        errors=(409, 422),
        operation="reserveStock",
    )
    def reserve(self, request: Request) -> HttpResponse:
        made = reservations.reserve_stock(actor=self.actor, **self.parse())
        return JsonResponse(
            compiled_query_of(ReservationSerializer).one(Reservation.objects.visible_to(self.actor), made), 201
        )


class ReservationViewSet(ReadOnlyModelViewSet):
    tag = "Inventory"
    permission_classes = [HasPermission("inventory")]
    serializer_class = ReservationSerializer
    filterset_class = ReservationFilterSet

    @enforced_by_services
    def get_queryset(self) -> QuerySet[Any]:
        return Reservation.objects.visible_to(self.actor)

    @action(detail=True, methods=["post"], summary="Issue the reserved goods", errors=(404, 409))
    def fulfill(self, request: Request, pk: str) -> HttpResponse:
        reservations.fulfill_reservation(reservation_id=self.pk, actor=self.actor)
        return self.show(self.pk)

    @action(detail=True, methods=["post"], summary="Cancel the reservation", errors=(404, 409))
    def cancel(self, request: Request, pk: str) -> HttpResponse:
        reservations.cancel_reservation(reservation_id=self.pk, actor=self.actor)
        return self.show(self.pk)


class MovementViewSet(ReadOnlyModelViewSet):
    tag = "Inventory"
    permission_classes = [HasPermission("inventory")]
    serializer_class = MovementSerializer
    filterset_class = MovementFilterSet

    def get_queryset(self) -> QuerySet[Any]:
        return Movement.objects.visible_to(self.actor)
