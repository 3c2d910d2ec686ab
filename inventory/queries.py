"""Reads that span tables: the whole tree of categories, what runs low."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from inventory.models import Category, Stock

Node = dict[str, Any]


def category_tree() -> list[Node]:
    """All categories as a forest, siblings by name: each with its `children`. One statement."""
    rows = Category.objects.order_by("name", "id").values("id", "name", "description", "parent_id")
    nodes: dict[UUID, Node] = {row["id"]: {**row, "children": []} for row in rows}
    roots: list[Node] = []
    for node in nodes.values():
        siblings = nodes[node["parent_id"]]["children"] if node["parent_id"] else roots
        siblings.append(node)
    return roots


def low_stock() -> QuerySet[Stock]:
    """What is to be ordered again, the emptiest first, each with its item and warehouse."""
    return Stock.objects.filter(is_low=True).select_related("item", "warehouse").order_by("available", "pk")
