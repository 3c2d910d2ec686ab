"""Services of items."""

from typing import Any
from uuid import UUID

from accounting.services.applied_taxes import changed_tax
from inventory.models import Item
from skeleton.db import records
from skeleton.db.locks import locked_for_update
from skeleton.db.records import save_changes
from skeleton.kernel.actors import Actor
from skeleton.kernel.transactions import audited_transaction


def create_item(*, values: dict[str, Any], actor: Actor) -> UUID:
    """Create an item. `values["tax_code"]` is an id, a code or None. Raises Invalid, Conflict (the SKU is taken)."""
    return records.create(Item, {**values, **changed_tax(values, None)}, actor=actor)


def update_item(*, item_id: UUID, values: dict[str, Any], actor: Actor) -> None:
    """Change an item. Its rate is that of its tax code. Raises NotFound, Invalid, Conflict."""
    with audited_transaction(actor, "update"):
        item = locked_for_update(Item.objects.select_related("tax_code"), item_id, no_key=True)
        save_changes(item, {**values, **changed_tax(values, item.tax_code)})
