"""Writing plain records: atomic, audited, only the fields that change."""

from typing import Any
from uuid import UUID

from django.db.models import Model

from skeleton.db.access import Gate, visible
from skeleton.db.locks import locked_for_update
from skeleton.kernel.actors import Actor
from skeleton.kernel.money import require_offered
from skeleton.kernel.transactions import verb


def create(model: type[Model], values: dict[str, Any], *, actor: Actor) -> UUID:
    """A new row of `model`; its id."""
    require_offered(values)
    with verb(actor, "create"):
        row = model(**values)
        row.save(force_insert=True)
    return row.pk  # type: ignore[no-any-return]


def update(gate: Gate, pk: UUID, values: dict[str, Any], *, actor: Actor) -> None:
    """Write `values` into the row. Raises NotFound where the actor may not see it."""
    with verb(actor, "update"):
        assign(locked_for_update(visible(gate, actor), pk, no_key=True), values)


def delete(gate: Gate, pk: UUID, *, actor: Actor) -> None:
    """Delete the row. Raises NotFound; ProtectedError or a foreign key where something refers to it (409)."""
    with verb(actor, "delete"):
        locked_for_update(visible(gate, actor), pk).delete()


def assign(row: Model, values: dict[str, Any]) -> bool:
    """Save those of `values` that differ from what the row holds; whether there were any.

    Raises Invalid for a currency that changes to one that is not in use.
    """
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    require_offered({name: values[name] for name in changed})
    for name in changed:
        setattr(row, name, values[name])
    if changed:
        row.save(update_fields=[*changed, "updated_at"])
    return bool(changed)
