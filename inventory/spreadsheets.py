"""Import and export of the catalogue and stock. Items are matched by SKU, stock rows by SKU and warehouse."""

from collections.abc import Callable
from uuid import UUID

from django.db.models import Q, Value
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from inventory.models import Category, Item, Stock, Warehouse
from skeleton.db.search import folded
from skeleton.office.tables.columns import (
    AmountColumn,
    ChoiceColumn,
    DateTimeColumn,
    JsonColumn,
    NumberColumn,
    ReferenceColumn,
    TextColumn,
    UppercaseCodeColumn,
)
from skeleton.office.tables.table import Table

PATH_SEPARATOR = " / "
"""Separates the names in a category's path: `Tools / Hand tools`."""


def _category_finder() -> Callable[[str], list[UUID]]:
    """Return a function that finds categories by path or by name."""
    found: dict[str, list[UUID]] = {}
    for pk, path in _category_paths().items():
        found.setdefault(path, []).append(pk)
    by_name: dict[str, list[UUID]] = {}
    for pk, name in Category.objects.values_list("pk", "name"):
        by_name.setdefault(name, []).append(pk)
    return lambda text: found.get(text) or by_name.get(text, [])


def _category_paths() -> dict[UUID, str]:
    names = {pk: (name, path) for pk, name, path in Category.objects.values_list("pk", "name", "path")}
    return {pk: PATH_SEPARATOR.join(names[above][0] for above in path) for pk, (_, path) in names.items()}


def _item_finder() -> Callable[[str], list[UUID]]:
    """Return a function that finds items by SKU, in any spelling if there is none in this one."""

    def find(text: str) -> list[UUID]:
        spelled = Q(sku__lower=Lower(Value(text))) | Q(sku_key=folded(Value(text)))
        rows = list(Item.objects.filter(spelled).values_list("pk", "sku"))
        return [pk for pk, sku in rows if sku == text] or [pk for pk, _ in rows]

    return find


def _warehouse_finder() -> Callable[[str], list[UUID]]:
    """Return a function that finds warehouses by code or by name."""

    def find(text: str) -> list[UUID]:
        exactly = Warehouse.objects.filter(code=text)
        coded = (exactly or Warehouse.objects.filter(code_key=folded(Value(text)))).values_list("pk", flat=True)
        return list(coded) or list(Warehouse.objects.filter(name=text).values_list("pk", flat=True))

    return find


def _warehouse_of(row: Stock) -> str:
    return row.warehouse.code or row.warehouse.name


ITEMS = Table(
    columns=(
        TextColumn("sku", _("Unique."), required=True),
        TextColumn("name", required=True),
        TextColumn("description"),
        ReferenceColumn(
            "category",
            _("Its path, such as Tools / Hand tools, or its name where no other has the same."),
            path="category_id",
            source="category_id",
            find_ids=_category_finder,
            labels=_category_paths,
        ),
        AmountColumn("unit_price", _("In whole units of the currency, such as 15.50."), required=True),
        UppercaseCodeColumn("currency", _("ISO code. Defaults to the company's currency.")),
        TextColumn("unit", _("Such as piece or kg.")),
        UppercaseCodeColumn("unit_code", _("UN/ECE Recommendation 20, such as C62 (piece) or HUR (hour).")),
        NumberColumn("price_base_quantity", _("The number of units that the price is for. Defaults to 1.")),
        NumberColumn("tax_rate", _("Percent. Defaults to the tax code's.")),
        UppercaseCodeColumn("tax_code", source="tax_code.code"),
        ChoiceColumn("status", _("active, inactive or discontinued.")),
        JsonColumn("attributes", _('A JSON object, such as {"colour": "red"}.')),
        DateTimeColumn("created_at"),
    ),
    key=("sku",),
)

STOCK = Table(
    columns=(
        ReferenceColumn(
            "sku",
            _("Of the item."),
            path="item_id",
            source="item_id",
            find_ids=_item_finder,
            label_source=lambda row: row.item.sku,
            required=True,
        ),
        TextColumn("item_name", source="item.name", read_only=True),
        ReferenceColumn(
            "warehouse",
            _("Its code, or its name."),
            path="warehouse_id",
            source="warehouse_id",
            find_ids=_warehouse_finder,
            label_source=_warehouse_of,
            required=True,
        ),
        NumberColumn("quantity", _("The counted quantity. The difference is booked as an adjustment."), required=True),
        NumberColumn("reserved", read_only=True),
        NumberColumn("available", read_only=True),
        NumberColumn("reorder_point"),
        NumberColumn("reorder_quantity"),
    ),
    key=("sku", "warehouse"),
    joins=("item", "warehouse"),
)
