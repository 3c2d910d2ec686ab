from skeleton.files.views import FileView
from skeleton.rest.operations import routes

urlpatterns = routes("files", FileView)
