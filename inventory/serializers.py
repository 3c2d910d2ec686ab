"""Serializers of the catalogue and of stock."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.fields import empty

from accounting.serializers import TaxCodeField
from inventory.choices import ItemStatus, MovementType, ReservationStatus, WarehouseStatus
from inventory.models import Category, Item, Warehouse
from skeleton.rest.computed_fields import FromColumns
from skeleton.rest.fields import (
    ChoiceField,
    CurrencyField,
    DateTimeField,
    IntegerField,
    JsonObjectField,
    MoneyField,
    NumberField,
    ReferenceField,
    TextField,
    UnitField,
    UUIDField,
    mark_stateless,
)
from skeleton.rest.serializers import InputSerializer, Serializer

DESCRIPTION_MAX = 10_000
REASON_MAX = 1000


def default_currency() -> str:
    return str(settings.SKELETON_CURRENCY)


@mark_stateless
class AttributesField(JsonObjectField):
    """Free-form attributes of an item. Null clears all of them and is stored as an empty object."""

    def run_validation(self, data: Any = empty) -> Any:
        return super().run_validation({} if data is None else data)


@mark_stateless
class LaterField(DateTimeField):
    """A time in the future."""

    def to_internal_value(self, value: Any) -> Any:
        moment = super().to_internal_value(value)
        if moment <= timezone.now():
            raise serializers.ValidationError(_("Must be in the future."))
        return moment


@mark_stateless
class SignedQuantityField(NumberField):
    """A change of a quantity: positive or negative, but not 0."""

    def to_internal_value(self, data: Any) -> Decimal:
        value = super().to_internal_value(data)
        if value == 0:
            raise serializers.ValidationError(_("Must not be 0."))
        return value


# --- the catalogue ----------------------------------------------------------------------------------------------------


class CategorySerializer(Serializer):
    id = UUIDField()
    name = TextField()
    description = TextField(allow_null=True)
    parent_id = UUIDField(allow_null=True)


class CategoryNodeSerializer(CategorySerializer):
    children = serializers.ListField(child=serializers.DictField(), help_text="Subcategories, in the same format.")


class CategoryInputSerializer(InputSerializer):
    output_serializer_class = CategorySerializer
    name = TextField()
    description = TextField(max_length=DESCRIPTION_MAX, allow_null=True, required=False)
    parent_id = ReferenceField(to=Category, allow_null=True, required=False)


class ItemSerializer(Serializer):
    id = UUIDField()
    sku = TextField()
    name = TextField()
    description = TextField(allow_null=True)
    category_id = UUIDField(allow_null=True)
    category_name = TextField(source="category.name", allow_null=True)
    unit_price = MoneyField(help_text="Minor units of `currency`. The default for order lines.")
    currency = CurrencyField()
    unit = TextField(allow_null=True)
    unit_code = TextField(help_text="The unit by UN/ECE Recommendation 20. The default for lines.")
    price_base_quantity = NumberField(help_text="The number of units that `unit_price` is for. The default for lines.")
    tax_rate = NumberField(places=4, help_text="Percent. The default for lines.")
    tax_code = TextField(source="tax_code.code", allow_null=True, help_text="The default for lines.")
    status = ChoiceField(choices=ItemStatus.choices)
    attributes = JsonObjectField()
    created_at = DateTimeField()
    updated_at = DateTimeField()


class ItemUpdateInputSerializer(InputSerializer):
    output_serializer_class = ItemSerializer
    sku = TextField(max_length=64)
    name = TextField()
    description = TextField(max_length=DESCRIPTION_MAX, allow_null=True, required=False)
    category_id = ReferenceField(to=Category, allow_null=True, required=False)
    unit_price = MoneyField()
    currency = CurrencyField(required=False)
    unit = TextField(max_length=20, allow_null=True, required=False)
    unit_code = UnitField(required=False)
    price_base_quantity = NumberField(
        places=3, over=0, required=False, help_text="The number of units that `unit_price` is for: 1 unless given."
    )
    tax_rate = NumberField(
        places=4, at_least=0, at_most=100, required=False, help_text="Percent. Defaults to the tax code's."
    )
    tax_code = TaxCodeField(required=False, allow_null=True)
    status = ChoiceField(choices=ItemStatus.choices, required=False)
    attributes = AttributesField(required=False)


class ItemCreateInputSerializer(ItemUpdateInputSerializer):
    currency = CurrencyField(default=default_currency)


# --- warehouses and stock ---------------------------------------------------------------------------------------------


class WarehouseSerializer(Serializer):
    id = UUIDField()
    name = TextField()
    code = TextField(allow_null=True)
    location = TextField(allow_null=True)
    capacity = IntegerField(allow_null=True)
    status = ChoiceField(choices=WarehouseStatus.choices)
    created_at = DateTimeField()
    updated_at = DateTimeField()


class WarehouseInputSerializer(InputSerializer):
    output_serializer_class = WarehouseSerializer
    name = TextField()
    code = TextField(max_length=32, allow_null=True, required=False)
    location = TextField(allow_null=True, required=False)
    capacity = IntegerField(min_value=0, max_value=2**53, allow_null=True, required=False)
    status = ChoiceField(choices=WarehouseStatus.choices, required=False)


class StockSerializer(Serializer):
    id = UUIDField()
    item_id = UUIDField()
    sku = TextField(source="item.sku")
    item_name = TextField(source="item.name")
    warehouse_id = UUIDField()
    warehouse_name = TextField(source="warehouse.name")
    quantity = NumberField(help_text="On hand.")
    reserved = NumberField(help_text="Reserved by active reservations.")
    available = NumberField(help_text="On hand minus reserved.")
    reorder_point = NumberField()
    reorder_quantity = NumberField()
    updated_at = DateTimeField()


class ReorderInputSerializer(InputSerializer):
    output_serializer_class = StockSerializer
    reorder_point = NumberField(at_least=0, required=False)
    reorder_quantity = NumberField(at_least=0, required=False)


class ReceiptInputSerializer(InputSerializer):
    item_id = ReferenceField(to=Item)
    warehouse_id = ReferenceField(to=Warehouse)
    quantity = NumberField(over=0)
    reference = TextField(allow_null=True, required=False)
    reason = TextField(max_length=REASON_MAX, allow_null=True, required=False)


class IssueInputSerializer(ReceiptInputSerializer):
    pass


class AdjustInputSerializer(InputSerializer):
    quantity = SignedQuantityField(help_text="The change: positive to add, negative to remove.")
    reason = TextField(max_length=REASON_MAX)
    reference = TextField(allow_null=True, required=False)


class CountInputSerializer(InputSerializer):
    """The counted quantity of a stock row."""

    quantity = NumberField(at_least=0)


class TransferInputSerializer(InputSerializer):
    item_id = ReferenceField(to=Item)
    from_warehouse_id = ReferenceField(to=Warehouse)
    to_warehouse_id = ReferenceField(to=Warehouse)
    quantity = NumberField(over=0)
    reference = TextField(allow_null=True, required=False)
    reason = TextField(max_length=REASON_MAX, allow_null=True, required=False)


# --- the ledger and reservations --------------------------------------------------------------------------------------


def _came_from(quantity: Decimal, warehouse_id: UUID, other_id: UUID | None) -> UUID | None:
    return warehouse_id if quantity < 0 else other_id


def _went_to(quantity: Decimal, warehouse_id: UUID, other_id: UUID | None) -> UUID | None:
    return warehouse_id if quantity > 0 else other_id


class MovementSerializer(Serializer):
    id = UUIDField()
    type = ChoiceField(choices=MovementType.choices)
    stock_id = UUIDField()
    item_id = UUIDField()
    sku = TextField(source="item.sku")
    item_name = TextField(source="item.name")
    warehouse_id = UUIDField()
    warehouse_name = TextField(source="warehouse.name")
    quantity = NumberField(help_text="The change in this warehouse: positive in, negative out.")
    balance_after = NumberField(help_text="The quantity on hand in this warehouse after the movement.")
    from_warehouse_id = FromColumns(
        UUIDField(allow_null=True), "quantity", "warehouse_id", "other_warehouse_id", compute=_came_from
    )
    to_warehouse_id = FromColumns(
        UUIDField(allow_null=True), "quantity", "warehouse_id", "other_warehouse_id", compute=_went_to
    )
    transfer_id = UUIDField(allow_null=True, help_text="Shared by the two movements of a transfer.")
    reservation_id = UUIDField(allow_null=True, help_text="The reservation that the movement fulfilled.")
    order_id = UUIDField(allow_null=True)
    reference = TextField(allow_null=True)
    reason = TextField(allow_null=True)
    created_by = UUIDField(source="created_by_id", allow_null=True)
    created_by_name = TextField(source="created_by.name", allow_null=True)
    created_at = DateTimeField()


class TransferSerializer(Serializer):
    movement = MovementSerializer(help_text="The outgoing movement.")
    locals()["from"] = StockSerializer()  # a Python keyword, so it can't be an attribute name
    to = StockSerializer()


class ReservationSerializer(Serializer):
    id = UUIDField()
    stock_id = UUIDField()
    item_id = UUIDField()
    sku = TextField(source="item.sku")
    item_name = TextField(source="item.name")
    warehouse_id = UUIDField()
    warehouse_name = TextField(source="warehouse.name")
    quantity = NumberField()
    status = ChoiceField(choices=ReservationStatus.choices)
    order_id = UUIDField(allow_null=True)
    expires_at = DateTimeField(allow_null=True)
    closed_at = DateTimeField(allow_null=True)
    created_by = UUIDField(source="created_by_id", allow_null=True)
    created_at = DateTimeField()
    updated_at = DateTimeField()


class ReserveInputSerializer(InputSerializer):
    item_id = ReferenceField(to=Item)
    warehouse_id = ReferenceField(to=Warehouse)
    quantity = NumberField(over=0)
    expires_at = LaterField(allow_null=True, required=False)
    order_id = UUIDField(allow_null=True, required=False)
