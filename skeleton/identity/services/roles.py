"""Services of roles. Users can only create and change roles whose permissions they have themselves."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from skeleton.db.locks import locked_for_update
from skeleton.db.records import save_changes
from skeleton.identity.access import require_can_grant
from skeleton.identity.models import Role
from skeleton.identity.permissions import DEFAULT_ROLES
from skeleton.kernel.actors import SYSTEM, Actor
from skeleton.kernel.errors import Conflict
from skeleton.kernel.transactions import audited_transaction


def create_role(*, values: dict[str, Any], actor: Actor) -> UUID:
    """Create a role. Raises Forbidden if it exceeds the actor's permissions, Conflict for a taken name."""
    require_can_grant(actor, values.get("permissions", ()))
    with audited_transaction(actor, "create"):
        return Role.objects.create(**values).pk


def update_role(*, role_id: UUID, values: dict[str, Any], actor: Actor) -> None:
    """Change a role. Raises NotFound, Forbidden (it exceeds the actor's permissions), Conflict (a default role)."""
    with audited_transaction(actor, "update"):
        role = locked_for_update(Role.objects.all(), role_id)
        require_can_grant(actor, role.permissions)
        require_can_grant(actor, values.get("permissions", ()))
        changes = {name: value for name, value in values.items() if getattr(role, name) != value}
        if role.is_default and changes.keys() - {"description"}:
            raise Conflict(_("A default role cannot be renamed, and its permissions are fixed."))
        save_changes(role, changes)


def delete_role(*, role_id: UUID, actor: Actor) -> None:
    """Delete a role that no user has. Raises NotFound, Forbidden, Conflict."""
    with audited_transaction(actor, "delete"):
        role = locked_for_update(Role.objects.all(), role_id)
        require_can_grant(actor, role.permissions)
        if role.is_default:
            raise Conflict(_("A default role cannot be deleted."))
        if role.holders.exists():
            raise Conflict(_("Users still hold this role."))
        role.delete()


def seed_default_roles() -> int:
    """Create the missing default roles and return their number."""
    made = 0
    with audited_transaction(SYSTEM, "seed"):
        for name, (description, permissions) in DEFAULT_ROLES.items():
            _, created = Role.objects.get_or_create(
                name=name,
                defaults={"description": description, "permissions": list(permissions), "is_default": True},
            )
            made += created
    return made
