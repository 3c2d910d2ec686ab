"""Services of the category tree."""

from typing import Any
from uuid import UUID

from django.db import connection

from inventory.models import Category
from skeleton.db import records
from skeleton.kernel.actors import Actor
from skeleton.kernel.transactions import audited_transaction


def update_category(*, category_id: UUID, values: dict[str, Any], actor: Actor) -> None:
    """Change a category. Raises NotFound; Conflict if it would end up below itself."""
    with audited_transaction(actor, "update"):
        if "parent_id" in values:
            _lock_tree()
        records.update(Category.objects.visible_to(actor), category_id, values, actor=actor)


def _lock_tree() -> None:
    """Wait for other changes to the tree before locking any row. The triggers use the same order."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('inventory_category'))")
