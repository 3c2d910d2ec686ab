from skeleton.audit.views import AuditView
from skeleton.rest.operations import routes

urlpatterns = routes("audit", AuditView)
