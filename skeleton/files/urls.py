from skeleton.files.views import FileViewSet
from skeleton.rest.routing import ApiRouter

router = ApiRouter()
router.register("files", FileViewSet)

urlpatterns = router.urls
