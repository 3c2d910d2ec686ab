"""Audited transactions: they record the acting user and the action for the audit triggers.

The triggers of `skeleton.audit` read the transaction-local setting that is written here. So every change is audited
with its actor, whether it comes from the API, the admin, a command or a job. Changes outside of an audited transaction
are audited too, but without an actor. The setting also has the company's current day, for triggers that compare days.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import orjson
from django.db import connection, transaction

from skeleton.kernel.actors import Actor
from skeleton.kernel.context import current_request
from skeleton.kernel.days import today
from skeleton.kernel.preconditions import reopen_precondition

AUDIT_CONTEXT_SETTING = "skeleton.context"

_after_commit: list[Callable[[], None]] = []

_in_audited_transaction: ContextVar[bool] = ContextVar("inside_audited_transaction", default=False)
_in_request_transaction: ContextVar[bool] = ContextVar("inside_request_transaction", default=False)


@contextmanager
def audited_transaction(actor: Actor, action: str) -> Iterator[None]:
    """Run a block in one transaction, and record `actor` and `action` for the audit triggers.

    A nested call joins the outer transaction, without a savepoint. The audit log then has the outer action, which is
    the one that the actor requested. An error in the inner block can't be caught: the whole transaction is rolled back.
    Deferred constraints are checked when the outermost block ends, so their errors are raised here.
    """
    if _in_audited_transaction.get():
        with transaction.atomic(savepoint=False):
            yield
        return
    token = _in_audited_transaction.set(True)
    try:
        with transaction.atomic():
            _set_audit_context(actor, action)
            for callback in _after_commit:
                transaction.on_commit(callback)
            yield
            if _in_request_transaction.get():
                check_deferred_constraints()
    except BaseException:
        reopen_precondition()
        raise
    finally:
        _in_audited_transaction.reset(token)


def after_commit(callback: Callable[[], None]) -> None:
    """Call `callback` after each audited transaction that is committed. For `AppConfig.ready()`."""
    _after_commit.append(callback)


@contextmanager
def request_transaction() -> Iterator[None]:
    """Run a whole request in one transaction, so that its effect and what is stored about it are committed together.

    Each audited transaction in it becomes a savepoint that checks its deferred constraints at its end, so services
    raise and catch the same errors as otherwise.
    """
    token = _in_request_transaction.set(True)
    try:
        with transaction.atomic():
            yield
    finally:
        _in_request_transaction.reset(token)


def check_deferred_constraints() -> None:
    """Check the deferred constraints now instead of at commit. Those of later statements are deferred again."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")


@contextmanager
def read_snapshot() -> Iterator[None]:
    """Read a consistent snapshot of the database, however long it takes, without blocking writers.

    Inside a transaction, it joins that transaction and sees the same data.
    """
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SET LOCAL statement_timeout = 0")
        yield


def _set_audit_context(actor: Actor, action: str) -> None:
    request = current_request.get()
    context = {
        "actor_id": actor.id,
        "actor_email": actor.email,
        "session_id": actor.session_id,
        "action": action,
        "request_id": request.request_id if request else None,
        "ip": request.ip if request else None,
        "today": today().isoformat(),
    }
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, true)", [AUDIT_CONTEXT_SETTING, orjson.dumps(context).decode()])
