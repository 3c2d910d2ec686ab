"""The screens of the catalogue, warehouses and stock. Actions move stock, through the services."""

from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold import widgets
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter
from unfold.enums import ActionVariant

from accounting.form_fields import TaxCodeField, TaxedForm, UnitField
from inventory import spreadsheets
from inventory.choices import RESERVATION_ACTIONS, ItemStatus, MovementType, ReservationStatus, WarehouseStatus
from inventory.models import Category, Item, Movement, Reservation, Stock, Warehouse
from inventory.serializers import (
    AdjustInputSerializer,
    CategoryInputSerializer,
    CountInputSerializer,
    IssueInputSerializer,
    ItemCreateInputSerializer,
    ItemUpdateInputSerializer,
    ReceiptInputSerializer,
    ReorderInputSerializer,
    TransferInputSerializer,
    WarehouseInputSerializer,
)
from inventory.services import categories, items, reservations, stock
from skeleton.db import records
from skeleton.db.locks import locked_for_update
from skeleton.importexport.import_admin import ImportableAdmin
from skeleton.importexport.processing import RowPlan
from skeleton.kernel.actors import Actor
from skeleton.kernel.text import format_text, local_number
from skeleton.kernel.translation import Text
from skeleton.office.actions import admin_action
from skeleton.office.admins import ReadOnlyRecordAdmin
from skeleton.office.columns import label, money_column, quantity_column, status_column
from skeleton.office.forms import ActionForm, AutocompleteField, CurrencyField, RecordForm
from skeleton.office.numbers import AmountField, LocalizedDecimalField
from skeleton.office.records import RecordAdmin

ITEM_COLOURS: dict[str, str] = {
    ItemStatus.ACTIVE: "success",
    ItemStatus.INACTIVE: "warning",
    ItemStatus.DISCONTINUED: "danger",
}
WAREHOUSE_COLOURS: dict[str, str] = {
    WarehouseStatus.ACTIVE: "success",
    WarehouseStatus.INACTIVE: "danger",
    WarehouseStatus.MAINTENANCE: "warning",
}
RESERVATION_COLOURS: dict[str, str] = {
    ReservationStatus.ACTIVE: "primary",
    ReservationStatus.FULFILLED: "success",
    ReservationStatus.CANCELLED: "warning",
    ReservationStatus.EXPIRED: "info",
}
COUNTED = "Stock count"
"""The reason of movements that result from a stock count."""
LEVELS = ("reorder_point", "reorder_quantity")
MOVEMENT_COLOURS: dict[str, str] = {
    MovementType.RECEIPT: "success",
    MovementType.ISSUE: "primary",
    MovementType.ADJUSTMENT: "warning",
    MovementType.TRANSFER: "info",
}

# --- the catalogue ----------------------------------------------------------------------------------------------------


class CategoryForm(RecordForm):
    parent_id = AutocompleteField(Category.objects.all(), screen="inventory.category", label=_("Below"), required=False)

    class Meta:
        model = Category
        fields = ("name", "description")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["parent_id"] = self.instance.parent_id


@admin.register(Category)
class CategoryAdmin(RecordAdmin):
    resources = ("catalog",)
    export_fields = "__all__"
    form = CategoryForm
    create_input = update_input = CategoryInputSerializer
    list_display = ("name", "parent", "description")
    list_select_related = ("parent",)
    search_fields = ("name",)
    ordering = ("name", "pk")
    fields = ("name", "parent_id", "description")
    record_actions = ("remove",)

    def update_record(self, pk: UUID, values: dict[str, Any], actor: Actor) -> None:
        categories.update_category(category_id=pk, values=values, actor=actor)

    @admin_action(
        _("Delete"),
        icon="delete",
        variant=ActionVariant.DANGER,
        deletes_record=True,
        question=_("This deletes the category permanently. It must not contain categories or items."),
    )
    def remove(self, request: HttpRequest, category: Category, form: ActionForm) -> Text:
        records.delete(self.rows(self.actor(request)), category.pk, actor=self.actor(request))
        return format_text(_("The category {category} is deleted."), category=category)


