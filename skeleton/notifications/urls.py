from skeleton.notifications.views import NotificationView
from skeleton.rest.operations import routes

urlpatterns = routes("notifications", NotificationView)
