from contracts.views import ContractViewSet
from skeleton.rest.routing import ApiRouter

router = ApiRouter()
router.register("contracts", ContractViewSet)

urlpatterns = router.urls
