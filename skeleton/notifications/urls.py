from skeleton.core.operations import routes
from skeleton.notifications.views import NotificationView

urlpatterns = routes("notifications", NotificationView)
