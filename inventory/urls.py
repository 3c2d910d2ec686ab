from inventory.views import (
    CategoryViewSet,
    ItemViewSet,
    MovementViewSet,
    ReservationViewSet,
    StockViewSet,
    WarehouseViewSet,
)
from skeleton.rest.routing import ApiRouter

router = ApiRouter()
router.register("catalog/categories", CategoryViewSet)
router.register("catalog/items", ItemViewSet)
router.register("warehouses", WarehouseViewSet)
router.register("stock", StockViewSet)
router.register("reservations", ReservationViewSet)
router.register("movements", MovementViewSet)

urlpatterns = router.urls
