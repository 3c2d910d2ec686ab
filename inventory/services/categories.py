"""Changing the tree of categories."""

from typing import Any
from uuid import UUID

from django.db import connection

from inventory.models import Category
from skeleton.db import records
from skeleton.kernel.actors import Actor
from skeleton.kernel.transactions import verb


def update_category(*, category_id: UUID, values: dict[str, Any], actor: Actor) -> None:
    """Change a category. Raises NotFound; Conflict where it would come to be below itself."""
    with verb(actor, "update"):
        if "parent_id" in values:
            _lock_tree()
        records.update(Category.objects.visible_to(actor), category_id, values, actor=actor)


def _lock_tree() -> None:
    """Wait for every other change of the tree's shape, before locking any row: the order that its triggers keep."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('inventory_category'))")
