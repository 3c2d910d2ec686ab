from skeleton.identity.views import AuthView, PermissionView, RoleView, UserView
from skeleton.rest.operations import routes

urlpatterns = [
    *routes("auth", AuthView),
    *routes("users", UserView),
    *routes("roles", RoleView),
    *routes("permissions", PermissionView),
]
