"""Notifications about low stock, to all users who can write the inventory, when a stock row becomes low."""

from collections.abc import Mapping
from decimal import Decimal
from uuid import UUID

from django.db import connection

from skeleton.notifications.choices import Event
from skeleton.notifications.queries import recipients_for
from skeleton.notifications.services import notify

_CROSSED = """
    SELECT s.id, i.name, i.sku, w.name, s.available, s.reorder_point
    FROM unnest(%(ids)s::uuid[], %(taken)s::numeric[]) AS t (id, taken)
        JOIN inventory_stock s USING (id)
        JOIN inventory_item i ON i.id = s.item_id JOIN inventory_warehouse w ON w.id = s.warehouse_id
    WHERE s.reorder_point > 0 AND s.available <= s.reorder_point AND s.available + t.taken > s.reorder_point
    ORDER BY s.item_id, s.warehouse_id
"""


def notify_low_stock(taken: Mapping[UUID, Decimal]) -> None:
    """Notify about each stock row whose available quantity has just fallen to its reorder point or below.

    `taken` maps row ids to the quantities that were taken. Call this in the same audited transaction, while the rows
    are locked.
    """
    if not taken:
        return
    with connection.cursor() as cursor:
        cursor.execute(_CROSSED, {"ids": list(taken), "taken": list(taken.values())})
        crossed = cursor.fetchall()
    recipients = recipients_for(None, "inventory:write") if crossed else []
    for stock_id, item, sku, warehouse, available, reorder_point in crossed:
        notify(
            event=Event.LOW_STOCK,
            recipients=recipients,
            values={
                "item": item,
                "sku": sku,
                "warehouse": warehouse,
                "available": available,
                "reorder_point": reorder_point,
            },
            link=f"/api/v1/stock/{stock_id}",
        )
