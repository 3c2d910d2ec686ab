from django.urls import include, path
from rest_framework.routers import SimpleRouter

from bench.stock.views import CustomerViewSet

router = SimpleRouter(trailing_slash=False)
router.register("customers", CustomerViewSet)

urlpatterns = [path("api/v1/", include(router.urls))]
