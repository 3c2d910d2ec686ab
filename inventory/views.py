"""The API of the catalogue, of warehouses and of stock."""

from uuid import UUID

from django.db.models import F
from django.db.models.functions import Lower
from django.http import HttpResponse
from rest_framework.request import Request

from inventory.access import CATEGORIES, ITEMS, MOVEMENTS, RESERVATIONS, STOCK, WAREHOUSES
from inventory.filters import (
    CategoryFilters,
    ItemFilters,
    MovementFilters,
    ReservationFilters,
    StockFilters,
    WarehouseFilters,
)
from inventory.models import Category, Item, Warehouse
from inventory.queries import category_tree
from inventory.serializers import (
    AdjustInput,
    CategoryInput,
    CategoryNodeOutput,
    CategoryOutput,
    IssueInput,
    ItemCreateInput,
    ItemOutput,
    ItemUpdateInput,
    MovementOutput,
    ReceiptInput,
    ReorderInput,
    ReservationOutput,
    ReserveInput,
    StockOutput,
    TransferInput,
    TransferOutput,
    WarehouseInput,
    WarehouseOutput,
)
from inventory.services import categories, reservations, stock
from skeleton.rest.http import JsonResponse
from skeleton.rest.listing import NEWEST_FIRST, Sorting
from skeleton.rest.operations import operation
from skeleton.rest.views import READ, WRITE, DeletableMixin, RecordView, ResourceView


class CategoryView(DeletableMixin):
    tag = "Catalogue"
    resources = ("catalog",)
    model = Category
    gate = CATEGORIES
    output = CategoryOutput
    create_input = update_input = CategoryInput
    filterset = CategoryFilters
    sorting = Sorting({"name": Lower("name"), "created_at": F("created_at")}, NEWEST_FIRST)

    @operation("GET", "/tree", access=READ, summary="All of them, as a tree", output=CategoryNodeOutput,
               envelope="list", errors=(400,))  # fmt: skip
    def tree(self, request: Request) -> HttpResponse:
        self.refuse_query()
        return JsonResponse({"data": category_tree()})

    def change(self, pk: UUID, values: dict[str, object]) -> None:
        categories.update_category(category_id=pk, values=values, actor=self.actor)


class ItemView(RecordView):
    tag = "Catalogue"
    resources = ("catalog",)
    model = Item
    gate = ITEMS
    output = ItemOutput
    create_input = ItemCreateInput
    update_input = ItemUpdateInput
    filterset = ItemFilters
    sorting = Sorting(
        {
            "sku": Lower("sku"),
            "name": Lower("name"),
            "unit_price": F("unit_price"),
            "created_at": F("created_at"),
        },
        NEWEST_FIRST,
    )


class WarehouseView(RecordView):
    tag = "Inventory"
    resources = ("inventory",)
    model = Warehouse
    gate = WAREHOUSES
    output = WarehouseOutput
    create_input = update_input = WarehouseInput
    filterset = WarehouseFilters
    sorting = Sorting({"name": Lower("name"), "created_at": F("created_at")}, NEWEST_FIRST)


class StockView(ResourceView):
    tag = "Inventory"
    resources = ("inventory",)
    gate = STOCK
    output = StockOutput
    filterset = StockFilters
    sorting = Sorting({"sku": Lower("item__sku"), "quantity": F("quantity")}, NEWEST_FIRST)

    @operation("POST", "", access=WRITE, summary="Receive goods, where the item is new too", input=ReceiptInput,
               output="output", status=201, errors=(409, 422))  # fmt: skip
    def create(self, request: Request) -> HttpResponse:
        return self.show(stock.receive_stock(actor=self.actor, **self.parse()), 201)

    @operation(("PUT", "PATCH"), "/<pk>", access=WRITE, summary="Set when and how much to reorder", input=ReorderInput,
               partial=True, output="output", errors=(404, 422))  # fmt: skip
    def update(self, request: Request, pk: str) -> HttpResponse:
        stock.set_reorder_levels(stock_id=self.pk, values=self.parse(), actor=self.actor)
        return self.show(self.pk)

    @operation("POST", "/receipt", access=WRITE, summary="Receive goods", input=ReceiptInput, output="output",
               errors=(409, 422))  # fmt: skip
    def receipt(self, request: Request) -> HttpResponse:
        return self.show(stock.receive_stock(actor=self.actor, **self.parse()))

    @operation("POST", "/issue", access=WRITE, summary="Issue goods that nobody has reserved", input=IssueInput,
               output="output", errors=(409, 422))  # fmt: skip
    def issue(self, request: Request) -> HttpResponse:
        return self.show(stock.issue_stock(actor=self.actor, **self.parse()))

    @operation("POST", "/<pk>/adjust", access=WRITE, summary="Correct the quantity on hand", input=AdjustInput,
               output="output", errors=(404, 409, 422))  # fmt: skip
    def adjust(self, request: Request, pk: str) -> HttpResponse:
        values = self.parse()
        stock.adjust_stock(stock_id=self.pk, change=values.pop("quantity"), actor=self.actor, **values)
        return self.show(self.pk)

    @operation("POST", "/transfer", access=WRITE, summary="Move goods to another warehouse", input=TransferInput,
               output=TransferOutput, errors=(409, 422))  # fmt: skip
    def transfer(self, request: Request) -> HttpResponse:
        done = stock.transfer_stock(actor=self.actor, **self.parse())
        body = {
            "movement": MovementView.reader().one(self.actor, done.movement_id),
            "from": self.reader().one(self.actor, done.from_stock_id),
            "to": self.reader().one(self.actor, done.to_stock_id),
        }
        return JsonResponse(body)

    @operation("POST", "/reserve", access=WRITE, summary="Hold stock for somebody", input=ReserveInput,
               output=ReservationOutput, status=201, errors=(409, 422))  # fmt: skip
    def reserve(self, request: Request) -> HttpResponse:
        made = reservations.reserve_stock(actor=self.actor, **self.parse())
        return JsonResponse(ReservationView.reader().one(self.actor, made), 201)


class ReservationView(ResourceView):
    tag = "Inventory"
    resources = ("inventory",)
    gate = RESERVATIONS
    output = ReservationOutput
    filterset = ReservationFilters

    @operation("POST", "/<pk>/fulfill", access=WRITE, summary="Issue what is held", output="output", errors=(404, 409))
    def fulfill(self, request: Request, pk: str) -> HttpResponse:
        reservations.fulfill_reservation(reservation_id=self.pk, actor=self.actor)
        return self.show(self.pk)

    @operation("POST", "/<pk>/cancel", access=WRITE, summary="Let go of what is held", output="output",
               errors=(404, 409))  # fmt: skip
    def cancel(self, request: Request, pk: str) -> HttpResponse:
        reservations.cancel_reservation(reservation_id=self.pk, actor=self.actor)
        return self.show(self.pk)


class MovementView(ResourceView):
    tag = "Inventory"
    resources = ("inventory",)
    gate = MOVEMENTS
    output = MovementOutput
    filterset = MovementFilters
