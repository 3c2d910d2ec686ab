"""Who sees what of the catalogue and the stock: everybody who holds the permission sees all of it."""

from inventory.models import Category, Item, Movement, Reservation, Stock, Warehouse
from skeleton.core.access import OpenGate

CATEGORIES = OpenGate(Category.objects.all)
ITEMS = OpenGate(Item.objects.all)
WAREHOUSES = OpenGate(Warehouse.objects.all)
STOCK = OpenGate(Stock.objects.all)
RESERVATIONS = OpenGate(Reservation.objects.all)
MOVEMENTS = OpenGate(Movement.objects.all)
