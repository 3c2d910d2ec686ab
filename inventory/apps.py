from typing import ClassVar

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from inventory import integrity_checks
from inventory.event_kinds import KINDS
from skeleton.events import kinds
from skeleton.kernel.constraints import declare
from skeleton.kernel.errors import Conflict, Invalid


class InventoryConfig(AppConfig):
    name = "inventory"
    maintained_columns: ClassVar = {"inventory_stock": ("id", "item_id", "warehouse_id", "quantity", "reserved")}

    def ready(self) -> None:
        declare("inventory_category_cycle", Conflict, _("A category cannot be below itself."), field="parent_id")
        declare(
            "inventory_category_depth",
            Invalid,
            _("Categories can be nested at most 32 levels deep."),
            field="parent_id",
        )
        declare("inventory_stock_reserved_within", Conflict, _("There is not enough stock."))
        declare(
            "inventory_stock_kept_by_ledger", Conflict, _("Stock can only be changed by movements and reservations.")
        )
        declare("inventory_movement_append_only", Conflict, _("Stock movements cannot be changed or deleted."))
        declare("inventory_movement_reservation_active", Conflict, _("The reservation is no longer active."))
        declare(
            "inventory_movement_transfer_whole",
            Conflict,
            _("A transfer must add to one place what it takes from another."),
        )
        declare(
            "inventory_reservation_machine", Conflict, _("A reservation can end once and cannot be changed otherwise.")
        )
        declare(
            "inventory_item_rate_of_tax_code",
            Conflict,
            _("The tax rate of an item is that of its tax code."),
            field="tax_rate",
        )
        integrity_checks.register_checks()
        kinds.declare(*KINDS)
