"""The catalogue, warehouses, and the stock of each item in each warehouse.

Quantities change only through rows of the ledger (`Movement`) and of `Reservation`: their triggers write `Stock`, and
nothing else may (see sql/0002_stock_ledger.sql). To prevent deadlocks, all changes lock the stock rows first, ordered
by item and warehouse, and lock reservations only while they hold the lock on their stock row.
"""

from decimal import Decimal
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import ExpressionWrapper, F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from accounting.tax_code_models import TaxCode
from inventory.choices import ItemStatus, MovementType, ReservationStatus, WarehouseStatus
from skeleton.db.counting import MaintainedCount
from skeleton.db.querysets import RowLevelQuerySet
from skeleton.db.search import search_text
from skeleton.kernel.models import Record
from skeleton.kernel.text import local_number
from skeleton.kernel.units import DEFAULT_UNIT, UNIT_FORM, UNKNOWN_UNIT


class QuantityField(models.DecimalField):  # type: ignore[type-arg]
    """A quantity in an item's unit: exact, with at most 3 decimals and 12 digits before the decimal point."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "max_digits": 15, "decimal_places": 3})

    def deconstruct(self) -> Any:
        """Deconstruct as a plain DecimalField, so that migrations don't import this module."""
        name, _, args, options = super().deconstruct()
        return name, "django.db.models.DecimalField", args, options


class Category(Record):
    """A group of items, in a tree. `path` has the ids from the root down to the category itself.

    A trigger maintains `path` and refuses cycles. With it, a single indexed condition matches a category and all of
    its descendants: `path @> ARRAY[id]`.
    """

    name = models.CharField(max_length=255, verbose_name=_("name"))
    description = models.TextField(null=True, blank=True, verbose_name=_("description"))  # noqa: DJ001 (the API says null)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("parent")
    )
    path = ArrayField(models.UUIDField(), editable=False, default=list, verbose_name=_("path"))

    objects = RowLevelQuerySet.as_manager()

    class Meta:
        db_table = "inventory_category"
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=~Q(name=""),
                name="inventory_category_name_present",
                violation_error_message=_("Must not be empty."),
                violation_error_code="name",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            GinIndex(fields=["path"], name="inventory_category_path"),
            models.Index(Lower("name"), "id", name="inventory_category_name"),
            models.Index("created_at", "id", name="inventory_category_created_at"),
        ]

    def __str__(self) -> str:
        return self.name


class ItemQuerySet(RowLevelQuerySet["Item"]):
    maintained_count = MaintainedCount("inventory_item")


class Item(Record):
    """Something that is sold: goods with stock, or a service without.

    `unit_price` is the price of `price_base_quantity` units in minor units of `currency`, `tax_rate` in percent,
    `unit_code` one of UN/ECE Rec 20. They are the defaults of lines. An item with a `tax_code` has the code's rate and
    follows it, by a foreign key on both columns.
    """

    sku = models.CharField(_("SKU"), max_length=64)
    sku_key = models.TextField(_("key of the SKU"), default="", editable=False)  # by a trigger (skeleton_key)
    name = models.CharField(max_length=255, verbose_name=_("name"))
    description = models.TextField(null=True, blank=True, verbose_name=_("description"))  # noqa: DJ001
    category = models.ForeignKey(
        Category,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="items",
        db_index=False,
        verbose_name=_("category"),
    )
    unit_price = models.BigIntegerField(verbose_name=_("unit price"))
    currency = models.CharField(max_length=3, verbose_name=_("currency"))
    unit = models.CharField(max_length=20, null=True, blank=True, verbose_name=_("unit"))  # noqa: DJ001
    unit_code = models.CharField(
        max_length=3, default=DEFAULT_UNIT, db_default=DEFAULT_UNIT, verbose_name=_("unit code")
    )
    price_base_quantity = QuantityField(default=Decimal(1), db_default=Decimal(1), verbose_name=_("price for"))
    tax_rate = models.DecimalField(max_digits=7, decimal_places=4, default=0, verbose_name=_("tax rate"))
    tax_code = models.ForeignKey(
        TaxCode,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("tax code"),
    )
    status = models.CharField(
        max_length=12, choices=ItemStatus.choices, default=ItemStatus.ACTIVE, verbose_name=_("status")
    )
    attributes = models.JSONField(default=dict, blank=True, verbose_name=_("attributes"))
    search_text = search_text("name", numbers=("sku",))

    objects = ItemQuerySet.as_manager()

    class Meta:
        db_table = "inventory_item"
        verbose_name = _("item")
        verbose_name_plural = _("items")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["sku_key"],
                name="inventory_item_sku_unique",
                violation_error_message=_("Another item already has this SKU."),
                violation_error_code="sku",
            ),
            models.CheckConstraint(
                condition=~Q(sku="") & ~Q(name=""),
                name="inventory_item_names_present",
                violation_error_message=_("SKU and name must not be empty."),
            ),
            models.CheckConstraint(
                condition=Q(unit_price__gte=0),
                name="inventory_item_unit_price_positive",
                violation_error_message=_("Must be 0 or more."),
                violation_error_code="unit_price",
            ),
            models.CheckConstraint(
                condition=Q(tax_rate__gte=0, tax_rate__lte=100),
                name="inventory_item_tax_rate_percent",
                violation_error_message=_("Must be from 0 to 100."),
                violation_error_code="tax_rate",
            ),
            models.CheckConstraint(
                condition=Q(currency__regex=r"^[A-Z]{3}$"),
                name="inventory_item_currency_form",
                violation_error_message=_("Must be a currency code of three capital letters."),
                violation_error_code="currency",
            ),
            models.CheckConstraint(
                condition=Q(status__in=ItemStatus.values),
                name="inventory_item_status_known",
                violation_error_message=_("Is not one of the values to choose from."),
                violation_error_code="status",
            ),
            models.CheckConstraint(
                condition=Q(unit_code__regex=UNIT_FORM),
                name="inventory_item_unit_code_form",
                violation_error_message=UNKNOWN_UNIT,
                violation_error_code="unit_code",
            ),
            models.CheckConstraint(
                condition=Q(price_base_quantity__gt=0),
                name="inventory_item_price_base_positive",
                violation_error_message=_("Must be over 0."),
                violation_error_code="price_base_quantity",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index("category", "id", name="inventory_item_category"),
            models.Index("status", "id", name="inventory_item_status"),
            models.Index(Lower("sku"), "id", name="inventory_item_sku"),
            models.Index(Lower("name"), "id", name="inventory_item_name"),
            models.Index("unit_price", "id", name="inventory_item_unit_price"),
            models.Index("created_at", "id", name="inventory_item_created_at"),
            models.Index("tax_code", name="inventory_item_tax_code", condition=Q(tax_code__isnull=False)),
            GinIndex(OpClass("search_text", name="gin_trgm_ops"), name="inventory_item_search"),
        ]

    def __str__(self) -> str:
        return f"{self.sku} {self.name}"


