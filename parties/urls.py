from parties.views import CountryViewSet, CustomerViewSet, EmployeeViewSet, PartnerViewSet, SupplierViewSet
from skeleton.rest.routing import ApiRouter

router = ApiRouter()
router.register("customers", CustomerViewSet)
router.register("suppliers", SupplierViewSet)
router.register("partners", PartnerViewSet)
router.register("employees", EmployeeViewSet)
router.register("countries", CountryViewSet)

urlpatterns = router.urls
