"""Signing in, staying in, signing out."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.hashers import check_password, make_password
from django.db import connection
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from rest_framework_simplejwt.tokens import RefreshToken

from skeleton.core.actors import Actor
from skeleton.core.context import current_request
from skeleton.core.errors import NotFound, Unauthorized
from skeleton.core.ids import uuid7
from skeleton.core.throttles import Limit, hit_all
from skeleton.identity.models import Session, User
from skeleton.identity.queries import user_with_email
from skeleton.identity.tokens import Claims, TokenPair, lifetime, new_pair, read_refresh

LOGIN, LOGIN_ADDRESS, REFRESH = Limit("login"), Limit("login_address"), Limit("refresh")

GRACE = timedelta(seconds=10)
"""A spent token that comes back within this time is a race of the client with itself, not a theft."""

_NOBODY = make_password("a password that nobody has")


def log_in(*, email: str, password: str, device: str = "") -> tuple[User, TokenPair]:
    """A new session for the user with this e-mail and password.

    Raises Unauthorized, one and the same (also in time) for a wrong e-mail, a wrong password and an inactive user, and
    TooManyRequests after too many failures.
    """
    user = authenticate(email=email, password=password)
    return user, open_session(user=user, device=device)


def authenticate(*, email: str, password: str) -> User:
    """The active user with this e-mail and password; see `log_in` for the errors."""
    address = _address()
    subject = f"{address}|{email.strip().lower()}"
    # counted first and given back on success, so that racing guesses all count
    hit_all((LOGIN_ADDRESS, address), (LOGIN, subject))
    user = user_with_email(email.strip())
    good = check_password(password, user.password if user else _NOBODY)
    if user is None or not good or not user.is_active:
        raise Unauthorized("The e-mail or the password is wrong.")
    LOGIN.give_back(subject)
    return user


_OPEN = """
    WITH seen AS (UPDATE identity_user SET last_login = %(now)s WHERE id = %(user_id)s)
    INSERT INTO identity_session (id, user_id, refresh_hash, expires_at, device, ip,
                                  last_seen_at, created_at, updated_at)
    VALUES (%(id)s, %(user_id)s, %(refresh_hash)s, %(expires_at)s, %(device)s, %(ip)s, %(now)s, %(now)s, %(now)s)
"""


def open_session(*, user: User, device: str = "") -> TokenPair:
    """A session of its own for one device, and its first tokens. One statement, and so a transaction by itself."""
    now = timezone.now()
    session_id = uuid7()
    pair = new_pair(user.pk, session_id)
    opened: dict[str, Any] = {
        "id": session_id,
        "user_id": user.pk,
        "refresh_hash": pair.refresh_hash,
        "expires_at": now + lifetime(RefreshToken),
        "device": device[:255],
        "ip": _address(),
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(_OPEN, opened)
    return pair


def refresh(*, token: str) -> tuple[UUID, TokenPair]:
    """Spend a refresh token for the next pair; the user's id with it.

    One conditional UPDATE decides: of two at the same moment exactly one wins. A token spent longer than `GRACE` ago is
    a stolen one, and ends its session. Raises Unauthorized.
    """
    claims = read_refresh(token)
    REFRESH.hit(str(claims.session_id))
    pair = new_pair(claims.user_id, claims.session_id)
    now = timezone.now()
    # no join: Django would move the conditions into a subquery, which whoever waited for the row does not look at again
    turned = Session.objects.filter(
        Exists(User.objects.filter(pk=OuterRef("user_id"), is_active=True)),
        pk=claims.session_id,
        user_id=claims.user_id,
        refresh_hash=claims.token_hash,
        revoked_at=None,
        expires_at__gt=now,
    ).update(
        refresh_hash=pair.refresh_hash,
        spent_hash=F("refresh_hash"),
        refreshed_at=now,
        last_seen_at=now,
        expires_at=now + lifetime(RefreshToken),
        ip=_address(),
    )
    if not turned:
        _suspect_theft(claims)
        raise Unauthorized("The refresh token is spent, or its session has ended.")
    return claims.user_id, pair


def _suspect_theft(claims: Claims) -> None:
    just_spent = Q(spent_hash=claims.token_hash, refreshed_at__gt=timezone.now() - GRACE)
    current = Q(refresh_hash=claims.token_hash)
    Session.objects.filter(pk=claims.session_id, revoked_at=None).exclude(just_spent).exclude(current).update(
        revoked_at=timezone.now()
    )


def end_session(*, session_id: UUID, actor: Actor) -> None:
    """End one of the actor's own sessions. Raises NotFound."""
    live = Session.objects.filter(pk=session_id, user_id=actor.user_id, revoked_at=None)
    if not live.update(revoked_at=timezone.now()):
        raise NotFound


def end_all_sessions(*, user_id: UUID, but: UUID | None = None) -> None:
    """End every session of a user, `but` for one. Joins the caller's transaction."""
    others = Session.objects.filter(user_id=user_id, revoked_at=None)
    if but:
        others = others.exclude(pk=but)
    others.update(revoked_at=timezone.now())


def _address() -> str:
    request = current_request.get()
    return (request.ip if request else None) or ""
