from django.urls import include, path
from rest_framework.routers import SimpleRouter

from bench.stock.views import CustomerViewSet, InvoiceViewSet, OrderViewSet, StockViewSet

router = SimpleRouter(trailing_slash=False)
router.register("customers", CustomerViewSet)
router.register("invoices", InvoiceViewSet)
router.register("orders", OrderViewSet)
router.register("stock", StockViewSet)

urlpatterns = [path("api/v1/", include(router.urls))]