class Warehouse(Record):
    """A place where items are stored. `capacity` is informational and never enforced."""

    name = models.CharField(max_length=255, verbose_name=_("name"))
    code = models.CharField(max_length=32, null=True, blank=True, verbose_name=_("code"))  # noqa: DJ001
    code_key = models.TextField(_("key of the code"), null=True, blank=True, editable=False)  # noqa: DJ001 (as the code)
    location = models.CharField(max_length=255, null=True, blank=True, verbose_name=_("location"))  # noqa: DJ001
    capacity = models.BigIntegerField(null=True, blank=True, verbose_name=_("capacity"))
    status = models.CharField(
        max_length=11, choices=WarehouseStatus.choices, default=WarehouseStatus.ACTIVE, verbose_name=_("status")
    )

    objects = RowLevelQuerySet.as_manager()

    class Meta:
        db_table = "inventory_warehouse"
        verbose_name = _("warehouse")
        verbose_name_plural = _("warehouses")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["code_key"],
                name="inventory_warehouse_code_unique",
                violation_error_message=_("Another warehouse already has this code."),
                violation_error_code="code",
            ),
            models.CheckConstraint(
                condition=~Q(name=""),
                name="inventory_warehouse_name_present",
                violation_error_message=_("Must not be empty."),
                violation_error_code="name",
            ),
            models.CheckConstraint(
                condition=Q(capacity__gte=0),
                name="inventory_warehouse_capacity_positive",
                violation_error_message=_("Must be 0 or more."),
                violation_error_code="capacity",
            ),
            models.CheckConstraint(
                condition=Q(status__in=WarehouseStatus.values),
                name="inventory_warehouse_status_known",
                violation_error_message=_("Is not one of the values to choose from."),
                violation_error_code="status",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(Lower("name"), "id", name="inventory_warehouse_name"),
            models.Index("created_at", "id", name="inventory_warehouse_created_at"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.code})" if self.code else self.name


class StockQuerySet(RowLevelQuerySet["Stock"]):
    maintained_count = MaintainedCount("inventory_stock")


