"""Writing plain records: atomic, audited, only the fields that change."""

from collections.abc import Mapping
from uuid import UUID

from django.db.models import Model, QuerySet

from skeleton.db.locks import locked_for_update
from skeleton.kernel.actors import Actor
from skeleton.kernel.money import require_in_use
from skeleton.kernel.transactions import audited_transaction


def create(model: type[Model], values: Mapping[str, object], *, actor: Actor) -> UUID:
    """Create a row of `model` and return its id."""
    require_in_use(values)
    with audited_transaction(actor, "create"):
        row = model(**values)
        row.save(force_insert=True)
    return row.pk  # type: ignore[no-any-return]


def update(rows: QuerySet[Model], pk: UUID, values: Mapping[str, object], *, actor: Actor) -> None:
    """Write `values` into the row with this id. Raises NotFound where it is not among `rows`."""
    with audited_transaction(actor, "update"):
        save_changes(locked_for_update(rows, pk, no_key=True), values)


def delete(rows: QuerySet[Model], pk: UUID, *, actor: Actor) -> None:
    """Delete the row. Raises NotFound; ProtectedError or a foreign key where something refers to it (409)."""
    with audited_transaction(actor, "delete"):
        locked_for_update(rows, pk).delete()


def save_changes(row: Model, values: Mapping[str, object]) -> bool:
    """Save those of `values` that differ from what the row holds; return whether there were any.

    Raises Invalid for a currency that changes to one that is not in use.
    """
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    require_in_use({name: values[name] for name in changed})
    for name in changed:
        setattr(row, name, values[name])
    if changed:
        row.save(update_fields=[*changed, "updated_at"])
    return bool(changed)
