"""Services of sessions: log in, refresh and end them."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.hashers import check_password, make_password
from django.db import connection
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework_simplejwt.tokens import RefreshToken

from skeleton.identity.models import Session, User
from skeleton.identity.queries import get_user_by_email
from skeleton.identity.services.login_limits import account_key, login_attempt, network_hash
from skeleton.identity.tokens import Claims, TokenPair, lifetime, new_pair, read_refresh
from skeleton.kernel.actors import Actor
from skeleton.kernel.context import current_address
from skeleton.kernel.errors import NotFound, Unauthorized
from skeleton.kernel.ids import uuid7
from skeleton.rest.addresses import network_of
from skeleton.rest.throttles import Limit

REFRESH = Limit("refresh")

REFRESH_GRACE = timedelta(seconds=10)
"""A used refresh token that is sent again within this time is a race in the client, not a theft."""

_DUMMY_PASSWORD_HASH = make_password("a password that nobody has")


def log_in(*, email: str, password: str, device: str = "") -> tuple[User, TokenPair]:
    """Create a session for the user with this e-mail and password.

    Raises Unauthorized, with the same message and timing for a wrong e-mail, a wrong password and an inactive user;
    TooManyRequests after too many failures.
    """
    user = authenticate(email=email, password=password)
    return user, open_session(user=user, device=device)


def authenticate(*, email: str, password: str, mark: str = "") -> User:
    """Return the active user with this e-mail and password. Raises the same errors as `log_in`.

    `mark` comes from a browser that signed in before; see `login_limits.device_mark`.
    """
    network = network_of(current_address())
    user, known = get_user_by_email(email.strip(), network_hash(network))
    guess = login_attempt(network=network, account=account_key(user, email), known=known, mark=mark)
    guess.count()
    good = check_password(password, user.password if user else _DUMMY_PASSWORD_HASH)
    if user is None or not good or not user.is_active:
        raise Unauthorized(_("The e-mail or the password is wrong."))
    guess.succeeded()
    return user


_UPSERT_NETWORK = """
    INSERT INTO identity_known_network AS known (user_id, network, seen_at)
    SELECT %(user_id)s, %(network)s, %(now)s WHERE %(ip)s <> ''
    ON CONFLICT (user_id, network) DO UPDATE SET seen_at = excluded.seen_at
    WHERE known.seen_at < excluded.seen_at - interval '1 day'
"""


def add_known_network(*, user: User) -> None:
    """Record that the user signed in from the network of this request."""
    seen: dict[str, Any] = {
        "user_id": user.pk,
        "ip": current_address(),
        "network": network_hash(network_of(current_address())),
        "now": timezone.now(),
    }
    with connection.cursor() as cursor:
        cursor.execute(_UPSERT_NETWORK, seen)


_INSERT_SESSION = f"""
    WITH seen AS (UPDATE identity_user SET last_login = %(now)s WHERE id = %(user_id)s),
         remembered AS ({_UPSERT_NETWORK})
    INSERT INTO identity_session (id, user_id, refresh_hash, expires_at, device, ip,
                                  last_seen_at, created_at, updated_at)
    VALUES (%(id)s, %(user_id)s, %(refresh_hash)s, %(expires_at)s, %(device)s, %(ip)s, %(now)s, %(now)s, %(now)s)
"""  # noqa: S608 (constants only)


def open_session(*, user: User, device: str = "") -> TokenPair:
    """Create a session for a device and return its first tokens. A single statement, so it needs no transaction."""
    now = timezone.now()
    session_id = uuid7()
    pair = new_pair(user.pk, session_id)
    opened: dict[str, Any] = {
        "id": session_id,
        "user_id": user.pk,
        "refresh_hash": pair.refresh_hash,
        "expires_at": now + lifetime(RefreshToken),
        "device": device[:255],
        "ip": current_address(),
        "network": network_hash(network_of(current_address())),
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(_INSERT_SESSION, opened)
    return pair


def refresh(*, token: str) -> tuple[UUID, TokenPair]:
    """Exchange a refresh token for a new pair of tokens. Returns the user's id and the pair.

    A single conditional UPDATE decides, so exactly one of two concurrent calls succeeds. A token that was used longer
    than `REFRESH_GRACE` ago is considered stolen and ends its session. Raises Unauthorized.
    """
    claims = read_refresh(token)
    REFRESH.hit(str(claims.session_id))
    pair = new_pair(claims.user_id, claims.session_id)
    now = timezone.now()
    # no join: Django would move the conditions into a subquery, which isn't re-evaluated after waiting for the row
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
        ip=current_address(),
    )
    if not turned:
        _handle_token_reuse(claims)
        raise Unauthorized(_("The refresh token has been used, or its session has ended."))
    return claims.user_id, pair


def _handle_token_reuse(claims: Claims) -> None:
    just_spent = Q(spent_hash=claims.token_hash, refreshed_at__gt=timezone.now() - REFRESH_GRACE)
    current = Q(refresh_hash=claims.token_hash)
    Session.objects.filter(pk=claims.session_id, revoked_at=None).exclude(just_spent).exclude(current).update(
        revoked_at=timezone.now()
    )


def end_session(*, session_id: UUID, actor: Actor) -> None:
    """End one of the actor's own sessions. Raises NotFound."""
    live = Session.objects.filter(pk=session_id, user_id=actor.user_id, revoked_at=None)
    if not live.update(revoked_at=timezone.now()):
        raise NotFound
