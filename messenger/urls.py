from messenger.views import ConversationViewSet, MessageViewSet, StreamViewSet
from skeleton.rest.routing import ApiRouter

router = ApiRouter()
router.register("conversations", ConversationViewSet)
router.register("conversations/<pk>/messages", MessageViewSet)
router.register("messenger", StreamViewSet)

urlpatterns = router.urls
