"""A verb is one transaction, and the database knows who does what in it.

The triggers of `skeleton.audit` read the transaction-local setting written here, so a change is audited with its
actor wherever it comes from: API, admin, command or job. What changes rows outside of a verb is audited too, only
without an actor.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import orjson
from django.db import connection, transaction

from skeleton.kernel.actors import Actor
from skeleton.kernel.context import current_request

SETTING = "skeleton.context"

_inside: ContextVar[bool] = ContextVar("inside_a_verb", default=False)


@contextmanager
def verb(actor: Actor, action: str) -> Iterator[None]:
    """Do one thing, whole or not at all, in the name of `actor`.

    Inside another verb this joins it, without a savepoint: the audit then names the outer action, which is what the
    actor asked for, and what fails in here cannot be caught and gone on from: the whole transaction is rolled back.
    Deferred constraints are checked when the outermost verb ends, so their errors surface here.
    """
    if _inside.get():
        with transaction.atomic(savepoint=False):
            yield
        return
    token = _inside.set(True)
    try:
        with transaction.atomic():
            _announce(actor, action)
            yield
    finally:
        _inside.reset(token)


@contextmanager
def snapshot() -> Iterator[None]:
    """Read the database as it is at one moment, however long that takes; others go on writing meanwhile.

    Inside a transaction this joins it, and sees what that sees.
    """
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SET LOCAL statement_timeout = 0")
        yield


def _announce(actor: Actor, action: str) -> None:
    request = current_request.get()
    context = {
        "actor_id": actor.id,
        "actor_email": actor.email,
        "session_id": actor.session_id,
        "action": action,
        "request_id": request.request_id if request else None,
        "ip": request.ip if request else None,
    }
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, true)", [SETTING, orjson.dumps(context).decode()])
