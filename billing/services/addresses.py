"""Addresses that documents have of their own: where an order is shipped to, where an invoice's goods went."""

from typing import Any


def merge_address(present: dict[str, Any] | None, change: dict[str, Any] | None) -> dict[str, Any] | None:
    """Merge changes into an address; None clears it. The result always has a `country_id`, which may be None."""
    return None if change is None else {"country_id": None, **(present or {}), **change}
