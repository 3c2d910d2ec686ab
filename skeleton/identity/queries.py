"""Reads of identity that every request stands on."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS

from skeleton.db.fetching import fetch
from skeleton.identity.choices import Language
from skeleton.identity.models import Role, User, UserRole
from skeleton.identity.permissions import EVERYTHING
from skeleton.kernel.actors import Actor

_PERMISSIONS = """
    ARRAY(SELECT DISTINCT permission
          FROM identity_user_role held JOIN identity_role r ON r.id = held.role_id, unnest(r.permissions) AS permission
          WHERE held.user_id = u.id)
"""

_BY_SESSION = f"""
    SELECT u.email, u.name, {_PERMISSIONS}
    FROM identity_session s JOIN identity_user u ON u.id = s.user_id
    WHERE s.id = %s AND u.id = %s AND s.revoked_at IS NULL AND s.expires_at > now() AND u.is_active
"""  # noqa: S608 (constants only)

_BY_USER = f"SELECT u.email, u.name, {_PERMISSIONS} FROM identity_user u WHERE u.id = %s AND u.is_active"  # noqa: S608


_USER = [field.attname for field in User._meta.concrete_fields]
_BY_EMAIL = f"""
    SELECT {", ".join(_USER)}, EXISTS (
        SELECT 1 FROM identity_known_network k
        WHERE k.user_id = u.id AND k.network = %s AND k.seen_at > now() - %s * interval '1 day')
    FROM identity_user u WHERE lower(email) = lower(%s)
"""  # noqa: S608 (constants only)


def user_with_email(email: str, network: bytes) -> tuple[User | None, bool]:
    """Return the user with this e-mail, in any case, and whether they signed in from `network` (a hash) lately.

    (Without the ORM, which costs a login twice the query.)
    """
    found = fetch(_BY_EMAIL, [network, settings.SKELETON_DEVICE_DAYS, email])
    if not found:
        return None, False
    *fields, known = found[0]
    return User.from_db(DEFAULT_DB_ALIAS, _USER, fields), known


def actor_of_session(session_id: UUID, user_id: UUID) -> Actor | None:
    """The user behind a live session, with what they may do at this very moment; None when it has ended."""
    return _actor(_BY_SESSION, [session_id, user_id], user_id, session_id)


def actor_of_user(user_id: UUID) -> Actor | None:
    """An active user as an actor."""
    return _actor(_BY_USER, [user_id], user_id, None)


def _actor(sql: str, params: list[Any], user_id: UUID, session_id: UUID | None) -> Actor | None:
    found = fetch(sql, params)
    if not found:
        return None
    email, name, permissions = found[0]
    return Actor(id=user_id, email=email, name=name, permissions=frozenset(permissions), session_id=session_id)


def permissions_of(user: User) -> frozenset[str]:
    """Everything that the user's roles hold."""
    held = Role.objects.filter(holders__user=user).values_list("permissions", flat=True)
    return frozenset(permission for permissions in held for permission in permissions)


def holders_of(*permissions: str) -> list[UUID]:
    """The ids of the active users who hold any one of `permissions`, by wildcard too."""
    granting = {granted for needed in permissions for granted in (needed, f"{needed.partition(':')[0]}:*", EVERYTHING)}
    holders = UserRole.objects.filter(role__permissions__overlap=sorted(granting), user__is_active=True)
    return list(holders.order_by("user_id").values_list("user_id", flat=True).distinct())


def language_of(actor: Actor) -> str:
    """The language that the actor reads; English for the system."""
    found = User.objects.filter(pk=actor.id).values_list("language", flat=True).first() if actor.id else None
    return found or Language.ENGLISH


def holds_a_role(user_id: UUID) -> bool:
    """Whether the user holds any role, be it an empty one: what makes somebody staff."""
    return UserRole.objects.filter(user_id=user_id).exists()
