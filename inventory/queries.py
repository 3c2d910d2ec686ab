"""Reads that span tables: the whole tree of categories."""

from typing import Any
from uuid import UUID

from inventory.models import Category

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