class Stock(Record):
    """The quantity of an item in a warehouse, and how much of it is reserved. Rows are created when goods arrive.

    A `reorder_point` of 0 means none. Otherwise stock is low if the available quantity is not above it.
    """

    item = models.ForeignKey(Item, models.PROTECT, related_name="stock", db_index=False, verbose_name=_("item"))
    warehouse = models.ForeignKey(
        Warehouse, models.PROTECT, related_name="stock", db_index=False, verbose_name=_("warehouse")
    )
    quantity = QuantityField(default=0, editable=False, verbose_name=_("quantity"))
    reserved = QuantityField(default=0, editable=False, verbose_name=_("reserved"))
    reorder_point = QuantityField(default=0, verbose_name=_("reorder point"))
    reorder_quantity = QuantityField(default=0, verbose_name=_("reorder quantity"))
    available = models.GeneratedField(
        expression=F("quantity") - F("reserved"),
        output_field=QuantityField(),
        db_persist=True,
        verbose_name=_("available"),
    )
    is_low = models.GeneratedField(
        expression=ExpressionWrapper(
            Q(reorder_point__gt=0, reorder_point__gte=F("quantity") - F("reserved")), output_field=models.BooleanField()
        ),
        output_field=models.BooleanField(),
        db_persist=True,
        verbose_name=_("is low"),
    )

    objects = StockQuerySet.as_manager()

    class Meta:
        db_table = "inventory_stock"
        verbose_name = _("stock")
        verbose_name_plural = _("stock")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["item", "warehouse"],
                name="inventory_stock_place_unique",
                violation_error_message=_("This item already has stock in this warehouse."),
            ),
            models.CheckConstraint(
                condition=Q(reserved__gte=0) & Q(reserved__lte=F("quantity")), name="inventory_stock_reserved_within"
            ),
            models.CheckConstraint(
                condition=Q(reorder_point__gte=0, reorder_quantity__gte=0),
                name="inventory_stock_reorder_positive",
                violation_error_message=_("Must be 0 or more."),
                violation_error_code="reorder_point",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index("warehouse", "id", name="inventory_stock_warehouse"),
            models.Index("quantity", "id", name="inventory_stock_quantity"),
            models.Index("id", name="inventory_stock_low", condition=Q(is_low=True)),
            models.Index("available", "id", name="inventory_stock_lowest", condition=Q(is_low=True)),
        ]

    def __str__(self) -> str:
        return local_number(self.quantity)


class ReservationQuerySet(RowLevelQuerySet["Reservation"]):
    maintained_count = MaintainedCount("inventory_reservation")


class Reservation(Record):
    """Reserved stock, until it is fulfilled (issued), cancelled or past `expires_at` (UTC).

    `order_id` has no foreign key, because orders are on a higher floor. A reservation for the lines of an order
    (`held_by_order`) never expires; it only ends when the order is shipped or cancelled. The trigger copies item and
    warehouse from the stock row.
    """

    stock = models.ForeignKey(
        Stock, models.PROTECT, related_name="reservations", db_index=False, verbose_name=_("stock")
    )
    item = models.ForeignKey(
        Item, models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False, verbose_name=_("item")
    )
    warehouse = models.ForeignKey(
        Warehouse, models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False, verbose_name=_("warehouse")
    )
    quantity = QuantityField(verbose_name=_("quantity"))
    status = models.CharField(
        max_length=9, choices=ReservationStatus.choices, default=ReservationStatus.ACTIVE, verbose_name=_("status")
    )
    order_id = models.UUIDField(null=True, verbose_name=_("order id"))
    held_by_order = models.BooleanField(default=False, verbose_name=_("held by order"))
    expires_at = models.DateTimeField(null=True, verbose_name=_("expires at"))
    closed_at = models.DateTimeField(null=True, verbose_name=_("closed at"))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("created by"),
    )

    objects = ReservationQuerySet.as_manager()

    class Meta:
        db_table = "inventory_reservation"
        verbose_name = _("reservation")
        verbose_name_plural = _("reservations")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(quantity__gt=0),
                name="inventory_reservation_quantity_positive",
                violation_error_message=_("Must be over 0."),
                violation_error_code="quantity",
            ),
            models.CheckConstraint(
                condition=Q(status__in=ReservationStatus.values),
                name="inventory_reservation_status_known",
                violation_error_message=_("Is not one of the values to choose from."),
                violation_error_code="status",
            ),
            models.CheckConstraint(
                condition=Q(status=ReservationStatus.ACTIVE, closed_at__isnull=True)
                | (~Q(status=ReservationStatus.ACTIVE) & Q(closed_at__isnull=False)),
                name="inventory_reservation_closed_at",
                violation_error_message=_("A reservation has an end time only once it has ended."),
            ),
            models.CheckConstraint(
                condition=Q(held_by_order=False) | Q(order_id__isnull=False, expires_at__isnull=True),
                name="inventory_reservation_held_by_order",
                violation_error_message=_("A reservation made by an order belongs to it and does not expire."),
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index("item", "id", name="inventory_reservation_item"),
            models.Index("warehouse", "id", name="inventory_reservation_place"),
            models.Index("status", "id", name="inventory_reservation_status"),
            models.Index("order_id", "id", name="inventory_reservation_order", condition=Q(order_id__isnull=False)),
            models.Index("stock", name="inventory_reservation_active", condition=Q(status=ReservationStatus.ACTIVE)),
            models.Index(
                "expires_at", name="inventory_reservation_expiring", condition=Q(status=ReservationStatus.ACTIVE)
            ),
        ]

    def __str__(self) -> str:
        return f"{local_number(self.quantity)} {ReservationStatus(self.status).label}"


