"""Creates, updates and deletes plain records, in audited transactions. Only changed fields are written."""

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
    """Save `values` to the row with this id. Raises NotFound if it is not among `rows`."""
    with audited_transaction(actor, "update"):
        save_changes(locked_for_update(rows, pk, no_key=True), values)


def delete(rows: QuerySet[Model], pk: UUID, *, actor: Actor) -> None:
    """Delete the row. Raises NotFound, or ProtectedError or IntegrityError (409) if other records refer to it."""
    with audited_transaction(actor, "delete"):
        locked_for_update(rows, pk).delete()


def save_changes(row: Model, values: Mapping[str, object]) -> bool:
    """Save the `values` that differ from the row's. Return whether there were any.

    Raises Invalid if a currency changes to one that is not in use.
    """
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    require_in_use({name: values[name] for name in changed})
    for name in changed:
        setattr(row, name, values[name])
    if changed:
        before = dict(vars(row))
        row.save(update_fields=[*changed, "updated_at"])
        _refuse_others(row, before, changed)
    return bool(changed)


def _refuse_others(row: Model, before: Mapping[str, object], changed: list[str]) -> None:
    """Raise TypeError if the model's own `save` has set other columns, which are not written."""
    if type(row).save is Model.save:
        return
    for column in row._meta.concrete_fields:
        known = column.name in (*changed, "updated_at") or column.attname in changed
        if not known and column.attname in before and vars(row)[column.attname] != before[column.attname]:
            raise TypeError(
                f"{type(row).__name__}.save() sets {column.name}, which would not be written: set it in the values that"
                " the viewset or the screen passes on, or in a trigger."
            )
