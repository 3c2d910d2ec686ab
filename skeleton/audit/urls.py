from skeleton.audit.views import AuditView
from skeleton.core.operations import routes

urlpatterns = routes("audit", AuditView)
