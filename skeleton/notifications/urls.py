from skeleton.notifications.views import NotificationViewSet
from skeleton.rest.routing import ApiRouter

router = ApiRouter()
router.register("notifications", NotificationViewSet)

urlpatterns = router.urls
