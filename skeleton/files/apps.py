from typing import Any

from django.apps import AppConfig
from django.db.models import Exists, OuterRef, Q

from skeleton.events.kinds import CREATED, DELETED, UPDATED, Kind, Visible, declare
from skeleton.kernel.actors import Actor


class FilesConfig(AppConfig):
    name = "skeleton.files"
    label = "files"

    def ready(self) -> None:
        verbs = (CREATED, UPDATED, DELETED)
        declare(Kind("file", "files_file", "files", "/files/{id}", ("files:read",), verbs=verbs, rows=self._visible))

    def _visible(self, actor: Actor) -> Visible:
        """Return the events of files that the actor may open, and of their own ones that are deleted."""
        files: Any = self.get_model("File")._default_manager
        readable = Exists(files.all().readable_by(actor).filter(pk=OuterRef("resource_id")))
        return actor.can("files:*") or Q(scope_id=actor.id) | Q(readable)
