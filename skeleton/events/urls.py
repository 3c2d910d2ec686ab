from skeleton.events.views import EventStreamViewSet, EventViewSet
from skeleton.rest.routing import ApiRouter

router = ApiRouter()
router.register("", EventViewSet)
router.register("events", EventStreamViewSet)

urlpatterns = router.urls
