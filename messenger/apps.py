from typing import Any
from uuid import UUID

from django.apps import AppConfig
from django.db.models import OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from messenger.errors import declare_constraints
from skeleton.files import usage


class MessengerConfig(AppConfig):
    name = "messenger"

    def ready(self) -> None:
        declare_constraints()
        usage.register_usage(_("a message"), self.is_attached, shared_with=self.attachments_shown_to)

    def is_attached(self, file_id: UUID) -> bool:
        """Return whether the file is attached to a message."""
        return self._attachments().filter(file_id=file_id).exists()

    def attachments_shown_to(self, user_id: Any) -> QuerySet[Any]:
        """Return the attachments of `OuterRef("pk")` in the user's conversations, which allow them to open the file."""
        return self._attachments().filter(file=OuterRef("pk"), message__conversation__members__user_id=user_id)

    def _attachments(self) -> QuerySet[Any]:
        return self.get_model("Attachment")._default_manager.all()
