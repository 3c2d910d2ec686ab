"""Row locks: the only module that locks rows from Python (a test walks the sources).

A lock is held until the transaction ends. Whoever takes several takes them in one order, "The order of locks" in
`docs/architecture.md`, so that nobody waits in a circle. Statements that lock rows in SQL of their own are listed in
`tests/test_single_mechanisms.py`, with the reason.
"""

from typing import Any, TypeVar

from django.db.models import Model, QuerySet

from skeleton.kernel.errors import NotFound

M = TypeVar("M", bound=Model)


def locked_for_update(
    rows: QuerySet[M], pk: object, *, no_key: bool = False, skip_locked: bool = False, of: str = "self"
) -> M:
    """Return the row of `rows` with this id, locked, and as it is once the lock is held.

    `rows` are those that the caller may see; `pk` may be a query for one id. With `no_key` others may meanwhile refer
    to the row (a foreign key, FOR KEY SHARE), only not change it. With `skip_locked` a row that somebody else holds
    counts as missing and is not waited for. With `of`, a foreign key of `select_related`, the row that it points to is
    locked instead: the row itself may change meanwhile.

    Raises NotFound where there is no such row.
    """
    row = rows.select_for_update(of=(of,), no_key=no_key, skip_locked=skip_locked).filter(pk=pk).first()
    if row is None:
        raise NotFound
    return row


def locked_if_there(rows: QuerySet[M], pk: object, *, no_key: bool = False, skip_locked: bool = False) -> M | None:
    """Return the row as `locked_for_update` does, or None where there is no such row."""
    try:
        return locked_for_update(rows, pk, no_key=no_key, skip_locked=skip_locked)
    except NotFound:
        return None


def rows_locked_for_update(rows: QuerySet[M], *, no_key: bool = False) -> list[M]:
    """Lock all of `rows` in the order of their ids, and return them as they are once the locks are held."""
    return list(rows.order_by("pk").select_for_update(of=("self",), no_key=no_key))


def all_locked_for_update(rows: QuerySet[M], *, no_key: bool = False) -> list[Any]:
    """Lock all of `rows` in the order of their ids, and return these."""
    return list(rows.order_by("pk").select_for_update(no_key=no_key).values_list("pk", flat=True))
