from typing import Any
from uuid import UUID

from django.apps import AppConfig
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from messenger.errors import declare_constraints
from skeleton.events.kinds import CREATED, DELETED, UPDATED, Kind, Visible, declare
from skeleton.files import usage
from skeleton.kernel.actors import Actor


class MessengerConfig(AppConfig):
    name = "messenger"
    maintained_tables = ("messenger_absence",)

    def ready(self) -> None:
        declare_constraints()
        usage.register_usage(_("a message"), self.is_attached, shared_with=self.attachments_shown_to)

        read = ("messenger:read",)
        declare(
            Kind(
                "conversation",
                "messenger_conversation",
                "messenger",
                "/conversations/{id}",
                read,
                parts=("messenger_member",),
                rows=lambda actor: self._where_member(actor, "resource_id"),
            ),
            Kind(
                "message",
                "messenger_message",
                "messenger",
                None,
                read,
                verbs=(CREATED, UPDATED, DELETED),
                rows=lambda actor: self._where_member(actor, "scope_id"),
            ),
            Kind(
                "conversation",
                "messenger_read",
                "messenger",
                "/conversations/{id}",
                read,
                verbs=("read",),
                rows=lambda actor: self._where_member(actor, "resource_id"),
            ),
        )

    def _where_member(self, actor: Actor, conversation_id: str) -> Visible:
        """Return the events of conversations that the actor is in."""
        members = self.get_model("Member")._default_manager.filter(user_id=actor.id)
        return Q(Exists(members.filter(conversation_id=OuterRef(conversation_id))))

    def is_attached(self, file_id: UUID) -> bool:
        """Return whether the file is attached to a message."""
        return bool(self._attachments().filter(file_id=file_id).exists())

    def attachments_shown_to(self, user_id: Any) -> QuerySet[Any]:
        """Return the attachments of `OuterRef("pk")` to messages that the user may read, and the file with them."""
        found: QuerySet[Any] = self._attachments().seen_by(user_id).filter(file=OuterRef("pk"))
        return found

    def _attachments(self) -> Any:
        return self.get_model("Attachment")._default_manager.all()
