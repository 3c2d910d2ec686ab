"""Filters of the catalogue and of stock."""

from typing import Any

from django.db.models import BooleanField, F, Func, QuerySet

from inventory.choices import ItemStatus, MovementType, ReservationStatus, WarehouseStatus
from inventory.models import Category, Item
from skeleton.rest.filters import BooleanFilter, ChoiceFilter, FilterSet, KeyFilter, SearchFilter, UUIDFilter


class IsDescendantOf(Func):
    """`path @> ARRAY[id]`: whether a category has this id or is anywhere below it."""

    output_field = BooleanField()
    conditional = True
    template = "%(expressions)s]::uuid[]"
    arg_joiner = " @> ARRAY["


class CategoryFilterSet(FilterSet):
    parent_id = UUIDFilter(field_name="parent_id", label="Only categories directly below this category.")


class ItemFilterSet(FilterSet):
    category_id = UUIDFilter(method="below", label="Only items in this category or anywhere below it.")
    status = ChoiceFilter(choices=ItemStatus.choices)
    search = SearchFilter(label="Words to find in the SKU and the name.")
    sku = KeyFilter(field_name="sku_key", label="Exactly this SKU, in any spelling.")

    def below(self, rows: QuerySet[Item], name: str, value: Any) -> QuerySet[Item]:
        return rows.filter(category_id__in=Category.objects.filter(IsDescendantOf(F("path"), value)).values("pk"))


class WarehouseFilterSet(FilterSet):
    status = ChoiceFilter(choices=WarehouseStatus.choices)


class StockFilterSet(FilterSet):
    warehouse_id = UUIDFilter(field_name="warehouse_id")
    item_id = UUIDFilter(field_name="item_id")
    low = BooleanFilter(field_name="is_low", label="Whether available is at or below a reorder point above 0.")


class ReservationFilterSet(FilterSet):
    status = ChoiceFilter(choices=ReservationStatus.choices)
    item_id = UUIDFilter(field_name="item_id")
    warehouse_id = UUIDFilter(field_name="warehouse_id")
    order_id = UUIDFilter(field_name="order_id")


class MovementFilterSet(FilterSet):
    type = ChoiceFilter(choices=MovementType.choices)
    item_id = UUIDFilter(field_name="item_id")
    warehouse_id = UUIDFilter(field_name="warehouse_id")
    stock_id = UUIDFilter(field_name="stock_id")
    order_id = UUIDFilter(field_name="order_id")
