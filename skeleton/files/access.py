"""Who sees which files: everybody their own, and all of them whoever holds `files:*`; what one is shown can be read."""

from collections.abc import Hashable
from typing import Any

from django.db.models import Exists, Q, QuerySet

from skeleton.db.access import OwnGate
from skeleton.files import uses
from skeleton.files.models import File
from skeleton.kernel.actors import Actor

FILES = OwnGate(File.objects.all, owner="owner_id", unless="files:*")


class ReadableGate:
    """Files that can be opened by their id: those that one sees, and those that are shown to one, as in a message."""

    def scope(self, actor: Actor) -> Hashable:
        return FILES.scope(actor)

    def rows(self, scope: Hashable, actor_id: Any) -> QuerySet[File]:
        rows: QuerySet[File] = File.objects.all()
        if scope == "all":
            return rows
        shown = (Q(Exists(found)) for found in uses.shown_to(actor_id))
        opened = Q(owner_id=actor_id)
        for one in shown:
            opened |= one
        return rows.filter(opened)


READABLE = ReadableGate()
