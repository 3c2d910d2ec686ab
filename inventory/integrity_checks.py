"""The checks of stock in `manage.py verify_books`."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db import connection

from accounting.integrity_checks import register_check


@dataclass(frozen=True, slots=True)
class StockDifference:
    """A stock row that differs from the ledger, its last balance or the active reservations."""

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
    """Return the stock rows that differ from the ledger or the active reservations. Empty if all is well."""
    with connection.cursor() as cursor:
        cursor.execute(_DIFFERENCES)
        return [StockDifference(*row) for row in cursor.fetchall()]


def check_stock_is_sum_of_movements() -> Iterator[str]:
    for found in stock_differences():
        yield (
            f"stock {found.stock_id}: quantity {found.quantity}, moved {found.moved}, balance after the last movement "
            f"{found.last_balance}; reserved {found.reserved}, active reservations {found.held}"
        )


def register_checks() -> None:
    """Register the checks of stock. Called once, when the app starts."""
    register_check("stock is the sum of its movements", check_stock_is_sum_of_movements)
