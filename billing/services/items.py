"""Items of the catalogue on lines: their defaults."""

from collections.abc import Mapping, Sequence
from typing import Any, cast
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from billing.services.lines import LineValues
from inventory.choices import ItemStatus
from inventory.models import Item
from skeleton.kernel.errors import Invalid
from skeleton.kernel.text import Label, format_text
from skeleton.kernel.translation import Text


def with_item_defaults(lines: Sequence[Mapping[str, Any]], *, path: str = "") -> list[LineValues]:
    """Return the lines with what the catalogue says where they are silent; those without an item as they are.

    `path` has a placeholder for the line's index. Raises Invalid, with every line that is wrong.
    """
    items = active_items([line.get("item_id") for line in lines], path=path)
    return [
        _with_defaults(line, items[line["item_id"]], path.format(index))
        if line.get("item_id")
        else cast("LineValues", line)
        for index, line in enumerate(lines)
    ]


def active_items(ids: Sequence[UUID | None], *, path: str = "") -> dict[UUID, Item]:
    """Return the items with these ids. Raises Invalid, by line, for those that don't exist or aren't active."""
    named = {item_id for item_id in ids if item_id}
    items = Item.objects.defer("description", "attributes", "search_text").in_bulk(named) if named else {}
    wrong: dict[str, Text] = {}
    for index, item_id in enumerate(ids):
        item = items.get(item_id)
        if item_id and item is None:
            wrong[f"{path.format(index)}item_id"] = _("Unknown item.")
        elif item and item.status != ItemStatus.ACTIVE:
            wrong[f"{path.format(index)}item_id"] = format_text(
                _("{item} is {status}."), item=item.name, status=Label(ItemStatus(item.status).label)
            )
    if wrong:
        raise Invalid(details=wrong)
    return items


def _with_defaults(line: Mapping[str, Any], item: Item, path: str) -> LineValues:
    currency = line.get("currency", item.currency)
    if "unit_price" not in line and currency != item.currency:
        told = format_text(_("The catalogue has a price in {currency} only."), currency=item.currency)
        raise Invalid(details={f"{path}unit_price": told})
    defaults: dict[str, Any] = {
        "item_number": item.sku,
        "description": item.name,
        "unit_price": item.unit_price,
        "price_base_quantity": item.price_base_quantity,
        "unit_code": item.unit_code,
        "currency": currency,
    }
    if not line.get("tax_code") and line.get("tax_rate", item.tax_rate) == item.tax_rate:
        defaults |= {"tax_rate": item.tax_rate, "tax_code": item.tax_code_id}
    return cast("LineValues", {**defaults, **line})
