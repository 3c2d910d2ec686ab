from skeleton.core.operations import routes
from skeleton.files.views import FileView

urlpatterns = routes("files", FileView)
