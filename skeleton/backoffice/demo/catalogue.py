"""Creates the catalogue, the warehouses and their stock."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from inventory.models import Category, Warehouse
from inventory.services import stock
from inventory.services.items import create_item
from skeleton.backoffice.demo import data
from skeleton.backoffice.demo.world import World
from skeleton.db import records
from skeleton.kernel import clock
from skeleton.kernel.units import DEFAULT_UNIT


def fill_catalogue(world: World) -> None:
    """Create a tree of categories with items, and services, which are never stocked."""
    with clock.freeze_time_at(world.start):
        for group, kinds in data.CATALOGUE.items():
            above = records.create(Category, {"name": group}, actor=world.random_writer())
            for kind, items in kinds.items():
                category = records.create(Category, {"name": kind, "parent_id": above}, actor=world.random_writer())
                for name, price in items:
                    world.goods.append((_item(world, name, price, category_id=category), price))
        for name, price in data.SERVICES:
            world.services.append((_item(world, name, price, unit="service"), price))


def _item(world: World, name: str, price: int, **fields: Any) -> UUID:
    number = len(world.goods) + len(world.services) + 1
    values = {
        "sku": f"NW-{number:04}",
        "name": name,
        "unit_price": price,
        "currency": "USD",
        "unit": "piece",
        "unit_code": data.UNITS.get(name, DEFAULT_UNIT),
        "tax_code": data.TAX_CODES["US"],
        **fields,
    }
    return create_item(values=values, actor=world.random_writer())


def fill_warehouses(world: World) -> None:
    """Create the warehouses with their initial stock and reorder levels."""
    with clock.freeze_time_at(world.start):
        for code, name, location in data.WAREHOUSES:
            values = {"code": code, "name": name, "location": location}
            world.warehouses.append(records.create(Warehouse, values, actor=world.random_writer()))
    for n, (item, _) in enumerate(world.each("stock", world.goods, len(world.goods))):
        for warehouse in world.warehouses[: 1 + n % len(world.warehouses)]:
            pk = restock(world, item, warehouse, 150 + world.rng.randrange(300))
            levels = {"reorder_point": Decimal(100), "reorder_quantity": Decimal(300)}
            stock.set_reorder_levels(stock_id=pk, values=levels, actor=world.random_writer())


def restock(world: World, item: UUID, warehouse: UUID, quantity: int) -> UUID:
    """Receive a delivery of one item, and return the id of its stock row."""
    return stock.receive_stock(
        item_id=item,
        warehouse_id=warehouse,
        quantity=Decimal(quantity),
        reference=f"PO-{world.rng.randrange(1000, 9999)}",
        actor=world.random_writer(),
    )
