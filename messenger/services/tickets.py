"""Tickets for streams: one use, half a minute. Of a ticket only the hash is kept."""

import datetime as dt
import hashlib
import secrets
from dataclasses import dataclass
from uuid import UUID

from django.db.models.functions import MD5
from django.utils import timezone

from messenger.models import Ticket
from skeleton.db.fetching import fetch
from skeleton.identity.models import User

LIFETIME = dt.timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Standing:
    """What a stream stands on: a session of the API, or one of the back office with its password; it ends with that."""

    user_id: UUID
    session_id: UUID | None = None
    web_session: str | None = None
    web_password: str | None = None


def standing_of_web_session(user_id: UUID, session_key: str) -> Standing:
    """What a page of the back office stands on."""
    password = User.objects.filter(pk=user_id).values_list(MD5("password"), flat=True).get()
    return Standing(user_id, web_session=session_key, web_password=password)


def issue_ticket(*, standing: Standing) -> tuple[str, dt.datetime]:
    """A ticket for one stream, and when it expires."""
    ticket, expires_at = secrets.token_urlsafe(32), timezone.now() + LIFETIME
    Ticket.objects.create(
        hash=_hash(ticket),
        user_id=standing.user_id,
        session_id=standing.session_id,
        web_session=standing.web_session,
        web_password=standing.web_password,
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