class ItemForm(TaxedForm):
    money = {"unit_price": "currency"}
    category_id = AutocompleteField(
        Category.objects.all(), screen="inventory.category", label=_("Category"), required=False
    )
    unit_price = AmountField(label=_("Unit price"))
    currency = CurrencyField(label=_("Currency"))
    unit_code = UnitField(label=_("Unit on documents"))
    price_base_quantity = LocalizedDecimalField(
        required=False,
        max_digits=15,
        decimal_places=3,
        widget=widgets.UnfoldAdminTextInputWidget(attrs={"placeholder": "1"}),
        label=_("Price for"),
        help_text=_("The number of units that the price is for, such as 100."),
    )
    tax_code = TaxCodeField()

    class Meta:
        model = Item
        fields = (
            *("sku", "name", "description", "unit_price", "currency", "price_base_quantity"),
            *("unit", "unit_code", "tax_rate", "status"),
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["category_id"] = self.instance.category_id

    def request_body(self, *, partial: bool) -> dict[str, Any]:
        body = super().request_body(partial=partial)
        if body.get("price_base_quantity", 1) is None:
            body["price_base_quantity"] = 1
        return {name: value for name, value in body.items() if partial or value is not None}


@admin.register(Item)
class ItemAdmin(ImportableAdmin):
    resources = ("catalog",)
    table = spreadsheets.ITEMS
    form = ItemForm
    create_input, update_input = ItemCreateInputSerializer, ItemUpdateInputSerializer
    list_display = (
        "sku",
        "name",
        "category",
        money_column("unit_price", _("price")),
        status_column("status", ITEM_COLOURS),
    )
    list_select_related = ("category",)
    list_filter = (("status", ChoicesDropdownFilter),)
    search_fields = ("search_text",)
    search_help_text = _("SKU or name")
    fieldsets = (
        (None, {"fields": (("sku", "name"), ("category_id", "status"), "description")}),
        (
            _("What a line takes by default"),
            {
                "fields": (
                    ("unit_price", "currency"),
                    ("price_base_quantity", "unit_code"),
                    ("tax_code", "tax_rate"),
                    "unit",
                )
            },
        ),
    )

    def create_record(self, values: dict[str, Any], actor: Actor) -> UUID:
        return items.create_item(values=values, actor=actor)

    def update_record(self, pk: UUID, values: dict[str, Any], actor: Actor) -> None:
        items.update_item(item_id=pk, values=values, actor=actor)


# --- warehouses and stock ---------------------------------------------------------------------------------------------


@admin.register(Warehouse)
class WarehouseAdmin(RecordAdmin):
    resources = ("inventory",)
    export_fields = "__all__"
    create_input = update_input = WarehouseInputSerializer
    list_display = ("name", "code", "location", "capacity", status_column("status", WAREHOUSE_COLOURS))
    list_filter = (("status", ChoicesDropdownFilter),)
    search_fields = ("name", "code")
    ordering = ("name", "pk")
    fields = (("name", "code"), ("location", "capacity"), "status")


class ReceiptForm(RecordForm):
    """A receipt of goods that creates a stock row. (A Django form can't have a field named `quantity`.)"""

    aliases = {"quantity": "received"}
    item_id = AutocompleteField(Item.objects.all(), screen="inventory.item", label=_("Item"))
    warehouse_id = AutocompleteField(Warehouse.objects.all(), screen="inventory.warehouse", label=_("Warehouse"))
    received = LocalizedDecimalField(max_digits=15, decimal_places=3, label=_("Quantity"))
    reference = forms.CharField(
        required=False, max_length=255, widget=widgets.UnfoldAdminTextInputWidget, label=_("Reference")
    )
    reason = forms.CharField(
        required=False, max_length=1000, widget=widgets.UnfoldAdminTextInputWidget, label=_("Reason")
    )

    class Meta:
        model = Stock
        fields = ()

    def request_body(self, *, partial: bool) -> dict[str, Any]:
        body = super().request_body(partial=partial)
        return {"quantity" if name == "received" else name: value for name, value in body.items()}


class ReorderForm(RecordForm):
    class Meta:
        model = Stock
        fields = ("reorder_point", "reorder_quantity")


class QuantityForm(ActionForm):
    quantity = LocalizedDecimalField(max_digits=15, decimal_places=3, label=_("Quantity"))
    reference = forms.CharField(
        required=False, max_length=255, widget=widgets.UnfoldAdminTextInputWidget, label=_("Reference")
    )
    reason = forms.CharField(
        required=False, max_length=1000, widget=widgets.UnfoldAdminTextInputWidget, label=_("Reason")
    )


class AdjustForm(QuantityForm):
    reason = forms.CharField(max_length=1000, widget=widgets.UnfoldAdminTextInputWidget, label=_("Reason"))

    def setup(self) -> None:
        self.fields["quantity"].help_text = _("The change: a positive number adds, a negative one takes away.")


class TransferForm(QuantityForm):
    to_warehouse_id = forms.ModelChoiceField(
        Warehouse.objects.none(), widget=widgets.UnfoldAdminSelectWidget, label=_("Target warehouse")
    )

    def setup(self) -> None:
        open_ones = Warehouse.objects.filter(status=WarehouseStatus.ACTIVE).exclude(pk=self.record.warehouse_id)
        self.fields["to_warehouse_id"].queryset = open_ones.order_by("name")  # type: ignore[attr-defined]


class LowFilter(DropdownFilter):
    title, parameter_name = _("level"), "low"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Text]]:
        return [("yes", _("Low")), ("no", _("Not low"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Stock]) -> QuerySet[Stock]:
        return queryset.filter(is_low=self.value() == "yes") if self.value() else queryset


@admin.display(description=_("level"), ordering="is_low")
def stock_level_column(row: Stock) -> Any:
    """Return the stock level as a label."""
    if row.available == 0:
        return label("none", {"none": "danger"}, text=_("none"))
    return (
        label("low", {"low": "warning"}, text=_("low")) if row.is_low else label("ok", {"ok": "success"}, text=_("ok"))
    )


@admin.register(Stock)
class StockAdmin(ImportableAdmin):
    resources = ("inventory",)
    table = spreadsheets.STOCK
    create_input, update_input = ReceiptInputSerializer, ReorderInputSerializer
    list_display = (
        "item",
        "warehouse",
        quantity_column("quantity", _("quantity")),
        quantity_column("reserved", _("reserved")),
        quantity_column("available", _("available")),
        quantity_column("reorder_point", _("reorder point")),
        stock_level_column,
    )
    list_select_related = ("item", "warehouse")
    list_filter = (LowFilter, "warehouse")
    search_fields = ("item__search_text",)
    search_help_text = _("SKU or name of the item")
    SHOWN: ClassVar[Any] = (
        ("item", "warehouse"),
        (quantity_column("quantity", _("quantity")), quantity_column("reserved", _("reserved"))),
        (quantity_column("available", _("available")), stock_level_column),
    )
    record_actions = ("adjust", "issue", "transfer")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, **{**kwargs, "form": ReorderForm if change else ReceiptForm})

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            fields = (("item_id", "warehouse_id"), "received", ("reference", "reason"))
            return ((_("Goods received"), {"fields": fields}),)
        return ((None, {"fields": self.SHOWN}), (_("Reorder"), {"fields": (("reorder_point", "reorder_quantity"),)}))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return tuple(field for line in self.SHOWN for field in line) if obj else ()

    def create_record(self, values: dict[str, Any], actor: Actor) -> UUID:
        return stock.receive_stock(**values, actor=actor)

    def update_record(self, pk: UUID, values: dict[str, Any], actor: Actor) -> None:
        stock.set_reorder_levels(stock_id=pk, values=values, actor=actor)

    # imports are stock counts: the difference between the counted and the recorded quantity is posted

    def create_row(self, body: dict[str, Any], actor: Actor) -> UUID:
        levels = {name: body.pop(name) for name in LEVELS if name in body}
        pk = self.create_record(ReceiptInputSerializer.parse({**body, "reason": COUNTED}), actor)
        if levels:
            self.update_record(pk, ReorderInputSerializer.parse(levels, partial=True), actor)
        return pk

    def update_row(self, record: Stock, body: dict[str, Any], actor: Actor) -> None:
        if "quantity" in body:
            counted = CountInputSerializer.parse({"quantity": body.pop("quantity")})["quantity"]
            change = counted - locked_for_update(Stock.objects.visible_to(actor), record.pk).quantity
            if change:
                stock.adjust_stock(stock_id=record.pk, change=change, reason=COUNTED, actor=actor)
        if body:
            self.update_record(record.pk, ReorderInputSerializer.parse(body, partial=True), actor)

    def lock_order_key(self, plan: RowPlan) -> Any:
        """Order by item and warehouse, the general lock order."""
        return (str(plan.values.get("sku")), str(plan.values.get("warehouse")), plan.row.number)

    @admin_action(_("Adjust"), form=AdjustForm, icon="balance")
    def adjust(self, request: HttpRequest, row: Stock, form: AdjustForm) -> Text:
        values = AdjustInputSerializer.parse(form.request_body())
        change = values.pop("quantity")
        stock.adjust_stock(stock_id=row.pk, change=change, **values, actor=self.actor(request))
        return format_text(_("Adjusted by {change}."), change=local_number(change, signed=True))

    @admin_action(pgettext_lazy("verb", "Issue"), form=QuantityForm, icon="output")
    def issue(self, request: HttpRequest, row: Stock, form: QuantityForm) -> Text:
        place = {"item_id": str(row.item_id), "warehouse_id": str(row.warehouse_id)}
        values = IssueInputSerializer.parse({**form.request_body(), **place})
        stock.issue_stock(**values, actor=self.actor(request))
        return format_text(_("Issued {quantity}."), quantity=local_number(values["quantity"]))

    @admin_action(pgettext_lazy("verb", "Transfer"), form=TransferForm, icon="swap_horiz")
    def transfer(self, request: HttpRequest, row: Stock, form: TransferForm) -> Text:
        place = {"item_id": str(row.item_id), "from_warehouse_id": str(row.warehouse_id)}
        values = TransferInputSerializer.parse({**form.request_body(), **place})
        stock.transfer_stock(**values, actor=self.actor(request))
        return format_text(
            _("Moved {quantity} to {warehouse}."),
            quantity=local_number(values["quantity"]),
            warehouse=form.cleaned_data["to_warehouse_id"],
        )


