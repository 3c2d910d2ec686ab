"""Services of messages. PostgreSQL assigns `seq`, under the lock of the conversation (migration 0002)."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import IntegrityError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from messenger.access import require_member
from messenger.errors import DELETED
from messenger.models import Attachment, Message
from messenger.services.notifications import notify_offline_members
from skeleton.db.inserts import insert_rows
from skeleton.db.locks import locked_for_update
from skeleton.files.models import File
from skeleton.kernel.actors import Actor
from skeleton.kernel.errors import Conflict, Forbidden, Invalid
from skeleton.kernel.transactions import audited_transaction


def send_message(*, conversation_id: UUID, values: dict[str, Any], actor: Actor) -> tuple[UUID, bool]:
    """Send a message to a conversation. Returns its id and whether it is new.

    `values` as from MessageInputSerializer. For a `client_id` that the actor has already used here, the first message
    is returned. Raises NotFound, Conflict (archived), Invalid (empty, or a file of another user).
    """
    client_id = values.get("client_id")
    require_member(conversation_id, actor)
    known = _find_by_client_id(conversation_id, client_id, actor)
    if known:
        return known, False
    file_ids = list(dict.fromkeys(values.get("attachments") or ()))
    if values.get("content") is None and not file_ids:
        raise Invalid(details={"content": _("Write something, or attach a file.")})
    names = _require_own(file_ids, actor)
    try:
        with audited_transaction(actor, "send"):
            pk = _write(conversation_id, values.get("content"), client_id, file_ids, actor)
            text = values.get("content") or ", ".join(names)
            notify_offline_members(conversation_id=conversation_id, message_id=pk, text=text, sender=actor)
        return pk, True
    except IntegrityError:
        known = _find_by_client_id(conversation_id, client_id, actor)  # the same message was sent twice concurrently
        if known is None:
            raise
        return known, False


def _find_by_client_id(conversation_id: UUID, client_id: str | None, actor: Actor) -> UUID | None:
    if client_id is None:
        return None
    sent = Message.objects.filter(conversation_id=conversation_id, sender_id=actor.user_id, client_id=client_id)
    return sent.values_list("pk", flat=True).first()


def _require_own(file_ids: Sequence[UUID], actor: Actor) -> list[str]:
    """Return the names of the files. Raises Invalid if one isn't the actor's own."""
    if not file_ids:
        return []
    own = dict(File.objects.filter(pk__in=file_ids, owner_id=actor.user_id).values_list("pk", "name"))
    foreign = {f"attachments.{n}": _("Unknown file.") for n, file_id in enumerate(file_ids) if file_id not in own}
    if foreign:
        raise Invalid(details=foreign)
    return [own[file_id] for file_id in file_ids]


def _write(
    conversation_id: UUID, content: str | None, client_id: str | None, file_ids: Sequence[UUID], actor: Actor
) -> UUID:
    message = {"conversation_id": conversation_id, "sender_id": actor.user_id, "content": content}
    (written,) = insert_rows(Message, [{**message, "client_id": client_id}])
    pk: UUID = written["id"]
    rows = [Attachment(message_id=pk, position=n, file_id=file_id) for n, file_id in enumerate(file_ids)]
    if rows:
        Attachment.objects.bulk_create(rows)
    return pk


def edit_message(*, conversation_id: UUID, message_id: UUID, values: dict[str, Any], actor: Actor) -> None:
    """Change the content of the actor's own message. Raises NotFound, Forbidden, Conflict (deleted, or archived)."""
    with audited_transaction(actor, "edit"):
        message = _own(conversation_id, message_id, actor)
        if values.get("content", message.content) != message.content:
            _save(message, content=values["content"], edited_at=timezone.now())


def delete_message(*, conversation_id: UUID, message_id: UUID, actor: Actor) -> None:
    """Empty the actor's own message, keeping its `seq`. Raises NotFound, Forbidden, Conflict (deleted, or archived)."""
    with audited_transaction(actor, "delete"):
        _save(_own(conversation_id, message_id, actor), content=None, deleted_at=timezone.now())


def _own(conversation_id: UUID, message_id: UUID, actor: Actor) -> Message:
    rows = Message.objects.visible_to(actor).filter(conversation_id=conversation_id)
    message: Message = locked_for_update(rows, message_id, no_key=True)
    if message.sender_id != actor.id:
        raise Forbidden(_("Only its sender may change a message."))
    if message.deleted_at:
        raise Conflict(DELETED)
    return message


def _save(message: Message, **fields: Any) -> None:
    for name, value in fields.items():
        setattr(message, name, value)
    message.save(update_fields=list(fields))