class MovementQuerySet(RowLevelQuerySet["Movement"]):
    maintained_count = MaintainedCount("inventory_movement")


class Movement(models.Model):
    """A line of the ledger: a signed change of a stock row, the balance after it, who and why. Never changed.

    The trigger writes id, item, warehouse, balance and time while it holds the lock on the stock row. So, in the order
    of ids, each balance of a stock row follows from the previous one. A transfer is two lines with the same
    `transfer_id`. A line with a reservation fulfils it.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    type = models.CharField(max_length=10, choices=MovementType.choices, verbose_name=_("type"))
    stock = models.ForeignKey(Stock, models.PROTECT, related_name="movements", db_index=False, verbose_name=_("stock"))
    item = models.ForeignKey(
        Item, models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False, verbose_name=_("item")
    )
    warehouse = models.ForeignKey(
        Warehouse, models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False, verbose_name=_("warehouse")
    )
    quantity = QuantityField(verbose_name=_("quantity"))
    balance_after = QuantityField(verbose_name=_("balance after"))
    reference = models.CharField(max_length=255, null=True, verbose_name=_("reference"))  # noqa: DJ001
    reason = models.CharField(max_length=1000, null=True, verbose_name=_("reason"))  # noqa: DJ001
    transfer_id = models.UUIDField(null=True, verbose_name=_("transfer id"))
    other_warehouse = models.ForeignKey(
        Warehouse, models.PROTECT, null=True, related_name="+", db_index=False, verbose_name=_("other warehouse")
    )
    reservation = models.ForeignKey(
        Reservation, models.PROTECT, null=True, related_name="movements", db_index=False, verbose_name=_("reservation")
    )
    order_id = models.UUIDField(null=True, verbose_name=_("order id"))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("created by"),
    )
    created_at = models.DateTimeField(verbose_name=_("created at"))

    objects = MovementQuerySet.as_manager()

    class Meta:
        db_table = "inventory_movement"
        verbose_name = _("movement")
        verbose_name_plural = _("movements")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(type=MovementType.RECEIPT, quantity__gt=0)
                | Q(type=MovementType.ISSUE, quantity__lt=0)
                | (Q(type__in=[MovementType.ADJUSTMENT, MovementType.TRANSFER]) & ~Q(quantity=0)),
                name="inventory_movement_direction",
                violation_error_message=_("Receipts add stock, issues take stock away, and no movement is 0."),
                violation_error_code="quantity",
            ),
            models.CheckConstraint(
                condition=Q(type=MovementType.TRANSFER, transfer_id__isnull=False, other_warehouse__isnull=False)
                & ~Q(warehouse=F("other_warehouse"))
                | (~Q(type=MovementType.TRANSFER) & Q(transfer_id__isnull=True, other_warehouse__isnull=True)),
                name="inventory_movement_transfer_ends",
                violation_error_message=_("Only a transfer names another warehouse."),
            ),
            models.CheckConstraint(
                condition=Q(type=MovementType.ISSUE) | Q(reservation__isnull=True),
                name="inventory_movement_fulfils_by_issue",
                violation_error_message=_("Only an issue can fulfill a reservation."),
            ),
            models.CheckConstraint(
                condition=~Q(type=MovementType.ADJUSTMENT) | (Q(reason__isnull=False) & ~Q(reason="")),
                name="inventory_movement_adjustment_reason",
                violation_error_message=_("An adjustment needs a reason."),
                violation_error_code="reason",
            ),
            models.CheckConstraint(
                condition=Q(balance_after__gte=0),
                name="inventory_movement_balance_positive",
                violation_error_message=_("Stock cannot become negative."),
            ),
            models.UniqueConstraint(
                fields=["reservation"],
                name="inventory_movement_fulfils_once",
                condition=Q(reservation__isnull=False),
                violation_error_message=_("The reservation has already been fulfilled."),
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index("stock", "id", name="inventory_movement_stock"),
            models.Index("item", "id", name="inventory_movement_item"),
            models.Index("warehouse", "id", name="inventory_movement_warehouse"),
            models.Index("type", "id", name="inventory_movement_type"),
            models.Index("order_id", "id", name="inventory_movement_order", condition=Q(order_id__isnull=False)),
            models.Index("transfer_id", name="inventory_movement_transfer", condition=Q(transfer_id__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{MovementType(self.type).label} {local_number(self.quantity, signed=True)}"
