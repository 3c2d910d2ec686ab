from typing import ClassVar

from django.apps import AppConfig

from inventory import proofs
from skeleton.kernel.constraints import declare
from skeleton.kernel.errors import Conflict, Invalid


class InventoryConfig(AppConfig):
    name = "inventory"
    maintained_columns: ClassVar = {"inventory_stock": ("id", "item_id", "warehouse_id", "quantity", "reserved")}

    def ready(self) -> None:
        declare("inventory_category_cycle", Conflict, "A category cannot be below itself.", field="parent_id")
        declare("inventory_category_depth", Invalid, "Categories nest at most 32 deep.", field="parent_id")
        declare("inventory_stock_reserved_within", Conflict, "There is not enough stock.")
        declare("inventory_stock_kept_by_ledger", Conflict, "Stock changes only by movements and reservations.")
        declare("inventory_movement_append_only", Conflict, "The ledger of movements is append-only.")
        declare("inventory_movement_reservation_active", Conflict, "The reservation is no longer active.")
        declare(
            "inventory_movement_transfer_whole",
            Conflict,
            "A transfer adds to one place what it takes from another.",
        )
        declare("inventory_reservation_machine", Conflict, "A reservation ends once and does not change otherwise.")
        proofs.register_own()
