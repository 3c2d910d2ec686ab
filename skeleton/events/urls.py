from skeleton.events.views import EventViewSet
from skeleton.rest.routing import ApiRouter

router = ApiRouter()
router.register("", EventViewSet)

urlpatterns = router.urls
