from skeleton.audit.views import AuditViewSet
from skeleton.rest.routing import ApiRouter

router = ApiRouter()
router.register("audit", AuditViewSet)

urlpatterns = router.urls
