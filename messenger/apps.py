from typing import Any
from uuid import UUID

from django.apps import AppConfig
from django.db.models import OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from messenger.errors import declare_constraints
from skeleton.files import usage


class MessengerConfig(AppConfig):
    name = "messenger"
    maintained_tables = ("messenger_absence",)

    def ready(self) -> None:
        declare_constraints()
        usage.register_usage(_("a message"), self.is_attached, shared_with=self.attachments_shown_to)

    def is_attached(self, file_id: UUID) -> bool:
        """Return whether the file is attached to a message."""
        return bool(self._attachments().filter(file_id=file_id).exists())

    def attachments_shown_to(self, user_id: Any) -> QuerySet[Any]:
        """Return the attachments of `OuterRef("pk")` to messages that the user may read, and the file with them."""
        found: QuerySet[Any] = self._attachments().seen_by(user_id).filter(file=OuterRef("pk"))
        return found

    def _attachments(self) -> Any:
        return self.get_model("Attachment")._default_manager.all()
