"""Who sees which files: everybody their own, and all of them whoever holds `files:*`."""

from skeleton.core.access import OwnGate
from skeleton.files.models import File

FILES = OwnGate(File.objects.all, owner="owner_id", unless="files:*")
