"""Writing plain records: atomic, audited, only the fields that change."""

from typing import Any
from uuid import UUID

from django.db.models import Model, QuerySet

from skeleton.kernel.actors import Actor
from skeleton.kernel.errors import NotFound
from skeleton.kernel.money import require_offered
from skeleton.kernel.transactions import verb


def create(model: type[Model], values: dict[str, Any], *, actor: Actor) -> UUID:
    """Create a row of `model` and return its id."""
    require_offered(values)
    with verb(actor, "create"):
        row = model(**values)
        row.save(force_insert=True)
    return row.pk  # type: ignore[no-any-return]


def update(rows: QuerySet[Any], pk: UUID, values: dict[str, Any], *, actor: Actor) -> None:
    """Write `values` into the row with this id. Raises NotFound where it is not among `rows`."""
    with verb(actor, "update"):
        assign(locked(rows, pk, no_key=True), values)


def delete(rows: QuerySet[Any], pk: UUID, *, actor: Actor) -> None:
    """Delete the row. Raises NotFound; ProtectedError or a foreign key where something refers to it (409)."""
    with verb(actor, "delete"):
        locked(rows, pk).delete()


def locked(rows: QuerySet[Any], pk: UUID, *, no_key: bool = False) -> Any:
    """Return the row with this id, locked until the end of the transaction. Raises NotFound.

    With `no_key` others may meanwhile refer to the row (a foreign key's FOR KEY SHARE), only not change it.
    """
    row = rows.select_for_update(of=("self",), no_key=no_key).filter(pk=pk).first()
    if row is None:
        raise NotFound
    return row


def assign(row: Model, values: dict[str, Any]) -> bool:
    """Save those of `values` that differ from what the row holds; return whether there were any.

    Raises Invalid for a currency that changes to one that is not in use.
    """
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    require_offered({name: values[name] for name in changed})
    for name in changed:
        setattr(row, name, values[name])
    if changed:
        row.save(update_fields=[*changed, "updated_at"])
    return bool(changed)
