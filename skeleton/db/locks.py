"""Row locks. This is the only module that locks rows from Python (a test checks the sources).

A lock is held until the transaction ends. Code that takes several locks takes them in the order defined by "The order
of locks" in `docs/architecture.md`, which prevents deadlocks. Handwritten SQL that locks rows is listed in
`tests/test_single_mechanisms.py`, with the reason.

Whoever locks a row checks the request's precondition (If-Match, `kernel.preconditions`) on it.
"""

from typing import Any, TypeVar

from django.db.models import Model, QuerySet

from skeleton.db.querysets import plain_rows
from skeleton.kernel.errors import NotFound
from skeleton.kernel.preconditions import check_precondition, is_precondition_open

M = TypeVar("M", bound=Model)


def locked_for_update(
    rows: QuerySet[M], pk: object, *, no_key: bool = False, skip_locked: bool = False, of: str = "self"
) -> M:
    """Lock the row of `rows` with this id, and return it as it is once the lock is held. Raises NotFound.

    `rows` are the rows that the caller may see; `pk` may be a query for one id. With `no_key`, other transactions may
    still insert references to the row (FOR KEY SHARE), but not change it. With `skip_locked`, a row locked by another
    transaction counts as missing, without waiting. PostgreSQL locks no distinct or grouped rows, so these are found by
    their ids (see `plain_rows`). `of` names a foreign key in `select_related` whose target is locked
    instead of the row itself.
    """
    row = plain_rows(rows).select_for_update(of=(of,), no_key=no_key, skip_locked=skip_locked).filter(pk=pk).first()
    if row is None:
        raise NotFound
    if of == "self":
        check_precondition(row.pk)
    return row


def locked_or_none(rows: QuerySet[M], pk: object, *, no_key: bool = False, skip_locked: bool = False) -> M | None:
    """Lock and return the row like `locked_for_update`, or return None if it does not exist."""
    try:
        return locked_for_update(rows, pk, no_key=no_key, skip_locked=skip_locked)
    except NotFound:
        return None


def lock_for_precondition(rows: QuerySet[M], pk: object) -> None:
    """Lock the row to check the precondition of the request, if it has one.

    For services whose next statement locks and writes the same row at once.
    """
    if is_precondition_open():
        locked_or_none(rows, pk, no_key=True)


def rows_locked_for_update(rows: QuerySet[M], *, no_key: bool = False) -> list[M]:
    """Lock all of `rows` in the order of their ids, and return them as they are once the locks are held."""
    found = list(rows.order_by("pk").select_for_update(of=("self",), no_key=no_key))
    for row in found:
        check_precondition(row.pk)
    return found


def all_locked_for_update(rows: QuerySet[M], *, no_key: bool = False) -> list[Any]:
    """Lock all of `rows` in the order of their ids, and return the ids."""
    found = list(rows.order_by("pk").select_for_update(no_key=no_key).values_list("pk", flat=True))
    for pk in found:
        check_precondition(pk)
    return found
