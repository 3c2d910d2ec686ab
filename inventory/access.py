"""Who sees what of the catalogue and the stock: everybody who holds the permission sees all of it."""

from inventory.models import Category, Item, Movement, Reservation, Stock, Warehouse
from skeleton.db.access import OpenGate
from skeleton.db.counting import Counted

CATEGORIES = OpenGate(Category.objects.all)
ITEMS = OpenGate(Item.objects.all, counted=Counted("inventory_item"))
WAREHOUSES = OpenGate(Warehouse.objects.all)
STOCK = OpenGate(Stock.objects.all, counted=Counted("inventory_stock"))
RESERVATIONS = OpenGate(Reservation.objects.all, counted=Counted("inventory_reservation"))
MOVEMENTS = OpenGate(Movement.objects.all, counted=Counted("inventory_movement"))
