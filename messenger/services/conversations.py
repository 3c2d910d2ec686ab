"""Services of conversations and their members.

Each locks the conversation first. PostgreSQL maintains numbers, read marks and the event log (migration 0002).
"""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from messenger.choices import ConversationType
from messenger.errors import ARCHIVED
from messenger.models import Conversation, Member
from skeleton.db.locks import locked_for_update
from skeleton.db.records import save_changes
from skeleton.identity.models import User
from skeleton.kernel.actors import Actor
from skeleton.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from skeleton.kernel.ids import uuid7
from skeleton.kernel.text import format_text
from skeleton.kernel.transactions import audited_transaction


def create_conversation(*, values: dict[str, Any], actor: Actor) -> tuple[UUID, bool]:
    """Create a conversation, or find the existing direct one. Returns its id and whether it is new.

    `values` as from ConversationInputSerializer. Raises Invalid (unknown users, not exactly one for a direct one).
    """
    others = [user_id for user_id in dict.fromkeys(values["member_ids"]) if user_id != actor.user_id]
    _require_users(values["member_ids"], others)
    if values["type"] == ConversationType.DIRECT:
        return _create_direct(values, others, actor)
    with audited_transaction(actor, "create"):
        conversation = Conversation(
            type=ConversationType.GROUP,
            name=values.get("name"),
            description=values.get("description"),
            owner_id=actor.user_id,
            created_by_id=actor.user_id,
        )
        conversation.save(force_insert=True)
        _add(conversation.pk, [actor.user_id, *others])
    return conversation.pk, True


def _require_users(given: Sequence[UUID], others: Iterable[UUID]) -> None:
    """Raise Invalid if a user doesn't exist or isn't active, or if there is no user besides the actor."""
    known = set(User.objects.filter(pk__in=list(others), is_active=True).values_list("pk", flat=True))
    unknown = {
        f"member_ids.{n}": _("Unknown user.") for n, one in enumerate(given) if one in others and one not in known
    }
    if unknown:
        raise Invalid(details=unknown)
    if not others:
        raise Invalid(details={"member_ids": _("Add at least one user other than yourself.")})


_INSERT_DIRECT = """
    INSERT INTO messenger_conversation
        (id, type, low_user_id, high_user_id, created_by_id, last_seq, last_activity_at, created_at, updated_at)
    VALUES (%(id)s, 'direct', least(%(one)s::uuid, %(other)s), greatest(%(one)s::uuid, %(other)s), %(one)s, 0,
            clock_timestamp(), clock_timestamp(), clock_timestamp())
    ON CONFLICT (low_user_id, high_user_id) DO NOTHING
"""


def _create_direct(values: dict[str, Any], others: Sequence[UUID], actor: Actor) -> tuple[UUID, bool]:
    if len(others) != 1:
        raise Invalid(details={"member_ids": _("A direct conversation is with exactly one other user.")})
    named = [name for name in ("name", "description") if values.get(name) is not None]
    if named:
        raise Invalid(details=dict.fromkeys(named, _("A direct conversation has none.")))
    new_id, (other,) = uuid7(), others
    with audited_transaction(actor, "create"), connection.cursor() as cursor:
        # waits for a concurrent transaction that creates the same one
        cursor.execute(_INSERT_DIRECT, {"id": new_id, "one": actor.user_id, "other": other})
        if cursor.rowcount:
            _add(new_id, [actor.user_id, other])
            return new_id, True
    low, high = sorted((actor.user_id, other))
    return Conversation.objects.get(low_user=low, high_user=high).pk, False


def _add(conversation_id: UUID, user_ids: Iterable[UUID]) -> None:
    Member.objects.bulk_create([Member(conversation_id=conversation_id, user_id=user_id) for user_id in user_ids])


# --- name and archive state -------------------------------------------------------------------------------------------


def update_group(*, conversation_id: UUID, values: dict[str, Any], actor: Actor) -> None:
    """Change the name and description of a group. Raises NotFound, Conflict (direct, or archived)."""
    with audited_transaction(actor, "update"):
        conversation = _locked(conversation_id, actor)
        _require_group(conversation)
        _require_open(conversation)
        save_changes(conversation, values)


