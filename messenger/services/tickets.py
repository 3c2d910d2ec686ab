"""Tickets for streams: one use, half a minute. Of a ticket only the hash is kept."""

import datetime as dt
import hashlib
import secrets
from dataclasses import dataclass
from uuid import UUID

from django.db.models.functions import MD5
from django.utils import timezone

from messenger.models import Ticket
from skeleton.core.actors import Actor
from skeleton.core.fetching import fetch
from skeleton.identity.models import User

LIFETIME = dt.timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Standing:
    """What a stream stands on: a session of the API, or one of the back office with its password; it ends with that."""

    user_id: UUID
    session_id: UUID | None = None
    web_session: str | None = None
    web_password: str | None = None


def issue_ticket(*, actor: Actor, web_session: str | None = None) -> tuple[str, dt.datetime]:
    """A ticket for one stream of the actor, and when it expires. `web_session` is the back office's session key."""
    ticket, expires_at = secrets.token_urlsafe(32), timezone.now() + LIFETIME
    user = User.objects.filter(pk=actor.user_id)
    Ticket.objects.create(
        hash=_hash(ticket),
        user_id=actor.user_id,
        session_id=actor.session_id,
        web_session=web_session,
        web_password=user.values_list(MD5("password"), flat=True).get() if web_session else None,
        expires_at=expires_at,
    )
    return ticket, expires_at


def redeem_ticket(text: str) -> Standing | None:
    """What the ticket stands for, once; None for one that is spent, expired or none of ours."""
    found = fetch(
        """
        DELETE FROM messenger_ticket WHERE hash = %s AND expires_at > now()
        RETURNING user_id, session_id, web_session, web_password
        """,
        [_hash(text)],
    )
    return Standing(*found[0]) if found else None


def forget_tickets() -> int:
    """Remove those that nobody used; how many there were."""
    removed, _ = Ticket.objects.filter(expires_at__lte=timezone.now()).delete()
    return removed


def _hash(ticket: str) -> bytes:
    return hashlib.sha256(ticket.encode()).digest()
