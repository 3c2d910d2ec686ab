"""Queries that span tables: the category tree and low stock."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from inventory.models import Category, Stock

CategoryNode = dict[str, Any]


def category_tree() -> list[CategoryNode]:
    """Return all categories as a forest, each with its `children`, siblings by name. One statement."""
    rows = Category.objects.order_by("name", "id").values("id", "name", "description", "parent_id")
    nodes: dict[UUID, CategoryNode] = {row["id"]: {**row, "children": []} for row in rows}
    roots: list[CategoryNode] = []
    for node in nodes.values():
        siblings = nodes[node["parent_id"]]["children"] if node["parent_id"] else roots
        siblings.append(node)
    return roots


def low_stock() -> QuerySet[Stock]:
    """Return the stock rows to reorder, the lowest first, with their items and warehouses."""
    return Stock.objects.filter(is_low=True).select_related("item", "warehouse").order_by("available", "pk")
