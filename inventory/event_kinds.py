"""The kinds of objects of this app that have events."""

from skeleton.events.kinds import CREATED, DELETED, UPDATED, Kind

_CATALOG, _INVENTORY = ("catalog:read",), ("inventory:read",)
_ACTIVE = {"active": "activated", "inactive": "deactivated"}

KINDS = (
    Kind(
        "category",
        "inventory_category",
        "catalog",
        "/catalog/categories/{id}",
        _CATALOG,
        verbs=(CREATED, UPDATED, DELETED),
    ),
    Kind(
        "item",
        "inventory_item",
        "catalog",
        "/catalog/items/{id}",
        _CATALOG,
        statuses={**_ACTIVE, "discontinued": "discontinued"},
    ),
    Kind(
        "warehouse",
        "inventory_warehouse",
        "inventory",
        "/warehouses/{id}",
        _INVENTORY,
        statuses={**_ACTIVE, "maintenance": "closed_for_maintenance"},
    ),
    Kind("stock", "inventory_stock", "inventory", "/stock/{id}", _INVENTORY),
    Kind(
        "reservation",
        "inventory_reservation",
        "inventory",
        "/reservations/{id}",
        _INVENTORY,
        statuses={"fulfilled": "fulfilled", "cancelled": "cancelled", "expired": "expired"},
    ),
    Kind("movement", "inventory_movement", "inventory", "/movements/{id}", _INVENTORY, verbs=(CREATED,)),
)
