"""Tickets for streams, valid for one use within 30 seconds. Only their hashes are stored."""

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
class StreamAuthorization:
    """The authorization of a stream: a session of the API, or of the back office with the user's password hash."""

    user_id: UUID
    session_id: UUID | None = None
    web_session: str | None = None
    web_password: str | None = None


def authorization_of_web_session(user_id: UUID, session_key: str) -> StreamAuthorization:
    """Return the authorization of a back office page."""
    password = User.objects.filter(pk=user_id).values_list(MD5("password"), flat=True).get()
    return StreamAuthorization(user_id, web_session=session_key, web_password=password)


def issue_ticket(*, authorization: StreamAuthorization) -> tuple[str, dt.datetime]:
    """Create a ticket for one stream and return it with its expiry time."""
    ticket, expires_at = secrets.token_urlsafe(32), timezone.now() + LIFETIME
    Ticket.objects.create(
        hash=_hash(ticket),
        user_id=authorization.user_id,
        session_id=authorization.session_id,
        web_session=authorization.web_session,
        web_password=authorization.web_password,
        expires_at=expires_at,
    )
    return ticket, expires_at


def redeem_ticket(text: str) -> StreamAuthorization | None:
    """Use up a ticket and return its authorization, or None if it is used, expired or unknown."""
    found = fetch(
        """
        DELETE FROM messenger_ticket WHERE hash = %s AND expires_at > now()
        RETURNING user_id, session_id, web_session, web_password
        """,
        [_hash(text)],
    )
    return StreamAuthorization(*found[0]) if found else None


def delete_expired_tickets() -> int:
    """Delete expired tickets and return their number."""
    removed, _ = Ticket.objects.filter(expires_at__lte=timezone.now()).delete()
    return removed


def _hash(ticket: str) -> bytes:
    return hashlib.sha256(ticket.encode()).digest()
