from typing import Any
from uuid import UUID

from django.apps import AppConfig
from django.db.models import QuerySet

from messenger.errors import declare_constraints
from skeleton.files import uses


class MessengerConfig(AppConfig):
    name = "messenger"

    def ready(self) -> None:
        declare_constraints()
        uses.register("a message", self.is_attached)

    def is_attached(self, file_id: UUID) -> bool:
        """Whether a message uses the file."""
        attached: QuerySet[Any] = self.get_model("Attachment")._default_manager.all()
        return attached.filter(file_id=file_id).exists()
