from inventory.views import CategoryView, ItemView, MovementView, ReservationView, StockView, WarehouseView
from skeleton.rest.operations import routes

urlpatterns = [
    *routes("catalog/categories", CategoryView),
    *routes("catalog/items", ItemView),
    *routes("warehouses", WarehouseView),
    *routes("stock", StockView),
    *routes("reservations", ReservationView),
    *routes("movements", MovementView),
]
