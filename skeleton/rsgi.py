"""The RSGI application that `manage.py serve` runs: the WSGI one, and streams."""

from skeleton.server.application import Application
from skeleton.wsgi import application as wsgi

application = Application(wsgi)