def archive_conversation(*, conversation_id: UUID, actor: Actor) -> None:
    """Make it read-only for all members. Raises NotFound, Conflict; Forbidden for all but a group's owner."""
    with audited_transaction(actor, "archive"):
        conversation = _locked(conversation_id, actor)
        _require_owner(conversation, actor)
        if conversation.archived_at:
            raise Conflict(_("The conversation is already archived."), details={"allowed": ["unarchive"]})
        save_changes(conversation, {"archived_at": timezone.now()})


def unarchive_conversation(*, conversation_id: UUID, actor: Actor) -> None:
    """Make it writable again. Raises NotFound, Conflict; Forbidden for all but a group's owner."""
    with audited_transaction(actor, "unarchive"):
        conversation = _locked(conversation_id, actor)
        _require_owner(conversation, actor)
        if not conversation.archived_at:
            raise Conflict(_("The conversation is not archived."), details={"allowed": ["archive"]})
        save_changes(conversation, {"archived_at": None})


# --- members ----------------------------------------------------------------------------------------------------------


def add_member(*, conversation_id: UUID, user_id: UUID, actor: Actor) -> None:
    """Add a member to a group.

    Raises NotFound; Conflict (direct, archived, or already a member); Forbidden for all but the owner; Invalid.
    """
    with audited_transaction(actor, "add_member"):
        conversation = _locked(conversation_id, actor)
        _require_group(conversation)
        _require_owner(conversation, actor)
        _require_open(conversation)
        if not User.objects.filter(pk=user_id, is_active=True).exists():
            raise Invalid(details={"user_id": _("Unknown user.")})
        if conversation.members.filter(user_id=user_id).exists():
            raise Conflict(_("This user is already a member."), details={"user_id": _("Is already a member.")})
        _add(conversation.pk, [user_id])


def remove_member(*, conversation_id: UUID, user_id: UUID, actor: Actor) -> None:
    """Remove a member, or leave. If the owner leaves, the longest-standing member becomes the owner.

    Raises NotFound, also if the user isn't a member; Conflict (direct, or archived); Forbidden for all but the owner.
    """
    with audited_transaction(actor, "remove_member"):
        conversation = _locked(conversation_id, actor)
        _require_group(conversation)
        if user_id != actor.id:
            _require_owner(conversation, actor)
        _require_open(conversation)
        removed = conversation.members.filter(user_id=user_id).delete()[0]
        if not removed:
            raise NotFound(_("This user is not a member."))
        if user_id == conversation.owner_id:
            heir = conversation.members.order_by("joined_at", "id").values_list("user_id", flat=True).first()
            save_changes(conversation, {"owner_id": heir})


def mark_read(*, conversation_id: UUID, seq: int, actor: Actor) -> None:
    """Mark everything up to `seq` as read. The mark never moves back.

    Raises NotFound; Invalid if there is no such message yet.
    """
    visible: QuerySet[Any] = Conversation.objects.visible_to(actor)
    conversation = visible.filter(pk=conversation_id).values_list("last_seq", "read_seq").first()
    if conversation is None:
        raise NotFound
    last_seq, read_seq = conversation
    if seq > last_seq:
        raise Invalid(details={"seq": format_text(_("There are messages up to {last_seq} only."), last_seq=last_seq)})
    if seq <= read_seq:
        return
    with audited_transaction(actor, "read"):
        mine = Member.objects.filter(conversation_id=conversation_id, user_id=actor.user_id)
        mine.filter(read_seq__lt=seq).update(read_seq=seq)


# --- helpers ----------------------------------------------------------------------------------------------------------


def _locked(conversation_id: UUID, actor: Actor) -> Conversation:
    conversation: Conversation = locked_for_update(Conversation.objects.visible_to(actor), conversation_id, no_key=True)
    return conversation


def _require_group(conversation: Conversation) -> None:
    if conversation.type != ConversationType.GROUP:
        raise Conflict(_("This is for groups only."))


def _require_open(conversation: Conversation) -> None:
    if conversation.archived_at:
        raise Conflict(ARCHIVED, details={"allowed": ["unarchive"]})


def _require_owner(conversation: Conversation, actor: Actor) -> None:
    """Raise Forbidden unless the actor owns the group. Direct conversations belong to both members."""
    if conversation.type == ConversationType.GROUP and conversation.owner_id != actor.id:
        raise Forbidden(_("Only the owner of the group may do this."))
