"""Queries of identity that every request needs."""

from collections.abc import Iterable
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS

from skeleton.db.fetching import fetch
from skeleton.identity.models import Role, User, UserRole
from skeleton.identity.permissions import ALL_PERMISSIONS
from skeleton.kernel.actors import Actor

_PERMISSIONS = """
    ARRAY(SELECT DISTINCT permission
          FROM identity_user_role held JOIN identity_role r ON r.id = held.role_id, unnest(r.permissions) AS permission
          WHERE held.user_id = u.id)
"""

_BY_SESSION = f"""
    SELECT u.email, u.name, u.language, {_PERMISSIONS}
    FROM identity_session s JOIN identity_user u ON u.id = s.user_id
    WHERE s.id = %s AND u.id = %s AND s.revoked_at IS NULL AND s.expires_at > now() AND u.is_active
"""  # noqa: S608 (constants only)

_BY_USER = f"SELECT u.email, u.name, u.language, {_PERMISSIONS} FROM identity_user u WHERE u.id = %s AND u.is_active"  # noqa: S608


_USER = [field.attname for field in User._meta.concrete_fields]
_BY_EMAIL = f"""
    SELECT {", ".join(_USER)}, EXISTS (
        SELECT 1 FROM identity_known_network k
        WHERE k.user_id = u.id AND k.network = %s AND k.seen_at > now() - %s * interval '1 day')
    FROM identity_user u WHERE lower(email) = lower(%s)
"""  # noqa: S608 (constants only)


def get_user_by_email(email: str, network: bytes) -> tuple[User | None, bool]:
    """Return the user with this e-mail, ignoring case, and whether they recently signed in from `network` (a hash).

    Doesn't use the ORM, which would double the cost of the query.
    """
    found = fetch(_BY_EMAIL, [network, settings.SKELETON_DEVICE_DAYS, email])
    if not found:
        return None, False
    *fields, known = found[0]
    return User.from_db(DEFAULT_DB_ALIAS, _USER, fields), known


def actor_by_session(session_id: UUID, user_id: UUID) -> Actor | None:
    """Return the user of an active session with their current permissions, or None if the session has ended."""
    return _actor(_BY_SESSION, [session_id, user_id], user_id, session_id)


def actor_by_user(user_id: UUID) -> Actor | None:
    """Return an active user as an actor, or None."""
    return _actor(_BY_USER, [user_id], user_id, None)


def _actor(sql: str, params: list[Any], user_id: UUID, session_id: UUID | None) -> Actor | None:
    found = fetch(sql, params)
    if not found:
        return None
    email, name, language, permissions = found[0]
    return Actor(user_id, email, name, frozenset(permissions), session_id, language)


def permissions_of(user: User) -> frozenset[str]:
    """Return the permissions of the user's roles."""
    held = Role.objects.filter(holders__user=user).values_list("permissions", flat=True)
    return frozenset(permission for permissions in held for permission in permissions)


class Recipient(NamedTuple):
    """A user to be notified, and their language."""

    id: UUID
    language: str


# PostgreSQL skips the second part if the first one finds a user
_CREATOR_OR_HOLDERS = """
    WITH creator AS (SELECT id, language FROM identity_user WHERE id = %s AND is_active)
    SELECT id, language FROM creator
    UNION ALL
    SELECT id, language FROM identity_user u
    WHERE NOT EXISTS (SELECT FROM creator) AND is_active AND EXISTS (
        SELECT FROM identity_user_role held JOIN identity_role r ON r.id = held.role_id
        WHERE held.user_id = u.id AND r.permissions && %s::varchar[])
    ORDER BY id
"""


def creator_or_holders(user_id: UUID | None, *permissions: str) -> list[Recipient]:
    """Return the user if they exist and are active, else every active user who has any of `permissions`.

    Wildcards count.
    """
    granting = {
        granted for needed in permissions for granted in (needed, f"{needed.partition(':')[0]}:*", ALL_PERMISSIONS)
    }
    return [Recipient(*row) for row in fetch(_CREATOR_OR_HOLDERS, [user_id, sorted(granting)])]


def recipients_of(user_ids: Iterable[UUID]) -> list[Recipient]:
    """Return those of the users that exist, without duplicates."""
    users = User.objects.filter(pk__in=set(user_ids)).order_by("pk")
    return [Recipient(*row) for row in users.values_list("pk", "language")]


def has_role(user_id: UUID) -> bool:
    """Return whether the user has any role, even an empty one. This makes a user staff."""
    return UserRole.objects.filter(user_id=user_id).exists()
