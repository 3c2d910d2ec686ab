from skeleton.company.views import CompanyViewSet
from skeleton.rest.routing import ApiRouter

router = ApiRouter()
router.register("", CompanyViewSet)

urlpatterns = router.urls
