from skeleton.core.operations import routes
from skeleton.identity.views import AuthView, PermissionView, RoleView, UserView

urlpatterns = [
    *routes("auth", AuthView),
    *routes("users", UserView),
    *routes("roles", RoleView),
    *routes("permissions", PermissionView),
]