# --- the ledger and reservations --------------------------------------------------------------------------------------


@admin.register(Movement)
class MovementAdmin(ReadOnlyRecordAdmin):
    resources = ("inventory",)
    export_fields = "__all__"
    list_display = (
        "created_at",
        status_column("type", MOVEMENT_COLOURS, _("type")),
        "item",
        "warehouse",
        quantity_column("quantity", _("quantity")),
        quantity_column("balance_after", _("balance after")),
        "reference",
        "reason",
        "created_by",
    )
    list_select_related = ("item", "warehouse", "created_by")
    list_filter = (("type", ChoicesDropdownFilter), "warehouse")


def _can(action: str) -> Any:
    """Return a condition: users may perform the action on the reservation, by the same table that the services use."""
    return lambda row: action in RESERVATION_ACTIONS[row.status] and not row.held_by_order


@admin.register(Reservation)
class ReservationAdmin(ReadOnlyRecordAdmin):
    resources = ("inventory",)
    export_fields = "__all__"
    list_display = (
        "item",
        "warehouse",
        quantity_column("quantity", _("quantity")),
        status_column("status", RESERVATION_COLOURS),
        "expires_at",
        "created_at",
    )
    list_select_related = ("item", "warehouse")
    list_filter = (("status", ChoicesDropdownFilter), "warehouse")
    record_actions = ("fulfill", "cancel")
    bulk_actions = ("fulfill", "cancel")

    @admin_action(
        _("Fulfil"),
        shown_if=_can("fulfill"),
        icon="task_alt",
        variant=ActionVariant.PRIMARY,
        question=_("This issues the reserved stock from the warehouse."),
    )
    def fulfill(self, request: HttpRequest, row: Reservation, form: ActionForm) -> Text:
        reservations.fulfill_reservation(reservation_id=row.pk, actor=self.actor(request))
        return format_text(_("{quantity} issued."), quantity=local_number(row.quantity))

    @admin_action(
        pgettext_lazy("reservation", "Cancel"),
        shown_if=_can("cancel"),
        icon="undo",
        variant=ActionVariant.DANGER,
        question=_("This releases the reserved stock."),
    )
    def cancel(self, request: HttpRequest, row: Reservation, form: ActionForm) -> Text:
        reservations.cancel_reservation(reservation_id=row.pk, actor=self.actor(request))
        return format_text(_("{quantity} available again."), quantity=local_number(row.quantity))
