from skeleton.identity.views import AuthViewSet, PermissionViewSet, RoleViewSet, UserViewSet
from skeleton.rest.routing import ApiRouter

router = ApiRouter()
router.register("auth", AuthViewSet)
router.register("users", UserViewSet)
router.register("roles", RoleViewSet)
router.register("permissions", PermissionViewSet)

urlpatterns = router.urls
