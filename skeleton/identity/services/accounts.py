"""Services of user accounts: register, change, activate and deactivate them, assign and remove roles."""

from uuid import UUID

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from skeleton.db.locks import locked_for_update, locked_or_none
from skeleton.db.records import save_changes
from skeleton.identity.access import require_can_grant, require_can_manage
from skeleton.identity.changes import AccountChange, AccountChangeKind, dispatch
from skeleton.identity.choices import Language
from skeleton.identity.models import Role, User, UserRole
from skeleton.identity.services.login_limits import password_change_attempt
from skeleton.kernel.actors import Actor
from skeleton.kernel.context import current_address
from skeleton.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from skeleton.kernel.ids import uuid7
from skeleton.kernel.transactions import audited_transaction
from skeleton.rest.addresses import network_of
from skeleton.rest.throttles import Limit

REGISTER = Limit("register")


def require_open_registration() -> None:
    """Raise Forbidden if self-registration is closed."""
    if settings.SKELETON_REGISTRATION != "open":
        raise Forbidden(_("Registration is closed. Ask an administrator for an account."))


def register(*, email: str, password: str, name: str) -> User:
    """Register a user without roles. Raises Forbidden if registration is closed, Conflict for a taken e-mail."""
    require_open_registration()
    REGISTER.hit(network_of(current_address()))
    return create_user(email=email, password=password, name=name, actor=None)


def create_user(*, email: str, password: str, name: str, actor: Actor | None, language: str = Language.ENGLISH) -> User:
    """Create a user; without `actor`, they are the actor. Raises Invalid (weak password), Conflict (taken e-mail)."""
    user = User(id=uuid7(), email=email, name=name, language=language)
    validate_password_strength(password, user, field="password")
    user.password = make_password(password)
    if User.objects.with_email(email).exists():  # the constraint decides; this avoids a rollback in the log
        raise Conflict(_("Another user already has this e-mail."), details={"email": _("Is taken already.")})
    with audited_transaction(actor or Actor(user.id, email, name, frozenset()), "create"):
        user.save(force_insert=True)
    return user


def validate_password_strength(password: str, user: User, *, field: str) -> None:
    """Raise Invalid for `field` if the password is too weak for this user."""
    try:
        validate_password(password, user)
    except ValidationError as exc:
        raise Invalid(details={field: " ".join(exc.messages)}) from exc


def change_password(*, actor: Actor, current_password: str, new_password: str) -> None:
    """Change the actor's password. A trigger ends their other sessions. Raises Invalid, TooManyRequests."""
    user = User.objects.get(pk=actor.user_id)
    guess = password_change_attempt(actor, network_of(current_address()))
    guess.count()
    if not check_password(current_password, user.password):
        raise Invalid(details={"current_password": _("This is not your current password.")})
    guess.succeeded()
    validate_password_strength(new_password, user, field="new_password")
    hashed = make_password(new_password)  # slow by design, so before taking the lock
    with audited_transaction(actor, "change_password"):
        User.objects.filter(pk=user.pk).update(password=hashed)


def update_user(*, user_id: UUID, values: dict[str, str], actor: Actor) -> None:
    """Change the e-mail address, name, language or format of CSV files.

    Raises NotFound, Forbidden (they have more permissions than the actor), Conflict (taken e-mail).
    """
    with audited_transaction(actor, "update"):
        user = locked_for_update(User.objects.all(), user_id, no_key=True)
        require_can_manage(actor, user)
        save_changes(user, values)


def deactivate_user(*, user_id: UUID, actor: Actor) -> None:
    """Deactivate an account. A trigger ends all of its sessions. Raises NotFound, Forbidden, Conflict."""
    with audited_transaction(actor, "deactivate"):
        _set_active(user_id, actor, active=False)


def activate_user(*, user_id: UUID, actor: Actor) -> None:
    """Activate an account again. Raises NotFound, Forbidden, Conflict."""
    with audited_transaction(actor, "activate"):
        _set_active(user_id, actor, active=True)


def _set_active(user_id: UUID, actor: Actor, *, active: bool) -> None:
    user = locked_for_update(User.objects.all(), user_id, no_key=True)
    require_can_manage(actor, user)
    if user.is_active == active:
        message = _("The user is already active.") if active else _("The user is already inactive.")
        raise Conflict(message, details={"allowed": ["deactivate" if active else "activate"]})
    save_changes(user, {"is_active": active})
    dispatch(AccountChange(user_id, AccountChangeKind.ACTIVATED if active else AccountChangeKind.DEACTIVATED, actor))


def assign_role(*, user_id: UUID, role_id: UUID, actor: Actor) -> None:
    """Assign a role. Raises NotFound, Forbidden (role or user exceed the actor's permissions), Conflict (assigned)."""
    with audited_transaction(actor, "assign_role"):
        user = locked_for_update(User.objects.all(), user_id, no_key=True)
        role = _role(Role.objects.all(), role_id)
        require_can_grant(actor, role.permissions)
        require_can_manage(actor, user)
        if UserRole.objects.filter(user=user, role=role).exists():
            raise Conflict(_("The user already holds this role."), details={"role_id": _("Is held already.")})
        UserRole.objects.create(user=user, role=role)
        dispatch(AccountChange(user_id, AccountChangeKind.ROLE_GRANTED, actor, role=role.name))


def remove_role(*, user_id: UUID, role_id: UUID, actor: Actor) -> None:
    """Remove a role. Raises NotFound (also: not assigned), Forbidden, Conflict (the last super administrator's)."""
    with audited_transaction(actor, "remove_role"):
        user = locked_for_update(User.objects.all(), user_id, no_key=True)
        role = _role(Role.objects.filter(holders__user=user), role_id)
        require_can_grant(actor, role.permissions)
        require_can_manage(actor, user)
        UserRole.objects.get(user=user, role=role).delete()
        dispatch(AccountChange(user_id, AccountChangeKind.ROLE_REMOVED, actor, role=role.name))


def _role(roles: QuerySet[Role], role_id: UUID) -> Role:
    """Return the role, locked until the transaction ends: its permissions must not grow after the check."""
    role = locked_or_none(roles, role_id, no_key=True)
    if role is None:
        raise NotFound(_("There is no such role."))
    return role
