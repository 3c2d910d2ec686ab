"""The RSGI application that `manage.py serve` runs: the WSGI one, and streams."""

from skeleton.core.entry import Entry
from skeleton.wsgi import application as wsgi

application = Entry(wsgi)
