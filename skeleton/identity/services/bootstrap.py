"""Creates the first administrator, without whom no other user could be created."""

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.db.models import Q

from skeleton.audit.models import AuditEntry
from skeleton.identity.models import User
from skeleton.identity.permissions import ALL_PERMISSIONS
from skeleton.identity.services.accounts import validate_password_strength
from skeleton.kernel.errors import Conflict
from skeleton.kernel.ids import uuid7


def ensure_first_administrator(*, zero_configuration: bool) -> str | None:
    """Create a super administrator if there is no active one. Returns the e-mail, or None if there is one.

    Raises Conflict if one is needed but not configured, Invalid if the password is too weak.
    """
    if User.objects.filter(is_active=True, roles__permissions__contains=[ALL_PERMISSIONS]).exists():
        return None
    email, password = settings.SKELETON_ADMIN_EMAIL, settings.SKELETON_ADMIN_PASSWORD
    demo = not email and zero_configuration
    if demo:
        email, password = settings.DEMO_EMAIL, settings.DEMO_PASSWORD
    if not email or not password:
        raise Conflict("There is no administrator yet: set SKELETON_ADMIN_EMAIL and SKELETON_ADMIN_PASSWORD.")
    user = User(id=uuid7(), email=email, name="Admin User")
    if not demo:
        validate_password_strength(password, user, field="SKELETON_ADMIN_PASSWORD")
    user.password = make_password(password)
    User.objects.seed_super_administrator(user)
    return str(email)


def has_documented_password() -> str | None:
    """Return the e-mail of an active user who still has the documented password, or None (as it should be)."""
    # users can't choose that password (`identity.validators`), so only seeded users can have it
    seeded = AuditEntry.objects.filter(resource="users", action="seed").values("resource_id")
    known = Q(pk__in=User.objects.with_email(settings.DEMO_EMAIL)) | Q(pk__in=seeded)
    for user in User.objects.filter(known, is_active=True):
        if check_password(settings.DEMO_PASSWORD, user.password):
            return user.email
    return None
