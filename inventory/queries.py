"""Reads that span tables: the whole tree of categories, and the proof that stock and its ledger agree."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

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


@dataclass(frozen=True, slots=True)
class StockDifference:
    """A stock row that does not say what the ledger, its last balance or the open reservations say."""

    stock_id: UUID
    quantity: Decimal
    moved: Decimal
    last_balance: Decimal
    reserved: Decimal
    held: Decimal


_DIFFERENCES = """
    SELECT s.id, s.quantity, moved.total, coalesce(newest.balance_after, 0), s.reserved, held.total
    FROM inventory_stock s
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(quantity), 0) AS total FROM inventory_movement WHERE stock_id = s.id
    ) AS moved
    LEFT JOIN LATERAL (
        SELECT balance_after FROM inventory_movement WHERE stock_id = s.id ORDER BY id DESC LIMIT 1
    ) AS newest ON true
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(quantity), 0) AS total FROM inventory_reservation
        WHERE stock_id = s.id AND status = 'active'
    ) AS held
    WHERE s.quantity <> moved.total OR s.quantity <> coalesce(newest.balance_after, 0) OR s.reserved <> held.total
    ORDER BY s.id
"""


def stock_differences() -> list[StockDifference]:
    """The stock rows whose figures differ from the ledger or the active reservations: none, while all is well."""
    with connection.cursor() as cursor:
        cursor.execute(_DIFFERENCES)
        return [StockDifference(*row) for row in cursor.fetchall()]
