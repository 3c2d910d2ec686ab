from django.urls import include, path
from rest_framework.routers import SimpleRouter

from bench.stock.views import CustomerViewSet, InvoiceViewSet

router = SimpleRouter(trailing_slash=False)
router.register("customers", CustomerViewSet)
router.register("invoices", InvoiceViewSet)

urlpatterns = [path("api/v1/", include(router.urls))]
